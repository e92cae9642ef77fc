/* SPDX-License-Identifier: MIT */
#include "cloud/cloud.h"

#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "cloud/aws.h"
#include "cloud/claim.h"
#include "cloud/claim_thing.h"
#include "cloud/inside.h"
#include "cloud/settings.h"
#include "cloud/tls.h"

#include <stdlib.h>

void cloud_notice_free(void *message)
{
    struct cloud_notice *notice = message;

    if (notice == NULL)
        return;
    free(notice->text);
    free(notice->payload);
    free(notice);
}

void cloud_check_settings(const struct cloud_settings *settings, struct errors *errors, struct errors *notes)
{
    if (settings->host[0] == '\0')
        return;
    if (settings->keep_alive_s > 0 && settings->keep_alive_s < 5)
        errors_add(errors, "mqtt.options.keep_alive: %u s is too short for the MQTT library; 0 or 5 to 65535 is allowed",
                   settings->keep_alive_s);
    aws_check_settings(settings, errors, notes);
    if (claim_is_due(settings))
        claim_check(settings, errors, notes);
    else if (settings->tls.enabled)
        tls_context_free(tls_context_create(&settings->tls, settings->host, errors, notes));
}

char *cloud_thing_name(const char *thing_path, const char *certificate_path)
{
    return claim_thing_read(thing_path, certificate_path);
}

/* --- starting --------------------------------------------------------------------------------------------------- */

static void run(void *context)
{
    struct cloud *cloud = context;

    session_run(cloud);
    activity_set(cloud->activity, ACTIVITY_IDLE, "ended", 0);
}

struct cloud *cloud_start_with(const struct cloud_settings *settings, const struct clock *clock, struct queue *notices,
                               const struct session_options *options)
{
    struct cloud *cloud = memory_zeroed(1, sizeof *cloud);

    cloud->options = *options;
    cloud->clock = clock;
    cloud->activity = activity_create(clock);
    cloud->outbox = outbox_create(notices);
    cloud->wake_fd = wakeup_create();
    pthread_mutex_init(&cloud->mutex, NULL);
    cloud->lanes = lanes_create();
    cloud->next = cloud_settings_copy(settings);
    cloud->facts.state = settings->host[0] == '\0' ? CLOUD_NOT_CONFIGURED : CLOUD_CONNECTING;
    cloud->facts.tls = settings->tls.enabled;
    cloud->facts.since_ms = clock_monotonic_ms(clock);
    cloud->thread = thread_start("cloud", run, cloud);
    if (cloud->thread == NULL)
        abort();
    return cloud;
}

struct cloud *cloud_start(const struct cloud_settings *settings, const struct clock *clock, struct queue *notices)
{
    struct session_options options = session_options_default();

    return cloud_start_with(settings, clock, notices, &options);
}

/* --- what main says --------------------------------------------------------------------------------------------- */

static void wake(const struct cloud *cloud)
{
    wakeup_signal(cloud->wake_fd);
}

void cloud_reconfigure(struct cloud *cloud, const struct cloud_settings *settings)
{
    struct cloud_settings *copy = cloud_settings_copy(settings);

    pthread_mutex_lock(&cloud->mutex);
    struct cloud_settings *unused = cloud->next;
    cloud->next = copy;
    pthread_mutex_unlock(&cloud->mutex);
    cloud_settings_free(unused);
    wake(cloud);
}

void cloud_accept(struct cloud *cloud, uint64_t link)
{
    pthread_mutex_lock(&cloud->mutex);
    bool present = cloud->linked && cloud->link == link;
    cloud->accepted = cloud->accepted || present;
    pthread_mutex_unlock(&cloud->mutex);
    if (present) /* without a connection there is nothing to do now, and waking would call an attempt off */
        wake(cloud);
}

bool cloud_submit_event(struct cloud *cloud, struct event_id id, const char *payload)
{
    pthread_mutex_lock(&cloud->mutex);
    bool taken = cloud->accepted && lanes_waiting(cloud->lanes, LANE_LIVE) < CLOUD_LIVE_LANE;
    if (taken)
        lanes_add(cloud->lanes, LANE_LIVE, id, payload);
    pthread_mutex_unlock(&cloud->mutex);
    if (taken)
        wake(cloud);
    return taken;
}

bool cloud_submit_replay(struct cloud *cloud, uint64_t link, struct event_id id, const char *payload)
{
    pthread_mutex_lock(&cloud->mutex);
    bool taken = cloud->accepted && cloud->link == link;
    if (taken) {
        lanes_add(cloud->lanes, LANE_REPLAY, id, payload);
        cloud->promised -= cloud->promised > 0 ? 1 : 0;
    }
    pthread_mutex_unlock(&cloud->mutex);
    if (taken)
        wake(cloud);
    return taken;
}

