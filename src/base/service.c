/* SPDX-License-Identifier: MIT */
#include "base/service.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>

void service_notify_ready(const char *status)
{
    (void) sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void service_notify_status(const char *status)
{
    (void) sd_notifyf(0, "STATUS=%s", status);
}

void service_notify_reloading(const struct clock *clock)
{
    (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_monotonic_us(clock));
}

void service_notify_stopping(void)
{
    (void) sd_notify(0, "STOPPING=1");
}

void service_notify_watchdog(void)
{
    (void) sd_notify(0, "WATCHDOG=1");
}

uint64_t service_watchdog_interval_us(void)
{
    uint64_t limit_us = 0;

    if (sd_watchdog_enabled(0, &limit_us) <= 0)
        return 0;
    return limit_us / 2;
}
