/* SPDX-License-Identifier: MIT */
/*
 * Time as a dependency: whoever needs time is handed a clock, so that tests own it.
 * The system's clock is the only code in the project that asks the system for the time. Any thread.
 */
#ifndef SPRINGPARK_BASE_CLOCK_H
#define SPRINGPARK_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct clock {
    /* Microseconds of a clock that never goes back (CLOCK_MONOTONIC). */
    uint64_t (*monotonic_us)(const struct clock *clock);
    /* The same, but it goes on while the box sleeps (CLOCK_BOOTTIME). NULL: the box never sleeps. */
    uint64_t (*elapsed_us)(const struct clock *clock);
    /* UTC in *utc; returns whether the kernel says that the clock is synchronised (adjtimex). */
    bool (*wall_time)(const struct clock *clock, time_t *utc);
};

/* The system's own clock; constant, never freed. */
const struct clock *clock_system(void);

uint64_t clock_monotonic_us(const struct clock *clock);
uint64_t clock_monotonic_ms(const struct clock *clock);
/* For what must be over after a time of the world, not of the program. */
uint64_t clock_elapsed_ms(const struct clock *clock);
bool clock_wall_time(const struct clock *clock, time_t *utc);

#endif
