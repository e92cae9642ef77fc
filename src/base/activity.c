/* SPDX-License-Identifier: MIT */
#include "base/activity.h"

#include "base/memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct activity {
    pthread_mutex_t mutex;
    const struct clock *clock;
    enum activity_kind kind;
    const char *what;
    uint64_t since_ms;
    uint64_t limit_ms;
    struct activity *leader;
};

struct activity *activity_create(const struct clock *clock)
{
    struct activity *activity = memory_zeroed(1, sizeof *activity);

    pthread_mutex_init(&activity->mutex, NULL);
    activity->clock = clock;
    activity->kind = ACTIVITY_IDLE;
    activity->what = "starting";
    activity->since_ms = clock_monotonic_ms(clock);
    return activity;
}

void activity_free(struct activity *activity)
{
    if (activity == NULL)
        return;
    pthread_mutex_destroy(&activity->mutex);
    free(activity);
}

void activity_set(struct activity *activity, enum activity_kind kind, const char *what, uint64_t limit_ms)
{
    uint64_t now_ms = clock_monotonic_ms(activity->clock);

    pthread_mutex_lock(&activity->mutex);
    activity->kind = kind;
    activity->what = what;
    activity->since_ms = now_ms;
    activity->limit_ms = limit_ms;
    pthread_mutex_unlock(&activity->mutex);
}

void activity_follow(struct activity *activity, struct activity *leader)
{
    pthread_mutex_lock(&activity->mutex);
    activity->leader = leader;
    pthread_mutex_unlock(&activity->mutex);
}

struct activity_view activity_look(struct activity *activity)
{
    uint64_t now_ms = clock_monotonic_ms(activity->clock);

    pthread_mutex_lock(&activity->mutex);
    struct activity_view view = {
        .kind = activity->kind,
        .what = activity->what,
        .since_ms = activity->since_ms,
        .overdue = activity->kind != ACTIVITY_IDLE && now_ms > activity->since_ms + activity->limit_ms,
    };
    struct activity *leader = activity->leader;
    pthread_mutex_unlock(&activity->mutex);
    if (view.kind != ACTIVITY_IDLE || leader == NULL)
        return view;
    struct activity_view leading = activity_look(leader);
    return leading.overdue ? leading : view;
}

char *activity_hang_text(const struct activity_view *view, uint64_t now_ms)
{
    if (!view->overdue || view->kind != ACTIVITY_FOREIGN)
        return NULL;
    return text_format("hangs while %s, since %" PRIu64 " s", view->what,
                       (now_ms > view->since_ms ? now_ms - view->since_ms : 0) / 1000U);
}
