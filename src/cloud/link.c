/* SPDX-License-Identifier: MIT */
#include "cloud/link.h"

#include "base/log.h"
#include "base/memory.h"
#include "cloud/carrier.h"
#include "cloud/inside.h"
#include "cloud/mqtt.h"
#include "cloud/tls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How often a full notice queue is tried again. */
#define BACKLOG_RETRY_MS 50U
/* A command is a short JSON document or a line; what is larger is no command. */
#define COMMAND_LIMIT_BYTES 65536U
/* How long a DISCONNECT may take to go out when the settings change. */
#define GOODBYE_MS 1000U
#define FILES_LIMIT_MS 10000U

/* What AWS IoT Core asks for on port 443 for MQTT with a client certificate. */
#define ALPN_PORT 443
#define ALPN_PROTOCOL "x-amzn-mqtt-ca"

enum phase {
    PHASE_RUNNING,
    PHASE_DRAINING, /* stopping: what is lent still goes out */
    PHASE_FAREWELL, /* the last STATUS is on its way */
    PHASE_CLOSING,  /* DISCONNECT is on its way */
};

struct link {
    struct cloud *cloud;
    const struct cloud_settings *settings;
    int version;
    struct tls_context *tls;
    struct mqtt_client *client;
    struct carrier *carrier;
    uint64_t response_ms;
    enum phase phase;
    enum link_end end;          /* what PHASE_CLOSING ends with */
    uint64_t phase_deadline_ms;
    bool accepted;              /* CONNACK 0 */
    bool greeted;               /* and dealt with */
    uint64_t accepted_ms;
    int subscribe_id;           /* -1: none under way */
    int suback_reason;          /* -1: not yet */
    uint64_t suback_deadline_ms;
    bool held;
    bool dropped;               /* by the peer, for what may have been a message of ours */
    bool broken;                /* we give it up, for text */
    char *text;
};

static uint64_t now_ms(const struct link *link)
{
    return clock_monotonic_ms(link->cloud->clock);
}

static void give_up(struct link *link, char *text)
{
    if (link->broken) {
        free(text);
        return;
    }
    link->broken = true;
    link->text = text;
}

/* --- what the broker says; inside mqtt_client_turn, so nothing is published from here ----------------------------- */

static void on_connected(void *context, int reason)
{
    struct link *link = context;

    link->accepted = reason == 0;
}

static void on_subscribed(void *context, int message_id, int reason)
{
    struct link *link = context;

    if (message_id != link->subscribe_id)
        return;
    link->subscribe_id = -1;
    link->suback_reason = reason;
}

static void on_published(void *context, int message_id, int reason)
{
    struct link *link = context;

    carrier_settle(link->carrier, message_id, reason);
}

static void on_received(void *context, const char *topic, const void *payload, size_t size_bytes, bool retained)
{
    struct link *link = context;

    if (strcmp(topic, link->settings->topic_command) != 0)
        return;
    if (retained) {
        /* It is as old as one likes and would be carried out anew on each connection. */
        log_warning("cloud", "a retained command on %s is ignored; send commands without the retain flag", topic);
        return;
    }
    if (size_bytes > COMMAND_LIMIT_BYTES) {
        log_warning("cloud", "a command of %zu bytes on %s is ignored: at most %u are taken", size_bytes, topic,
                    COMMAND_LIMIT_BYTES);
        return;
    }
    struct cloud_notice *notice = memory_zeroed(1, sizeof *notice);
    notice->kind = CLOUD_NOTICE_COMMAND;
    notice->payload = memory_copy(payload, size_bytes);
    notice->size_bytes = size_bytes;
    outbox_add(link->cloud->outbox, notice);
}

/* --- what we say -------------------------------------------------------------------------------------------------- */

static void greet(struct link *link)
{
    link->greeted = true;
    link->accepted_ms = now_ms(link);
    carrier_begin(link->carrier, link->client);
    int id = mqtt_client_subscribe(link->client, link->settings->topic_command, link->settings->subscribe_qos);
    link->subscribe_id = id < 0 ? -1 : id;
    if (id < 0 && id != MQTT_GONE)
        give_up(link, text_format("the subscription to \"%s\" could not be sent; check that topic",
                                  link->settings->topic_command));
    link->suback_deadline_ms = link->accepted_ms + link->response_ms;
}

/* Events matter more than commands: a refused subscription is told, and the connection stays. */
static void take_suback(struct link *link)
{
    char *detail = NULL;

    if (link->suback_reason >= 0x80) {
        detail = text_format("the broker refused the subscription to %s: %s (0x%02X); events go out, but no command can "
                             "come in; check the broker's policy or ACL", link->settings->topic_command,
                             mqtt_reason_text(link->version, link->suback_reason), (unsigned) link->suback_reason);
        log_warning("cloud", "%s", detail);
    }
    cloud_set_state(link->cloud, CLOUD_ONLINE, detail);
    free(detail);
    link->suback_reason = -1;
    outbox_tell(link->cloud->outbox, CLOUD_NOTICE_ONLINE, NULL);
}

