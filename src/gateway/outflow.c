/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "base/service.h"
#include "gateway/context.h"
#include "message/scrdr.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct message_time outflow_time(const struct gateway *gateway)
{
    struct message_time time = {
        .startup_counter = gateway->startup_counter,
        .uptime_ms = clock_monotonic_ms(gateway->clock) - gateway->start_ms,
    };
    bool synchronised = clock_wall_time(gateway->clock, &time.wall_time_utc);

    time.has_wall_time = synchronised && gateway->plan->settings->message_date_time;
    return time;
}

enum message_state outflow_state(const struct gateway *gateway)
{
    return roster_works(gateway->roster) ? MESSAGE_ONLINE_READY : MESSAGE_ONLINE_BUSY;
}

/* Takes both texts, either of which may be NULL. */
static char *join_texts(char *one, char *other)
{
    if (one == NULL || other == NULL)
        return one == NULL ? other : one;
    char *text = text_format("%s; %s", one, other);
    free(one);
    free(other);
    return text;
}

char *outflow_health_text(const struct gateway *gateway)
{
    char *journal = gateway->journal_trouble == NULL ? NULL : text_format("journal: %s", gateway->journal_trouble);
    char *refused = keeping_refused_text(gateway);

    if (refused != NULL)
        journal = join_texts(journal, text_format("journal: %s", refused));
    free(refused);
    char *expiry = gateway->expiry_trouble == NULL ? NULL : text_format("certificate: %s", gateway->expiry_trouble);
    char *own = join_texts(text_copy(gateway->startup_problem), expiry);
    return join_texts(own, join_texts(journal, roster_health_text(gateway->roster)));
}

char *outflow_status_json(const struct gateway *gateway, enum message_state state)
{
    struct message_time time = outflow_time(gateway);
    char *health = state == MESSAGE_OFFLINE ? NULL : outflow_health_text(gateway);
    size_t gaps_count = 0;
    struct message_gap *gaps = keeping_gaps(gateway, &gaps_count);
    const struct message_status status = {
        .state = state, .time = &time, .health = health, .gaps = gaps, .gaps_count = gaps_count,
    };
    char *json = message_status_to_json(&status);

    free(gaps);
    free(health);
    return json;
}

static const char *move_text(enum presence_move move)
{
    switch (move) {
    case PRESENCE_READ:
        return NULL;
    case PRESENCE_INSERT:
        return "Insert";
    case PRESENCE_INSERT_REMOVE:
        return "Insert,Remove";
    case PRESENCE_REMOVE:
        break;
    }
    return "Remove";
}

/* What is published, and kept until then, as register 02A0 says at the time of the event: what is kept is never made
 * anew. New memory. */
static char *published_text(const struct gateway *gateway, const struct message_event *event, const char *json)
{
    const struct settings *settings = gateway->plan->settings;

    if (settings->smart_reader.network_format == SETTINGS_FORMAT_SCRDR)
        return scrdr_event_text(event, settings->scrdr_checksum == SETTINGS_CHECKSUM_WITH_DELIMITERS);
    return text_copy(json);
}

/* Watchers get the event as JSON, whatever the format over the network, with the reader's label beside it. */
static void tell_watchers(struct gateway *gateway, const char *reader, const char *json)
{
    if (gateway->control == NULL || !control_server_has_watchers(gateway->control))
        return;
    json_t *line = json_pack("{s:o, s:s}", "event", json_loads(json, 0, NULL), "reader", reader);
    char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (text != NULL)
        control_server_broadcast(gateway->control, text);
    free(text);
    json_decref(line);
}

