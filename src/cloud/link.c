/* SPDX-License-Identifier: MIT */
#include "cloud/link.h"

#include "base/log.h"
#include "base/memory.h"
#include "cloud/backoff.h"
#include "cloud/inside.h"
#include "cloud/mqtt.h"
#include "cloud/tls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* At most this many events wait for PUBACK at a time; the store keeps the rest. */
#define WINDOW 20U
/* How often a full notice queue is tried again. */
#define BACKLOG_RETRY_MS 50U
/* A first look and later ones at a broker that says "quota exceeded". */
#define PAUSE_BASE_MS 1000U
#define PAUSE_CAP_MS 60000U
/* A command is a short JSON document or a line; what is larger is no command. */
#define COMMAND_LIMIT_BYTES 65536U
/* How long a DISCONNECT may take to go out when the settings change. */
#define GOODBYE_MS 1000U
#define FILES_LIMIT_MS 10000U

/* Reason codes of MQTT 5 that call for more than their words. */
#define NOT_AUTHORIZED 0x87
#define TOPIC_NAME_INVALID 0x90
#define PACKET_TOO_LARGE 0x95
#define QUOTA_EXCEEDED 0x97

/* What AWS IoT Core asks for on port 443 for MQTT with a client certificate. */
#define ALPN_PORT 443
#define ALPN_PROTOCOL "x-amzn-mqtt-ca"

enum phase {
    PHASE_RUNNING,
    PHASE_DRAINING, /* stopping: what is stored still goes out */
    PHASE_FAREWELL, /* the last STATUS is on its way */
    PHASE_CLOSING,  /* DISCONNECT is on its way */
};

