/* SPDX-License-Identifier: MIT */
/*
 * The contract between a feedback driver (LEDs, buzzer, relay, a log) and the feedback stage.
 *
 * A driver does on one kind of device what an action asks for, as far as the device has the parts: a part that it does
 * not have is left alone without a word. It has no policy: what is played when, and what may be lost, is above it.
 *
 * Starting. open is called once, on the feedback thread, before the first play; a device that cannot be opened now is
 * the driver's to open again later, at a bounded pace, with one log line for a change and not for each attempt. What
 * open returns is handed to the other two functions.
 *
 * Playing. play is called on the feedback thread, one action after another in the order in which they came, each whole:
 * relays first to last, together with the LEDs. The action lives until the call returns. play may block on its device,
 * at most FEEDBACK_PLAY_LIMIT_MS: the stage states it as a wait in a foreign call for that long. What lasts longer
 * than that (a sequence of 3 s) is started by play and goes on by itself, until the next action replaces it.
 *
 * Stopping. close is called on the feedback thread after the last play; it leaves relays open and LEDs as they were
 * found, and releases everything. It has the same limit. A driver that does not return is abandoned with its thread.
 */
#ifndef SPRINGPARK_FEEDBACK_DRIVER_H
#define SPRINGPARK_FEEDBACK_DRIVER_H

#include "feedback/feedback.h"

enum { FEEDBACK_PLAY_LIMIT_MS = 2000 };

struct feedback_driver {
    const char *name;
    void *(*open)(void);             /* NULL: nothing to open */
    void (*play)(void *context, const struct feedback_action *action);
    void (*close)(void *context);    /* NULL: nothing to close */
};

/* Logs, at level info, what it would do, in the field's words: "sequence 60 (access granted)". */
extern const struct feedback_driver feedback_driver_log;

#endif
