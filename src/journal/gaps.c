/* SPDX-License-Identifier: MIT */
#include "journal/gaps.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct gaps {
    struct gap list[GAPS_MAX + 1]; /* by first identity; one more for the moment of adding */
    size_t used;
};

struct gaps *gaps_create(void)
{
    return memory_zeroed(1, sizeof(struct gaps));
}

struct gaps *gaps_copy(const struct gaps *gaps)
{
    return memory_copy(gaps, sizeof *gaps);
}

void gaps_free(struct gaps *gaps)
{
    free(gaps);
}

static int compare(struct event_id one, struct event_id other)
{
    if (one.startup != other.startup)
        return one.startup < other.startup ? -1 : 1;
    if (one.sequence != other.sequence)
        return one.sequence < other.sequence ? -1 : 1;
    return 0;
}

static bool open_ended(const struct gap *gap)
{
    return gap->last.startup == 0;
}

/* Whether next begins where gap ends, or inside of it. */
static bool touches(const struct gap *gap, const struct gap *next)
{
    if (open_ended(gap) || next->first.startup != gap->last.startup)
        return !open_ended(gap) && compare(next->first, gap->last) <= 0;
    return next->first.sequence <= gap->last.sequence + 1;
}

static bool overlaps(const struct gap *gap, const struct gap *next)
{
    return !open_ended(gap) && compare(next->first, gap->last) <= 0;
}

static bool same(const struct gap *one, const struct gap *other)
{
    return event_id_equal(one->first, other->first) && event_id_equal(one->last, other->last) &&
           one->reason == other->reason;
}

/* Makes the two ranges at index and behind it one. A count that one of them does not know, the whole does not know. */
static void join(struct gaps *gaps, size_t index)
{
    struct gap *gap = &gaps->list[index];
    const struct gap *next = &gaps->list[index + 1];

    gap->count = gap->count == 0 || next->count == 0 ? 0 : gap->count + next->count;
    if (gap->reason != next->reason)
        gap->reason = GAP_MIXED;
    if (open_ended(next))
        gap->last = (struct event_id) { next->first.startup, INT64_MAX }; /* all that this start may still have had */
    else if (!open_ended(gap) || next->last.startup != gap->first.startup)
        gap->last = compare(next->last, gap->last) > 0 ? next->last : gap->last;
    gaps->used--;
    memmove(&gaps->list[index + 1], &gaps->list[index + 2], (gaps->used - index - 1) * sizeof *gaps->list);
}

/* How far apart two neighbours are; those of two starts are further apart than any of one. */
static uint64_t distance(const struct gap *gap, const struct gap *next)
{
    if (open_ended(gap) || gap->last.startup != next->first.startup)
        return UINT64_MAX;
    return next->first.sequence - gap->last.sequence;
}

static void join_closest(struct gaps *gaps)
{
    size_t best = 0;

    for (size_t i = 1; i + 1 < gaps->used; i++) {
        if (distance(&gaps->list[i], &gaps->list[i + 1]) < distance(&gaps->list[best], &gaps->list[best + 1]))
            best = i;
    }
    join(gaps, best);
}

/* An unknown number of events from somewhere on: only the same once more adds nothing. */
static bool is_known(const struct gaps *gaps, const struct gap *gap)
{
    for (size_t i = 0; i < gaps->used; i++) {
        if (gap->count == 0 && same(&gaps->list[i], gap))
            return true;
    }
    return false;
}

void gaps_add(struct gaps *gaps, const struct gap *gap)
{
    size_t index = 0;

    if (is_known(gaps, gap))
        return;
    while (index < gaps->used && compare(gaps->list[index].first, gap->first) <= 0)
        index++;
    memmove(&gaps->list[index + 1], &gaps->list[index], (gaps->used - index) * sizeof *gaps->list);
    gaps->list[index] = *gap;
    gaps->used++;
    if (index + 1 < gaps->used && touches(&gaps->list[index], &gaps->list[index + 1]) &&
        gaps->list[index].reason == gaps->list[index + 1].reason)
        join(gaps, index);
    if (index > 0 && gaps->list[index - 1].reason == gaps->list[index].reason &&
        touches(&gaps->list[index - 1], &gaps->list[index]))
        join(gaps, index - 1);
    else if (index > 0 && overlaps(&gaps->list[index - 1], &gaps->list[index]) &&
             gaps->list[index - 1].reason == GAP_MIXED)
        join(gaps, index - 1);
    if (gaps->used > GAPS_MAX)
        join_closest(gaps);
}

void gaps_add_event(struct gaps *gaps, struct event_id id, enum gap_reason reason)
{
    const struct gap gap = { .first = id, .last = id, .count = 1, .reason = reason };

    gaps_add(gaps, &gap);
}

static void erase(struct gaps *gaps, size_t index)
{
    gaps->used--;
    memmove(&gaps->list[index], &gaps->list[index + 1], (gaps->used - index) * sizeof *gaps->list);
}

bool gaps_confirm(struct gaps *gaps, const struct gap *told)
{
    for (size_t i = 0; i < gaps->used; i++) {
        struct gap *gap = &gaps->list[i];
        if (same(gap, told) && gap->count == told->count) {
            erase(gaps, i);
            return true;
        }
        /* It has grown at its end, where new losses are added. */
        if (event_id_equal(gap->first, told->first) && gap->reason == told->reason && !open_ended(gap) &&
            told->last.startup == gap->last.startup && told->last.sequence < gap->last.sequence && told->count > 0 &&
            gap->count > told->count) {
            gap->first = (struct event_id) { told->last.startup, told->last.sequence + 1 };
            gap->count -= told->count;
            return true;
        }
    }
    return false;
}

size_t gaps_count(const struct gaps *gaps)
{
    return gaps->used;
}

const struct gap *gaps_get(const struct gaps *gaps, size_t index)
{
    return index < gaps->used ? &gaps->list[index] : NULL;
}

const char *gap_reason_text(enum gap_reason reason)
{
    switch (reason) {
    case GAP_FULL:
        return "journal full";
    case GAP_OLD:
        return "too old";
    case GAP_MEMORY:
        return "memory full while the disk took nothing";
    case GAP_DAMAGED:
        return "journal damaged";
    case GAP_UNCLEAN:
        return "unclean end";
    case GAP_MIXED:
        break;
    }
    return "several reasons";
}
