/* SPDX-License-Identifier: MIT */
#include "gateway/context.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *health_word(const struct roster_entry *entry)
{
    switch (entry->health) {
    case READER_STARTING:
        return entry->hang == NULL ? "starting" : "ill";
    case READER_WORKS:
        return entry->hang == NULL ? "works" : "ill";
    case READER_ILL:
        break;
    }
    return "ill";
}

static json_t *text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *account_reader(struct gateway *gateway, const struct roster_entry *entry)
{
    struct activity_view view = { .what = "ended" };
    const char *trouble = entry->reason != NULL ? entry->reason : entry->card_trouble;
    const char *reason = entry->hang_now != NULL ? entry->hang_now : trouble;

    (void) intake_look(gateway->intake, entry->label, &view);
    json_t *reader = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I}",
        "label", entry->label, "name", entry->name, "driver", entry->driver, "health", health_word(entry),
        "reason", text_or_null(reason), "doing", view.what,
        "present", (json_int_t) presence_present_count(gateway->presence, entry->label),
        "reads", (json_int_t) entry->reads, "failures", (json_int_t) entry->failures,
        "unread", (json_int_t) presence_unread_count(gateway->presence, entry->label),
        "template_no_match", (json_int_t) entry->no_match);

    device_note_add_json(&entry->device, intake_technologies(gateway->intake), reader);
    return reader;
}

static json_t *reader_list(struct gateway *gateway)
{
    json_t *list = json_array();

    for (size_t i = 0; i < roster_count(gateway->roster); i++)
        json_array_append_new(list, account_reader(gateway, roster_get(gateway->roster, i)));
    return list;
}

json_t *account_readers(struct gateway *gateway)
{
    (void) inflow_supervise(gateway);
    return json_pack("{s:o}", "readers", reader_list(gateway));
}

static const char *broker_word(enum cloud_state state)
{
    switch (state) {
    case CLOUD_NOT_CONFIGURED:
        return "not configured";
    case CLOUD_CONNECTING:
        return "connecting";
    case CLOUD_ONLINE:
        return "online";
    case CLOUD_WAITING:
        return "waiting";
    case CLOUD_PROVISIONING:
        return "provisioning";
    case CLOUD_AWAITING_REGISTRATION:
        return "awaiting registration";
    case CLOUD_STOPPED:
        break;
    }
    return "stopped";
}

static json_t *account_broker(const struct gateway *gateway, const struct cloud_report *report)
{
    static const char *const versions[] = { [4] = "3.1.1", [5] = "5" };
    const struct activity_view view = activity_look(cloud_activity(gateway->cloud));
    char *hang = activity_hang_text(&view, clock_monotonic_ms(gateway->clock));
    const char *version = report->mqtt_version == 4 || report->mqtt_version == 5 ? versions[report->mqtt_version] : NULL;
    uint64_t since_s = (clock_monotonic_ms(gateway->clock) - report->since_ms) / 1000;

    json_t *broker = json_pack("{s:s, s:I, s:s, s:i, s:b, s:o, s:o, s:I, s:I}",
                               "state", broker_word(report->state), "since_s", (json_int_t) since_s,
                               "host", gateway->plan->cloud.host,
                               "port", (int) gateway->plan->cloud.port, "tls", report->tls ? 1 : 0,
                               "mqtt_version", text_or_null(version),
                               "detail", text_or_null(hang != NULL ? hang : report->detail),
                               "connects", (json_int_t) report->connects, "attempts", (json_int_t) report->attempts);

    free(hang);
    return broker;
}

static json_t *account_health(const struct gateway *gateway)
{
    json_t *list = json_array();

    if (gateway->startup_problem != NULL)
        json_array_append_new(list, json_pack("{s:s, s:s}", "what", "startup counter", "problem",
                                              gateway->startup_problem));
    if (gateway->journal_trouble != NULL)
        json_array_append_new(list, json_pack("{s:s, s:s}", "what", "journal", "problem", gateway->journal_trouble));
    if (gateway->expiry_trouble != NULL)
        json_array_append_new(list, json_pack("{s:s, s:s}", "what", "certificate", "problem", gateway->expiry_trouble));
    char *refused = keeping_refused_text(gateway);
    if (refused != NULL)
        json_array_append_new(list, json_pack("{s:s, s:s}", "what", "journal", "problem", refused));
    free(refused);
    for (size_t i = 0; i < roster_count(gateway->roster); i++) {
        const struct roster_entry *entry = roster_get(gateway->roster, i);
        const char *problem = entry->hang_now != NULL ? entry->hang_now : entry->reason;

        if (problem != NULL)
            json_array_append_new(list, json_pack("{s:s, s:s}", "what", entry->label, "problem", problem));
    }
    return list;
}

