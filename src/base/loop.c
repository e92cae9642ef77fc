/* SPDX-License-Identifier: MIT */
#include "base/loop.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <systemd/sd-event.h>

static const char WAITING[] = "waiting for something to do";

struct loop {
    sd_event *event;
    _Atomic(const char *) doing;
};

struct loop_source {
    struct loop *loop;
    const char *name;
    sd_event_source *source;
    loop_io_callback *on_io;
    loop_timer_callback *on_timer;
    loop_signal_callback *on_signal;
    void *context;
};

/* sd-event fails here only when memory or descriptors are gone, or on our own mistake. */
static void require(int result)
{
    if (result < 0)
        abort();
}

struct loop *loop_create(void)
{
    struct loop *loop = memory_zeroed(1, sizeof *loop);

    require(sd_event_new(&loop->event));
    atomic_store(&loop->doing, WAITING);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    sd_event_unref(loop->event);
    free(loop);
}

int loop_run(struct loop *loop)
{
    return sd_event_loop(loop->event);
}

void loop_exit(struct loop *loop, int status)
{
    require(sd_event_exit(loop->event, status));
}

static int dispatch_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct loop_source *own = userdata;
    struct loop *loop = own->loop; /* the callback may free its source */

    (void) source;
    atomic_store(&loop->doing, own->name);
    own->on_io(own->context, fd, events);
    atomic_store(&loop->doing, WAITING);
    return 0;
}

struct loop_source *loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_callback *callback, void *context)
{
    struct loop_source *own = memory_zeroed(1, sizeof *own);

    own->loop = loop;
    own->name = "looking at a descriptor";
    own->on_io = callback;
    own->context = context;
    require(sd_event_add_io(loop->event, &own->source, fd, events, dispatch_io, own));
    return own;
}

void loop_set_io_events(struct loop_source *source, uint32_t events)
{
    require(sd_event_source_set_io_events(source->source, events));
}

static int dispatch_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct loop_source *own = userdata;
    struct loop *loop = own->loop; /* the callback may free its source */

    (void) source;
    (void) usec;
    atomic_store(&loop->doing, own->name);
    own->on_timer(own->context);
    atomic_store(&loop->doing, WAITING);
    return 0;
}

struct loop_source *loop_add_timer(struct loop *loop, loop_timer_callback *callback, void *context)
{
    struct loop_source *own = memory_zeroed(1, sizeof *own);

    own->loop = loop;
    own->name = "doing what a timer is for";
    own->on_timer = callback;
    own->context = context;
    require(sd_event_add_time(loop->event, &own->source, CLOCK_MONOTONIC, 0, 1, dispatch_timer, own));
    require(sd_event_source_set_enabled(own->source, SD_EVENT_OFF));
    return own;
}

void loop_arm_timer(struct loop_source *source, uint64_t monotonic_us, uint64_t accuracy_us)
{
    require(sd_event_source_set_time(source->source, monotonic_us));
    require(sd_event_source_set_time_accuracy(source->source, accuracy_us > 0 ? accuracy_us : 1));
    require(sd_event_source_set_enabled(source->source, SD_EVENT_ONESHOT));
}

void loop_disarm_timer(struct loop_source *source)
{
    require(sd_event_source_set_enabled(source->source, SD_EVENT_OFF));
}

static int dispatch_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    struct loop_source *own = userdata;
    struct loop *loop = own->loop; /* the callback may free its source */

    (void) source;
    atomic_store(&loop->doing, own->name);
    own->on_signal(own->context, (int) info->ssi_signo);
    atomic_store(&loop->doing, WAITING);
    return 0;
}

struct loop_source *loop_add_signal(struct loop *loop, int signal_number, loop_signal_callback *callback, void *context)
{
    struct loop_source *own = memory_zeroed(1, sizeof *own);

    own->loop = loop;
    own->name = "doing what a signal asks for";
    own->on_signal = callback;
    own->context = context;
    require(sd_event_add_signal(loop->event, &own->source, signal_number, dispatch_signal, own));
    return own;
}

void loop_block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void loop_set_name(struct loop_source *source, const char *name)
{
    source->name = name;
}

const char *loop_doing(const struct loop *loop)
{
    return atomic_load(&loop->doing);
}

void loop_source_free(struct loop_source *source)
{
    if (source == NULL)
        return;
    sd_event_source_disable_unref(source->source);
    free(source);
}
