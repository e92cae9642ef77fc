/* SPDX-License-Identifier: MIT */
#include "cloud/backoff.h"

void backoff_init(struct backoff *backoff, uint64_t base_ms, uint64_t cap_ms, uint64_t good_session_ms)
{
    backoff->base_ms = base_ms;
    backoff->cap_ms = cap_ms > base_ms ? cap_ms : base_ms;
    backoff->good_session_ms = good_session_ms;
    backoff->floor_ms = 0;
    backoff_reset(backoff);
}

void backoff_set_floor(struct backoff *backoff, uint64_t floor_ms)
{
    backoff->floor_ms = floor_ms;
}

uint64_t backoff_next_ms(struct backoff *backoff, uint64_t random)
{
    uint64_t wait_ms = random % (backoff->bound_ms + 1);

    backoff->bound_ms = backoff->bound_ms > backoff->cap_ms / 2 ? backoff->cap_ms : backoff->bound_ms * 2;
    return backoff->floor_ms + wait_ms;
}

void backoff_session_ended(struct backoff *backoff, uint64_t session_ms)
{
    if (session_ms >= backoff->good_session_ms)
        backoff_reset(backoff);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->bound_ms = backoff->base_ms;
}
