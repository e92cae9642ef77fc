/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before the next attempt: full jitter (a random time between nothing and a bound), the bound doubling
 * with each failure up to a cap. It starts anew only after a session that was good for a while, so that a broker that
 * takes us and then drops us at once is not hammered.
 *
 * Pure: no clock, the randomness is injected. One thread.
 */
#ifndef SPRINGPARK_CLOUD_BACKOFF_H
#define SPRINGPARK_CLOUD_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint64_t base_ms;
    uint64_t cap_ms;
    uint64_t good_session_ms;
    uint64_t floor_ms; /* no wait is shorter */
    uint64_t bound_ms; /* of the random part of the next wait */
};

/* cap_ms: at least base_ms, or base_ms is taken. good_session_ms: how long a session must have stood to be forgiven. */
void backoff_init(struct backoff *backoff, uint64_t base_ms, uint64_t cap_ms, uint64_t good_session_ms);

/* For a broker that does not want to be called more often than that: the random time comes on top, so that more than
 * the cap can come out. 0 from the start. */
void backoff_set_floor(struct backoff *backoff, uint64_t floor_ms);

/* The next wait in ms, the floor and up to the present bound more; random: any value, all 64 bits evenly spread.
 * Doubles the bound. */
uint64_t backoff_next_ms(struct backoff *backoff, uint64_t random);

/* A session ended that had stood for session_ms. */
void backoff_session_ended(struct backoff *backoff, uint64_t session_ms);

void backoff_reset(struct backoff *backoff);

#endif
