/* SPDX-License-Identifier: MIT */
/* springparkctl registers: every register with its value in a configuration file and what that means. */
#include "device/config.h"
#include "device/sample.h"
#include "tool/arguments.h"
#include "tool/registers_show.h"
#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct arguments {
    struct tool_options options;
    bool sample;
    bool changed;
    struct registers_choices wanted;  /* none: all */
};

enum { OPTION_SAMPLE = 0x100, OPTION_CHANGED };

static const struct argp_option argp_options[] = {
    { "changed", OPTION_CHANGED, NULL, 0, "Show only what differs from the default", 0 },
    { "sample", OPTION_SAMPLE, NULL, 0, "Print the sample of springpark.conf instead", 0 },
    { 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->options;
        return 0;
    case OPTION_SAMPLE:
        arguments->sample = true;
        return 0;
    case OPTION_CHANGED:
        arguments->changed = true;
        return 0;
    case ARGP_KEY_ARG: {
        char *problem = registers_choose(&arguments->wanted, argument);

        if (problem != NULL)
            argp_error(state, "%s", problem);
        free(problem);
        return 0;
    }
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { .argp = &arguments_common }, { 0 } };

static const struct argp parser = {
    .options = argp_options,
    .parser = parse_option,
    .children = children,
    .args_doc = "[NAME|ADDRESS]...",
    .doc = "Shows the registers as the configuration file sets them. Each NAME is a setting (mqtt.port,"
           " templates[1].swap), a group of settings (mqtt.tls) or a register by its name; it, or the register at"
           " ADDRESS (02A1), is explained with its bits, what may be chosen and what the gateway does with it.\vPasswords"
           " and keys are not shown: \"(set)\" stands for them, \"(default)\" for what every SpringPark has.",
};

static void print_json(const struct registers *registers, const struct registers_choices *choices, bool changed)
{
    json_t *list = json_array();

    for (size_t i = 0; i < choices->count; i++) {
        if (!changed || registers_is_changed(registers, &choices->items[i]))
            json_array_append_new(list, registers_to_json(registers, &choices->items[i]));
    }
    json_dumpf(list, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(list);
}

static void print_changed(const struct registers *registers, const struct registers_choices *choices)
{
    size_t changed = 0;

    for (size_t i = 0; i < choices->count; i++)
        changed += registers_show_changed(registers, &choices->items[i]);
    if (changed == 0)
        puts("nothing differs from the defaults");
}

static void print(struct arguments *arguments, const struct registers *registers)
{
    struct registers_choices *choices = &arguments->wanted;
    const bool all = choices->count == 0;

    if (all)
        registers_choose_all(choices);
    registers_choices_settle(choices, registers);
    if (choices->count == 0)
        fputs("no template has such a setting; next: springpark.conf(5) says to which type it belongs\n", stderr);
    if (arguments->options.json)
        print_json(registers, choices, arguments->changed);
    else if (arguments->changed)
        print_changed(registers, choices);
    else
        for (size_t i = 0; i < choices->count; i++)
            (all ? registers_list : registers_explain)(registers, &choices->items[i]);
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

static int print_defaults(struct arguments *arguments)
{
    struct registers *registers = registers_create();

    fprintf(stderr, "%s is not there: these are the defaults\n", SPRINGPARK_CONFIG_FILE);
    print(arguments, registers);
    registers_free(registers);
    return EX_OK;
}

static int print_file(struct arguments *arguments)
{
    struct errors *errors = errors_create(), *notes = errors_create();
    struct config *config = config_load(arguments->options.config_file, arguments->options.instance, errors,
                                        notes);

    for (size_t i = 0; i < errors_count(errors); i++)
        fprintf(stderr, "%s\n", errors_get(errors, i));
    if (config != NULL)
        print(arguments, config_registers(config));
    int status = config != NULL ? EX_OK : EX_CONFIG;

    config_free(config);
    errors_free(notes);
    errors_free(errors);
    return status;
}

int tool_registers(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = { .options = *options };
    int status;

    arguments_parse(&parser, argc, argv, &arguments);
    if (arguments.sample)
        status = print_sample();
    else if (is_default_and_absent(arguments.options.config_file))
        status = print_defaults(&arguments);
    else
        status = print_file(&arguments);
    registers_choices_free(&arguments.wanted);
    return status;
}
