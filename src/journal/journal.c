/* SPDX-License-Identifier: MIT */
#include "journal/journal.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/wakeup.h"
#include "journal/state.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "journal.db"

/* ---- beginning and end ---- */

static void take_bounds(struct journal *journal, const struct journal_settings *settings)
{
    journal->bounds = *settings;
    journal->bounds.directory = NULL;
}

struct journal *journal_create(const struct journal_settings *settings, uint32_t startup, const struct clock *clock,
                               struct queue *notices, const struct journal_options *options)
{
    struct journal *journal = memory_zeroed(1, sizeof *journal);

    assert(settings->max_events > 0 && settings->memory_events > 0 && startup > 0);
    journal->clock = clock;
    journal->notices = notices;
    if (options != NULL)
        journal->options = *options;
    journal->startup = startup;
    if (settings->directory != NULL) {
        journal->directory = text_copy(settings->directory);
        journal->path = text_format("%s/" FILE_NAME, settings->directory);
    }
    journal->start_ms = clock_monotonic_ms(clock);
    journal->activity = activity_create(clock);
    journal->wake_fd = wakeup_create();
    pthread_mutex_init(&journal->mutex, NULL);
    take_bounds(journal, settings);
    journal->waiting = waiting_create();
    STAILQ_INIT(&journal->orders);
    journal->fresh_gaps = gaps_create();
    journal->report.state = settings->directory != NULL ? JOURNAL_OPENING : JOURNAL_OFF;
    journal->told_state = journal->report.state;
    journal->gaps = gaps_create();
    journal->lent = ranges_create();
    journal->freed = ranges_create();
    journal->bad = ranges_create();
    STAILQ_INIT(&journal->undelivered);
    return journal;
}

static void free_undelivered(struct journal *journal)
{
    while (!STAILQ_EMPTY(&journal->undelivered)) {
        struct undelivered *first = STAILQ_FIRST(&journal->undelivered);

        STAILQ_REMOVE_HEAD(&journal->undelivered, link);
        journal_notice_free(first->notice);
        free(first);
    }
}

static void free_orders(struct journal *journal)
{
    while (!STAILQ_EMPTY(&journal->orders)) {
        struct order *first = STAILQ_FIRST(&journal->orders);

        STAILQ_REMOVE_HEAD(&journal->orders, link);
        order_free(first);
    }
}

static void free_journal(struct journal *journal)
{
    disk_close(journal->disk);
    free_undelivered(journal);
    free_orders(journal);
    waiting_free(journal->waiting);
    gaps_free(journal->fresh_gaps);
    gaps_free(journal->gaps);
    ranges_free(journal->lent);
    ranges_free(journal->freed);
    ranges_free(journal->bad);
    for (size_t i = 0; i < journal->changes_count; i++)
        free(journal->changes[i].reason);
    free(journal->changes);
    free(journal->batch);
    free(journal->drops);
    free(journal->starts);
    free(journal->trouble);
    free(journal->remark);
    free(journal->directory);
    free(journal->path);
    free(journal->report.detail);
    activity_free(journal->activity);
    wakeup_close(journal->wake_fd);
    pthread_mutex_destroy(&journal->mutex);
    free(journal);
}

size_t journal_end(struct journal *journal, bool clean)
{
    if (clean)
        journal_finish(journal);
    size_t lost = journal->lost_at_end;
    free_journal(journal);
    return lost;
}

static bool is_stopping(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    bool stopping = journal->stopping;
    pthread_mutex_unlock(&journal->mutex);
    return stopping;
}

static void run(void *context)
{
    struct journal *journal = context;
    struct pollfd wake = { .fd = journal->wake_fd, .events = POLLIN };

    while (!is_stopping(journal)) {
        int64_t wait_ms = journal_turn(journal);

        activity_set(journal->activity, ACTIVITY_IDLE, "waiting for events", 0);
        (void) poll(&wake, 1, wait_ms < 0 || wait_ms > INT32_MAX ? -1 : (int) wait_ms);
    }
    journal_finish(journal);
    activity_set(journal->activity, ACTIVITY_IDLE, "ended", 0);
}

struct journal *journal_start(const struct journal_settings *settings, uint32_t startup, const struct clock *clock,
                              struct queue *notices)
{
    struct journal *journal = journal_create(settings, startup, clock, notices, NULL);

    journal->thread = thread_start("journal", run, journal);
    if (journal->thread == NULL)
        abort();
    return journal;
}

static void wake_locked(struct journal *journal)
{
    if (journal->signalled)
        return;
    journal->signalled = true;
    wakeup_signal(journal->wake_fd);
}