static void log_connected(const struct link *link)
{
    const char *tls = mqtt_client_tls_version(link->client);

    log_notice("cloud", "connected to %s port %u, MQTT %s, %s", link->settings->host, (unsigned) link->settings->port,
               link->version == 5 ? "5" : "3.1.1", tls != NULL ? tls : "without TLS");
}

/* --- deadlines ---------------------------------------------------------------------------------------------------- */

/* While main does not take notices, nothing more is read: confirmations and commands must not be lost, nor pile up. */
static void hold_or_release(struct link *link)
{
    bool hold = !outbox_flush(link->cloud->outbox) && link->phase == PHASE_RUNNING;

    if (hold == link->held)
        return;
    link->held = hold;
    carrier_hold(link->carrier, hold);
    mqtt_client_hold(link->client, hold);
}

static void check_deadlines(struct link *link)
{
    char *failure = link->greeted ? carrier_failure(link->carrier) : NULL;

    if (failure != NULL)
        give_up(link, failure);
    else if (link->subscribe_id >= 0 && !link->held && now_ms(link) >= link->suback_deadline_ms)
        give_up(link, text_format("the broker did not acknowledge the subscription to %s within %" PRIu64 " s",
                                  link->settings->topic_command, (link->response_ms + 999) / 1000));
}

static void sooner(int64_t *timeout_ms, uint64_t at_ms, uint64_t now)
{
    int64_t left_ms = at_ms > now ? (int64_t) (at_ms - now) : 0;

    if (*timeout_ms < 0 || left_ms < *timeout_ms)
        *timeout_ms = left_ms;
}

static int turn_timeout_ms(const struct link *link)
{
    uint64_t now = now_ms(link);
    uint64_t at_ms = 0;
    int64_t timeout_ms = -1;

    if (link->phase != PHASE_RUNNING)
        sooner(&timeout_ms, link->phase_deadline_ms, now);
    if (link->held)
        sooner(&timeout_ms, now + BACKLOG_RETRY_MS, now);
    else if (link->subscribe_id >= 0)
        sooner(&timeout_ms, link->suback_deadline_ms, now);
    if (carrier_deadline_ms(link->carrier, &at_ms) && link->phase == PHASE_RUNNING)
        sooner(&timeout_ms, at_ms, now);
    if (carrier_resume_ms(link->carrier, &at_ms) && link->phase <= PHASE_FAREWELL)
        sooner(&timeout_ms, at_ms, now);
    return timeout_ms > INT32_MAX ? INT32_MAX : (int) timeout_ms;
}

/* --- ending on purpose -------------------------------------------------------------------------------------------- */

static void say_goodbye(struct link *link, enum link_end end, uint64_t deadline_ms)
{
    link->phase = PHASE_CLOSING;
    link->end = end;
    link->phase_deadline_ms = deadline_ms;
    mqtt_client_disconnect(link->client);
}

/* Stopping: a third of the time for what is lent, up to a half for the last STATUS, up to two thirds to close. */
static void go_on_stopping(struct link *link)
{
    struct cloud *cloud = link->cloud;
    uint64_t now = now_ms(link);

    pthread_mutex_lock(&cloud->mutex);
    uint64_t started_ms = cloud->stop_started_ms;
    uint64_t limit_ms = cloud->stop_limit_ms;
    pthread_mutex_unlock(&cloud->mutex);
    if (link->phase == PHASE_RUNNING) {
        link->phase = PHASE_DRAINING;
        link->phase_deadline_ms = started_ms + limit_ms / 3;
    }
    if (link->phase == PHASE_DRAINING && (carrier_is_empty(link->carrier) || now >= link->phase_deadline_ms)) {
        link->phase = PHASE_FAREWELL;
        link->phase_deadline_ms = started_ms + limit_ms / 2;
        if (cloud->final_status != NULL)
            carrier_send_farewell(link->carrier, cloud->final_status);
    }
    if (link->phase == PHASE_FAREWELL && (carrier_farewell_is_settled(link->carrier) || now >= link->phase_deadline_ms))
        say_goodbye(link, LINK_STOPPED, started_ms + limit_ms * 2 / 3);
}

static void look_for_orders(struct link *link)
{
    pthread_mutex_lock(&link->cloud->mutex);
    bool stopping = link->cloud->stopping;
    bool changed = link->cloud->next != NULL;
    pthread_mutex_unlock(&link->cloud->mutex);
    if (link->phase == PHASE_CLOSING || (!stopping && !changed))
        return;
    if (!link->greeted) {
        link->phase = PHASE_CLOSING; /* nobody to say goodbye to */
        link->end = stopping ? LINK_STOPPED : LINK_RECONFIGURED;
        link->phase_deadline_ms = now_ms(link);
    } else if (stopping) {
        go_on_stopping(link);
    } else {
        carrier_send_last_word(link->carrier); /* a last word, "offline", to the broker that is left */
        say_goodbye(link, LINK_RECONFIGURED, now_ms(link) + GOODBYE_MS);
    }
}

