/* SPDX-License-Identifier: MIT */
#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

static void set_up_descriptors(posix_spawn_file_actions_t *actions, int output_fd, int error_fd)
{
    if (posix_spawn_file_actions_init(actions) != 0 ||
        posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
        posix_spawn_file_actions_adddup2(actions, output_fd, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(actions, error_fd, STDERR_FILENO) != 0 ||
        posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1) != 0)
        abort();
}

/* A group of its own, no signal blocked and none ignored, as a program expects. */
static void set_up_process(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawnattr_init(attributes) != 0 || posix_spawnattr_setpgroup(attributes, 0) != 0 ||
        posix_spawnattr_setsigmask(attributes, &none) != 0 || posix_spawnattr_setsigdefault(attributes, &all) != 0 ||
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                 POSIX_SPAWN_SETSIGDEF) != 0)
        abort();
}

int spawn_program(pid_t *pid, const char *path, char *const *arguments, char *const *environment, int output_fd,
                  int error_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    set_up_descriptors(&actions, output_fd, error_fd);
    set_up_process(&attributes);
    const int error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}
