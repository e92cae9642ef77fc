/* SPDX-License-Identifier: MIT */
#include "cloud/link.h"

#include "base/log.h"
#include "base/memory.h"
#include "cloud/aws.h"
#include "cloud/carrier.h"
#include "cloud/certificate.h"
#include "cloud/inside.h"
#include "cloud/mqtt.h"
#include "cloud/poll_time.h"
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
/* How long what the connection does without waits for a moment in which nothing is in flight, to be tried again. */
#define AGAIN_PATIENCE_MS 60000U

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
    unsigned without;           /* diagnosis.h */
    struct tls_context *tls;
    struct mqtt_client *client;
    struct carrier *carrier;
    uint64_t response_ms;
    enum phase phase;
    enum link_end end;          /* what PHASE_CLOSING ends with */
    uint64_t phase_deadline_ms;
    bool accepted;              /* CONNACK 0 */
    bool greeted;               /* and dealt with */
    bool online;                /* and main was told so */
    bool holds;                 /* although it does without something, or because of that */
    uint64_t accepted_ms;
    int subscribe_id;           /* -1: none under way */
    int suback_reason;          /* -1: not yet */
    uint64_t suback_deadline_ms;
    bool held;
    bool dropped;               /* by the peer, for what may have been a message of ours */
    bool broken;                /* we give it up, for text */
    char *text;
    struct mqtt_end how;
    bool has_certificate;
    struct registration registration;
    time_t not_before, not_after; /* of the device's certificate, or 0 */
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

static void on_received(void *context, const struct mqtt_message *message)
{
    struct link *link = context;
    const char *topic = message->topic;

    if (strcmp(topic, link->settings->topic_command) != 0)
        return;
    if (message->retained) {
        /* It is as old as one likes and would be carried out anew on each connection. */
        log_warning("cloud", "a retained command on %s is ignored; send commands without the retain flag", topic);
        return;
    }
    if (message->size_bytes > COMMAND_LIMIT_BYTES) {
        log_warning("cloud", "a command of %zu bytes on %s is ignored: at most %u are taken", message->size_bytes, topic,
                    COMMAND_LIMIT_BYTES);
        return;
    }
    struct cloud_notice *notice = memory_zeroed(1, sizeof *notice);
    notice->kind = CLOUD_NOTICE_COMMAND;
    notice->payload = memory_copy(message->payload, message->size_bytes);
    notice->size_bytes = message->size_bytes;
    notice->expires = message->expires;
    notice->expires_ms = message->expires_ms;
    outbox_add(link->cloud->outbox, notice);
}

/* --- what we say -------------------------------------------------------------------------------------------------- */

static char *without_text(const struct link *link)
{
    const struct diagnosis_names names = link_names(link->settings);

    return link->without == 0 ? NULL : diagnosis_without_text(link->without, link->cloud->diagnosis.proven, &names);
}

/* What it does without was to blame, if it holds now. */
static void note_hold(struct link *link)
{
    bool news = diagnosis_note_hold(&link->cloud->diagnosis);
    char *text = without_text(link);

    link->holds = true;
    if (news)
        log_warning("cloud", "%s", text);
    if (link->online)
        cloud_set_state(link->cloud, CLOUD_ONLINE, text);
    free(text);
}

static void subscribe(struct link *link)
{
    int id = mqtt_client_subscribe(link->client, link->settings->topic_command, link->settings->subscribe_qos);
    link->subscribe_id = id < 0 ? -1 : id;
    if (id < 0 && id != MQTT_GONE)
        give_up(link, text_format("the subscription to \"%s\" could not be sent; check that topic",
                                  link->settings->topic_command));
    link->suback_deadline_ms = link->accepted_ms + link->response_ms;
}

static void go_online(struct link *link, const char *more)
{
    char *text = without_text(link);
    bool both = text != NULL && more != NULL;
    char *detail = both ? text_format("%s; %s", text, more) : text_copy(text != NULL ? text : more);

    link->online = true;
    cloud_set_state(link->cloud, CLOUD_ONLINE, detail);
    outbox_tell(link->cloud->outbox, CLOUD_NOTICE_ONLINE, NULL);
    free(detail);
    free(text);
}

static void greet(struct link *link)
{
    link->greeted = true;
    link->accepted_ms = now_ms(link);
    carrier_begin(link->carrier, link->client);
    if (link->without == DIAGNOSIS_NO_WILL)
        note_hold(link);
    if ((link->without & DIAGNOSIS_NO_SUBSCRIPTION) == 0)
        subscribe(link);
    else
        go_online(link, NULL);
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
    go_online(link, detail);
    free(detail);
    link->suback_reason = -1;
}

