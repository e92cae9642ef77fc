/* SPDX-License-Identifier: MIT */
#include "tool/daemon.h"

#include "tool/display.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int exit_status_of(int reason, int refused_status)
{
    switch (reason) {
    case ECANCELED:
        return refused_status;
    case EACCES:
        return EX_NOPERM;
    case EAGAIN:
    case ETIMEDOUT:
        return EX_TEMPFAIL;
    case EBADMSG:
        return EX_PROTOCOL;
    default:
        return EX_UNAVAILABLE;
    }
}

int daemon_say_failure(char *error, int reason, int refused_status)
{
    /* The daemon's own words stand for themselves, one complaint a line, so that an editor finds FILE:LINE in them. */
    char *rest = error;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (reason == ECANCELED)
            display_progress("%s", line);
        else
            display_error("%s", line);
    }
    free(error);
    return exit_status_of(reason, refused_status);
}

struct control_connection *daemon_connect(const struct tool_options *options, bool status_only, int *exit_status)
{
    char *error = NULL;
    struct control_connection *connection = control_connect(options->run_directory, status_only, &error);

    if (connection == NULL)
        *exit_status = daemon_say_failure(error, errno, EX_UNAVAILABLE);
    return connection;
}

json_t *daemon_ask(const struct tool_options *options, const char *request, json_t *arguments, int timeout_ms,
                   int refused_status, int *exit_status)
{
    char *error = NULL;
    struct control_connection *connection = daemon_connect(options, strcmp(request, "status") == 0, exit_status);

    if (connection == NULL) {
        json_decref(arguments);
        return NULL;
    }
    json_t *result = control_request_answer(connection, request, arguments, timeout_ms, &error);
    if (result == NULL)
        *exit_status = daemon_say_failure(error, errno, refused_status);
    control_connection_free(connection);
    return result;
}

void daemon_print_json(const json_t *value)
{
    display_put_json(stdout, value);
}
