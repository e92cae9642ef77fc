/* SPDX-License-Identifier: MIT */
/*
 * Which readers an entry of `readers` means, and what they are called. Any thread; no state.
 */
#ifndef SPRINGPARK_READER_LABELS_H
#define SPRINGPARK_READER_LABELS_H

#include <stdbool.h>

/* Whether the reader's name is the configured one or matches it as a glob (fnmatch(3)). */
bool reader_name_matches(const char *glob, const char *name);

typedef bool reader_label_taken(const void *context, const char *label);

/*
 * The label of a reader, in new memory that the caller frees: its own name if `configured` is empty, else `configured`,
 * "configured 2", "configured 3"..., the lowest number that `taken` denies.
 */
char *reader_label_choose(const char *configured, const char *name, reader_label_taken *taken, const void *context)
    __attribute__((malloc, returns_nonnull));

#endif
