/* SPDX-License-Identifier: MIT */
#include "tool/journal_view.h"

#include "base/memory.h"
#include "tool/display.h"
#include "tool/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Wide enough for what is usual; what is longer pushes the rest of its line. */
enum { ID_WIDTH = 16, AGE_WIDTH = 12, STATE_WIDTH = 9 };

static char *duration_text(json_int_t duration_s)
{
    return display_duration(duration_s > 0 ? (uint64_t) duration_s * 1000U : 0);
}

/* "works: 12 waiting (3 in memory), oldest 5 min 6 s, 1.2 MiB in /var/lib/springpark" */
static void put_state(FILE *stream, json_t *journal)
{
    const char *state = view_text(journal, "state");
    const char *directory = view_text(journal, "directory");
    json_t *oldest = json_object_get(journal, "oldest_age_s");
    json_int_t bytes = view_number(journal, "bytes");

    view_put_label(stream, "journal");
    view_put(stream, "%s: %" JSON_INTEGER_FORMAT " waiting", *state != '\0' ? state : "unknown",
             view_number(journal, "depth"));
    if (view_number(journal, "in_memory") > 0)
        view_put(stream, " (%" JSON_INTEGER_FORMAT " in memory)", view_number(journal, "in_memory"));
    if (json_is_integer(oldest)) {
        char *age = duration_text(json_integer_value(oldest));

        view_put(stream, ", oldest %s", age);
        free(age);
    }
    if (strcmp(state, "off") != 0 && *directory != '\0') {
        char *size = display_size(bytes > 0 ? (uint64_t) bytes : 0);

        view_put(stream, ", %s in %s", size, directory);
        free(size);
    }
    (void) fputc('\n', stream);
}

static void put_counters(FILE *stream, json_t *journal)
{
    json_int_t set_aside = view_number(journal, "set_aside");

    view_put_label(stream, "");
    view_put(stream, "%" JSON_INTEGER_FORMAT " delivered, %" JSON_INTEGER_FORMAT " dropped, %" JSON_INTEGER_FORMAT
             " replayed, %" JSON_INTEGER_FORMAT " set aside", view_number(journal, "delivered"),
             view_number(journal, "dropped"), view_number(journal, "replayed"), set_aside);
    (void) fputc('\n', stream);
    if (set_aside > 0) {
        view_put_label(stream, "");
        (void) fputs("next: springparkctl journal --set-aside shows what the broker refused, and why\n", stream);
    }
}

static char *range_text(const char *first, const char *last)
{
    if (*first != '\0' && strcmp(first, last) == 0)
        return text_copy(first);
    if (*first != '\0' && *last != '\0')
        return text_format("%s to %s", first, last);
    if (*first != '\0')
        return text_format("from %s on", first);
    if (*last != '\0')
        return text_format("up to %s", last);
    return text_copy("unknown events");
}

/* "12:5 to 12:90: 86 lost (journal full)", "from 12:91 on: perhaps lost (unclean end)" */
static void put_gap(FILE *stream, json_t *gap)
{
    json_int_t count = view_number(gap, "Count");
    const char *reason = view_text(gap, "Reason");
    char *range = range_text(view_text(gap, "First"), view_text(gap, "Last"));

    view_put_label(stream, "gap");
    view_put(stream, "%s: ", range);
    if (count > 0)
        view_put(stream, "%" JSON_INTEGER_FORMAT " lost", count);
    else
        (void) fputs("perhaps lost", stream);
    if (*reason != '\0')
        view_put(stream, " (%s)", reason);
    (void) fputc('\n', stream);
    free(range);
}

void journal_view_status(FILE *stream, json_t *journal)
{
    json_t *gap;
    size_t index;

    put_state(stream, journal);
    if (*view_text(journal, "detail") != '\0') {
        view_put_label(stream, "");
        view_put(stream, "%s", view_text(journal, "detail"));
        (void) fputc('\n', stream);
    }
    put_counters(stream, journal);
    json_array_foreach(json_object_get(journal, "gaps"), index, gap)
        put_gap(stream, gap);
}

static void put_row(FILE *stream, const char *id, const char *age, const char *state)
{
    view_put(stream, "%-*s  %-*s  %-*s  ", ID_WIDTH, id, AGE_WIDTH, age, STATE_WIDTH, state);
}

void journal_view_heading(FILE *stream)
{
    put_row(stream, "ID", "AGE", "STATE");
    (void) fputs("EVENT\n", stream);
}

/* "NFC-A 04A1B2C3D4E580, Insert, door, 2024-03-13 09:08:07" */
static void put_event(FILE *stream, json_t *event)
{
    static const char *const more[] = {"Move", "Reader", "DateTime"};

    if (json_is_string(event)) { /* $SCRDR, with its line end */
        view_put(stream, "%.*s", (int) strcspn(json_string_value(event), "\r\n"), json_string_value(event));
        return;
    }
    if (!json_is_object(event)) {
        (void) fputs("cannot be read", stream);
        return;
    }
    view_put(stream, "%s %s", view_text(event, "Protocol"), view_text(event, "TagId"));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (*view_text(event, more[i]) != '\0')
            view_put(stream, ", %s", view_text(event, more[i]));
    }
}

void journal_view_record(FILE *stream, json_t *record)
{
    char *age = duration_text(view_number(record, "age_s"));

    put_row(stream, view_text(record, "id"), age, view_text(record, "state"));
    put_event(stream, json_object_get(record, "event"));
    (void) fputc('\n', stream);
    if (*view_text(record, "reason") != '\0') {
        view_put(stream, "    %s", view_text(record, "reason"));
        (void) fputc('\n', stream);
    }
    free(age);
}

json_t *journal_view_export(json_t *record)
{
    static const char *const keys[] = {"id", "state", "reason", "age_s", "event"};
    json_t *line = json_object();

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(record, keys[i]);

        if (json_object_set(line, keys[i], value != NULL ? value : json_null()) != 0)
            abort();
    }
    return line;
}
