/* SPDX-License-Identifier: MIT */
/*
 * The main thread's event loop: sd-event behind our own names. Only the main thread calls it, but for loop_doing, and
 * callbacks run on it.
 * A source belongs to whoever added it and is freed with loop_source_free before the loop is.
 */
#ifndef SPRINGPARK_BASE_LOOP_H
#define SPRINGPARK_BASE_LOOP_H

#include <stdint.h>

struct loop;
struct loop_source;

/* events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR as they came. */
typedef void loop_io_callback(void *context, int fd, uint32_t events);
typedef void loop_timer_callback(void *context);
typedef void loop_signal_callback(void *context, int signal_number);

struct loop *loop_create(void);
void loop_free(struct loop *loop);

/* Runs until loop_exit; returns the status given there, or a negative errno if the loop itself failed. */
int loop_run(struct loop *loop);
void loop_exit(struct loop *loop, int status);

/* fd stays the caller's and must be open until the source is freed. */
struct loop_source *loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_callback *callback, void *context);
void loop_set_io_events(struct loop_source *source, uint32_t events);

/* A timer that is not armed yet. */
struct loop_source *loop_add_timer(struct loop *loop, loop_timer_callback *callback, void *context);

/* Fires once when CLOCK_MONOTONIC reaches monotonic_us (at once if that has passed). accuracy_us: how late it may be,
 * so that the kernel can join wake-ups. */
void loop_arm_timer(struct loop_source *source, uint64_t monotonic_us, uint64_t accuracy_us);
void loop_disarm_timer(struct loop_source *source);

/* The signal must be blocked in all threads (loop_block_signals before the first thread starts). */
struct loop_source *loop_add_signal(struct loop *loop, int signal_number, loop_signal_callback *callback, void *context);

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those that it starts, and ignores SIGPIPE. */
void loop_block_signals(void);

/* What the main thread does while the callback runs, a constant text, for whoever asks loop_doing: "doing X". */
void loop_set_name(struct loop_source *source, const char *name);

/* What the main thread does now: the name of the source whose callback runs, or that it waits. Any thread. */
const char *loop_doing(const struct loop *loop);

/* NULL is fine. */
void loop_source_free(struct loop_source *source);

#endif
