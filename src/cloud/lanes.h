/* SPDX-License-Identifier: MIT */
/*
 * The events that the cloud stage has been lent: two lanes where they wait, new ones and replayed ones, and those in
 * flight (handed to the MQTT library, not yet acknowledged). Each lane is first in, first out; one that is put back
 * gets its old place.
 *
 * Pure: no lock, no clock, no bounds; the owner brings them.
 */
#ifndef SPRINGPARK_CLOUD_LANES_H
#define SPRINGPARK_CLOUD_LANES_H

#include "base/event_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lane { LANE_LIVE, LANE_REPLAY, LANE_COUNT };

/* One event; belongs to the lanes. */
struct lane_event {
    struct event_id id;
    enum lane lane;
    const char *payload;   /* size_bytes, and a zero byte behind */
    size_t size_bytes;
    int message_id;        /* -1 unless in flight and handed over */
    uint64_t sent_ms;      /* when it went into flight */
};

struct lanes;

struct lanes *lanes_create(void);
void lanes_free(struct lanes *lanes);

/* Payload is copied. */
void lanes_add(struct lanes *lanes, enum lane lane, struct event_id id, const char *payload);

/* The event whose turn it is, or NULL if none waits: of the live lane first, or with replay_first of the replay lane.
 * It goes on waiting, and stays valid until it is removed or all is cleared. */
struct lane_event *lanes_first(const struct lanes *lanes, bool replay_first);

/* A waiting event goes into flight at now_ms. The caller sets message_id once it is known. */
void lanes_take(struct lanes *lanes, struct lane_event *event, uint64_t now_ms);

/* The event in flight with that message id, or NULL. */
struct lane_event *lanes_find(const struct lanes *lanes, int message_id);

/* From flight back to waiting, in its old place. */
void lanes_put_back(struct lanes *lanes, struct lane_event *event);

/* Done with: frees the event, wherever it is. */
void lanes_remove(struct lanes *lanes, struct lane_event *event);

/* Frees all events. */
void lanes_clear(struct lanes *lanes);

/* When the event that is in flight for the longest was sent; false if none is in flight. */
bool lanes_oldest_sent_ms(const struct lanes *lanes, uint64_t *sent_ms);

/* The identities of what is in flight, the longest first; at most room of them. Returns how many were written. */
size_t lanes_list_flight(const struct lanes *lanes, struct event_id *ids, size_t room);

size_t lanes_waiting(const struct lanes *lanes, enum lane lane);
size_t lanes_in_flight(const struct lanes *lanes);

#endif
