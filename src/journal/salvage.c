/* SPDX-License-Identifier: MIT */
#include "journal/salvage.h"

#include "base/log.h"
#include "base/memory.h"
#include "journal/disk.h"
#include "journal/file.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NEW ".new"
#define ASIDE ".damaged-"
#define LOG "-wal"

/* Files moved aside that are kept; a disk that damages files again and again must not fill itself with them. */
enum { ASIDE_KEPT = 5 };

struct copying {
    struct salvage *salvage;
    struct disk *from;
    struct disk *to;
    struct disk_start *starts;
    size_t starts_count;
    bool has_first;
    struct event_id first;   /* the oldest that is known of */
};

/* ---- what can still be read ---- */

static bool start_known(const struct copying *copying, uint64_t base)
{
    for (size_t i = 0; i < copying->starts_count; i++) {
        if (copying->starts[i].base == base)
            return true;
    }
    return false;
}

static enum disk_result add_start(struct copying *copying, const struct disk_start *start)
{
    copying->starts = memory_resize(copying->starts, copying->starts_count + 1, sizeof *copying->starts);
    copying->starts[copying->starts_count++] = *start;
    return disk_write_start(copying->to, start);
}

static void note_known(struct copying *copying, struct event_id id)
{
    bool older = id.startup < copying->first.startup ||
                 (id.startup == copying->first.startup && id.sequence < copying->first.sequence);

    if (!copying->has_first || older)
        copying->first = id;
    copying->has_first = true;
}

/* A sound row says itself where its start's places begin; a start that the file does not show is made up from that. */
static enum disk_result keep_row(struct copying *copying, const struct disk_row *row)
{
    bool sensible = row->sound && row->id.startup > 0 && row->id.sequence > 0 && row->position > row->id.sequence &&
                    row->position < INT64_MAX / 2;
    enum disk_result result = DISK_OK;

    if (row->state == DISK_DONE)
        return DISK_OK;
    if (!sensible) {
        copying->salvage->bad++;
        return DISK_OK;
    }
    const struct disk_start start = { .base = row->position - row->id.sequence, .startup = row->id.startup };
    if (!start_known(copying, start.base))
        result = add_start(copying, &start);
    if (result == DISK_OK)
        result = disk_insert(copying->to, row);
    note_known(copying, row->id);
    copying->salvage->saved += result == DISK_OK ? 1 : 0;
    copying->salvage->bad += result == DISK_DAMAGED ? 1 : 0; /* its place is taken, or its texts are none */
    return result == DISK_DAMAGED ? DISK_OK : result;
}

/* From the oldest on, and, where that comes to a place that cannot be read, from the newest back. */
static enum disk_result copy_rows(struct copying *copying)
{
    struct disk_row row;
    uint64_t reached = 0;
    enum disk_result found;
    enum disk_result result = DISK_OK;

    while (result == DISK_OK && (found = disk_next_any(copying->from, reached, &row)) == DISK_OK) {
        reached = row.position;
        result = keep_row(copying, &row);
    }
    if (result != DISK_OK || found == DISK_END)
        return result;
    uint64_t before = INT64_MAX;
    while (result == DISK_OK && disk_previous_any(copying->from, before, &row) == DISK_OK && row.position > reached) {
        before = row.position;
        result = keep_row(copying, &row);
    }
    return result;
}

static enum disk_result copy_starts(struct copying *copying)
{
    struct disk_start *starts = NULL;
    size_t count = 0;
    enum disk_result result = DISK_OK;

    (void) disk_read_starts(copying->from, &starts, &count); /* as many as can be read */
    for (size_t i = 0; i < count && result == DISK_OK; i++) {
        bool sensible = starts[i].startup > 0 && starts[i].base < INT64_MAX / 2;
        if (!sensible || start_known(copying, starts[i].base))
            continue;
        note_known(copying, (struct event_id) { starts[i].startup, 1 });
        result = add_start(copying, &starts[i]);
    }
    free(starts);
    return result;
}

static void note_gap(const struct copying *copying)
{
    const struct gap gap = {
        .first = copying->first, /* {0, 0}: nobody knows from where on */
        .last = copying->salvage->until,
        .reason = GAP_DAMAGED,
    };

    gaps_add(copying->salvage->gaps, &gap);
}

static enum disk_result copy_all(struct copying *copying)
{
    enum disk_result result = disk_begin(copying->to, true);