static void log_connected(const struct link *link)
{
    const char *tls = mqtt_client_tls_version(link->client);

    log_notice("cloud", "connected to %s port %u, MQTT %s, %s", link->settings->host, (unsigned) link->settings->port,
               link->version == 5 ? "5" : "3.1.1", tls != NULL ? tls : "without TLS");
}

/* CONNACK 0 is what says that the broker knows the certificate. */
static void note_registered(const struct link *link)
{
    struct cloud *cloud = link->cloud;
    char *problem = NULL;

    awaiting_end(&cloud->awaiting);
    if (!link->has_certificate || !registrations_add(cloud->registrations, &link->registration))
        return;
    log_notice("cloud", "registered: %s port %u has accepted this certificate for the first time", link->settings->host,
               (unsigned) link->settings->port);
    if (cloud->registrations_file[0] == '\0')
        return;
    activity_set(cloud->activity, ACTIVITY_FOREIGN, "writing down that the broker has accepted the certificate",
                 FILES_LIMIT_MS);
    if (!registrations_store(cloud->registrations, cloud->registrations_file, &problem))
        log_warning("cloud", "%s", problem);
    activity_set(cloud->activity, ACTIVITY_OWN, "handling MQTT traffic", FILES_LIMIT_MS);
    free(problem);
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

/* When something is to be done because of what the connection does without; false: never. */
static bool without_deadline_ms(const struct link *link, uint64_t *at_ms)
{
    /* What is in flight would be sent twice; but not for ever. */
    bool busy = !carrier_is_empty(link->carrier);
    uint64_t again_ms = link->cloud->diagnosis.again_ms + (busy ? AGAIN_PATIENCE_MS : 0);
    uint64_t hold_ms = link->accepted_ms + link->cloud->options.hold_ms;

    *at_ms = !link->holds && hold_ms < again_ms ? hold_ms : again_ms;
    return link->greeted && link->without != 0 && link->phase == PHASE_RUNNING;
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

static int turn_timeout_ms(const struct link *link)
{
    uint64_t now = now_ms(link);
    uint64_t at_ms = 0;
    int64_t timeout_ms = -1;

    if (link->phase != PHASE_RUNNING)
        timeout_ms = poll_time_until(timeout_ms, link->phase_deadline_ms, now);
    if (without_deadline_ms(link, &at_ms))
        timeout_ms = poll_time_until(timeout_ms, at_ms, now);
    if (link->held)
        timeout_ms = poll_time_until(timeout_ms, now + BACKLOG_RETRY_MS, now);
    else if (link->subscribe_id >= 0)
        timeout_ms = poll_time_until(timeout_ms, link->suback_deadline_ms, now);
    if (carrier_deadline_ms(link->carrier, &at_ms) && link->phase == PHASE_RUNNING)
        timeout_ms = poll_time_until(timeout_ms, at_ms, now);
    if (carrier_resume_ms(link->carrier, &at_ms) && link->phase <= PHASE_FAREWELL)
        timeout_ms = poll_time_until(timeout_ms, at_ms, now);
    return poll_time_limit(timeout_ms);
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

static void look_at_what_it_does_without(struct link *link)
{
    uint64_t at_ms = 0;

    if (!without_deadline_ms(link, &at_ms) || now_ms(link) < at_ms)
        return;
    if (!link->holds && now_ms(link) < link->cloud->diagnosis.again_ms)
        note_hold(link);
    else
        say_goodbye(link, LINK_FULL_AGAIN, now_ms(link) + GOODBYE_MS);
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

static void note_certificate(struct link *link)
{
    uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES];

    link->has_certificate = link->tls != NULL && tls_context_fingerprint(link->tls, fingerprint);
    if (link->has_certificate)
        link->registration = registration_of(link->settings->host, link->settings->port, fingerprint);
    if (link->settings->tls.client_auth)
        (void) certificate_read_times(link->settings->tls.certificate, &link->not_before, &link->not_after);
}

static bool prepare_tls(struct link *link)
{
    struct errors *errors = errors_create();
    const char *alpn = aws_alpn(link->settings->port);

    if (link->settings->tls.enabled) {
        activity_set(link->cloud->activity, ACTIVITY_FOREIGN, "reading certificates", FILES_LIMIT_MS);
        link->tls = tls_context_create(&link->settings->tls, link->settings->host, errors, NULL);
        activity_set(link->cloud->activity, ACTIVITY_OWN, "preparing the connection", FILES_LIMIT_MS);
        if (link->tls != NULL && alpn != NULL)
            tls_context_offer_alpn(link->tls, alpn);
        note_certificate(link);
    }
    /* One that cannot be used, as an expired one cannot, leaves what is known of it. */
    if (link->tls != NULL || !link->settings->tls.enabled)
        cloud_note_certificate(link->cloud, link->tls != NULL ? tls_context_not_after(link->tls) : 0);
    for (size_t i = 0; i < errors_count(errors); i++) {
        char *longer = text_format("%s%s%s", link->text != NULL ? link->text : "", i > 0 ? "; " : "",
                                   errors_get(errors, i));
        free(link->text);
        link->text = longer;
    }
    errors_free(errors);
    return link->tls != NULL || !link->settings->tls.enabled;
}

static bool is_retained(const struct cloud_settings *settings, unsigned without)
{
    return settings->retained && (without & DIAGNOSIS_NO_RETAIN) == 0;
}

static bool connect_client(struct link *link)
{
    const struct cloud_settings *settings = link->settings;
    const bool will = settings->will != NULL && (link->without & DIAGNOSIS_NO_WILL) == 0;
    const struct mqtt_options options = {
        .host = settings->host,
        .port = settings->port,
        .ssl_context = link->tls != NULL ? tls_context_ssl(link->tls) : NULL,
        .version = link->version,
        .client_id = settings->client_id,
        .login = settings->login,
        .password = settings->password,
        .keep_alive_s = settings->keep_alive_s,
        .will_topic = will ? settings->topic_status : NULL,
        .will_payload = will ? settings->will : NULL,
        .will_qos = settings->publish_qos,
        .will_retained = is_retained(settings, link->without),
        .connect_timeout_ms = settings->connect_timeout_s > 0 ? settings->connect_timeout_s * 1000U : 1000U,
        .window = CLOUD_WINDOW,
        .activity = link->cloud->activity,
        .end = &link->how,
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
        note_registered(link);
        greet(link);
    }
    if (link->suback_reason >= 0)
        take_suback(link);
    look_for_orders(link);
    look_at_what_it_does_without(link);
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

struct diagnosis_names link_names(const struct cloud_settings *settings)
{
    return (struct diagnosis_names) {
        .host = settings->host,
        .client_id = settings->client_id,
        .topic_meta = settings->topic_meta,
        .topic_status = settings->topic_status,
        .topic_event = settings->topic_event,
        .topic_command = settings->topic_command,
    };
}

static struct diagnosis_facts gather_facts(const struct link *link)
{
    const struct cloud *cloud = link->cloud;
    const struct cloud_settings *settings = link->settings;
    const struct carrier_unsettled unsettled = carrier_unsettled(link->carrier);
    struct diagnosis_facts facts = {
        .how = link->how,
        .gave_up = link->broken || (settings->tls.enabled && link->tls == NULL),
        .good = link->greeted && now_ms(link) - link->accepted_ms >= cloud->options.good_session_ms,
        .subscription = link->subscribe_id >= 0,
        .meta = unsettled.meta,
        .status = unsettled.status,
        .events = unsettled.events,
        .without = link->without,
        .will = settings->will != NULL,
        .retained = settings->retained,
        .qos_0 = settings->publish_qos == 0,
        .registered = link->has_certificate && registrations_know(cloud->registrations, &link->registration),
        .certificate_sent = link->tls != NULL && tls_context_certificate_was_sent(link->tls),
        .alert = link->tls != NULL ? tls_context_alert(link->tls) : TLS_NO_ALERT,
        .refusal = link->tls != NULL ? tls_context_refusal(link->tls) : TLS_REFUSED_NOT,
        .not_before = link->not_before,
        .not_after = link->not_after,
        .aws = aws_is_endpoint(settings->host),
    };

    (void) clock_wall_time(cloud->clock, &facts.now);
    return facts;
}

struct link_result link_run(struct cloud *cloud, const struct cloud_settings *settings, int version, unsigned without)
{
    uint64_t response_ms = (uint64_t) settings->response_timeout_s * 1000;
    uint64_t floor_ms = cloud->options.response_floor_ms;
    struct link link = {
        .cloud = cloud,
        .settings = settings,
        .version = version,
        .without = without,
        .response_ms = response_ms > floor_ms ? response_ms : floor_ms,
        .subscribe_id = -1,
        .suback_reason = -1,
    };
    struct link_result result = { .end = LINK_FAILED };

    link.carrier = carrier_create(cloud, settings, version, link.response_ms, is_retained(settings, without));
    if (prepare_tls(&link) && connect_client(&link))
        result.end = converse(&link);
    if (result.end == LINK_FAILED)
        prefer_tls_text(&link);
    result.accepted = link.greeted;
    result.stood_ms = link.greeted ? now_ms(&link) - link.accepted_ms : 0;
    result.text = link.text;
    result.facts = gather_facts(&link);
    result.registration = link.registration;
    result.unregistered = !link.broken && link.has_certificate &&
                          awaiting_is_such_an_end(&link.how, result.facts.certificate_sent, result.facts.alert);
    carrier_end(link.carrier, link.dropped);
    carrier_free(link.carrier);
    mqtt_client_free(link.client);
    tls_context_free(link.tls);
    return result;
}
