/* SPDX-License-Identifier: MIT */
/*
 * The bounded store of events in memory, in the order of their sequence. An event is waiting, or in flight (handed to
 * the MQTT library, not yet acknowledged). It leaves only when it is confirmed, refused, or dropped because the store
 * is full.
 *
 * Pure: no lock, no clock; the owner brings both.
 */
#ifndef SPRINGPARK_CLOUD_STORE_H
#define SPRINGPARK_CLOUD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* One stored event; belongs to the store. */
struct store_event {
    uint64_t sequence;
    const char *payload;   /* size_bytes, and a zero byte behind */
    size_t size_bytes;
    int message_id;        /* -1 unless in flight and handed over */
    bool in_flight;
    uint64_t sent_ms;      /* when it went into flight */
};

/* capacity: how many events, at least 1. */
struct store *store_create(size_t capacity);
void store_free(struct store *store);

/* Adds a copy of payload. If the store is full, the oldest event that is not in flight gives way (the new one itself, if
 * all others are in flight): true, and *dropped is its sequence. */
bool store_add(struct store *store, uint64_t sequence, const char *payload, uint64_t *dropped);

/* Changes the capacity. Call until it returns false: each time it returns true one event was dropped. */
bool store_shrink(struct store *store, size_t capacity, uint64_t *dropped);

/* The oldest waiting event goes into flight at now_ms, or NULL. Valid until it is confirmed, removed or freed; one in
 * flight is never dropped. The caller sets message_id once it is known. */
struct store_event *store_take(struct store *store, uint64_t now_ms);

/* The event in flight with that message id, or NULL. */
struct store_event *store_find(struct store *store, int message_id);

/* Back to waiting, in its old place. */
void store_put_back(struct store *store, struct store_event *event);

/* All that is in flight is waiting again: the connection is gone. */
void store_put_back_all(struct store *store);

/* Done with: frees the event. */
void store_remove(struct store *store, struct store_event *event);

/* When the event that is in flight for the longest was sent; false if none is in flight. */
bool store_oldest_sent_ms(const struct store *store, uint64_t *sent_ms);

size_t store_count(const struct store *store);
size_t store_in_flight(const struct store *store);

#endif
