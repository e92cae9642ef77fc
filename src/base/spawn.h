/* SPDX-License-Identifier: MIT */
/*
 * Starting an external program that gets nothing of this process: no shell, a process group of its own, no
 * descriptor but the three (standard input is empty), no signal blocked or ignored, only the environment that it is
 * given. Any thread.
 */
#ifndef SPRINGPARK_BASE_SPAWN_H
#define SPRINGPARK_BASE_SPAWN_H

#include <sys/types.h>

/* path: the program's file. arguments, from the name on, and environment: NULL at the end. output_fd, error_fd: what
 * become its standard output and error; they stay the caller's. Returns 0, and *pid, which the caller waits for, or
 * an errno. */
int spawn_program(pid_t *pid, const char *path, char *const *arguments, char *const *environment, int output_fd,
                  int error_fd);

#endif
