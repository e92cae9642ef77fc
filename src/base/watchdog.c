/* SPDX-License-Identifier: MIT */
#include "base/watchdog.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"

#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { JOIN_LIMIT_MS = 1000 };

struct watchdog {
    const struct clock *clock;
    const struct loop *loop;
    uint64_t limit_ms;
    _Atomic uint64_t petted_ms;
    atomic_bool stopping;
    int wake_fd;
    struct thread *thread;
};

static uint64_t unpetted_ms(const struct watchdog *watchdog)
{
    uint64_t petted_ms = atomic_load(&watchdog->petted_ms);
    uint64_t now_ms = clock_monotonic_ms(watchdog->clock);

    return now_ms > petted_ms ? now_ms - petted_ms : 0;
}

/* One look. told_ms: for how long the main loop had been stuck when that was said, 0 if it was not. */
static void look(const struct watchdog *watchdog, uint64_t *told_ms)
{
    uint64_t stuck_ms = unpetted_ms(watchdog);

    if (stuck_ms >= watchdog->limit_ms && *told_ms == 0) {
        log_error("daemon", "the main loop has been stuck for %" PRIu64 ".%" PRIu64 " s while %s; if it does not go on, "
                  "systemd restarts springparkd", stuck_ms / 1000, stuck_ms % 1000 / 100, loop_doing(watchdog->loop));
        *told_ms = stuck_ms;
    } else if (stuck_ms < watchdog->limit_ms && *told_ms > 0) {
        log_warning("daemon", "the main loop goes on");
        *told_ms = 0;
    }
}

static void run(void *context)
{
    struct watchdog *watchdog = context;
    struct pollfd wake = { .fd = watchdog->wake_fd, .events = POLLIN };
    uint64_t told_ms = 0;

    while (!atomic_load(&watchdog->stopping)) {
        uint64_t since_ms = unpetted_ms(watchdog);
        /* While it is stuck, a few looks for its end: then nobody minds being woken. */
        uint64_t wait_ms = told_ms > 0 ? watchdog->limit_ms / 4 + 1
                           : since_ms < watchdog->limit_ms ? watchdog->limit_ms - since_ms : 0;
        if (wait_ms > 0)
            (void) poll(&wake, 1, wait_ms < INT32_MAX ? (int) wait_ms : INT32_MAX);
        if (!atomic_load(&watchdog->stopping))
            look(watchdog, &told_ms);
    }
}

struct watchdog *watchdog_start(const struct clock *clock, const struct loop *loop, uint64_t limit_ms)
{
    struct watchdog *watchdog = memory_zeroed(1, sizeof *watchdog);

    watchdog->clock = clock;
    watchdog->loop = loop;
    watchdog->limit_ms = limit_ms;
    watchdog->wake_fd = wakeup_create();
    watchdog_pet(watchdog);
    watchdog->thread = thread_start("watchdog", run, watchdog);
    if (watchdog->thread != NULL)
        return watchdog;
    log_warning("daemon", "no thread could be started to watch the main loop; next: raise the limit of tasks (TasksMax)");
    wakeup_close(watchdog->wake_fd);
    free(watchdog);
    return NULL;
}

void watchdog_pet(struct watchdog *watchdog)
{
    if (watchdog != NULL)
        atomic_store(&watchdog->petted_ms, clock_monotonic_ms(watchdog->clock));
}

void watchdog_stop(struct watchdog *watchdog)
{
    if (watchdog == NULL)
        return;
    atomic_store(&watchdog->stopping, true);
    wakeup_signal(watchdog->wake_fd);
    /* It hangs only if the log does, and then for ever. */
    if (!thread_join(watchdog->thread, JOIN_LIMIT_MS))
        return;
    wakeup_close(watchdog->wake_fd);
    free(watchdog);
}
