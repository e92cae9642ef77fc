/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/memory.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void hand_out(struct journal *journal, struct event_id id, const char *payload, size_t size_bytes)
{
    struct journal_notice *notice = journal_notice_create(JOURNAL_NOTICE_REPLAY);
    char *copy = memory_zeroed(size_bytes + 1, 1);

    memcpy(copy, payload, size_bytes);
    notice->id = id;
    notice->payload = copy;
    pthread_mutex_lock(&journal->mutex);
    notice->generation = journal->generation_now;
    if (journal->generation_now == journal->generation)
        journal->want--; /* otherwise main will not look at it, and what it wants now is wanted of a later generation */
    journal->report.replayed++;
    pthread_mutex_unlock(&journal->mutex);
    journal_tell(journal, notice);
}

static size_t wanted(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    bool can_give = journal->undelivered_count == 0 && journal->generation_now == journal->generation;
    size_t want = can_give ? journal->want : 0;
    pthread_mutex_unlock(&journal->mutex);
    return want;
}

/* How many rows are pending and with nobody. */
uint64_t replay_unlent_rows(const struct journal *journal)
{
    uint64_t held = ranges_count(journal->freed) + ranges_count(journal->lent) + ranges_count(journal->bad);

    return journal->pending > held ? journal->pending - held : 0;
}

/* A kill would send them all again, so there are no more of them than the settings say; only a disk in trouble, which
 * cannot delete, must not stop the replay. */
static bool may_lend(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    size_t most = journal->bounds.lent_most;
    pthread_mutex_unlock(&journal->mutex);
    return most == 0 || journal->trouble != NULL || ranges_count(journal->lent) + ranges_count(journal->freed) < most;
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

    while (wanted(journal) > 0 && replay_unlent_rows(journal) > 0 && may_lend(journal)) {
        activity_set(journal->activity, ACTIVITY_FOREIGN, "reading the journal", JOURNAL_DISK_LIMIT_MS);
        result = disk_next(journal->disk, journal->cursor, &row);
        activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", JOURNAL_DISK_LIMIT_MS);
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
        bool usable = event != NULL && !event->lent && !event->settled && event->aside == NULL &&
                      journal->generation_now == journal->generation;
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

void replay_run(struct journal *journal)
{
    if (journal->disk != NULL)
        replay_from_disk(journal);
    bool memory_only = journal->path == NULL || journal->trouble != NULL;
    if (memory_only && (journal->disk == NULL || replay_unlent_rows(journal) == 0))
        replay_from_memory(journal);
}

