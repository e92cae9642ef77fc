/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/daemon.h"
#include "tool/display.h"
#include "tool/tool.h"

#include <sysexits.h>

/* The daemon answers within 60 s: it looks at files, cards and certificates that may be slow. */
enum { RELOAD_TIMEOUT_MS = 65000 };

static void say_result(json_t *result)
{
    json_t *note;
    size_t index;

    (void) puts(json_is_true(json_object_get(result, "changed")) ? "the new settings are in use"
                                                                 : "the settings are as before");
    json_array_foreach(json_object_get(result, "notes"), index, note)
        display_progress("note: %s", json_is_string(note) ? json_string_value(note) : "?");
}

int tool_reload(const struct tool_options *options, int argc, char **argv)
{
    struct tool_options own = arguments_parse_none(
        options, "Makes the running springparkd read its settings again, and waits for the result. They are taken over "
                 "whole or not at all: with an error the old ones stay in use, and the status is 78.", argc, argv);
    int exit_status = EX_OK;
    json_t *result = daemon_ask(&own, "reload", NULL, RELOAD_TIMEOUT_MS, EX_CONFIG, &exit_status);

    if (result == NULL)
        return exit_status;
    if (own.json)
        daemon_print_json(result);
    else
        say_result(result);
    json_decref(result);
    return EX_OK;
}
