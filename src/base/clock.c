/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <sys/timex.h>

static uint64_t read_us(clockid_t which)
{
    struct timespec now;

    clock_gettime(which, &now);
    return (uint64_t) now.tv_sec * 1000000U + (uint64_t) now.tv_nsec / 1000U;
}

static uint64_t system_monotonic_us(const struct clock *clock)
{
    (void) clock;
    return read_us(CLOCK_MONOTONIC);
}

static uint64_t system_elapsed_us(const struct clock *clock)
{
    (void) clock;
    return read_us(CLOCK_BOOTTIME);
}

static bool system_wall_time(const struct clock *clock, time_t *utc)
{
    struct timex state = { .modes = 0 };

    (void) clock;
    int quality = adjtimex(&state);
    *utc = time(NULL);
    return quality >= 0 && quality != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

const struct clock *clock_system(void)
{
    static const struct clock the_system = {
        .monotonic_us = system_monotonic_us,
        .elapsed_us = system_elapsed_us,
        .wall_time = system_wall_time,
    };

    return &the_system;
}

uint64_t clock_monotonic_us(const struct clock *clock)
{
    return clock->monotonic_us(clock);
}

uint64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_us(clock) / 1000U;
}

uint64_t clock_elapsed_ms(const struct clock *clock)
{
    return (clock->elapsed_us != NULL ? clock->elapsed_us(clock) : clock->monotonic_us(clock)) / 1000U;
}

bool clock_wall_time(const struct clock *clock, time_t *utc)
{
    return clock->wall_time(clock, utc);
}
