/* SPDX-License-Identifier: MIT */
/*
 * Start, in this order: configuration, control socket, startup counter, journal, feedback, cloud, presence, readers,
 * READY=1. The control socket comes before whatever a second daemon by mistake could spoil for the first: the startup
 * counter, and the session of the client id. Nobody is answered before the loop runs.
 * Stop: control socket, so that nobody asks what is not there any more; then in reverse: readers (what they still had to
 * tell becomes events), cloud (says "offline"), journal (keeps what was not delivered), feedback. Each thread gets at
 * most STOP_LIMIT_MS; one that hangs in a foreign call is left behind, and the process ends all the same.
 */
#include "gateway.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/service.h"
#include "device/manual.h"
#include "gateway/context.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* SUPERVISE_MS: how often the workers are looked at where no service manager wants its watchdog fed. */
enum { STOP_LIMIT_MS = 5000, SUPERVISE_MS = 10000, NOTICES_CAPACITY = 1024 };

static void log_errors(const struct errors *errors)
{
    for (size_t i = 0; i < errors_count(errors); i++)
        log_error("config", "%s", errors_get(errors, i));
}

static void log_section(const struct errors *errors)
{
    char *hint = manual_hint(errors);

    if (hint != NULL)
        log_error("config", "%s", hint);
    free(hint);
}

static bool load_plan(struct gateway *gateway)
{
    struct errors *errors = errors_create();

    gateway->plan = plan_create(gateway->options->config_file, gateway->options->instance, errors);
    log_errors(errors);
    log_section(errors);
    errors_free(errors);
    if (gateway->plan == NULL) {
        log_error("config", "springparkd does not start; next: mend %s and try `springparkctl check %s`",
                  gateway->options->config_file, gateway->options->config_file);
        return false;
    }
    for (size_t i = 0; i < errors_count(gateway->plan->notes); i++)
        log_notice("config", "%s", errors_get(gateway->plan->notes, i));
    return true;
}

static const char *find_state_directory(const struct gateway *gateway)
{
    const char *asked = gateway->options->state_directory;

    return asked != NULL ? asked : gateway->plan->settings->state_directory;
}

const char *gateway_state_directory(const struct gateway *gateway)
{
    return gateway->state_directory;
}

struct cloud_settings gateway_cloud_settings(const struct gateway *gateway, const struct plan *plan)
{
    struct cloud_settings settings = plan->cloud;

    settings.registrations = gateway->registrations_file;
    return settings;
}

static void count_startup(struct gateway *gateway)
{
    gateway->state_directory = text_copy(find_state_directory(gateway));
    gateway->registrations_file = text_format("%s/registrations", gateway->state_directory);
    gateway->startup_counter = startup_counter_next(gateway_state_directory(gateway), &gateway->startup_problem);
    if (gateway->startup_problem != NULL)
        log_warning("identity", "%s", gateway->startup_problem);
}

static void on_terminate(void *context, int signal_number)
{
    struct gateway *gateway = context;

    log_notice("daemon", "stopping (%s)", signal_number == SIGTERM ? "SIGTERM" : "SIGINT");
    loop_exit(gateway->loop, EX_OK);
}

static void on_hangup(void *context, int signal_number)
{
    struct gateway *gateway = context;

    (void) signal_number;
    reload_begin(gateway->reload, NULL);
}

/* Only our own code counts: a restart would not cure a foreign call that hangs. */
static bool worker_sound(struct activity *activity, const char *name)
{
    struct activity_view view = activity_look(activity);

    if (!view.overdue || view.kind != ACTIVITY_OWN)
        return true;
    log_error("daemon", "the %s thread is stuck while %s", name, view.what);
    return false;
}

/* A call that hangs is a state with a name; the readers' are inflow_supervise's. */
static void name_hanging_cloud(struct gateway *gateway)
{
    const struct activity_view view = activity_look(cloud_activity(gateway->cloud));
    char *hang = activity_hang_text(&view, clock_monotonic_ms(gateway->clock));

    if (hang != NULL && !gateway->cloud_hangs)
        log_warning("cloud", "the connection %s; events are kept, and the readers go on", hang);
    else if (hang == NULL && gateway->cloud_hangs)
        log_notice("cloud", "the connection does not hang any more");
    gateway->cloud_hangs = hang != NULL;
    free(hang);
}

