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
    BATCH_EVENTS = 2048,      /* in one transaction, at most */
    FREED_TOLERATED = 8,      /* acknowledged events whose rows are not deleted yet; */
    FREED_WAIT_MS = 200,      /* for so long at most, unless more come */
    TELL_AGAIN_MS = 20,       /* how soon a full queue of notices is tried again */
    RETRY_FIRST_MS = 1000,
    RETRY_MOST_MS = 30000,
    WRITE_LIMIT_MS = 5000,    /* a disk that takes longer hangs */
};

uint64_t journal_now_ms(const struct journal *journal)
{
    return clock_monotonic_ms(journal->clock);
}

uint64_t journal_elapsed_s(const struct journal *journal, uint64_t monotonic_ms)
{
    uint64_t since_ms = monotonic_ms > journal->start_ms ? monotonic_ms - journal->start_ms : 0;

    return journal->elapsed_base_s + since_ms / 1000U;
}

/* ---- trouble ---- */

void journal_note_trouble(struct journal *journal, const char *error)
{
    journal->retry_wait_ms = journal->retry_wait_ms == 0 ? RETRY_FIRST_MS : journal->retry_wait_ms * 2;
    if (journal->retry_wait_ms > RETRY_MOST_MS)
        journal->retry_wait_ms = RETRY_MOST_MS;
    journal->retry_ms = journal_now_ms(journal) + journal->retry_wait_ms;
    if (journal->trouble == NULL || strcmp(journal->trouble, error) != 0)
        log_error("journal", "%s: %s; events stay in memory until the disk takes them again, which is tried again and "
                  "again. Check the disk's space, its mount and the folder's permissions", journal->path, error);
    text_replace(&journal->trouble, error);
}

static void note_success(struct journal *journal)
{
    if (journal->trouble != NULL)
        log_notice("journal", "%s: the disk takes events again", journal->path);
    text_replace(&journal->trouble, NULL);
    journal->retry_ms = 0;
    journal->retry_wait_ms = 0;
}

/* ---- identities and positions ---- */

struct event_id journal_id_of(const struct journal *journal, uint64_t position)
{
    for (size_t i = journal->starts_count; i > 0; i--) {
        const struct disk_start *start = &journal->starts[i - 1];
        if (start->base < position)
            return (struct event_id) { start->startup, position - start->base };
    }
    return (struct event_id) { 0, 0 };
}

/* Where a lent event stands; 0 if there is none. */
static uint64_t find_lent_position(const struct journal *journal, struct event_id id)
{
    for (size_t i = journal->starts_count; i > 0; i--) {
        const struct disk_start *start = &journal->starts[i - 1];
        if (start->startup == id.startup && ranges_contains(journal->lent, start->base + id.sequence))
            return start->base + id.sequence;
    }
    return 0;
}

/* ---- orders ---- */

static void free_position(struct journal *journal, uint64_t position)
{
    (void) ranges_remove(journal->lent, position);
    if (!ranges_add(journal->freed, position))
        return;
    if (ranges_count(journal->freed) == 1)
        journal->freed_since_ms = journal_now_ms(journal);
}

static void confirm(struct journal *journal, struct event_id id)
{
    uint64_t position = find_lent_position(journal, id);

    if (position == 0)
        return;
    free_position(journal, position);
    pthread_mutex_lock(&journal->mutex);
    journal->report.confirmed++;
    pthread_mutex_unlock(&journal->mutex);
}

static void add_change(struct journal *journal, uint64_t position, enum disk_state state, const char *reason)
{
    if (journal->changes_count == journal->changes_capacity) {
        journal->changes_capacity = journal->changes_capacity == 0 ? 8 : journal->changes_capacity * 2;
        journal->changes = memory_resize(journal->changes, journal->changes_capacity, sizeof *journal->changes);
    }
    journal->changes[journal->changes_count++] = (struct state_change) { position, state, text_copy(reason) };
}

/* It is not replayed again even while its row still says that it is pending: it stays lent until that is written. */
static void set_aside(struct journal *journal, const struct order *order)
{
    uint64_t position = find_lent_position(journal, order->id);

    if (position != 0)
        add_change(journal, position, DISK_SET_ASIDE, order->text);
}

