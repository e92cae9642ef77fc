/* SPDX-License-Identifier: MIT */
/* springparkctl check [FILE]: whether a configuration file is right, and nothing else. */
#include "device/manual.h"
#include "gateway/plan.h"
#include "tool/arguments.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct arguments {
    struct tool_options options;
    const char *file;           /* NULL: the one of --config */
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &arguments->options;
        return 0;
    }
    if (key == ARGP_KEY_ARG && state->arg_num > 0)
        argp_error(state, "one FILE at a time");
    if (key == ARGP_KEY_ARG) {
        arguments->file = argument;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { .argp = &arguments_common }, { 0 } };

static const struct argp parser = {
    .parser = parse_option,
    .children = children,
    .args_doc = "[FILE]",
    .doc = "Checks a configuration file (by default the one of --config) and reports everything that is wrong with"
           " it and with the certificates and keys that it names.\vExit status: 0 without errors, 78 otherwise.",
};

static void print_errors(const struct errors *errors)
{
    char *hint = manual_hint(errors);

    for (size_t i = 0; i < errors_count(errors); i++)
        fprintf(stderr, "%s\n", errors_get(errors, i));
    if (hint != NULL)
        fprintf(stderr, "%s\n", hint);
    free(hint);
}

int tool_check(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = { .options = *options };

    arguments_parse(&parser, argc, argv, &arguments);
    const char *file = arguments.file != NULL ? arguments.file : arguments.options.config_file;
    struct errors *errors = errors_create();
    struct plan *plan = plan_create(file, arguments.options.instance, errors);

    print_errors(errors);
    if (plan != NULL) {
        printf("%s: no errors\n", file);
        for (size_t i = 0; i < errors_count(plan->notes); i++)
            printf("note: %s\n", errors_get(plan->notes, i));
    }
    int status = plan != NULL ? EX_OK : EX_CONFIG;

    plan_free(plan);
    errors_free(errors);
    return status;
}
