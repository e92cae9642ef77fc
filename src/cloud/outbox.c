/* SPDX-License-Identifier: MIT */
#include "cloud/outbox.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

struct waiting {
    struct cloud_notice *notice;
    STAILQ_ENTRY(waiting) link;
};

STAILQ_HEAD(waiting_list, waiting);

struct outbox {
    pthread_mutex_t mutex;
    struct queue *queue; /* NULL once closed */
    struct waiting_list backlog;
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
    struct waiting *waiting = memory_zeroed(1, sizeof *waiting);
    waiting->notice = notice;
    STAILQ_INSERT_TAIL(&outbox->backlog, waiting, link);
}

void outbox_add(struct outbox *outbox, struct cloud_notice *notice)
{
    pthread_mutex_lock(&outbox->mutex);
    add_locked(outbox, notice);
    pthread_mutex_unlock(&outbox->mutex);
}

static struct cloud_notice *create_notice(enum cloud_notice_kind kind, const char *text)
{
    struct cloud_notice *notice = memory_zeroed(1, sizeof *notice);

    notice->kind = kind;
    notice->text = text_copy(text);
    return notice;
}

void outbox_tell(struct outbox *outbox, enum cloud_notice_kind kind, const char *text)
{
    outbox_add(outbox, create_notice(kind, text));
}

void outbox_tell_event(struct outbox *outbox, enum cloud_notice_kind kind, struct event_id id, const char *text)
{
    struct cloud_notice *notice = create_notice(kind, text);

    notice->id = id;
    outbox_add(outbox, notice);
}

void outbox_tell_number(struct outbox *outbox, enum cloud_notice_kind kind, uint64_t number, uint64_t link)
{
    struct cloud_notice *notice = create_notice(kind, NULL);

    notice->number = number;
    notice->link = link;
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
