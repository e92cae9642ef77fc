/* SPDX-License-Identifier: MIT */
#include "base/wakeup.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wakeup_create(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        abort();
    return fd;
}

void wakeup_close(int fd)
{
    close(fd);
}

void wakeup_signal(int fd)
{
    const uint64_t one = 1;

    /* Refused only when it is about to overflow: then it is readable anyway. */
    if (write(fd, &one, sizeof one) != (ssize_t) sizeof one)
        return;
}

void wakeup_clear(int fd)
{
    uint64_t count;

    /* Refused only when it is clear already. */
    if (read(fd, &count, sizeof count) != (ssize_t) sizeof count)
        return;
}
