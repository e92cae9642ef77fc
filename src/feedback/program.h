/* SPDX-License-Identifier: MIT */
/*
 * One run of an external program: started without a shell, in a process group of its own, with nothing but PATH and the
 * environment that it is given, standard input empty. What it writes on standard output and error becomes lines of the
 * log, a bounded number. It is ended, with all that it started, when it runs too long. One thread; nothing blocks,
 * except program_end, for a moment.
 */
#ifndef SPRINGPARK_FEEDBACK_PROGRAM_H
#define SPRINGPARK_FEEDBACK_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

struct program;

enum program_state {
    PROGRAM_RUNS,
    PROGRAM_ENDED,         /* with status 0 */
    PROGRAM_FAILED,        /* program_failure says how */
};

/* environment: NULL at the end. NULL and *error (freed by the caller) if it cannot be started. */
struct program *program_start(const char *path, const char *argument, char *const *environment, uint64_t deadline_ms,
                              char **error);

/* Takes what it says, ends it when it is time, reaps it. */
enum program_state program_turn(struct program *program, uint64_t now_ms);

/* Readable when there is something to do for program_turn. */
int program_fd(const struct program *program);

/* When program_turn has something to do even if the descriptor is silent. */
uint64_t program_due_ms(const struct program *program, uint64_t now_ms);

/* "ended with status 3"; the program's. */
const char *program_failure(const struct program *program);

/* Ends it if it runs, and frees it. */
void program_end(struct program *program);

#endif
