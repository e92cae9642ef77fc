/* SPDX-License-Identifier: MIT */
#include "reader/pace.h"

enum { PACE_FIRST_MS = 500, PACE_MAX_MS = 5000 };

uint32_t reader_pace_next_ms(struct reader_pace *pace)
{
    if (pace->last_ms == 0)
        pace->last_ms = PACE_FIRST_MS;
    else
        pace->last_ms = pace->last_ms * 2 > PACE_MAX_MS ? PACE_MAX_MS : pace->last_ms * 2;
    return pace->last_ms;
}

void reader_pace_reset(struct reader_pace *pace)
{
    pace->last_ms = 0;
}
