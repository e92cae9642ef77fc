/* SPDX-License-Identifier: MIT */
/*
 * The events of this start that are not on disk yet, in the order of their sequence: for the moment until the next
 * flush, or for as long as the disk takes nothing. Pure; the owner brings the lock.
 *
 * While an event is being written its payload is borrowed by the writer: it is not freed, whatever happens to it, until
 * the writer says how it went.
 */
#ifndef SPRINGPARK_JOURNAL_WAITING_H
#define SPRINGPARK_JOURNAL_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct waiting_event {
    uint64_t sequence;
    uint64_t submitted_ms;   /* monotonic */
    char *payload;
    size_t size_bytes;
    bool lent;
    bool writing;
    bool settled;            /* acknowledged while it was being written */
    char *aside;             /* why it was set aside, or NULL */
};

struct waiting;

struct waiting *waiting_create(void);
void waiting_free(struct waiting *waiting);

/* sequence: above all that were added. The payload is copied. */
struct waiting_event *waiting_add(struct waiting *waiting, uint64_t sequence, const char *payload);

/* Valid until the next waiting_add or waiting_remove. NULL if it is not here. */
struct waiting_event *waiting_find(struct waiting *waiting, uint64_t sequence);
/* The first with a sequence above that one. */
struct waiting_event *waiting_next(struct waiting *waiting, uint64_t after_sequence);
/* Not while it is being written. */
void waiting_remove(struct waiting *waiting, struct waiting_event *event);

size_t waiting_count(const struct waiting *waiting);
/* Of these, how many are pending and not lent; and how many were set aside. */
size_t waiting_unlent(const struct waiting *waiting);
size_t waiting_set_aside(const struct waiting *waiting);

/* Keep the counts right. */
void waiting_set_lent(struct waiting *waiting, struct waiting_event *event, bool lent);
void waiting_put_aside(struct waiting *waiting, struct waiting_event *event, const char *reason);
void waiting_release(struct waiting *waiting, struct waiting_event *event);

#endif
