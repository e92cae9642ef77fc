/* SPDX-License-Identifier: MIT */
#include "cloud/claim_talk.h"

#include "base/log.h"
#include "base/memory.h"
#include "cloud/aws.h"
#include "cloud/claim_answer.h"
#include "cloud/inside.h"
#include "cloud/mqtt.h"
#include "cloud/tls.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FILES_LIMIT_MS 10000U
/* How long a DISCONNECT may take to go out. */
#define GOODBYE_MS 1000U
/* What to check, of the policy that doc/aws.md names. */
#define CLAIM_POLICY "the claim's policy (springpark-claim)"

enum { TOPICS = 4 };

enum step { STEP_CONNECT, STEP_SUBSCRIBE, STEP_CREATE, STEP_REGISTER, STEP_DONE };

struct talk {
    struct cloud *cloud;
    const struct cloud_settings *settings;
    const EVP_PKEY *key;
    const char *request;
    int version;
    struct tls_context *tls;
    struct mqtt_client *client;
    uint64_t response_ms;
    uint64_t deadline_ms;     /* of the step, but CONNECT, which the client ends in time */
    enum step step;
    char *create_topic;       /* what is published to; the answers come on .../accepted and .../rejected */
    char *register_topic;
    char *filters[TOPICS];    /* accepted and rejected of the first, then of the second */
    size_t subscribed;        /* how many of the filters are */
    bool accepted;            /* CONNACK 0 */
    int message_id;           /* of the SUBSCRIBE or PUBLISH under way */
    int reason;               /* that came for it; -1: not yet */
    char *answer;             /* to the question of this step, or NULL */
    size_t answer_bytes;
    bool rejected;            /* it came on the topic for that */
    struct claim_certificate certificate;
    char *thing;
    char *text;               /* it failed */
};

static uint64_t now_ms(const struct talk *talk)
{
    return clock_monotonic_ms(talk->cloud->clock);
}

/* Takes text. The first one counts. */
static void fail(struct talk *talk, char *text)
{
    if (talk->text == NULL)
        talk->text = text;
    else
        free(text);
}

/* --- what the broker says; inside mqtt_client_turn, so nothing is published from here ----------------------------- */

static void on_connected(void *context, int reason)
{
    ((struct talk *) context)->accepted = reason == 0;
}

static void on_reason(void *context, int message_id, int reason)
{
    struct talk *talk = context;

    if (message_id == talk->message_id)
        talk->reason = reason;
}

static void on_received(void *context, const struct mqtt_message *message)
{
    struct talk *talk = context;
    const size_t first = talk->step == STEP_REGISTER ? 2 : 0;

    if (message->retained || talk->answer != NULL || (talk->step != STEP_CREATE && talk->step != STEP_REGISTER))
        return;
    for (size_t i = first; i < first + 2; i++) {
        if (strcmp(message->topic, talk->filters[i]) != 0)
            continue;
        /* One that is too long is refused for its length; its end is of no use. */
        talk->answer = memory_copy(message->payload, message->size_bytes < CLAIM_ANSWER_MAX_BYTES
                                                     ? message->size_bytes : CLAIM_ANSWER_MAX_BYTES);
        talk->answer_bytes = message->size_bytes;
        talk->rejected = i == first + 1;
    }
}

/* --- what we say -------------------------------------------------------------------------------------------------- */

static void begin_step(struct talk *talk, enum step step)
{
    talk->step = step;
    talk->reason = -1;
    talk->message_id = -1;
    talk->deadline_ms = now_ms(talk) + talk->response_ms;
    if (talk->answer != NULL)
        explicit_bzero(talk->answer, talk->answer_bytes < CLAIM_ANSWER_MAX_BYTES ? talk->answer_bytes
                                                                                 : CLAIM_ANSWER_MAX_BYTES);
    free(talk->answer);
    talk->answer = NULL;
}

