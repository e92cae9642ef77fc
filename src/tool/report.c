/* SPDX-License-Identifier: MIT */
#include "tool/report.h"

#include "base/memory.h"
#include "tool/display.h"
#include "tool/journal_view.h"
#include "tool/view.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* State is the vendor's word for the readers; the broker's state is our own. */
static void put_state(FILE *stream, json_t *status)
{
    const char *state = view_text(status, "state");
    const char *broker = view_text(json_object_get(status, "broker"), "state");
    bool ready = strcmp(state, "online,ready") == 0;
    const char *but = ready ? "" : "and ";

    if (ready)
        (void) fputs("ready", stream);
    else if (strcmp(state, "online,busy") == 0)
        (void) fputs("no reader works", stream);
    else
        view_put(stream, "%s", state[0] != '\0' ? state : "in an unknown state");

    if (strcmp(broker, "online") == 0)
        (void) fputs(", connected to the broker", stream);
    else if (strcmp(broker, "connecting") == 0)
        (void) fputs(", connecting to the broker", stream);
    else if (strcmp(broker, "awaiting registration") == 0)
        (void) fprintf(stream, ", %snot connected to the broker yet: awaiting registration", ready ? "but " : but);
    else if (strcmp(broker, "not configured") == 0)
        (void) fprintf(stream, ", %sno broker is configured", ready ? "but " : but);
    else
        (void) fprintf(stream, ", %snot connected to the broker", ready ? "but " : but);
}

/* A state that one asks of how long it has been so. */
static bool is_lasting(const char *state)
{
    return strcmp(state, "online") == 0 || strcmp(state, "waiting") == 0 ||
           strcmp(state, "awaiting registration") == 0;
}

static void put_broker(FILE *stream, json_t *broker)
{
    json_t *version = json_object_get(broker, "mqtt_version");
    const char *detail = view_text(broker, "detail");

    view_put_label(stream, "broker");
    view_put(stream, "%s", view_text(broker, "state"));
    if (json_is_integer(json_object_get(broker, "since_s")) && is_lasting(view_text(broker, "state"))) {
        char *since = display_duration((uint64_t) view_number(broker, "since_s") * 1000);
        view_put(stream, " for %s", since);
        free(since);
    }
    if (view_text(broker, "host")[0] != '\0') {
        view_put(stream, ": %s, port %" JSON_INTEGER_FORMAT ", %s", view_text(broker, "host"), view_number(broker, "port"),
            json_is_true(json_object_get(broker, "tls")) ? "TLS" : "not encrypted");
        if (json_is_string(version))
            view_put(stream, ", MQTT %s", json_string_value(version));
        else if (json_integer_value(version) != 0)
            view_put(stream, ", MQTT %s", json_integer_value(version) == 5 ? "5" : "3.1.1");
        view_put(stream, "; connected %" JSON_INTEGER_FORMAT " times in %" JSON_INTEGER_FORMAT " attempts",
            view_number(broker, "connects"), view_number(broker, "attempts"));
    }
    (void) fputc('\n', stream);
    if (detail[0] != '\0') {
        view_put_label(stream, "");
        view_put(stream, "%s", detail);
        (void) fputc('\n', stream);
    }
}

/* "3 created, 2 delivered": all numbers of an object in the order in which the daemon says them. */
static void put_counters(FILE *stream, const char *label, json_t *counters)
{
    const char *separator = "";
    const char *key;
    json_t *value;

    view_put_label(stream, label);
    json_object_foreach(counters, key, value) {
        char *words = text_copy(key);
        for (char *underscore = strchr(words, '_'); underscore != NULL; underscore = strchr(underscore, '_'))
            *underscore = ' ';
        view_put(stream, "%s%" JSON_INTEGER_FORMAT " %s", separator, json_integer_value(value), words);
        separator = ", ";
        free(words);
    }
    (void) fputc('\n', stream);
}

/* A member that is a truth or a count of tags. */
static bool is_present(json_t *reader)
{
    json_t *present = json_object_get(reader, "present");

    return json_is_true(present) || json_integer_value(present) > 0;
}

