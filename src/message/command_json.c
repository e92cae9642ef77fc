/* SPDX-License-Identifier: MIT */
/* READER COMMAND in JSON (vendor: READER COMMAND message), both directions. */
#include "base/hex.h"
#include "base/memory.h"
#include "message/command_parts.h"
#include "message/timestamp.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_MAX = 0xFF, BUZZER_MAX_MS = 0xFFFF, PULSE_MAX_MS = 0xFFFF, RGB_COLOR_MAX = 0xFFFFFF };

typedef bool field_reader(const char *name, const json_t *value, struct command *command, char **error);

static bool refuse(char **error, const char *name, const char *what)
{
    *error = text_format("READER COMMAND: %s %s", name, what);
    return false;
}

/* The value of 1 to digits_max hex digits, or -1. */
static json_int_t hex_value(const json_t *text, size_t digits_max)
{
    const size_t digits_count = json_string_length(text);
    const char *digits = json_string_value(text);
    json_int_t value = 0;

    if (digits_count == 0 || digits_count > digits_max)
        return -1;
    for (size_t i = 0; i < digits_count; i++) {
        if (hex_digit_value(digits[i]) < 0)
            return -1;
        value = value << 4 | hex_digit_value(digits[i]);
    }
    return value;
}

/* The vendor's rule for numbers: a JSON integer is decimal, a string is hex (1 to digits_max digits). */
static bool read_number(const char *name, const json_t *value, json_int_t max, size_t digits_max, unsigned *number,
                        char **error)
{
    json_int_t read = -1;

    if (json_is_integer(value))
        read = json_integer_value(value);
    else if (json_is_string(value))
        read = hex_value(value, digits_max);
    if (read < 0 || read > max) {
        *error = text_format("READER COMMAND: %s must be an integer from 0 to %lld or a string of 1 to %zu hex digits",
                             name, (long long) max, digits_max);
        return false;
    }
    *number = (unsigned) read;
    return true;
}

static bool read_active(const char *name, const json_t *value, struct command *command, char **error)
{
    if (!json_is_boolean(value))
        return refuse(error, name, "must be true or false");
    command->has_active = true;
    command->active = json_is_true(value);
    return true;
}

static bool read_sequence(const char *name, const json_t *value, struct command *command, char **error)
{
    unsigned number;

    if (!read_number(name, value, BYTE_MAX, 2, &number, error))
        return false;
    command->has_sequence = true;
    command->sequence = (uint8_t) number;
    return true;
}

static bool read_leds(const char *name, const json_t *value, struct command *command, char **error)
{
    if (!json_is_string(value) || json_string_length(value) != 2 * sizeof command->leds
        || hex_to_bytes(json_string_value(value), 2 * sizeof command->leds, command->leds, sizeof command->leds) < 0)
        return refuse(error, name, "must be a string of 8 hex digits, 2 for each LED");
    command->has_leds = true;
    return true;
}

static bool read_rgb_color(const char *name, const json_t *value, struct command *command, char **error)
{
    unsigned number;

    if (json_is_string(value) && json_string_length(value) != 6)
        return refuse(error, name, "must be a string of 6 hex digits, RRGGBB");
    if (!read_number(name, value, RGB_COLOR_MAX, 6, &number, error))
        return false;
    command->has_rgb_color = true;
    command->rgb_color[0] = (uint8_t) (number >> 16);
    command->rgb_color[1] = (uint8_t) (number >> 8 & 0xFF);
    command->rgb_color[2] = (uint8_t) (number & 0xFF);
    return true;
}

static bool read_rgb_mode(const char *name, const json_t *value, struct command *command, char **error)
{
    unsigned number;

    if (!read_number(name, value, BYTE_MAX, 2, &number, error))
        return false;
    command->has_rgb_mode = true;
    command->rgb_mode = (uint8_t) number;
    return true;
}

static bool read_buzzer(const char *name, const json_t *value, struct command *command, char **error)
{
    if (!read_number(name, value, BUZZER_MAX_MS, 4, &command->buzzer_ms, error))
        return false;
    command->has_buzzer = true;
    return true;
}

static bool read_one_relay(const char *name, const json_t *value, struct relay_command *relay, char **error)
{
    if (json_is_boolean(value)) {
        relay->action = json_is_true(value) ? RELAY_CLOSE : RELAY_OPEN;
        return true;
    }
    if (!json_is_integer(value) && !json_is_string(value))
        return refuse(error, name, "must be true, false, or the milliseconds of a pulse");
    if (!read_number(name, value, PULSE_MAX_MS, 4, &relay->pulse_ms, error))
        return false;
    if (relay->pulse_ms == 0)
        return refuse(error, name, "is a pulse of 0 ms; to open a relay say false");
    relay->action = RELAY_PULSE;
    return true;
}

static bool read_relay(const char *name, const json_t *value, struct command *command, char **error)
{
    if (!read_one_relay(name, value, &command->relays[0], error))
        return false;
    command->relays_count = 1;
    command->relays_single = true;
    return true;
}

