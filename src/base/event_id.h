/* SPDX-License-Identifier: MIT */
/*
 * What identifies an event for ever: which start of the gateway made it, and its number within that start (SpringCore's
 * startup counter and Sequence). A resend carries the same pair. Plain data; any thread.
 */
#ifndef SPRINGPARK_BASE_EVENT_ID_H
#define SPRINGPARK_BASE_EVENT_ID_H

#include <stdbool.h>
#include <stdint.h>

struct event_id {
    uint32_t startup;    /* 1 up; 0 = unknown */
    uint64_t sequence;   /* 1 up within a start; 0 = before the first */
};

static inline bool event_id_equal(struct event_id one, struct event_id other)
{
    return one.startup == other.startup && one.sequence == other.sequence;
}

#endif
