/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/daemon.h"
#include "tool/readers_scan.h"
#include "tool/report.h"
#include "tool/tool.h"

#include <sysexits.h>

struct readers_words {
    struct tool_options options;
    bool scan;
};

enum { KEY_SCAN = 0x200 };

static const struct argp_option own_options[] = {
    {.name = "scan", .key = KEY_SCAN,
     .doc = "Instead: the devices that libnfc finds on USB now, as lines for the setting `readers`; needs no daemon"},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct readers_words *words = state->input;

    (void) arg;
    if (key == ARGP_KEY_INIT)
        state->child_inputs[0] = &words->options;
    else if (key == KEY_SCAN)
        words->scan = true;
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static int show_readers(const struct tool_options *options)
{
    int exit_status = EX_OK;
    json_t *result = daemon_ask(options, "readers", NULL, DAEMON_ANSWER_TIMEOUT_MS, EX_UNAVAILABLE, &exit_status);

    if (result == NULL)
        return exit_status;
    if (options->json)
        daemon_print_json(result);
    else
        report_readers(stdout, json_object_get(result, "readers"));
    json_decref(result);
    return EX_OK;
}

int tool_readers(const struct tool_options *options, int argc, char **argv)
{
    const struct argp_child children[] = {{.argp = &arguments_common}, {0}};
    const struct argp argp = {
        .options = own_options, .parser = parse, .children = children,
        .doc = "The readers of the running springparkd.\v--scan shows libnfc devices only; PC/SC readers need no name "
               "in the settings. A device that springparkd or pcscd uses may be missing from it, and so are those on "
               "serial lines, I2C and SPI, which cannot be found by looking."};
    struct readers_words words = {.options = *options};

    arguments_parse(&argp, argc, argv, &words);
    return words.scan ? readers_scan(words.options.json) : show_readers(&words.options);
}
