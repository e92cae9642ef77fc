/* SPDX-License-Identifier: MIT */
/*
 * Feedback: what the person at the gate sees and hears. A thread of its own takes actions from a bounded queue and gives
 * them to the devices of the configuration, each by its driver (driver.h). What an action lights, and for how long, is
 * worked out by the player (player.h), one for each device. While nothing is to be played the thread sleeps without
 * wake-ups.
 *
 * All functions: main thread, none blocks, except feedback_stop, which waits for the thread up to limit_ms.
 */
#ifndef SPRINGPARK_FEEDBACK_FEEDBACK_H
#define SPRINGPARK_FEEDBACK_FEEDBACK_H

#include "base/activity.h"
#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FEEDBACK_RELAYS_MAX = 8, FEEDBACK_LEDS_COUNT = 4, FEEDBACK_DEVICES_MAX = 16 };

enum feedback_relay_action { FEEDBACK_RELAY_OPEN, FEEDBACK_RELAY_CLOSE, FEEDBACK_RELAY_PULSE };

/* Why something is played: a host or a person asked for it, or the gateway signals by itself what became of a read. */
enum feedback_cause {
    FEEDBACK_COMMAND,
    FEEDBACK_STARTED,      /* reading has begun */
    FEEDBACK_READ,         /* an event was made of a tag */
    FEEDBACK_READ_FAILED,  /* a tag was there, and no event came of it */
    FEEDBACK_STORED,       /* the event is on disk */
    FEEDBACK_CONFIRMED,    /* the broker has acknowledged it */
    FEEDBACK_REFUSED,      /* the broker does not want it */
    FEEDBACK_UNCONFIRMED,  /* the broker did not say anything in time */
    FEEDBACK_CLOUD_LOST,   /* the connection to the broker is lost */
};

enum { FEEDBACK_CAUSES_COUNT = FEEDBACK_CLOUD_LOST + 1 };

/* The stage's own plain data; the gateway fills it from a command or for a read. */
struct feedback_action {
    enum feedback_cause cause;
    bool ends;             /* not to be begun after ends_ms of clock_elapsed_ms: it waits while a device hangs */
    uint64_t ends_ms;
    char reader[64];       /* label of the reader that it is about; "" = all */
    char reader_name[160]; /* and what its driver calls it */
    bool has_sequence;
    uint8_t sequence;
    bool has_leds;
    uint8_t leds[FEEDBACK_LEDS_COUNT];
    bool has_rgb_color;
    uint8_t rgb_color[3];
    bool has_rgb_mode;
    uint8_t rgb_mode;
    bool has_buzzer;
    unsigned buzzer_ms;
    unsigned relays_count;
    struct { enum feedback_relay_action action; unsigned pulse_ms; } relays[FEEDBACK_RELAYS_MAX];
};

/* One device, as it is configured. No text is NULL. What a driver does not know it does not look at. */
struct feedback_device {
    const char *driver;
    const char *reader;    /* pattern (fnmatch) on the label: signals about other readers are not for this device */
    const char *path;      /* command: the program */
    unsigned time_limit_ms; /* command: how long it may run */
    const char *folder;    /* sysfs-leds: where the LEDs are */
    const char *chip;      /* gpio: the chip */
    const char *name;      /* pcsc: pattern on the names of the readers */
    const char *commands;  /* pcsc: "auto", or how the reader is told, reader_led.h */
    const char *red;       /* sysfs-leds, gpio: an output's name, see outputs.h; "" = it has none */
    const char *green;
    const char *blue;
    const char *leds;      /* up to 4 names */
    const char *buzzer;
    const char *relays;    /* up to 8 names */
};

struct feedback_settings {
    const struct feedback_device *devices;
    size_t devices_count;  /* at most FEEDBACK_DEVICES_MAX */
    bool sound;            /* false: no buzzer ever sounds */
};

struct feedback;

/* "read", "cloud lost": constant. */
const char *feedback_cause_name(enum feedback_cause cause);

/* settings are copied. clock: must outlive the stage. */
struct feedback *feedback_start(const struct feedback_settings *settings, const struct clock *clock);

/* Closes the devices, and opens those of the new settings, which are copied. */
void feedback_configure(struct feedback *feedback, const struct feedback_settings *settings);

/* The names of the PC/SC readers that are there now, for the driver that uses their own LEDs; copied. */
void feedback_set_readers(struct feedback *feedback, const char *const *names, size_t count);

/* The action is copied. False if the queue is full: the action is dropped, which the caller logs and counts. */
bool feedback_play(struct feedback *feedback, const struct feedback_action *action);

/* Whether the next feedback_play will be accepted: for who has to do something else as well, or neither. */
bool feedback_has_room(struct feedback *feedback);

struct activity *feedback_activity(struct feedback *feedback);

/* Plays what was accepted before, closes the drivers and ends the thread; feedback is freed. False if that took longer
 * than limit_ms: the thread is then abandoned with what it uses, and feedback_activity may still be looked at. */
bool feedback_stop(struct feedback *feedback, uint64_t limit_ms);

#endif
