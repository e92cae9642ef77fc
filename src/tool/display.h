/* SPDX-License-Identifier: MIT */
/*
 * Text for a person's terminal. No state; any thread.
 */
#ifndef SPRINGPARK_TOOL_DISPLAY_H
#define SPRINGPARK_TOOL_DISPLAY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Bytes that came from outside as one line that does nothing to a terminal: control characters become \u00XX (in JSON
 * text that is the same value), bytes that are no UTF-8 become \xXX, everything else stays. New memory.
 */
char *display_safe(const void *bytes, size_t size_bytes);

/* The same for a text, straight to stream. */
void display_put(FILE *stream, const char *text);

/* One complaint of our own on standard error: "springparkctl: " and the text, made safe. */
void display_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line of progress on standard error, made safe. */
void display_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "3 d 4 h", "5 min 6 s", "0 s": the two largest units. New memory. */
char *display_duration(uint64_t duration_ms);

/* "812 bytes", "1.2 KiB", "128.0 MiB". New memory. */
char *display_size(uint64_t size_bytes);

/* One line of compact JSON, safe for a terminal and still the same value. */
void display_put_json(FILE *stream, const json_t *value);

#endif
