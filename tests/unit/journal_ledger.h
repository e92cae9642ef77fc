/* SPDX-License-Identifier: MIT */
/*
 * What a journal was given and what it said of it, and whether it keeps its promise: every event is delivered, still
 * stored, or in a gap.
 */
#ifndef SPRINGPARK_TESTS_JOURNAL_LEDGER_H
#define SPRINGPARK_TESTS_JOURNAL_LEDGER_H

#include "journal_house.h"

struct ledger_entry {
    struct event_id id;
    bool stored;        /* "stored" was said of it */
    bool confirmed;     /* delivered */
    bool told;          /* lost, and the gap was delivered */
};

struct ledger {
    struct ledger_entry *entries;   /* in the order of arrival */
    size_t count;
};

void ledger_clear(struct ledger *ledger);
void ledger_add(struct ledger *ledger, struct event_id id);
/* NULL if it was never submitted. */
struct ledger_entry *ledger_find(const struct ledger *ledger, struct event_id id);
/* Submits the next event of this start. */
struct event_id ledger_submit(struct ledger *ledger, struct house *house, bool lent);
void ledger_confirm(struct ledger *ledger, struct house *house, struct event_id id);
/* Confirms all gaps that were told. */
void ledger_confirm_gaps(struct ledger *ledger, struct house *house);
/* Takes over what house->stored says. */
void ledger_note_stored(struct ledger *ledger, const struct house *house);

/* Opens nothing and ends nothing: reads and replays all that is there, and compares. NULL if the promise is kept,
 * otherwise what is wrong, in new memory. allow_damage: the files were damaged; what was stored may be in any gap. */
char *ledger_complaint(const struct ledger *ledger, struct house *house, bool allow_damage);

#endif