static void subscribe_next(struct talk *talk)
{
    const char *filter = talk->filters[talk->subscribed];

    begin_step(talk, STEP_SUBSCRIBE);
    talk->message_id = mqtt_client_subscribe(talk->client, filter, 1);
    if (talk->message_id < 0 && talk->message_id != MQTT_GONE)
        fail(talk, text_format("the subscription to %s could not be sent", filter));
}

/* Takes the question. */
static void ask(struct talk *talk, enum step step, const char *topic, json_t *question)
{
    char *payload = json_dumps(question, JSON_COMPACT);

    json_decref(question);
    begin_step(talk, step);
    if (payload == NULL) {
        fail(talk, text_format("the serial number \"%s\" is no text that JSON can have; check device.serial",
                               talk->settings->claim.serial));
        return;
    }
    talk->message_id = mqtt_client_publish(talk->client, topic, payload, strlen(payload), 1, false);
    if (talk->message_id < 0 && talk->message_id != MQTT_GONE)
        fail(talk, text_format("the question on %s could not be sent: the broker takes no message of %zu bytes", topic,
                               strlen(payload)));
    explicit_bzero(payload, strlen(payload)); /* it may hold the token */
    free(payload);
}

static void ask_for_certificate(struct talk *talk)
{
    ask(talk, STEP_CREATE, talk->create_topic, json_pack("{s:s}", "certificateSigningRequest", talk->request));
}

static void ask_to_register(struct talk *talk)
{
    ask(talk, STEP_REGISTER, talk->register_topic,
        json_pack("{s:s, s:{s:s}}", "certificateOwnershipToken", talk->certificate.token, "parameters", "SerialNumber",
                  talk->settings->claim.serial));
}

/* --- what the answers mean ---------------------------------------------------------------------------------------- */

/* What this box did when something happened, and what to check then. */
static char *deed(const struct talk *talk)
{
    if (talk->step == STEP_SUBSCRIBE)
        return text_format("wanted to subscribe to %s", talk->filters[talk->subscribed]);
    if (talk->step == STEP_CREATE)
        return text_format("asked for a certificate (%s)", talk->create_topic);
    return text_format("asked to be registered (%s)", talk->register_topic);
}

static char *check(const struct talk *talk)
{
    const char *name = talk->settings->claim.template_name;

    if (talk->step == STEP_CREATE)
        return text_format("check that " CLAIM_POLICY " allows iot:Publish there, and iot:Receive of the answers");
    if (talk->step == STEP_SUBSCRIBE)
        return text_format("check that " CLAIM_POLICY " allows iot:Subscribe there, and the name of the template, "
                           "\"%s\" (provisioning.template)", name);
    return text_format("check that there is a template \"%s\" (provisioning.template), that it is enabled, its "
                       "pre-provisioning hook, what it makes of the serial number \"%s\", and " CLAIM_POLICY, name,
                       talk->settings->claim.serial);
}

/* problem: what happened, before what this box did. Takes it. */
static void fail_in_step(struct talk *talk, char *problem)
{
    char *did = deed(talk), *next = check(talk);

    fail(talk, text_format("%s when this box %s; %s", problem, did, next));
    free(problem);
    free(did);
    free(next);
}

static void take_rejection(struct talk *talk)
{
    char *words = claim_answer_rejection(talk->answer, talk->answer_bytes);

    fail_in_step(talk, text_format("the broker refused, %s,", words));
    free(words);
}

static void take_bad_answer(struct talk *talk, char *problem)
{
    char *did = deed(talk);

    fail(talk, text_format("the broker's answer %s when this box %s; check whether it is AWS IoT Core that answers",
                           problem, did));
    free(did);
    free(problem);
}

static void take_certificate(struct talk *talk)
{
    char *problem = NULL;
    time_t now = 0;

    (void) clock_wall_time(talk->cloud->clock, &now);
    if (talk->rejected)
        take_rejection(talk);
    else if (claim_answer_certificate(talk->answer, talk->answer_bytes, talk->key, now, &talk->certificate, &problem))
        ask_to_register(talk);
    else
        take_bad_answer(talk, problem);
}

