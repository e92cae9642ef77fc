/* SPDX-License-Identifier: MIT */
#include "cloud/carrier.h"

#include "base/log.h"
#include "base/memory.h"
#include "cloud/aws.h"
#include "cloud/backoff.h"
#include "cloud/inside.h"
#include "cloud/throttle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A first look and later ones at a broker that says "quota exceeded". */
#define PAUSE_BASE_MS 1000U
#define PAUSE_CAP_MS 60000U

/* Reason codes of MQTT 5 that call for more than their words. */
#define NOT_AUTHORIZED 0x87
#define TOPIC_NAME_INVALID 0x90
#define PACKET_TOO_LARGE 0x95
#define QUOTA_EXCEEDED 0x97
#define RETAIN_NOT_SUPPORTED 0x9A

static_assert(CLOUD_WINDOW <= SUSPECTS_LIMIT, "each event in flight may be a suspect");

/* By construction, and not by luck: events in flight, META, STATUS and the last STATUS stay within what AWS IoT Core
 * takes unacknowledged; and in no second more goes out than it takes, for of the cap's rate and burst, and of the three
 * that do not wait for it (carrier_send_last_word, carrier_send_farewell), not all can come in one second. */
static_assert(CLOUD_WINDOW + 3 <= AWS_IN_FLIGHT, "no more is in flight than AWS IoT Core takes");
static_assert(AWS_OUR_PUBLISH_RATE + THROTTLE_BURST + 3 <= AWS_PUBLISH_RATE, "nor published in one second");

/* META or a STATUS that waits for PUBACK. */
struct text_flight {
    int id;             /* -1: none */
    uint64_t sent_ms;
    uint64_t ticket;
};

struct carrier {
    struct cloud *cloud;
    const struct cloud_settings *settings;
    int version;
    uint64_t response_ms;
    bool retained;
    struct mqtt_client *client; /* NULL before the connection was accepted */
    uint64_t begun_ms;
    bool subscribing;
    bool held;
    uint64_t released_ms;       /* acknowledgements are only late if they were read for */
    struct text_flight meta, status, farewell;
    struct throttle throttle;   /* of replayed events */
    struct throttle cap;        /* of all that is published, where the broker has a limit */
    size_t payload_limit_bytes;
    uint64_t resume_ms;         /* the next may go then; 0: it waits for the broker, or there is none */
    uint64_t pause_until_ms;    /* no event before that: quota exceeded */
    struct backoff pause;
    struct lane_event *alone;   /* a suspect whose turn it is: it waits for all that is under way, or is in flight */
    bool alone_in_flight;
    bool impossible;            /* the MQTT library takes no event for this topic */
};

static uint64_t now_ms(const struct carrier *carrier)
{
    return clock_monotonic_ms(carrier->cloud->clock);
}

struct carrier *carrier_create(struct cloud *cloud, const struct cloud_settings *settings, int version,
                               uint64_t response_ms, bool retained)
{
    struct carrier *carrier = memory_zeroed(1, sizeof *carrier);

    carrier->cloud = cloud;
    carrier->settings = settings;
    carrier->version = version;
    carrier->response_ms = response_ms;
    carrier->retained = retained;
    carrier->meta.id = carrier->status.id = carrier->farewell.id = -1;
    throttle_init(&carrier->throttle, settings->replay_rate);
    bool aws = aws_is_endpoint(settings->host);
    throttle_init(&carrier->cap, aws ? AWS_OUR_PUBLISH_RATE : 0);
    carrier->payload_limit_bytes = aws ? AWS_PAYLOAD_BYTES : SIZE_MAX;
    backoff_init(&carrier->pause, PAUSE_BASE_MS, PAUSE_CAP_MS, 0);
    return carrier;
}

void carrier_free(struct carrier *carrier)
{
    free(carrier);
}

/* --- the connection ----------------------------------------------------------------------------------------------- */

