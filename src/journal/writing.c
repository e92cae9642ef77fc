/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/memory.h"
#include "base/log.h"

#include <stdlib.h>

enum {
    BATCH_EVENTS = 2048,      /* in one transaction, at most */
    FREED_TOLERATED = 8,      /* acknowledged events whose rows are not deleted yet; */
    FREED_WAIT_MS = 200,      /* for so long at most, unless more come */
};

/* What waits, oldest first, marked as being written. */
static void begin_batch(struct journal *journal)
{
    size_t limit_bytes = bounds_batch_bytes(journal);

    journal->batch_count = 0;
    journal->batch_bytes = 0;
    if (journal->batch == NULL)
        journal->batch = memory_zeroed(BATCH_EVENTS, sizeof *journal->batch);
    pthread_mutex_lock(&journal->mutex);
    size_t limit = journal->bounds.max_events < BATCH_EVENTS ? (size_t) journal->bounds.max_events : BATCH_EVENTS;
    if (journal->generation_now != journal->generation) /* what is lent now would be taken back with the rest */
        limit = 0;
    for (struct waiting_event *event = waiting_next(journal->waiting, 0);
         event != NULL && journal->batch_count < limit && journal->batch_bytes < limit_bytes;
         event = waiting_next(journal->waiting, event->sequence)) {
        event->writing = true;
        journal->batch[journal->batch_count++] = (struct batch_event) {
            event->sequence, event->submitted_ms, event->payload, event->size_bytes, text_copy(event->aside),
        };
        journal->batch_bytes += event->size_bytes;
    }
    pthread_mutex_unlock(&journal->mutex);
}

static void leave_memory(struct journal *journal, struct waiting_event *event, const struct batch_event *written)
{
    uint64_t position = journal->base + event->sequence;

    journal->set_aside += written->aside != NULL ? 1 : 0;
    journal->pending += written->aside != NULL ? 0 : 1;
    if (event->settled)
        journal_free_position(journal, position);
    else if (event->lent)
        (void) ranges_add(journal->lent, position);
    else if (event->aside != NULL && written->aside == NULL) {
        (void) ranges_add(journal->lent, position); /* see set_aside */
        journal_add_change(journal, position, DISK_SET_ASIDE, event->aside);
    }
    waiting_remove(journal->waiting, event);
}

static void end_batch(struct journal *journal, bool stored)
{
    pthread_mutex_lock(&journal->mutex);
    for (size_t i = 0; i < journal->batch_count; i++) {
        struct waiting_event *event = waiting_find(journal->waiting, journal->batch[i].sequence);

        event->writing = false;
        if (stored)
            leave_memory(journal, event, &journal->batch[i]);
        else if (event->settled)
            waiting_remove(journal->waiting, event);
        free(journal->batch[i].aside);
    }
    if (stored && journal->batch_count > 0)
        journal->report.flushes++;
    pthread_mutex_unlock(&journal->mutex);
}

static enum disk_result insert_batch(struct journal *journal)
{
    enum disk_result result = DISK_OK;
    bool existed = false;

    if (journal->batch_count > 0 && journal->last_done) /* its mark is not needed any more */
        result = disk_delete(journal->disk, journal->last_position, &existed);
    for (size_t i = 0; i < journal->batch_count && result == DISK_OK; i++) {
        const struct batch_event *event = &journal->batch[i];
        const struct disk_row row = {
            .position = journal->base + event->sequence,
            .id = { journal->startup, event->sequence },
            .state = event->aside != NULL ? DISK_SET_ASIDE : DISK_PENDING,
            .elapsed_s = journal_elapsed_s(journal, event->submitted_ms),
            .reason = event->aside,
            .payload = event->payload,
            .size_bytes = event->size_bytes,
        };
        result = disk_insert(journal->disk, &row);
    }
    return result;
}

/* Rows that are of no use any more, from one of the sets. */
static enum disk_result delete_rows(struct journal *journal, const struct ranges *set)
{
    enum disk_result result = DISK_OK;
    uint64_t first;
    uint64_t last;

    for (uint64_t from = 0; ranges_next(set, from, &first, &last); from = last + 1) {
        for (uint64_t position = first; position <= last; position++) {
            bool existed = false;
            result = bounds_remove_row(journal, position, &existed);
            if (result != DISK_OK)
                return result;
            journal->pending -= existed ? 1 : 0;
        }
    }
    return result;
}

static enum disk_result change_states(struct journal *journal)
{
    enum disk_result result = DISK_OK;

    for (size_t i = 0; i < journal->changes_count && result == DISK_OK; i++) {
        const struct state_change *change = &journal->changes[i];
        bool changed = false;
        result = disk_set_state(journal->disk, change->position, change->state, change->reason, &changed);
        journal->pending -= changed ? 1 : 0;
        journal->set_aside += changed ? 1 : 0;
    }
    return result;
}

