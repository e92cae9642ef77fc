/* SPDX-License-Identifier: MIT */
#include "feedback/policy.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct read_event {
    uint64_t sequence;
    uint64_t deadline_ms;
    bool stored;
    char reader[sizeof((struct feedback_action *) NULL)->reader];
};

struct policy {
    unsigned confirm_timeout_ms;
    policy_emit *emit;
    void *context;
    struct read_event events[POLICY_EVENTS_MAX];  /* in the order of their sequence */
    size_t count;
};

struct policy *policy_create(unsigned confirm_timeout_ms, policy_emit *emit, void *context)
{
    struct policy *policy = memory_zeroed(1, sizeof *policy);

    policy->confirm_timeout_ms = confirm_timeout_ms;
    policy->emit = emit;
    policy->context = context;
    return policy;
}

void policy_free(struct policy *policy)
{
    free(policy);
}

void policy_set_timeout(struct policy *policy, unsigned confirm_timeout_ms)
{
    policy->confirm_timeout_ms = confirm_timeout_ms;
}

static void forget(struct policy *policy, size_t index)
{
    policy->count--;
    memmove(&policy->events[index], &policy->events[index + 1], (policy->count - index) * sizeof policy->events[0]);
}

void policy_read(struct policy *policy, uint64_t sequence, const char *reader, uint64_t now_ms)
{
    if (policy->count == POLICY_EVENTS_MAX)
        forget(policy, 0);
    struct read_event *event = &policy->events[policy->count++];
    *event = (struct read_event) {
        .sequence = sequence,
        .deadline_ms = policy->confirm_timeout_ms > 0 ? now_ms + policy->confirm_timeout_ms : POLICY_NEVER,
    };
    (void) snprintf(event->reader, sizeof event->reader, "%s", reader);
    policy->emit(policy->context, FEEDBACK_READ, reader);
}

/* Whether one before index, of those that are marked, is of the same reader: its signal is this one's, too. */
static bool told_before(const struct policy *policy, const bool *marked, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (marked[i] && strcmp(policy->events[i].reader, policy->events[index].reader) == 0)
            return true;
    }
    return false;
}

static void emit_marked(struct policy *policy, const bool *marked, enum feedback_cause cause)
{
    for (size_t i = 0; i < policy->count; i++) {
        if (marked[i] && !told_before(policy, marked, i))
            policy->emit(policy->context, cause, policy->events[i].reader);
    }
}

void policy_stored(struct policy *policy, uint64_t sequence)
{
    bool marked[POLICY_EVENTS_MAX] = {false};

    for (size_t i = 0; i < policy->count; i++) {
        marked[i] = policy->events[i].sequence <= sequence && !policy->events[i].stored;
        policy->events[i].stored = policy->events[i].stored || marked[i];
    }
    emit_marked(policy, marked, FEEDBACK_STORED);
}

static void end(struct policy *policy, uint64_t sequence, enum feedback_cause cause)
{
    for (size_t i = 0; i < policy->count; i++) {
        if (policy->events[i].sequence != sequence)
            continue;
        const struct read_event event = policy->events[i];
        forget(policy, i);
        policy->emit(policy->context, cause, event.reader);
        return;
    }
}

void policy_confirmed(struct policy *policy, uint64_t sequence)
{
    end(policy, sequence, FEEDBACK_CONFIRMED);
}

void policy_refused(struct policy *policy, uint64_t sequence)
{
    end(policy, sequence, FEEDBACK_REFUSED);
}

void policy_advance(struct policy *policy, uint64_t now_ms)
{
    bool marked[POLICY_EVENTS_MAX] = {false};

    for (size_t i = 0; i < policy->count; i++)
        marked[i] = policy->events[i].deadline_ms <= now_ms;
    emit_marked(policy, marked, FEEDBACK_UNCONFIRMED);
    for (size_t i = policy->count; i-- > 0;) {
        if (marked[i])
            forget(policy, i);
    }
}

uint64_t policy_next_ms(const struct policy *policy)
{
    uint64_t next_ms = POLICY_NEVER;

    for (size_t i = 0; i < policy->count; i++) {
        if (policy->events[i].deadline_ms < next_ms)
            next_ms = policy->events[i].deadline_ms;
    }
    return next_ms;
}
