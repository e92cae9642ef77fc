/* SPDX-License-Identifier: MIT */
/*
 * The devices on the feedback thread: each with its driver and its player. All functions: that thread only. They block
 * as long as the drivers do, and the activity says so.
 */
#ifndef SPRINGPARK_FEEDBACK_STAGE_H
#define SPRINGPARK_FEEDBACK_STAGE_H

#include "base/activity.h"
#include "feedback/setup.h"

#include <poll.h>

struct stage;

/* Without devices at first. */
struct stage *stage_create(struct activity *activity, const struct clock *clock);

/* Closes all devices. */
void stage_free(struct stage *stage);

/* Closes what is open, and opens these, in their order. Takes setup. */
void stage_open(struct stage *stage, struct feedback_setup *setup);

/* Takes readers. */
void stage_set_readers(struct stage *stage, struct feedback_names *readers);

void stage_play(struct stage *stage, const struct feedback_action *action);

/* Does what is due now. What to wait for next: fills waits (room for FEEDBACK_DEVICES_MAX) and returns how many there
 * are, and lowers *due_ms. */
size_t stage_turn(struct stage *stage, struct pollfd *waits, uint64_t *due_ms);

#endif
