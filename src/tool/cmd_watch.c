/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/daemon.h"
#include "tool/display.h"
#include "tool/interrupt.h"
#include "tool/tool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

struct watch {
    struct tool_options options;
    unsigned events_wanted;     /* 0 = no end */
    bool progress;              /* also print how far an event has come */
    unsigned events_count;
};

enum { KEY_EVENTS = 0x300, KEY_PROGRESS };

static const struct argp_option watch_options[] = {
    {.name = "events", .key = KEY_EVENTS, .arg = "N", .doc = "End after N events"},
    {.name = "progress", .key = KEY_PROGRESS,
     .doc = "Say also up to which event all are on disk ({\"stored\":\"START:SEQUENCE\"}), and which the broker has "
            "acknowledged ({\"confirmed\":...})"},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct watch *watch = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &watch->options;
        return 0;
    case KEY_EVENTS:
        watch->events_wanted = arguments_number(state, "--events", arg, 1, UINT_MAX);
        return 0;
    case KEY_PROGRESS:
        watch->progress = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* False when there is nobody to print for any more. */
static bool print_event(struct watch *watch, json_t *line)
{
    json_t *event = json_object_get(line, "event");

    if (event == NULL && !watch->progress)
        return true;
    daemon_print_json(event != NULL ? event : line);
    watch->events_count += event != NULL ? 1 : 0;
    return fflush(stdout) == 0;
}

/* Prints what is there. True and *exit_status when it is time to end. */
static bool print_lines(struct watch *watch, struct control_connection *connection, int *exit_status)
{
    for (;;) {
        char *error = NULL;
        json_t *line = control_next_line(connection, 0, &error);
        int reason = errno;
        if (line == NULL && reason == ETIMEDOUT) {
            free(error);
            return false;
        }
        if (line == NULL) {
            *exit_status = daemon_say_failure(error, reason, EX_UNAVAILABLE);
            return true;
        }
        bool printed = print_event(watch, line);
        json_decref(line);
        bool enough = watch->events_wanted > 0 && watch->events_count >= watch->events_wanted;
        if (!printed || enough)
            return true;
    }
}

static int watch_until_the_end(struct watch *watch, struct control_connection *connection,
                               const struct interrupt *interrupt)
{
    struct pollfd items[] = {
        {.fd = control_connection_fd(connection), .events = POLLIN},
        {.fd = interrupt_fd(interrupt), .events = POLLIN},
    };
    int exit_status = EX_OK;

    for (;;) {
        /* An event may have come in the same packet as the answer, so look first and wait then. */
        if (print_lines(watch, connection, &exit_status))
            return exit_status;
        if (poll(items, 2, -1) < 0 && errno != EINTR)
            return EX_OSERR;
        if (interrupt_asked(interrupt))
            return EX_OK;
    }
}

int tool_watch(const struct tool_options *options, int argc, char **argv)
{
    const struct argp_child children[] = {{.argp = &arguments_common}, {0}};
    const struct argp argp = {
        .options = watch_options, .parser = parse, .children = children,
        .doc = "Prints the READER EVENTs of the running springparkd as they happen, one compact JSON object a line, "
               "until Ctrl-C."};
    struct watch watch = {.options = *options, .events_wanted = 0};
    int exit_status = EX_OK;
    char *error = NULL;

    arguments_parse(&argp, argc, argv, &watch);
    struct interrupt *interrupt = interrupt_create();
    struct control_connection *connection = daemon_connect(&watch.options, false, &exit_status);
    if (connection != NULL) {
        json_t *result = control_request_answer(connection, "watch", NULL, DAEMON_ANSWER_TIMEOUT_MS, &error);
        exit_status = result != NULL ? watch_until_the_end(&watch, connection, interrupt)
                                     : daemon_say_failure(error, errno, EX_UNAVAILABLE);
        json_decref(result);
    }
    control_connection_free(connection);
    interrupt_free(interrupt);
    return exit_status;
}
