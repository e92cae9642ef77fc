/* SPDX-License-Identifier: MIT */
/*
 * springparkctl: options that all subcommands share, then a table of subcommands.
 */
#include "base/memory.h"
#include "tool/arguments.h"
#include "tool/display.h"
#include "tool/tool.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const struct subcommand {
    const char *name;
    tool_command *run;
    const char *summary;
} subcommands[] = {
    {"status", tool_status, "how the running springparkd is"},
    {"readers", tool_readers, "its readers"},
    {"journal", tool_journal, "what waits for the broker, and what the broker refused"},
    {"watch", tool_watch, "its events, as they happen"},
    {"reload", tool_reload, "makes it read its settings again"},
    {"command", tool_command_send, "sends a READER COMMAND: LEDs, buzzer, relay"},
    {"check", tool_check, "looks whether a settings file is right"},
    {"doctor", tool_doctor, "looks at everything on the way to the broker, one line each"},
    {"discover", tool_discover, "finds SpringParks and gateways on the network"},
    {"registers", tool_registers, "every register with name, address, value and meaning"},
    {"network", tool_network, "the network against register 0280; makes it so"},
    {"set", tool_set, "changes settings in the settings file, safely"},
    {"import", tool_import, "takes the configuration that was made for a SpringPark"},
    {"export", tool_export, "writes the settings as such a configuration"},
    {"certs", tool_certs, "makes and shows certificates and keys"},
    {"subscribe", tool_subscribe, "events from an MQTT broker, with a client certificate"},
};

struct words {
    struct tool_options options;
    const struct subcommand *subcommand;
    int argc;
    char **argv;    /* the subcommand's, its name first */
};

const char *argp_program_version = "springparkctl " PACKAGE_VERSION;

static const struct subcommand *find_subcommand(const char *name)
{
    for (size_t index = 0; index < sizeof subcommands / sizeof *subcommands; index++) {
        if (strcmp(subcommands[index].name, name) == 0)
            return &subcommands[index];
    }
    return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &words->options;
        return 0;
    case ARGP_KEY_ARG:
        words->subcommand = find_subcommand(arg);
        if (words->subcommand == NULL)
            argp_error(state, "there is no command \"%s\"", arg);
        words->argc = state->argc - state->next + 1;
        words->argv = &state->argv[state->next - 1];
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a command is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Adds the table of subcommands to --help. */
static char *extend_help(int key, const char *text, void *input)
{
    (void) input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return text_copy(text);
    char *help = text_copy("Commands (each has --help):\n");
    for (size_t index = 0; index < sizeof subcommands / sizeof *subcommands; index++) {
        char *longer = text_format("%s  %-10s %s\n", help, subcommands[index].name, subcommands[index].summary);
        free(help);
        help = longer;
    }
    char *whole = text_format("%s\nMore is in springparkctl(1).\n\nExit status: 0 done, 1 the network differs, 64 wrong "
                              "usage, 65 or 66 a file is wrong or cannot be read, 69 not reachable or refused, 71 the "
                              "system failed, 73 or 74 a "
                              "file cannot be written, 75 not now, 76 nonsense came back, 77 not permitted, 78 an "
                              "error in the settings.", help);
    free(help);
    return whole;
}

int main(int argc, char **argv)
{
    const struct argp_child children[] = {{.argp = &arguments_common}, {0}};
    const struct argp argp = {
        .parser = parse, .children = children, .args_doc = "COMMAND [WORD...]", .help_filter = extend_help,
        .doc = "Inspects, tests and steers springparkd, the SpringPark emulation.\v "};
    struct words words = {.options = {.config_file = SPRINGPARK_CONFIG_FILE,
                                      .run_directory = SPRINGPARK_RUN_DIRECTORY, .instance = ""}};

    /* While the daemon runs its credentials lie there: who checks its configuration by hand finds them, too. */
    (void) setenv("CREDENTIALS_DIRECTORY", "/run/credentials/springparkd.service", 0);
    argp_err_exit_status = EX_USAGE;
    (void) signal(SIGPIPE, SIG_IGN); /* who stops reading our output is noticed where it is written */
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &words);
    assert(words.subcommand != NULL); /* argp has ended the process otherwise */
    int exit_status = words.subcommand->run(&words.options, words.argc, words.argv);

    if (fflush(stdout) != 0 && errno != EPIPE && exit_status == EX_OK) {
        display_error("cannot write the output: %s", strerror(errno));
        return EX_IOERR;
    }
    return exit_status;
}
