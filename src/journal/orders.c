/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/memory.h"
#include "base/wakeup.h"

#include <stdlib.h>

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

void journal_free_position(struct journal *journal, uint64_t position)
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
    journal_free_position(journal, position);
    pthread_mutex_lock(&journal->mutex);
    journal->report.confirmed++;
    pthread_mutex_unlock(&journal->mutex);
}

void journal_add_change(struct journal *journal, uint64_t position, enum disk_state state, const char *reason)
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
        journal_add_change(journal, position, DISK_SET_ASIDE, order->text);
}

static void take_back(struct journal *journal, uint64_t generation)
{
    ranges_clear(journal->lent);
    for (size_t i = 0; i < journal->changes_count; i++) { /* see set_aside */
        if (journal->changes[i].state == DISK_SET_ASIDE)
            (void) ranges_add(journal->lent, journal->changes[i].position);
    }
    journal->cursor = 0;
    journal->memory_cursor = 0;
    pthread_mutex_lock(&journal->mutex);
    journal->generation_now = generation;
    pthread_mutex_unlock(&journal->mutex);
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

    activity_set(journal->activity, ACTIVITY_FOREIGN, "writing the journal", JOURNAL_DISK_LIMIT_MS);
    if (journal->disk != NULL)
        count += release_rows(journal, order->id);
    activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", JOURNAL_DISK_LIMIT_MS);
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
        take_back(journal, order->generation);
        break;
    case ORDER_CONFIRM_GAP:
        if (gaps_confirm(journal->gaps, &order->gap))
            journal->gaps_dirty = journal->gaps_untold = true;
        break;
    case ORDER_PAGE:
        notice = journal_notice_create(JOURNAL_NOTICE_PAGE);
        notice->token = order->token;
        activity_set(journal->activity, ACTIVITY_FOREIGN, "reading the journal", JOURNAL_DISK_LIMIT_MS);
        notice->page = pages_read(journal, order);
        activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", JOURNAL_DISK_LIMIT_MS);
        journal_tell(journal, notice);
        break;
    case ORDER_RELEASE:
        release(journal, order);
        break;
    }
}

void orders_take(struct journal *journal)
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

