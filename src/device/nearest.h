/* SPDX-License-Identifier: MIT */
/*
 * How near two names of settings are, for "did you mean". Any thread; no state.
 */
#ifndef SPRINGPARK_DEVICE_NEAREST_H
#define SPRINGPARK_DEVICE_NEAREST_H

#include <stddef.h>

/* How many slips of the hand lie between the two: 0 = the same. */
size_t nearest_cost(const char *asked, const char *offered);

/* What an offered name may cost at most to be what was meant. */
size_t nearest_limit(const char *asked);

#endif
