/* SPDX-License-Identifier: MIT */
#include "device/register_text.h"

#include "base/hex.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct field_option *field_option_by_value(const struct field_def *field, uint32_t value)
{
    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if (option->value == value)
            return option;
    }
    return NULL;
}

const struct field_option *field_option_by_name(const struct field_def *field, const char *name)
{
    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0)
            return option;
    }
    return NULL;
}

static void append(char **text, const char *more)
{
    char *joined = text_format("%s%s", *text, more);

    free(*text);
    *text = joined;
}

static char *allowed_options(const struct field_def *field)
{
    char *text = text_copy("");

    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if (option->refused_because != NULL)
            continue;
        if (*text != '\0')
            append(&text, ", ");
        append(&text, "\"");
        append(&text, option->name);
        append(&text, "\"");
    }
    return text;
}

static char *allowed_numbers(const struct field_def *field)
{
    uint32_t first = field->min, last = field->max;
    const char *unit = field->unit != NULL ? field->unit : "";
    const char *space = *unit == '\0' ? "" : *unit == '0' ? " in units of " : " ";

    /* Every refused range of the table is at one end. */
    if (field->refused_because != NULL && field->refused_first <= first)
        first = field->refused_last + 1;
    else if (field->refused_because != NULL)
        last = field->refused_first - 1;
    return text_format("%" PRIu32 " to %" PRIu32 "%s%s", first, last, space, unit);
}

char *field_allowed(const struct field_def *field, size_t size_bytes)
{
    switch (field->kind) {
    case FIELD_BOOLEAN:
        return text_copy(field->support == FIELD_REFUSED ? "false" : "true or false");
    case FIELD_CHOICE:
        return allowed_options(field);
    case FIELD_NUMBER:
        return allowed_numbers(field);
    case FIELD_TEXT:
        return text_format("text of at most %zu bytes", size_bytes);
    case FIELD_RESERVED:
        break;
    }
    return text_copy("the default");
}

static char *number_problem(const struct field_def *field, uint32_t value)
{
    bool refused = field->refused_because != NULL && value >= field->refused_first && value <= field->refused_last;

    if (value >= field->min && value <= field->max && !refused)
        return NULL;
    char *allowed = field_allowed(field, 0);
    char *text = text_format("%" PRIu32 " is not allowed: %s%s%s", value, allowed, refused ? "; " : "",
                             refused ? field->refused_because : "");
    free(allowed);
    return text;
}

static char *choice_problem(const struct field_def *field, uint32_t value)
{
    const struct field_option *option = field_option_by_value(field, value);

    if (option != NULL && option->refused_because == NULL)
        return NULL;
    char *allowed = field_allowed(field, 0);
    char *text = option != NULL
                     ? text_format("\"%s\" is not allowed: %s; allowed: %s", option->name, option->refused_because, allowed)
                     : text_format("the value %" PRIX32 " (hex) is not allowed: one of %s", value, allowed);
    free(allowed);
    return text;
}

char *field_problem(const struct field_def *field, uint32_t value, uint32_t default_value)
{
    if (field->kind == FIELD_RESERVED)
        return value == default_value ? NULL : text_copy("reserved bits are not as in the default; leave them so");
    if (field->support == FIELD_REFUSED && value != default_value)
        return text_format("%s is not allowed: %s; allowed: %s", value ? "true" : "false", field->effect,
                           default_value ? "true" : "false");
    if (field->kind == FIELD_NUMBER)
        return number_problem(field, value);
    if (field->kind == FIELD_CHOICE)
        return choice_problem(field, value);
    return NULL;
}

/* How many bytes the UTF-8 character at text has, at most size_bytes; 0 if it is none. */
static size_t utf8_length(const unsigned char *text, size_t size_bytes)
{
    size_t length = text[0] < 0x80 ? 1 : text[0] >= 0xC2 && text[0] < 0xE0 ? 2 : (text[0] & 0xF0) == 0xE0 ? 3
                    : text[0] >= 0xF0 && text[0] < 0xF5 ? 4 : 0;

    if (length > size_bytes)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    /* Overlong forms, surrogates and what lies beyond U+10FFFF. */
    if ((text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xED && text[1] > 0x9F) ||
        (text[0] == 0xF0 && text[1] < 0x90) || (text[0] == 0xF4 && text[1] > 0x8F))
        return 0;
    return length;
}