void carrier_begin(struct carrier *carrier, struct mqtt_client *client)
{
    struct cloud *cloud = carrier->cloud;

    carrier->client = client;
    carrier->begun_ms = carrier->released_ms = now_ms(carrier);
    pthread_mutex_lock(&cloud->mutex);
    cloud->linked = true;
    uint64_t link = ++cloud->link;
    cloud->facts.connects++;
    cloud->facts.mqtt_version = carrier->version;
    pthread_mutex_unlock(&cloud->mutex);
    outbox_tell_number(cloud->outbox, CLOUD_NOTICE_CONNECTED, link, link);
}

static bool has_text_in_flight(const struct carrier *carrier)
{
    return carrier->meta.id >= 0 || carrier->status.id >= 0 || carrier->farewell.id >= 0;
}

static void refuse_after_drops(struct carrier *carrier, struct event_id id)
{
    char *text = text_format("the broker closed the connection %u times in a row while this event was in flight; check "
                             "the policy for topic %s, and its size", SUSPECTS_GUILTY_STRIKES,
                             carrier->settings->topic_event);

    outbox_tell_event(carrier->cloud->outbox, CLOUD_NOTICE_REFUSED, id, text);
    free(text);
}

/* Main must set a guilty event aside before it takes back the others: told before DISCONNECTED. */
static void look_for_guilty(struct carrier *carrier, const struct event_id *flight, size_t count)
{
    struct cloud *cloud = carrier->cloud;
    bool alone = !has_text_in_flight(carrier) && !carrier->subscribing;

    if (!suspects_note_drop(&cloud->suspects, flight, count, alone))
        return;
    pthread_mutex_lock(&cloud->mutex);
    cloud->facts.refused++;
    pthread_mutex_unlock(&cloud->mutex);
    refuse_after_drops(carrier, flight[0]);
}

void carrier_end(struct carrier *carrier, bool dropped)
{
    struct cloud *cloud = carrier->cloud;
    struct event_id flight[SUSPECTS_LIMIT];

    pthread_mutex_lock(&cloud->mutex);
    size_t count = lanes_list_flight(cloud->lanes, flight, SUSPECTS_LIMIT);
    cloud->linked = false;
    cloud->accepted = false;
    cloud->promised = 0;
    cloud->facts.mqtt_version = 0;
    lanes_clear(cloud->lanes);
    text_replace(&cloud->meta, NULL);
    text_replace(&cloud->status, NULL);
    pthread_mutex_unlock(&cloud->mutex);
    if (dropped && carrier->client != NULL)
        look_for_guilty(carrier, flight, count);
    else if (carrier->alone != NULL) /* or an event that the broker just ignores could keep back all others for ever */
        suspects_clear(&cloud->suspects);
    carrier->alone = NULL;
    carrier->alone_in_flight = false;
    carrier->client = NULL;
}

struct carrier_unsettled carrier_unsettled(const struct carrier *carrier)
{
    pthread_mutex_lock(&carrier->cloud->mutex);
    bool events = lanes_in_flight(carrier->cloud->lanes) > 0;
    pthread_mutex_unlock(&carrier->cloud->mutex);
    return (struct carrier_unsettled) {
        .meta = carrier->meta.id >= 0,
        .status = carrier->status.id >= 0 || carrier->farewell.id >= 0,
        .events = events,
    };
}

void carrier_hold(struct carrier *carrier, bool held)
{
    if (carrier->held && !held)
        carrier->released_ms = now_ms(carrier);
    carrier->held = held;
}

/* --- what the broker says; inside mqtt_client_turn, so nothing is published from here ----------------------------- */

