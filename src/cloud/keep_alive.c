/* SPDX-License-Identifier: MIT */
#include "cloud/keep_alive.h"

void keep_alive_start(struct keep_alive *keep_alive, unsigned interval_s, uint64_t now_s)
{
    *keep_alive = (struct keep_alive) { .interval_s = interval_s, .last_in_s = now_s, .last_out_s = now_s };
}

void keep_alive_note_in(struct keep_alive *keep_alive, uint64_t now_s)
{
    keep_alive->last_in_s = now_s;
}

void keep_alive_note_out(struct keep_alive *keep_alive, uint64_t now_s)
{
    keep_alive->last_out_s = now_s;
}

bool keep_alive_due(const struct keep_alive *keep_alive, uint64_t *due_s)
{
    uint64_t quiet_since_s = keep_alive->last_in_s < keep_alive->last_out_s ? keep_alive->last_in_s
                                                                            : keep_alive->last_out_s;
    uint64_t next_s = quiet_since_s + keep_alive->interval_s;

    *due_s = next_s > keep_alive->check_at_s ? next_s : keep_alive->check_at_s;
    return keep_alive->interval_s > 0;
}

void keep_alive_called(struct keep_alive *keep_alive, uint64_t now_s, bool pinged)
{
    if (pinged) {
        keep_alive->last_in_s = now_s;
        keep_alive->last_out_s = now_s;
    }
    keep_alive->check_at_s = now_s + 1;
}
