/* SPDX-License-Identifier: MIT */
#include "tool/run_program.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* LOOK_MS: how often is looked whether it has ended, when its output stays open. */
enum { ERROR_MAX_BYTES = 4096, LOOK_MS = 50 };

/* One stream of it. */
struct heard {
    int fd;              /* -1: it has ended */
    char *text;
    size_t size_bytes;
    size_t limit_bytes;
};

static char *find_program(const char *name)
{
    static const char *const folders[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *path = text_format("%s/%s", folders[i], name);

        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

bool run_program_exists(const char *name)
{
    char *path = find_program(name);
    const bool exists = path != NULL;

    free(path);
    return exists;
}

static void close_stream(struct heard *heard)
{
    if (heard->fd >= 0)
        (void) close(heard->fd);
    heard->fd = -1;
}

static void hear(struct heard *heard)
{
    char text[4096];
    const ssize_t size = read(heard->fd, text, sizeof text);

    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size <= 0) {
        close_stream(heard);
        return;
    }
    const size_t room = heard->limit_bytes - heard->size_bytes;
    const size_t taken = (size_t) size < room ? (size_t) size : room;
    heard->text = memory_resize(heard->text, heard->size_bytes + taken + 1, 1);
    memcpy(heard->text + heard->size_bytes, text, taken);
    heard->size_bytes += taken;
    heard->text[heard->size_bytes] = '\0';
}

/* Until both streams have ended, or the program has; false if it was ended for its time is over. */
static bool attend(pid_t pid, struct heard *streams, unsigned limit_ms, int *status)
{
    const uint64_t deadline_ms = clock_monotonic_ms(clock_system()) + limit_ms;
    bool ended = false;

    while (!ended || streams[0].fd >= 0 || streams[1].fd >= 0) {
        struct pollfd items[] = {{.fd = streams[0].fd, .events = POLLIN}, {.fd = streams[1].fd, .events = POLLIN}};

        /* What it started may hold its streams open for ever: after its end only what is there already counts. */
        const int ready = poll(items, 2, ended ? 0 : LOOK_MS);
        for (size_t i = 0; ready > 0 && i < 2; i++) {
            if (items[i].revents != 0)
                hear(&streams[i]);
        }
        if (ended && ready <= 0)
            return true;
        ended = ended || waitpid(pid, status, WNOHANG) == pid;
        if (!ended && clock_monotonic_ms(clock_system()) >= deadline_ms) {
            (void) kill(-pid, SIGKILL);
            (void) waitpid(pid, status, 0);
            return false;
        }
    }
    return true;
}

/* The last line that says something, cut off in place; "" if there is none. */
static const char *last_line(char *text)
{
    if (text == NULL)
        return "";
    for (size_t end = strlen(text); end > 0 && strchr("\r\n ", text[end - 1]) != NULL; end--)
        text[end - 1] = '\0';
    const char *line = strrchr(text, '\n');
    return line != NULL ? line + 1 : text;
}

static char *judge(const char *name, bool in_time, int status, char *error_text)
{
    const char *line = last_line(error_text);

    if (!in_time)
        return text_format("%s took too long and was ended", name);
    if (WIFSIGNALED(status))
        return text_format("%s was ended by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0 && *line != '\0')
        return text_format("%s: %s", name, line);
    if (WEXITSTATUS(status) != 0)
        return text_format("%s ended with status %d", name, WEXITSTATUS(status));
    return NULL;
}

/* 0, with the pid and the two streams to hear, or an errno. */
static int start(const char *path, const char *const *arguments, struct heard *streams, pid_t *pid)
{
    char path_line[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *const environment[] = {path_line, locale, NULL};
    int ends[2][2] = {{-1, -1}, {-1, -1}};
    size_t count = 0;

    while (arguments[count] != NULL)
        count++;
    char **own = memory_zeroed(count + 1, sizeof *own);
    for (size_t i = 0; i < count; i++)
        own[i] = text_copy(arguments[i]);
    int problem = pipe2(ends[0], O_CLOEXEC) != 0 || pipe2(ends[1], O_CLOEXEC) != 0 ? errno : 0;
    if (problem == 0)
        problem = spawn_program(pid, path, own, environment, ends[0][1], ends[1][1]);
    for (size_t i = 0; i < 2; i++) {
        streams[i].fd = ends[i][0];
        if (ends[i][1] >= 0)
            (void) close(ends[i][1]);
        if (problem != 0)
            close_stream(&streams[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(own[i]);
    free(own);
    return problem;
}

bool run_program(const char *const *arguments, unsigned limit_ms, char **output, size_t *size_bytes, char **problem)
{
    struct heard streams[2] = {{.fd = -1, .limit_bytes = RUN_OUTPUT_MAX_BYTES},
                               {.fd = -1, .limit_bytes = ERROR_MAX_BYTES}};
    char *path = find_program(arguments[0]);
    int status = 0;
    pid_t pid = 0;

    const int error = path != NULL ? start(path, arguments, streams, &pid) : ENOENT;
    free(path);
    if (error != 0) {
        *problem = text_format("%s cannot be started: %s", arguments[0], strerror(error));
        return false;
    }
    const bool in_time = attend(pid, streams, limit_ms, &status);
    close_stream(&streams[0]);
    close_stream(&streams[1]);
    char *failure = judge(arguments[0], in_time, status, streams[1].text);
    free(streams[1].text);
    if (failure == NULL && output != NULL) {
        *output = streams[0].text != NULL ? streams[0].text : text_copy("");
        *size_bytes = streams[0].size_bytes;
        return true;
    }
    free(streams[0].text);
    *problem = failure;
    return failure == NULL;
}
