/* SPDX-License-Identifier: MIT */
#include "tool/registers_show.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/register_text.h"
#include "tool/display.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 110 };

bool registers_field_is_changed(const struct registers *registers, const struct registers_choice *choice,
                                const struct field_def *field)
{
    return registers_choice_has(choice, field) && field->kind != FIELD_RESERVED &&
           !registers_field_equals(registers, choice->def, choice->instance, field, register_default(choice->def));
}

bool registers_is_changed(const struct registers *registers, const struct registers_choice *choice)
{
    for (size_t i = 0; i < choice->def->fields_count; i++) {
        if (registers_field_is_changed(registers, choice, &choice->def->fields[i]))
            return true;
    }
    return false;
}

static uint16_t address_of(const struct registers_choice *choice)
{
    return register_address(choice->def, choice->instance);
}

/* "0311  Output size and format (TOF), template 1" */
static void put_title(const struct registers_choice *choice)
{
    printf("%04X  %s", address_of(choice), choice->def->title);
    if (choice->def->per_template)
        printf(", template %u", choice->instance + 1);
}

static void put_text(char *text)
{
    display_put(stdout, text);
    free(text);
}

static void put_value(const struct registers *registers, const struct registers_choice *choice)
{
    char *value = register_value_text(registers, choice->def, choice->instance);

    printf("%s", *value != '\0' ? value : "empty");
    if (!registers_is_changed(registers, &(struct registers_choice) { choice->def, choice->instance, NULL }) &&
        strcmp(value, "(default)") != 0)
        printf(" (default)");
    free(value);
}

static bool has_meaning(const struct field_def *field)
{
    return field->kind == FIELD_CHOICE || (field->kind == FIELD_NUMBER && field->unit != NULL);
}

void registers_list(const struct registers *registers, const struct registers_choice *choice)
{
    put_title(choice);
    printf(": ");
    put_value(registers, choice);
    putchar('\n');
    for (size_t i = 0; i < choice->def->fields_count; i++) {
        const struct field_def *field = &choice->def->fields[i];

        if (field->path == NULL || !registers_choice_has(choice, field))
            continue;
        printf("      %-40s ", field->path);
        put_text(field_value_text(registers, choice->def, choice->instance, field));
        if (has_meaning(field)) {
            printf("  (");
            put_text(field_value_meaning(registers, choice->def, choice->instance, field));
            putchar(')');
        }
        printf("%s\n", field->support == FIELD_NOT_APPLICABLE ? "  [no effect here]" : "");
    }
}

/* A paragraph with that indentation, broken at spaces. */
__attribute__((format(printf, 2, 3))) static void put_paragraph(int indent, const char *format, ...)
{
    size_t width = (size_t) (WIDTH - indent);
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    for (const char *rest = text; *rest != '\0'; rest += strspn(rest, " ")) {
        size_t length = strlen(rest);

        if (length > width) {
            for (length = width; length > 0 && rest[length] != ' '; length--)
                ;
            if (length == 0)
                length = strcspn(rest, " ");
        }
        char *line = text_format("%.*s", (int) length, rest);
        printf("%*s", indent, "");
        put_text(line);
        putchar('\n');
        rest += length;
    }
    free(text);
}

static void put_size(const struct register_def *def)
{
    if (def->gateway_size_bytes != def->size_bytes)
        put_paragraph(6, "At most %u bytes; a SpringPark takes %u.", def->gateway_size_bytes, def->size_bytes);
    else
        put_paragraph(6, "%s %u byte%s.", def->variable ? "At most" : "Exactly", def->size_bytes,
                      def->size_bytes == 1 ? "" : "s");
}

static const char *or_empty(const char *hex)
{
    return *hex != '\0' ? hex : "empty";
}