static bool read_relays(const char *name, const json_t *value, struct command *command, char **error)
{
    const size_t count = json_array_size(value);

    if (!json_is_array(value) || count > COMMAND_RELAYS_MAX)
        return refuse(error, name, "must be an array of at most 8 values, the first relay first");
    for (size_t i = 0; i < count; i++) {
        char *place = text_format("%s[%zu]", name, i);
        const bool taken = read_one_relay(place, json_array_get(value, i), &command->relays[i], error);
        free(place);
        if (!taken)
            return false;
    }
    command->relays_count = (unsigned) count;
    return true;
}

static bool read_id(const char *name, const json_t *value, struct command *command, char **error)
{
    const char *text = json_string_value(value);
    const size_t size_bytes = json_string_length(value);
    bool printable = true;

    for (size_t i = 0; i < size_bytes; i++)
        printable = printable && text[i] >= 0x20 && text[i] <= 0x7E;
    if (size_bytes == 0 || size_bytes > COMMAND_ID_MAX_BYTES || !printable)
        return refuse(error, name, "must be a string of 1 to 64 printable ASCII characters");
    memcpy(command->id, text, size_bytes);
    return true;
}

static bool read_expires(const char *name, const json_t *value, struct command *command, char **error)
{
    command->expires_unix_s = json_integer_value(value);
    if (json_is_string(value) ? !timestamp_parse(json_string_value(value), &command->expires_unix_s)
                              : !json_is_integer(value) || command->expires_unix_s < 0)
        return refuse(error, name, "must be seconds since 1970 UTC, or a time such as 2026-11-28T20:15:00Z");
    command->has_expires = true;
    return true;
}

static const struct {
    const char *name;
    field_reader *read;
} fields[] = {
    {"Active", read_active},
    {"Sequence", read_sequence}, {"Leds", read_leds},     {"RgbColor", read_rgb_color}, {"RgbMode", read_rgb_mode},
    {"Buzzer", read_buzzer},     {"Relay", read_relay},   {"Relays", read_relays},
    {"Id", read_id},             {"Expires", read_expires},
};

static bool read_field(const char *name, const json_t *value, struct command *command, char **error)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(name, fields[i].name) == 0)
            return fields[i].read(fields[i].name, value, command, error);
    }
    char *excerpt = command_excerpt(name, strlen(name));
    *error = text_format("READER COMMAND: unknown field \"%s\"", excerpt);
    free(excerpt);
    return false;
}

static bool read_object(json_t *object, struct command *command, char **error)
{
    const char *name;
    json_t *value;

    if (json_object_get(object, "Relay") != NULL && json_object_get(object, "Relays") != NULL)
        return refuse(error, "Relay and Relays", "must not come together");
    json_object_foreach(object, name, value) {
        if (!read_field(name, value, command, error))
            return false;
    }
    return true;
}

bool command_read_json(const char *text, size_t size_bytes, struct command *command, char **error)
{
    json_error_t problem;
    json_t *object = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES, &problem);

    if (object == NULL) {
        /* jansson may quote up to 20 bytes of the input in its text. */
        char *excerpt = command_excerpt(problem.text, strlen(problem.text));
        *error = text_format("READER COMMAND: not valid JSON at line %d, column %d: %s", problem.line, problem.column,
                             excerpt);
        free(excerpt);
        return false;
    }
    const bool taken = read_object(object, command, error);
    json_decref(object);
    return taken;
}

static json_t *relay_to_json(const struct relay_command *relay)
{
    switch (relay->action) {
    case RELAY_OPEN:
        return json_false();
    case RELAY_CLOSE:
        return json_true();
    case RELAY_PULSE:
        return json_integer(relay->pulse_ms);
    }
    abort();
}

/* jansson fails here only when memory is gone. */
static void set_new(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

static void set_hex(json_t *object, const char *name, const uint8_t *bytes, size_t size_bytes)
{
    char *digits = hex_from_bytes(bytes, size_bytes);

    set_new(object, name, json_string(digits));
    free(digits);
}

static void set_relays(json_t *object, const struct command *command)
{
    if (command->relays_count == 0)
        return;
    if (command->relays_single) {
        set_new(object, "Relay", relay_to_json(&command->relays[0]));
        return;
    }
    json_t *array = json_array();
    for (unsigned i = 0; i < command->relays_count; i++) {
        if (json_array_append_new(array, relay_to_json(&command->relays[i])) != 0)
            abort();
    }
    set_new(object, "Relays", array);
}

char *command_to_json(const struct command *command)
{
    json_t *object = json_object();

    if (command->has_active)
        set_new(object, "Active", json_boolean(command->active));
    if (command->has_sequence)
        set_new(object, "Sequence", json_integer(command->sequence));
    if (command->has_leds)
        set_hex(object, "Leds", command->leds, sizeof command->leds);
    if (command->has_rgb_color)
        set_hex(object, "RgbColor", command->rgb_color, sizeof command->rgb_color);
    if (command->has_rgb_mode)
        set_new(object, "RgbMode", json_integer(command->rgb_mode));
    if (command->has_buzzer)
        set_new(object, "Buzzer", json_integer((json_int_t) command->buzzer_ms));
    set_relays(object, command);
    if (*command->id != '\0')
        set_new(object, "Id", json_string(command->id));
    if (command->has_expires)
        set_new(object, "Expires", json_integer(command->expires_unix_s));
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (text == NULL)
        abort();
    json_decref(object);
    return text;
}