static char *refusal_text(const struct carrier *carrier, const char *topic, bool retained, int reason)
{
    const char *advice = "";

    if (reason == NOT_AUTHORIZED && retained)
        advice = "; check the broker's policy or ACL for publishing on it, with the retain flag (AWS: iot:Publish and "
                 "iot:RetainPublish)";
    else if (reason == NOT_AUTHORIZED)
        advice = "; check the broker's policy or ACL for publishing on it";
    else if (reason == RETAIN_NOT_SUPPORTED)
        advice = "; switch off mqtt.options.retained";
    else if (reason == TOPIC_NAME_INVALID)
        advice = "; check the topic";
    else if (reason == PACKET_TOO_LARGE)
        advice = "; it is larger than the broker takes";
    return text_format("the broker refused it on topic %s: %s (0x%02X)%s", topic,
                       mqtt_reason_text(carrier->version, reason), (unsigned) reason, advice);
}

/* Takes the broker's word on an event into the lanes and the counters. False: the message was no event. */
static bool settle_event(struct carrier *carrier, int message_id, int reason, struct event_id *id)
{
    struct cloud *cloud = carrier->cloud;

    pthread_mutex_lock(&cloud->mutex);
    struct lane_event *event = lanes_find(cloud->lanes, message_id);
    bool found = event != NULL;
    if (found) {
        *id = event->id;
        if (event == carrier->alone)
            carrier->alone_in_flight = false;
        if (reason == QUOTA_EXCEEDED) {
            lanes_put_back(cloud->lanes, event); /* it passes with time, the event need not be set aside for it */
        } else {
            cloud->facts.delivered += reason < 0x80 ? 1 : 0;
            cloud->facts.replayed += reason < 0x80 && event->lane == LANE_REPLAY ? 1 : 0;
            cloud->facts.refused += reason < 0x80 ? 0 : 1;
            carrier->alone = event == carrier->alone ? NULL : carrier->alone;
            lanes_remove(cloud->lanes, event);
        }
    }
    pthread_mutex_unlock(&cloud->mutex);
    return found;
}

static void pause_events(struct carrier *carrier, struct event_id id)
{
    uint64_t pause_ms = PAUSE_BASE_MS + backoff_next_ms(&carrier->pause, carrier->cloud->options.random());

    carrier->pause_until_ms = now_ms(carrier) + pause_ms;
    log_warning("cloud", "the broker refused event %" PRIu32 ":%" PRIu64 " for now: quota exceeded (0x97); events "
                "pause for %" PRIu64 " ms, then it is sent again", id.startup, id.sequence, pause_ms);
}

static void tell_outcome(struct carrier *carrier, struct event_id id, int reason)
{
    if (reason == QUOTA_EXCEEDED) {
        pause_events(carrier, id);
        return;
    }
    suspects_settle(&carrier->cloud->suspects, id);
    if (reason < 0x80) {
        backoff_reset(&carrier->pause);
        outbox_tell_event(carrier->cloud->outbox, CLOUD_NOTICE_CONFIRMED, id, NULL);
    } else {
        char *text = refusal_text(carrier, carrier->settings->topic_event, false, reason);
        outbox_tell_event(carrier->cloud->outbox, CLOUD_NOTICE_REFUSED, id, text);
        free(text);
    }
}

static void settle_text(struct carrier *carrier, struct text_flight *flight, const char *name, const char *topic,
                        int reason)
{
    flight->id = -1;
    if (reason >= 0x80) {
        char *text = refusal_text(carrier, topic, carrier->retained, reason);
        log_warning("cloud", "%s was lost: %s", name, text);
        free(text);
    } else if (flight->ticket != 0) {
        outbox_tell_number(carrier->cloud->outbox, CLOUD_NOTICE_STATUS_CONFIRMED, flight->ticket, 0);
    }
}

void carrier_settle(struct carrier *carrier, int message_id, int reason)
{
    struct event_id id;

    if (settle_event(carrier, message_id, reason, &id))
        tell_outcome(carrier, id, reason);
    else if (message_id == carrier->meta.id)
        settle_text(carrier, &carrier->meta, "META", carrier->settings->topic_meta, reason);
    else if (message_id == carrier->status.id)
        settle_text(carrier, &carrier->status, "STATUS", carrier->settings->topic_status, reason);
    else if (message_id == carrier->farewell.id)
        settle_text(carrier, &carrier->farewell, "the last STATUS", carrier->settings->topic_status, reason);
}

