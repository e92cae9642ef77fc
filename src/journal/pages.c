/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A page must fit into one answer of the control socket. */
enum { PAGE_BYTES_MOST = 40960, RECORD_OVERHEAD_BYTES = 160 };

struct reading {
    struct journal *journal;
    const struct order *order;
    struct journal_page *page;
    size_t capacity;
    size_t size_bytes;
    uint64_t now_s;
};

static bool is_full(const struct reading *reading)
{
    return reading->page->count >= reading->order->limit || reading->size_bytes >= PAGE_BYTES_MOST;
}

static struct journal_record *add_record(struct reading *reading, uint64_t position, struct event_id id,
                                         const char *payload, size_t size_bytes, const char *reason)
{
    struct journal_page *page = reading->page;

    if (page->count == reading->capacity) {
        reading->capacity = reading->capacity == 0 ? 32 : reading->capacity * 2;
        page->records = memory_resize(page->records, reading->capacity, sizeof *page->records);
    }
    struct journal_record *record = &page->records[page->count++];
    char *copy = memory_zeroed(size_bytes + 1, 1);
    memcpy(copy, payload, size_bytes);
    *record = (struct journal_record) { .position = position, .id = id, .payload = copy, .reason = text_copy(reason) };
    page->next = position;
    reading->size_bytes += size_bytes + RECORD_OVERHEAD_BYTES + (reason != NULL ? strlen(reason) : 0);
    return record;
}

static uint64_t age_s(const struct reading *reading, uint64_t elapsed_s)
{
    return reading->now_s > elapsed_s ? reading->now_s - elapsed_s : 0;
}

static void read_rows(struct reading *reading)
{
    struct journal *journal = reading->journal;
    uint64_t after = reading->order->after;
    struct disk_row row;

    while (!is_full(reading) && disk_next(journal->disk, after, &row) == DISK_OK) {
        after = row.position;
        if ((reading->order->set_aside_only && row.state != DISK_SET_ASIDE) || !row.sound ||
            ranges_contains(journal->freed, row.position))
            continue;
        struct journal_record *record =
            add_record(reading, row.position, row.id, row.payload, row.size_bytes, row.reason);
        record->set_aside = row.state == DISK_SET_ASIDE;
        record->in_flight = !record->set_aside && ranges_contains(journal->lent, row.position);
        record->age_s = age_s(reading, row.elapsed_s);
    }
}

/* They have no place on disk yet; it will be this one. */
static void read_memory(struct reading *reading)
{
    struct journal *journal = reading->journal;
    uint64_t after = reading->order->after;

    pthread_mutex_lock(&journal->mutex);
    for (struct waiting_event *event = waiting_next(journal->waiting, 0); event != NULL && !is_full(reading);
         event = waiting_next(journal->waiting, event->sequence)) {
        uint64_t position = journal->base + event->sequence;
        if (position <= after || event->settled || (reading->order->set_aside_only && event->aside == NULL))
            continue;
        struct journal_record *record =
            add_record(reading, position, (struct event_id) { journal->startup, event->sequence }, event->payload,
                       event->size_bytes, event->aside);
        record->set_aside = event->aside != NULL;
        record->in_flight = event->lent;
        record->age_s = (journal_now_ms(journal) - event->submitted_ms) / 1000U;
    }
    pthread_mutex_unlock(&journal->mutex);
}

struct journal_page *pages_read(struct journal *journal, const struct order *order)
{
    struct reading reading = {
        .journal = journal,
        .order = order,
        .page = memory_zeroed(1, sizeof *reading.page),
        .now_s = journal_elapsed_s(journal, journal_now_ms(journal)),
    };

    if (journal->disk != NULL)
        read_rows(&reading);
    if (!is_full(&reading))
        read_memory(&reading);
    if (!is_full(&reading))
        reading.page->next = 0;
    return reading.page;
}
