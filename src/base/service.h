/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told (sd_notify(3)) and asks for. Main thread. All calls do nothing when there is no
 * service manager.
 */
#ifndef SPRINGPARK_BASE_SERVICE_H
#define SPRINGPARK_BASE_SERVICE_H

#include "base/clock.h"

#include <stdint.h>

void service_notify_ready(const char *status);
void service_notify_status(const char *status);
void service_notify_reloading(const struct clock *clock);
void service_notify_stopping(void);
void service_notify_watchdog(void);

/* How often the watchdog wants to be fed, in microseconds: half of WATCHDOG_USEC; 0 if there is none. */
uint64_t service_watchdog_interval_us(void);

#endif
