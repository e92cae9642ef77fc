/* SPDX-License-Identifier: MIT */
/*
 * Stands before libc (LD_PRELOAD) in a daemon under test, and makes trouble that cannot be made from outside. The files
 * in the folder that SPRINGPARK_TROUBLE names say which, from one moment to the next:
 *
 *   clock     a number of seconds: the wall clock is that much ahead (or behind), and the kernel calls it synchronised;
 *             without the file it is as it is, and not synchronised
 *   main      the main thread's next question whether the clock is synchronised never returns
 *   connect   the next TCP connect over IPv4 never returns
 *   disk      no flush to a disk returns, until the file is gone
 *
 * CLOCK_MONOTONIC is left alone: no step of the clock moves it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

/* What the file says, "" if it is empty; false if there is none. By system calls, for nothing here may call itself. */
static bool read_order(const char *name, char *text, size_t size_bytes)
{
    const char *folder = getenv("SPRINGPARK_TROUBLE");
    char path[512];

    if (folder == NULL)
        return false;
    (void) snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, size_bytes - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    return true;
}

static bool is_ordered(const char *name)
{
    char text[2];

    return read_order(name, text, sizeof text);
}

static bool clock_is_set(time_t *ahead_s)
{
    char text[32];

    *ahead_s = 0;
    if (!read_order("clock", text, sizeof text))
        return false;
    *ahead_s = (time_t) strtoll(text, NULL, 10);
    return true;
}

static void hang(void)
{
    for (;;)
        pause();
}

static time_t ahead_s(void)
{
    time_t seconds;

    (void) clock_is_set(&seconds);
    return seconds;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int result = (int) syscall(SYS_clock_gettime, id, now);

    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        now->tv_sec += ahead_s();
    return result;
}

time_t time(time_t *result)
{
    struct timespec now;

    (void) clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL)
        *result = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void) zone;
    (void) clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval) { .tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000 };
    return 0;
}

int adjtimex(struct timex *state)
{
    time_t seconds;

    if (getpid() == gettid() && is_ordered("main"))
        hang();
    state->status = clock_is_set(&seconds) ? 0 : STA_UNSYNC;
    return state->status == 0 ? TIME_OK : TIME_ERROR;
}

int connect(int fd, const struct sockaddr *address, socklen_t size_bytes)
{
    static int (*real)(int, const struct sockaddr *, socklen_t);
    int type = 0;
    socklen_t type_bytes = sizeof type;

    (void) getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_bytes);
    if (address->sa_family == AF_INET && type == SOCK_STREAM && is_ordered("connect"))
        hang();
    if (real == NULL)
        *(void **) &real = dlsym(RTLD_NEXT, "connect");
    return real(fd, address, size_bytes);
}

/* As a call that waits in the kernel does: it goes on when the disk does. */
static void wait_for_disk(void)
{
    const struct timespec step = { .tv_nsec = 5000000 };

    while (is_ordered("disk"))
        (void) nanosleep(&step, NULL);
}

int fsync(int fd)
{
    wait_for_disk();
    return (int) syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    wait_for_disk();
    return (int) syscall(SYS_fdatasync, fd);
}
