/* SPDX-License-Identifier: MIT */
/*
 * A journal with everything around it that a test holds in its hands: the clock, the turns, and the notices it gave. One
 * thread.
 */
#ifndef SPRINGPARK_TESTS_JOURNAL_HOUSE_H
#define SPRINGPARK_TESTS_JOURNAL_HOUSE_H

#include "journal/inside.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An event that came for replay, in the order of coming. */
struct replayed {
    struct event_id id;
    uint64_t generation;
    char *payload;
};

struct house {
    struct clock clock;                 /* first, so that it finds its house */
    uint64_t now_us;
    struct journal_settings settings;
    struct journal_options options;
    size_t queue_capacity;
    uint32_t startup;                   /* of the start that is open, or was last */
    uint64_t generation;
    struct queue *notices;
    struct journal *journal;            /* NULL = not open */
    uint64_t stored;                    /* of this start, the last of which "stored" was said */
    struct gaps *gaps;                  /* as last told, never NULL */
    struct replayed *replays;
    size_t replay_count;
    struct journal_page *page;          /* the last one that was not NULL, all its parts together */
    bool page_came;
    bool page_is_null;
    uint64_t released;
    bool released_came;
};

/* directory is kept, not copied; vfs may be NULL. */
void house_build(struct house *house, const char *directory, const char *vfs);
void house_tear_down(struct house *house);

/* The next start: nothing is open before. */
void house_open(struct house *house);
/* One turn; takes all notices. Returns what journal_turn said. */
int64_t house_turn(struct house *house);
/* Turns until there is nothing to be done at once; fails the test if that does not come. */
void house_settle(struct house *house);
/* The same, and lets so much time go by that every retry and every batched deletion has had its turn. */
void house_settle_after_retry(struct house *house);
void house_take_notices(struct house *house);
size_t house_end(struct house *house, bool clean);
void house_wait_ms(struct house *house, uint64_t time_ms);
void house_forget_replays(struct house *house);

enum journal_state house_state(struct house *house);
uint64_t house_depth(struct house *house);

/* Takes all back and asks for everything: what is pending, in house->replays. */
void house_replay_all(struct house *house);
/* Reads all records into house->page; false if the disk cannot be read now. Turns as often as that takes. */
bool house_read_all(struct house *house);

/* The payload that the tests give the event with this identity: of any length, sometimes several pages; new memory. */
char *house_payload(struct event_id id);
/* Whether it is that. */
bool house_is_payload(struct event_id id, const char *payload);
/* Submits the event of this start with that sequence. */
void house_submit(struct house *house, uint64_t sequence, bool lent);

/* The number in that variable of the environment; without it, or with 0 in it, the normal one. */
uint64_t house_number_from(const char *variable, uint64_t normal);

/* Whether the gap has a place for this event; open ends reach to the end of their start. */
bool house_gap_covers(const struct gap *gap, struct event_id id);
bool house_gaps_cover(const struct gaps *gaps, struct event_id id);
/* The first gap with that reason, or NULL. */
const struct gap *house_find_gap(const struct gaps *gaps, enum gap_reason reason);
/* All of them in one line; new memory. */
char *house_gaps_text(const struct gaps *gaps);

#endif
