/* SPDX-License-Identifier: MIT */
/*
 * Feedback: what the person at the gate sees and hears. A thread of its own takes commands from a bounded queue and
 * gives them to the drivers (driver.h); there is one driver now, which logs. While nothing is to be played the thread
 * sleeps without wake-ups.
 *
 * All functions: main thread, none blocks, except feedback_stop, which waits for the thread up to limit_ms.
 */
#ifndef SPRINGPARK_FEEDBACK_FEEDBACK_H
#define SPRINGPARK_FEEDBACK_FEEDBACK_H

#include "base/activity.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { FEEDBACK_RELAYS_MAX = 8 };

enum feedback_relay_action { FEEDBACK_RELAY_OPEN, FEEDBACK_RELAY_CLOSE, FEEDBACK_RELAY_PULSE };

/* The stage's own plain data; the gateway fills it from a command or for a read. */
struct feedback_action {
    bool has_sequence;
    uint8_t sequence;
    bool has_leds;
    uint8_t leds[4];
    bool has_rgb_color;
    uint8_t rgb_color[3];
    bool has_rgb_mode;
    uint8_t rgb_mode;
    bool has_buzzer;
    unsigned buzzer_ms;
    unsigned relays_count;
    struct { enum feedback_relay_action action; unsigned pulse_ms; } relays[FEEDBACK_RELAYS_MAX];
};

struct feedback;

/* clock: for the activity; must outlive the stage. */
struct feedback *feedback_start(const struct clock *clock);

/* The action is copied. False if the queue is full: the action is dropped, which the caller logs and counts. */
bool feedback_play(struct feedback *feedback, const struct feedback_action *action);

struct activity *feedback_activity(struct feedback *feedback);

/* Plays what was accepted before, closes the drivers and ends the thread; feedback is freed. False if that took longer
 * than limit_ms: the thread is then abandoned with what it uses, and feedback_activity may still be looked at. */
bool feedback_stop(struct feedback *feedback, uint64_t limit_ms);

#endif