/* --- publishing --------------------------------------------------------------------------------------------------- */

static void resume_at(struct carrier *carrier, uint64_t at_ms)
{
    if (carrier->resume_ms == 0 || at_ms < carrier->resume_ms)
        carrier->resume_ms = at_ms;
}

/* Whether the broker takes one more now; if not, it is looked at again once it does. */
static bool has_turn(struct carrier *carrier, const struct throttle *throttle)
{
    uint64_t now_us = clock_monotonic_us(carrier->cloud->clock);
    uint64_t wait_us = throttle_wait_us(throttle, now_us);

    if (wait_us > 0)
        resume_at(carrier, (now_us + wait_us + 999) / 1000);
    return wait_us == 0;
}

/* As mqtt_client_publish. */
static int publish(struct carrier *carrier, const char *topic, const char *payload, size_t size_bytes, bool retained)
{
    if (size_bytes > carrier->payload_limit_bytes)
        return MQTT_TOO_LARGE;
    throttle_pass(&carrier->cap, clock_monotonic_us(carrier->cloud->clock));
    return mqtt_client_publish(carrier->client, topic, payload, size_bytes, carrier->settings->publish_qos, retained);
}

/* --- META and STATUS ---------------------------------------------------------------------------------------------- */

static void publish_text(struct carrier *carrier, struct text_flight *flight, const char *topic, const char *payload,
                         uint64_t ticket)
{
    int id = publish(carrier, topic, payload, strlen(payload), carrier->retained);

    if (id == MQTT_TOO_LARGE)
        log_warning("cloud", "%zu bytes for %s were not sent: larger than the broker takes", strlen(payload), topic);
    else if (id < 0 && id != MQTT_GONE)
        log_warning("cloud", "what was to go to %s could not be handed to the MQTT library; check that topic", topic);
    *flight = (struct text_flight) { .id = id < 0 ? -1 : id, .sent_ms = now_ms(carrier), .ticket = ticket };
}

static char *take_text(struct cloud *cloud, char **place, uint64_t *ticket)
{
    pthread_mutex_lock(&cloud->mutex);
    char *text = *place;
    *place = NULL;
    *ticket = cloud->status_ticket;
    pthread_mutex_unlock(&cloud->mutex);
    return text;
}

static void publish_meta(struct carrier *carrier)
{
    uint64_t ticket = 0;
    char *meta = take_text(carrier->cloud, &carrier->cloud->meta, &ticket);

    if (meta != NULL)
        publish_text(carrier, &carrier->meta, carrier->settings->topic_meta, meta, 0);
    free(meta);
}

static void publish_status(struct carrier *carrier)
{
    uint64_t ticket = 0;
    char *status = take_text(carrier->cloud, &carrier->cloud->status, &ticket);

    if (status != NULL)
        publish_text(carrier, &carrier->status, carrier->settings->topic_status, status, ticket);
    free(status);
}

static bool has_text_waiting(const struct carrier *carrier)
{
    pthread_mutex_lock(&carrier->cloud->mutex);
    bool waiting = carrier->cloud->meta != NULL || carrier->cloud->status != NULL;
    pthread_mutex_unlock(&carrier->cloud->mutex);
    return waiting;
}

/* One of each at a time, so that a silent broker does not collect them; none while a suspect flies alone. */
static void publish_texts(struct carrier *carrier)
{
    if (carrier->alone_in_flight || !has_text_waiting(carrier))
        return;
    if (carrier->meta.id < 0 && has_turn(carrier, &carrier->cap))
        publish_meta(carrier);
    if (carrier->status.id < 0 && has_turn(carrier, &carrier->cap))
        publish_status(carrier);
}

void carrier_send_last_word(struct carrier *carrier)
{
    publish_meta(carrier);
    publish_status(carrier);
}

