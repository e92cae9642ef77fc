/* SPDX-License-Identifier: MIT */
#include "device/register_text.h"

#include "base/memory.h"

#include <ctype.h>
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

static char *allowed_flags(const struct field_def *field)
{
    char *options = allowed_options(field);
    char *text = text_format("a list of any of %s", options);

    free(options);
    return text;
}

static char *allowed_numbers(const struct field_def *field)
{
    uint32_t first = field->min, last = field->max;
    const char *unit = field->unit != NULL ? field->unit : "";
    const char *space = *unit == '\0' ? "" : isdigit((unsigned char) *unit) ? " in units of " : " ";

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
        return text_copy(field->support == FIELD_REFUSED ? "the default only" : "true or false");
    case FIELD_CHOICE:
        return allowed_options(field);
    case FIELD_FLAGS:
        return allowed_flags(field);
    case FIELD_NUMBER:
        return allowed_numbers(field);
    case FIELD_ADDRESS:
        return text_copy("an IPv4 address");
    case FIELD_TEXT:
        return text_format("text of at most %zu bytes", size_bytes);
    case FIELD_HEX:
        return field_is_whole(field) ? text_format("hex digits for at most %zu bytes", size_bytes)
                                     : text_format("hex digits for exactly %zu bytes", field_part_bytes(field));
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

/* Each bit of its own. */
static char *flags_problem(const struct field_def *field, uint32_t value)
{
    for (uint32_t bit = 1; bit != 0 && bit <= value; bit <<= 1) {
        char *problem = (value & bit) != 0 ? choice_problem(field, bit) : NULL;

        if (problem != NULL)
            return problem;
    }
    return NULL;
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
    if (field->kind == FIELD_FLAGS)
        return flags_problem(field, value);
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

static bool is_control(const unsigned char *text)
{
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

char *field_text_problem(const struct field_def *field, const char *text, size_t size_bytes, size_t limit_bytes)
{
    const unsigned char *bytes = (const unsigned char *) text;

    if (size_bytes > limit_bytes)
        return text_format("a text of %zu bytes is too long: at most %zu", size_bytes, limit_bytes);
    for (size_t i = 0; i < size_bytes;) {
        size_t length = utf8_length(bytes + i, size_bytes - i);

        if (length == 0)
            return text_format("byte %zu is not allowed: the text must be UTF-8", i + 1);
        if (is_control(bytes + i) && !field->control_characters)
            return text_format("byte %zu is not allowed: a control character (%02X)", i + 1, bytes[i]);
        i += length;
    }
    return NULL;
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
    case FIELD_FLAGS:
        return "flags";
    case FIELD_NUMBER:
        return "number";
    case FIELD_ADDRESS:
        return "address";
    case FIELD_TEXT:
        return "text";
    case FIELD_HEX:
        return "hex";
    case FIELD_RESERVED:
        break;
    }
    return "reserved";
}