static void submit_text(struct cloud *cloud, char **place, const char *payload, uint64_t *ticket_place, uint64_t ticket)
{
    pthread_mutex_lock(&cloud->mutex);
    bool linked = cloud->linked;
    if (linked) {
        text_replace(place, payload);
        *ticket_place = ticket;
    }
    pthread_mutex_unlock(&cloud->mutex);
    if (linked)
        wake(cloud);
}

void cloud_submit_meta(struct cloud *cloud, const char *payload)
{
    uint64_t unused = 0;

    submit_text(cloud, &cloud->meta, payload, &unused, 0);
}

void cloud_submit_status(struct cloud *cloud, const char *payload, uint64_t ticket)
{
    submit_text(cloud, &cloud->status, payload, &cloud->status_ticket, ticket);
}

/* --- what main asks --------------------------------------------------------------------------------------------- */

/* Whether a change from one state to the other is none that a person would count from. */
static bool is_standing(enum cloud_state one, enum cloud_state other)
{
    bool told_apart = one == CLOUD_ONLINE || one == CLOUD_AWAITING_REGISTRATION || other == CLOUD_ONLINE ||
                      other == CLOUD_AWAITING_REGISTRATION;

    return one == other || !told_apart;
}

/* Under the mutex. */
static void enter_state(struct cloud *cloud, enum cloud_state state)
{
    if (!is_standing(state, cloud->facts.state))
        cloud->facts.since_ms = state == CLOUD_AWAITING_REGISTRATION ? cloud->awaiting.since_ms
                                                                     : clock_monotonic_ms(cloud->clock);
    cloud->facts.state = state;
}

void cloud_set_state(struct cloud *cloud, enum cloud_state state, const char *detail)
{
    pthread_mutex_lock(&cloud->mutex);
    enter_state(cloud, state);
    text_replace(&cloud->facts.detail, detail);
    pthread_mutex_unlock(&cloud->mutex);
}

void cloud_note_attempt(struct cloud *cloud, bool claiming)
{
    pthread_mutex_lock(&cloud->mutex);
    cloud->facts.attempts++;
    if (claiming)
        enter_state(cloud, CLOUD_PROVISIONING);
    else if (cloud->facts.state != CLOUD_AWAITING_REGISTRATION)
        enter_state(cloud, CLOUD_CONNECTING);
    pthread_mutex_unlock(&cloud->mutex);
}

void cloud_note_certificate(struct cloud *cloud, time_t not_after)
{
    pthread_mutex_lock(&cloud->mutex);
    cloud->facts.certificate_not_after = not_after;
    pthread_mutex_unlock(&cloud->mutex);
}

void cloud_report(struct cloud *cloud, struct cloud_report *report)
{
    pthread_mutex_lock(&cloud->mutex);
    *report = cloud->facts;
    report->detail = text_copy(cloud->facts.detail);
    report->waiting = lanes_waiting(cloud->lanes, LANE_LIVE) + lanes_waiting(cloud->lanes, LANE_REPLAY);
    report->in_flight = lanes_in_flight(cloud->lanes);
    pthread_mutex_unlock(&cloud->mutex);
    if (report->state != CLOUD_ONLINE)
        report->mqtt_version = 0;
}

void cloud_report_free(struct cloud_report *report)
{
    free(report->detail);
    report->detail = NULL;
}

struct activity *cloud_activity(struct cloud *cloud)
{
    return cloud->activity;
}

/* --- stopping --------------------------------------------------------------------------------------------------- */

static void free_cloud(struct cloud *cloud)
{
    outbox_free(cloud->outbox);
    activity_free(cloud->activity);
    lanes_free(cloud->lanes);
    registrations_free(cloud->registrations);
    free(cloud->registrations_file);
    cloud_settings_free(cloud->next);
    free(cloud->meta);
    free(cloud->status);
    free(cloud->final_status);
    free(cloud->facts.detail);
    wakeup_close(cloud->wake_fd);
    pthread_mutex_destroy(&cloud->mutex);
    free(cloud);
}

bool cloud_stop(struct cloud *cloud, const char *final_status, uint64_t limit_ms)
{
    pthread_mutex_lock(&cloud->mutex);
    cloud->final_status = text_copy(final_status);
    cloud->stop_started_ms = clock_monotonic_ms(cloud->clock);
    cloud->stop_limit_ms = limit_ms;
    cloud->stopping = true;
    pthread_mutex_unlock(&cloud->mutex);
    wake(cloud);

    bool ended = thread_join(cloud->thread, limit_ms);
    if (ended) {
        (void) outbox_flush(cloud->outbox);
        free_cloud(cloud);
    } else {
        /* The thread still uses the cloud once the foreign call returns, so it is left to it; only the caller's queue
         * is taken out of its reach. */
        outbox_close(cloud->outbox);
    }
    return ended;
}
