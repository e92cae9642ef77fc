/* SPDX-License-Identifier: MIT */
/*
 * Files that belong together, a key and its certificate for instance: all of them appear, or none. Nothing that is
 * there is ever overwritten. One set at a time, for one thread; SIGINT, SIGTERM and SIGHUP wait from the first file on
 * until the set is finished or discarded. What fails is said on standard error.
 */
#ifndef SPRINGPARK_TOOL_NEW_FILES_H
#define SPRINGPARK_TOOL_NEW_FILES_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

struct new_files;

/* In that folder, which is made (mode 0700) if it is not there; NULL if it cannot be. */
struct new_files *new_files_create(const char *folder);

/* One more, with that mode whatever the umask says; NULL if it is there already or cannot be made. name: without the
 * folder. They come to their places in this order, so a key goes last: it is never there without its certificate. */
FILE *new_files_add(struct new_files *files, const char *name, mode_t mode);

/* Puts all in their places and frees the set; false if that failed, and then none of them is there. */
bool new_files_finish(struct new_files *files);

/* Leaves no trace but the folder, and frees the set. */
void new_files_discard(struct new_files *files);

#endif
