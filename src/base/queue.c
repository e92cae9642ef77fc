/* SPDX-License-Identifier: MIT */
#include "base/queue.h"

#include "base/memory.h"
#include "base/wakeup.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t has_room;
    queue_free_message *free_message;
    void **ring;
    size_t capacity;
    size_t first;
    size_t depth;
    bool closed;
    int fd;
};

struct queue *queue_create(size_t capacity, queue_free_message *free_message)
{
    struct queue *queue = memory_zeroed(1, sizeof *queue);

    assert(capacity > 0);
    queue->ring = memory_zeroed(capacity, sizeof *queue->ring);
    queue->capacity = capacity;
    queue->free_message = free_message;
    queue->fd = wakeup_create();
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->has_room, NULL);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    for (void *message = queue_take(queue); message != NULL; message = queue_take(queue)) {
        if (queue->free_message != NULL)
            queue->free_message(message);
    }
    wakeup_close(queue->fd);
    pthread_cond_destroy(&queue->has_room);
    pthread_mutex_destroy(&queue->mutex);
    free(queue->ring);
    free(queue);
}

/* The descriptor is written only when the queue stops being empty and read only when it becomes so: two system
 * calls a batch, not two a message. */
static void append(struct queue *queue, void *message)
{
    queue->ring[(queue->first + queue->depth) % queue->capacity] = message;
    if (queue->depth++ == 0)
        wakeup_signal(queue->fd);
}

bool queue_push_waiting(struct queue *queue, void *message)
{
    assert(message != NULL);
    pthread_mutex_lock(&queue->mutex);
    while (!queue->closed && queue->depth == queue->capacity)
        pthread_cond_wait(&queue->has_room, &queue->mutex);
    bool taken = !queue->closed;
    if (taken)
        append(queue, message);
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

bool queue_push(struct queue *queue, void *message)
{
    assert(message != NULL);
    pthread_mutex_lock(&queue->mutex);
    bool taken = !queue->closed && queue->depth < queue->capacity;
    if (taken)
        append(queue, message);
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

void *queue_take(struct queue *queue)
{
    void *message = NULL;

    pthread_mutex_lock(&queue->mutex);
    if (queue->depth > 0) {
        message = queue->ring[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        if (--queue->depth == 0)
            wakeup_clear(queue->fd);
        pthread_cond_signal(&queue->has_room);
    }
    pthread_mutex_unlock(&queue->mutex);
    return message;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->has_room);
    pthread_mutex_unlock(&queue->mutex);
}

int queue_fd(const struct queue *queue)
{
    return queue->fd;
}

size_t queue_depth(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t depth = queue->depth;
    pthread_mutex_unlock(&queue->mutex);
    return depth;
}
