/* SPDX-License-Identifier: MIT */
/*
 * Running a program of the system to its end and reading what it says: found in the system's own folders only, with an
 * environment of its own (LC_ALL=C), ended with all that it started when it takes too long. One thread; it blocks.
 */
#ifndef SPRINGPARK_TOOL_RUN_PROGRAM_H
#define SPRINGPARK_TOOL_RUN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* What is more is left out. */
enum { RUN_OUTPUT_MAX_BYTES = 1 << 20 };

/* Whether the system has a program of that name. */
bool run_program_exists(const char *name);

/* arguments: from the name on, NULL at the end. True if it ended with status 0: then *output (may be NULL if nobody
 * wants it) is its standard output, *size_bytes of it and a 0 behind, new memory. False: *problem says why, with the
 * last line that it wrote on standard error, new memory. */
bool run_program(const char *const *arguments, unsigned limit_ms, char **output, size_t *size_bytes, char **problem);

#endif
