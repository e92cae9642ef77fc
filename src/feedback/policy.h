/* SPDX-License-Identifier: MIT */
/*
 * What is signalled in the life of an event, so that a person at the door can trust the beep: one signal at the read;
 * another only if the event was refused, or not confirmed in time. What each state plays, if anything, is a setting of
 * whoever is told (policy_emit): the policy tells all states, each at most once for an event, in this order:
 *
 *   READ, then STORED if that comes before the end, and one end: CONFIRMED, REFUSED or UNCONFIRMED.
 *
 * After the end nothing of that event is told any more: what comes minutes later is nobody's at the door. Pure, time is
 * handed in; main thread.
 */
#ifndef SPRINGPARK_FEEDBACK_POLICY_H
#define SPRINGPARK_FEEDBACK_POLICY_H

#include "feedback/feedback.h"

#define POLICY_NEVER UINT64_MAX

/* How many reads are followed at a time; of more, the oldest are forgotten. */
enum { POLICY_EVENTS_MAX = 256 };

struct policy;

/* reader: label, or "" if it is about none. */
typedef void policy_emit(void *context, enum feedback_cause cause, const char *reader);

/* confirm_timeout_ms: 0 = nobody waits for a confirmation, and nothing is UNCONFIRMED. */
struct policy *policy_create(unsigned confirm_timeout_ms, policy_emit *emit, void *context);
void policy_free(struct policy *policy);

/* For reads from now on. */
void policy_set_timeout(struct policy *policy, unsigned confirm_timeout_ms);

/* sequence: of the event, rising. */
void policy_read(struct policy *policy, uint64_t sequence, const char *reader, uint64_t now_ms);

/* All events up to this one are on disk; told once for all those that it is news of at a reader. */
void policy_stored(struct policy *policy, uint64_t sequence);
void policy_confirmed(struct policy *policy, uint64_t sequence);
void policy_refused(struct policy *policy, uint64_t sequence);

/* Several events of a reader that run out of time together are one UNCONFIRMED. */
void policy_advance(struct policy *policy, uint64_t now_ms);

/* When policy_advance has something to do, or POLICY_NEVER. */
uint64_t policy_next_ms(const struct policy *policy);

#endif
