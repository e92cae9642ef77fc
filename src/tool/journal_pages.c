/* SPDX-License-Identifier: MIT */
#include "tool/journal_pages.h"

#include "tool/daemon.h"
#include "tool/display.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sysexits.h>

/* The daemon cuts a page to what fits one answer; so many events of the usual size do. */
enum { PAGE_RECORDS = 200 };

struct visit {
    const struct journal_query *query;
    journal_visit *visit;
    void *context;
    unsigned count;
    bool enough;
};

static unsigned page_records(const struct visit *visit)
{
    unsigned left = visit->query->limit - visit->count;

    return visit->query->limit != 0 && left < PAGE_RECORDS ? left : PAGE_RECORDS;
}

/* One page, the caller's reference; NULL and *exit_status. */
static json_t *ask(struct control_connection *connection, const struct visit *visit, json_int_t after,
                   int *exit_status)
{
    json_t *arguments = json_pack("{s:I, s:i, s:b}", "after", after, "limit", (int) page_records(visit),
                                  "set_aside", visit->query->set_aside_only ? 1 : 0);
    char *error = NULL;
    json_t *page = control_request_answer(connection, "journal", arguments, DAEMON_ANSWER_TIMEOUT_MS, &error);

    if (page == NULL)
        *exit_status = daemon_say_failure(error, errno, EX_UNAVAILABLE);
    return page;
}

static void visit_page(struct visit *visit, json_t *records)
{
    json_t *record;
    size_t index;

    json_array_foreach(records, index, record) {
        if (visit->enough)
            return;
        visit->count++;
        if (!visit->visit(visit->context, record) || visit->count == visit->query->limit)
            visit->enough = true;
    }
}

/* Goes to the page after; false at the end, or when the daemon makes no sense (then with *exit_status). */
static bool next_page(json_t *page, json_int_t *after, int *exit_status)
{
    json_t *next = json_object_get(page, "next");

    if (json_is_array(json_object_get(page, "records")) && !json_is_integer(next))
        return false;
    /* A page that leads back would never end. */
    if (json_is_array(json_object_get(page, "records")) && json_integer_value(next) > *after) {
        *after = json_integer_value(next);
        return true;
    }
    display_error("the daemon's answer makes no sense; next: look whether springparkd and springparkctl are of the "
                  "same version (--version)");
    *exit_status = EX_PROTOCOL;
    return false;
}

int journal_pages_visit(const struct tool_options *options, const struct journal_query *query, journal_visit *visit_one,
                        void *context, bool *more)
{
    struct visit visit = {.query = query, .visit = visit_one, .context = context};
    int exit_status = EX_OK;
    struct control_connection *connection = daemon_connect(options, false, &exit_status);
    json_int_t after = 0;
    bool again = connection != NULL;

    *more = false;
    while (again && !visit.enough) {
        json_t *page = ask(connection, &visit, after, &exit_status);

        if (page == NULL)
            break;
        visit_page(&visit, json_object_get(page, "records"));
        again = next_page(page, &after, &exit_status);
        json_decref(page);
    }
    *more = exit_status == EX_OK && again;
    control_connection_free(connection);
    return exit_status;
}
