/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"

#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CONFIG = 0x100, KEY_RUN_DIRECTORY, KEY_INSTANCE, KEY_JSON };

static const struct argp_option common_options[] = {
    {.name = "config", .key = KEY_CONFIG, .arg = "FILE", .doc = "The settings (default " SPRINGPARK_CONFIG_FILE ")"},
    {.name = "run-directory", .key = KEY_RUN_DIRECTORY, .arg = "DIR",
     .doc = "Where the daemon's sockets are (default " SPRINGPARK_RUN_DIRECTORY ")"},
    {.name = "instance", .key = KEY_INSTANCE, .arg = "NAME",
     .doc = "The device of springparkd@NAME: settings " SPRINGPARK_CONFIG_FOLDER "/NAME.conf, sockets "
            SPRINGPARK_RUN_DIRECTORY "@NAME"},
    {.name = "json", .key = KEY_JSON, .doc = "Print JSON, for programs"},
    {0},
};

/* As systemd takes it for the name of a unit; and it becomes the name of folders. */
static bool is_instance_name(const char *name)
{
    if (*name == '\0' || *name == '.' || strlen(name) > 64)
        return false;
    while (isalnum((unsigned char) *name) || (*name != '\0' && strchr("._-", *name) != NULL))
        name++;
    return *name == '\0';
}

/* The environment is where systemd would tell such paths; it keeps them to the end of the process. */
static const char *keep(const char *variable, char *value)
{
    (void) setenv(variable, value, 1);
    free(value);
    return getenv(variable);
}

/* What springparkd@.service says of its instances. --config and --run-directory go before. */
static void choose_instance(struct tool_options *options, const char *name)
{
    options->instance = name;
    (void) keep("STATE_DIRECTORY", text_format("%s@%s", SPRINGPARK_STATE_DIRECTORY, name));
    (void) keep("CREDENTIALS_DIRECTORY", text_format("/run/credentials/springparkd@%s.service", name));
    if (strcmp(options->config_file, SPRINGPARK_CONFIG_FILE) == 0)
        options->config_file = keep("SPRINGPARK_INSTANCE_CONFIG",
                                    text_format("%s/%s.conf", SPRINGPARK_CONFIG_FOLDER, name));
    if (strcmp(options->run_directory, SPRINGPARK_RUN_DIRECTORY) == 0)
        options->run_directory = keep("SPRINGPARK_INSTANCE_RUN",
                                      text_format("%s@%s", SPRINGPARK_RUN_DIRECTORY, name));
}

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
    case KEY_INSTANCE:
        if (!is_instance_name(arg))
            argp_error(state, "--instance: \"%s\" is no name of letters, digits, \".\", \"_\" and \"-\"", arg);
        choose_instance(options, arg);
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
