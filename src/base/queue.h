/* SPDX-License-Identifier: MIT */
/*
 * A bounded first-in first-out queue of messages between two threads, with a file descriptor that is readable
 * while there is something to take, for poll or the event loop.
 *
 * Messages are pointers. Pushing hands ownership to the queue, taking hands it to the taker; what is still inside
 * when the queue is freed goes to free_message.
 */
#ifndef SPRINGPARK_BASE_QUEUE_H
#define SPRINGPARK_BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

typedef void queue_free_message(void *message);

/* capacity: how many messages fit, at least 1. free_message may be NULL for messages that own nothing. */
struct queue *queue_create(size_t capacity, queue_free_message *free_message);
void queue_free(struct queue *queue);

/* Any thread; waits while the queue is full. False once the queue is closed: the message is then still the caller's. */
bool queue_push_waiting(struct queue *queue, void *message);

/* Any thread; never waits. False if the queue is full or closed: the message is then still the caller's. */
bool queue_push(struct queue *queue, void *message);

/* Any thread; never waits. The oldest message, the caller's from now on, or NULL if there is none. */
void *queue_take(struct queue *queue);

/* Any thread: pushers that wait return false, and later pushes fail; what is inside can still be taken. */
void queue_close(struct queue *queue);

/* Readable while there is something to take. The queue's own: do not read, write or close it. */
int queue_fd(const struct queue *queue);

size_t queue_depth(struct queue *queue);

#endif
