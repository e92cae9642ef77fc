/* SPDX-License-Identifier: MIT */
/*
 * What to do with a file that is damaged or not ours: what can still be read of it goes into a new file, and then the old
 * one is moved aside, with the date in its name, and the new one takes its place. In this order nothing is lost by a
 * crash half-way. Of the files moved aside the newest few are kept. Blocks on the disk; one thread.
 */
#ifndef SPRINGPARK_JOURNAL_SALVAGE_H
#define SPRINGPARK_JOURNAL_SALVAGE_H

#include "base/clock.h"
#include "base/event_id.h"
#include "journal/gaps.h"

#include <stdbool.h>
#include <stdint.h>

struct salvage {
    const char *path;
    const char *vfs;       /* NULL = SQLite's usual one */
    const struct clock *clock; /* for the date in the name; whether it is right does not matter */
    struct event_id until; /* up to which event the file may have had any; sequence 0 = before the first of that start */
    struct gaps *gaps;     /* a range is added that says what may be missing: nobody knows what a damaged file does not
                              show; and, unless they are known, the gaps that stand in the file */
    bool gaps_known;

    uint64_t saved;        /* filled in: events that are in the new file, */
    uint64_t bad;          /* those that were found and are damaged themselves, */
    char *aside;           /* and where the old file is now; the caller's */
};

/* False and *error (the caller's): the old file is still in its place. */
bool salvage_file(struct salvage *salvage, char **error);

/* A crash half-way may have left a new file without its name: gives it, or removes what is not whole. */
void salvage_finish(const char *path);

#endif
