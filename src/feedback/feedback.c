/* SPDX-License-Identifier: MIT */
#include "feedback/feedback.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "feedback/driver.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

/* A host that sends more than this within the time that one action takes is not answering people. */
enum { QUEUE_CAPACITY = 16 };

static const struct feedback_driver *const drivers[] = {&feedback_driver_log};

enum { DRIVERS_COUNT = sizeof drivers / sizeof *drivers };

struct feedback {
    struct queue *actions;
    struct activity *activity;
    struct thread *thread;
    int stop_fd;   /* readable from feedback_stop on */
};

static void open_drivers(struct feedback *feedback, void **contexts)
{
    for (size_t i = 0; i < DRIVERS_COUNT; i++) {
        activity_set(feedback->activity, ACTIVITY_FOREIGN, "opening a feedback device", FEEDBACK_PLAY_LIMIT_MS);
        contexts[i] = drivers[i]->open != NULL ? drivers[i]->open() : NULL;
    }
}

static void play_all(struct feedback *feedback, void *const *contexts)
{
    struct feedback_action *action;

    while ((action = queue_take(feedback->actions)) != NULL) {
        for (size_t i = 0; i < DRIVERS_COUNT; i++) {
            activity_set(feedback->activity, ACTIVITY_FOREIGN, "playing a command", FEEDBACK_PLAY_LIMIT_MS);
            drivers[i]->play(contexts[i], action);
        }
        free(action);
    }
}

static void close_drivers(struct feedback *feedback, void *const *contexts)
{
    for (size_t i = DRIVERS_COUNT; i-- > 0;) {
        activity_set(feedback->activity, ACTIVITY_FOREIGN, "closing a feedback device", FEEDBACK_PLAY_LIMIT_MS);
        if (drivers[i]->close != NULL)
            drivers[i]->close(contexts[i]);
    }
}

static void run(void *argument)
{
    struct feedback *feedback = argument;
    void *contexts[DRIVERS_COUNT];
    struct pollfd waits[] = {
        {.fd = queue_fd(feedback->actions), .events = POLLIN},
        {.fd = feedback->stop_fd, .events = POLLIN},
    };

    open_drivers(feedback, contexts);
    while (waits[1].revents == 0) {
        activity_set(feedback->activity, ACTIVITY_IDLE, "waiting for commands", 0);
        (void) poll(waits, sizeof waits / sizeof *waits, -1); /* EINTR: revents stay 0, the next round waits again */
        play_all(feedback, contexts);
    }
    close_drivers(feedback, contexts);
    activity_set(feedback->activity, ACTIVITY_IDLE, "ended", 0);
}

struct feedback *feedback_start(const struct clock *clock)
{
    struct feedback *feedback = memory_zeroed(1, sizeof *feedback);

    feedback->actions = queue_create(QUEUE_CAPACITY, free);
    feedback->activity = activity_create(clock);
    feedback->stop_fd = wakeup_create();
    feedback->thread = thread_start("feedback", run, feedback);
    if (feedback->thread == NULL)
        abort();
    return feedback;
}

bool feedback_play(struct feedback *feedback, const struct feedback_action *action)
{
    struct feedback_action *copy = memory_copy(action, sizeof *action);

    assert(action->relays_count <= FEEDBACK_RELAYS_MAX);
    if (queue_push(feedback->actions, copy))
        return true;
    free(copy);
    return false;
}

struct activity *feedback_activity(struct feedback *feedback)
{
    return feedback->activity;
}

bool feedback_stop(struct feedback *feedback, uint64_t limit_ms)
{
    queue_close(feedback->actions);
    wakeup_signal(feedback->stop_fd);
    if (!thread_join(feedback->thread, limit_ms)) {
        struct activity_view view = activity_look(feedback->activity);

        log_warning("feedback", "the thread did not end within %llu ms (it is %s); it is abandoned",
                    (unsigned long long) limit_ms, view.what);
        return false;
    }
    queue_free(feedback->actions);
    activity_free(feedback->activity);
    wakeup_close(feedback->stop_fd);
    free(feedback);
    return true;
}
