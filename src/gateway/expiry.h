/* SPDX-License-Identifier: MIT */
/*
 * Warns in time that the certificate of this box expires: 30, 7 and 1 days ahead, and when it has. Pure but for
 * expiry_supervise.
 */
#ifndef SPRINGPARK_GATEWAY_EXPIRY_H
#define SPRINGPARK_GATEWAY_EXPIRY_H

#include <stdbool.h>
#include <time.h>

enum expiry_stage { EXPIRY_FAR, EXPIRY_30_DAYS, EXPIRY_7_DAYS, EXPIRY_1_DAY, EXPIRY_OVER };

/* not_after: the last second of the certificate, 0 = there is none. A box whose clock was never set (before 2020) is told
 * nothing: EXPIRY_FAR. */
enum expiry_stage expiry_stage_at(time_t not_after, time_t now);

/* What is said at that stage, with the next step, in new memory; NULL for EXPIRY_FAR. It changes once a day. */
char *expiry_text(time_t not_after, time_t now);

struct gateway;

/* Main thread: looks at the certificate of the last attempt to connect, says in the log what is new, and keeps the text
 * in gateway->expiry_trouble. True if that changed. */
bool expiry_supervise(struct gateway *gateway);

#endif
