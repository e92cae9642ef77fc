/* SPDX-License-Identifier: MIT */
/*
 * How long a message waited on this side before it was read: in the socket of a process that was stopped or held back,
 * or of a box that slept. The broker counted its message expiry interval (MQTT 5) up to when it sent it; from there on we
 * do.
 *
 * The kernel knows when data last came (TCP_INFO). So this is exact for the last message that waited, and too little for
 * those before it; what a message waited in the network nobody knows. Who needs it exact sends Expires.
 *
 * The owner of the connection, one thread.
 */
#ifndef SPRINGPARK_CLOUD_ARRIVAL_H
#define SPRINGPARK_CLOUD_ARRIVAL_H

#include <stdint.h>

struct arrival {
    uint64_t asleep_ms;  /* how long the box had slept since it was started, when the wait began */
};

/* The owner begins to wait for data. */
void arrival_note_wait(struct arrival *arrival);

/* At what time of clock_elapsed_ms (of the system's clock) an interval is over that began when what is being read now
 * came. socket: connected by TCP. */
uint64_t arrival_end_ms(const struct arrival *arrival, int socket, uint32_t interval_s);

#endif