/* "NFC-A NFC-B": those texts of the array that are not in `without` (NULL = nothing is). Returns how many. */
static size_t put_names(FILE *stream, const char *lead, json_t *names, json_t *without)
{
    size_t count = 0;
    json_t *name, *other;
    size_t index, other_index;

    json_array_foreach(names, index, name) {
        bool left_out = !json_is_string(name);

        json_array_foreach(without, other_index, other)
            left_out = left_out || json_equal(name, other) == 1;
        if (!left_out)
            view_put(stream, "%s %s", count++ == 0 ? lead : "", json_string_value(name));
    }
    return count;
}

static bool has_device(json_t *reader)
{
    return view_text(reader, "connection")[0] != '\0' || view_text(reader, "chip")[0] != '\0';
}

/* "pn532_uart:/dev/ttyS0:115200, PN532 v1.6, looks for NFC-A NFC-B (by the chip); no template asks for NFC-F". What the
 * device can do and no template wants stands there too, for whoever wonders why a tag is not read. */
static void put_device(FILE *stream, json_t *reader)
{
    const char *connection = view_text(reader, "connection"), *chip = view_text(reader, "chip");
    const char *polling = view_text(reader, "polling");
    json_t *can = json_object_get(reader, "technologies"), *looks_for = json_object_get(reader, "looks_for");

    view_put(stream, "%s%s%s", connection, connection[0] != '\0' && chip[0] != '\0' ? ", " : "", chip);
    if (json_array_size(can) == 0)
        return;
    if (put_names(stream, ", looks for", json_is_array(looks_for) ? looks_for : can, NULL) == 0)
        (void) fputs(", looks for nothing", stream);
    else if (polling[0] != '\0')
        view_put(stream, " (%s)", polling);
    if (json_is_array(looks_for))
        (void) put_names(stream, "; no template asks for", can, looks_for);
}

static void put_reader(FILE *stream, json_t *reader)
{
    view_put_label(stream, "reader");
    view_put(stream, "%s (%s): %s%s; %" JSON_INTEGER_FORMAT " reads, %" JSON_INTEGER_FORMAT " failures",
        view_text(reader, "label"), view_text(reader, "driver"), view_text(reader, "health"),
        is_present(reader) ? ", a tag is there" : "", view_number(reader, "reads"), view_number(reader, "failures"));
    if (view_number(reader, "unread") > 0)
        view_put(stream, ", %" JSON_INTEGER_FORMAT " not read", view_number(reader, "unread"));
    if (view_number(reader, "template_no_match") > 0)
        view_put(stream, ", %" JSON_INTEGER_FORMAT " without a template", view_number(reader, "template_no_match"));
    (void) fputc('\n', stream);
    if (has_device(reader)) {
        view_put_label(stream, "");
        put_device(stream, reader);
        (void) fputc('\n', stream);
    }
    if (view_text(reader, "reason")[0] != '\0') {
        view_put_label(stream, "");
        view_put(stream, "%s", view_text(reader, "reason"));
        (void) fputc('\n', stream);
    }
}

/* Register 02A0 and its kin may keep tags from being reported, which one wonders about. */
static void put_reading(FILE *stream, json_t *reading)
{
    if (!json_is_object(reading))
        return;
    view_put_label(stream, "reading");
    if (json_is_true(json_object_get(reading, "active")))
        (void) fputs("tags are reported", stream);
    else
        view_put(stream, "tags are not reported: the gateway %s", view_text(reading, "detail"));
    (void) fputc('\n', stream);
}

/* Only where it differs from register 0280. */
static void put_network(FILE *stream, json_t *network)
{
    json_t *differences = json_object_get(network, "differences"), *difference;
    size_t index;

    json_array_foreach(differences, index, difference) {
        view_put_label(stream, index == 0 ? "network" : "");
        view_put(stream, "%s", json_is_string(difference) ? json_string_value(difference) : "?");
        (void) fputc('\n', stream);
    }
    if (json_array_size(differences) > 0) {
        view_put_label(stream, "");
        (void) fputs("next: springparkctl network\n", stream);
    }
}

