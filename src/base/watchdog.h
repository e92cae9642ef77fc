/* SPDX-License-Identifier: MIT */
/*
 * Somebody who watches the main thread: a thread of its own that says in the log when the main loop has been stuck for too
 * long, and in what. The main thread cannot say that itself, and the service manager's watchdog ends the process without
 * knowing what it did. It only tells; the service manager is fed by the main thread and by nobody else.
 *
 * Main thread, all of it.
 */
#ifndef SPRINGPARK_BASE_WATCHDOG_H
#define SPRINGPARK_BASE_WATCHDOG_H

#include "base/clock.h"
#include "base/loop.h"

#include <stdint.h>

struct watchdog;

/* limit_ms: how long the main thread may go without watchdog_pet. loop must outlive it. NULL if the system gives no
 * thread; then there is a log line, and the other calls do nothing. */
struct watchdog *watchdog_start(const struct clock *clock, const struct loop *loop, uint64_t limit_ms);

/* The main loop turns. NULL is fine, for both. */
void watchdog_pet(struct watchdog *watchdog);
void watchdog_stop(struct watchdog *watchdog);

#endif
