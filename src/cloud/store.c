/* SPDX-License-Identifier: MIT */
#include "cloud/store.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Few are in flight at a time and those are near the head, so that a walk from the head is short. */
struct entry {
    struct store_event event; /* first member: a store_event is its entry */
    TAILQ_ENTRY(entry) link;
    char payload[];
};

TAILQ_HEAD(entry_list, entry);

struct store {
    struct entry_list entries; /* by sequence */
    size_t capacity;
    size_t count;
    size_t in_flight;
};

struct store *store_create(size_t capacity)
{
    struct store *store = memory_zeroed(1, sizeof *store);

    assert(capacity > 0);
    TAILQ_INIT(&store->entries);
    store->capacity = capacity;
    return store;
}

static void free_entry(struct store *store, struct entry *entry)
{
    TAILQ_REMOVE(&store->entries, entry, link);
    store->count--;
    if (entry->event.in_flight)
        store->in_flight--;
    free(entry);
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    while (!TAILQ_EMPTY(&store->entries))
        free_entry(store, TAILQ_FIRST(&store->entries));
    free(store);
}

static struct entry *oldest_waiting(const struct store *store)
{
    struct entry *entry;

    if (store->count == store->in_flight)
        return NULL;
    TAILQ_FOREACH(entry, &store->entries, link) {
        if (!entry->event.in_flight)
            return entry;
    }
    return NULL;
}

static bool drop_oldest_waiting(struct store *store, uint64_t *dropped)
{
    struct entry *entry = oldest_waiting(store);

    if (entry == NULL)
        return false;
    *dropped = entry->event.sequence;
    free_entry(store, entry);
    return true;
}

bool store_add(struct store *store, uint64_t sequence, const char *payload, uint64_t *dropped)
{
    size_t size_bytes = strlen(payload);
    bool full = store->count >= store->capacity;

    if (full && !drop_oldest_waiting(store, dropped)) {
        *dropped = sequence;
        return true;
    }
    struct entry *entry = memory_zeroed(1, sizeof *entry + size_bytes + 1);
    memcpy(entry->payload, payload, size_bytes);
    entry->event.sequence = sequence;
    entry->event.payload = entry->payload;
    entry->event.size_bytes = size_bytes;
    entry->event.message_id = -1;
    TAILQ_INSERT_TAIL(&store->entries, entry, link);
    store->count++;
    return full;
}

bool store_shrink(struct store *store, size_t capacity, uint64_t *dropped)
{
    assert(capacity > 0);
    store->capacity = capacity;
    return store->count > capacity && drop_oldest_waiting(store, dropped);
}

struct store_event *store_take(struct store *store, uint64_t now_ms)
{
    struct entry *entry = oldest_waiting(store);

    if (entry == NULL)
        return NULL;
    entry->event.in_flight = true;
    entry->event.message_id = -1;
    entry->event.sent_ms = now_ms;
    store->in_flight++;
    return &entry->event;
}

struct store_event *store_find(struct store *store, int message_id)
{
    size_t left = store->in_flight;
    struct entry *entry;

    TAILQ_FOREACH(entry, &store->entries, link) {
        if (left == 0)
            return NULL;
        if (!entry->event.in_flight)
            continue;
        if (entry->event.message_id == message_id)
            return &entry->event;
        left--;
    }
    return NULL;
}

void store_put_back(struct store *store, struct store_event *event)
{
    assert(event->in_flight);
    event->in_flight = false;
    event->message_id = -1;
    store->in_flight--;
}

void store_put_back_all(struct store *store)
{
    struct entry *entry;

    TAILQ_FOREACH(entry, &store->entries, link) {
        if (store->in_flight == 0)
            return;
        if (entry->event.in_flight)
            store_put_back(store, &entry->event);
    }
}

void store_remove(struct store *store, struct store_event *event)
{
    /* The event is the first member of its entry. */
    free_entry(store, (struct entry *) (void *) event);
}

bool store_oldest_sent_ms(const struct store *store, uint64_t *sent_ms)
{
    size_t left = store->in_flight;
    bool found = false;
    struct entry *entry;

    TAILQ_FOREACH(entry, &store->entries, link) {
        if (left == 0)
            break;
        if (!entry->event.in_flight)
            continue;
        if (!found || entry->event.sent_ms < *sent_ms)
            *sent_ms = entry->event.sent_ms;
        found = true;
        left--;
    }
    return found;
}

size_t store_count(const struct store *store)
{
    return store->count;
}

size_t store_in_flight(const struct store *store)
{
    return store->in_flight;
}
