/* SPDX-License-Identifier: MIT */
/*
 * Reload. A thread of its own reads the configuration, certificates and keys, and starts the new readers beside the old
 * ones, for all of that may block. Only when everything is there does the main thread change over, in one turn; if
 * anything is wrong the thread clears up and the daemon goes on as it was. The old readers are then stopped by another
 * short-lived thread, since waiting for them may take a while.
 */
#include "base/log.h"
#include "base/memory.h"
#include "base/service.h"
#include "base/thread.h"
#include "device/manual.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* The readers get as long to stop as at the end of the daemon; the thread that waits for them a little longer. */
enum { RELOAD_JOIN_LIMIT_MS = 5000, RELOAD_RETIRE_LIMIT_MS = 10000 };

/* What the thread made. */
struct reload_outcome {
    struct plan *plan;         /* NULL = failed, see errors */
    struct intake *intake;     /* NULL = the readers stay as they are */
    struct errors *errors;
    bool changed;              /* set by the change-over: the new plan means something else than the old one */
};

struct reload {
    struct gateway *gateway;
    struct queue *outcomes;
    struct loop_source *source;
    struct control_client *client;
    struct thread *loader;     /* NULL = no reload is under way */
    struct thread *retirer;    /* stops the readers of the configuration before, or NULL */
    const struct plan *old_plan;
    bool again;                /* somebody asked for another one meanwhile, and waits for no answer */
    bool was_online;           /* when the reload began */
};

static void load(void *context)
{
    struct reload *reload = context;
    struct gateway *gateway = reload->gateway;
    struct reload_outcome *outcome = memory_zeroed(1, sizeof *outcome);

    /* Here, where waiting is allowed: the readers of the reload before this one. */
    if (reload->retirer != NULL)
        (void) thread_join(reload->retirer, RELOAD_RETIRE_LIMIT_MS);
    reload->retirer = NULL;
    outcome->errors = errors_create();
    outcome->plan = plan_create(gateway->options->config_file, gateway->options->instance, outcome->errors);
    if (outcome->plan != NULL && reload->was_online &&
        !plan_may_follow(outcome->plan, reload->old_plan, gateway->options->config_file, outcome->errors)) {
        plan_free(outcome->plan);
        outcome->plan = NULL;
    }
    if (outcome->plan != NULL && !plan_same_readers(reload->old_plan, outcome->plan)) {
        outcome->intake = intake_start(outcome->plan, gateway->clock, outcome->errors);
        if (outcome->intake == NULL) {
            plan_free(outcome->plan);
            outcome->plan = NULL;
        }
    }
    (void) queue_push(reload->outcomes, outcome);
}

static void retire(void *context)
{
    struct intake *intake = context;

    if (intake_join(intake, RELOAD_JOIN_LIMIT_MS))
        intake_free(intake);
    else
        log_warning("reader", "a reader of the old configuration hangs; it is left behind");
}

/* Tags that are still there are told again by the new readers, within the debounce time. */
static void change_readers(struct reload *reload, struct intake *intake)
{
    struct gateway *gateway = reload->gateway;
    struct intake *old = gateway->intake;
    uint64_t now_ms = clock_monotonic_ms(gateway->clock);

    intake_wake(old);
    inflow_drain(gateway);
    inflow_detach(gateway);
    while (roster_count(gateway->roster) > 0) {
        char *label = text_copy(roster_get(gateway->roster, 0)->label);

        presence_reader_lost(gateway->presence, label, now_ms);
        roster_remove(gateway->roster, label);
        free(label);
    }
    inflow_attach(gateway, intake);
    inflow_drain(gateway);
    reload->retirer = thread_start("retire", retire, old);
}

/* What only a start can take over is said, not ignored. */
static void note_what_waits(const struct plan *old, struct plan *plan)
{
    if (strcmp(old->settings->state_directory, plan->settings->state_directory) != 0)
        errors_add(plan->notes, "journal.directory: the new folder is used from the next start on; "
                   "next: systemctl restart springparkd");
    if (old->settings->journal.enabled != plan->settings->journal.enabled)
        errors_add(plan->notes, "journal.enabled: it is taken over by the next start; "
                   "next: systemctl restart springparkd");
}

static void change_over(struct reload *reload, struct reload_outcome *outcome)
{
    struct gateway *gateway = reload->gateway;
    struct plan *old = gateway->plan;
    bool same_cloud = plan_same_cloud(old, outcome->plan);

    outcome->changed = !same_cloud || outcome->intake != NULL || !plan_same_rest(old, outcome->plan) ||
                       !plan_same_feedback(old, outcome->plan) || !plan_same_signals(old, outcome->plan) ||
                       !plan_same_discovery(old, outcome->plan);
    note_what_waits(old, outcome->plan);
    gateway->plan = outcome->plan;
    presence_configure(gateway->presence, &outcome->plan->presence);
    keeping_configure(gateway, outcome->plan);
    signalling_configure(gateway, old);
    if (outcome->intake != NULL)
        change_readers(reload, outcome->intake);
    if (!same_cloud) {
        char *farewell = outflow_status_json(gateway, MESSAGE_OFFLINE);

        gateway->online = false;
        /* Whoever listened there must not go on believing the last, perhaps retained, "online". */
        cloud_submit_status(gateway->cloud, farewell, 0);
        free(farewell);
        const struct cloud_settings settings = gateway_cloud_settings(gateway, outcome->plan);
        cloud_reconfigure(gateway->cloud, &settings);
    } else {
        outflow_meta_changed(gateway);
    }
    activation_configure(gateway, old);
    findable_configure(gateway);
    network_watch_configure(gateway->network);
    outflow_arm_status_timer(gateway);
    plan_free(old);
}

