/* SPDX-License-Identifier: MIT */
#include "cloud/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/wakeup.h"
#include "cloud/aws.h"
#include "cloud/backoff.h"
#include "cloud/claim.h"
#include "cloud/inside.h"
#include "cloud/link.h"
#include "cloud/settings.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* How often a full notice queue is tried again. */
#define BACKLOG_RETRY_MS 50U
#define FILES_LIMIT_MS 10000U

struct session {
    struct cloud *cloud;
    struct cloud_settings *settings;
    struct backoff backoff;
    int version;                /* of the next attempt; 4 once the broker has refused 5, for a while */
    uint64_t lowered_ms;        /* when it did */
    bool attempted;
    uint64_t attempt_ended_ms;
    uint64_t gap_ms;            /* at least so long after that the next attempt begins, whatever it is made for */
    char *told;                 /* the failure that was logged as a warning */
    bool claiming;              /* this attempt is for a certificate, which there is not yet */
    bool provisioned;           /* it has come: the settings that know of it are waited for */
};

static uint64_t system_random(void)
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof random, 0) != (ssize_t) sizeof random)
        random = clock_monotonic_us(clock_system()); /* jitter need not be secret */
    return random;
}

struct session_options session_options_default(void)
{
    return (struct session_options) {
        .response_floor_ms = 10000,
        .backoff_base_ms = 1000,
        .good_session_ms = 30000,
        .version_retry_ms = 3600000,
        .registration_patience_ms = AWAITING_PATIENCE_MS,
        .hold_ms = 5000,
        .again_ms = DIAGNOSIS_AGAIN_MS,
        .random = system_random,
    };
}

static uint64_t now_ms(const struct session *session)
{
    return clock_monotonic_ms(session->cloud->clock);
}

/* Where it is kept does not change while the daemon runs; a file that cannot be read is not read again, either. */
static void load_registrations(struct cloud *cloud, const char *file)
{
    char *problem = NULL;

    if (cloud->registrations_file != NULL && strcmp(cloud->registrations_file, file) == 0)
        return;
    registrations_free(cloud->registrations);
    text_replace(&cloud->registrations_file, file);
    activity_set(cloud->activity, ACTIVITY_FOREIGN, "reading who has accepted the certificate", FILES_LIMIT_MS);
    cloud->registrations = file[0] != '\0' ? registrations_load(file, &problem) : registrations_create();
    activity_set(cloud->activity, ACTIVITY_OWN, "preparing the connection", FILES_LIMIT_MS);
    if (problem != NULL)
        log_warning("cloud", "%s", problem);
    free(problem);
}

static void adopt_settings(struct session *session, struct cloud_settings *settings)
{
    cloud_settings_free(session->settings);
    session->settings = settings;
    session->version = settings->version == CLOUD_MQTT_3_1_1 ? 4 : 5;
    session->provisioned = false;
    diagnosis_reset(&session->cloud->diagnosis, session->cloud->options.again_ms);
    load_registrations(session->cloud, settings->registrations);
    suspects_clear(&session->cloud->suspects);
    text_replace(&session->told, NULL);
    backoff_init(&session->backoff, session->cloud->options.backoff_base_ms,
                 (uint64_t) settings->reconnect_interval_s * 1000, session->cloud->options.good_session_ms);
    session->gap_ms = aws_is_endpoint(settings->host) ? AWS_CONNECT_GAP_MS : 0;
    backoff_set_floor(&session->backoff, session->gap_ms);
}

/* Clears the wake-up, then looks what it was for: in this order none is lost. False: the cloud is stopping. */
static bool take_orders(struct session *session)
{
    struct cloud *cloud = session->cloud;
    wakeup_clear(cloud->wake_fd);
    pthread_mutex_lock(&cloud->mutex);
    struct cloud_settings *next = cloud->next;
    bool stopping = cloud->stopping;
    cloud->next = NULL;
    cloud->facts.tls = next != NULL ? next->tls.enabled : cloud->facts.tls;
    pthread_mutex_unlock(&cloud->mutex);
    if (next != NULL)
        adopt_settings(session, next);
    return !stopping;
}

static bool has_orders(const struct session *session)
{
    pthread_mutex_lock(&session->cloud->mutex);
    bool has = session->cloud->next != NULL || session->cloud->stopping;
    pthread_mutex_unlock(&session->cloud->mutex);
    return has;
}

