/* SPDX-License-Identifier: MIT */
/*
 * The records of the daemon's journal, asked for page by page, so that neither side ever holds them all.
 */
#ifndef SPRINGPARK_TOOL_JOURNAL_PAGES_H
#define SPRINGPARK_TOOL_JOURNAL_PAGES_H

#include "tool/tool.h"

#include <jansson.h>
#include <stdbool.h>

struct journal_query {
    bool set_aside_only;
    unsigned limit;          /* at most so many records; 0 = all */
};

/* One record, borrowed. False: no more of them. */
typedef bool journal_visit(void *context, json_t *record);

/* Returns a sysexits code; what is wrong has then been said. *more: whether the limit left out some. */
int journal_pages_visit(const struct tool_options *options, const struct journal_query *query, journal_visit *visit,
                        void *context, bool *more);

#endif
