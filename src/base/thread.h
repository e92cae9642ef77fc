/* SPDX-License-Identifier: MIT */
/*
 * A worker thread that can be waited for with a limit, and left behind if it hangs in a foreign call.
 *
 * The end is told by the thread's own word, on an eventfd, and not by pthread_clockjoin_np, of which ThreadSanitizer
 * knows nothing. One thread owns the handle and joins.
 */
#ifndef SPRINGPARK_BASE_THREAD_H
#define SPRINGPARK_BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

typedef void thread_run(void *context);

/* name: at most 15 characters, for ps and debuggers. The thread takes no signals: they are the main thread's. NULL if the
 * system gives no thread. */
struct thread *thread_start(const char *name, thread_run *run, void *context);

/* Waits up to limit_ms. True: it has ended and the handle is freed. False: it is left behind, with everything that it
 * uses, which must not be freed any more; the handle is not to be used again either. */
bool thread_join(struct thread *thread, uint64_t limit_ms);

#endif
