/* SPDX-License-Identifier: MIT */
#include "journal/waiting.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* From here on places of events that have left are cleared away once they are more than half. */
enum { MESS_TOLERATED = 64 };

struct waiting {
    struct waiting_event *list; /* by sequence; those that have left keep their sequence and lose their payload */
    size_t first;
    size_t end;
    size_t capacity;
    size_t count;
    size_t unlent;
    size_t set_aside;
};

struct waiting *waiting_create(void)
{
    return memory_zeroed(1, sizeof(struct waiting));
}

static void free_texts(struct waiting_event *event)
{
    free(event->payload);
    free(event->aside);
    event->payload = NULL;
    event->aside = NULL;
}

void waiting_free(struct waiting *waiting)
{
    if (waiting == NULL)
        return;
    for (size_t i = waiting->first; i < waiting->end; i++)
        free_texts(&waiting->list[i]);
    free(waiting->list);
    free(waiting);
}

static bool has_left(const struct waiting_event *event)
{
    return event->payload == NULL;
}

/* Moves what is still here to the front of the list. */
static void compact(struct waiting *waiting)
{
    size_t to = 0;

    for (size_t i = waiting->first; i < waiting->end; i++) {
        if (!has_left(&waiting->list[i]))
            waiting->list[to++] = waiting->list[i];
    }
    waiting->first = 0;
    waiting->end = to;
}

static void make_room(struct waiting *waiting)
{
    if (waiting->end < waiting->capacity)
        return;
    compact(waiting);
    if (waiting->end * 2 < waiting->capacity)
        return;
    waiting->capacity = waiting->capacity == 0 ? 64 : waiting->capacity * 2;
    waiting->list = memory_resize(waiting->list, waiting->capacity, sizeof *waiting->list);
}

struct waiting_event *waiting_add(struct waiting *waiting, uint64_t sequence, const char *payload)
{
    make_room(waiting);
    assert(waiting->end == waiting->first || waiting->list[waiting->end - 1].sequence < sequence);
    struct waiting_event *event = &waiting->list[waiting->end++];

    *event = (struct waiting_event) {
        .sequence = sequence,
        .payload = text_copy(payload),
        .size_bytes = strlen(payload),
    };
    waiting->count++;
    waiting->unlent++;
    return event;
}

/* The index of the first whose sequence is not below that one. */
static size_t find(const struct waiting *waiting, uint64_t sequence)
{
    size_t low = waiting->first;
    size_t high = waiting->end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (waiting->list[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct waiting_event *waiting_find(struct waiting *waiting, uint64_t sequence)
{
    size_t index = find(waiting, sequence);

    if (index == waiting->end || waiting->list[index].sequence != sequence || has_left(&waiting->list[index]))
        return NULL;
    return &waiting->list[index];
}

struct waiting_event *waiting_next(struct waiting *waiting, uint64_t after_sequence)
{
    for (size_t i = find(waiting, after_sequence + 1); i < waiting->end; i++) {
        if (!has_left(&waiting->list[i]))
            return &waiting->list[i];
    }
    return NULL;
}

static bool is_unlent(const struct waiting_event *event)
{
    return !event->lent && !event->settled && event->aside == NULL;
}

void waiting_remove(struct waiting *waiting, struct waiting_event *event)
{
    assert(!event->writing && !has_left(event));
    waiting->count--;
    if (is_unlent(event))
        waiting->unlent--;
    if (event->aside != NULL)
        waiting->set_aside--;
    free_texts(event);
    while (waiting->first < waiting->end && has_left(&waiting->list[waiting->first]))
        waiting->first++;
    if (waiting->end - waiting->first > MESS_TOLERATED && (waiting->end - waiting->first) / 2 > waiting->count)
        compact(waiting);
}

size_t waiting_count(const struct waiting *waiting)
{
    return waiting->count;
}

size_t waiting_unlent(const struct waiting *waiting)
{
    return waiting->unlent;
}

size_t waiting_set_aside(const struct waiting *waiting)
{
    return waiting->set_aside;
}

void waiting_set_lent(struct waiting *waiting, struct waiting_event *event, bool lent)
{
    bool before = is_unlent(event);

    event->lent = lent;
    waiting->unlent += is_unlent(event) ? 1 : 0;
    waiting->unlent -= before ? 1 : 0;
}

void waiting_put_aside(struct waiting *waiting, struct waiting_event *event, const char *reason)
{
    waiting_set_lent(waiting, event, false);
    if (event->aside != NULL)
        return;
    waiting->unlent--;
    waiting->set_aside++;
    event->aside = text_copy(reason);
}

void waiting_release(struct waiting *waiting, struct waiting_event *event)
{
    if (event->aside == NULL)
        return;
    free(event->aside);
    event->aside = NULL;
    waiting->set_aside--;
    waiting->unlent += is_unlent(event) ? 1 : 0;
}
