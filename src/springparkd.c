/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "gateway.h"

#include <argp.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

const char *argp_program_version = "springparkd " PACKAGE_VERSION;

enum { OPTION_STATE_DIRECTORY = 0x100, OPTION_RUN_DIRECTORY, OPTION_INSTANCE };

static const struct argp_option the_options[] = {
    { "config", 'c', "FILE", 0, "Read this configuration instead of " SPRINGPARK_CONFIG_FILE, 0 },
    { "state-directory", OPTION_STATE_DIRECTORY, "DIR", 0, "Keep the startup counter here instead of where "
      "`journal.directory` says", 0 },
    { "run-directory", OPTION_RUN_DIRECTORY, "DIR", 0, "Make the control sockets here instead of in "
      SPRINGPARK_RUN_DIRECTORY, 0 },
    { "log-level", 'l', "LEVEL", 0, "error, warning, notice, info (the default) or debug; debug shows tag identifiers", 0 },
    { "instance", OPTION_INSTANCE, "NAME", 0, "One of several emulated devices on this box: part of the default serial "
      "number", 0 },
    { 0 },
};

static bool parse_level(const char *word)
{
    static const struct { const char *word; enum log_level level; } levels[] = {
        { "error", LOG_LEVEL_ERROR }, { "warning", LOG_LEVEL_WARNING }, { "notice", LOG_LEVEL_NOTICE },
        { "info", LOG_LEVEL_INFO },   { "debug", LOG_LEVEL_DEBUG },
    };

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(levels[i].word, word) != 0)
            continue;
        log_set_level(levels[i].level);
        return true;
    }
    return false;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct gateway_options *options = state->input;

    switch (key) {
    case 'c':
        options->config_file = argument;
        return 0;
    case OPTION_STATE_DIRECTORY:
        options->state_directory = argument;
        return 0;
    case OPTION_RUN_DIRECTORY:
        options->run_directory = argument;
        return 0;
    case OPTION_INSTANCE:
        options->instance = argument;
        return 0;
    case 'l':
        if (!parse_level(argument))
            argp_error(state, "--log-level: \"%s\" is none of error, warning, notice, info, debug", argument);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is no option; springparkd takes no other words", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp parser = {
        .options = the_options,
        .parser = parse_option,
        .doc = "Sends what contactless readers see to an MQTT broker, as a SpringCard SpringPark does.\v"
               "It is configured by " SPRINGPARK_CONFIG_FILE ", see springpark.conf(5), and asked by springparkctl. It "
               "ends with 78 if the configuration is wrong. More is in springparkd(8).",
    };
    struct gateway_options options = {
        .config_file = SPRINGPARK_CONFIG_FILE,
        .run_directory = SPRINGPARK_RUN_DIRECTORY,
        .instance = "",
    };

    /* A heap of its own for each thread would cost more memory than the few allocations of this program save. */
    mallopt(M_ARENA_MAX, 1);
    argp_err_exit_status = EX_USAGE;
    argp_parse(&parser, argc, argv, 0, NULL, &options);
    return gateway_run(&options);
}
