/* SPDX-License-Identifier: MIT */
/*
 * Gaps: what was lost, so that a loss is as visible as an event. A list of ranges of identities, bounded, in which
 * neighbours with the same reason are one range. Pure: no lock, no clock, no disk; the owner brings all three.
 */
#ifndef SPRINGPARK_JOURNAL_GAPS_H
#define SPRINGPARK_JOURNAL_GAPS_H

#include "base/event_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than these are never kept: the two ranges that are closest become one. */
enum { GAPS_MAX = 32 };

enum gap_reason {
    GAP_FULL = 1,      /* a bound of the journal (events, bytes) was reached */
    GAP_OLD = 2,       /* the bound of age was reached */
    GAP_MEMORY = 3,    /* the disk took nothing and the memory for that case was full */
    GAP_DAMAGED = 4,   /* the file, or a record in it, was damaged */
    GAP_UNCLEAN = 5,   /* the start ended without a stop: what came after first.sequence - 1 was perhaps never stored */
    GAP_MIXED = 6,     /* several of these, in a range that had to be joined */
};

/* One range. last.startup 0 = to the unknown end of that start (GAP_UNCLEAN); last.sequence 0 = to the end of the starts
 * before that one; first.startup 0 = from an unknown beginning. */
struct gap {
    struct event_id first;
    struct event_id last;
    uint64_t count;        /* how many events of the range were lost; 0 = unknown */
    enum gap_reason reason;
};

struct gaps;

struct gaps *gaps_create(void);
struct gaps *gaps_copy(const struct gaps *gaps);
void gaps_free(struct gaps *gaps);

/* Adds a range; joins it to a neighbour with the same reason. */
void gaps_add(struct gaps *gaps, const struct gap *gap);
/* One lost event. */
void gaps_add_event(struct gaps *gaps, struct event_id id, enum gap_reason reason);

/* Has been told to the broker, and acknowledged: what stands in the list as it was told goes; of a range that has grown at
 * its end meanwhile the rest stays. Returns whether anything changed. */
bool gaps_confirm(struct gaps *gaps, const struct gap *told);

size_t gaps_count(const struct gaps *gaps);
const struct gap *gaps_get(const struct gaps *gaps, size_t index);

/* "journal full" and so on; constant, never NULL. */
const char *gap_reason_text(enum gap_reason reason);

#endif
