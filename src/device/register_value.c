/* SPDX-License-Identifier: MIT */
#include "device/register_text.h"

#include "base/hex.h"
#include "base/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The escape that libconfig knows for a character, or 0. */
static char escape_of(char character)
{
    static const char characters[] = "\n\r\t\f\"\\", escapes[] = "nrtf\"\\";
    const char *found = strchr(characters, character);

    return found != NULL ? escapes[found - characters] : '\0';
}

char *field_quoted(const char *text)
{
    char *quoted = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&quoted, &size);

    if (out == NULL)
        abort();
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (escape_of(*c) != '\0')
            fprintf(out, "\\%c", escape_of(*c));
        else if ((unsigned char) *c < 0x20 || *c == 0x7F)
            fprintf(out, "\\x%02X", (unsigned) (unsigned char) *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
    if (fclose(out) != 0)
        abort();
    return quoted;
}

/* The bytes of a register, as field_equals takes them. */
struct content {
    const uint8_t *bytes;
    size_t size_bytes;
};

static struct content content_of(const struct registers *registers, const struct register_def *def, unsigned instance)
{
    struct content content;

    content.bytes = registers_get(registers, register_address(def, instance), &content.size_bytes);
    return content;
}

bool field_is_secret(const struct register_def *def, const struct field_def *field)
{
    return def->secret && (field->kind == FIELD_TEXT || field->kind == FIELD_HEX);
}

/* What is shown of a secret instead of it: of these fields. */
static char *secret_text(struct content content, const struct register_def *def, const struct field_def *fields,
                         size_t fields_count)
{
    if (content.size_bytes == 0)
        return text_copy("");
    for (size_t i = 0; i < fields_count; i++) {
        if (!field_equals(&fields[i], content.bytes, content.size_bytes, register_default(def)))
            return text_copy("(set)");
    }
    return text_copy("(default)");
}

char *register_value_text(const struct registers *registers, const struct register_def *def, unsigned instance)
{
    const struct content content = content_of(registers, def, instance);

    return def->secret ? secret_text(content, def, def->fields, def->fields_count)
                       : hex_from_bytes(content.bytes, content.size_bytes);
}

/* Of a field of bytes that is no secret. */
static char *hex_text(struct content content, const struct field_def *field)
{
    char *text = text_copy("");

    if (field_is_whole(field)) {
        free(text);
        return hex_from_bytes(content.bytes, content.size_bytes);
    }
    for (size_t i = 0; i < sizeof field->mask; i++) {
        if (field->mask[i] != 0xFF)
            continue;
        char *longer = text_format("%s%02X", text, content.bytes[i]);

        free(text);
        text = longer;
    }
    return text;
}

/* Of a field of bytes or text, without quotes. */
static char *bytes_text(struct content content, const struct register_def *def, const struct field_def *field)
{
    if (def->secret)
        return secret_text(content, def, field, 1);
    if (field->kind == FIELD_HEX)
        return hex_text(content, field);
    return text_format("%.*s", (int) content.size_bytes, (const char *) content.bytes);
}

static char *address_text(uint32_t address)
{
    return text_format("%u.%u.%u.%u", address >> 24, address >> 16 & 0xFF, address >> 8 & 0xFF, address & 0xFF);
}

/* The options whose bit is set, by name in quotes or by title. */
static char *flags_text(const struct field_def *field, uint32_t value, bool titles)
{
    char *text = text_copy("");

    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if ((value & option->value) == 0)
            continue;
        const char *quote = titles ? "" : "\"";
        char *joined = text_format("%s%s%s%s%s", text, *text == '\0' ? "" : titles ? "; " : ", ", quote,
                                   titles ? option->title : option->name, quote);

        free(text);
        text = joined;
    }
    return text;
}

static char *list_text(const struct field_def *field, uint32_t value)
{
    char *names = flags_text(field, value, false);
    char *text = text_format("[ %s%s]", names, *names != '\0' ? " " : "");

    free(names);
    return text;
}

