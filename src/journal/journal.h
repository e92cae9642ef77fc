/* SPDX-License-Identifier: MIT */
/*
 * The journal: every event that got its Sequence, on disk until the broker has acknowledged it. One thread, the only user
 * of the disk at run time; SQLite in WAL mode, one transaction and one flush for all that waits.
 *
 * journal_* functions are called on the main thread and never block, except journal_stop. What the journal has to tell
 * comes as struct journal_notice through the queue that it was given; notices belong to the taker (journal_notice_free).
 *
 * Lending. The journal keeps what is pending; the cloud carries copies. An event that the cloud has is `lent`: it is
 * neither replayed nor dropped for a bound. It ends by journal_confirm, by journal_set_aside, or for all together by
 * journal_take_back_all, when the connection is gone. What is not lent is replayed, oldest first, as far as
 * journal_want asked for it.
 *
 * While the disk takes nothing (full, read-only, failing, hung) events stay in memory, at most memory_events of them;
 * the state is then JOURNAL_DEGRADED, and the disk is tried again by itself.
 */
#ifndef SPRINGPARK_JOURNAL_JOURNAL_H
#define SPRINGPARK_JOURNAL_JOURNAL_H

#include "base/activity.h"
#include "base/clock.h"
#include "base/event_id.h"
#include "base/queue.h"
#include "journal/gaps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_settings {
    const char *directory;     /* exists, or comes to exist later; NULL = no disk at all: JOURNAL_OFF */
    uint64_t max_events;       /* 1 up; pending and set aside together */
    uint64_t max_bytes;        /* of the files on disk, the write-ahead log included */
    uint64_t max_age_s;        /* counted while the daemon runs, whatever the clock says; 0 = no limit */
    size_t memory_events;      /* 1 up */
    size_t lent_most;          /* no row is lent for replay while so many are lent, or acknowledged and not deleted yet: what
                                  a kill sends again. 0 = no limit. A disk that takes no deletions does without. */
};

enum journal_state { JOURNAL_OPENING, JOURNAL_WORKS, JOURNAL_DEGRADED, JOURNAL_OFF };

enum journal_notice_kind {
    JOURNAL_NOTICE_STORED,     /* id: this event and all before it of this start are flushed (or were delivered before) */
    JOURNAL_NOTICE_REPLAY,     /* generation, id, payload: a pending event for the cloud; it is lent from now on */
    JOURNAL_NOTICE_GAPS,       /* gaps: what is lost and not yet confirmed has changed; the whole list */
    JOURNAL_NOTICE_STATE,      /* state, detail or set_aside has changed; ask journal_report */
    JOURNAL_NOTICE_PAGE,       /* page: the answer to journal_ask_page */
    JOURNAL_NOTICE_RELEASED,   /* token, count: the answer to journal_release */
};

/* One record, for people. */
struct journal_record {
    uint64_t position;         /* rising in the order of arrival */
    struct event_id id;
    bool set_aside;
    bool in_flight;            /* the cloud has it */
    char *reason;              /* why it was set aside, or NULL */
    char *payload;             /* the event's JSON */
    uint64_t age_s;
};

struct journal_page {
    struct journal_record *records;
    size_t count;
    uint64_t next;             /* for the next journal_ask_page; 0 = that was the end */
};

struct journal_notice {
    enum journal_notice_kind kind;
    struct event_id id;
    uint64_t generation;
    uint64_t count;
    void *token;
    char *payload;
    struct gaps *gaps;
    struct journal_page *page; /* NULL = the disk cannot be read now */
};

void journal_notice_free(void *notice);

/* For `status`. detail is a copy, freed by journal_report_free. */
struct journal_report {
    enum journal_state state;
    char *detail;              /* why it is degraded and what happens next, or what was wrong at the start; or NULL */
    uint64_t depth;            /* events that are pending, on disk and in memory */
    uint64_t in_memory;        /* of these, not on disk */
    uint64_t set_aside;
    uint64_t unlent;           /* of the pending ones, how many the cloud does not have */
    uint64_t bytes;            /* of the files */
    bool has_oldest;
    uint64_t oldest_age_s;
    uint64_t confirmed;        /* since this start, as the three below */
    uint64_t dropped;
    uint64_t replayed;         /* handed out for replay */
    uint64_t flushes;
};

struct journal;

/* settings are copied. startup: this start's counter. notices: as large as one likes; the journal keeps what does not fit
 * and tries again. Never fails: what is wrong with folder or file is a state. */
struct journal *journal_start(const struct journal_settings *settings, uint32_t startup, const struct clock *clock,
                              struct queue *notices);

/* New bounds; the folder stays the one of the start. */
void journal_configure(struct journal *journal, const struct journal_settings *settings);

/* One event of this start, with its sequence (rising). Copied. lent: the cloud has taken it in the same turn. */
void journal_submit(struct journal *journal, uint64_t sequence, const char *payload, bool lent);

/* PUBACK has come: the record is freed. What is not lent is left alone. */
void journal_confirm(struct journal *journal, struct event_id id);

/* The broker does not want it: kept, counted, not sent again until it is released. text is copied. */
void journal_set_aside(struct journal *journal, struct event_id id, const char *reason);

/* The connection is gone, and nothing is lent any more. Replay begins anew, with this generation, once it is asked for. */
void journal_take_back_all(struct journal *journal, uint64_t generation);

/* Asks for that many more events for replay, in this generation. What is not there yet comes when it is. */
void journal_want(struct journal *journal, uint64_t generation, size_t count);

/* These gaps were in a STATUS that the broker has acknowledged. */
void journal_confirm_gaps(struct journal *journal, const struct gap *gaps, size_t count);

/* Records from position `after` on (0 = the first), at most limit; the answer comes with that token. */
void journal_ask_page(struct journal *journal, uint64_t after, size_t limit, bool set_aside_only, void *token);

/* What was set aside is pending again: that one, or all (id.startup 0). The answer comes with that token. */
void journal_release(struct journal *journal, struct event_id id, void *token);

void journal_report(struct journal *journal, struct journal_report *report);
void journal_report_free(struct journal_report *report);
/* Whether the disk takes events, but does not keep up with them: who makes them had better wait a little. */
bool journal_is_behind(struct journal *journal);
/* Whether there is anything to replay: for who sends oldest first. */
bool journal_has_backlog(struct journal *journal);
struct activity *journal_activity(struct journal *journal);

/* Stores what waits, marks a clean end and closes. False: the thread hangs in the disk and is left behind. *lost: how many
 * events were in memory only and are gone with it. */
bool journal_stop(struct journal *journal, uint64_t limit_ms, size_t *lost);

#endif
