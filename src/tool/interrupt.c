/* SPDX-License-Identifier: MIT */
#include "tool/interrupt.h"

#include "base/memory.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct interrupt {
    pthread_t thread;
    atomic_bool asked;
    int wake_fd;
    int signal_fd;
    int stop_fd;    /* readable when the thread is to end */
    sigset_t signals;
};

static void set_readable(int event_fd)
{
    uint64_t one = 1;

    if (write(event_fd, &one, sizeof one) != sizeof one)
        abort(); /* only a counter that overflows could refuse */
}

static void *watch(void *context)
{
    struct interrupt *interrupt = context;
    struct pollfd items[] = {
        {.fd = interrupt->signal_fd, .events = POLLIN},
        {.fd = interrupt->stop_fd, .events = POLLIN},
        {.fd = STDOUT_FILENO}, /* POLLERR: the pipe's reader has gone */
    };

    for (;;) {
        if (poll(items, 3, -1) < 0)
            continue;
        if (items[1].revents != 0)
            return NULL;
        if (items[0].revents == 0 && items[2].revents == 0)
            continue;
        items[2].fd = -1; /* it stays so */
        if (items[0].revents != 0) {
            struct signalfd_siginfo info;
            (void) !read(interrupt->signal_fd, &info, sizeof info);
            /* From now on the signals do what they always do, in case that what must end does not. */
            items[0].fd = -1;
            pthread_sigmask(SIG_UNBLOCK, &interrupt->signals, NULL);
        }
        atomic_store(&interrupt->asked, true);
        set_readable(interrupt->wake_fd);
    }
}

struct interrupt *interrupt_create(void)
{
    struct interrupt *interrupt = memory_zeroed(1, sizeof *interrupt);

    sigemptyset(&interrupt->signals);
    sigaddset(&interrupt->signals, SIGINT);
    sigaddset(&interrupt->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &interrupt->signals, NULL);
    atomic_init(&interrupt->asked, false);
    interrupt->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    interrupt->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    interrupt->signal_fd = signalfd(-1, &interrupt->signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (interrupt->wake_fd < 0 || interrupt->stop_fd < 0 || interrupt->signal_fd < 0 ||
        pthread_create(&interrupt->thread, NULL, watch, interrupt) != 0)
        abort(); /* at the start of a small program: nothing is left to work with */
    return interrupt;
}

void interrupt_free(struct interrupt *interrupt)
{
    if (interrupt == NULL)
        return;
    set_readable(interrupt->stop_fd);
    pthread_join(interrupt->thread, NULL);
    (void) close(interrupt->wake_fd);
    (void) close(interrupt->stop_fd);
    (void) close(interrupt->signal_fd);
    free(interrupt);
}

bool interrupt_asked(const struct interrupt *interrupt)
{
    return atomic_load(&interrupt->asked);
}

int interrupt_fd(const struct interrupt *interrupt)
{
    return interrupt->wake_fd;
}

bool interrupt_wait(const struct interrupt *interrupt, int timeout_ms)
{
    struct pollfd item = {.fd = interrupt->wake_fd, .events = POLLIN};

    if (!interrupt_asked(interrupt))
        (void) poll(&item, 1, timeout_ms);
    return interrupt_asked(interrupt);
}