/* What nobody has but the memory: the broker has what is settled, though the disk still writes it. */
static size_t count_unsettled_locked(const struct journal *journal)
{
    size_t count = 0;

    for (struct waiting_event *event = waiting_next(journal->waiting, 0); event != NULL;
         event = waiting_next(journal->waiting, event->sequence))
        count += event->settled ? 0 : 1;
    return count;
}

bool journal_stop(struct journal *journal, uint64_t limit_ms, size_t *lost)
{
    pthread_mutex_lock(&journal->mutex);
    journal->stopping = true;
    journal->signalled = true;
    pthread_mutex_unlock(&journal->mutex);
    wakeup_signal(journal->wake_fd);
    bool ended = thread_join(journal->thread, limit_ms);
    pthread_mutex_lock(&journal->mutex);
    *lost = ended ? journal->lost_at_end : count_unsettled_locked(journal);
    pthread_mutex_unlock(&journal->mutex);
    if (ended)
        free_journal(journal);
    return ended; /* if not, the thread still uses it once the disk answers */
}

/* ---- what main says ---- */

void journal_configure(struct journal *journal, const struct journal_settings *settings)
{
    pthread_mutex_lock(&journal->mutex);
    take_bounds(journal, settings);
    wake_locked(journal);
    pthread_mutex_unlock(&journal->mutex);
}

/* The disk takes nothing, and the memory for that case is full. What is with the cloud or being written stays. */
static void drop_oldest_waiting(struct journal *journal)
{
    struct waiting_event *event = waiting_next(journal->waiting, 0);

    while (event != NULL && (event->lent || event->writing))
        event = waiting_next(journal->waiting, event->sequence);
    if (event == NULL)
        return;
    gaps_add_event(journal->fresh_gaps, (struct event_id) { journal->startup, event->sequence }, GAP_MEMORY);
    journal->report.dropped++;
    waiting_remove(journal->waiting, event);
}

void journal_submit(struct journal *journal, uint64_t sequence, const char *payload, bool lent)
{
    pthread_mutex_lock(&journal->mutex);
    if (waiting_count(journal->waiting) >= journal->bounds.memory_events)
        drop_oldest_waiting(journal);
    struct waiting_event *event = waiting_add(journal->waiting, sequence, payload);
    event->submitted_ms = clock_monotonic_ms(journal->clock);
    waiting_set_lent(journal->waiting, event, lent);
    wake_locked(journal);
    pthread_mutex_unlock(&journal->mutex);
}

static struct order *order_create(enum order_kind kind)
{
    struct order *order = memory_zeroed(1, sizeof *order);

    order->kind = kind;
    return order;
}

void order_free(struct order *order)
{
    free(order->text);
    free(order);
}

static void give_order_locked(struct journal *journal, struct order *order)
{
    STAILQ_INSERT_TAIL(&journal->orders, order, link);
    wake_locked(journal);
}

/* The event, if it is lent and not on disk yet. */
static struct waiting_event *find_lent(struct journal *journal, struct event_id id)
{
    struct waiting_event *event = id.startup == journal->startup ? waiting_find(journal->waiting, id.sequence) : NULL;

    return event != NULL && event->lent ? event : NULL;
}

void journal_confirm(struct journal *journal, struct event_id id)
{
    pthread_mutex_lock(&journal->mutex);
    struct waiting_event *event = find_lent(journal, id);
    if (event == NULL) {
        struct order *order = order_create(ORDER_CONFIRM);
        order->id = id;
        give_order_locked(journal, order);
    } else {
        journal->report.confirmed += event->settled ? 0 : 1;
        if (event->writing)
            event->settled = true;
        else
            waiting_remove(journal->waiting, event); /* what was delivered need not be written any more */
    }
    pthread_mutex_unlock(&journal->mutex);
}

void journal_set_aside(struct journal *journal, struct event_id id, const char *reason)
{
    pthread_mutex_lock(&journal->mutex);
    struct waiting_event *event = find_lent(journal, id);
    if (event == NULL) {
        struct order *order = order_create(ORDER_SET_ASIDE);
        order->id = id;
        order->text = text_copy(reason);
        give_order_locked(journal, order);
    } else if (!event->settled) {
        waiting_put_aside(journal->waiting, event, reason);
        wake_locked(journal);
    }
    pthread_mutex_unlock(&journal->mutex);
}