void outflow_event(void *context, const struct presence_event *event)
{
    struct gateway *gateway = context;
    struct roster_entry *entry = roster_find(gateway->roster, event->reader);
    bool named = roster_was_shared(gateway->roster) || gateway->plan->settings->readers_count > 1;
    uint64_t sequence = ++gateway->sequence;
    const struct message_event message = {
        .sequence = gateway->plan->settings->message_sequence ? sequence : 0,
        .interface = event->token->interface,
        .protocol = event->token->protocol,
        .template_number = event->token->template_number,
        .tag_id = event->token->tag_id,
        .move = move_text(event->move),
        .tag_data = event->token->tag_data,
        .tag_details = event->token->tag_details,
        .reader = named ? event->reader : NULL,
        .time = outflow_time(gateway),
    };
    char *json = message_event_to_json(&message);
    char *published = published_text(gateway, &message, json);

    if (entry != NULL)
        entry->reads++;
    keeping_submit(gateway, sequence, published);
    if (event->move != PRESENCE_REMOVE)
        signalling_read(gateway, sequence, event->reader);
    log_debug("event", "%" PRIu64 ": %s", sequence, json);
    tell_watchers(gateway, event->reader, json);
    free(published);
    free(json);
}

static void publish_meta(struct gateway *gateway)
{
    free(gateway->told_meta);
    gateway->told_meta = plan_meta_json(gateway->plan);
    cloud_submit_meta(gateway->cloud, gateway->told_meta);
}

void outflow_meta_changed(struct gateway *gateway)
{
    char *json = plan_meta_json(gateway->plan);
    bool changed = gateway->told_meta == NULL || strcmp(json, gateway->told_meta) != 0;

    free(json);
    if (changed && gateway->online)
        publish_meta(gateway);
}

/* State and Health as one text, to notice a change. */
static char *health_digest(const struct gateway *gateway)
{
    char *health = outflow_health_text(gateway);
    char *digest = text_format("%d %s", (int) outflow_state(gateway), health == NULL ? "" : health);

    free(health);
    return digest;
}

void outflow_publish_status(struct gateway *gateway)
{
    if (!gateway->online)
        return;
    char *json = outflow_status_json(gateway, outflow_state(gateway));

    free(gateway->told_health);
    gateway->told_health = health_digest(gateway);
    cloud_submit_status(gateway->cloud, json, keeping_ticket(gateway));
    free(json);
}

void outflow_health_changed(struct gateway *gateway)
{
    if (gateway->stopping)
        return;
    char *digest = health_digest(gateway);
    bool changed = gateway->told_health == NULL || strcmp(digest, gateway->told_health) != 0;

    free(digest);
    if (!changed)
        return;
    if (gateway->online) {
        outflow_publish_status(gateway);
    } else {
        free(gateway->told_health);
        gateway->told_health = health_digest(gateway);
    }
    outflow_tell_service(gateway);
}

void outflow_arm_status_timer(struct gateway *gateway)
{
    unsigned interval_s = gateway->plan->settings->mqtt.status_interval_s;

    if (interval_s == 0)
        loop_disarm_timer(gateway->status_timer);
    else
        loop_arm_timer(gateway->status_timer, clock_monotonic_us(gateway->clock) + interval_s * 1000000ULL, 250000U);
}

void outflow_status_timer(void *context)
{
    struct gateway *gateway = context;

    (void) inflow_supervise(gateway);
    outflow_publish_status(gateway);
    outflow_tell_service(gateway);
    outflow_arm_status_timer(gateway);
}

static const char *cloud_state_words(enum cloud_state state)
{
    switch (state) {
    case CLOUD_NOT_CONFIGURED:
        return "not configured (no broker is set)";
    case CLOUD_CONNECTING:
        return "connecting to the broker";
    case CLOUD_ONLINE:
        return "online";
    case CLOUD_WAITING:
        return "waiting for the broker";
    case CLOUD_PROVISIONING:
        return "obtaining a certificate";
    case CLOUD_AWAITING_REGISTRATION:
        return "awaiting registration of its certificate";
    case CLOUD_STOPPED:
        break;
    }
    return "stopped";
}

void outflow_tell_service(struct gateway *gateway)
{
    struct cloud_report report;
    struct journal_report kept;
    size_t working = 0;

    cloud_report(gateway->cloud, &report);
    journal_report(gateway->journal, &kept);
    for (size_t i = 0; i < roster_count(gateway->roster); i++)
        working += roster_get(gateway->roster, i)->health == READER_WORKS;
    char *text = text_format("%s; %zu of %zu readers work; %" PRIu64 " events delivered, %" PRIu64 " waiting, %" PRIu64
                             " lost",
                             cloud_state_words(report.state), working, roster_count(gateway->roster), report.delivered,
                             kept.depth, kept.dropped);
    service_notify_status(text);
    free(text);
    journal_report_free(&kept);
    cloud_report_free(&report);
}

