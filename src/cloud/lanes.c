/* SPDX-License-Identifier: MIT */
#include "cloud/lanes.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct entry {
    struct lane_event event; /* first member: a lane_event is its entry */
    bool in_flight;
    uint64_t place;          /* rising in the order of arrival */
    TAILQ_ENTRY(entry) link;
    char payload[];
};

TAILQ_HEAD(entry_list, entry);

struct lanes {
    struct entry_list waiting[LANE_COUNT]; /* by place */
    size_t waiting_count[LANE_COUNT];
    struct entry_list flight;              /* by sent_ms; a window at most, so it is walked */
    size_t flight_count;
    uint64_t last_place;
};

struct lanes *lanes_create(void)
{
    struct lanes *lanes = memory_zeroed(1, sizeof *lanes);

    for (size_t i = 0; i < LANE_COUNT; i++)
        TAILQ_INIT(&lanes->waiting[i]);
    TAILQ_INIT(&lanes->flight);
    return lanes;
}

void lanes_free(struct lanes *lanes)
{
    if (lanes == NULL)
        return;
    lanes_clear(lanes);
    free(lanes);
}

static struct entry *entry_of(struct lane_event *event)
{
    return (struct entry *) (void *) event;
}

void lanes_add(struct lanes *lanes, enum lane lane, struct event_id id, const char *payload)
{
    size_t size_bytes = strlen(payload);
    struct entry *entry = memory_zeroed(1, sizeof *entry + size_bytes + 1);

    memcpy(entry->payload, payload, size_bytes);
    entry->event.id = id;
    entry->event.lane = lane;
    entry->event.payload = entry->payload;
    entry->event.size_bytes = size_bytes;
    entry->event.message_id = -1;
    entry->place = ++lanes->last_place;
    TAILQ_INSERT_TAIL(&lanes->waiting[lane], entry, link);
    lanes->waiting_count[lane]++;
}

struct lane_event *lanes_first(const struct lanes *lanes, bool replay_first)
{
    enum lane order[LANE_COUNT] = { LANE_LIVE, LANE_REPLAY };

    if (replay_first) {
        order[0] = LANE_REPLAY;
        order[1] = LANE_LIVE;
    }
    for (size_t i = 0; i < LANE_COUNT; i++) {
        struct entry *entry = TAILQ_FIRST(&lanes->waiting[order[i]]);
        if (entry != NULL)
            return &entry->event;
    }
    return NULL;
}

static void unlink_entry(struct lanes *lanes, struct entry *entry)
{
    if (entry->in_flight) {
        TAILQ_REMOVE(&lanes->flight, entry, link);
        lanes->flight_count--;
    } else {
        TAILQ_REMOVE(&lanes->waiting[entry->event.lane], entry, link);
        lanes->waiting_count[entry->event.lane]--;
    }
}

void lanes_take(struct lanes *lanes, struct lane_event *event, uint64_t now_ms)
{
    struct entry *entry = entry_of(event);

    assert(!entry->in_flight);
    unlink_entry(lanes, entry);
    entry->in_flight = true;
    event->message_id = -1;
    event->sent_ms = now_ms;
    TAILQ_INSERT_TAIL(&lanes->flight, entry, link);
    lanes->flight_count++;
}

struct lane_event *lanes_find(const struct lanes *lanes, int message_id)
{
    struct entry *entry;

    TAILQ_FOREACH(entry, &lanes->flight, link) {
        if (entry->event.message_id == message_id)
            return &entry->event;
    }
    return NULL;
}

void lanes_put_back(struct lanes *lanes, struct lane_event *event)
{
    struct entry *entry = entry_of(event);
    struct entry_list *list = &lanes->waiting[event->lane];
    struct entry *next;

    assert(entry->in_flight);
    unlink_entry(lanes, entry);
    entry->in_flight = false;
    event->message_id = -1;
    /* What went into flight was at the head, so that its place is near the head. */
    TAILQ_FOREACH(next, list, link) {
        if (next->place > entry->place)
            break;
    }
    if (next != NULL)
        TAILQ_INSERT_BEFORE(next, entry, link);
    else
        TAILQ_INSERT_TAIL(list, entry, link);
    lanes->waiting_count[event->lane]++;
}

void lanes_remove(struct lanes *lanes, struct lane_event *event)
{
    struct entry *entry = entry_of(event);

    unlink_entry(lanes, entry);
    free(entry);
}

static void clear_list(struct lanes *lanes, struct entry_list *list)
{
    while (!TAILQ_EMPTY(list))
        lanes_remove(lanes, &TAILQ_FIRST(list)->event);
}

void lanes_clear(struct lanes *lanes)
{
    for (size_t i = 0; i < LANE_COUNT; i++)
        clear_list(lanes, &lanes->waiting[i]);
    clear_list(lanes, &lanes->flight);
}

bool lanes_oldest_sent_ms(const struct lanes *lanes, uint64_t *sent_ms)
{
    const struct entry *entry = TAILQ_FIRST(&lanes->flight);

    if (entry == NULL)
        return false;
    *sent_ms = entry->event.sent_ms;
    return true;
}

size_t lanes_list_flight(const struct lanes *lanes, struct event_id *ids, size_t room)
{
    const struct entry *entry;
    size_t count = 0;

    TAILQ_FOREACH(entry, &lanes->flight, link) {
        if (count == room)
            break;
        ids[count++] = entry->event.id;
    }
    return count;
}

size_t lanes_waiting(const struct lanes *lanes, enum lane lane)
{
    return lanes->waiting_count[lane];
}

size_t lanes_in_flight(const struct lanes *lanes)
{
    return lanes->flight_count;
}
