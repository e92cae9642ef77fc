/* SPDX-License-Identifier: MIT */
#include "tool/report.h"

#include "base/memory.h"
#include "tool/display.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *text_in(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static json_int_t number_in(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Formatted text with what came from the daemon in it, made safe. */
static void __attribute__((format(printf, 2, 3))) put(FILE *stream, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *text = text_format_list(format, list);
    va_end(list);
    display_put(stream, text);
    free(text);
}

static void put_label(FILE *stream, const char *label)
{
    (void) fprintf(stream, "  %-9s ", label);
}

/* State is the vendor's word for the readers; the broker's state is our own. */
static void put_state(FILE *stream, json_t *status)
{
    const char *state = text_in(status, "state");
    const char *broker = text_in(json_object_get(status, "broker"), "state");
    bool ready = strcmp(state, "online,ready") == 0;
    const char *but = ready ? "" : "and ";

    if (ready)
        (void) fputs("ready", stream);
    else if (strcmp(state, "online,busy") == 0)
        (void) fputs("no reader works", stream);
    else
        put(stream, "%s", state[0] != '\0' ? state : "in an unknown state");

    if (strcmp(broker, "online") == 0)
        (void) fputs(", connected to the broker", stream);
    else if (strcmp(broker, "connecting") == 0)
        (void) fputs(", connecting to the broker", stream);
    else if (strcmp(broker, "not configured") == 0)
        (void) fprintf(stream, ", %sno broker is configured", ready ? "but " : but);
    else
        (void) fprintf(stream, ", %snot connected to the broker", ready ? "but " : but);
}

static void put_broker(FILE *stream, json_t *broker)
{
    json_t *version = json_object_get(broker, "mqtt_version");
    const char *detail = text_in(broker, "detail");

    put_label(stream, "broker");
    put(stream, "%s", text_in(broker, "state"));
    if (text_in(broker, "host")[0] != '\0') {
        put(stream, ": %s, port %" JSON_INTEGER_FORMAT ", %s", text_in(broker, "host"), number_in(broker, "port"),
            json_is_true(json_object_get(broker, "tls")) ? "TLS" : "not encrypted");
        if (json_is_string(version))
            put(stream, ", MQTT %s", json_string_value(version));
        else if (json_integer_value(version) != 0)
            put(stream, ", MQTT %s", json_integer_value(version) == 5 ? "5" : "3.1.1");
        put(stream, "; connected %" JSON_INTEGER_FORMAT " times in %" JSON_INTEGER_FORMAT " attempts",
            number_in(broker, "connects"), number_in(broker, "attempts"));
    }
    (void) fputc('\n', stream);
    if (detail[0] != '\0') {
        put_label(stream, "");
        put(stream, "%s", detail);
        (void) fputc('\n', stream);
    }
}

/* "3 created, 2 delivered": all numbers of an object in the order in which the daemon says them. */
static void put_counters(FILE *stream, const char *label, json_t *counters)
{
    const char *separator = "";
    const char *key;
    json_t *value;

    put_label(stream, label);
    json_object_foreach(counters, key, value) {
        char *words = text_copy(key);
        for (char *underscore = strchr(words, '_'); underscore != NULL; underscore = strchr(underscore, '_'))
            *underscore = ' ';
        put(stream, "%s%" JSON_INTEGER_FORMAT " %s", separator, json_integer_value(value), words);
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

static void put_reader(FILE *stream, json_t *reader)
{
    put_label(stream, "reader");
    put(stream, "%s (%s): %s%s; %" JSON_INTEGER_FORMAT " reads, %" JSON_INTEGER_FORMAT " failures",
        text_in(reader, "label"), text_in(reader, "driver"), text_in(reader, "health"),
        is_present(reader) ? ", a tag is there" : "", number_in(reader, "reads"), number_in(reader, "failures"));
    if (number_in(reader, "unread") > 0)
        put(stream, ", %" JSON_INTEGER_FORMAT " not read", number_in(reader, "unread"));
    if (number_in(reader, "template_no_match") > 0)
        put(stream, ", %" JSON_INTEGER_FORMAT " without a template", number_in(reader, "template_no_match"));
    (void) fputc('\n', stream);
    if (text_in(reader, "reason")[0] != '\0') {
        put_label(stream, "");
        put(stream, "%s", text_in(reader, "reason"));
        (void) fputc('\n', stream);
    }
}

void report_status(FILE *stream, json_t *status)
{
    json_t *item;
    size_t index;
    char *uptime = display_duration((uint64_t) number_in(status, "uptime_ms"));

    put(stream, "springparkd %s (%s): ", text_in(status, "version"), text_in(status, "serial"));
    put_state(stream, status);
    (void) fputc('\n', stream);
    json_array_foreach(json_object_get(status, "health"), index, item) {
        put_label(stream, "ill");
        put(stream, "%s: %s", text_in(item, "what"), text_in(item, "problem"));
        (void) fputc('\n', stream);
    }
    put_label(stream, "running");
    put(stream, "%s, start %" JSON_INTEGER_FORMAT ", last event %" JSON_INTEGER_FORMAT, uptime,
        number_in(status, "startup_counter"), number_in(status, "sequence"));
    (void) fputc('\n', stream);
    put_label(stream, "settings");
    put(stream, "%s", text_in(status, "config_file"));
    (void) fputc('\n', stream);
    put_broker(stream, json_object_get(status, "broker"));
    put_counters(stream, "events", json_object_get(status, "events"));
    put_counters(stream, "commands", json_object_get(status, "commands"));
    json_array_foreach(json_object_get(status, "readers"), index, item)
        put_reader(stream, item);
    if (json_array_size(json_object_get(status, "readers")) == 0) {
        put_label(stream, "reader");
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
        return display_safe(text_in(reader, texts[column]), strlen(text_in(reader, texts[column])));
    if (numbers[column] != NULL)
        return text_format("%" JSON_INTEGER_FORMAT, number_in(reader, numbers[column]));
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
        if (text_in(reader, "reason")[0] != '\0')
            put(stream, "  %s: %s", text_in(reader, "label"), text_in(reader, "reason"));
        if (text_in(reader, "reason")[0] != '\0')
            (void) fputc('\n', stream);
    }
}
