/* SPDX-License-Identifier: MIT */
#include "cloud/call_limit.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_SIGNAL (SIGRTMIN + 7)
#define REPEAT_NS (100L * 1000L * 1000L)

static void do_nothing(int signal_number)
{
    (void) signal_number;
}

static void install_handler(void)
{
    struct sigaction action = { .sa_handler = do_nothing, .sa_flags = 0 }; /* no SA_RESTART: that is the point */

    sigemptyset(&action.sa_mask);
    (void) sigaction(LIMIT_SIGNAL, &action, NULL);
}

void call_limit_start(struct call_limit *limit, uint64_t limit_ms)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sigevent event;
    sigset_t signals;

    (void) pthread_once(&once, install_handler);
    sigemptyset(&signals);
    sigaddset(&signals, LIMIT_SIGNAL);
    (void) pthread_sigmask(SIG_UNBLOCK, &signals, NULL);

    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = LIMIT_SIGNAL;
    event._sigev_un._tid = gettid();
    limit->armed = timer_create(CLOCK_MONOTONIC, &event, &limit->timer) == 0;
    if (!limit->armed)
        return;
    const struct itimerspec when = {
        .it_value = { .tv_sec = (time_t) (limit_ms / 1000), .tv_nsec = (long) (limit_ms % 1000) * 1000000L + 1 },
        .it_interval = { .tv_nsec = REPEAT_NS },
    };
    (void) timer_settime(limit->timer, 0, &when, NULL);
}

void call_limit_end(struct call_limit *limit)
{
    if (limit->armed)
        (void) timer_delete(limit->timer);
    limit->armed = false;
}
