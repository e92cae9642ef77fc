/* SPDX-License-Identifier: MIT */
/* $SCCMD (vendor: $SCCMD message, frame structure of $SCxxx). */
#include "base/hex.h"
#include "base/memory.h"
#include "message/command_parts.h"

#include <stdlib.h>
#include <string.h>

static const char head[] = "$SCCMD";

enum { HEAD_CHARACTERS = sizeof head - 1 };

/* A field between two delimiters; not terminated. */
struct field {
    const char *text;
    size_t size_bytes;
};

static bool refuse(char **error, const char *what, struct field field)
{
    char *excerpt = command_excerpt(field.text, field.size_bytes);

    *error = text_format("$SCCMD: %s: \"%s\"", what, excerpt);
    free(excerpt);
    return false;
}

static bool is_name(struct field name, const char *text)
{
    return name.size_bytes == strlen(text) && memcmp(name.text, text, name.size_bytes) == 0;
}

static bool read_tuple(struct field tuple, struct command *command, char **error)
{
    uint8_t bytes[4];
    const char *equals = memchr(tuple.text, '=', tuple.size_bytes);

    if (equals == NULL)
        return refuse(error, "a field is not NAME=VALUE", tuple);
    const struct field name = {tuple.text, (size_t) (equals - tuple.text)};
    const struct field value = {equals + 1, tuple.size_bytes - name.size_bytes - 1};
    const int size_bytes = hex_to_bytes(value.text, value.size_bytes, bytes, sizeof bytes);

    if ((is_name(name, "SEQ") && command->has_sequence) || (is_name(name, "LEDS") && command->has_leds)
        || (is_name(name, "BUZZ") && command->has_buzzer) || (is_name(name, "ACT") && command->has_active))
        return refuse(error, "the field comes twice", name);
    if (is_name(name, "ACT")) {
        if (size_bytes != 1 || bytes[0] > 1)
            return refuse(error, "ACT must be 01 or 00", value);
        command->has_active = true;
        command->active = bytes[0] == 1;
        return true;
    }
    if (is_name(name, "SEQ")) {
        if (size_bytes != 1)
            return refuse(error, "SEQ must be 2 hex digits", value);
        command->has_sequence = true;
        command->sequence = bytes[0];
        return true;
    }
    if (is_name(name, "LEDS")) {
        if (size_bytes != 4)
            return refuse(error, "LEDS must be 8 hex digits, 2 for each LED", value);
        command->has_leds = true;
        memcpy(command->leds, bytes, sizeof command->leds);
        return true;
    }
    if (is_name(name, "BUZZ")) {
        if (size_bytes != 2)
            return refuse(error, "BUZZ must be 4 hex digits, the milliseconds", value);
        command->has_buzzer = true;
        command->buzzer_ms = (unsigned) bytes[0] << 8 | bytes[1];
        return true;
    }
    return refuse(error, "unknown field, SEQ, LEDS, BUZZ and ACT are known", name);
}

/* text up to and with the '*' at star; digits: what follows it. */
static bool check_checksum(const char *text, size_t star, struct field digits, char **error)
{
    uint8_t given;
    uint8_t between = 0;

    if (hex_to_bytes(digits.text, digits.size_bytes, &given, 1) != 1)
        return refuse(error, "the checksum after * must be 2 hex digits", digits);
    for (size_t i = 1; i < star; i++)
        between = (uint8_t) (between ^ (uint8_t) text[i]);
    const uint8_t with_both = (uint8_t) (between ^ '$' ^ '*');
    if (given == between || given == with_both)
        return true;
    *error = text_format("$SCCMD: wrong checksum %02X; expected %02X (between $ and *) or %02X (with $ and *)", given,
                         between, with_both);
    return false;
}

/* The size without the end delimiter. */
static size_t without_line_end(const char *text, size_t size_bytes)
{
    if (text[size_bytes - 1] != '\n')
        return size_bytes;
    size_bytes--;
    return size_bytes > 0 && text[size_bytes - 1] == '\r' ? size_bytes - 1 : size_bytes;
}

bool command_read_text(const char *text, size_t size_bytes, struct command *command, char **error)
{
    size_t end = without_line_end(text, size_bytes);

    for (size_t i = 0; i < end; i++) {
        if (text[i] < 0x20 || text[i] > 0x7E) {
            *error = text_format("$SCCMD: byte %02X at offset %zu is not printable ASCII", (uint8_t) text[i], i);
            return false;
        }
    }
    if (end < HEAD_CHARACTERS || memcmp(text, head, HEAD_CHARACTERS) != 0)
        return refuse(error, "the message does not start with $SCCMD", (struct field) {text, end});
    const char *star = memchr(text, '*', end);
    if (star != NULL) {
        const size_t at = (size_t) (star - text);
        if (!check_checksum(text, at, (struct field) {star + 1, end - at - 1}, error))
            return false;
        end = at;
    }
    size_t at = HEAD_CHARACTERS;
    while (at < end) {
        if (text[at] != ';')
            return refuse(error, "there must be ; after $SCCMD", (struct field) {text + at, end - at});
        const char *next = memchr(text + at + 1, ';', end - at - 1);
        const size_t stop = next != NULL ? (size_t) (next - text) : end;
        if (!read_tuple((struct field) {text + at + 1, stop - at - 1}, command, error))
            return false;
        at = stop;
    }
    return true;
}
