/* SPDX-License-Identifier: MIT */
/*
 * Answers who looks for SpringCard devices on the network (nddu.h), and nothing else: whatever is not a lookup is dropped
 * unread. Answers go to directly attached networks only, and to a few a second, so that a forged sender gains nothing.
 *
 * Main thread only; never blocks.
 */
#ifndef SPRINGPARK_DISCOVERY_RESPONDER_H
#define SPRINGPARK_DISCOVERY_RESPONDER_H

#include "base/clock.h"
#include "base/loop.h"
#include "discovery/nddu.h"

/* So many answers at once, and then so many a second. */
enum { RESPONDER_BURST = 10, RESPONDER_A_SECOND = 5 };

/* Fills in what the device is, as it is seen from the interface with that number (if_nametoindex(3)), on which the lookup
 * came; members in new memory. */
typedef void responder_describe(void *context, unsigned interface_index, struct nddu_device *device);

struct responder_settings {
    bool beyond_loopback;        /* otherwise a lookup from this box only is heard */
    unsigned port;               /* 1 to 65535 */
    responder_describe *describe;
    void *context;
};

struct responder;

/* NULL, and *error (freed by the caller), if the port cannot be had. Several daemons on a box may have the same one: each
 * hears a broadcast. loop and clock must outlive it. */
struct responder *responder_open(const struct responder_settings *settings, struct loop *loop, const struct clock *clock,
                                 char **error);

/* NULL is fine. */
void responder_close(struct responder *responder);

#endif