    if (result == DISK_OK && copying->from != NULL)
        result = copy_starts(copying);
    if (result == DISK_OK && copying->from != NULL)
        result = copy_rows(copying);
    return result == DISK_OK ? disk_commit(copying->to, 0) : result;
}

static struct disk *open_old(struct salvage *salvage)
{
    enum disk_result result;
    struct disk *disk = disk_open_damaged(salvage->path, salvage->vfs, &result);

    if (result == DISK_OK)
        return disk;
    disk_close(disk);
    return NULL;
}

static bool copy_to(struct salvage *salvage, const char *new_path, char **error)
{
    struct copying copying = { .salvage = salvage };
    enum disk_result result;

    copying.to = disk_open(new_path, salvage->vfs, false, &result);
    copying.from = open_old(salvage);
    if (result == DISK_OK)
        result = copy_all(&copying);
    if (result == DISK_OK && copying.from != NULL && !salvage->gaps_known)
        (void) disk_read_gaps(copying.from, salvage->gaps);
    if (result == DISK_OK)
        note_gap(&copying);
    else
        *error = text_format("what can be read of the damaged file cannot be saved: %s", disk_error(copying.to));
    disk_close(copying.from);
    disk_close(copying.to);
    free(copying.starts);
    return result == DISK_OK;
}

/* ---- names ---- */

static char *name_aside(const struct salvage *salvage)
{
    const char *path = salvage->path;
    time_t now = 0;
    struct tm parts;
    char date[32] = "";

    (void) clock_wall_time(salvage->clock, &now);
    if (gmtime_r(&now, &parts) != NULL)
        (void) strftime(date, sizeof date, "%Y%m%d-%H%M%S", &parts);
    char *name = text_format("%s" ASIDE "%s", path, date);
    for (unsigned i = 2; access(name, F_OK) == 0 && i < 100; i++) {
        free(name);
        name = text_format("%s" ASIDE "%s-%u", path, date, i);
    }
    return name;
}

/* The names begin with the date, so that the order of names is that of time. */
static void forget_oldest(const char *path)
{
    char *pattern = text_format("%s" ASIDE "*[0-9]", path);
    glob_t found = { .gl_pathc = 0 };

    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i + ASIDE_KEPT < found.gl_pathc; i++) {
            log_notice("journal", "%s is removed; the %d newest damaged files are kept", found.gl_pathv[i], ASIDE_KEPT);
            file_remove(found.gl_pathv[i], LOG);
            file_remove(found.gl_pathv[i], "");
        }
    }
    globfree(&found);
    free(pattern);
}

static bool exchange(struct salvage *salvage, const char *new_path, char **error)
{
    char *aside = name_aside(salvage);
    char *log = text_format("%s" LOG, salvage->path);
    char *log_aside = text_format("%s" LOG, aside);
    bool done = rename(salvage->path, aside) == 0;

    if (done)
        (void) rename(log, log_aside); /* there need not be one */
    done = done && rename(new_path, salvage->path) == 0;
    if (done) {
        file_sync_folder(salvage->path);
        forget_oldest(salvage->path);
        salvage->aside = text_copy(aside);
    } else {
        *error = text_format("the damaged file cannot be moved aside: %s", strerror(errno));
    }
    free(log_aside);
    free(log);
    free(aside);
    return done;
}

/* Once its log is carried over it has none; with one it must not get its name, which the log would not have. */
static bool stands_alone(const char *new_path, char **error)
{
    char *log = text_format("%s" LOG, new_path);
    bool alone = access(log, F_OK) != 0;

    if (!alone)
        *error = text_copy("what can be read of the damaged file cannot be saved whole");
    free(log);
    return alone;
}

bool salvage_file(struct salvage *salvage, char **error)
{
    char *new_path = text_format("%s" NEW, salvage->path);

    file_remove(new_path, LOG);
    file_remove(new_path, "");
    bool done = copy_to(salvage, new_path, error) && stands_alone(new_path, error) &&
                exchange(salvage, new_path, error);
    free(new_path);
    return done;
}

void salvage_finish(const char *path)
{
    char *new_path = text_format("%s" NEW, path);

    if (access(new_path, F_OK) == 0) {
        if (access(path, F_OK) == 0) {
            file_remove(new_path, LOG);
            file_remove(new_path, "");
        } else {
            file_remove(path, LOG); /* of the old file, which is aside: SQLite would take it for the new one's */
            if (rename(new_path, path) == 0)
                file_sync_folder(path);
        }
    }
    free(new_path);
}
