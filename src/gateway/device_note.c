/* SPDX-License-Identifier: MIT */
#include "gateway/device_note.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void device_note_take(struct device_note *note, const struct reader_device *device)
{
    text_replace(&note->connection, device->connection);
    text_replace(&note->chip, device->chip);
    text_replace(&note->polling, device->polling);
    note->technologies = device->technologies;
}

void device_note_move(struct device_note *to, struct device_note *from)
{
    device_note_clear(to);
    *to = *from;
    *from = (struct device_note) { 0 };
}

void device_note_clear(struct device_note *note)
{
    free(note->connection);
    free(note->chip);
    free(note->polling);
    *note = (struct device_note) { 0 };
}

static json_t *text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    }
    return false;
}

/* Each name once: both protocols of PicoTag have the same. */
static json_t *names(unsigned technologies)
{
    json_t *list = json_array();

    for (unsigned left = technologies; left != 0; left &= left - 1) {
        const char *name = card_protocol_name((enum card_technology) (left & -left));

        if (!has_text(list, name))
            json_array_append_new(list, json_string(name));
    }
    return list;
}

void device_note_add_json(const struct device_note *note, unsigned asked, json_t *reader)
{
    const bool known = note->technologies != 0;

    json_object_set_new(reader, "connection", text_or_null(note->connection));
    json_object_set_new(reader, "chip", text_or_null(note->chip));
    json_object_set_new(reader, "technologies", known ? names(note->technologies) : json_null());
    json_object_set_new(reader, "looks_for", known ? names(note->technologies & asked) : json_null());
    json_object_set_new(reader, "polling", text_or_null(note->polling));
}
