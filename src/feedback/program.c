/* SPDX-License-Identifier: MIT */
#include "feedback/program.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* LOOK_AGAIN_MS: where the kernel has no pidfd_open. KILL_WAIT_MS: how long an end by SIGKILL may take. */
enum { LINE_MAX_BYTES = 200, LINES_MAX = 20, LOOK_AGAIN_MS = 50, KILL_WAIT_MS = 500 };

struct program {
    char *name;
    pid_t pid;             /* 0: it has been reaped */
    int pid_fd;            /* -1: the kernel has none */
    int output_fd;         /* -1: it has closed it */
    int epoll_fd;
    uint64_t deadline_ms;
    bool killed;
    int status;
    char *failure;
    char line[LINE_MAX_BYTES + 1];
    size_t line_bytes;
    unsigned lines;
};

/* Returns 0 or an errno. */
static int spawn(struct program *program, const char *path, const char *argument, char *const *environment,
                 int output_fd)
{
    char *own_path = text_copy(path), *own_argument = text_copy(argument);
    char *const arguments[] = {own_path, own_argument, NULL};
    const int error = spawn_program(&program->pid, path, arguments, environment, output_fd, output_fd);

    free(own_argument);
    free(own_path);
    return error;
}

static void watch(struct program *program, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (fd >= 0)
        (void) epoll_ctl(program->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void release(struct program *program)
{
    if (program->output_fd >= 0)
        close(program->output_fd);
    if (program->pid_fd >= 0)
        close(program->pid_fd);
    if (program->epoll_fd >= 0)
        close(program->epoll_fd);
    free(program->failure);
    free(program->name);
    free(program);
}

struct program *program_start(const char *path, const char *argument, char *const *environment, uint64_t deadline_ms,
                              char **error)
{
    struct program *program = memory_zeroed(1, sizeof *program);
    int ends[2] = {-1, -1};

    program->name = text_copy(last_name(path));
    program->deadline_ms = deadline_ms;
    program->pid_fd = -1;
    program->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    int problem = program->epoll_fd < 0 || pipe2(ends, O_CLOEXEC) != 0 ? errno : 0;
    program->output_fd = ends[0];
    if (problem == 0)
        problem = spawn(program, path, argument, environment, ends[1]);
    if (ends[1] >= 0)
        close(ends[1]);
    if (problem != 0) {
        *error = text_format("%s cannot be started: %s", path, strerror(problem));
        release(program);
        return NULL;
    }
    (void) fcntl(program->output_fd, F_SETFL, O_NONBLOCK);
    program->pid_fd = (int) syscall(SYS_pidfd_open, program->pid, 0);
    watch(program, program->output_fd);
    watch(program, program->pid_fd);
    return program;
}

static void say_line(struct program *program)
{
    program->line[program->line_bytes] = '\0';
    if (program->line_bytes > 0 && program->lines++ < LINES_MAX)
        log_info("feedback", "%s says: %s", program->name, program->line);
    program->line_bytes = 0;
}

static void take_character(struct program *program, char character)
{
    if (character == '\n') {
        say_line(program);
        return;
    }
    if (program->line_bytes < LINE_MAX_BYTES)
        program->line[program->line_bytes++] = character >= 0x20 && character <= 0x7E ? character : '?';
}

/* True if there may be more. */
static bool take_some_output(struct program *program)
{
    char text[4096];

    if (program->output_fd < 0)
        return false;
    const ssize_t size = read(program->output_fd, text, sizeof text);
    for (ssize_t i = 0; i < size; i++)
        take_character(program, text[i]);
    if (size > 0 || (size < 0 && errno == EINTR))
        return true;
    if (size < 0 && errno == EAGAIN)
        return false;
    close(program->output_fd);
    program->output_fd = -1;
    return false;
}

/* A bounded amount, so that one that talks without end is not listened to without end. */
static void take_output(struct program *program)
{
    for (unsigned i = 0; i < 16 && take_some_output(program); i++)
        ;
}

static void kill_group(struct program *program)
{
    program->killed = true;
    (void) kill(-program->pid, SIGKILL);
}

static bool reap(struct program *program)
{
    if (program->pid != 0 && waitpid(program->pid, &program->status, WNOHANG) == program->pid)
        program->pid = 0;
    return program->pid == 0;
}

static enum program_state judge(struct program *program)
{
    if (program->killed)
        program->failure = text_copy("ran too long and was ended");
    else if (WIFSIGNALED(program->status))
        program->failure = text_format("was ended by signal %d", WTERMSIG(program->status));
    else if (WEXITSTATUS(program->status) != 0)
        program->failure = text_format("ended with status %d", WEXITSTATUS(program->status));
    return program->failure != NULL ? PROGRAM_FAILED : PROGRAM_ENDED;
}

enum program_state program_turn(struct program *program, uint64_t now_ms)
{
    const bool ended = reap(program);

    take_output(program);
    if (ended) {
        say_line(program);
        return judge(program);
    }
    if (!program->killed && now_ms >= program->deadline_ms)
        kill_group(program);
    return PROGRAM_RUNS;
}

int program_fd(const struct program *program)
{
    return program->epoll_fd;
}

uint64_t program_due_ms(const struct program *program, uint64_t now_ms)
{
    if (program->pid_fd < 0 || program->killed)
        return now_ms + LOOK_AGAIN_MS;
    return program->deadline_ms;
}

const char *program_failure(const struct program *program)
{
    return program->failure;
}

void program_end(struct program *program)
{
    if (!reap(program)) {
        kill_group(program);
        if (program->pid_fd >= 0)
            (void) poll(&(struct pollfd) {.fd = program->pid_fd, .events = POLLIN}, 1, KILL_WAIT_MS);
        (void) reap(program);
    }
    release(program);
}
