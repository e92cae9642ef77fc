/* SPDX-License-Identifier: MIT */
/*
 * When libmosquitto has to be called for its PINGREQ. The library sends one from mosquitto_loop_misc once a whole number
 * of seconds has passed since a packet last came or since one last went, and does not tell when that will be. Instead of
 * asking it each second, the two times are kept here, too: never later than the library's own, so that the right second
 * is not missed.
 *
 * Pure; times are whole seconds of CLOCK_MONOTONIC, as the library counts them.
 */
#ifndef SPRINGPARK_CLOUD_KEEP_ALIVE_H
#define SPRINGPARK_CLOUD_KEEP_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct keep_alive {
    unsigned interval_s; /* 0 = none */
    uint64_t last_in_s;
    uint64_t last_out_s;
    uint64_t check_at_s; /* not before this is it worth asking */
};

void keep_alive_start(struct keep_alive *keep_alive, unsigned interval_s, uint64_t now_s);

/* A whole packet came, or went. */
void keep_alive_note_in(struct keep_alive *keep_alive, uint64_t now_s);
void keep_alive_note_out(struct keep_alive *keep_alive, uint64_t now_s);

/* Whether there is one, and in *due_s when to call the library. */
bool keep_alive_due(const struct keep_alive *keep_alive, uint64_t *due_s);

/* The library was called; pinged: it sent PINGREQ, and both of its times are now. Otherwise its times were later than
 * these, and it is asked again in a second. */
void keep_alive_called(struct keep_alive *keep_alive, uint64_t now_s, bool pinged);

#endif
