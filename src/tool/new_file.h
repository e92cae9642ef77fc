/* SPDX-License-Identifier: MIT */
/*
 * A file that is there whole or not at all: written beside its place, synced, then renamed. For one thread. What fails
 * is said on standard error. Only its owner may read it, for it holds what not everybody may see.
 */
#ifndef SPRINGPARK_TOOL_NEW_FILE_H
#define SPRINGPARK_TOOL_NEW_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct new_file;

/* NULL if it cannot be made. What is no regular file (a FIFO, a device) is written to as it is; a symbolic link stays,
 * and what it points to is replaced. */
struct new_file *new_file_create(const char *path);

FILE *new_file_stream(const struct new_file *file);

/* Gives it the mode, the owner and the group of what is in its place, if there is something; false if that failed. */
bool new_file_keep_access(const struct new_file *file);

/* Puts it in its place and frees it; false if that failed, and then nothing has changed there. */
bool new_file_finish(struct new_file *file);

/* Leaves no trace, and frees it. */
void new_file_discard(struct new_file *file);

#endif
