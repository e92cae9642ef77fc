/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* policy_emit. */
static void signal_cause(void *context, enum feedback_cause cause, const char *reader)
{
    struct gateway *gateway = context;
    const struct roster_entry *entry = roster_find(gateway->roster, reader);
    struct feedback_action action = {
        .cause = cause, .has_sequence = true, .sequence = gateway->plan->signals[cause],
    };

    if (action.sequence == 0)
        return;
    (void) snprintf(action.reader, sizeof action.reader, "%s", reader);
    (void) snprintf(action.reader_name, sizeof action.reader_name, "%s", entry != NULL ? entry->name : "");
    if (!feedback_play(gateway->feedback, &action))
        log_debug("feedback", "too much is to be signalled; this one is dropped: %s", feedback_cause_name(cause));
}

void signalling_start(struct gateway *gateway)
{
    gateway->feedback = feedback_start(&gateway->plan->feedback, gateway->clock);
    gateway->policy = policy_create(gateway->plan->confirm_timeout_ms, signal_cause, gateway);
}

bool signalling_stop(struct gateway *gateway, uint64_t limit_ms)
{
    policy_free(gateway->policy);
    gateway->policy = NULL;
    return gateway->feedback == NULL || feedback_stop(gateway->feedback, limit_ms);
}

/* A timer that runs is left alone: deadlines come in order, and one that is early is no harm. */
static void arm_timer(struct gateway *gateway)
{
    const uint64_t next_ms = policy_next_ms(gateway->policy);

    if (gateway->signals_armed || next_ms == POLICY_NEVER || gateway->stopping)
        return;
    gateway->signals_armed = true;
    loop_arm_timer(gateway->signals_timer, next_ms * 1000U, 10000U);
}

void signalling_timer(void *context)
{
    struct gateway *gateway = context;

    gateway->signals_armed = false;
    policy_advance(gateway->policy, clock_monotonic_ms(gateway->clock));
    arm_timer(gateway);
}

void signalling_supervise(struct gateway *gateway)
{
    const struct activity_view view = activity_look(feedback_activity(gateway->feedback));
    char *hang = activity_hang_text(&view, clock_monotonic_ms(gateway->clock));

    if (hang != NULL && !gateway->feedback_hangs)
        log_warning("feedback", "a device %s; nothing is signalled meanwhile, and everything else goes on; next: check the "
                    "devices of the setting feedback", hang);
    else if (hang == NULL && gateway->feedback_hangs)
        log_notice("feedback", "no device hangs any more");
    gateway->feedback_hangs = hang != NULL;
    free(hang);
}

void signalling_configure(struct gateway *gateway, const struct plan *old)
{
    if (!plan_same_feedback(old, gateway->plan))
        feedback_configure(gateway->feedback, &gateway->plan->feedback);
    policy_set_timeout(gateway->policy, gateway->plan->confirm_timeout_ms);
}

void signalling_readers_changed(struct gateway *gateway)
{
    const size_t all = roster_count(gateway->roster);
    const char **names = memory_zeroed(all + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < all; i++) {
        const struct roster_entry *entry = roster_get(gateway->roster, i);

        if (strcmp(entry->driver, "pcsc") == 0)
            names[count++] = entry->name;
    }
    feedback_set_readers(gateway->feedback, names, count);
    free(names);
}

void signalling_started(struct gateway *gateway)
{
    signal_cause(gateway, FEEDBACK_STARTED, "");
}

void signalling_read(struct gateway *gateway, uint64_t sequence, const char *reader)
{
    policy_read(gateway->policy, sequence, reader, clock_monotonic_ms(gateway->clock));
    arm_timer(gateway);
}

void signalling_read_failed(struct gateway *gateway, const char *reader)
{
    signal_cause(gateway, FEEDBACK_READ_FAILED, reader);
}

/* Of an earlier start nobody is waiting any more. */
static bool is_of_this_start(const struct gateway *gateway, struct event_id id)
{
    return id.startup == gateway->startup_counter;
}

void signalling_stored(struct gateway *gateway, struct event_id id)
{
    if (is_of_this_start(gateway, id))
        policy_stored(gateway->policy, id.sequence);
}

void signalling_confirmed(struct gateway *gateway, struct event_id id)
{
    if (is_of_this_start(gateway, id))
        policy_confirmed(gateway->policy, id.sequence);
}

void signalling_refused(struct gateway *gateway, struct event_id id)
{
    if (is_of_this_start(gateway, id))
        policy_refused(gateway->policy, id.sequence);
}

void signalling_cloud_lost(struct gateway *gateway)
{
    signal_cause(gateway, FEEDBACK_CLOUD_LOST, "");
}
