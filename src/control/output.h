/* SPDX-License-Identifier: MIT */
/*
 * Bytes that a client has still to take: bounded, written as far as its socket takes them. Belongs to one thread.
 */
#ifndef SPRINGPARK_CONTROL_OUTPUT_H
#define SPRINGPARK_CONTROL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed = empty. */
struct output {
    char *bytes;
    size_t start;
    size_t end;
    size_t capacity;
};

void output_clear(struct output *output);
bool output_is_empty(const struct output *output);

/* Adds text and a line feed. False, and nothing added, if more than max_bytes would then wait. */
bool output_add_line(struct output *output, const char *text, size_t size_bytes, size_t max_bytes);

/* Writes as much as the socket takes now. False if the connection is over. */
bool output_flush(struct output *output, int fd);

#endif