/* Watchers may want to see how far an event has come. */
static void tell_progress(struct gateway *gateway, const char *what, struct event_id id)
{
    if (gateway->control == NULL || !control_server_has_watchers(gateway->control))
        return;
    char *text = message_id_text(id);
    char *line = text_format("{\"%s\":\"%s\"}", what, text);
    control_server_broadcast(gateway->control, line);
    free(line);
    free(text);
}

static void take_confirmation(struct gateway *gateway, const struct cloud_notice *notice)
{
    journal_confirm(gateway->journal, notice->id);
    signalling_confirmed(gateway, notice->id);
    tell_progress(gateway, "confirmed", notice->id);
}

static void take_refusal(struct gateway *gateway, const struct cloud_notice *notice)
{
    log_error("cloud", "event %" PRIu32 ":%" PRIu64 " is set aside: %s; next: springparkctl journal --set-aside, and "
              "springparkctl journal release once the cause has gone", notice->id.startup, notice->id.sequence,
              notice->text);
    journal_set_aside(gateway->journal, notice->id, notice->text);
    signalling_refused(gateway, notice->id);
}

static void take_online(struct gateway *gateway)
{
    gateway->online = true;
    outflow_meta_changed(gateway); /* by a reload since CONNACK */
    outflow_publish_status(gateway);
    outflow_arm_status_timer(gateway);
    outflow_tell_service(gateway);
    activation_refresh(gateway);
}

static void take_notice(struct gateway *gateway, const struct cloud_notice *notice)
{
    switch (notice->kind) {
    case CLOUD_NOTICE_CONNECTED:
        publish_meta(gateway);
        keeping_connected(gateway, notice->number);
        break;
    case CLOUD_NOTICE_ONLINE:
        take_online(gateway);
        break;
    case CLOUD_NOTICE_DISCONNECTED:
        if (gateway->online)
            signalling_cloud_lost(gateway);
        gateway->online = false;
        keeping_disconnected(gateway);
        activation_refresh(gateway);
        outflow_tell_service(gateway);
        break;
    case CLOUD_NOTICE_CONFIRMED:
        take_confirmation(gateway, notice);
        break;
    case CLOUD_NOTICE_REFUSED:
        take_refusal(gateway, notice);
        break;
    case CLOUD_NOTICE_WANT:
        keeping_want(gateway, notice->link, notice->number);
        break;
    case CLOUD_NOTICE_STATUS_CONFIRMED:
        keeping_status_confirmed(gateway, notice->number);
        break;
    case CLOUD_NOTICE_PROVISIONED:
        log_notice("cloud", "this box is the thing \"%s\" and has a certificate of its own now; next: the settings are "
                   "read anew", notice->text);
        reload_begin(gateway->reload, NULL);
        break;
    case CLOUD_NOTICE_COMMAND:
        commands_take(gateway, notice);
        break;
    }
}

void outflow_notices(void *context, int fd, uint32_t events)
{
    struct gateway *gateway = context;
    struct cloud_notice *notice;

    (void) fd;
    (void) events;
    while ((notice = queue_take(gateway->notices)) != NULL) {
        take_notice(gateway, notice);
        cloud_notice_free(notice);
    }
}

void outflow_stored(struct gateway *gateway, struct event_id id)
{
    gateway->stored = id.sequence;
    signalling_stored(gateway, id);
    tell_progress(gateway, "stored", id);
}

void outflow_last_notices(struct gateway *gateway)
{
    struct cloud_notice *notice;

    while ((notice = queue_take(gateway->notices)) != NULL) {
        if (notice->kind == CLOUD_NOTICE_CONFIRMED)
            take_confirmation(gateway, notice);
        else if (notice->kind == CLOUD_NOTICE_REFUSED)
            take_refusal(gateway, notice);
        else if (notice->kind == CLOUD_NOTICE_STATUS_CONFIRMED)
            keeping_status_confirmed(gateway, notice->number);
        cloud_notice_free(notice);
    }
}
