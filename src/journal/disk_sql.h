/* SPDX-License-Identifier: MIT */
/*
 * What the journal's file says in SQL: its tables and the statements on them. For disk.c alone.
 */
#ifndef SPRINGPARK_JOURNAL_DISK_SQL_H
#define SPRINGPARK_JOURNAL_DISK_SQL_H

/* "SPJ1" in the file's header tells that it is ours; the version is that of its tables. */
#define APPLICATION_ID 0x53504A31
#define SCHEMA_VERSION 1

enum statement {
    BEGIN, COMMIT, ROLLBACK, INSERT, DELETE, SET_STATE, EMPTY, NEXT, NEXT_ANY, PREVIOUS_ANY, COUNT, LAST, READ_STARTS,
    WRITE_START, FORGET_STARTS, READ_GAPS, CLEAR_GAPS, WRITE_GAP, PAGES, FREE_PAGES, STATEMENTS,
};

static const char *const statement_texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [INSERT] = "INSERT INTO event (position, startup, sequence, state, elapsed, checksum, reason, payload) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [DELETE] = "DELETE FROM event WHERE position = ?",
    [SET_STATE] = "UPDATE event SET state = ?2, reason = ?3 WHERE position = ?1 AND state <> ?2",
    [EMPTY] = "UPDATE event SET state = 2, payload = x'', reason = NULL WHERE position = ?",
    [NEXT] = "SELECT position, startup, sequence, state, elapsed, checksum, reason, payload FROM event "
             "WHERE position > ? AND state <> 2 ORDER BY position LIMIT 1",
    [NEXT_ANY] = "SELECT position, startup, sequence, state, elapsed, checksum, reason, payload FROM event "
                 "WHERE position > ? ORDER BY position LIMIT 1",
    [PREVIOUS_ANY] = "SELECT position, startup, sequence, state, elapsed, checksum, reason, payload FROM event "
                     "WHERE position < ? ORDER BY position DESC LIMIT 1",
    [COUNT] = "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), "
              "count(*) FILTER (WHERE state NOT IN (0, 1) AND length(payload) > 0), min(position), max(position) FROM event",
    [LAST] = "SELECT elapsed, state FROM event WHERE position = ?",
    [READ_STARTS] = "SELECT base, startup, elapsed, clean FROM start ORDER BY base",
    [WRITE_START] = "INSERT OR REPLACE INTO start (base, startup, elapsed, clean) VALUES (?, ?, ?, ?)",
    [FORGET_STARTS] = "DELETE FROM start WHERE base < ?",
    [READ_GAPS] = "SELECT first_startup, first_sequence, last_startup, last_sequence, count, reason FROM gap ORDER BY number",
    [CLEAR_GAPS] = "DELETE FROM gap",
    [WRITE_GAP] = "INSERT INTO gap (first_startup, first_sequence, last_startup, last_sequence, count, reason) "
                  "VALUES (?, ?, ?, ?, ?, ?)",
    [PAGES] = "PRAGMA page_count",
    [FREE_PAGES] = "PRAGMA freelist_count",
};

static const char schema[] =
    "CREATE TABLE event (position INTEGER PRIMARY KEY, startup INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " state INTEGER NOT NULL, elapsed INTEGER NOT NULL, checksum INTEGER NOT NULL, reason TEXT, payload BLOB NOT NULL);"
    "CREATE TABLE start (base INTEGER PRIMARY KEY, startup INTEGER NOT NULL, elapsed INTEGER NOT NULL,"
    " clean INTEGER NOT NULL);"
    "CREATE TABLE gap (number INTEGER PRIMARY KEY, first_startup INTEGER NOT NULL, first_sequence INTEGER NOT NULL,"
    " last_startup INTEGER NOT NULL, last_sequence INTEGER NOT NULL, count INTEGER NOT NULL, reason INTEGER NOT NULL);"
    "PRAGMA application_id = 1397770801; PRAGMA user_version = 1;";

#endif
