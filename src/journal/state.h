/* SPDX-License-Identifier: MIT */
/*
 * What the files of the journal share and nobody else sees. Main thread and journal thread meet in struct journal; what
 * both touch is under its mutex, which is never held across a call that may block.
 *
 *   journal.c   what main says and asks, and the thread
 *   state.c     what all of these use
 *   turn.c      one turn: what is done in which order, and what is told
 *   orders.c    what main has asked for
 *   writing.c   what waits, into the file
 *   replay.c    what is wanted, out of it
 *   opening.c   the file: opening it, beginning this start in it, and what to do when it is damaged
 *   bounds.c    what has to go, and the gaps that take its place
 *   pages.c     records for people
 */
#ifndef SPRINGPARK_JOURNAL_STATE_H
#define SPRINGPARK_JOURNAL_STATE_H

#include "base/thread.h"
#include "journal/disk.h"
#include "journal/gaps.h"
#include "journal/inside.h"
#include "journal/ranges.h"
#include "journal/waiting.h"

#include <pthread.h>
#include <sys/queue.h>

enum order_kind { ORDER_CONFIRM, ORDER_SET_ASIDE, ORDER_TAKE_BACK, ORDER_CONFIRM_GAP, ORDER_PAGE, ORDER_RELEASE };

struct order {
    enum order_kind kind;
    struct event_id id;
    uint64_t after;          /* of a page */
    uint64_t generation;     /* from this take-back on */
    size_t limit;
    bool set_aside_only;
    char *text;
    struct gap gap;
    void *token;
    STAILQ_ENTRY(order) link;
};

STAILQ_HEAD(order_list, order);

/* An event that is being written; the payload is the waiting event's. */
struct batch_event {
    uint64_t sequence;
    uint64_t submitted_ms;
    const char *payload;
    size_t size_bytes;
    char *aside;             /* a copy, or NULL */
};

/* A row that is to change its state with the next transaction. */
struct state_change {
    uint64_t position;       /* 0 = all that are set aside */
    enum disk_state state;
    char *reason;
};

/* A row that was dropped for a bound by a transaction that has not ended well yet. */
struct drop {
    uint64_t position;
    enum gap_reason reason;
};

struct undelivered {
    struct journal_notice *notice;
    STAILQ_ENTRY(undelivered) link;
};

STAILQ_HEAD(undelivered_list, undelivered);

struct journal {
    /* Constant. */
    const struct clock *clock;
    struct queue *notices;
    struct journal_options options;
    uint32_t startup;
    char *directory;         /* NULL = no disk */
    char *path;
    uint64_t start_ms;
    struct activity *activity;
    struct thread *thread;
    int wake_fd;

    pthread_mutex_t mutex;
    struct journal_settings bounds;   /* directory is not used */
    struct waiting *waiting;
    struct order_list orders;
    struct gaps *fresh_gaps; /* of losses in memory, until the thread takes them */
    uint64_t generation;     /* of the last take-back that main asked for */
    uint64_t generation_now; /* of the last that the thread carried out; until then nothing is lent and nothing written */
    size_t want;
    bool signalled;          /* wake_fd was written since the last turn began */
    bool stopping;
    struct journal_report report;     /* what counts events in memory is filled in when it is asked for */
    size_t lost_at_end;
    uint64_t oldest_s;       /* of the oldest pending row, on the journal's own clock */
    uint64_t elapsed_base_s; /* of that clock, when this start began */