static void forget_changes(struct journal *journal)
{
    for (size_t i = 0; i < journal->changes_count; i++) {
        (void) ranges_remove(journal->lent, journal->changes[i].position);
        free(journal->changes[i].reason);
    }
    journal->changes_count = 0;
}

/* What these change of the journal's counts, undo puts back if the whole fails. */
static enum disk_result write_all(struct journal *journal)
{
    enum disk_result result = delete_rows(journal, journal->freed);

    if (result == DISK_OK)
        result = delete_rows(journal, journal->bad);
    if (result == DISK_OK)
        result = change_states(journal);
    if (result == DISK_OK)
        result = bounds_expire(journal);
    if (result == DISK_OK)
        result = bounds_make_room(journal);
    if (result == DISK_OK)
        result = insert_batch(journal);
    if (result == DISK_OK && journal->gaps_dirty)
        result = disk_write_gaps(journal->disk, journal->gaps);
    return result == DISK_OK ? disk_commit(journal->disk, bounds_log_pages(journal)) : result;
}

static void tell_stored(struct journal *journal)
{
    struct journal_notice *notice = journal_notice_create(JOURNAL_NOTICE_STORED);

    journal->stored_told = journal->batch[journal->batch_count - 1].sequence;
    notice->id = (struct event_id) { journal->startup, journal->stored_told };
    journal_tell(journal, notice);
}

static void after_write(struct journal *journal)
{
    if (journal->batch_count > 0) {
        journal->last_position = journal->base + journal->batch[journal->batch_count - 1].sequence;
        journal->last_done = false;
    }
    ranges_clear(journal->freed);
    ranges_clear(journal->bad);
    forget_changes(journal);
    journal->gaps_dirty = false;
    journal->drops_count = 0;
    end_batch(journal, true);
    journal_note_success(journal);
    if (journal->batch_count > 0)
        tell_stored(journal);
    (void) bounds_look_at_oldest(journal);
}

/* As it was before a transaction that failed. */
struct before_write {
    struct gaps *gaps;
    bool gaps_dirty;
    bool last_done;
    uint64_t pending;
    uint64_t set_aside;
    uint64_t dropped;
};

static void undo(struct journal *journal, struct before_write *before, enum disk_result result)
{
    disk_rollback(journal->disk);
    gaps_free(journal->gaps);
    journal->gaps = before->gaps;
    journal->gaps_dirty = before->gaps_dirty;
    journal->last_done = before->last_done;
    journal->pending = before->pending;
    journal->set_aside = before->set_aside;
    pthread_mutex_lock(&journal->mutex);
    journal->report.dropped = before->dropped;
    pthread_mutex_unlock(&journal->mutex);
    end_batch(journal, false);
    if (result == DISK_DAMAGED)
        journal_close_disk(journal); /* the next opening looks at it, and saves what can be saved */
    else
        journal_note_trouble(journal, disk_error(journal->disk));
}

uint64_t writing_deadline_ms(const struct journal *journal)
{
    return ranges_count(journal->freed) > 0 ? journal->freed_since_ms + FREED_WAIT_MS : 0;
}

static bool freed_due(const struct journal *journal)
{
    uint64_t deadline_ms = writing_deadline_ms(journal);

    return ranges_count(journal->freed) >= FREED_TOLERATED ||
           (deadline_ms > 0 && journal_now_ms(journal) >= deadline_ms);
}

void writing_run(struct journal *journal, bool closing)
{
    begin_batch(journal);
    bool flush = journal->batch_count > 0 || journal->gaps_dirty || bounds_expiry_due(journal);
    bool freed = freed_due(journal) || (closing && ranges_count(journal->freed) > 0);
    if (!flush && !freed && journal->changes_count == 0 && ranges_count(journal->bad) == 0)
        return;
    struct before_write before = {
        gaps_copy(journal->gaps), journal->gaps_dirty, journal->last_done, journal->pending, journal->set_aside, 0,
    };
    pthread_mutex_lock(&journal->mutex);
    before.dropped = journal->report.dropped;
    pthread_mutex_unlock(&journal->mutex);
    activity_set(journal->activity, ACTIVITY_FOREIGN, "writing the journal", JOURNAL_DISK_LIMIT_MS);
    enum disk_result result = disk_begin(journal->disk, flush);
    if (result == DISK_OK)
        result = write_all(journal);
    if (result == DISK_OK) {
        gaps_free(before.gaps);
        after_write(journal);
    } else {
        undo(journal, &before, result);
    }
    activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", JOURNAL_DISK_LIMIT_MS);
}

