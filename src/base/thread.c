/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/wakeup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct thread {
    pthread_t id;
    thread_run *run;
    void *context;
    int ended_fd;
};

static void *run_thread(void *memory)
{
    struct thread *thread = memory;

    thread->run(thread->context);
    wakeup_signal(thread->ended_fd);
    return NULL;
}

struct thread *thread_start(const char *name, thread_run *run, void *context)
{
    struct thread *thread = memory_zeroed(1, sizeof *thread);
    sigset_t all;
    sigset_t before;

    thread->run = run;
    thread->context = context;
    thread->ended_fd = wakeup_create();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->id, NULL, run_thread, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        wakeup_close(thread->ended_fd);
        free(thread);
        return NULL;
    }
    (void) pthread_setname_np(thread->id, name);
    return thread;
}

static bool has_ended(const struct thread *thread, uint64_t limit_ms)
{
    struct pollfd ended = { .fd = thread->ended_fd, .events = POLLIN };
    uint64_t end_ms = clock_monotonic_ms(clock_system()) + limit_ms;
    int count;

    do {
        uint64_t now_ms = clock_monotonic_ms(clock_system());
        count = poll(&ended, 1, now_ms < end_ms ? (int) (end_ms - now_ms) : 0);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

bool thread_join(struct thread *thread, uint64_t limit_ms)
{
    if (!has_ended(thread, limit_ms)) {
        pthread_detach(thread->id);
        return false;
    }
    pthread_join(thread->id, NULL);
    wakeup_close(thread->ended_fd);
    free(thread);
    return true;
}
