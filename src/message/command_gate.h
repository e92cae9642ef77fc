/* SPDX-License-Identifier: MIT */
/*
 * Whether a command that was taken is to be carried out: not if it has an Id that was carried out before, nor after its
 * Expires or the message expiry interval that it was sent with (MQTT 5). A command without them acts each time it is
 * delivered.
 *
 * The last COMMAND_IDS_KEPT Ids are remembered, in memory only: after a restart a repeated command is kept off by its
 * Expires alone. Main thread.
 */
#ifndef SPRINGPARK_MESSAGE_COMMAND_GATE_H
#define SPRINGPARK_MESSAGE_COMMAND_GATE_H

#include "message/command.h"

enum { COMMAND_IDS_KEPT = 64 };

enum command_verdict {
    COMMAND_ACTS,
    COMMAND_REPEATED,    /* its Id was carried out before: nothing is to be done, and nothing is wrong */
    COMMAND_LATE,        /* its Expires has passed */
    COMMAND_EXPIRED,     /* its message expiry interval has */
    COMMAND_UNTIMED,     /* it has an Expires, and the clock of this box is not set: nobody knows whether it is late */
};

/* When a command is judged, and what its delivery says of it. */
struct command_moment {
    bool clock_set;      /* whether now_unix_s can be believed */
    int64_t now_unix_s;
    uint64_t now_ms;     /* clock_elapsed_ms, which nobody sets */
    bool expires;        /* it came with a message expiry interval, */
    uint64_t expires_ms; /* which is over then, on the same clock */
};

struct command_gate;

struct command_gate *command_gate_create(void);
void command_gate_free(struct command_gate *gate);

/* A command still acts within the second of its Expires. */
enum command_verdict command_gate_judge(const struct command_gate *gate, const struct command *command,
                                        const struct command_moment *moment);

/* For how long from that moment on a command that acts may still be begun; false: for ever. */
bool command_gate_time_left(const struct command *command, const struct command_moment *moment, uint64_t *left_ms);

/* The command has been carried out. Forgets the oldest Id when there are too many. */
void command_gate_remember(struct command_gate *gate, const struct command *command);

#endif
