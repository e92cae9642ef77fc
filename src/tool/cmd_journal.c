/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/display.h"
#include "tool/interrupt.h"
#include "tool/journal_pages.h"
#include "tool/journal_release.h"
#include "tool/journal_view.h"
#include "tool/new_file.h"
#include "tool/tool.h"

#include "base/memory.h"
#include "message/message.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum action { ACTION_LIST, ACTION_EXPORT, ACTION_RELEASE };

enum { KEY_SET_ASIDE = 0x400, KEY_LIMIT, KEY_ALL };

struct words {
    struct tool_options tool;
    struct journal_query query;
    enum action action;
    bool action_given;
    bool all;
    char **more;        /* what follows the action */
    size_t more_count;
};

/* Where records go, one after the other. */
struct output {
    FILE *stream;
    const struct interrupt *interrupt;   /* NULL = a signal ends the process */
    bool table;
    size_t count;
    int reason;                          /* errno of the write that failed, 0 = none did */
};

static const struct argp_option journal_options[] = {
    {.name = "set-aside", .key = KEY_SET_ASIDE, .doc = "Only what the broker refused"},
    {.name = "limit", .key = KEY_LIMIT, .arg = "N", .doc = "At most N events, the oldest"},
    {.name = "all", .key = KEY_ALL, .doc = "With release: all that are set aside"},
    {0},
};

static enum action action_of(struct argp_state *state, const char *text)
{
    if (strcmp(text, "export") == 0)
        return ACTION_EXPORT;
    if (strcmp(text, "release") == 0)
        return ACTION_RELEASE;
    if (strcmp(text, "list") != 0)
        argp_error(state, "there is no \"journal %s\": list, export or release", text);
    return ACTION_LIST;
}

static void check_release(struct argp_state *state, const struct words *words)
{
    struct event_id id;

    if (words->all == (words->more_count > 0))
        argp_error(state, "release takes the IDs of events that are set aside, or --all");
    if (words->query.set_aside_only || words->query.limit != 0)
        argp_error(state, "--set-aside and --limit belong to list and export");
    for (size_t i = 0; i < words->more_count; i++) {
        if (!message_id_parse(words->more[i], &id))
            argp_error(state, "\"%s\" is no ID of an event: STARTUP:SEQUENCE, for instance 12:5", words->more[i]);
    }
}

static void check_words(struct argp_state *state, const struct words *words)
{
    if (words->action == ACTION_RELEASE)
        check_release(state, words);
    else if (words->all)
        argp_error(state, "--all belongs to release");
    else if (words->action == ACTION_LIST && words->more_count > 0)
        argp_error(state, "Too many arguments");
    else if (words->more_count > 1)
        argp_error(state, "export takes one FILE");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct words *words = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &words->tool;
        return 0;
    case KEY_SET_ASIDE:
        words->query.set_aside_only = true;
        return 0;
    case KEY_LIMIT:
        words->query.limit = arguments_number(state, "--limit", arg, 1, UINT_MAX);
        return 0;
    case KEY_ALL:
        words->all = true;
        return 0;
    case ARGP_KEY_ARG:
        if (words->action_given)
            words->more[words->more_count++] = arg;
        else
            words->action = action_of(state, arg);
        words->action_given = true;
        return 0;
    case ARGP_KEY_END:
        check_words(state, words);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool put_record(void *context, json_t *record)
{
    struct output *output = context;

    if (output->interrupt != NULL && interrupt_asked(output->interrupt))
        return false;
    if (output->table) {
        if (output->count == 0)
            journal_view_heading(output->stream);
        journal_view_record(output->stream, record);
    } else {
        json_t *line = journal_view_export(record);

        display_put_json(output->stream, line);
        json_decref(line);
    }
    output->count++;
    if (ferror(output->stream) == 0)
        return true;
    output->reason = errno;
    return false;
}

/* To standard output: list, and export without a file. */
static int print_records(const struct words *words)
{
    struct output output = {.stream = stdout, .table = words->action == ACTION_LIST && !words->tool.json};
    bool more;
    int exit_status = journal_pages_visit(&words->tool, &words->query, put_record, &output, &more);

    if (exit_status != EX_OK)
        return exit_status;
    if (output.reason != 0 && output.reason != EPIPE) {
        display_error("cannot write the output: %s", strerror(output.reason));
        return EX_IOERR;
    }
    if (output.table && output.count == 0)
        (void) puts(words->query.set_aside_only ? "nothing is set aside" : "nothing waits, and nothing is set aside");
    if (output.table && more && output.reason == 0)
        display_progress("there are more than --limit %u", words->query.limit);
    return EX_OK;
}

static int write_records(const struct words *words, const char *path, const struct interrupt *interrupt)
{
    struct new_file *file = new_file_create(path);
    bool more;

    if (file == NULL)
        return EX_CANTCREAT;
    struct output output = {.stream = new_file_stream(file), .interrupt = interrupt};
    int exit_status = journal_pages_visit(&words->tool, &words->query, put_record, &output, &more);
    if (exit_status == EX_OK && interrupt_asked(interrupt)) {
        display_error("%s: not written, for it was interrupted", path);
        exit_status = EX_TEMPFAIL;
    }
    if (exit_status == EX_OK && output.reason != 0) {
        display_error("%s: cannot be written: %s", path, strerror(output.reason));
        exit_status = EX_IOERR;
    }
    if (exit_status != EX_OK) {
        new_file_discard(file);
        return exit_status;
    }
    if (!new_file_finish(file))
        return EX_IOERR;
    display_progress("%zu %s written to %s", output.count, output.count == 1 ? "event" : "events", path);
    return EX_OK;
}

static int export_records(const struct words *words)
{
    if (words->more_count == 0 || strcmp(words->more[0], "-") == 0)
        return print_records(words);
    /* A file half written is taken away again when Ctrl-C comes. */
    struct interrupt *interrupt = interrupt_create();
    int exit_status = write_records(words, words->more[0], interrupt);

    interrupt_free(interrupt);
    return exit_status;
}

int tool_journal(const struct tool_options *options, int argc, char **argv)
{
    const struct argp_child children[] = {{.argp = &arguments_common}, {0}};
    const struct argp argp = {
        .options = journal_options, .parser = parse, .children = children,
        .args_doc = "[list]\nexport [FILE]\nrelease ID...\nrelease --all",
        .doc = "The events that wait for the broker's acknowledgement, and those that it refused (\"set aside\"): they "
               "are kept, and not sent again until they are released.\v"
               "list shows them, the oldest first. export writes them to FILE, or to standard output: one JSON object "
               "a line with id, state, reason, age_s and event. release sends again what was set aside, once the cause "
               "is gone (a right that the broker's policy did not give, for instance). An ID is the startup counter "
               "and the Sequence of an event, for instance 12:5."};
    struct words words = {.tool = *options, .more = memory_zeroed((size_t) argc, sizeof *words.more)};
    int exit_status;

    arguments_parse(&argp, argc, argv, &words);
    if (words.action == ACTION_LIST)
        exit_status = print_records(&words);
    else if (words.action == ACTION_EXPORT)
        exit_status = export_records(&words);
    else
        exit_status = journal_release(&words.tool, words.more, words.more_count);
    free(words.more);
    return exit_status;
}