/* --- the connection ----------------------------------------------------------------------------------------------- */

static bool prepare_tls(struct link *link)
{
    struct errors *errors = errors_create();

    if (link->settings->tls.enabled) {
        activity_set(link->cloud->activity, ACTIVITY_FOREIGN, "reading certificates", FILES_LIMIT_MS);
        link->tls = tls_context_create(&link->settings->tls, link->settings->host, errors, NULL);
        activity_set(link->cloud->activity, ACTIVITY_OWN, "preparing the connection", FILES_LIMIT_MS);
        if (link->tls != NULL && link->settings->port == ALPN_PORT)
            tls_context_offer_alpn(link->tls, ALPN_PROTOCOL);
    }
    for (size_t i = 0; i < errors_count(errors); i++) {
        char *longer = text_format("%s%s%s", link->text != NULL ? link->text : "", i > 0 ? "; " : "",
                                   errors_get(errors, i));
        free(link->text);
        link->text = longer;
    }
    errors_free(errors);
    return link->tls != NULL || !link->settings->tls.enabled;
}

static bool connect_client(struct link *link)
{
    const struct cloud_settings *settings = link->settings;
    const struct mqtt_options options = {
        .host = settings->host,
        .port = settings->port,
        .ssl_context = link->tls != NULL ? tls_context_ssl(link->tls) : NULL,
        .version = link->version,
        .client_id = settings->client_id,
        .login = settings->login,
        .password = settings->password,
        .keep_alive_s = settings->keep_alive_s,
        .will_topic = settings->will != NULL ? settings->topic_status : NULL,
        .will_payload = settings->will,
        .will_qos = settings->publish_qos,
        .will_retained = settings->retained,
        .connect_timeout_ms = settings->connect_timeout_s > 0 ? settings->connect_timeout_s * 1000U : 1000U,
        .window = CLOUD_WINDOW,
        .activity = link->cloud->activity,
    };
    const struct mqtt_events events = {
        .context = link,
        .connected = on_connected,
        .subscribed = on_subscribed,
        .published = on_published,
        .received = on_received,
    };

    link->client = mqtt_client_connect(&options, &events, link->cloud->wake_fd, &link->text);
    return link->client != NULL;
}

/* TLS knows better than the MQTT library why a handshake failed. */
static void prefer_tls_text(struct link *link)
{
    const char *text = link->tls != NULL ? tls_context_failure(link->tls) : NULL;

    if (text != NULL && !link->broken)
        text_replace(&link->text, text);
}

static void step(struct link *link)
{
    if (link->accepted && !link->greeted) {
        log_connected(link);
        greet(link);
    }
    if (link->suback_reason >= 0)
        take_suback(link);
    look_for_orders(link);
    hold_or_release(link);
    if (link->greeted && link->phase <= PHASE_FAREWELL)
        carrier_send(link->carrier, link->subscribe_id >= 0);
    if (link->phase == PHASE_RUNNING)
        check_deadlines(link);
}

/* Runs the connection to its end. */
static enum link_end converse(struct link *link)
{
    for (;;) {
        step(link);
        if (link->broken)
            return LINK_FAILED;
        if (link->phase == PHASE_CLOSING && now_ms(link) >= link->phase_deadline_ms)
            return link->end;
        enum mqtt_result result = mqtt_client_turn(link->client, turn_timeout_ms(link));
        if (result == MQTT_OK)
            continue;
        if (link->phase == PHASE_CLOSING)
            return link->end;
        link->text = text_copy(mqtt_client_reason(link->client));
        link->dropped = mqtt_client_was_dropped(link->client);
        return result == MQTT_PROTOCOL_REFUSED ? LINK_VERSION_REFUSED : LINK_FAILED;
    }
}

struct link_result link_run(struct cloud *cloud, const struct cloud_settings *settings, int version)
{
    uint64_t response_ms = (uint64_t) settings->response_timeout_s * 1000;
    uint64_t floor_ms = cloud->options.response_floor_ms;
    struct link link = {
        .cloud = cloud,
        .settings = settings,
        .version = version,
        .response_ms = response_ms > floor_ms ? response_ms : floor_ms,
        .subscribe_id = -1,
        .suback_reason = -1,
    };
    struct link_result result = { .end = LINK_FAILED };

    link.carrier = carrier_create(cloud, settings, version, link.response_ms);
    if (prepare_tls(&link) && connect_client(&link))
        result.end = converse(&link);
    if (result.end == LINK_FAILED)
        prefer_tls_text(&link);
    result.accepted = link.greeted;
    result.stood_ms = link.greeted ? now_ms(&link) - link.accepted_ms : 0;
    result.text = link.text;
    carrier_end(link.carrier, link.dropped);
    carrier_free(link.carrier);
    mqtt_client_free(link.client);
    tls_context_free(link.tls);
    return result;
}