static void take_thing(struct talk *talk)
{
    char *problem = NULL;

    if (talk->rejected) {
        take_rejection(talk);
        return;
    }
    talk->thing = claim_answer_thing(talk->answer, talk->answer_bytes, &problem);
    if (talk->thing != NULL)
        begin_step(talk, STEP_DONE);
    else
        take_bad_answer(talk, problem);
}

static void take_suback(struct talk *talk)
{
    talk->subscribed++;
    if (talk->subscribed < TOPICS)
        subscribe_next(talk);
    else
        ask_for_certificate(talk);
}

/* Goes on as far as what has come allows. */
static void proceed(struct talk *talk)
{
    if (talk->step == STEP_CONNECT) {
        if (talk->accepted)
            subscribe_next(talk);
        return;
    }
    if (talk->reason >= 0x80)
        fail_in_step(talk, text_format("the broker refused, %s (0x%02X),",
                                       mqtt_reason_text(talk->version, talk->reason), (unsigned) talk->reason));
    else if (talk->step == STEP_SUBSCRIBE && talk->reason >= 0)
        take_suback(talk);
    else if (talk->step == STEP_CREATE && talk->answer != NULL)
        take_certificate(talk);
    else if (talk->step == STEP_REGISTER && talk->answer != NULL)
        take_thing(talk);
    else if (now_ms(talk) >= talk->deadline_ms)
        fail_in_step(talk, text_format("the broker did not answer within %" PRIu64 " s",
                                       (talk->response_ms + 999) / 1000));
}

/* --- the connection ----------------------------------------------------------------------------------------------- */

static bool has_orders(const struct talk *talk, enum link_end *end)
{
    pthread_mutex_lock(&talk->cloud->mutex);
    bool stopping = talk->cloud->stopping;
    bool has = stopping || talk->cloud->next != NULL;
    pthread_mutex_unlock(&talk->cloud->mutex);
    if (has)
        *end = stopping ? LINK_STOPPED : LINK_RECONFIGURED;
    return has;
}

static int turn_timeout_ms(const struct talk *talk)
{
    uint64_t now = now_ms(talk);

    if (talk->step == STEP_CONNECT)
        return -1;
    return talk->deadline_ms > now ? (int) (talk->deadline_ms - now) : 0;
}

/* The connection could not be made, or is over. */
static void take_end(struct talk *talk)
{
    const char *reason = mqtt_client_reason(talk->client);
    const char *tls = talk->tls != NULL ? tls_context_failure(talk->tls) : NULL;

    if (talk->step != STEP_CONNECT)
        fail_in_step(talk, text_format("the broker ended the connection (%s)", reason));
    else if (tls != NULL)
        fail(talk, text_copy(tls));
    else if (talk->tls != NULL && !tls_was_established(tls_context_ssl(talk->tls)))
        fail(talk, text_copy(reason));
    else
        fail(talk, text_format("%s; check that the claim certificate is active, and that " CLAIM_POLICY " lets \"%s\" "
                               "connect", reason, talk->settings->client_id));
}

static enum link_end converse(struct talk *talk)
{
    enum link_end end = LINK_FAILED;

    for (;;) {
        proceed(talk);
        if (talk->text != NULL)
            return LINK_FAILED;
        if (talk->step == STEP_DONE)
            return LINK_PROVISIONED;
        if (has_orders(talk, &end))
            return end;
        enum mqtt_result result = mqtt_client_turn(talk->client, turn_timeout_ms(talk));
        if (result == MQTT_OK)
            continue;
        proceed(talk); /* the last that came may be all that was wanted */
        if (talk->step == STEP_DONE)
            return LINK_PROVISIONED;
        take_end(talk);
        return result == MQTT_PROTOCOL_REFUSED ? LINK_VERSION_REFUSED : LINK_FAILED;
    }
}

