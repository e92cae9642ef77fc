/* SPDX-License-Identifier: MIT */
/*
 * What the broker refused, sent again: asking the daemon for it.
 */
#ifndef SPRINGPARK_TOOL_JOURNAL_RELEASE_H
#define SPRINGPARK_TOOL_JOURNAL_RELEASE_H

#include "tool/tool.h"

#include <stddef.h>

/* ids: which, as "12:5"; none = all that are set aside. Says how many, and which id is not set aside. Returns a
 * sysexits code. */
int journal_release(const struct tool_options *options, char *const *ids, size_t ids_count);

#endif
