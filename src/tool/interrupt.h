/* SPDX-License-Identifier: MIT */
/*
 * When a subcommand that goes on for ever is to end: SIGINT, SIGTERM, or nobody reads its standard output any more.
 * A thread of its own waits for those, so that the subcommand may wait in any foreign call that takes a wake-up.
 */
#ifndef SPRINGPARK_TOOL_INTERRUPT_H
#define SPRINGPARK_TOOL_INTERRUPT_H

#include <stdbool.h>

struct interrupt;

/*
 * Blocks SIGINT and SIGTERM in this thread and those that it starts from now on; a second one, while the first has not
 * been acted on, ends the process at once. Call it before any other thread starts. One at a time.
 */
struct interrupt *interrupt_create(void);
void interrupt_free(struct interrupt *interrupt);

bool interrupt_asked(const struct interrupt *interrupt);

/* An eventfd that becomes readable when it is time to end. Whoever reads it away must ask interrupt_asked. */
int interrupt_fd(const struct interrupt *interrupt);

/* Waits that long, or until it is time to end: then true. */
bool interrupt_wait(const struct interrupt *interrupt, int timeout_ms);

#endif