static void take_back(struct journal *journal)
{
    ranges_clear(journal->lent);
    for (size_t i = 0; i < journal->changes_count; i++) { /* see set_aside */
        if (journal->changes[i].state == DISK_SET_ASIDE)
            (void) ranges_add(journal->lent, journal->changes[i].position);
    }
    journal->cursor = 0;
    journal->memory_cursor = 0;
}

static void answer_release(struct journal *journal, void *token, uint64_t count)
{
    struct journal_notice *notice = journal_notice_create(JOURNAL_NOTICE_RELEASED);

    notice->token = token;
    notice->count = count;
    journal_tell(journal, notice);
}

static uint64_t release_in_memory(struct journal *journal, struct event_id id)
{
    uint64_t count = 0;

    pthread_mutex_lock(&journal->mutex);
    for (struct waiting_event *event = waiting_next(journal->waiting, 0); event != NULL;
         event = waiting_next(journal->waiting, event->sequence)) {
        bool meant = id.startup == 0 || (id.startup == journal->startup && id.sequence == event->sequence);
        if (!meant || event->aside == NULL || event->writing)
            continue;
        waiting_release(journal->waiting, event);
        count++;
    }
    pthread_mutex_unlock(&journal->mutex);
    journal->memory_cursor = 0;
    return count;
}

/* Sets pending what was set aside: that row, or all. */
static uint64_t release_rows(struct journal *journal, struct event_id id)
{
    struct disk_row row;
    uint64_t count = 0;
    uint64_t after = 0;
    bool changed = false;
    enum disk_result result = disk_begin(journal->disk, true);

    while (result == DISK_OK && (result = disk_next(journal->disk, after, &row)) == DISK_OK) {
        after = row.position;
        if (row.state != DISK_SET_ASIDE || (id.startup != 0 && !event_id_equal(id, row.id)))
            continue;
        result = disk_set_state(journal->disk, after, DISK_PENDING, NULL, &changed);
        count += changed ? 1 : 0;
    }
    if (result == DISK_END)
        result = disk_commit(journal->disk, bounds_log_pages(journal));
    if (result != DISK_OK) {
        disk_rollback(journal->disk);
        journal_note_trouble(journal, disk_error(journal->disk));
        return 0;
    }
    journal->set_aside -= count;
    journal->pending += count;
    journal->cursor = 0;
    return count;
}

static void release(struct journal *journal, const struct order *order)
{
    uint64_t count = release_in_memory(journal, order->id);

    if (journal->disk != NULL)
        count += release_rows(journal, order->id);
    answer_release(journal, order->token, count);
}

static void obey(struct journal *journal, const struct order *order)
{
    struct journal_notice *notice;

    switch (order->kind) {
    case ORDER_CONFIRM:
        confirm(journal, order->id);
        break;
    case ORDER_SET_ASIDE:
        set_aside(journal, order);
        break;
    case ORDER_TAKE_BACK:
        take_back(journal);
        break;
    case ORDER_CONFIRM_GAP:
        if (gaps_confirm(journal->gaps, &order->gap))
            journal->gaps_dirty = journal->gaps_untold = true;
        break;
    case ORDER_PAGE:
        notice = journal_notice_create(JOURNAL_NOTICE_PAGE);
        notice->token = order->token;
        notice->page = pages_read(journal, order);
        journal_tell(journal, notice);
        break;
    case ORDER_RELEASE:
        release(journal, order);
        break;
    }
}

static void take_orders(struct journal *journal)
{
    struct order_list orders = STAILQ_HEAD_INITIALIZER(orders);

    wakeup_clear(journal->wake_fd);
    pthread_mutex_lock(&journal->mutex);
    journal->signalled = false;
    STAILQ_CONCAT(&orders, &journal->orders);
    for (size_t i = 0; i < gaps_count(journal->fresh_gaps); i++) {
        gaps_add(journal->gaps, gaps_get(journal->fresh_gaps, i));
        journal->gaps_dirty = journal->gaps_untold = true;
    }
    if (gaps_count(journal->fresh_gaps) > 0) {
        gaps_free(journal->fresh_gaps);
        journal->fresh_gaps = gaps_create();
    }
    pthread_mutex_unlock(&journal->mutex);
    while (!STAILQ_EMPTY(&orders)) {
        struct order *order = STAILQ_FIRST(&orders);

        STAILQ_REMOVE_HEAD(&orders, link);
        obey(journal, order);
        order_free(order);
    }
}

