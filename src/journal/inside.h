/* SPDX-License-Identifier: MIT */
/*
 * The journal without its thread, for the thread and for tests: whoever holds it calls journal_turn, and decides when.
 */
#ifndef SPRINGPARK_JOURNAL_INSIDE_H
#define SPRINGPARK_JOURNAL_INSIDE_H

#include "journal/journal.h"

struct journal_options {
    const char *vfs;           /* the name of a registered SQLite VFS; NULL = the usual one */
};

/* As journal_start, but nothing runs: journal_turn does the thread's work. */
struct journal *journal_create(const struct journal_settings *settings, uint32_t startup, const struct clock *clock,
                               struct queue *notices, const struct journal_options *options);

/* Everything that can be done now: open, write what waits in one transaction, read what is wanted. Blocks on the disk.
 * Returns in how many ms it wants to be called again, -1 = not before something was asked of it. */
int64_t journal_turn(struct journal *journal);

/* Ends without a thread: clean = stores what waits, marks a clean end; otherwise as a killed process would end. Frees it.
 * Returns how many events were in memory only. */
size_t journal_end(struct journal *journal, bool clean);

#endif
