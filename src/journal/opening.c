/* SPDX-License-Identifier: MIT */
#include "journal/state.h"

#include "base/log.h"
#include "base/memory.h"
#include "journal/salvage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The whole file is looked through, which may take a while on a slow card. */
enum { OPEN_LIMIT_MS = 120000 };

/* Starts in a row that are reported if none of them wrote anything. */
enum { STARTS_BELIEVED = 16 };

void journal_close_disk(struct journal *journal)
{
    disk_close(journal->disk);
    journal->disk = NULL;
}

/* ---- this start in the file ---- */

static void forget_starts(struct journal *journal, size_t count)
{
    if (count == 0)
        return;
    journal->starts_count -= count;
    memmove(journal->starts, journal->starts + count, journal->starts_count * sizeof *journal->starts);
}

/* How many of the starts before have no rows any more. */
static size_t count_empty_starts(const struct journal *journal, uint64_t first_position)
{
    size_t count = 0;

    if (first_position == 0)
        return journal->starts_count;
    while (count + 1 < journal->starts_count && journal->starts[count + 1].base < first_position)
        count++;
    return count;
}

/* The start before this one did not end by a stop: what it had not stored yet, if anything, is lost. */
static void note_unclean_end(struct journal *journal, const struct disk_start *last, uint64_t last_position)
{
    uint64_t stored = last_position > last->base ? last_position - last->base : 0;
    const struct gap gap = { .first = { last->startup, stored + 1 }, .reason = GAP_UNCLEAN };

    log_warning("journal", "start %" PRIu32 " ended without a stop; %" PRIu64 " is its last stored event, which is "
                "reported", last->startup, stored);
    gaps_add(journal->gaps, &gap);
}

/* Starts that never came to write here: the disk took nothing, or the power went before it did. Or the file that they wrote
 * to is not there any more. A counter that jumps is a new one (device/identity.h), and tells nothing of single starts. */
static void note_unknown_starts(struct journal *journal, uint32_t last)
{
    const struct gap all = { .last = { journal->startup, 0 }, .reason = GAP_DAMAGED };
    uint32_t first = last + 1;
    uint32_t count = journal->startup > first ? journal->startup - first : 0;

    if (count == 0 || (count > STARTS_BELIEVED && last != 0))
        return;
    log_warning("journal", "%s knows nothing of the %" PRIu32 " starts before this one, which is reported", journal->path,
                count);
    if (count > STARTS_BELIEVED)
        gaps_add(journal->gaps, &all);
    for (uint32_t startup = first; startup < journal->startup && count <= STARTS_BELIEVED; startup++) {
        const struct gap gap = { .first = { startup, 1 }, .reason = GAP_UNCLEAN };
        gaps_add(journal->gaps, &gap);
    }
}

static enum disk_result write_begin(struct journal *journal, const struct disk_start *start)
{
    uint64_t below = journal->starts_count > 0 ? journal->starts[0].base : start->base;
    enum disk_result result = disk_begin(journal->disk, true);

    if (result == DISK_OK)
        result = disk_forget_starts(journal->disk, below);
    if (result == DISK_OK)
        result = disk_write_start(journal->disk, start);
    if (result == DISK_OK)
        result = disk_write_gaps(journal->disk, journal->gaps);
    if (result == DISK_OK)
        result = disk_commit(journal->disk, bounds_log_pages(journal));
    if (result != DISK_OK)
        disk_rollback(journal->disk);
    return result;
}

/* Where this start's events stand: behind everything that is there. */
static struct disk_start place_behind(const struct disk_start *last, uint32_t startup, const struct disk_counts *counts)
{
    struct disk_start start = { .base = counts->last_position, .startup = startup, .elapsed_s = counts->last_elapsed_s };

    if (last != NULL && last->base > start.base)
        start.base = last->base;
    if (last != NULL && last->elapsed_s > start.elapsed_s)
        start.elapsed_s = last->elapsed_s;
    start.base++;
    return start;
}

/* What a damaged file may have had is reported already, and its new one knows only what could be saved. */
static bool moved_aside(const struct journal *journal)
{
    return journal->remark != NULL;
}

static enum disk_result begin_start(struct journal *journal, const struct disk_counts *counts)
{
    const struct disk_start *last = journal->starts_count > 0 ? &journal->starts[journal->starts_count - 1] : NULL;
    struct gaps *before = gaps_copy(journal->gaps);
    enum disk_result result = disk_read_gaps(journal->disk, journal->gaps);
    struct disk_start start = place_behind(last, journal->startup, counts);

