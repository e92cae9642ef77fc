/* SPDX-License-Identifier: MIT */
#include "tool/journal_release.h"

#include "tool/daemon.h"
#include "tool/display.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* One request; arguments' reference is taken over. False: the connection is of no use any more. */
static bool release(struct control_connection *connection, json_t *arguments, const char *id, json_int_t *released,
                    int *exit_status)
{
    char *error = NULL;
    json_t *result =
        control_request_answer(connection, "journal-release", arguments, DAEMON_ANSWER_TIMEOUT_MS, &error);
    int reason = errno;

    if (result == NULL) {
        *exit_status = daemon_say_failure(error, reason, EX_UNAVAILABLE);
        return reason == ECANCELED;
    }
    json_int_t count = json_integer_value(json_object_get(result, "released"));
    json_decref(result);
    *released += count;
    if (id != NULL && count == 0) {
        display_error("%s is not set aside; next: springparkctl journal --set-aside shows what is", id);
        *exit_status = EX_UNAVAILABLE;
    }
    return true;
}

static void say(const struct tool_options *options, json_int_t released)
{
    if (options->json) {
        json_t *result = json_pack("{s:I}", "released", released);

        daemon_print_json(result);
        json_decref(result);
    } else if (released == 0) {
        (void) puts("nothing was set aside");
    } else {
        (void) printf("%" JSON_INTEGER_FORMAT " %s sent again\n", released, released == 1 ? "event is" : "events are");
    }
}

int journal_release(const struct tool_options *options, char *const *ids, size_t ids_count)
{
    int exit_status = EX_OK;
    struct control_connection *connection = daemon_connect(options, false, &exit_status);
    json_int_t released = 0;
    bool usable = true;

    if (connection == NULL)
        return exit_status;
    if (ids_count == 0)
        (void) release(connection, json_pack("{s:b}", "all", 1), NULL, &released, &exit_status);
    for (size_t i = 0; i < ids_count && usable; i++)
        usable = release(connection, json_pack("{s:s}", "id", ids[i]), ids[i], &released, &exit_status);
    control_connection_free(connection);
    if (exit_status == EX_OK || released > 0)
        say(options, released);
    return exit_status;
}
