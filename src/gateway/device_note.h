/* SPDX-License-Identifier: MIT */
/*
 * What a driver said of the device behind a reader (struct reader_device), kept. Whoever has the note owns its texts.
 * A note that is all zero says that nothing is known. No state; a note belongs to one thread at a time.
 */
#ifndef SPRINGPARK_GATEWAY_DEVICE_NOTE_H
#define SPRINGPARK_GATEWAY_DEVICE_NOTE_H

#include "reader/reader.h"

#include <jansson.h>

struct device_note {
    char *connection;
    char *chip;
    char *polling;
    unsigned technologies;   /* card_technology bits */
};

/* Replaces what the note says by a copy of device, in which a text may be NULL. */
void device_note_take(struct device_note *note, const struct reader_device *device);

/* Replaces what *to says by what *from says; *from then says nothing. */
void device_note_move(struct device_note *to, struct device_note *from);

void device_note_clear(struct device_note *note);

/*
 * Adds the members of a reader's JSON object: "connection", "chip", "polling": a text or null; "technologies": what the
 * device can look for, by the names in events, or null; "looks_for": what of that the templates ask for (asked,
 * card_technology bits), or null.
 */
void device_note_add_json(const struct device_note *note, unsigned asked, json_t *reader);

#endif