char *field_text_problem(const char *text, size_t size_bytes, size_t limit_bytes)
{
    const unsigned char *bytes = (const unsigned char *) text;

    if (size_bytes > limit_bytes)
        return text_format("a text of %zu bytes is too long: at most %zu", size_bytes, limit_bytes);
    for (size_t i = 0; i < size_bytes;) {
        size_t length = utf8_length(bytes + i, size_bytes - i);

        if (length == 0)
            return text_format("byte %zu is not allowed: the text must be UTF-8", i + 1);
        if (bytes[i] < 0x20 || bytes[i] == 0x7F || (bytes[i] == 0xC2 && bytes[i + 1] < 0xA0))
            return text_format("byte %zu is not allowed: a control character (%02X)", i + 1, bytes[i]);
        i += length;
    }
    return NULL;
}

static char *text_of(const struct registers *registers, const struct register_def *def, unsigned instance)
{
    size_t size;
    const uint8_t *bytes = registers_get(registers, register_address(def, instance), &size);

    return text_format("%.*s", (int) size, (const char *) bytes);
}

char *field_value_text(const struct registers *registers, const struct register_def *def, unsigned instance,
                       const struct field_def *field)
{
    if (field->kind == FIELD_TEXT) {
        char *text = def->secret ? register_value_text(registers, def, instance) : text_of(registers, def, instance);
        char *quoted = text_format("\"%s\"", text);

        free(text);
        return quoted;
    }
    uint32_t value = registers_get_bits(registers, register_address(def, instance), field->mask);

    if (field->kind == FIELD_BOOLEAN)
        return text_copy(value ? "true" : "false");
    if (field->kind == FIELD_CHOICE) {
        const struct field_option *option = field_option_by_value(field, value);

        if (option != NULL)
            return text_format("\"%s\"", option->name);
    }
    return text_format("%" PRIu32, value);
}

char *field_value_meaning(const struct registers *registers, const struct register_def *def, unsigned instance,
                          const struct field_def *field)
{
    if (field->kind == FIELD_TEXT)
        return def->secret ? register_value_text(registers, def, instance) : text_of(registers, def, instance);
    uint32_t value = registers_get_bits(registers, register_address(def, instance), field->mask);

    if (field->kind == FIELD_BOOLEAN)
        return text_copy(value ? "on" : "off");
    if (field->kind == FIELD_CHOICE) {
        const struct field_option *option = field_option_by_value(field, value);

        return option != NULL ? text_copy(option->title) : text_format("unknown (%" PRIX32 ")", value);
    }
    if (field->unit != NULL && strcmp(field->unit, "0.1 s") == 0)
        return text_format("%" PRIu32 ".%" PRIu32 " s", value / 10, value % 10);
    if (field->unit != NULL && *field->unit != '\0')
        return text_format("%" PRIu32 " %s", value, field->unit);
    return text_format("%" PRIu32, value);
}

char *register_value_text(const struct registers *registers, const struct register_def *def, unsigned instance)
{
    size_t size;
    const uint8_t *bytes = registers_get(registers, register_address(def, instance), &size);

    if (def->secret)
        return text_copy(size > 0 ? "(set)" : "");
    return hex_from_bytes(bytes, size);
}

const char *field_support_name(const struct field_def *field)
{
    if (field->kind == FIELD_RESERVED)
        return "reserved";
    switch (field->support) {
    case FIELD_HONOURED:
        return "honoured";
    case FIELD_NOT_APPLICABLE:
        return "not applicable";
    case FIELD_REFUSED:
        break;
    }
    return "refused";
}

const char *field_kind_name(const struct field_def *field)
{
    switch (field->kind) {
    case FIELD_BOOLEAN:
        return "boolean";
    case FIELD_CHOICE:
        return "choice";
    case FIELD_NUMBER:
        return "number";
    case FIELD_TEXT:
        return "text";
    case FIELD_RESERVED:
        break;
    }
    return "reserved";
}