    if (last != NULL && !last->clean && last->startup != journal->startup)
        note_unclean_end(journal, last, counts->last_position);
    if (!moved_aside(journal))
        note_unknown_starts(journal, last != NULL ? last->startup : 0);
    forget_starts(journal, count_empty_starts(journal, counts->first_position));
    if (result == DISK_OK)
        result = write_begin(journal, &start);
    if (result != DISK_OK) {
        gaps_free(journal->gaps);
        journal->gaps = before;
        return result;
    }
    gaps_free(before);
    journal->starts = memory_resize(journal->starts, journal->starts_count + 1, sizeof *journal->starts);
    journal->starts[journal->starts_count++] = start;
    journal->base = start.base;
    journal->begun = true;
    journal->gaps_dirty = false;
    journal->gaps_untold = gaps_count(journal->gaps) > 0;
    pthread_mutex_lock(&journal->mutex);
    journal->elapsed_base_s = start.elapsed_s;
    pthread_mutex_unlock(&journal->mutex);
    return DISK_OK;
}

/* ---- what the file says ---- */

static bool starts_make_sense(const struct journal *journal, const struct disk_counts *counts)
{
    if (counts->first_position > 0 &&
        (journal->starts_count == 0 || journal->starts[0].base >= counts->first_position))
        return false;
    for (size_t i = 0; i < journal->starts_count; i++) {
        if (journal->starts[i].startup == 0 || journal->starts[i].base > INT64_MAX / 2)
            return false;
    }
    return true;
}

static bool has_this_start(const struct journal *journal)
{
    for (size_t i = 0; i < journal->starts_count; i++) {
        if (journal->starts[i].base == journal->base && journal->starts[i].startup == journal->startup)
            return true;
    }
    return false;
}

/* Somebody took the file away, or put another one in its place, while it was not open. */
static void note_file_lost(struct journal *journal)
{
    const struct gap gap = { .last = { journal->startup, journal->stored_told }, .reason = GAP_DAMAGED };

    log_error("journal", "%s is not the file that it was; what was stored in that and not delivered is lost, and reported "
              "as a gap", journal->path);
    gaps_add(journal->gaps, &gap);
    ranges_clear(journal->lent);
    ranges_clear(journal->freed);
    ranges_clear(journal->bad);
    journal->begun = false;
}

/* What it had stored is still in memory, or settled. */
static enum disk_result forget_unsure_rows(struct journal *journal)
{
    const uint64_t stored = journal->base + journal->stored_told;
    struct disk_row row;
    bool existed = false;
    enum disk_result result = disk_begin(journal->disk, false);

    while (result == DISK_OK && (result = disk_next_any(journal->disk, stored, &row)) == DISK_OK)
        result = disk_delete(journal->disk, row.position, &existed);
    if (result == DISK_END)
        result = disk_commit(journal->disk, bounds_log_pages(journal));
    if (result != DISK_OK)
        disk_rollback(journal->disk);
    return result;
}

static enum disk_result find_whether(struct journal *journal, uint64_t position, bool *exists)
{
    struct disk_row row = { .position = 0 };
    enum disk_result result = disk_next_any(journal->disk, position - 1, &row);

    *exists = result == DISK_OK && row.position == position && row.state != DISK_DONE;
    return result == DISK_END ? DISK_OK : result;
}

/* What that transaction had dropped is lost if it is in the file, and the gap with it is not known here. */
static enum disk_result settle_drops(struct journal *journal)
{
    bool exists = false;
    enum disk_result result = DISK_OK;

    while (journal->drops_count > 0 && result == DISK_OK) {
        const struct drop *drop = &journal->drops[journal->drops_count - 1];
        result = find_whether(journal, drop->position, &exists);
        if (result != DISK_OK)
            break;
        journal->drops_count--;
        if (exists)
            continue;
        gaps_add_event(journal->gaps, journal_id_of(journal, drop->position), drop->reason);
        journal->gaps_dirty = journal->gaps_untold = true;
        pthread_mutex_lock(&journal->mutex);
        journal->report.dropped++;
        pthread_mutex_unlock(&journal->mutex);
    }
    return result;
}

/* Rows that were to be deleted may be gone already. */
static enum disk_result settle_deletions(struct journal *journal, struct ranges *set)
{
    enum disk_result result = DISK_OK;
    uint64_t first;
    uint64_t last;

