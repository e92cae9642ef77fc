/* SPDX-License-Identifier: MIT */
/* A point in time as hosts write it. No state; any thread. */
#ifndef SPRINGPARK_MESSAGE_TIMESTAMP_H
#define SPRINGPARK_MESSAGE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 3339 date-time: "2026-11-28T20:15:00Z", "2026-11-28T21:15:00.5+01:00". The T and Z may be small, a fraction of a
 * second is cut off, second 60 counts as the next one's 0. *unix_s: seconds since 1970 UTC. False: it is none. */
bool timestamp_parse(const char *text, int64_t *unix_s);

#endif
