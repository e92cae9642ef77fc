/* SPDX-License-Identifier: MIT */
#include "tool/registers_show.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/register_text.h"

#include <stdlib.h>

/* A member that takes over the text. */
static void set_text(json_t *object, const char *name, char *text)
{
    json_object_set_new(object, name, json_string(text));
    free(text);
}

static void set_constant(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text != NULL ? json_string(text) : json_null());
}

static json_t *json_from_options(const struct field_def *field)
{
    json_t *list = json_array();

    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        json_t *object = json_object();

        json_object_set_new(object, "value", json_integer(option->value));
        set_constant(object, "name", option->name);
        set_constant(object, "title", option->title);
        set_constant(object, "refused_because", option->refused_because);
        json_array_append_new(list, object);
    }
    return list;
}

static void set_numbers(json_t *object, const struct field_def *field)
{
    json_object_set_new(object, "min", json_integer(field->min));
    json_object_set_new(object, "max", json_integer(field->max));
    set_constant(object, "unit", field->unit != NULL ? field->unit : "");
    set_constant(object, "refused_because", field->refused_because);
    if (field->refused_because != NULL) {
        json_object_set_new(object, "refused_first", json_integer(field->refused_first));
        json_object_set_new(object, "refused_last", json_integer(field->refused_last));
    }
}

static json_t *json_from_field(const struct registers *registers, const struct registers_choice *choice,
                               const struct field_def *field)
{
    const struct register_def *def = choice->def;
    json_t *object = json_object();

    set_constant(object, "path", field->path);
    set_constant(object, "title", field->title);
    set_constant(object, "kind", field_kind_name(field));
    if (!field_is_whole(field))
        set_text(object, "mask", hex_from_bytes(field->mask, def->size_bytes));
    if (field->kind == FIELD_NUMBER)
        set_numbers(object, field);
    if (field->options != NULL)
        json_object_set_new(object, "options", json_from_options(field));
    if (field->kind == FIELD_TEXT || field->kind == FIELD_HEX || field->kind == FIELD_ADDRESS)
        set_text(object, "value", field_value_meaning(registers, def, choice->instance, field));
    else
        json_object_set_new(object, "value", json_integer(registers_get_bits(
                                                 registers, register_address(def, choice->instance), field->mask)));
    set_text(object, "text", field_value_text(registers, def, choice->instance, field));
    set_text(object, "meaning", field_value_meaning(registers, def, choice->instance, field));
    json_object_set_new(object, "changed", json_boolean(registers_field_is_changed(registers, choice, field)));
    set_constant(object, "support", field_support_name(field));
    set_constant(object, "effect", field->effect);
    return object;
}

json_t *registers_to_json(const struct registers *registers, const struct registers_choice *choice)
{
    const struct register_def *def = choice->def;
    json_t *object = json_object(), *fields = json_array();

    set_text(object, "address", text_format("%04X", register_address(def, choice->instance)));
    set_constant(object, "name", def->name);
    set_constant(object, "title", def->title);
    set_constant(object, "section", def->section);
    json_object_set_new(object, "size", json_integer(def->size_bytes));
    json_object_set_new(object, "gateway_size", json_integer(def->gateway_size_bytes));
    json_object_set_new(object, "variable", json_boolean(def->variable));
    json_object_set_new(object, "secret", json_boolean(def->secret));
    set_constant(object, "default", register_default(def));
    set_constant(object, "device_default", def->device_default);
    set_constant(object, "default_reason", def->default_reason);
    set_text(object, "value", register_value_text(registers, def, choice->instance));
    json_object_set_new(object, "changed", json_boolean(registers_is_changed(registers, choice)));
    for (size_t i = 0; i < def->fields_count; i++) {
        if (registers_choice_has(choice, &def->fields[i]))
            json_array_append_new(fields, json_from_field(registers, choice, &def->fields[i]));
    }
    json_object_set_new(object, "fields", fields);
    return object;
}
