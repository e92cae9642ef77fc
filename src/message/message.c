/* SPDX-License-Identifier: MIT */
#include "message/message.h"

#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* jansson fails on texts and numbers of ours only when memory is gone. */
static void *require(void *made)
{
    if (made == NULL)
        abort();
    return made;
}

static void set_new(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

/* How many bytes at text are one valid UTF-8 sequence; 0 if none starts there. jansson itself is asked, so that what
 * counts as valid here is what it takes. */
static size_t sequence_bytes(const char *text, size_t rest_bytes)
{
    for (size_t size = 1; size <= 4 && size <= rest_bytes; size++) {
        json_t *one = json_stringn(text, size);
        if (one != NULL) {
            json_decref(one);
            return size;
        }
    }
    return 0;
}

/* A copy in which each byte outside of valid UTF-8 is U+FFFD. */
static char *repair_text(const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    const size_t size_bytes = strlen(text);
    char *repaired = memory_zeroed(size_bytes * 3 + 1, 1);
    size_t to = 0;

    for (size_t from = 0; from < size_bytes;) {
        const size_t valid_bytes = sequence_bytes(text + from, size_bytes - from);
        if (valid_bytes > 0) {
            memcpy(repaired + to, text + from, valid_bytes);
            to += valid_bytes;
            from += valid_bytes;
        } else {
            memcpy(repaired + to, replacement, 3);
            to += 3;
            from++;
        }
    }
    return repaired;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_t *value = json_string(text);

    if (value == NULL) {
        char *repaired = repair_text(text);
        value = require(json_string(repaired));
        free(repaired);
    }
    set_new(object, name, value);
}

static void set_optional_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        set_text(object, name, text);
}

static void set_time(json_t *object, const struct message_time *time)
{
    char *uptime = message_uptime_text(time);
    char *date_time = time->has_wall_time ? message_date_time_text(time->wall_time_utc) : NULL;

    set_text(object, "Uptime", uptime);
    set_optional_text(object, "DateTime", date_time);
    free(date_time);
    free(uptime);
}

static void set_id(json_t *object, const char *name, struct event_id id)
{
    char *text = message_id_text(id);

    set_text(object, name, text);
    free(text);
}

static json_t *gap_object(const struct message_gap *gap)
{
    json_t *object = require(json_object());

    assert(gap->count <= INT64_MAX);
    if (gap->first.startup > 0)
        set_id(object, "First", gap->first);
    if (gap->last.startup > 0)
        set_id(object, "Last", gap->last);
    if (gap->count > 0)
        set_new(object, "Count", json_integer((json_int_t) gap->count));
    set_text(object, "Reason", gap->reason);
    return object;
}

static void set_gaps(json_t *object, const struct message_gap *gaps, size_t count)
{
    json_t *list = require(json_array());

    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, gap_object(&gaps[i])) != 0)
            abort();
    }
    set_new(object, "Gaps", list);
}

static char *finish(json_t *object)
{
    char *text = require(json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER));

    json_decref(object);
    return text;
}

char *message_event_to_json(const struct message_event *event)
{
    json_t *object = require(json_object());

    assert(event->sequence <= INT64_MAX);
    if (event->sequence > 0)
        set_new(object, "Sequence", json_integer((json_int_t) event->sequence));
    set_text(object, "Interface", event->interface);
    set_text(object, "Protocol", event->protocol);
    if (event->template_number > 0)
        set_new(object, "Template", json_integer(event->template_number));
    set_text(object, "TagId", event->tag_id);
    set_optional_text(object, "Move", event->move);
    set_optional_text(object, "TagData", event->tag_data);
    set_optional_text(object, "TagDetails", event->tag_details);
    set_time(object, &event->time);
    set_optional_text(object, "Reader", event->reader);
    return finish(object);
}

char *message_meta_to_json(const struct message_meta *meta)
{
    json_t *object = require(json_object());

    set_text(object, "VendorName", "springpark");
    set_text(object, "ProductName", "SpringPark");
    set_text(object, "ProductVariant", "gateway");
    set_text(object, "SerialNumber", meta->serial);
    set_text(object, "Version", meta->version);
    set_text(object, "Firmware", "springpark/linux/springparkd");
    set_text(object, "Revision", meta->version);
    set_optional_text(object, "Hardware", meta->hardware);
    set_optional_text(object, "UniqueId", meta->unique_id);
    set_optional_text(object, "ConfigId", meta->config_id);
    set_new(object, "Open", json_boolean(meta->open));
    if (meta->inventory[0] != '\0')
        set_text(object, "Inventory", meta->inventory);
    if (meta->location[0] != '\0')
        set_text(object, "Location", meta->location);
    set_optional_text(object, "PhysAddress", meta->physical_address);
    set_optional_text(object, "IpAddress", meta->ip_address);
    set_text(object, "Protocol", meta->protocol);
    set_text(object, "Interfaces", "13.56");
    return finish(object);
}

static const char *state_text(enum message_state state)
{
    switch (state) {
    case MESSAGE_ONLINE_READY:
        return "online,ready";
    case MESSAGE_ONLINE_BUSY:
        return "online,busy";
    case MESSAGE_OFFLINE:
        return "offline";
    case MESSAGE_OFFLINE_DEAD:
        return "offline,dead";
    }
    abort();
}

char *message_status_to_json(const struct message_status *status)
{
    json_t *object = require(json_object());

    set_text(object, "State", state_text(status->state));
    if (status->time != NULL)
        set_time(object, status->time);
    set_optional_text(object, "Health", status->health);
    if (status->gaps_count > 0)
        set_gaps(object, status->gaps, status->gaps_count);
    return finish(object);
}

char *message_gap_to_json(const struct message_gap *gap)
{
    return finish(gap_object(gap));
}

char *message_id_text(struct event_id id)
{
    return text_format("%" PRIu32 ":%" PRIu64, id.startup, id.sequence);
}

/* The number of digits at *text, which then stands behind them; 0 if there is none, or one above max. */
static uint64_t parse_number(const char **text, uint64_t max)
{
    uint64_t number = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++) {
        unsigned digit = (unsigned) (**text - '0');

        if (number > (max - digit) / 10)
            return 0;
        number = number * 10 + digit;
    }
    return number;
}

bool message_id_parse(const char *text, struct event_id *id)
{
    uint64_t startup = parse_number(&text, UINT32_MAX);

    if (startup == 0 || *text++ != ':')
        return false;
    uint64_t sequence = parse_number(&text, INT64_MAX);
    if (sequence == 0 || *text != '\0')
        return false;
    *id = (struct event_id) { .startup = (uint32_t) startup, .sequence = sequence };
    return true;
}

char *message_uptime_text(const struct message_time *time)
{
    return text_format("%" PRIu32 ":%" PRIu64 ".%03u", time->startup_counter, time->uptime_ms / 1000U,
                       (unsigned) (time->uptime_ms % 1000U));
}

char *message_date_time_text(time_t utc)
{
    struct tm parts;

    if (gmtime_r(&utc, &parts) == NULL || parts.tm_year < -1900 || parts.tm_year > 9999 - 1900)
        return NULL;
    return text_format("%04d-%02d-%02d %02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}
