/* SPDX-License-Identifier: MIT */
/* springparkctl registers: every register with its value in a configuration file and what that means. */
#include "base/hex.h"
#include "base/memory.h"
#include "device/config.h"
#include "device/register_text.h"
#include "device/sample.h"
#include "tool/arguments.h"
#include "tool/tool.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct arguments {
    struct tool_options options;
    bool sample;
    bool wanted_given;
    uint16_t wanted; /* the one register to show */
};

enum { OPTION_SAMPLE = 0x100 };

static const struct argp_option argp_options[] = {
    { "sample", OPTION_SAMPLE, NULL, 0, "Print the sample of springpark.conf instead", 0 },
    { 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    uint8_t address[2];
    unsigned instance;

    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &arguments->options;
        return 0;
    }
    if (key == OPTION_SAMPLE) {
        arguments->sample = true;
        return 0;
    }
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (state->arg_num > 0)
        argp_error(state, "one ADDRESS at a time");
    if (hex_to_bytes(argument, strlen(argument), address, sizeof address) != 2)
        argp_error(state, "%s is no address; an address has four hex digits, for instance 02A1", argument);
    arguments->wanted = (uint16_t) (address[0] << 8 | address[1]);
    arguments->wanted_given = true;
    if (register_find(arguments->wanted, &instance) == NULL)
        argp_error(state, "register %s is not in this version; `springparkctl registers` lists those that are", argument);
    return 0;
}

static const struct argp_child children[] = { { .argp = &arguments_common }, { 0 } };

static const struct argp parser = {
    .options = argp_options,
    .parser = parse_option,
    .children = children,
    .args_doc = "[ADDRESS]",
    .doc = "Shows the registers (or one of them) as the configuration file sets them.",
};

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

static json_t *json_from_field(const struct registers *registers, const struct register_def *def, unsigned instance,
                               const struct field_def *field)
{
    json_t *object = json_object();

    set_constant(object, "path", field->path);
    set_constant(object, "title", field->title);
    set_constant(object, "kind", field_kind_name(field));
    if (field->kind != FIELD_TEXT)
        set_text(object, "mask", hex_from_bytes(field->mask, def->size_bytes));
    if (field->kind == FIELD_NUMBER) {
        json_object_set_new(object, "min", json_integer(field->min));
        json_object_set_new(object, "max", json_integer(field->max));
        set_constant(object, "unit", field->unit != NULL ? field->unit : "");
        set_constant(object, "refused_because", field->refused_because);
    }
    if (field->kind == FIELD_CHOICE)
        json_object_set_new(object, "options", json_from_options(field));
    if (field->kind == FIELD_TEXT) {
        set_text(object, "value", field_value_meaning(registers, def, instance, field));
    } else {
        uint32_t bits = registers_get_bits(registers, register_address(def, instance), field->mask);

        json_object_set_new(object, "value", json_integer(bits));
    }
    set_text(object, "meaning", field_value_meaning(registers, def, instance, field));
    set_constant(object, "support", field_support_name(field));
    set_constant(object, "effect", field->effect);
    return object;
}

static json_t *json_from_register(const struct registers *registers, const struct register_def *def,
                                  unsigned instance)
{
    json_t *object = json_object(), *fields = json_array();

    set_text(object, "address", text_format("%04X", register_address(def, instance)));
    set_constant(object, "name", def->name);
    set_constant(object, "title", def->title);
    set_constant(object, "section", def->section);
    json_object_set_new(object, "size", json_integer(def->size_bytes));
    json_object_set_new(object, "gateway_size", json_integer(def->gateway_size_bytes));
    json_object_set_new(object, "variable", json_boolean(def->variable));
    set_constant(object, "default", register_default(def));
    set_constant(object, "device_default", def->device_default);
    set_constant(object, "default_reason", def->default_reason);
    set_text(object, "value", register_value_text(registers, def, instance));
    for (size_t i = 0; i < def->fields_count; i++)
        json_array_append_new(fields, json_from_field(registers, def, instance, &def->fields[i]));
    json_object_set_new(object, "fields", fields);
    return object;
}

static void print_register(const struct registers *registers, const struct register_def *def, unsigned instance)
{
    char *value = register_value_text(registers, def, instance);
    const char *standard = register_default(def);

    printf("%04X  %s", register_address(def, instance), def->title);
    if (def->per_template)
        printf(", template %u", instance + 1);
    printf(": %s%s\n", *value != '\0' ? value : "empty", strcmp(value, standard) == 0 ? " (default)" : "");
    for (size_t i = 0; i < def->fields_count; i++) {
        const struct field_def *field = &def->fields[i];

        if (field->kind == FIELD_RESERVED)
            continue;
        char *text = field_value_text(registers, def, instance, field);
        char *meaning = field_value_meaning(registers, def, instance, field);

        printf("      %-40s %s", field->path, text);
        if (field->kind == FIELD_CHOICE || (field->kind == FIELD_NUMBER && field->unit != NULL))
            printf("  (%s)", meaning);
        printf("%s\n", field->support == FIELD_NOT_APPLICABLE ? "  [no effect here]" : "");
        free(meaning);
        free(text);
    }
    free(value);
}

static void print_all(const struct arguments *arguments, const struct registers *registers)
{
    size_t count;
    const struct register_def *table = register_table(&count);
    json_t *list = json_array();

    for (unsigned instance = 0; instance < REGISTER_TEMPLATE_INSTANCES; instance++) {
        for (size_t i = 0; i < count; i++) {
            if (instance > 0 && !table[i].per_template)
                continue;
            if (arguments->wanted_given && register_address(&table[i], instance) != arguments->wanted)
                continue;
            if (arguments->options.json)
                json_array_append_new(list, json_from_register(registers, &table[i], instance));
            else
                print_register(registers, &table[i], instance);
        }
    }
    if (arguments->options.json) {
        json_dumpf(list, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(list);
}

static int print_sample(void)
{
    char *text = sample_configuration();

    fputs(text, stdout);
    free(text);
    return EX_OK;
}

/* A box that is not set up yet: nobody named a file, and the usual one is not there. */
static bool is_default_and_absent(const char *file)
{
    return strcmp(file, SPRINGPARK_CONFIG_FILE) == 0 && access(file, F_OK) != 0 && errno == ENOENT;
}

static int print_defaults(const struct arguments *arguments)
{
    struct registers *registers = registers_create();

    fprintf(stderr, "%s is not there: these are the defaults\n", SPRINGPARK_CONFIG_FILE);
    print_all(arguments, registers);
    registers_free(registers);
    return EX_OK;
}

int tool_registers(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = { .options = *options };

    arguments_parse(&parser, argc, argv, &arguments);
    if (arguments.sample)
        return print_sample();
    if (is_default_and_absent(arguments.options.config_file))
        return print_defaults(&arguments);

    struct errors *errors = errors_create(), *notes = errors_create();
    struct config *config = config_load(arguments.options.config_file, "", errors, notes);

    for (size_t i = 0; i < errors_count(errors); i++)
        fprintf(stderr, "%s\n", errors_get(errors, i));
    if (config != NULL)
        print_all(&arguments, config_registers(config));
    int status = config != NULL ? EX_OK : EX_CONFIG;

    config_free(config);
    errors_free(notes);
    errors_free(errors);
    return status;
}