/* Waits until there are orders, or wait_ms are over (-1 = no limit). */
static void wait_for_orders(struct session *session, int64_t wait_ms, const char *what)
{
    uint64_t end_ms = now_ms(session) + (wait_ms > 0 ? (uint64_t) wait_ms : 0);
    struct pollfd wake = { .fd = session->cloud->wake_fd, .events = POLLIN };

    activity_set(session->cloud->activity, ACTIVITY_IDLE, what, 0);
    while (!has_orders(session)) {
        uint64_t now = now_ms(session);
        int64_t left_ms = wait_ms < 0 ? INT32_MAX : (int64_t) (end_ms - now);
        if (wait_ms >= 0 && now >= end_ms)
            break;
        if (!outbox_flush(session->cloud->outbox) && left_ms > BACKLOG_RETRY_MS)
            left_ms = BACKLOG_RETRY_MS;
        bool forever = wait_ms < 0 && left_ms == INT32_MAX;
        if (poll(&wake, 1, forever ? -1 : (int) (left_ms < INT32_MAX ? left_ms : INT32_MAX)) > 0) {
            wakeup_clear(session->cloud->wake_fd); /* then has_orders decides */
        }
    }
}

/* Notes the end for the diagnosis, whatever the text is to say. */
static char *failure_text(struct session *session, const struct link_result *result)
{
    struct diagnosis *diagnosis = &session->cloud->diagnosis;
    const struct diagnosis_names names = link_names(session->settings);
    const char *text = result->text != NULL ? result->text : "the connection ended";
    enum diagnosis_cause cause = diagnosis_note_end(diagnosis, &result->facts, now_ms(session));
    char *advice = diagnosis_advice(diagnosis, cause, &result->facts, &names);
    char *whole = text_format("%s%s", text, advice);

    free(advice);
    return whole;
}

/* The same failure again and again is one piece of news. */
static void log_failure(struct session *session, const char *text, uint64_t wait_ms)
{
    if (session->told != NULL && strcmp(session->told, text) == 0) {
        log_debug("cloud", "still not connected: %s; next attempt in %" PRIu64 " ms", text, wait_ms);
        return;
    }
    text_replace(&session->told, text);
    log_warning("cloud", "not connected: %s; events are kept, attempts go on", text);
}

/* Told at its beginning and when it takes too long, in whichever of its ways the connection was dropped meanwhile. */
static char *await_registration(struct session *session, const struct link_result *result)
{
    struct awaiting *awaiting = &session->cloud->awaiting;
    uint64_t patience_ms = session->cloud->options.registration_patience_ms;
    enum awaiting_news news = awaiting_note_drop(awaiting, &result->registration, now_ms(session), patience_ms);
    char *text = awaiting_text(awaiting, session->settings->client_id, patience_ms);

    if (news == AWAITING_BEGINS)
        log_notice("cloud", "awaiting registration: %s; events are kept", text);
    else if (news == AWAITING_TOO_LONG)
        log_warning("cloud", "awaiting registration: %s; events are kept", text);
    else
        log_debug("cloud", "still awaiting registration: %s", result->text);
    return text;
}

/* detail: for `status`; text: why the attempt failed. */
static void rest(struct session *session, enum cloud_state state, const char *detail, const char *text,
                 uint64_t wait_ms)
{
    cloud_set_state(session->cloud, state, detail);
    outbox_tell(session->cloud->outbox, CLOUD_NOTICE_DISCONNECTED, text);
    wait_for_orders(session, (int64_t) wait_ms, "waiting before the next attempt");
}

static void after_failure(struct session *session, struct link_result *result)
{
    if (result->accepted)
        backoff_session_ended(&session->backoff, result->stood_ms);
    if (result->facts.good)
        text_replace(&session->told, NULL);
    uint64_t wait_ms = backoff_next_ms(&session->backoff, session->cloud->options.random());
    bool awaiting = result->unregistered && !result->facts.registered;
    char *detail = awaiting ? await_registration(session, result) : NULL;
    result->facts.awaiting = awaiting && !session->cloud->awaiting.warned;
    char *text = failure_text(session, result);
    if (!awaiting)
        log_failure(session, text, wait_ms);
    rest(session, awaiting ? CLOUD_AWAITING_REGISTRATION : CLOUD_WAITING, awaiting ? detail : text, text, wait_ms);
    free(detail);
    free(text);
}

