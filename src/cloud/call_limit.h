/* SPDX-License-Identifier: MIT */
/*
 * An upper bound for a foreign call that blocks in one system call and offers no time limit of its own: libmosquitto's
 * connect. A timer sends this thread a signal whose handler does nothing and does not restart system calls, so that the
 * call comes back with EINTR; it repeats, for the first one may come just before the system call.
 *
 * Uses the real-time signal SIGRTMIN + 7, which the whole process leaves to this file. Any thread; a limit belongs to
 * the thread that started it.
 */
#ifndef SPRINGPARK_CLOUD_CALL_LIMIT_H
#define SPRINGPARK_CLOUD_CALL_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct call_limit {
    timer_t timer;
    bool armed;
};

/* From now on system calls of this thread are interrupted after limit_ms and then every 100 ms. */
void call_limit_start(struct call_limit *limit, uint64_t limit_ms);
void call_limit_end(struct call_limit *limit);

#endif
