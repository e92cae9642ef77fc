/* SPDX-License-Identifier: MIT */
/*
 * A set of positions, kept as ranges: events are lent and freed in runs, so that a backlog of any depth takes a few
 * ranges. Pure; the owner brings the lock.
 */
#ifndef SPRINGPARK_JOURNAL_RANGES_H
#define SPRINGPARK_JOURNAL_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranges;

struct ranges *ranges_create(void);
void ranges_free(struct ranges *ranges);

/* False if it was in already. */
bool ranges_add(struct ranges *ranges, uint64_t value);
/* False if it was not in. */
bool ranges_remove(struct ranges *ranges, uint64_t value);
void ranges_clear(struct ranges *ranges);

bool ranges_contains(const struct ranges *ranges, uint64_t value);
/* How many values. */
uint64_t ranges_count(const struct ranges *ranges);

/* The first run of values that are not below `from`: *first to *last. False if there is none. */
bool ranges_next(const struct ranges *ranges, uint64_t from, uint64_t *first, uint64_t *last);

#endif