/* The claim is no certificate of this box: of how its connections end nothing follows for the box's own. */
static void after_failed_claim(struct session *session, const struct link_result *result)
{
    uint64_t wait_ms = backoff_next_ms(&session->backoff, session->cloud->options.random());

    log_failure(session, result->text, wait_ms);
    rest(session, CLOUD_PROVISIONING, result->text, result->text, wait_ms);
}

/* A broker that knew only 3.1.1 may have been updated, or another one have answered by mistake. */
static void choose_version(struct session *session)
{
    if (session->version != 4 || session->settings->version != CLOUD_MQTT_AUTO)
        return;
    if (now_ms(session) - session->lowered_ms >= session->cloud->options.version_retry_ms)
        session->version = 5;
}

static struct link_result run(struct session *session)
{
    if (session->claiming)
        return claim_run(session->cloud, session->settings, session->version);
    unsigned without = diagnosis_begin(&session->cloud->diagnosis, now_ms(session));
    return link_run(session->cloud, session->settings, session->version, without);
}

static void attempt(struct session *session)
{
    struct cloud *cloud = session->cloud;

    session->claiming = claim_is_due(session->settings);
    cloud_note_attempt(cloud, session->claiming);
    choose_version(session);
    struct link_result result = run(session);
    session->attempted = true;
    session->attempt_ended_ms = now_ms(session);
    if (result.end == LINK_VERSION_REFUSED && session->settings->version == CLOUD_MQTT_AUTO && session->version == 5) {
        log_info("cloud", "the broker does not speak MQTT 5; MQTT 3.1.1 is used");
        session->version = 4;
        session->lowered_ms = now_ms(session);
    } else if (result.end == LINK_FAILED || result.end == LINK_VERSION_REFUSED) {
        if (session->claiming)
            after_failed_claim(session, &result);
        else
            after_failure(session, &result);
    } else if (result.end == LINK_PROVISIONED) {
        session->provisioned = true;
        cloud_set_state(cloud, CLOUD_PROVISIONING, "this box has its certificate; the settings are to be read anew "
                        "(springparkctl reload)");
        outbox_tell(cloud->outbox, CLOUD_NOTICE_PROVISIONED, result.text);
    } else if (result.end == LINK_FULL_AGAIN) {
        log_info("cloud", "what the broker refused is tried again");
        outbox_tell(cloud->outbox, CLOUD_NOTICE_DISCONNECTED, "what the broker refused is tried again");
    } else if (result.accepted) {
        outbox_tell(cloud->outbox, CLOUD_NOTICE_DISCONNECTED,
                    result.end == LINK_STOPPED ? "stopped" : "the settings have changed");
    }
    free(result.text);
}

/* After a failure the backoff has waited long enough; but a lower version of MQTT, or new settings, are tried at once
 * where nobody minds. Counted from the end of the last attempt, for its CONNECT was before that. */
static uint64_t gap_left_ms(const struct session *session)
{
    uint64_t due_ms = session->attempt_ended_ms + session->gap_ms;
    uint64_t now = now_ms(session);

    return session->attempted && due_ms > now ? due_ms - now : 0;
}

void session_run(struct cloud *cloud)
{
    struct session session = { .cloud = cloud };

    while (take_orders(&session)) {
        if (session.settings->host[0] == '\0') {
            cloud_set_state(cloud, CLOUD_NOT_CONFIGURED, "no broker is set (mqtt.broker); events are kept");
            wait_for_orders(&session, -1, "waiting for a broker to be set");
        } else if (session.provisioned) {
            wait_for_orders(&session, -1, "waiting for the settings that have the new certificate");
        } else if (gap_left_ms(&session) > 0) {
            wait_for_orders(&session, (int64_t) gap_left_ms(&session), "waiting until the broker takes a CONNECT");
        } else {
            attempt(&session);
        }
        activity_set(cloud->activity, ACTIVITY_OWN, "preparing the connection", 10000);
    }
    cloud_set_state(cloud, CLOUD_STOPPED, NULL);
    cloud_settings_free(session.settings);
    free(session.told);
}
