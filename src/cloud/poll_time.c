/* SPDX-License-Identifier: MIT */
#include "cloud/poll_time.h"

int64_t poll_time_until(int64_t timeout_ms, uint64_t at_ms, uint64_t now_ms)
{
    int64_t left_ms = at_ms > now_ms ? (int64_t) (at_ms - now_ms) : 0;

    return timeout_ms < 0 || left_ms < timeout_ms ? left_ms : timeout_ms;
}

int poll_time_limit(int64_t timeout_ms)
{
    return timeout_ms > INT32_MAX ? INT32_MAX : (int) timeout_ms;
}
