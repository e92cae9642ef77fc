/* SPDX-License-Identifier: MIT */
#include "message/command_gate.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct command_gate {
    char ids[COMMAND_IDS_KEPT][COMMAND_ID_MAX_BYTES + 1];   /* "" = free */
    size_t next;
};

struct command_gate *command_gate_create(void)
{
    return memory_zeroed(1, sizeof(struct command_gate));
}

void command_gate_free(struct command_gate *gate)
{
    free(gate);
}

static bool is_known(const struct command_gate *gate, const char *id)
{
    for (size_t i = 0; i < COMMAND_IDS_KEPT; i++) {
        if (strcmp(gate->ids[i], id) == 0)
            return true;
    }
    return false;
}

enum command_verdict command_gate_judge(const struct command_gate *gate, const struct command *command,
                                        const struct command_moment *moment)
{
    if (*command->id != '\0' && is_known(gate, command->id))
        return COMMAND_REPEATED;
    if (moment->expires && moment->now_ms > moment->expires_ms)
        return COMMAND_EXPIRED;
    if (!command->has_expires)
        return COMMAND_ACTS;
    if (!moment->clock_set)
        return COMMAND_UNTIMED;
    return moment->now_unix_s > command->expires_unix_s ? COMMAND_LATE : COMMAND_ACTS;
}

bool command_gate_time_left(const struct command *command, const struct command_moment *moment, uint64_t *left_ms)
{
    *left_ms = UINT64_MAX;
    if (moment->expires)
        *left_ms = moment->expires_ms > moment->now_ms ? moment->expires_ms - moment->now_ms : 0;
    if (command->has_expires) {
        int64_t left_s = command->expires_unix_s - moment->now_unix_s + 1;
        uint64_t of_expires_ms = left_s > 0 ? (uint64_t) left_s * 1000U : 0;

        *left_ms = of_expires_ms < *left_ms ? of_expires_ms : *left_ms;
    }
    return moment->expires || command->has_expires;
}

void command_gate_remember(struct command_gate *gate, const struct command *command)
{
    if (*command->id == '\0')
        return;
    memcpy(gate->ids[gate->next], command->id, sizeof gate->ids[0]);
    gate->next = (gate->next + 1) % COMMAND_IDS_KEPT;
}