void report_status(FILE *stream, json_t *status)
{
    json_t *item;
    size_t index;
    char *uptime = display_duration((uint64_t) view_number(status, "uptime_ms"));

    view_put(stream, "springparkd %s (%s): ", view_text(status, "version"), view_text(status, "serial"));
    put_state(stream, status);
    (void) fputc('\n', stream);
    json_array_foreach(json_object_get(status, "health"), index, item) {
        view_put_label(stream, "ill");
        view_put(stream, "%s: %s", view_text(item, "what"), view_text(item, "problem"));
        (void) fputc('\n', stream);
    }
    view_put_label(stream, "running");
    view_put(stream, "%s, start %" JSON_INTEGER_FORMAT ", last event %" JSON_INTEGER_FORMAT, uptime,
        view_number(status, "startup_counter"), view_number(status, "sequence"));
    (void) fputc('\n', stream);
    view_put_label(stream, "settings");
    view_put(stream, "%s", view_text(status, "config_file"));
    (void) fputc('\n', stream);
    put_reading(stream, json_object_get(status, "reading"));
    put_network(stream, json_object_get(status, "network"));
    put_broker(stream, json_object_get(status, "broker"));
    put_counters(stream, "events", json_object_get(status, "events"));
    if (json_is_object(json_object_get(status, "journal")))
        journal_view_status(stream, json_object_get(status, "journal"));
    put_counters(stream, "commands", json_object_get(status, "commands"));
    json_array_foreach(json_object_get(status, "readers"), index, item)
        put_reader(stream, item);
    if (json_array_size(json_object_get(status, "readers")) == 0) {
        view_put_label(stream, "reader");
        (void) fputs("none is there\n", stream);
    }
    free(uptime);
}

/* ---- readers: a table whose columns are as wide as they must be ---- */

enum { COLUMNS = 7 };

static char *cell(json_t *reader, int column)
{
    static const char *const texts[COLUMNS] = {"label", "driver", "health", NULL, NULL, NULL, "name"};
    static const char *const numbers[COLUMNS] = {NULL, NULL, NULL, NULL, "reads", "failures", NULL};

    if (texts[column] != NULL)
        return display_safe(view_text(reader, texts[column]), strlen(view_text(reader, texts[column])));
    if (numbers[column] != NULL)
        return text_format("%" JSON_INTEGER_FORMAT, view_number(reader, numbers[column]));
    return text_copy(is_present(reader) ? "there" : "-");
}

/* How many columns of a terminal a text takes, by its characters: UTF-8's follow-on bytes take none. */
static int width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char) *text & 0xC0) != 0x80;
    return width;
}

static void put_cell(FILE *stream, const char *text, int width, bool last)
{
    (void) fputs(text, stream);
    if (!last)
        (void) fprintf(stream, "%*s", width - width_of(text) + 2, "");
}

/* What has no room in the table. */
static void put_lines_below(FILE *stream, json_t *reader)
{
    if (has_device(reader)) {
        view_put(stream, "  %s: ", view_text(reader, "label"));
        put_device(stream, reader);
        (void) fputc('\n', stream);
    }
    if (view_text(reader, "reason")[0] != '\0') {
        view_put(stream, "  %s: %s", view_text(reader, "label"), view_text(reader, "reason"));
        (void) fputc('\n', stream);
    }
}

void report_readers(FILE *stream, json_t *readers)
{
    static const char *const titles[COLUMNS] = {"READER", "DRIVER", "HEALTH", "TAG", "READS", "FAILURES", "NAME"};
    int widths[COLUMNS];
    json_t *reader;
    size_t index;

    if (json_array_size(readers) == 0) {
        (void) fputs("no reader is there; next: plug one in, and see \"readers\" in the settings\n", stream);
        return;
    }
    for (int column = 0; column < COLUMNS; column++) {
        widths[column] = width_of(titles[column]);
        json_array_foreach(readers, index, reader) {
            char *text = cell(reader, column);
            if (width_of(text) > widths[column])
                widths[column] = width_of(text);
            free(text);
        }
    }
    for (int column = 0; column < COLUMNS; column++)
        put_cell(stream, titles[column], widths[column], column == COLUMNS - 1);
    (void) fputc('\n', stream);
    json_array_foreach(readers, index, reader) {
        for (int column = 0; column < COLUMNS; column++) {
            char *text = cell(reader, column);
            put_cell(stream, text, widths[column], column == COLUMNS - 1);
            free(text);
        }
        (void) fputc('\n', stream);
        put_lines_below(stream, reader);
    }
}
