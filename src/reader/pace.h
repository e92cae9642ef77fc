/* SPDX-License-Identifier: MIT */
/*
 * The pace of new attempts at a reader, or at the service behind it: 500 ms, doubling, at most 5 s. Zeroed = at its
 * start.
 */
#ifndef SPRINGPARK_READER_PACE_H
#define SPRINGPARK_READER_PACE_H

#include <stdint.h>

struct reader_pace {
    uint32_t last_ms;
};

/* How long to wait before the next attempt, in milliseconds. */
uint32_t reader_pace_next_ms(struct reader_pace *pace);

/* It works again. */
void reader_pace_reset(struct reader_pace *pace);

#endif