static void put_default(const struct register_def *def)
{
    if (def->gateway_default == NULL)
        put_paragraph(6, "Default: %s.", or_empty(def->device_default));
    else
        put_paragraph(6, "Default: %s; a SpringPark has %s. Why: %s.", def->gateway_default,
                      or_empty(def->device_default), def->default_reason);
}

static void put_options(const struct field_def *field)
{
    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if (option->refused_because == NULL)
            put_paragraph(12, "\"%s\" (%u): %s", option->name, option->value, option->title);
        else
            put_paragraph(12, "\"%s\" (%u): %s; not allowed: %s", option->name, option->value, option->title,
                          option->refused_because);
    }
}

static void put_allowed(const struct register_def *def, const struct field_def *field)
{
    char *allowed = field_allowed(field, def->gateway_size_bytes);

    if (field->options != NULL)
        put_options(field);
    else if (field->kind == FIELD_HEX && field_is_whole(field))
        put_paragraph(10, "Allowed: hex digits.");
    else if (field->refused_because != NULL)
        put_paragraph(10, "Allowed: %s; %s.", allowed, field->refused_because);
    else
        put_paragraph(10, "Allowed: %s.", allowed);
    free(allowed);
}

static void explain_field(const struct registers *registers, const struct registers_choice *choice,
                          const struct field_def *field)
{
    static const char *const words[] = { [FIELD_HONOURED] = "Honoured: ",
                                         [FIELD_NOT_APPLICABLE] = "No effect here: ",
                                         [FIELD_REFUSED] = "Must stay as it is: " };
    char *bits = field_is_whole(field) ? text_copy("") : hex_from_bytes(field->mask, choice->def->size_bytes);
    char *value = field_value_text(registers, choice->def, choice->instance, field);
    char *meaning = field_value_meaning(registers, choice->def, choice->instance, field);

    if (field->kind == FIELD_RESERVED) {
        put_paragraph(6, "Reserved (bits %s): must stay as it is", bits);
    } else if (field->path == NULL) {
        put_paragraph(6, "%s. %s%s.", field->title, words[field->support], field->effect);
        put_paragraph(10, "It can only be set raw: registers = [ \"%04X=...\" ].", address_of(choice));
    } else {
        put_paragraph(6, "%s = %s%s%s%s", field->path, value, has_meaning(field) ? "  (" : "",
                      has_meaning(field) ? meaning : "", has_meaning(field) ? ")" : "");
        put_paragraph(10, "%s%s%s%s. %s%s.", field->title, *bits != '\0' ? " (bits " : "", bits,
                      *bits != '\0' ? ")" : "", words[field->support], field->effect);
        put_allowed(choice->def, field);
    }
    free(meaning);
    free(value);
    free(bits);
}

void registers_explain(const struct registers *registers, const struct registers_choice *choice)
{
    const struct register_def *def = choice->def;

    put_title(choice);
    printf(" (%s): ", def->name);
    put_value(registers, choice);
    putchar('\n');
    put_size(def);
    put_default(def);
    if (def->secret)
        put_paragraph(6, "A secret: it is never shown; \"file:PATH\" in its place takes it from a file.");
    for (size_t i = 0; i < def->fields_count; i++) {
        if (registers_choice_has(choice, &def->fields[i]))
            explain_field(registers, choice, &def->fields[i]);
    }
}

size_t registers_show_changed(const struct registers *registers, const struct registers_choice *choice)
{
    size_t changed = 0;

    for (size_t i = 0; i < choice->def->fields_count; i++) {
        const struct field_def *field = &choice->def->fields[i];

        if (!registers_field_is_changed(registers, choice, field))
            continue;
        printf("%04X  %s", address_of(choice), field->path != NULL ? field->path : "(raw)");
        if (choice->def->per_template)
            printf(", template %u", choice->instance + 1);
        printf(" = ");
        put_text(field_value_text(registers, choice->def, choice->instance, field));
        printf("  (default ");
        put_text(field_default_text(choice->def, field));
        printf(")\n");
        changed++;
    }
    return changed;
}
