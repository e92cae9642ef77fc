/* SPDX-License-Identifier: MIT */
/*
 * A session as the daemon has it: CONNECT with its client id, SUBSCRIBE to its commands, PUBLISH of its META. One
 * client id has one session, so this is done only when there is no daemon; of a running one its own word is taken. The
 * session has no last will, and META is what the daemon would say, too: who subscribes learns nothing wrong.
 */
#include "tool/doctor.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static void on_subscribed(void *context, int message_id, int reason)
{
    (void) message_id;
    ((struct doctor *) context)->subscribed = reason;
}

static void on_published(void *context, int message_id, int reason)
{
    (void) message_id;
    ((struct doctor *) context)->published = reason;
}

/* What forbids a CONNECT, constant; NULL: nothing. */
static const char *obstacle(const struct doctor *doctor)
{
    if (doctor_no_broker(doctor) != NULL)
        return doctor_no_broker(doctor);
    if (doctor->daemon == DOCTOR_DAEMON_UNKNOWN)
        return "a daemon may be running, and one with its client id would throw it out";
    return doctor->tls_done ? NULL : "there is no TLS connection";
}

static struct doctor_finding interrupted(void)
{
    return doctor_failed(EX_TEMPFAIL, "interrupted; next: run it again");
}

struct doctor_finding doctor_check_connect(struct doctor *doctor)
{
    const struct mqtt_events events = {.context = doctor, .subscribed = on_subscribed, .published = on_published};
    const char *reason = obstacle(doctor);
    char *error = NULL;

    if (doctor->status != NULL)
        return doctor_daemon_connect(doctor);
    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    const struct cloud_settings *cloud = &doctor->plan->cloud;
    doctor->broker_options = (struct broker_options) {
        .host = cloud->host, .port = cloud->port, .tls = &cloud->tls, .client_id = cloud->client_id,
        .login = cloud->login, .password = cloud->password, .connect_timeout_ms = DOCTOR_LIMIT_MS,
        .version = cloud->version,
    };
    doctor->interrupt = interrupt_create();
    doctor->broker = broker_create(&doctor->broker_options, &events, doctor->interrupt);
    enum broker_result result = broker_connect(doctor->broker, &error);
    if (result == BROKER_CONNECTED) {
        doctor->connected = true;
        return doctor_found(DOCTOR_OK, "the broker takes the client id \"%s\"", cloud->client_id);
    }
    if (result == BROKER_INTERRUPTED)
        return interrupted();
    struct doctor_finding finding = doctor_failed(broker_exit_status(result), "%s; next: look into the broker's log "
                                                  "for \"%s\"", error, cloud->client_id);
    free(error);
    return finding;
}

/* Until *answer is there; false: the connection is over (*lost), or the time. */
static bool await_answer(struct doctor *doctor, const int *answer, bool *lost)
{
    uint64_t end_ms = clock_monotonic_ms(clock_system()) + DOCTOR_LIMIT_MS;

    *lost = false;
    while (*answer < 0) {
        uint64_t now_ms = clock_monotonic_ms(clock_system());
        if (now_ms >= end_ms || interrupt_asked(doctor->interrupt))
            return false;
        if (mqtt_client_turn(broker_client(doctor->broker), (int) (end_ms - now_ms)) != MQTT_OK) {
            *lost = *answer < 0;
            doctor->connected = false;
            return !*lost;
        }
    }
    return true;
}

/* step: "subscribe to"; right: what AWS calls it. */
static struct doctor_finding judge(struct doctor *doctor, const int *answer, const char *step, const char *topic,
                                   const char *right)
{
    bool lost = false;

    if (!await_answer(doctor, answer, &lost)) {
        if (interrupt_asked(doctor->interrupt))
            return interrupted();
        if (lost)
            return doctor_failed(EX_NOPERM, "the broker ended the connection (%s) when this box wanted to %s %s; next: "
                                 "let its certificate do that (AWS: %s in its policy)",
                                 mqtt_client_reason(broker_client(doctor->broker)), step, topic, right);
        return doctor_failed(EX_UNAVAILABLE, "the broker did not answer in %d s when this box wanted to %s %s; next: "
                             "look into its log", DOCTOR_LIMIT_MS / 1000, step, topic);
    }
    if (*answer < 0x80)
        return doctor_found(DOCTOR_OK, "this box may %s %s", step, topic);
    char *reason = broker_reason(doctor->broker, *answer);
    struct doctor_finding finding =
        doctor_failed(EX_NOPERM, "the broker does not let this box %s %s (%s); next: let its certificate do that (AWS: "
                      "%s in its policy)", step, topic, reason, right);
    free(reason);
    return finding;
}

struct doctor_finding doctor_check_subscribe(struct doctor *doctor)
{
    if (doctor->status != NULL)
        return doctor_daemon_subscribe(doctor);
    if (!doctor->connected)
        return doctor_found(DOCTOR_SKIPPED, "there is no MQTT connection");
    const struct cloud_settings *cloud = &doctor->plan->cloud;
    doctor->subscribed = -1;
    if (mqtt_client_subscribe(broker_client(doctor->broker), cloud->topic_command, cloud->subscribe_qos) < 0)
        return doctor_failed(EX_UNAVAILABLE, "%s cannot be subscribed to; next: check mqtt.topic_prefix",
                             cloud->topic_command);
    return judge(doctor, &doctor->subscribed, "subscribe to", cloud->topic_command, "iot:Subscribe and iot:Receive");
}

struct doctor_finding doctor_check_publish(struct doctor *doctor)
{
    if (doctor->status != NULL)
        return doctor_daemon_publish(doctor);
    if (!doctor->connected)
        return doctor_found(DOCTOR_SKIPPED, "there is no MQTT connection");
    if (doctor->claim_client_id != NULL) {
        broker_disconnect(doctor->broker);
        return doctor_found(DOCTOR_SKIPPED, "with a claim a publish asks for a certificate, which springparkd does");
    }
    const struct cloud_settings *cloud = &doctor->plan->cloud;
    char *meta = plan_meta_json(doctor->plan);
    doctor->published = -1;
    /* QoS 1 whatever is configured: without a PUBACK nobody knows whether it was allowed. */
    int id = mqtt_client_publish(broker_client(doctor->broker), cloud->topic_meta, meta, strlen(meta), 1,
                                 cloud->retained);
    free(meta);
    if (id < 0)
        return doctor_failed(EX_UNAVAILABLE, "nothing can be published to %s; next: check mqtt.topic_prefix",
                             cloud->topic_meta);
    struct doctor_finding finding = judge(doctor, &doctor->published, "publish to", cloud->topic_meta, "iot:Publish");
    if (doctor->connected)
        broker_disconnect(doctor->broker);
    return finding;
}
