/* SPDX-License-Identifier: MIT */
/*
 * Looks for devices: one lookup (nddu.h) from each IPv4 interface that can broadcast, and one to the daemons of this box;
 * then what comes back. Of one thread; blocks for as long as it is told.
 */
#ifndef SPRINGPARK_DISCOVERY_SEEKER_H
#define SPRINGPARK_DISCOVERY_SEEKER_H

#include "discovery/nddu.h"

#include <stdint.h>

struct seeker;

/* One that answered. text is what it sent, members of device are freed after the call; from: the sender's address, dotted.
 * The same device may answer on several interfaces. */
typedef void seeker_found(void *context, const struct nddu_device *device, const char *from);

/* Opens a socket for each interface, with that port as its own, for the devices send their answers to it whoever asks; if
 * it is taken, with any. NULL and *error (freed by the caller) if there is no interface at all. */
struct seeker *seeker_create(unsigned port, char **error);
void seeker_free(struct seeker *seeker);

/* Sends a lookup from each. Returns from how many it went; 0 and *error if from none. */
unsigned seeker_ask(struct seeker *seeker, char **error);

/* Takes answers for wait_ms, or until stop_fd (-1 = none) can be read. */
void seeker_listen(struct seeker *seeker, uint64_t wait_ms, int stop_fd, seeker_found *found, void *context);

#endif