/* ---- writing ---- */

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
        free_position(journal, position);
    else if (event->lent)
        (void) ranges_add(journal->lent, position);
    else if (event->aside != NULL && written->aside == NULL) {
        (void) ranges_add(journal->lent, position); /* see set_aside */
        add_change(journal, position, DISK_SET_ASIDE, event->aside);
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
    note_success(journal);
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

static bool freed_due(const struct journal *journal)
{
    uint64_t count = ranges_count(journal->freed);

    return count >= FREED_TOLERATED ||
           (count > 0 && journal_now_ms(journal) >= journal->freed_since_ms + FREED_WAIT_MS);
}

/* Everything that waits, in one transaction and with one flush; deletions alone are not flushed. */
static void write_out(struct journal *journal, bool closing)
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
    activity_set(journal->activity, ACTIVITY_FOREIGN, "writing the journal", WRITE_LIMIT_MS);
    enum disk_result result = disk_begin(journal->disk, flush);
    if (result == DISK_OK)
        result = write_all(journal);
    activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", WRITE_LIMIT_MS);
    if (result != DISK_OK) {
        undo(journal, &before, result);
        return;
    }
    gaps_free(before.gaps);
    after_write(journal);
}

/* ---- replay ---- */

static void hand_out(struct journal *journal, struct event_id id, const char *payload, size_t size_bytes)
{
    struct journal_notice *notice = journal_notice_create(JOURNAL_NOTICE_REPLAY);
    char *copy = memory_zeroed(size_bytes + 1, 1);

    memcpy(copy, payload, size_bytes);
    notice->id = id;
    notice->payload = copy;
    pthread_mutex_lock(&journal->mutex);
    notice->generation = journal->generation;
    journal->want--;
    journal->report.replayed++;
    pthread_mutex_unlock(&journal->mutex);
    journal_tell(journal, notice);
}

static size_t wanted(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    size_t want = journal->undelivered_count > 0 ? 0 : journal->want;
    pthread_mutex_unlock(&journal->mutex);
    return want;
}

/* How many rows are pending and with nobody. */
static uint64_t unlent_rows(const struct journal *journal)
{
    uint64_t held = ranges_count(journal->freed) + ranges_count(journal->lent) + ranges_count(journal->bad);

    return journal->pending > held ? journal->pending - held : 0;
}

/* A flipped bit: what it says cannot be trusted, only where it stands. */
static void note_bad_row(struct journal *journal, uint64_t position)
{
    struct event_id id = journal_id_of(journal, position);

    if (!ranges_add(journal->bad, position))
        return;
    log_error("journal", "%s: the record of event %" PRIu32 ":%" PRIu64 " is damaged; it is lost, and reported as a gap",
              journal->path, id.startup, id.sequence);
    gaps_add_event(journal->gaps, id, GAP_DAMAGED);
    journal->gaps_dirty = journal->gaps_untold = true;
    pthread_mutex_lock(&journal->mutex);
    journal->report.dropped++;
    pthread_mutex_unlock(&journal->mutex);
}

/* Whether a transaction that did not end well had dropped it: then it may be lost already, and reported. */
static bool is_dropped_perhaps(const struct journal *journal, uint64_t position)
{
    for (size_t i = 0; i < journal->drops_count; i++) {
        if (journal->drops[i].position == position)
            return true;
    }
    return false;
}

static void replay_row(struct journal *journal, const struct disk_row *row)
{
    if (is_dropped_perhaps(journal, row->position))
        return;
    if (row->state != DISK_PENDING || ranges_contains(journal->lent, row->position) ||
        ranges_contains(journal->freed, row->position) || ranges_contains(journal->bad, row->position))
        return;
    if (!row->sound || !event_id_equal(row->id, journal_id_of(journal, row->position))) {
        note_bad_row(journal, row->position);
        return;
    }
    (void) ranges_add(journal->lent, row->position);
    hand_out(journal, row->id, row->payload, row->size_bytes);
}

