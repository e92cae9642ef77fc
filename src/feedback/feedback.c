/* SPDX-License-Identifier: MIT */
#include "feedback/feedback.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/queue.h"
#include "feedback/driver.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A host that sends more than this within the time that one action takes is not answering people. */
enum { QUEUE_CAPACITY = 16 };

static const struct feedback_driver *const drivers[] = {&feedback_driver_log};

enum { DRIVERS_COUNT = sizeof drivers / sizeof *drivers };

struct feedback {
    struct queue *actions;
    struct activity *activity;
    pthread_t thread;
    int stop_fd;   /* readable from feedback_stop on */
    int ended_fd;  /* readable when the thread has nothing left to do but to return */
};

static int create_event_fd(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        abort();
    return fd;
}

static void signal_event_fd(int fd)
{
    const uint64_t one = 1;

    if (write(fd, &one, sizeof one) != (ssize_t) sizeof one)
        abort();
}

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

static void *run(void *argument)
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
    signal_event_fd(feedback->ended_fd);
    return NULL;
}

struct feedback *feedback_start(const struct clock *clock)
{
    struct feedback *feedback = memory_zeroed(1, sizeof *feedback);

    feedback->actions = queue_create(QUEUE_CAPACITY, free);
    feedback->activity = activity_create(clock);
    feedback->stop_fd = create_event_fd();
    feedback->ended_fd = create_event_fd();
    if (pthread_create(&feedback->thread, NULL, run, feedback) != 0)
        abort();
    pthread_setname_np(feedback->thread, "feedback");
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

/* The thread's own word instead of a timed join: ThreadSanitizer does not know pthread_clockjoin_np, and
 * pthread_timedjoin_np goes by a clock that may be set. */
static bool wait_for_end(const struct feedback *feedback, uint64_t limit_ms)
{
    struct pollfd ended = {.fd = feedback->ended_fd, .events = POLLIN};
    int count;

    do
        count = poll(&ended, 1, limit_ms < INT_MAX ? (int) limit_ms : INT_MAX);
    while (count < 0 && errno == EINTR);
    return count == 1;
}

bool feedback_stop(struct feedback *feedback, uint64_t limit_ms)
{
    queue_close(feedback->actions);
    signal_event_fd(feedback->stop_fd);
    if (!wait_for_end(feedback, limit_ms)) {
        struct activity_view view = activity_look(feedback->activity);
        log_warning("feedback", "the thread did not end within %llu ms (it is %s); it is abandoned",
                    (unsigned long long) limit_ms, view.what);
        pthread_detach(feedback->thread);
        return false;
    }
    pthread_join(feedback->thread, NULL);
    queue_free(feedback->actions);
    activity_free(feedback->activity);
    close(feedback->stop_fd);
    close(feedback->ended_fd);
    free(feedback);
    return true;
}
