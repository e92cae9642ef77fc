/* SPDX-License-Identifier: MIT */
/*
 * The way of notices to the main thread's queue: in order, never waiting, and never losing one when the queue is full.
 * What does not fit stays in a backlog; while there is one the session reads nothing from the broker, which bounds it.
 *
 * Any thread.
 */
#ifndef SPRINGPARK_CLOUD_OUTBOX_H
#define SPRINGPARK_CLOUD_OUTBOX_H

#include "base/queue.h"
#include "cloud/cloud.h"

#include <stdbool.h>

struct outbox;

/* queue: the caller's, must outlive the outbox or outbox_close. */
struct outbox *outbox_create(struct queue *queue);
void outbox_free(struct outbox *outbox);

/* Takes the notice. */
void outbox_add(struct outbox *outbox, struct cloud_notice *notice);

/* A notice of that kind; text is copied and may be NULL. */
void outbox_tell(struct outbox *outbox, enum cloud_notice_kind kind, const char *text);
void outbox_tell_event(struct outbox *outbox, enum cloud_notice_kind kind, struct event_id id, const char *text);
void outbox_tell_number(struct outbox *outbox, enum cloud_notice_kind kind, uint64_t number, uint64_t link);

/* Moves what fits from the backlog to the queue. Returns whether the backlog is now empty. */
bool outbox_flush(struct outbox *outbox);

/* From now on nothing is pushed any more: the queue may be freed. */
void outbox_close(struct outbox *outbox);

#endif