void carrier_send_farewell(struct carrier *carrier, const char *status)
{
    publish_text(carrier, &carrier->farewell, carrier->settings->topic_status, status, 0);
}

bool carrier_farewell_is_settled(const struct carrier *carrier)
{
    return carrier->farewell.id < 0;
}

/* --- events ------------------------------------------------------------------------------------------------------- */

/* What follows, up to take_event, is called under the mutex. */

static bool has_text_to_settle(const struct carrier *carrier)
{
    const struct cloud *cloud = carrier->cloud;

    return has_text_in_flight(carrier) || cloud->meta != NULL || cloud->status != NULL;
}

/* Whether there is room for it in flight. A suspect needs all of it; but only in the connection's first time does it
 * wait for a SUBACK or the PUBACK of META, which may never come. Later it flies in company, and a drop proves nothing. */
static bool has_room(struct carrier *carrier, const struct lane_event *event)
{
    size_t in_flight = lanes_in_flight(carrier->cloud->lanes);
    uint64_t patience_end_ms = carrier->begun_ms + carrier->response_ms / 2;

    if (event != carrier->alone)
        return in_flight < mqtt_client_window(carrier->client);
    if (in_flight > 0)
        return false;
    if (!carrier->subscribing && !has_text_to_settle(carrier))
        return true;
    if (now_ms(carrier) >= patience_end_ms)
        return true;
    resume_at(carrier, patience_end_ms);
    return false;
}

static bool passes_throttle(struct carrier *carrier, const struct lane_event *event)
{
    if (!has_turn(carrier, &carrier->cap))
        return false;
    if (event->lane != LANE_REPLAY)
        return true;
    if (!has_turn(carrier, &carrier->throttle))
        return false;
    throttle_pass(&carrier->throttle, clock_monotonic_us(carrier->cloud->clock));
    return true;
}

/* The event whose turn it is, or NULL. A suspect keeps its turn, whatever else comes. */
static struct lane_event *choose_event(struct carrier *carrier)
{
    struct cloud *cloud = carrier->cloud;

    if (carrier->alone != NULL)
        return carrier->alone;
    struct lane_event *event = lanes_first(cloud->lanes, carrier->settings->oldest_first);
    if (event != NULL && suspects_fly_alone(&cloud->suspects, event->id))
        carrier->alone = event;
    return event;
}

/* The next event goes into flight; NULL: none may go now. */
static struct lane_event *take_event(struct carrier *carrier)
{
    struct cloud *cloud = carrier->cloud;

    pthread_mutex_lock(&cloud->mutex);
    struct lane_event *event = choose_event(carrier);
    if (event != NULL && (!has_room(carrier, event) || !passes_throttle(carrier, event)))
        event = NULL;
    if (event != NULL) {
        lanes_take(cloud->lanes, event, now_ms(carrier));
        carrier->alone_in_flight = event == carrier->alone;
    }
    pthread_mutex_unlock(&cloud->mutex);
    return event;
}

/* The event that was taken last has no message id. */
static void event_not_sent(struct carrier *carrier, int why)
{
    if (why == MQTT_TOO_LARGE)
        carrier_settle(carrier, -1, PACKET_TOO_LARGE);
    else
        carrier->impossible = true;
}

static void publish_events(struct carrier *carrier)
{
    struct cloud *cloud = carrier->cloud;

    while (!carrier->impossible && !carrier->held && now_ms(carrier) >= carrier->pause_until_ms) {
        struct lane_event *event = take_event(carrier);
        if (event == NULL)
            return;
        if (event == carrier->alone)
            log_info("cloud", "event %" PRIu32 ":%" PRIu64 " is sent alone: it was in flight when the broker ended the "
                     "last connection", event->id.startup, event->id.sequence);
        int id = publish(carrier, carrier->settings->topic_event, event->payload, event->size_bytes, false);
        if (id == MQTT_GONE)
            return; /* the next turn says so */
        if (id < 0) {
            event_not_sent(carrier, id);
            continue;
        }
        pthread_mutex_lock(&cloud->mutex);
        event->message_id = id;
        pthread_mutex_unlock(&cloud->mutex);
    }
}

