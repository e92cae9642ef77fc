/* SPDX-License-Identifier: MIT */
/*
 * The roster: what the main thread knows of each reader, by label. Main thread only.
 */
#ifndef SPRINGPARK_GATEWAY_ROSTER_H
#define SPRINGPARK_GATEWAY_ROSTER_H

#include "gateway/device_note.h"
#include "reader/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roster_entry {
    char *label;
    char *name;
    const char *driver;
    enum reader_health health;
    struct device_note device; /* as its driver described it last; nothing for a driver that does not */
    char *reason;              /* why it is ill, or NULL */
    char *hang;                /* a foreign call of its thread that is overdue, in words, or NULL */
    char *hang_now;            /* the same with how long that has been so, as of the last look */
    const char *card_trouble;  /* a card that lies there and cannot be read, in words, or NULL */
    uint64_t reads;            /* events made of it */
    uint64_t failures;         /* cards that left or muted in mid-read */
    uint64_t no_match;         /* cards that no template wanted */
};

struct roster;

struct roster *roster_create(void);
void roster_free(struct roster *roster);

/* Adds a reader, or renews the one of that label; counters go on, also after roster_remove: a reader that was unplugged,
 * or that a reload began anew. What is known of the device does not: it may be another one. */
struct roster_entry *roster_add(struct roster *roster, const char *label, const char *driver, const char *name);
void roster_remove(struct roster *roster, const char *label);
void roster_set_health(struct roster_entry *entry, enum reader_health health, const char *reason);

/* NULL if there is none. */
struct roster_entry *roster_find(struct roster *roster, const char *label);

size_t roster_count(const struct roster *roster);
struct roster_entry *roster_get(const struct roster *roster, size_t index);

/* Whether at least one reader works. */
bool roster_works(const struct roster *roster);

/* Whether there has ever been more than one reader at the same time: events then carry the member Reader, and go on to. */
bool roster_was_shared(const struct roster *roster);

/* What is ill, "door: pcscd is not running...; gate: ...", new memory, or NULL if nothing is. */
char *roster_health_text(const struct roster *roster);

#endif
