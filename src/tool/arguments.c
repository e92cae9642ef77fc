/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CONFIG = 0x100, KEY_RUN_DIRECTORY, KEY_JSON };

static const struct argp_option common_options[] = {
    {.name = "config", .key = KEY_CONFIG, .arg = "FILE", .doc = "The settings (default " SPRINGPARK_CONFIG_FILE ")"},
    {.name = "run-directory", .key = KEY_RUN_DIRECTORY, .arg = "DIR",
     .doc = "Where the daemon's sockets are (default " SPRINGPARK_RUN_DIRECTORY ")"},
    {.name = "json", .key = KEY_JSON, .doc = "Print JSON, for programs"},
    {0},
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct tool_options *options = state->input;

    switch (key) {
    case KEY_CONFIG:
        options->config_file = arg;
        return 0;
    case KEY_RUN_DIRECTORY:
        options->run_directory = arg;
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp arguments_common = {.options = common_options, .parser = parse_common};

void arguments_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    char **words = memory_zeroed((size_t) argc + 1, sizeof *words);
    char *name = text_format("springparkctl %s", argv[0]);

    memcpy(words, argv, (size_t) argc * sizeof *words);
    words[0] = name;
    argp_parse(argp, argc, words, 0, NULL, input);
    free(words);
    free(name);
}

static error_t parse_none(int key, char *arg, struct argp_state *state)
{
    (void) arg;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

struct tool_options arguments_parse_none(const struct tool_options *options, const char *doc, int argc, char **argv)
{
    const struct argp_child children[] = {{.argp = &arguments_common}, {0}};
    const struct argp argp = {.parser = parse_none, .doc = doc, .children = children};
    struct tool_options result = *options;

    arguments_parse(&argp, argc, argv, &result);
    return result;
}

unsigned arguments_number(struct argp_state *state, const char *option, const char *text, unsigned min, unsigned max)
{
    char *end = NULL;

    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || number < min || number > max)
        argp_error(state, "%s takes a number from %u to %u, not \"%s\"", option, min, max, text);
    return (unsigned) number;
}