static void arm_watchdog(struct gateway *gateway)
{
    uint64_t wanted_us = service_watchdog_interval_us();
    uint64_t interval_us = wanted_us > 0 ? wanted_us : SUPERVISE_MS * UINT64_C(1000);

    loop_arm_timer(gateway->watchdog_timer, clock_monotonic_us(gateway->clock) + interval_us, interval_us / 10);
}

/* Three quarters of the time after which the service manager ends a daemon that did not feed it: late enough to be
 * sure, early enough to be read. */
static void start_watchdog(struct gateway *gateway)
{
    uint64_t interval_us = service_watchdog_interval_us();

    if (interval_us > 0)
        gateway->watchdog = watchdog_start(gateway->clock, gateway->loop, interval_us * 3 / 2 / 1000);
    arm_watchdog(gateway);
}

static void on_watchdog(void *context)
{
    struct gateway *gateway = context;

    watchdog_pet(gateway->watchdog);
    name_hanging_cloud(gateway);
    signalling_supervise(gateway);
    if (expiry_supervise(gateway))
        outflow_health_changed(gateway);
    network_watch_look(gateway->network);
    bool readers_sound = inflow_supervise(gateway);
    bool cloud_sound = worker_sound(cloud_activity(gateway->cloud), "cloud");
    bool journal_sound = keeping_supervise(gateway);
    bool feedback_sound = worker_sound(feedback_activity(gateway->feedback), "feedback");

    if (readers_sound && cloud_sound && journal_sound && feedback_sound)
        service_notify_watchdog();
    else if (gateway->watchdog != NULL)
        log_error("daemon", "the watchdog is not fed: systemd will restart springparkd");
    arm_watchdog(gateway);
}

static void add_sources(struct gateway *gateway)
{
    gateway->notices_source = loop_add_io(gateway->loop, queue_fd(gateway->notices), EPOLLIN, outflow_notices, gateway);
    gateway->journal_source = loop_add_io(gateway->loop, queue_fd(gateway->journal_notices), EPOLLIN, keeping_notices,
                                          gateway);
    gateway->presence_timer = loop_add_timer(gateway->loop, inflow_presence_timer, gateway);
    gateway->status_timer = loop_add_timer(gateway->loop, outflow_status_timer, gateway);
    gateway->signals_timer = loop_add_timer(gateway->loop, signalling_timer, gateway);
    gateway->watchdog_timer = loop_add_timer(gateway->loop, on_watchdog, gateway);
    loop_set_name(gateway->notices_source, "taking the news of the connection");
    loop_set_name(gateway->journal_source, "taking the news of the journal");
    loop_set_name(gateway->presence_timer, "looking which tags are due");
    loop_set_name(gateway->status_timer, "telling the status");
    loop_set_name(gateway->signals_timer, "looking which reads are confirmed");
    loop_set_name(gateway->watchdog_timer, "looking after the threads");
    gateway->signals[0] = loop_add_signal(gateway->loop, SIGTERM, on_terminate, gateway);
    gateway->signals[1] = loop_add_signal(gateway->loop, SIGINT, on_terminate, gateway);
    gateway->signals[2] = loop_add_signal(gateway->loop, SIGHUP, on_hangup, gateway);
}

static bool open_control(struct gateway *gateway)
{
    char *error = NULL;

    /* systemd makes it by RuntimeDirectory=; a start by hand finds none. */
    (void) mkdir(gateway->options->run_directory, 0755);
    gateway->control = control_server_create(gateway->loop, gateway->options->run_directory, requests_handle, gateway,
                                             &error);
    if (gateway->control != NULL)
        return true;
    log_error("control", "%s", error);
    free(error);
    return false;
}

static bool start_readers(struct gateway *gateway)
{
    struct errors *errors = errors_create();
    struct intake *intake = intake_start(gateway->plan, gateway->clock, errors);

    log_errors(errors);
    errors_free(errors);
    if (intake == NULL)
        return false;
    inflow_attach(gateway, intake);
    return true;
}

