/* SPDX-License-Identifier: MIT */
/*
 * So many a second and no more, evenly spaced; who came late may catch up with a few at once. Pure: times are brought.
 */
#ifndef SPRINGPARK_CLOUD_THROTTLE_H
#define SPRINGPARK_CLOUD_THROTTLE_H

#include <stdint.h>

/* At most this many at once. */
#define THROTTLE_BURST 5U

struct throttle {
    uint64_t interval_us; /* 0 = unthrottled */
    uint64_t due_us;      /* when the next one would be due if each had come at its time */
};

/* rate: a second; 0 = unthrottled. */
void throttle_init(struct throttle *throttle, unsigned rate);

/* How long the next one has to wait; 0 = it may go now. */
uint64_t throttle_wait_us(const struct throttle *throttle, uint64_t now_us);

/* One goes now. */
void throttle_pass(struct throttle *throttle, uint64_t now_us);

#endif
