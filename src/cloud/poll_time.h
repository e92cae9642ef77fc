/* SPDX-License-Identifier: MIT */
/* The time limit of a poll() out of several deadlines. Pure. */
#ifndef SPRINGPARK_CLOUD_POLL_TIME_H
#define SPRINGPARK_CLOUD_POLL_TIME_H

#include <stdint.h>

/* Lowers timeout_ms (-1 = no limit) to what is left until at_ms. */
int64_t poll_time_until(int64_t timeout_ms, uint64_t at_ms, uint64_t now_ms);

/* As poll() takes it. */
int poll_time_limit(int64_t timeout_ms);

#endif
