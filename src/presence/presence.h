/* SPDX-License-Identifier: MIT */
/*
 * Presence: from "the reader sees a tag" and "it does not see it any more" to the events that count, per reader and
 * tag. Registers 02A0 (events on read, or on insert and remove) and 02A1 (read interval, repeat interval), and the
 * gateway's own debounce.
 *
 * Main thread only. No clock and no timer inside: every call says what time it is (monotonic, milliseconds), and the
 * owner calls presence_advance at presence_next_deadline_ms.
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

enum presence_move { PRESENCE_READ, PRESENCE_INSERT, PRESENCE_REMOVE };

/* One event that counts; valid during the call. */
struct presence_event {
    enum presence_move move;
    const char *reader;          /* the reader's label */
    const struct token *token;
};

typedef void presence_emit(void *context, const struct presence_event *event);

enum { PRESENCE_NEVER = 0 };

struct presence;

struct presence *presence_create(const struct presence_settings *settings, presence_emit *emit, void *context);
void presence_free(struct presence *presence);

/* New settings from now on; who is present stays present. */
void presence_configure(struct presence *presence, const struct presence_settings *settings);

/* The reader sees a tag that it did not see before. The token is copied. */
void presence_arrived(struct presence *presence, const char *reader, const struct token *token, uint64_t now_ms);

/* The reader does not see the tag with that identifier any more. Unknown ones are ignored. */
void presence_left(struct presence *presence, const char *reader, const char *tag_id, uint64_t now_ms);

/* The reader itself is gone, or starts anew: as if each of its tags had left now. */
void presence_reader_lost(struct presence *presence, const char *reader, uint64_t now_ms);

/* When presence_advance must be called next (monotonic, ms), or PRESENCE_NEVER. */
uint64_t presence_next_deadline_ms(const struct presence *presence);
void presence_advance(struct presence *presence, uint64_t now_ms);

/* How many tags came and went on that reader without an event, because of the intervals. */
uint64_t presence_unread_count(const struct presence *presence, const char *reader);

/* How many tags are present now on that reader. */
unsigned presence_present_count(const struct presence *presence, const char *reader);

#endif
