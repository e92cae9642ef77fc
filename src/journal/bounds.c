/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>

enum {
    LOG_PAGES_MOST = 256,         /* 1 MiB: after that the log is carried over */
    LOG_PAGES_LEAST = 8,
    LOG_PAGES_PART = 32,          /* of the bound of bytes, the log gets at most this part */
    LOG_GROWTH = 4,               /* how far it may grow beyond that, see disk_commit; */
    LOG_BATCHES = 3,              /* or by one transaction: what goes in, what goes out for it, and the trees */
    BATCH_BYTES_MOST = 262144,
    BATCH_BYTES_PART = 16,
    DROP_AT_ONCE = 32,            /* rows, when it is pages that are needed */
    LOOKS_FOR_OLDEST = 64,        /* rows that were set aside may stand before it */
};

static struct journal_settings bounds_now(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    struct journal_settings bounds = journal->bounds;
    pthread_mutex_unlock(&journal->mutex);
    return bounds;
}

unsigned bounds_log_pages(struct journal *journal)
{
    uint64_t pages = bounds_now(journal).max_bytes / disk_page_bytes() / LOG_PAGES_PART;

    if (pages > LOG_PAGES_MOST)
        return LOG_PAGES_MOST;
    return pages < LOG_PAGES_LEAST ? LOG_PAGES_LEAST : (unsigned) pages;
}

size_t bounds_batch_bytes(struct journal *journal)
{
    uint64_t bytes = bounds_now(journal).max_bytes / BATCH_BYTES_PART;

    return bytes > BATCH_BYTES_MOST ? BATCH_BYTES_MOST : (size_t) bytes;
}

enum disk_result bounds_remove_row(struct journal *journal, uint64_t position, bool *existed)
{
    if (position != journal->last_position || journal->batch_count > 0)
        return disk_delete(journal->disk, position, existed);
    journal->last_done = true;
    return disk_empty(journal->disk, position, existed);
}

static bool may_go(const struct journal *journal, const struct disk_row *row)
{
    return !ranges_contains(journal->lent, row->position);
}

static void note_drop(struct journal *journal, uint64_t position, enum gap_reason reason)
{
    if (journal->drops_count == journal->drops_capacity) {
        journal->drops_capacity = journal->drops_capacity == 0 ? 32 : journal->drops_capacity * 2;
        journal->drops = memory_resize(journal->drops, journal->drops_capacity, sizeof *journal->drops);
    }
    journal->drops[journal->drops_count++] = (struct drop) { position, reason };
}

static enum disk_result drop_row(struct journal *journal, const struct disk_row *row, enum gap_reason reason)
{
    struct event_id id = journal_id_of(journal, row->position);
    uint64_t *count = row->state == DISK_SET_ASIDE ? &journal->set_aside : &journal->pending;
    bool existed = false;
    enum disk_result result = bounds_remove_row(journal, row->position, &existed);

    if (result != DISK_OK || !existed)
        return result;
    *count -= 1;
    note_drop(journal, row->position, reason);
    gaps_add_event(journal->gaps, id, reason);
    journal->gaps_dirty = journal->gaps_untold = true;
    pthread_mutex_lock(&journal->mutex);
    journal->report.dropped++;
    pthread_mutex_unlock(&journal->mutex);
    return DISK_OK;
}

/* Drops that many of the oldest rows that may go, or as many as there are: *dropped. */
static enum disk_result drop_oldest(struct journal *journal, uint64_t count, uint64_t *dropped)
{
    enum disk_result result = DISK_OK;
    struct disk_row row;
    uint64_t after = 0;

    *dropped = 0;
    while (*dropped < count && (result = disk_next(journal->disk, after, &row)) == DISK_OK) {
        after = row.position;
        if (!may_go(journal, &row))
            continue;
        result = drop_row(journal, &row, GAP_FULL);
        if (result != DISK_OK)
            return result;
        ++*dropped;
    }
    return result == DISK_END ? DISK_OK : result;
}

static enum disk_result make_room_for_count(struct journal *journal, uint64_t max_events, uint64_t *dropped)
{
    uint64_t rows = journal->pending + journal->set_aside + journal->batch_count;

    return rows > max_events ? drop_oldest(journal, rows - max_events, dropped) : DISK_OK;
}

static enum disk_result make_room_for_bytes(struct journal *journal, uint64_t max_bytes, uint64_t *dropped)
{
    uint64_t most_pages = max_bytes / disk_page_bytes();
    uint64_t log_pages = (uint64_t) bounds_log_pages(journal) * LOG_GROWTH +
                         bounds_batch_bytes(journal) / disk_page_bytes() * LOG_BATCHES;
    /* A tenth for what a page does not use, and two for the tree above. */
    uint64_t batch_pages = journal->batch_bytes * 11 / 10 / disk_page_bytes() + 2;
    uint64_t now_dropped = 0;