static json_t *texts(const struct errors *errors)
{
    json_t *list = json_array();

    for (size_t i = 0; i < errors_count(errors); i++)
        json_array_append_new(list, json_string(errors_get(errors, i)));
    return list;
}

static void report_failure(struct reload *reload, const struct reload_outcome *outcome)
{
    char *hint = manual_hint(outcome->errors);

    if (hint != NULL)
        errors_add(outcome->errors, "%s", hint);
    free(hint);
    for (size_t i = 0; i < errors_count(outcome->errors); i++)
        log_error("config", "%s", errors_get(outcome->errors, i));
    log_error("config", "the configuration is not taken over; the daemon goes on with the one it has");
    if (reload->client != NULL)
        control_refuse(reload->client, texts(outcome->errors));
}

static void report_success(struct reload *reload, const struct reload_outcome *outcome)
{
    for (size_t i = 0; i < errors_count(outcome->plan->notes); i++)
        log_notice("config", "%s", errors_get(outcome->plan->notes, i));
    log_notice("config", "the configuration is taken over");
    if (reload->client != NULL)
        control_answer(reload->client, json_pack("{s:b, s:o}", "changed", outcome->changed ? 1 : 0, "notes", texts(outcome->plan->notes)));
}

static void on_outcome(void *context, int fd, uint32_t events)
{
    struct reload *reload = context;
    struct reload_outcome *outcome = queue_take(reload->outcomes);

    (void) fd;
    (void) events;
    if (outcome == NULL)
        return;
    /* Its last word is the outcome: it has nothing left to do but to return. */
    (void) thread_join(reload->loader, RELOAD_JOIN_LIMIT_MS);
    reload->loader = NULL;
    if (outcome->plan != NULL) {
        change_over(reload, outcome);
        report_success(reload, outcome);
    } else {
        report_failure(reload, outcome);
    }
    reload->client = NULL;
    errors_free(outcome->errors);
    free(outcome);
    service_notify_ready("reloaded");
    outflow_tell_service(reload->gateway);
    if (reload->again) {
        reload->again = false;
        reload_begin(reload, NULL);
    }
}

static void free_outcome(void *memory)
{
    struct reload_outcome *outcome = memory;

    if (outcome->intake != NULL) {
        intake_wake(outcome->intake);
        if (intake_join(outcome->intake, RELOAD_JOIN_LIMIT_MS))
            intake_free(outcome->intake);
    }
    plan_free(outcome->plan);
    errors_free(outcome->errors);
    free(outcome);
}

struct reload *reload_create(struct gateway *gateway)
{
    struct reload *reload = memory_zeroed(1, sizeof *reload);

    reload->gateway = gateway;
    reload->outcomes = queue_create(1, free_outcome);
    reload->source = loop_add_io(gateway->loop, queue_fd(reload->outcomes), EPOLLIN, on_outcome, reload);
    loop_set_name(reload->source, "changing over to a new configuration");
    return reload;
}

bool reload_free(struct reload *reload, uint64_t limit_ms)
{
    if (reload == NULL)
        return true;
    loop_source_free(reload->source);
    if (reload->client != NULL)
        control_refuse(reload->client, json_pack("[s]", "springparkd is stopping"));
    /* The loader first: it may be waiting for the retirer itself. */
    if (reload->loader != NULL && !thread_join(reload->loader, limit_ms))
        return false;
    if (reload->retirer != NULL && !thread_join(reload->retirer, limit_ms))
        return false;
    queue_free(reload->outcomes);
    free(reload);
    return true;
}

void reload_begin(struct reload *reload, struct control_client *client)
{
    struct gateway *gateway = reload->gateway;

    if (reload->loader != NULL) {
        /* What the one under way has read already may have changed since. */
        reload->again = reload->again || client == NULL;
        log_notice("config", "a reload is under way already; this request %s",
                   client == NULL ? "is carried out after it" : "is refused");
        if (client != NULL)
            control_refuse(client, json_pack("[s]", "a reload is under way already; try again"));
        return;
    }
    service_notify_reloading(gateway->clock);
    log_info("config", "reading %s again", gateway->options->config_file);
    reload->client = client;
    reload->old_plan = gateway->plan;
    reload->was_online = gateway->online;
    reload->loader = thread_start("reload", load, reload);
    if (reload->loader != NULL)
        return;
    reload->client = NULL;
    service_notify_ready("running");
    if (client != NULL)
        control_refuse(client, json_pack("[s]", "no thread could be started; try again"));
}