static const char *journal_word(enum journal_state state)
{
    switch (state) {
    case JOURNAL_OPENING:
        return "opening";
    case JOURNAL_WORKS:
        return "works";
    case JOURNAL_DEGRADED:
        return "degraded";
    case JOURNAL_OFF:
        break;
    }
    return "off";
}

static json_t *account_gaps(const struct gateway *gateway)
{
    json_t *list = json_array();
    size_t count = 0;
    struct message_gap *gaps = keeping_gaps(gateway, &count);

    for (size_t i = 0; i < count; i++) {
        char *text = message_gap_to_json(&gaps[i]);
        json_array_append_new(list, json_loads(text, 0, NULL));
        free(text);
    }
    free(gaps);
    return list;
}

static json_t *account_journal(const struct gateway *gateway, const struct journal_report *kept)
{
    const char *detail = gateway->journal_trouble != NULL ? gateway->journal_trouble : kept->detail;

    return json_pack("{s:s, s:o, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
                     "state", journal_word(kept->state), "detail", text_or_null(detail),
                     "directory", gateway_state_directory(gateway), "depth", (json_int_t) kept->depth,
                     "in_memory", (json_int_t) kept->in_memory, "bytes", (json_int_t) kept->bytes,
                     "oldest_age_s", kept->has_oldest ? json_integer((json_int_t) kept->oldest_age_s) : json_null(),
                     "delivered", (json_int_t) kept->confirmed, "dropped", (json_int_t) kept->dropped,
                     "replayed", (json_int_t) kept->replayed, "set_aside", (json_int_t) kept->set_aside,
                     "flushes", (json_int_t) kept->flushes, "stored", (json_int_t) gateway->stored,
                     "gaps", account_gaps(gateway));
}

static const char *record_state(const struct journal_record *record)
{
    if (record->set_aside)
        return "set aside";
    return record->in_flight ? "in flight" : "pending";
}

static json_t *account_record(const struct journal_record *record)
{
    char *id = message_id_text(record->id);
    json_t *event = *record->payload == '$' ? json_string(record->payload) : json_loads(record->payload, 0, NULL);
    json_t *object = json_pack("{s:I, s:s, s:s, s:o, s:I, s:o}", "position", (json_int_t) record->position, "id", id,
                               "state", record_state(record), "reason", text_or_null(record->reason),
                               "age_s", (json_int_t) record->age_s, "event", event != NULL ? event : json_null());

    free(id);
    return object;
}

json_t *account_page(const struct journal_page *page)
{
    json_t *list = json_array();

    for (size_t i = 0; i < page->count; i++)
        json_array_append_new(list, account_record(&page->records[i]));
    return json_pack("{s:o, s:o}", "records", list,
                     "next", page->next > 0 ? json_integer((json_int_t) page->next) : json_null());
}

static json_t *account_activation(const struct gateway *gateway)
{
    return json_pack("{s:b, s:o}", "active", gateway->activation == ACTIVATION_ACTIVE ? 1 : 0,
                     "detail", text_or_null(activation_words(gateway->activation)));
}

json_t *account_status(struct gateway *gateway)
{
    struct journal_report kept;
    struct message_time time = outflow_time(gateway);
    bool ready = outflow_state(gateway) == MESSAGE_ONLINE_READY;
    struct cloud_report cloud;

    (void) inflow_supervise(gateway);
    (void) keeping_supervise(gateway);
    journal_report(gateway->journal, &kept);
    cloud_report(gateway->cloud, &cloud);
    json_t *status = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:s, s:o, s:o, "
        "s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:o, s:{s:I, s:I, s:I}, s:o}",
        "version", PACKAGE_VERSION, "serial", gateway->plan->identity->serial,
        "state", ready ? "online,ready" : "online,busy", "health", account_health(gateway),
        "reading", account_activation(gateway),
        "startup_counter", (json_int_t) gateway->startup_counter, "uptime_ms", (json_int_t) time.uptime_ms,
        "sequence", (json_int_t) gateway->sequence, "config_file", gateway->options->config_file,
        "network", network_watch_account(gateway->network),
        "broker", account_broker(gateway, &cloud),
        "events", "created", (json_int_t) gateway->sequence, "delivered", (json_int_t) cloud.delivered,
        "stored", (json_int_t) kept.depth, "in_flight", (json_int_t) cloud.in_flight,
        "dropped", (json_int_t) kept.dropped, "refused", (json_int_t) cloud.refused,
        "journal", account_journal(gateway, &kept),
        "commands", "accepted", (json_int_t) gateway->commands_accepted,
        "refused", (json_int_t) gateway->commands_refused,
        "repeated", (json_int_t) gateway->commands_repeated,
        "readers", reader_list(gateway));
    cloud_report_free(&cloud);
    journal_report_free(&kept);
    return status;
}
