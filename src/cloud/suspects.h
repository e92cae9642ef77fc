/* SPDX-License-Identifier: MIT */
/*
 * Which event makes the broker hang up. A broker of MQTT 3.1.1 (and AWS IoT Core in general) closes the connection on a
 * publish that it does not allow and does not say which one, so that the event would be sent again and end the next
 * connection, too. What it was in the middle of is known, though: what was in flight at the drop.
 *
 * The rules:
 *   - A drop is the end of an accepted connection by the peer (closed, reset, DISCONNECT for a reason that a publish
 *     can have). An end of our making (a deadline, stopping) says nothing and changes nothing; new settings forgive
 *     all.
 *   - What was in flight at a drop gets a strike. What was not loses its strikes: drops happen without it, so that it
 *     cannot be the cause of all of them. That holds for a drop with nothing in flight, too: an innocent event may be
 *     forgiven too often, but is not refused because a broker restarts.
 *   - An event with a strike flies alone from then on: nothing else is unacknowledged meanwhile.
 *   - An event with three strikes that was alone at the last two of these drops is guilty. Once would not do: while
 *     suspects fly one after the other, any drop catches one of them alone.
 *
 * Pure. One thread.
 */
#ifndef SPRINGPARK_CLOUD_SUSPECTS_H
#define SPRINGPARK_CLOUD_SUSPECTS_H

#include "base/event_id.h"

#include <stdbool.h>
#include <stddef.h>

/* As many as can be in flight. */
#define SUSPECTS_LIMIT 32U
#define SUSPECTS_GUILTY_STRIKES 3U

struct suspects {
    struct suspect {
        struct event_id id;
        unsigned strikes;
        unsigned alone;    /* of these, those at which nothing else was in flight */
    } entries[SUSPECTS_LIMIT];
    size_t count;
};

/* A drop while these were in flight. alone: and nothing else was. True: the one that was in flight is guilty, and is no
 * suspect any more. */
bool suspects_note_drop(struct suspects *suspects, const struct event_id *flight, size_t count, bool alone);

/* The event was acknowledged or refused. */
void suspects_settle(struct suspects *suspects, struct event_id id);

void suspects_clear(struct suspects *suspects);

/* Whether this event is to fly alone. */
bool suspects_fly_alone(const struct suspects *suspects, struct event_id id);

#endif
