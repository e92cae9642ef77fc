/* SPDX-License-Identifier: MIT */
/*
 * What the reports for a person share. The JSON comes from another program, so every member may be missing or of
 * another kind. No state; any thread.
 */
#ifndef SPRINGPARK_TOOL_VIEW_H
#define SPRINGPARK_TOOL_VIEW_H

#include <jansson.h>
#include <stdio.h>

/* The member's text, borrowed; "" if there is none. */
const char *view_text(json_t *object, const char *key);

/* The member's number; 0 if there is none. */
json_int_t view_number(json_t *object, const char *key);

/* Formatted text with what came from the daemon in it, made safe. */
void view_put(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The beginning of a line of `status`. */
void view_put_label(FILE *stream, const char *label);

#endif
