/* SPDX-License-Identifier: MIT */
/*
 * A card that lives in another process, on a simulated PC/SC reader: the other end of tests/parts/cards/server.py. One
 * line each way over a Unix socket, never two at once: "reset", which is answered by "ok", or "apdu HEX", which is
 * answered by the whole answer in hex ("" for one of no bytes). Both may be answered by "mute" and by "left".
 *
 * Any thread; the caller holds no lock while it asks. An answer is waited for 2 s, then the connection is of no use any
 * more, and every question is answered by REMOTE_MUTE.
 */
#ifndef SPRINGPARK_TESTS_IFDSIM_REMOTE_H
#define SPRINGPARK_TESTS_IFDSIM_REMOTE_H

#include <stddef.h>
#include <stdint.h>

enum remote_result { REMOTE_ANSWERED, REMOTE_MUTE, REMOTE_LEFT };

/* The connection, which the caller ends by remote_disconnect; -1 if nobody listens there. */
int remote_connect(const char *path);

/* Whoever waits for an answer, on this or on a duplicate of it, waits no longer. -1 is taken, too. */
void remote_disconnect(int connection);

/* command NULL: the power was off and on. *answer_bytes is 0 if it did not answer, or more than the capacity. */
enum remote_result remote_ask(int connection, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                              size_t capacity_bytes, size_t *answer_bytes);

#endif
