/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/daemon.h"
#include "tool/report.h"
#include "tool/tool.h"

#include <sysexits.h>

int tool_readers(const struct tool_options *options, int argc, char **argv)
{
    struct tool_options own =
        arguments_parse_none(options, "The readers of the running springparkd.", argc, argv);
    int exit_status = EX_OK;
    json_t *result = daemon_ask(&own, "readers", NULL, DAEMON_ANSWER_TIMEOUT_MS, EX_UNAVAILABLE, &exit_status);

    if (result == NULL)
        return exit_status;
    if (own.json)
        daemon_print_json(result);
    else
        report_readers(stdout, json_object_get(result, "readers"));
    json_decref(result);
    return EX_OK;
}