static bool prepare_tls(struct talk *talk)
{
    struct errors *errors = errors_create();
    const char *alpn = aws_alpn(talk->settings->port);

    activity_set(talk->cloud->activity, ACTIVITY_FOREIGN, "reading certificates", FILES_LIMIT_MS);
    talk->tls = tls_context_create(&talk->settings->tls, talk->settings->host, errors, NULL);
    activity_set(talk->cloud->activity, ACTIVITY_OWN, "preparing the connection", FILES_LIMIT_MS);
    if (talk->tls != NULL && alpn != NULL)
        tls_context_offer_alpn(talk->tls, alpn);
    if (talk->tls == NULL)
        fail(talk, text_copy(errors_get(errors, 0)));
    errors_free(errors);
    return talk->tls != NULL;
}

static bool connect_client(struct talk *talk)
{
    const struct cloud_settings *settings = talk->settings;
    const struct mqtt_options options = {
        .host = settings->host,
        .port = settings->port,
        .ssl_context = tls_context_ssl(talk->tls),
        .version = talk->version,
        .client_id = settings->client_id,
        .keep_alive_s = settings->keep_alive_s,
        .connect_timeout_ms = settings->connect_timeout_s > 0 ? settings->connect_timeout_s * 1000U : 1000U,
        .activity = talk->cloud->activity,
    };
    const struct mqtt_events events = {
        .context = talk,
        .connected = on_connected,
        .subscribed = on_reason,
        .published = on_reason,
        .received = on_received,
    };
    char *error = NULL;

    talk->client = mqtt_client_connect(&options, &events, talk->cloud->wake_fd, &error);
    if (talk->client == NULL)
        fail(talk, error != NULL ? error : text_copy("the connection could not be made"));
    return talk->client != NULL;
}

static void say_goodbye(struct talk *talk)
{
    uint64_t end_ms = now_ms(talk) + GOODBYE_MS;

    mqtt_client_disconnect(talk->client);
    for (uint64_t now = now_ms(talk); now < end_ms; now = now_ms(talk)) {
        if (mqtt_client_turn(talk->client, (int) (end_ms - now)) != MQTT_OK)
            return;
    }
}

static void set_topics(struct talk *talk)
{
    talk->create_topic = text_copy(CLAIM_CREATE_TOPIC);
    talk->register_topic = text_format("$aws/provisioning-templates/%s/provision/json",
                                       talk->settings->claim.template_name);
    for (size_t i = 0; i < TOPICS; i++)
        talk->filters[i] = text_format("%s/%s", i < 2 ? talk->create_topic : talk->register_topic,
                                       i % 2 == 0 ? "accepted" : "rejected");
}

static void release(struct talk *talk)
{
    begin_step(talk, talk->step); /* wipes an answer */
    claim_certificate_release(&talk->certificate);
    mqtt_client_free(talk->client);
    tls_context_free(talk->tls);
    for (size_t i = 0; i < TOPICS; i++)
        free(talk->filters[i]);
    free(talk->create_topic);
    free(talk->register_topic);
}

struct claim_talk_result claim_talk(struct cloud *cloud, const struct cloud_settings *settings, int version,
                                    const EVP_PKEY *key, const char *request)
{
    uint64_t response_ms = (uint64_t) settings->response_timeout_s * 1000;
    uint64_t floor_ms = cloud->options.response_floor_ms;
    struct talk talk = {
        .cloud = cloud,
        .settings = settings,
        .key = key,
        .request = request,
        .version = version,
        .response_ms = response_ms > floor_ms ? response_ms : floor_ms,
        .message_id = -1,
        .reason = -1,
    };
    struct claim_talk_result result = { .end = LINK_FAILED };

    set_topics(&talk);
    if (prepare_tls(&talk) && connect_client(&talk))
        result.end = converse(&talk);
    else
        (void) has_orders(&talk, &result.end); /* which end a wait for the network early */
    if (result.end == LINK_PROVISIONED) {
        log_debug("cloud", "the certificate for this box has come; it is the thing \"%s\"", talk.thing);
        say_goodbye(&talk);
        X509_up_ref(talk.certificate.certificate);
        result.certificate = talk.certificate.certificate;
        result.thing = talk.thing;
    } else {
        free(talk.thing);
    }
    result.text = talk.text;
    release(&talk);
    return result;
}