    /* The journal's thread. */
    struct disk *disk;       /* NULL = not open */
    enum journal_state told_state;
    char *remark;            /* what was wrong at the start, or NULL */
    uint64_t retry_ms;       /* when trouble is tried again; 0 = there is none */
    uint64_t retry_wait_ms;
    char *trouble;           /* what it is, or NULL */
    bool begun;              /* this start has its row */
    uint64_t base;
    struct disk_start *starts;
    size_t starts_count;
    uint64_t pending;        /* rows, those in freed included */
    uint64_t set_aside;
    uint64_t last_position;
    bool last_done;
    struct gaps *gaps;
    bool gaps_dirty;
    bool gaps_untold;
    struct ranges *lent;     /* positions on disk that the cloud has */
    struct ranges *freed;    /* acknowledged, row not yet deleted */
    struct ranges *bad;      /* with a wrong checksum, to be deleted */
    uint64_t freed_since_ms;
    struct state_change *changes;
    size_t changes_count;
    size_t changes_capacity;
    struct drop *drops;      /* of the transaction under way, or of the one that failed last */
    size_t drops_count;
    size_t drops_capacity;
    uint64_t cursor;         /* of the replay from disk */
    uint64_t memory_cursor;  /* of the replay from memory: a sequence */
    uint64_t stored_told;
    uint64_t full_dropped;   /* because a bound was reached, */
    uint64_t full_said;      /* and when that was last said */
    uint64_t expiry_ms;      /* when the oldest row reaches the bound of age; 0 = never */
    struct undelivered_list undelivered;
    size_t undelivered_count;
    struct batch_event *batch;
    size_t batch_count;
    size_t batch_bytes;
};

/* How long one transaction may take; a disk that takes longer hangs. */
enum { JOURNAL_DISK_LIMIT_MS = 5000 };

/* How long it is at most until a disk that takes nothing is tried again. */
enum { JOURNAL_RETRY_MOST_MS = 30000 };

/* ---- state.c ---- */

uint64_t journal_now_ms(const struct journal *journal);
/* On the journal's own clock, which runs while a daemon runs and goes on from start to start. */
uint64_t journal_elapsed_s(const struct journal *journal, uint64_t monotonic_ms);
/* The event at a position of this file; {0, 0} if no start has it. */
struct event_id journal_id_of(const struct journal *journal, uint64_t position);
struct journal_notice *journal_notice_create(enum journal_notice_kind kind);
/* Takes the notice. What does not fit waits in `undelivered`. */
void journal_tell(struct journal *journal, struct journal_notice *notice);
/* The disk takes nothing now: says so, once, and when it is tried again. */
void journal_note_trouble(struct journal *journal, const char *error);
void journal_note_success(struct journal *journal);

/* ---- turn.c ---- */

/* The last turn of a clean end. */
void journal_finish(struct journal *journal);

/* ---- orders.c ---- */

/* Carries out all that main has asked for up to now. */
void orders_take(struct journal *journal);
void order_free(struct order *order);
/* It has been acknowledged: its row goes with one of the next transactions. */
void journal_free_position(struct journal *journal, uint64_t position);
/* Changes the state of a row with the next transaction. */
void journal_add_change(struct journal *journal, uint64_t position, enum disk_state state, const char *reason);

/* ---- writing.c ---- */

/* Everything that waits, in one transaction and with one flush; deletions alone are not flushed, and wait a little for
 * company. closing: they do not wait. */
void writing_run(struct journal *journal, bool closing);
/* When deletions that wait are due; 0 = none wait. */
uint64_t writing_deadline_ms(const struct journal *journal);

/* ---- replay.c ---- */

/* Hands out what is wanted, as far as it is there. */
void replay_run(struct journal *journal);
/* How many rows are pending and with nobody. */
uint64_t replay_unlent_rows(const struct journal *journal);

/* ---- opening.c ---- */

/* Opens the file if it is to be tried now. */
void journal_keep_open(struct journal *journal);
void journal_close_disk(struct journal *journal);

/* ---- bounds.c ---- */

/* Inside of a transaction, before the batch goes in: deletes what must give way, and notes the gaps. */
enum disk_result bounds_make_room(struct journal *journal);
/* Deletes what is too old. */
enum disk_result bounds_expire(struct journal *journal);
bool bounds_expiry_due(const struct journal *journal);
/* Looks at the oldest row: for the report, and for the next expiry. */
enum disk_result bounds_look_at_oldest(struct journal *journal);
unsigned bounds_log_pages(struct journal *journal);
size_t bounds_batch_bytes(struct journal *journal);
/* Inside of a transaction. The very last row, when the batch puts none after it, stays as an empty mark: it tells the next
 * start how far events were stored. */
enum disk_result bounds_remove_row(struct journal *journal, uint64_t position, bool *existed);

/* ---- pages.c ---- */

struct journal_page *pages_read(struct journal *journal, const struct order *order);
void journal_page_free(struct journal_page *page);

#endif
