/* SPDX-License-Identifier: MIT */
/*
 * The contract between a feedback driver (LEDs, buzzer, relay, a program, a log) and the feedback stage.
 *
 * A driver does on one kind of device what is asked for, as far as the device has the parts: a part that it does not
 * have is left alone without a word. It has no policy: what is played when, and what may be lost, is above it. It has no
 * sense of time either, as far as lights go: the stage's player says when which of them is lit.
 *
 * Starting. open is called on the feedback thread, before everything else. A device that cannot be opened now is the
 * driver's to open again later, at a bounded pace, with one log line for a change and not for each attempt. What open
 * returns is handed to the other functions. device lives until close.
 *
 * Playing. All calls are made on the feedback thread. play: one action after another in the order in which they came,
 * each whole; it lives until the call returns. show: what is to be lit, sound and closed from now on, each time that
 * this changes; the first time after open all is dark. A driver has play or show, or both; play comes first.
 * Each may block on its device, at most FEEDBACK_PLAY_LIMIT_MS: the stage states it as a wait in a foreign call for that
 * long.
 *
 * Waiting. turn is called after each wait of the thread, for a driver that has something of its own to do; it never
 * blocks. It returns a descriptor that becomes readable when there is more, or -1, and lowers *due_ms (monotonic) to
 * when it wants to be called at the latest.
 *
 * Readers. readers tells the names of the PC/SC readers that are there, after open and each time that they change; they
 * live until the call returns.
 *
 * Stopping. close is called after the last of the others; it leaves relays open and LEDs as they were found, and
 * releases everything. It has the same limit. A driver that does not return is abandoned with its thread.
 */
#ifndef SPRINGPARK_FEEDBACK_DRIVER_H
#define SPRINGPARK_FEEDBACK_DRIVER_H

#include "feedback/feedback.h"
#include "feedback/player.h"

enum { FEEDBACK_PLAY_LIMIT_MS = 2000 };

struct feedback_driver {
    const char *name;
    void *(*open)(const struct feedback_device *device, const struct clock *clock);  /* NULL: nothing to open */
    void (*play)(void *context, const struct feedback_action *action);
    void (*show)(void *context, const struct feedback_lights *lights);
    int (*turn)(void *context, uint64_t now_ms, uint64_t *due_ms);
    void (*readers)(void *context, const char *const *names, size_t count);
    void (*close)(void *context);                                                    /* NULL: nothing to close */
};

/* The driver of that name, or NULL. */
const struct feedback_driver *feedback_driver_find(const char *name);

/* Logs in the field's words what is played, "sequence 60 (access granted)": commands at level info, what the gateway
 * signals by itself at level debug, for a line for each read would wear out an SD card. */
extern const struct feedback_driver feedback_driver_log;
/* LEDs of the kernel, /sys/class/leds. */
extern const struct feedback_driver feedback_driver_sysfs;
/* Lines of a GPIO chip; in the table only if springpark was built with libgpiod. */
extern const struct feedback_driver feedback_driver_gpio;
/* A PC/SC reader's own LEDs and buzzer. */
extern const struct feedback_driver feedback_driver_pcsc;
/* An external program for each action. */
extern const struct feedback_driver feedback_driver_command;

#endif
