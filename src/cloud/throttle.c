/* SPDX-License-Identifier: MIT */
#include "cloud/throttle.h"

void throttle_init(struct throttle *throttle, unsigned rate)
{
    throttle->interval_us = rate > 0 ? (1000000U + rate - 1) / rate : 0;
    throttle->due_us = 0;
}

uint64_t throttle_wait_us(const struct throttle *throttle, uint64_t now_us)
{
    /* The generic cell rate algorithm: an early one is let through as long as it is less than a burst early. */
    uint64_t early_us = throttle->due_us > now_us ? throttle->due_us - now_us : 0;
    uint64_t tolerated_us = (THROTTLE_BURST - 1) * throttle->interval_us;

    return early_us > tolerated_us ? early_us - tolerated_us : 0;
}

void throttle_pass(struct throttle *throttle, uint64_t now_us)
{
    if (throttle->due_us < now_us)
        throttle->due_us = now_us;
    throttle->due_us += throttle->interval_us;
}
