/* SPDX-License-Identifier: MIT */
/*
 * The intake: all readers of one plan, running, and the queue through which their threads tell the main thread what
 * they see. The templates run here, on the reader's thread, while the card is there.
 *
 * A reload makes a new intake beside the old one, so that it is whole before anything is replaced. If a reader's
 * thread hangs in a foreign call when its intake is stopped, that intake is leaked on purpose: the thread may still
 * use it.
 */
#ifndef SPRINGPARK_GATEWAY_INTAKE_H
#define SPRINGPARK_GATEWAY_INTAKE_H

#include "base/activity.h"
#include "base/clock.h"
#include "base/errors.h"
#include "gateway/plan.h"
#include "gateway/sighting.h"

struct intake;

/* Starts a source for each entry of `readers`, all or none; on failure NULL, and errors says why. May block on the disk.
 * What the intake needs of the plan is copied. */
struct intake *intake_start(const struct plan *plan, const struct clock *clock, struct errors *errors);

/* The technologies that its templates ask for, as card_technology bits. */
unsigned intake_technologies(const struct intake *intake);

/* Readable while there is something to take. */
int intake_fd(const struct intake *intake);

/* Main thread: the oldest sighting, the caller's, or NULL. */
struct sighting *intake_take(struct intake *intake);

/* Any thread, never blocks: the reader threads begin to end; a thread that waits for room in the queue goes on. What is
 * already in the queue can still be taken. */
void intake_wake(struct intake *intake);

/* After intake_wake: waits up to limit_ms for all sources together. False if one hangs: its intake must not be freed. */
bool intake_join(struct intake *intake, uint64_t limit_ms);
void intake_free(struct intake *intake);

/* What the thread of that reader does; false if there is none of that label. Any thread. */
bool intake_look(struct intake *intake, const char *reader, struct activity_view *view);

#endif
