/* SPDX-License-Identifier: MIT */
#include "cloud/outbox.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

/* How many notices that only inform may wait. */
#define BACKLOG_LIMIT 1000U

struct waiting {
    struct cloud_notice *notice;
    STAILQ_ENTRY(waiting) link;
};

STAILQ_HEAD(waiting_list, waiting);

struct outbox {
    pthread_mutex_t mutex;
    struct queue *queue; /* NULL once closed */
    struct waiting_list backlog;
    size_t backlog_count;
};

struct outbox *outbox_create(struct queue *queue)
{
    struct outbox *outbox = memory_zeroed(1, sizeof *outbox);

    pthread_mutex_init(&outbox->mutex, NULL);
    outbox->queue = queue;
    STAILQ_INIT(&outbox->backlog);
    return outbox;
}

static struct cloud_notice *take_first(struct outbox *outbox)
{
    struct waiting *first = STAILQ_FIRST(&outbox->backlog);
    struct cloud_notice *notice = first->notice;

    STAILQ_REMOVE_HEAD(&outbox->backlog, link);
    outbox->backlog_count--;
    free(first);
    return notice;
}

static void drop_backlog(struct outbox *outbox)
{
    while (!STAILQ_EMPTY(&outbox->backlog))
        cloud_notice_free(take_first(outbox));
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    drop_backlog(outbox);
    pthread_mutex_destroy(&outbox->mutex);
    free(outbox);
}

static bool only_informs(const struct cloud_notice *notice)
{
    return notice->kind == CLOUD_NOTICE_DROPPED || notice->kind == CLOUD_NOTICE_DISCONNECTED;
}

static bool flush_locked(struct outbox *outbox)
{
    while (!STAILQ_EMPTY(&outbox->backlog)) {
        if (!queue_push(outbox->queue, STAILQ_FIRST(&outbox->backlog)->notice))
            return false;
        (void) take_first(outbox);
    }
    return true;
}

static void add_locked(struct outbox *outbox, struct cloud_notice *notice)
{
    if (outbox->queue == NULL) {
        cloud_notice_free(notice);
        return;
    }
    if (flush_locked(outbox) && queue_push(outbox->queue, notice))
        return;
    if (only_informs(notice) && outbox->backlog_count >= BACKLOG_LIMIT) {
        cloud_notice_free(notice);
        return;
    }
    struct waiting *waiting = memory_zeroed(1, sizeof *waiting);
    waiting->notice = notice;
    STAILQ_INSERT_TAIL(&outbox->backlog, waiting, link);
    outbox->backlog_count++;
}

void outbox_add(struct outbox *outbox, struct cloud_notice *notice)
{
    pthread_mutex_lock(&outbox->mutex);
    add_locked(outbox, notice);
    pthread_mutex_unlock(&outbox->mutex);
}

void outbox_tell(struct outbox *outbox, enum cloud_notice_kind kind, uint64_t sequence, const char *text)
{
    struct cloud_notice *notice = memory_zeroed(1, sizeof *notice);

    notice->kind = kind;
    notice->sequence = sequence;
    notice->text = text_copy(text);
    outbox_add(outbox, notice);
}

bool outbox_flush(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->mutex);
    bool empty = outbox->queue == NULL || flush_locked(outbox);
    pthread_mutex_unlock(&outbox->mutex);
    return empty;
}

void outbox_close(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->mutex);
    outbox->queue = NULL;
    drop_backlog(outbox);
    pthread_mutex_unlock(&outbox->mutex);
}