    most_pages = most_pages > log_pages ? most_pages - log_pages : 1;
    do {
        uint64_t used_pages = 0;
        enum disk_result result = disk_used_pages(journal->disk, &used_pages);
        if (result != DISK_OK || used_pages + batch_pages <= most_pages)
            return result;
        result = drop_oldest(journal, DROP_AT_ONCE, &now_dropped);
        if (result != DISK_OK)
            return result;
        *dropped += now_dropped;
    } while (now_dropped > 0);
    return DISK_OK;
}

/* Not each time, for it happens with each new event then: at once, and whenever it has become twice as many. */
static void say_full(struct journal *journal, const char *bound, uint64_t dropped)
{
    journal->full_dropped += dropped;
    if (journal->full_dropped < journal->full_said * 2)
        return;
    journal->full_said = journal->full_dropped;
    log_warning("journal", "the journal is full (%s): the oldest events give way to new ones, %" PRIu64 " so far; they are "
                "lost, and reported as a gap", bound, journal->full_dropped);
}

enum disk_result bounds_make_room(struct journal *journal)
{
    struct journal_settings bounds = bounds_now(journal);
    uint64_t for_count = 0;
    uint64_t for_bytes = 0;

    if (journal->batch_count == 0)
        return DISK_OK;
    enum disk_result result = make_room_for_count(journal, bounds.max_events, &for_count);
    if (result == DISK_OK)
        result = make_room_for_bytes(journal, bounds.max_bytes, &for_bytes);
    if (for_count + for_bytes > 0)
        say_full(journal, for_bytes > 0 ? "journal.max_bytes" : "journal.max_events", for_count + for_bytes);
    return result;
}

bool bounds_expiry_due(const struct journal *journal)
{
    return journal->expiry_ms > 0 && journal_now_ms(journal) >= journal->expiry_ms;
}

enum disk_result bounds_expire(struct journal *journal)
{
    uint64_t max_age_s = bounds_now(journal).max_age_s;
    uint64_t now_s = journal_elapsed_s(journal, journal_now_ms(journal));
    enum disk_result result = DISK_OK;
    struct disk_row row;
    uint64_t after = 0;
    uint64_t count = 0;

    if (max_age_s == 0 || !bounds_expiry_due(journal))
        return DISK_OK;
    while ((result = disk_next(journal->disk, after, &row)) == DISK_OK && row.elapsed_s + max_age_s <= now_s) {
        after = row.position;
        if (!may_go(journal, &row))
            continue;
        result = drop_row(journal, &row, GAP_OLD);
        if (result != DISK_OK)
            return result;
        count++;
    }
    if (count > 0)
        log_warning("journal", "%" PRIu64 " events are older than journal.max_age: they are lost, and reported as a gap",
                    count);
    return result == DISK_END ? DISK_OK : result;
}

/* When the bound of age is reached by the oldest row; by one that may not go now it is looked at again in a second. */
static void set_expiry(struct journal *journal, bool found, uint64_t elapsed_s)
{
    uint64_t max_age_s = bounds_now(journal).max_age_s;
    uint64_t now = journal_now_ms(journal);
    uint64_t now_s = journal_elapsed_s(journal, now);

    if (max_age_s == 0 || !found)
        journal->expiry_ms = 0;
    else
        journal->expiry_ms = now + (elapsed_s + max_age_s > now_s ? (elapsed_s + max_age_s - now_s) * 1000U : 1000U);
}

enum disk_result bounds_look_at_oldest(struct journal *journal)
{
    struct disk_row row = { .position = 0 };
    uint64_t after = 0;
    uint64_t first_s = 0;
    bool first_found = false;
    bool found = false;
    enum disk_result result = DISK_OK;

    for (int i = 0; i < LOOKS_FOR_OLDEST && !found; i++) {
        result = disk_next(journal->disk, after, &row);
        if (result != DISK_OK)
            break;
        after = row.position;
        first_s = first_found ? first_s : row.elapsed_s;
        first_found = true;
        found = row.state == DISK_PENDING;
    }
    set_expiry(journal, first_found, first_s);
    pthread_mutex_lock(&journal->mutex);
    journal->report.has_oldest = found;
    journal->oldest_s = found ? row.elapsed_s : 0;
    pthread_mutex_unlock(&journal->mutex);
    return result == DISK_END ? DISK_OK : result;
}