struct link {
    struct cloud *cloud;
    const struct cloud_settings *settings;
    int version;
    struct tls_context *tls;
    struct mqtt_client *client;
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
    int meta_id;                /* -1: none in flight */
    int status_id;
    bool held;
    uint64_t released_ms;       /* acknowledgements are only late if they were read for */
    uint64_t pause_until_ms;    /* no event before that: quota exceeded */
    struct backoff pause;
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

/* --- what the broker says; inside mqtt_client_turn, so nothing is published from here -------------------------------- */

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

static char *refusal_text(const struct link *link, const char *topic, int reason)
{
    const char *advice = "";

    if (reason == NOT_AUTHORIZED)
        advice = "; check the broker's policy or ACL for publishing on it";
    else if (reason == TOPIC_NAME_INVALID)
        advice = "; check the topic";
    else if (reason == PACKET_TOO_LARGE)
        advice = "; it is larger than the broker takes";
    return text_format("the broker refused it on topic %s: %s (0x%02X)%s", topic,
                       mqtt_reason_text(link->version, reason), (unsigned) reason, advice);
}

/* Takes the broker's word on an event into the store and the counters. False: the message was no event. */
static bool settle_event(struct link *link, int message_id, int reason, uint64_t *sequence)
{
    struct cloud *cloud = link->cloud;

    pthread_mutex_lock(&cloud->mutex);
    struct store_event *event = store_find(cloud->store, message_id);
    bool found = event != NULL;
    if (found) {
        *sequence = event->sequence;
        if (reason == QUOTA_EXCEEDED) {
            store_put_back(cloud->store, event); /* it passes with time, the event need not be lost for it */
        } else {
            store_remove(cloud->store, event);
            cloud->facts.delivered += reason < 0x80 ? 1 : 0;
            cloud->facts.refused += reason < 0x80 ? 0 : 1;
        }
    }
    pthread_mutex_unlock(&cloud->mutex);
    return found;
}

static void pause_events(struct link *link, uint64_t sequence)
{
    uint64_t pause_ms = PAUSE_BASE_MS + backoff_next_ms(&link->pause, link->cloud->options.random());

    link->pause_until_ms = now_ms(link) + pause_ms;
    log_warning("cloud", "the broker refused event %" PRIu64 " for now: quota exceeded (0x97); events pause for %" PRIu64
                " ms, then it is sent again", sequence, pause_ms);
}

static void tell_outcome(struct link *link, uint64_t sequence, int reason)
{
    if (reason < 0x80) {
        backoff_reset(&link->pause);
        outbox_tell(link->cloud->outbox, CLOUD_NOTICE_CONFIRMED, sequence, NULL);
    } else if (reason == QUOTA_EXCEEDED) {
        pause_events(link, sequence);
    } else {
        char *text = refusal_text(link, link->settings->topic_event, reason);
        outbox_tell(link->cloud->outbox, CLOUD_NOTICE_REFUSED, sequence, text);
        free(text);
    }
}

static void on_published(void *context, int message_id, int reason)
{
    struct link *link = context;
    const char *topic = NULL;
    uint64_t sequence = 0;

    if (settle_event(link, message_id, reason, &sequence)) {
        tell_outcome(link, sequence, reason);
        return;
    }
    if (message_id == link->meta_id) {
        link->meta_id = -1;
        topic = link->settings->topic_meta;
    } else if (message_id == link->status_id) {
        link->status_id = -1;
        topic = link->settings->topic_status;
    }
    if (topic != NULL && reason >= 0x80) {
        char *text = refusal_text(link, topic, reason);
        log_warning("cloud", "META or STATUS was lost: %s", text);
        free(text);
    }
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

/* --- what we say ------------------------------------------------------------------------------------------------ */

static void greet(struct link *link)
{
    struct cloud *cloud = link->cloud;

    link->greeted = true;
    link->accepted_ms = now_ms(link);
    link->released_ms = link->accepted_ms;
    pthread_mutex_lock(&cloud->mutex);
    cloud->linked = true;
    cloud->facts.connects++;
    cloud->facts.mqtt_version = link->version;
    pthread_mutex_unlock(&cloud->mutex);
    outbox_tell(cloud->outbox, CLOUD_NOTICE_CONNECTED, 0, NULL);
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
    outbox_tell(link->cloud->outbox, CLOUD_NOTICE_ONLINE, 0, NULL);
}

static void log_connected(const struct link *link)
{
    const char *tls = mqtt_client_tls_version(link->client);

    log_notice("cloud", "connected to %s port %u, MQTT %s, %s", link->settings->host, (unsigned) link->settings->port,
               link->version == 5 ? "5" : "3.1.1", tls != NULL ? tls : "without TLS");
}

static int publish_text(struct link *link, const char *topic, const char *payload)
{
    int id = mqtt_client_publish(link->client, topic, payload, strlen(payload), link->settings->publish_qos,
                                 link->settings->retained);

    if (id == MQTT_TOO_LARGE)
        log_warning("cloud", "%zu bytes for %s were not sent: larger than the broker takes", strlen(payload), topic);
    return id < 0 ? -1 : id;
}

static void publish_texts(struct link *link)
{
    pthread_mutex_lock(&link->cloud->mutex);
    char *meta = link->cloud->meta;
    char *status = link->cloud->status;
    link->cloud->meta = NULL;
    link->cloud->status = NULL;
    pthread_mutex_unlock(&link->cloud->mutex);
    if (meta != NULL)
        link->meta_id = publish_text(link, link->settings->topic_meta, meta);
    if (status != NULL)
        link->status_id = publish_text(link, link->settings->topic_status, status);
    free(meta);
    free(status);
}

/* The event that was taken last has no message id. */
static void event_not_sent(struct link *link, int why)
{
    uint64_t sequence = 0;

    if (why == MQTT_TOO_LARGE && settle_event(link, -1, PACKET_TOO_LARGE, &sequence)) {
        tell_outcome(link, sequence, PACKET_TOO_LARGE);
        return;
    }
    give_up(link, text_format("an event could not be handed to the MQTT library; check the topic \"%s\"",
                              link->settings->topic_event));
}

/* Hands over waiting events, oldest first, as far as the window goes. */
static void publish_events(struct link *link)
{
    struct cloud *cloud = link->cloud;
    unsigned window = mqtt_client_window(link->client);

    while (!link->broken && !link->held && now_ms(link) >= link->pause_until_ms) {
        struct store_event *event = NULL;
        pthread_mutex_lock(&cloud->mutex);
        if (store_in_flight(cloud->store) < window)
            event = store_take(cloud->store, now_ms(link));
        pthread_mutex_unlock(&cloud->mutex);
        if (event == NULL)
            return;
        int id = mqtt_client_publish(link->client, link->settings->topic_event, event->payload, event->size_bytes,
                                     link->settings->publish_qos, false);
        if (id == MQTT_GONE)
            return; /* it is sent again on the next connection, as all that is in flight */
        if (id < 0) {
            event_not_sent(link, id);
            continue;
        }
        pthread_mutex_lock(&cloud->mutex);
        event->message_id = id;
        pthread_mutex_unlock(&cloud->mutex);
    }
}

/* --- deadlines -------------------------------------------------------------------------------------------------- */

/* While main does not take notices, nothing more is read: confirmations and commands must not be lost, nor pile up. */
static void hold_or_release(struct link *link)
{
    bool hold = !outbox_flush(link->cloud->outbox) && link->phase == PHASE_RUNNING;

    if (hold == link->held)
        return;
    link->held = hold;
    if (!hold)
        link->released_ms = now_ms(link);
    mqtt_client_hold(link->client, hold);
}

static bool oldest_puback_deadline_ms(const struct link *link, uint64_t *deadline_ms)
{
    uint64_t sent_ms = 0;

    pthread_mutex_lock(&link->cloud->mutex);
    bool found = store_oldest_sent_ms(link->cloud->store, &sent_ms);
    pthread_mutex_unlock(&link->cloud->mutex);
    if (!found || link->held)
        return false;
    *deadline_ms = (sent_ms > link->released_ms ? sent_ms : link->released_ms) + link->response_ms;
    return true;
}

static void check_deadlines(struct link *link)
{
    uint64_t deadline_ms = 0;
    uint64_t now = now_ms(link);

    if (link->subscribe_id >= 0 && !link->held && now >= link->suback_deadline_ms)
        give_up(link, text_format("the broker did not acknowledge the subscription to %s within %" PRIu64 " s",
                                  link->settings->topic_command, (link->response_ms + 999) / 1000));
    else if (oldest_puback_deadline_ms(link, &deadline_ms) && now >= deadline_ms)
        give_up(link, text_format("the broker did not acknowledge an event within %" PRIu64 " s; it is sent again on a "
                                  "new connection", (link->response_ms + 999) / 1000));
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
    uint64_t deadline_ms = 0;
    int64_t timeout_ms = -1;

    if (link->phase != PHASE_RUNNING)
        sooner(&timeout_ms, link->phase_deadline_ms, now);
    if (link->held)
        sooner(&timeout_ms, now + BACKLOG_RETRY_MS, now);
    else if (link->subscribe_id >= 0)
        sooner(&timeout_ms, link->suback_deadline_ms, now);
    if (oldest_puback_deadline_ms(link, &deadline_ms))
        sooner(&timeout_ms, deadline_ms, now);
    if (link->pause_until_ms > now)
        sooner(&timeout_ms, link->pause_until_ms, now);
    return timeout_ms > INT32_MAX ? INT32_MAX : (int) timeout_ms;
}

/* --- ending on purpose ------------------------------------------------------------------------------------------ */

static void say_goodbye(struct link *link, enum link_end end, uint64_t deadline_ms)
{
    link->phase = PHASE_CLOSING;
    link->end = end;
    link->phase_deadline_ms = deadline_ms;
    mqtt_client_disconnect(link->client);
}

/* Stopping: a third of the time for what is stored, up to a half for the last STATUS, up to two thirds to close. */
static void go_on_stopping(struct link *link)
{
    struct cloud *cloud = link->cloud;
    uint64_t now = now_ms(link);

    pthread_mutex_lock(&cloud->mutex);
    uint64_t started_ms = cloud->stop_started_ms;
    uint64_t limit_ms = cloud->stop_limit_ms;
    size_t stored = store_count(cloud->store);
    pthread_mutex_unlock(&cloud->mutex);
    if (link->phase == PHASE_RUNNING) {
        link->phase = PHASE_DRAINING;
        link->phase_deadline_ms = started_ms + limit_ms / 3;
    }
    if (link->phase == PHASE_DRAINING && (stored == 0 || now >= link->phase_deadline_ms)) {
        link->phase = PHASE_FAREWELL;
        link->phase_deadline_ms = started_ms + limit_ms / 2;
        if (cloud->final_status != NULL)
            link->status_id = publish_text(link, link->settings->topic_status, cloud->final_status);
    }
    if (link->phase == PHASE_FAREWELL && (link->status_id < 0 || now >= link->phase_deadline_ms))
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
        publish_texts(link); /* a last word, "offline", to the broker that is left */
        say_goodbye(link, LINK_RECONFIGURED, now_ms(link) + GOODBYE_MS);
    }
}

/* --- the connection --------------------------------------------------------------------------------------------- */

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
        .window = WINDOW,
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
    if (link->greeted && link->phase <= PHASE_FAREWELL) {
        publish_texts(link);
        publish_events(link);
    }
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
        return result == MQTT_PROTOCOL_REFUSED ? LINK_VERSION_REFUSED : LINK_FAILED;
    }
}

static void forget_connection(struct cloud *cloud)
{
    pthread_mutex_lock(&cloud->mutex);
    cloud->linked = false;
    cloud->facts.mqtt_version = 0;
    store_put_back_all(cloud->store);
    free(cloud->meta);
    free(cloud->status);
    cloud->meta = NULL;
    cloud->status = NULL;
    pthread_mutex_unlock(&cloud->mutex);
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
        .meta_id = -1,
        .status_id = -1,
    };
    struct link_result result = { .end = LINK_FAILED };

    backoff_init(&link.pause, PAUSE_BASE_MS, PAUSE_CAP_MS, 0);
    if (prepare_tls(&link) && connect_client(&link))
        result.end = converse(&link);
    if (result.end == LINK_FAILED)
        prefer_tls_text(&link);
    result.accepted = link.greeted;
    result.stood_ms = link.greeted ? now_ms(&link) - link.accepted_ms : 0;
    result.text = link.text;
    forget_connection(cloud);
    mqtt_client_free(link.client);
    tls_context_free(link.tls);
    return result;
}
