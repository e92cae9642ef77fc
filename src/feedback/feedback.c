/* SPDX-License-Identifier: MIT */
#include "feedback/feedback.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "feedback/player.h"
#include "feedback/setup.h"
#include "feedback/stage.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

/* A host that sends more than this within the time that one action takes is not answering people. */
enum { QUEUE_CAPACITY = 16 };

struct feedback {
    const struct clock *clock;
    struct queue *actions;
    struct activity *activity;
    struct thread *thread;
    int stop_fd;                   /* readable from feedback_stop on */
    int news_fd;                   /* readable when there is something in news */
    pthread_mutex_t mutex;         /* guards news */
    struct {
        struct feedback_setup *setup;  /* the devices of the configuration, when they are new; else NULL */
        struct feedback_names *readers;
    } news;
};

const char *feedback_cause_name(enum feedback_cause cause)
{
    static const char *const names[] = {
        [FEEDBACK_COMMAND] = "command",       [FEEDBACK_STARTED] = "started",
        [FEEDBACK_READ] = "read",             [FEEDBACK_READ_FAILED] = "read failed",
        [FEEDBACK_STORED] = "stored",         [FEEDBACK_CONFIRMED] = "confirmed",
        [FEEDBACK_REFUSED] = "refused",       [FEEDBACK_UNCONFIRMED] = "unconfirmed",
        [FEEDBACK_CLOUD_LOST] = "cloud lost",
    };

    return names[cause];
}

static void take_news(struct feedback *feedback, struct stage *stage)
{
    wakeup_clear(feedback->news_fd);
    pthread_mutex_lock(&feedback->mutex);
    struct feedback_setup *setup = feedback->news.setup;
    struct feedback_names *readers = feedback->news.readers;
    feedback->news.setup = NULL;
    feedback->news.readers = NULL;
    pthread_mutex_unlock(&feedback->mutex);
    if (setup != NULL)
        stage_open(stage, setup);
    if (readers != NULL)
        stage_set_readers(stage, readers);
}

static bool is_in_time(const struct feedback *feedback, const struct feedback_action *action)
{
    const uint64_t now_ms = clock_elapsed_ms(feedback->clock);

    if (!action->ends || now_ms <= action->ends_ms)
        return true;
    log_warning("feedback", "a %s waited for a device that hangs and is late by %llu s; it is not played",
                feedback_cause_name(action->cause), (unsigned long long) (now_ms - action->ends_ms + 999) / 1000);
    return false;
}

static void play_all(struct feedback *feedback, struct stage *stage)
{
    struct feedback_action *action;

    while ((action = queue_take(feedback->actions)) != NULL) {
        if (is_in_time(feedback, action))
            stage_play(stage, action);
        free(action);
    }
}

/* -1: for ever. A clock that does not run (a test's) makes the wait no longer than it says. */
static int timeout_ms(const struct feedback *feedback, uint64_t due_ms)
{
    const uint64_t now_ms = clock_monotonic_ms(feedback->clock);

    if (due_ms == PLAYER_NEVER)
        return -1;
    if (due_ms <= now_ms)
        return 0;
    return due_ms - now_ms < 60000 ? (int) (due_ms - now_ms) : 60000;
}

static void run(void *argument)
{
    struct feedback *feedback = argument;
    struct stage *stage = stage_create(feedback->activity, feedback->clock);
    struct pollfd waits[3 + FEEDBACK_DEVICES_MAX] = {
        {.fd = queue_fd(feedback->actions), .events = POLLIN},
        {.fd = feedback->stop_fd, .events = POLLIN},
        {.fd = feedback->news_fd, .events = POLLIN},
    };

    while (waits[1].revents == 0) {
        uint64_t due_ms = PLAYER_NEVER;

        take_news(feedback, stage);
        play_all(feedback, stage);
        const size_t count = stage_turn(stage, &waits[3], &due_ms);
        activity_set(feedback->activity, ACTIVITY_IDLE, "waiting for commands", 0);
        (void) poll(waits, 3 + count, timeout_ms(feedback, due_ms)); /* EINTR: revents stay 0, the next round waits again */
    }
    take_news(feedback, stage);
    play_all(feedback, stage);
    stage_free(stage);
    activity_set(feedback->activity, ACTIVITY_IDLE, "ended", 0);
}

struct feedback *feedback_start(const struct feedback_settings *settings, const struct clock *clock)
{
    struct feedback *feedback = memory_zeroed(1, sizeof *feedback);

    feedback->clock = clock;
    feedback->actions = queue_create(QUEUE_CAPACITY, free);
    feedback->activity = activity_create(clock);
    feedback->stop_fd = wakeup_create();
    feedback->news_fd = wakeup_create();
    pthread_mutex_init(&feedback->mutex, NULL);
    feedback->news.setup = feedback_setup_copy(settings);
    feedback->thread = thread_start("feedback", run, feedback);
    if (feedback->thread == NULL)
        abort();
    return feedback;
}

void feedback_configure(struct feedback *feedback, const struct feedback_settings *settings)
{
    struct feedback_setup *setup = feedback_setup_copy(settings);

    pthread_mutex_lock(&feedback->mutex);
    struct feedback_setup *old = feedback->news.setup;
    feedback->news.setup = setup;
    pthread_mutex_unlock(&feedback->mutex);
    feedback_setup_free(old);
    wakeup_signal(feedback->news_fd);
}

void feedback_set_readers(struct feedback *feedback, const char *const *names, size_t count)
{
    struct feedback_names *readers = feedback_names_copy(names, count);

    pthread_mutex_lock(&feedback->mutex);
    struct feedback_names *old = feedback->news.readers;
    feedback->news.readers = readers;
    pthread_mutex_unlock(&feedback->mutex);
    feedback_names_free(old);
    wakeup_signal(feedback->news_fd);
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

/* Main alone adds to the queue, so the room that there is stays. */
bool feedback_has_room(struct feedback *feedback)
{
    return queue_depth(feedback->actions) < QUEUE_CAPACITY;
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
    wakeup_close(feedback->news_fd);
    feedback_setup_free(feedback->news.setup);
    feedback_names_free(feedback->news.readers);
    pthread_mutex_destroy(&feedback->mutex);
    free(feedback);
    return true;
}
