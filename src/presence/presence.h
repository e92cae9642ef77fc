/* SPDX-License-Identifier: MIT */
/*
 * Presence: from "the reader sees a tag" and "it does not see it any more" to the events that count, per reader and
 * tag. Registers 02A0 (events on read, or on insert and remove) and 02A1 (read interval, repeat interval), and the
 * gateway's own debounce.
 *
 * A visit is a tag on a reader from its arrival until its absence has lasted debounce_ms; an absence that is shorter
 * never was. A visit is read as soon as both intervals allow it: at once, inside presence_arrived, or later, by
 * presence_advance, if the tag is still there then. Of several tags that wait for one reader the one that could have
 * been read first comes first, so none starves.
 *
 *  - read events: READ, and again after each repeat interval while the tag stays; nothing when it leaves;
 *  - insert and remove events: INSERT, silence, then one REMOVE when the visit ends, always with the token of the
 *    INSERT, and never without one; also when the settings have changed in between. A visit that ended before the read
 *    interval let its INSERT be told is a short apparition: one INSERT_REMOVE when it ends, so that no tag goes by
 *    unseen (assumption: the vendor's pages name it and do not say when). It does not make other tags wait, and the
 *    read interval does not hold it back.
 *
 * A visit that ends without an event was too short for the intervals: it is counted as unread. In insert and remove mode
 * that is only a tag that came again, and left, inside its own repeat interval.
 *
 * Assumptions: a repeat interval of 0 ("as fast as possible") reads a tag that stays every 100 ms, the register's unit.
 * What a late presence_advance missed is not made up for: a tag is read once, and its intervals count from then.
 * Tags that have left are remembered for their repeat interval; of more than 4096 the oldest are forgotten.
 *
 * Main thread only. No clock and no timer inside: every call says what time it is (monotonic, milliseconds), and the
 * owner calls presence_advance at presence_next_deadline_ms, which may change with every other call. The time never
 * goes back; 0 is a time like any other. The emit function must not call back into presence.
 */
#ifndef SPRINGPARK_PRESENCE_PRESENCE_H
#define SPRINGPARK_PRESENCE_PRESENCE_H

#include "template/token.h"

#include <stdbool.h>
#include <stdint.h>

struct presence_settings {
    bool insert_remove;          /* false: one READ event, repeated after the repeat interval while the tag stays */
    unsigned read_interval_ms;   /* between two readings on one reader */
    unsigned repeat_interval_ms; /* before the same tag is read again on that reader; unless must_leave */
    bool must_leave;             /* the same tag is read again only after it has left */
    unsigned debounce_ms;        /* a tag absent for less than this has not left */
};

enum presence_move { PRESENCE_READ, PRESENCE_INSERT, PRESENCE_REMOVE, PRESENCE_INSERT_REMOVE };

/* One event that counts; valid during the call. */
struct presence_event {
    enum presence_move move;
    const char *reader;          /* the reader's label */
    const struct token *token;
};

typedef void presence_emit(void *context, const struct presence_event *event);

enum { PRESENCE_NEVER = 0 };

struct presence;

/* settings are copied; emit is called with that context from arrived, left, reader_lost and advance. */
struct presence *presence_create(const struct presence_settings *settings, presence_emit *emit, void *context);
/* NULL is fine; emits nothing. */
void presence_free(struct presence *presence);

/* New settings from now on; who is present stays present. Emits nothing: what is due now has a deadline in the past. */
void presence_configure(struct presence *presence, const struct presence_settings *settings);

/* Whether tags are read; true at first. While they are not, who is present is known all the same, and a REMOVE that is owed
 * comes. Tags that are there when reading begins are read as soon as the intervals allow it; those that came and went
 * before are not, and not counted as unread. Emits nothing; what is due has a deadline in the past. */
void presence_set_active(struct presence *presence, bool active);

/* The reader (its label) sees a tag that it did not see before. The token is copied; its tag_id is not NULL. */
void presence_arrived(struct presence *presence, const char *reader, const struct token *token, uint64_t now_ms);

/* The reader does not see the tag with that identifier any more. Unknown ones are ignored. */
void presence_left(struct presence *presence, const char *reader, const char *tag_id, uint64_t now_ms);

/* The reader itself is gone, or starts anew: as if each of its tags had left now. */
void presence_reader_lost(struct presence *presence, const char *reader, uint64_t now_ms);

/* When presence_advance must be called next (monotonic, ms; maybe in the past), or PRESENCE_NEVER. */
uint64_t presence_next_deadline_ms(const struct presence *presence);
void presence_advance(struct presence *presence, uint64_t now_ms);

/* How many tags came and went on that reader without an event, because of the intervals. */
uint64_t presence_unread_count(const struct presence *presence, const char *reader);

/* How many visits that reader has now: tags that are there, or absent for less than the debounce. */
unsigned presence_present_count(const struct presence *presence, const char *reader);

#endif
