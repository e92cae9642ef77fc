/* SPDX-License-Identifier: MIT */
#include "journal/inside.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/wakeup.h"
#include "journal/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TELL_AGAIN_MS = 20,       /* how soon a full queue of notices is tried again */
};

/* ---- telling ---- */

static void deliver(struct journal *journal)
{
    while (!STAILQ_EMPTY(&journal->undelivered)) {
        struct undelivered *first = STAILQ_FIRST(&journal->undelivered);

        if (!queue_push(journal->notices, first->notice))
            return;
        STAILQ_REMOVE_HEAD(&journal->undelivered, link);
        journal->undelivered_count--;
        free(first);
    }
}

static enum journal_state state_of(const struct journal *journal)
{
    if (journal->path == NULL)
        return JOURNAL_OFF;
    if (journal->trouble != NULL)
        return JOURNAL_DEGRADED;
    return journal->disk != NULL ? JOURNAL_WORKS : JOURNAL_OPENING;
}

static char *detail_of(const struct journal *journal)
{
    if (journal->trouble != NULL)
        return text_format("%s: %s; events stay in memory, at most %zu of them, and the disk is tried again every %" PRIu64
                           " s at least", journal->path, journal->trouble, journal->bounds.memory_events,
                           (uint64_t) JOURNAL_RETRY_MOST_MS / 1000U);
    return text_copy(journal->remark);
}

static void publish_state(struct journal *journal)
{
    enum journal_state state = state_of(journal);
    uint64_t bytes = journal->disk != NULL ? disk_file_bytes(journal->disk) : 0;
    struct journal_report *report = &journal->report;

    pthread_mutex_lock(&journal->mutex);
    char *detail = detail_of(journal);
    bool changed = state != report->state || report->set_aside != journal->set_aside || (detail == NULL) != (report->detail == NULL) ||
                   (detail != NULL && strcmp(detail, report->detail) != 0);
    free(report->detail);
    report->detail = detail;
    report->state = state;
    report->depth = journal->pending - ranges_count(journal->freed);
    report->set_aside = journal->set_aside;
    report->unlent = replay_unlent_rows(journal);
    if (journal->disk != NULL)
        report->bytes = bytes;
    pthread_mutex_unlock(&journal->mutex);
    if (changed)
        journal_tell(journal, journal_notice_create(JOURNAL_NOTICE_STATE));
}

static void tell_gaps(struct journal *journal)
{
    if (!journal->gaps_untold)
        return;
    struct journal_notice *notice = journal_notice_create(JOURNAL_NOTICE_GAPS);
    notice->gaps = gaps_copy(journal->gaps);
    journal->gaps_untold = false;
    journal_tell(journal, notice);
}

/* ---- the turn ---- */

static void sooner(int64_t *wait_ms, uint64_t at_ms, uint64_t now)
{
    int64_t left_ms = at_ms > now ? (int64_t) (at_ms - now) : 0;

    if (*wait_ms < 0 || left_ms < *wait_ms)
        *wait_ms = left_ms;
}

static bool has_work(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    /* The wake-up of a stop that came while this turn began was cleared with the orders. */
    bool has = journal->stopping || journal->signalled || (journal->disk != NULL && journal->trouble == NULL &&
                                      waiting_count(journal->waiting) > 0);
    pthread_mutex_unlock(&journal->mutex);
    return has;
}

static int64_t next_turn_ms(struct journal *journal)
{
    uint64_t now = journal_now_ms(journal);
    int64_t wait_ms = -1;

    if (has_work(journal))
        return 0;
    if (journal->undelivered_count > 0)
        sooner(&wait_ms, now + TELL_AGAIN_MS, now);
    if (journal->retry_ms > 0)
        sooner(&wait_ms, journal->retry_ms, now);
    else if (journal->path != NULL && journal->disk == NULL)
        return 0;
    else if (writing_deadline_ms(journal) > 0)
        sooner(&wait_ms, writing_deadline_ms(journal), now);
    if (journal->expiry_ms > 0 && journal->retry_ms == 0)
        sooner(&wait_ms, journal->expiry_ms, now);
    bool more = journal->gaps_dirty || journal->changes_count > 0 || ranges_count(journal->bad) > 0;
    return more && journal->disk != NULL && journal->retry_ms == 0 ? 0 : wait_ms;
}

int64_t journal_turn(struct journal *journal)
{
    activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", JOURNAL_DISK_LIMIT_MS);
    deliver(journal);
    journal_keep_open(journal);
    orders_take(journal);
    if (journal->disk != NULL && (journal->retry_ms == 0 || journal_now_ms(journal) >= journal->retry_ms))
        writing_run(journal, false);
    replay_run(journal);
    publish_state(journal);
    tell_gaps(journal);
    return next_turn_ms(journal);
}

void journal_finish(struct journal *journal)
{
    size_t left = SIZE_MAX;

    (void) journal_turn(journal);
    while (journal->disk != NULL && journal->trouble == NULL) {
        pthread_mutex_lock(&journal->mutex);
        size_t waiting = waiting_count(journal->waiting);
        pthread_mutex_unlock(&journal->mutex);
        if (waiting == 0 || waiting >= left)
            break;
        left = waiting;
        writing_run(journal, true);
    }
    activity_set(journal->activity, ACTIVITY_FOREIGN, "closing the journal", JOURNAL_DISK_LIMIT_MS);
    if (journal->disk != NULL && journal->trouble == NULL && journal->begun) {
        const struct disk_start start = {
            journal->base, journal->startup, journal_elapsed_s(journal, journal_now_ms(journal)), true,
        };
        writing_run(journal, true);
        activity_set(journal->activity, ACTIVITY_FOREIGN, "closing the journal", JOURNAL_DISK_LIMIT_MS);
        if (disk_begin(journal->disk, true) == DISK_OK && disk_write_start(journal->disk, &start) == DISK_OK)
            (void) disk_commit(journal->disk, 0);
        else
            disk_rollback(journal->disk);
    }
    pthread_mutex_lock(&journal->mutex);
    journal->lost_at_end = waiting_count(journal->waiting);
    pthread_mutex_unlock(&journal->mutex);
    journal_close_disk(journal);
}
