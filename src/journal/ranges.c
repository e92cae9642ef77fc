/* SPDX-License-Identifier: MIT */
#include "journal/ranges.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct range {
    uint64_t first;
    uint64_t last;
};

struct ranges {
    struct range *list; /* rising, with at least one value missing between two */
    size_t used;
    size_t capacity;
    uint64_t count;
};

struct ranges *ranges_create(void)
{
    return memory_zeroed(1, sizeof(struct ranges));
}

void ranges_free(struct ranges *ranges)
{
    if (ranges == NULL)
        return;
    free(ranges->list);
    free(ranges);
}

void ranges_clear(struct ranges *ranges)
{
    ranges->used = 0;
    ranges->count = 0;
}

/* The index of the first range that does not end before value. */
static size_t find(const struct ranges *ranges, uint64_t value)
{
    size_t low = 0;
    size_t high = ranges->used;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->list[middle].last < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct ranges *ranges, size_t index, struct range range)
{
    if (ranges->used == ranges->capacity) {
        ranges->capacity = ranges->capacity == 0 ? 16 : ranges->capacity * 2;
        ranges->list = memory_resize(ranges->list, ranges->capacity, sizeof *ranges->list);
    }
    memmove(&ranges->list[index + 1], &ranges->list[index], (ranges->used - index) * sizeof *ranges->list);
    ranges->list[index] = range;
    ranges->used++;
}

static void erase(struct ranges *ranges, size_t index)
{
    ranges->used--;
    memmove(&ranges->list[index], &ranges->list[index + 1], (ranges->used - index) * sizeof *ranges->list);
}

bool ranges_contains(const struct ranges *ranges, uint64_t value)
{
    size_t index = find(ranges, value);

    return index < ranges->used && ranges->list[index].first <= value;
}

bool ranges_add(struct ranges *ranges, uint64_t value)
{
    size_t index = find(ranges, value);
    struct range *list = ranges->list;

    if (index < ranges->used && list[index].first <= value)
        return false;
    bool after_last = index > 0 && list[index - 1].last + 1 == value;
    bool before_first = index < ranges->used && list[index].first == value + 1;

    ranges->count++;
    if (after_last && before_first) {
        list[index - 1].last = list[index].last;
        erase(ranges, index);
    } else if (after_last) {
        list[index - 1].last = value;
    } else if (before_first) {
        list[index].first = value;
    } else {
        insert(ranges, index, (struct range) { value, value });
    }
    return true;
}

bool ranges_remove(struct ranges *ranges, uint64_t value)
{
    size_t index = find(ranges, value);

    if (index == ranges->used || ranges->list[index].first > value)
        return false;
    struct range *range = &ranges->list[index];
    struct range rest = { value + 1, range->last };

    ranges->count--;
    if (range->first == value && range->last == value) {
        erase(ranges, index);
    } else if (range->first == value) {
        range->first++;
    } else if (range->last == value) {
        range->last--;
    } else {
        range->last = value - 1;
        insert(ranges, index + 1, rest);
    }
    return true;
}

uint64_t ranges_count(const struct ranges *ranges)
{
    return ranges->count;
}

bool ranges_next(const struct ranges *ranges, uint64_t from, uint64_t *first, uint64_t *last)
{
    size_t index = find(ranges, from);

    if (index == ranges->used)
        return false;
    *first = ranges->list[index].first > from ? ranges->list[index].first : from;
    *last = ranges->list[index].last;
    return true;
}