static void replay_from_disk(struct journal *journal)
{
    enum disk_result result = DISK_OK;
    struct disk_row row;
    bool again = journal->cursor > 0;

    while (wanted(journal) > 0 && unlent_rows(journal) > 0) {
        activity_set(journal->activity, ACTIVITY_FOREIGN, "reading the journal", WRITE_LIMIT_MS);
        result = disk_next(journal->disk, journal->cursor, &row);
        activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", WRITE_LIMIT_MS);
        if (result == DISK_END && again) { /* something behind the cursor is pending again */
            again = false;
            journal->cursor = 0;
            continue;
        }
        if (result != DISK_OK)
            break;
        journal->cursor = row.position;
        replay_row(journal, &row);
    }
    if (result == DISK_DAMAGED)
        journal_close_disk(journal);
    else if (result == DISK_TROUBLE)
        journal_note_trouble(journal, disk_error(journal->disk));
}

/* While the disk takes nothing; what is on it goes first, as far as it can be read. */
static void replay_from_memory(struct journal *journal)
{
    bool again = journal->memory_cursor > 0;

    while (wanted(journal) > 0) {
        pthread_mutex_lock(&journal->mutex);
        struct waiting_event *event =
            waiting_unlent(journal->waiting) > 0 ? waiting_next(journal->waiting, journal->memory_cursor) : NULL;
        bool none = waiting_unlent(journal->waiting) == 0;
        bool usable = event != NULL && !event->lent && !event->settled && event->aside == NULL;
        char *payload = usable ? text_copy(event->payload) : NULL;
        uint64_t sequence = event != NULL ? event->sequence : 0;
        if (usable)
            waiting_set_lent(journal->waiting, event, true);
        pthread_mutex_unlock(&journal->mutex);
        if (none || (event == NULL && !again))
            return;
        again = again && event != NULL;
        journal->memory_cursor = sequence;
        if (usable)
            hand_out(journal, (struct event_id) { journal->startup, sequence }, payload, strlen(payload));
        free(payload);
    }
}

static void replay(struct journal *journal)
{
    if (journal->disk != NULL)
        replay_from_disk(journal);
    bool memory_only = journal->path == NULL || journal->trouble != NULL;
    if (memory_only && (journal->disk == NULL || unlent_rows(journal) == 0))
        replay_from_memory(journal);
}

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

void journal_tell(struct journal *journal, struct journal_notice *notice)
{
    if (STAILQ_EMPTY(&journal->undelivered) && queue_push(journal->notices, notice))
        return;
    struct undelivered *waiting = memory_zeroed(1, sizeof *waiting);
    waiting->notice = notice;
    STAILQ_INSERT_TAIL(&journal->undelivered, waiting, link);
    journal->undelivered_count++;
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
                           (uint64_t) RETRY_MOST_MS / 1000U);
    return text_copy(journal->remark);
}

static void publish_state(struct journal *journal)
{
    enum journal_state state = state_of(journal);
    uint64_t bytes = journal->disk != NULL ? disk_file_bytes(journal->disk) : 0;
    struct journal_report *report = &journal->report;

    pthread_mutex_lock(&journal->mutex);
    char *detail = detail_of(journal);
    bool changed = state != report->state || (detail == NULL) != (report->detail == NULL) ||
                   (detail != NULL && strcmp(detail, report->detail) != 0);
    free(report->detail);
    report->detail = detail;
    report->state = state;
    report->depth = journal->pending - ranges_count(journal->freed);
    report->set_aside = journal->set_aside;
    report->unlent = unlent_rows(journal);
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
    bool has = journal->signalled || (journal->disk != NULL && journal->trouble == NULL &&
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
    else if (ranges_count(journal->freed) > 0)
        sooner(&wait_ms, journal->freed_since_ms + FREED_WAIT_MS, now);
    if (journal->expiry_ms > 0 && journal->retry_ms == 0)
        sooner(&wait_ms, journal->expiry_ms, now);
    bool more = journal->gaps_dirty || journal->changes_count > 0 || ranges_count(journal->bad) > 0;
    return more && journal->disk != NULL && journal->retry_ms == 0 ? 0 : wait_ms;
}

int64_t journal_turn(struct journal *journal)
{
    activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", WRITE_LIMIT_MS);
    deliver(journal);
    journal_keep_open(journal);
    take_orders(journal);
    if (journal->disk != NULL && (journal->retry_ms == 0 || journal_now_ms(journal) >= journal->retry_ms))
        write_out(journal, false);
    replay(journal);
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
        write_out(journal, true);
    }
    if (journal->disk != NULL && journal->trouble == NULL && journal->begun) {
        const struct disk_start start = {
            journal->base, journal->startup, journal_elapsed_s(journal, journal_now_ms(journal)), true,
        };
        write_out(journal, true);
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