/* Returns a sysexits code, EX_OK when everything runs. */
static int start(struct gateway *gateway)
{
    if (!load_plan(gateway))
        return EX_CONFIG;
    gateway->loop = loop_create();
    if (!open_control(gateway))
        return EX_CANTCREAT;
    count_startup(gateway);
    keeping_start(gateway);
    gateway->notices = queue_create(NOTICES_CAPACITY, cloud_notice_free);
    gateway->roster = roster_create();
    gateway->commands = command_gate_create();
    signalling_start(gateway);
    const struct cloud_settings settings = gateway_cloud_settings(gateway, gateway->plan);
    gateway->cloud = cloud_start(&settings, gateway->clock, gateway->notices);
    gateway->presence = presence_create(&gateway->plan->presence, outflow_event, gateway);
    add_sources(gateway);
    activation_begin(gateway);
    findable_configure(gateway);
    gateway->reload = reload_create(gateway);
    gateway->network = network_watch_create(gateway);
    network_watch_look(gateway->network);
    if (!start_readers(gateway))
        return EX_CONFIG;
    outflow_arm_status_timer(gateway);
    start_watchdog(gateway);
    log_notice("daemon", "springparkd %s, serial number %s, start %" PRIu32 ": ready", PACKAGE_VERSION,
               gateway->plan->identity->serial, gateway->startup_counter);
    signalling_started(gateway);
    service_notify_ready("starting");
    outflow_tell_service(gateway);
    return EX_OK;
}

static void stop_readers(struct gateway *gateway)
{
    struct intake *intake = gateway->intake;

    if (intake == NULL)
        return;
    intake_wake(intake);
    bool ended = intake_join(intake, STOP_LIMIT_MS);
    inflow_drain(gateway);
    inflow_detach(gateway);
    if (ended)
        intake_free(intake);
    else
        log_warning("reader", "a reader hangs in a foreign call and is left behind");
}

static void stop_cloud(struct gateway *gateway)
{
    char *final_status = outflow_status_json(gateway, MESSAGE_OFFLINE);

    if (cloud_stop(gateway->cloud, final_status, STOP_LIMIT_MS)) {
        outflow_last_notices(gateway);
    } else {
        log_warning("cloud", "the connection hangs in a foreign call and is left behind");
        gateway->notices = NULL; /* its thread may still tell something */
    }
    free(final_status);
}

static void free_sources(struct gateway *gateway)
{
    for (size_t i = 0; i < sizeof gateway->signals / sizeof *gateway->signals; i++)
        loop_source_free(gateway->signals[i]);
    loop_source_free(gateway->watchdog_timer);
    loop_source_free(gateway->signals_timer);
    loop_source_free(gateway->status_timer);
    loop_source_free(gateway->presence_timer);
    loop_source_free(gateway->journal_source);
    loop_source_free(gateway->notices_source);
}

/* Also after a start that failed half-way: what was not started is NULL. */
static void stop(struct gateway *gateway)
{
    service_notify_stopping();
    gateway->stopping = true;
    watchdog_stop(gateway->watchdog);
    control_server_free(gateway->control);
    gateway->control = NULL;
    responder_close(gateway->responder);
    bool reload_ended = reload_free(gateway->reload, STOP_LIMIT_MS);
    if (!network_watch_free(gateway->network, STOP_LIMIT_MS))
        log_warning("network", "the look at the network hangs and is left behind");
    stop_readers(gateway);
    if (gateway->cloud != NULL)
        stop_cloud(gateway);
    if (gateway->journal != NULL)
        keeping_stop(gateway, STOP_LIMIT_MS);
    if (!signalling_stop(gateway, STOP_LIMIT_MS))
        log_warning("feedback", "a device hangs and is left behind");
    command_gate_free(gateway->commands);
    free_sources(gateway);
    presence_free(gateway->presence);
    roster_free(gateway->roster);
    queue_free(gateway->notices);
    queue_free(gateway->journal_notices);
    loop_free(gateway->loop);
    if (reload_ended) /* its thread may still be reading the plan */
        plan_free(gateway->plan);
    free(gateway->startup_problem);
    free(gateway->told_health);
    free(gateway->told_meta);
    free(gateway->journal_trouble);
    free(gateway->expiry_trouble);
    free(gateway->state_directory);
    free(gateway->registrations_file);
}

int gateway_run(const struct gateway_options *options)
{
    struct gateway gateway = { .options = options, .clock = clock_system() };

    loop_block_signals();
    gateway.start_ms = clock_monotonic_ms(gateway.clock);
    int status = start(&gateway);
    if (status == EX_OK)
        status = loop_run(gateway.loop);
    stop(&gateway);
    return status < 0 ? EX_SOFTWARE : status;
}