static char *number_text(const struct field_def *field, uint32_t value)
{
    if (field->kind == FIELD_BOOLEAN)
        return text_copy(value ? "true" : "false");
    if (field->kind == FIELD_FLAGS)
        return list_text(field, value);
    if (field->kind == FIELD_CHOICE) {
        const struct field_option *option = field_option_by_value(field, value);

        if (option != NULL)
            return text_format("\"%s\"", option->name);
    }
    return text_format("%" PRIu32, value);
}

static bool is_bytes(const struct field_def *field)
{
    return field->kind == FIELD_TEXT || field->kind == FIELD_HEX;
}

static char *value_text(struct content content, const struct register_def *def, const struct field_def *field)
{
    uint32_t value = field_bits(field, content.bytes);

    if (!is_bytes(field) && field->kind != FIELD_ADDRESS)
        return number_text(field, value);
    char *text = is_bytes(field) ? bytes_text(content, def, field) : address_text(value);
    char *quoted = field_quoted(text);

    free(text);
    return quoted;
}

char *field_value_text(const struct registers *registers, const struct register_def *def, unsigned instance,
                       const struct field_def *field)
{
    return value_text(content_of(registers, def, instance), def, field);
}

char *field_default_text(const struct register_def *def, const struct field_def *field)
{
    uint8_t bytes[REGISTER_MAX_BYTES] = { 0 };
    int size = hex_to_bytes(register_default(def), strlen(register_default(def)), bytes, sizeof bytes);

    return value_text((struct content) { bytes, (size_t) size }, def, field);
}

/* A number with its unit, which may be a multiple: "3.0 s" for 30 of "0.1 s", "10 ms" for 2 of "5 ms". */
static char *measured_text(const struct field_def *field, uint32_t value)
{
    const char *unit = field->unit != NULL ? field->unit : "";
    char *name;

    if (strncmp(unit, "0.1 ", 4) == 0)
        return text_format("%" PRIu32 ".%" PRIu32 " %s", value / 10, value % 10, unit + 4);
    if (!isdigit((unsigned char) *unit))
        return text_format("%" PRIu32 "%s%s", value, *unit != '\0' ? " " : "", unit);
    unsigned long multiple = strtoul(unit, &name, 10);
    return text_format("%lu%s", value * multiple, name);
}

char *field_value_meaning(const struct registers *registers, const struct register_def *def, unsigned instance,
                          const struct field_def *field)
{
    uint32_t value = field_bits(field, content_of(registers, def, instance).bytes);

    if (is_bytes(field))
        return bytes_text(content_of(registers, def, instance), def, field);
    if (field->kind == FIELD_ADDRESS)
        return address_text(value);
    if (field->kind == FIELD_BOOLEAN)
        return text_copy(value ? "on" : "off");
    if (field->kind == FIELD_FLAGS)
        return value != 0 ? flags_text(field, value, true) : text_copy("none");
    if (field->kind == FIELD_CHOICE) {
        const struct field_option *option = field_option_by_value(field, value);

        return option != NULL ? text_copy(option->title) : text_format("unknown (%" PRIX32 ")", value);
    }
    return measured_text(field, value);
}

char *field_register_problem(const struct registers *registers, const struct register_def *def, unsigned instance,
                             const struct field_def *field)
{
    const struct content content = content_of(registers, def, instance);

    if (field->kind == FIELD_HEX)
        return NULL;
    if (field->kind != FIELD_TEXT)
        return field_problem(field, field_bits(field, content.bytes), register_default_bits(def, field->mask));
    if (memchr(content.bytes, '\0', content.size_bytes) != NULL)
        return text_copy("a text without NUL bytes is needed");
    return field_text_problem(field, (const char *) content.bytes, content.size_bytes, def->gateway_size_bytes);
}