void journal_take_back_all(struct journal *journal, uint64_t generation)
{
    pthread_mutex_lock(&journal->mutex);
    journal->generation = generation;
    journal->want = 0;
    journal->report.unlent = journal->report.depth; /* of those on disk, at once: journal_has_backlog must not be late */
    for (struct waiting_event *event = waiting_next(journal->waiting, 0); event != NULL;
         event = waiting_next(journal->waiting, event->sequence)) {
        if (event->lent && !event->settled)
            waiting_set_lent(journal->waiting, event, false);
    }
    struct order *order = order_create(ORDER_TAKE_BACK);
    order->generation = generation;
    give_order_locked(journal, order);
    pthread_mutex_unlock(&journal->mutex);
}

void journal_want(struct journal *journal, uint64_t generation, size_t count)
{
    pthread_mutex_lock(&journal->mutex);
    if (generation == journal->generation) {
        journal->want += count;
        wake_locked(journal);
    }
    pthread_mutex_unlock(&journal->mutex);
}

void journal_confirm_gaps(struct journal *journal, const struct gap *gaps, size_t count)
{
    pthread_mutex_lock(&journal->mutex);
    for (size_t i = 0; i < count; i++) {
        struct order *order = order_create(ORDER_CONFIRM_GAP);
        order->gap = gaps[i];
        give_order_locked(journal, order);
    }
    pthread_mutex_unlock(&journal->mutex);
}

void journal_ask_page(struct journal *journal, uint64_t after, size_t limit, bool set_aside_only, void *token)
{
    struct order *order = order_create(ORDER_PAGE);

    order->after = after;
    order->limit = limit;
    order->set_aside_only = set_aside_only;
    order->token = token;
    pthread_mutex_lock(&journal->mutex);
    give_order_locked(journal, order);
    pthread_mutex_unlock(&journal->mutex);
}

void journal_release(struct journal *journal, struct event_id id, void *token)
{
    struct order *order = order_create(ORDER_RELEASE);

    order->id = id;
    order->token = token;
    pthread_mutex_lock(&journal->mutex);
    give_order_locked(journal, order);
    pthread_mutex_unlock(&journal->mutex);
}

/* ---- what main asks ---- */

void journal_report(struct journal *journal, struct journal_report *report)
{
    pthread_mutex_lock(&journal->mutex);
    size_t waiting = waiting_count(journal->waiting);
    size_t aside = waiting_set_aside(journal->waiting);
    struct waiting_event *oldest = waiting_next(journal->waiting, 0);

    *report = journal->report;
    report->detail = text_copy(journal->report.detail);
    report->in_memory = waiting;
    report->depth += waiting - aside;
    report->set_aside += aside;
    report->unlent += waiting_unlent(journal->waiting);
    uint64_t now_ms = clock_monotonic_ms(journal->clock);
    uint64_t elapsed_s = journal_elapsed_s(journal, now_ms);
    if (report->has_oldest) {
        report->oldest_age_s = elapsed_s > journal->oldest_s ? elapsed_s - journal->oldest_s : 0;
    } else if (oldest != NULL) {
        report->has_oldest = true;
        report->oldest_age_s = (now_ms - oldest->submitted_ms) / 1000U;
    }
    pthread_mutex_unlock(&journal->mutex);
}

void journal_report_free(struct journal_report *report)
{
    free(report->detail);
    report->detail = NULL;
}

bool journal_is_behind(struct journal *journal)
{
    struct activity_view view = activity_look(journal->activity);

    pthread_mutex_lock(&journal->mutex);
    bool behind = journal->report.state == JOURNAL_WORKS && !view.overdue &&
                  waiting_count(journal->waiting) > journal->bounds.memory_events / 2;
    pthread_mutex_unlock(&journal->mutex);
    return behind;
}

bool journal_has_backlog(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    bool has = journal->report.unlent > 0 || waiting_unlent(journal->waiting) > 0 ||
               journal->report.state == JOURNAL_OPENING;
    pthread_mutex_unlock(&journal->mutex);
    return has;
}

struct activity *journal_activity(struct journal *journal)
{
    return journal->activity;
}

/* ---- notices ---- */

void journal_page_free(struct journal_page *page)
{
    if (page == NULL)
        return;
    for (size_t i = 0; i < page->count; i++) {
        free(page->records[i].reason);
        free(page->records[i].payload);
    }
    free(page->records);
    free(page);
}

void journal_notice_free(void *memory)
{
    struct journal_notice *notice = memory;

    if (notice == NULL)
        return;
    free(notice->payload);
    gaps_free(notice->gaps);
    journal_page_free(notice->page);
    free(notice);
}
