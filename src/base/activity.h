/* SPDX-License-Identifier: MIT */
/*
 * What a worker thread is doing, since when and until when, so that the main thread can tell a worker that waits
 * from one that hangs. A worker that is overdue in a foreign call (PC/SC, libnfc, name resolution, connect, disk) is
 * a named state of its reader or session and does not stop the watchdog, for a restart would not cure it; one that is
 * overdue inside our own code does.
 *
 * A worker that waits for what another one brings follows that one: while it is idle itself, an overdue call of the other
 * is its own trouble, too.
 *
 * The worker sets, the main thread looks; both at any time.
 */
#ifndef SPRINGPARK_BASE_ACTIVITY_H
#define SPRINGPARK_BASE_ACTIVITY_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum activity_kind {
    ACTIVITY_IDLE,    /* waits for something that may never come: a tag, a message; never overdue */
    ACTIVITY_FOREIGN, /* inside a foreign library or the kernel */
    ACTIVITY_OWN,     /* inside our own code */
};

struct activity;

/* A snapshot. what: the constant text that the worker gave. */
struct activity_view {
    enum activity_kind kind;
    const char *what;
    uint64_t since_ms;  /* monotonic */
    bool overdue;
};

struct activity *activity_create(const struct clock *clock);
void activity_free(struct activity *activity);

/* Worker: from now on it does `what` (a constant text), at most limit_ms (ignored for ACTIVITY_IDLE). */
void activity_set(struct activity *activity, enum activity_kind kind, const char *what, uint64_t limit_ms);

/* From now on `leader` (NULL for none) counts for `activity` while that is idle. Must outlive it, and follow nobody. */
void activity_follow(struct activity *activity, struct activity *leader);

struct activity_view activity_look(struct activity *activity);

/* "hangs while connecting to pcscd, since 7 s": new memory, or NULL if the view is not of an overdue foreign call. */
char *activity_hang_text(const struct activity_view *view, uint64_t now_ms);

#endif
