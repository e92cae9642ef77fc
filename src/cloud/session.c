/* SPDX-License-Identifier: MIT */
#include "cloud/session.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/wakeup.h"
#include "cloud/backoff.h"
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
/* From here on "connected, then dropped" is a pattern with causes of its own. */
#define SHORT_SESSIONS_TELL 3U

struct session {
    struct cloud *cloud;
    struct cloud_settings *settings;
    struct backoff backoff;
    int version;                /* of the next attempt; 4 once the broker has refused 5, for a while */
    uint64_t lowered_ms;        /* when it did */
    unsigned short_sessions;    /* in a row */
    char *told;                 /* the failure that was logged as a warning */
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
        .random = system_random,
    };
}

static uint64_t now_ms(const struct session *session)
{
    return clock_monotonic_ms(session->cloud->clock);
}

static void adopt_settings(struct session *session, struct cloud_settings *settings)
{
    cloud_settings_free(session->settings);
    session->settings = settings;
    session->version = settings->version == CLOUD_MQTT_3_1_1 ? 4 : 5;
    session->short_sessions = 0;
    suspects_clear(&session->cloud->suspects);
    text_replace(&session->told, NULL);
    backoff_init(&session->backoff, session->cloud->options.backoff_base_ms,
                 (uint64_t) settings->reconnect_interval_s * 1000, session->cloud->options.good_session_ms);
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

static char *failure_text(struct session *session, const struct link_result *result)
{
    const char *text = result->text != NULL ? result->text : "the connection ended";

    if (result->accepted) {
        bool good = result->stood_ms >= session->cloud->options.good_session_ms;
        session->short_sessions = good ? 0 : session->short_sessions + 1;
    }
    if (session->short_sessions < SHORT_SESSIONS_TELL)
        return text_copy(text);
    return text_format("%s; the connection is made and lost again and again: check whether another client uses the client "
                       "id \"%s\", and whether the broker's policy allows the topics and the size of what is published",
                       text, session->settings->client_id);
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

static void after_failure(struct session *session, const struct link_result *result)
{
    bool good = result->accepted && result->stood_ms >= session->cloud->options.good_session_ms;

    if (result->accepted)
        backoff_session_ended(&session->backoff, result->stood_ms);
    if (good)
        text_replace(&session->told, NULL);
    char *text = failure_text(session, result);
    uint64_t wait_ms = backoff_next_ms(&session->backoff, session->cloud->options.random());
    log_failure(session, text, wait_ms);
    cloud_set_state(session->cloud, CLOUD_WAITING, text);
    outbox_tell(session->cloud->outbox, CLOUD_NOTICE_DISCONNECTED, text);
    free(text);
    wait_for_orders(session, (int64_t) wait_ms, "waiting before the next attempt");
}

/* A broker that knew only 3.1.1 may have been updated, or another one have answered by mistake. */
static void choose_version(struct session *session)
{
    if (session->version != 4 || session->settings->version != CLOUD_MQTT_AUTO)
        return;
    if (now_ms(session) - session->lowered_ms >= session->cloud->options.version_retry_ms)
        session->version = 5;
}

static void attempt(struct session *session)
{
    struct cloud *cloud = session->cloud;

    pthread_mutex_lock(&cloud->mutex);
    cloud->facts.attempts++;
    /* The last failure stays visible until there is news. */
    cloud->facts.state = CLOUD_CONNECTING;
    pthread_mutex_unlock(&cloud->mutex);
    choose_version(session);
    struct link_result result = link_run(cloud, session->settings, session->version);
    if (result.end == LINK_VERSION_REFUSED && session->settings->version == CLOUD_MQTT_AUTO && session->version == 5) {
        log_info("cloud", "the broker does not speak MQTT 5; MQTT 3.1.1 is used");
        session->version = 4;
        session->lowered_ms = now_ms(session);
    } else if (result.end == LINK_FAILED || result.end == LINK_VERSION_REFUSED) {
        after_failure(session, &result);
    } else if (result.accepted) {
        outbox_tell(cloud->outbox, CLOUD_NOTICE_DISCONNECTED,
                    result.end == LINK_STOPPED ? "stopped" : "the settings have changed");
    }
    free(result.text);
}

void session_run(struct cloud *cloud)
{
    struct session session = { .cloud = cloud };

    while (take_orders(&session)) {
        if (session.settings->host[0] == '\0') {
            cloud_set_state(cloud, CLOUD_NOT_CONFIGURED, "no broker is set (mqtt.broker); events are kept");
            wait_for_orders(&session, -1, "waiting for a broker to be set");
        } else {
            attempt(&session);
        }
        activity_set(cloud->activity, ACTIVITY_OWN, "preparing the connection", 10000);
    }
    cloud_set_state(cloud, CLOUD_STOPPED, NULL);
    cloud_settings_free(session.settings);
    free(session.told);
}
