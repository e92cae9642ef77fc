/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/daemon.h"
#include "tool/report.h"
#include "tool/tool.h"

#include <sysexits.h>

int tool_status(const struct tool_options *options, int argc, char **argv)
{
    struct tool_options own = arguments_parse_none(
        options, "How the running springparkd is. Anybody may ask; tag identifiers are not shown.", argc, argv);
    int exit_status = EX_OK;
    json_t *status = daemon_ask(&own, "status", NULL, DAEMON_ANSWER_TIMEOUT_MS, EX_UNAVAILABLE, &exit_status);

    if (status == NULL)
        return exit_status;
    if (own.json)
        daemon_print_json(status);
    else
        report_status(stdout, status);
    json_decref(status);
    return EX_OK;
}