    for (uint64_t from = 0; result == DISK_OK && ranges_next(set, from, &first, &last); from = first + 1) {
        bool exists = true;
        result = find_whether(journal, first, &exists);
        if (!exists)
            (void) ranges_remove(set, first);
    }
    return result;
}

/* After a transaction whose flush failed the file may be as before, or as after. */
static enum disk_result settle_unsure(struct journal *journal)
{
    enum disk_result result = forget_unsure_rows(journal);

    if (result == DISK_OK)
        result = settle_drops(journal);
    if (result == DISK_OK)
        result = settle_deletions(journal, journal->freed);
    if (result == DISK_OK)
        result = settle_deletions(journal, journal->bad);
    return result;
}

static enum disk_result load(struct journal *journal)
{
    struct disk_counts counts;
    struct disk_start *starts = NULL;
    size_t starts_count = 0;
    enum disk_result result = disk_read_starts(journal->disk, &starts, &starts_count);

    if (result != DISK_OK) {
        free(starts);
        return result;
    }
    free(journal->starts);
    journal->starts = starts;
    journal->starts_count = starts_count;
    if (journal->begun && has_this_start(journal))
        result = settle_unsure(journal);
    if (result == DISK_OK)
        result = disk_count(journal->disk, &counts);
    if (result != DISK_OK)
        return result;
    if (!starts_make_sense(journal, &counts))
        return DISK_DAMAGED;
    journal->pending = counts.pending;
    journal->set_aside = counts.set_aside;
    journal->last_position = counts.last_position;
    journal->last_done = counts.last_done;
    journal->cursor = 0;
    if (journal->begun && !has_this_start(journal))
        note_file_lost(journal);
    if (!journal->begun)
        result = begin_start(journal, &counts);
    return result == DISK_OK ? bounds_look_at_oldest(journal) : result;
}

/* ---- opening ---- */

static bool is_no_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static enum disk_result open_disk(struct journal *journal, bool checked)
{
    enum disk_result result;

    journal->disk = disk_open(journal->path, journal->options.vfs, checked, &result);
    return result == DISK_OK ? load(journal) : result;
}

/* Returns how the opening of the new file went. */
static enum disk_result save_and_open(struct journal *journal, const char *why)
{
    struct salvage salvage = {
        .path = journal->path,
        .vfs = journal->options.vfs,
        .clock = journal->clock,
        .until = { journal->startup, journal->stored_told },
        .gaps = journal->gaps,
        .gaps_known = journal->begun,
    };
    char *error = NULL;

    log_error("journal", "%s: %s; what can still be read of it is saved", journal->path, why);
    journal_close_disk(journal);
    if (!salvage_file(&salvage, &error)) {
        journal_note_trouble(journal, error);
        free(error);
        return DISK_END;
    }
    free(journal->remark);
    journal->remark = text_format("%s: %s; it was moved aside to %s, and %" PRIu64 " events were saved from it; what is "
                                  "missing is reported as a gap", journal->path, why, salvage.aside, salvage.saved);
    log_error("journal", "%s", journal->remark);
    free(salvage.aside);
    ranges_clear(journal->lent);
    journal->gaps_dirty = journal->gaps_untold = true;
    return open_disk(journal, false);
}

static void try_to_open(struct journal *journal)
{
    bool again = journal->trouble != NULL;

    if (journal->options.vfs == NULL)
        salvage_finish(journal->path);
    enum disk_result result = is_no_file(journal->path) ? DISK_DAMAGED : open_disk(journal, !journal->begun);
    if (result == DISK_DAMAGED) {
        bool said = journal->disk != NULL && *disk_error(journal->disk) != '\0';
        char *why = text_copy(said ? disk_error(journal->disk) : "it is damaged or not a journal");
        result = save_and_open(journal, why);
        free(why);
    }
    if (result == DISK_OK) {
        journal->gaps_dirty = journal->gaps_dirty || again; /* something to write, to see whether that works again */
        return;
    }
    if (result != DISK_END)
        journal_note_trouble(journal, disk_error(journal->disk));
    journal_close_disk(journal);
}

void journal_keep_open(struct journal *journal)
{
    bool due = journal->retry_ms == 0 || journal_now_ms(journal) >= journal->retry_ms;

    if (journal->path == NULL || !due || (journal->disk != NULL && journal->trouble == NULL))
        return;
    activity_set(journal->activity, ACTIVITY_FOREIGN, "opening the journal", OPEN_LIMIT_MS);
    journal_close_disk(journal);
    try_to_open(journal);
    activity_set(journal->activity, ACTIVITY_OWN, "keeping the journal", OPEN_LIMIT_MS);
}