/* Asks for replayed events when half of their lane is free; what was asked for may come at any time. */
static void ask_for_more(struct carrier *carrier)
{
    struct cloud *cloud = carrier->cloud;
    size_t room = 0;

    pthread_mutex_lock(&cloud->mutex);
    size_t expected = lanes_waiting(cloud->lanes, LANE_REPLAY) + cloud->promised;
    if (cloud->accepted && !cloud->stopping && expected <= CLOUD_REPLAY_LANE / 2)
        room = CLOUD_REPLAY_LANE - expected;
    cloud->promised += room;
    uint64_t link = cloud->link;
    pthread_mutex_unlock(&cloud->mutex);
    if (room > 0)
        outbox_tell_number(cloud->outbox, CLOUD_NOTICE_WANT, room, link);
}

void carrier_send(struct carrier *carrier, bool subscribing)
{
    carrier->subscribing = subscribing;
    carrier->resume_ms = 0;
    publish_texts(carrier);
    publish_events(carrier);
    if (!carrier->held)
        ask_for_more(carrier);
}

bool carrier_is_empty(const struct carrier *carrier)
{
    const struct lanes *lanes = carrier->cloud->lanes;

    pthread_mutex_lock(&carrier->cloud->mutex);
    bool empty = lanes_waiting(lanes, LANE_LIVE) + lanes_waiting(lanes, LANE_REPLAY) + lanes_in_flight(lanes) == 0;
    pthread_mutex_unlock(&carrier->cloud->mutex);
    return empty;
}

/* --- deadlines ---------------------------------------------------------------------------------------------------- */

/* What the broker has to acknowledge first, and until when. */
static const char *most_urgent(const struct carrier *carrier, uint64_t *deadline_ms)
{
    const struct text_flight *texts[] = { &carrier->meta, &carrier->status };
    const char *const names[] = { "META", "STATUS" };
    const char *what = NULL;
    uint64_t sent_ms = 0;

    if (carrier->held)
        return NULL;
    pthread_mutex_lock(&carrier->cloud->mutex);
    if (lanes_oldest_sent_ms(carrier->cloud->lanes, &sent_ms))
        what = "an event";
    pthread_mutex_unlock(&carrier->cloud->mutex);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i]->id < 0 || (what != NULL && texts[i]->sent_ms >= sent_ms))
            continue;
        what = names[i];
        sent_ms = texts[i]->sent_ms;
    }
    if (what != NULL)
        *deadline_ms = (sent_ms > carrier->released_ms ? sent_ms : carrier->released_ms) + carrier->response_ms;
    return what;
}

bool carrier_deadline_ms(const struct carrier *carrier, uint64_t *deadline_ms)
{
    return most_urgent(carrier, deadline_ms) != NULL;
}

bool carrier_resume_ms(const struct carrier *carrier, uint64_t *resume_ms)
{
    bool paused = carrier->pause_until_ms > now_ms(carrier);

    *resume_ms = carrier->resume_ms;
    if (paused && (*resume_ms == 0 || carrier->pause_until_ms < *resume_ms))
        *resume_ms = carrier->pause_until_ms;
    return !carrier->held && *resume_ms > 0;
}

char *carrier_failure(const struct carrier *carrier)
{
    uint64_t deadline_ms = 0;

    if (carrier->impossible)
        return text_format("an event could not be handed to the MQTT library; check the topic \"%s\"",
                           carrier->settings->topic_event);
    const char *what = most_urgent(carrier, &deadline_ms);
    if (what == NULL || now_ms(carrier) < deadline_ms)
        return NULL;
    return text_format("the broker did not acknowledge %s within %" PRIu64 " s; it is sent again on a new connection",
                       what, (carrier->response_ms + 999) / 1000);
}
