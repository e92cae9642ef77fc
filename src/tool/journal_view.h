/* SPDX-License-Identifier: MIT */
/*
 * The daemon's journal for a person: what `status` says of it, and the records that `journal` lists. No state; any
 * thread. What comes from the daemon may lack any member.
 */
#ifndef SPRINGPARK_TOOL_JOURNAL_VIEW_H
#define SPRINGPARK_TOOL_JOURNAL_VIEW_H

#include <jansson.h>
#include <stdio.h>

/* The lines of `status`: how the journal is, why it is ill, its counters, one line for each gap. journal: an object. */
void journal_view_status(FILE *stream, json_t *journal);

/* The table: its heading, then one line a record, and one for why it was set aside. */
void journal_view_heading(FILE *stream);
void journal_view_record(FILE *stream, json_t *record);

/* The record as it is exported: {"id","state","reason","age_s","event"}; the caller's reference. */
json_t *journal_view_export(json_t *record);

#endif
