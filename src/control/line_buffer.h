/* SPDX-License-Identifier: MIT */
/*
 * Bytes from a stream socket, cut into lines: for both ends of the control socket. Belongs to one thread; bounded.
 */
#ifndef SPRINGPARK_CONTROL_LINE_BUFFER_H
#define SPRINGPARK_CONTROL_LINE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct line_buffer;

enum line_read {
    LINE_READ_SOME,    /* there is more than before */
    LINE_READ_NOTHING, /* nothing now: EAGAIN, or no room until a line is taken */
    LINE_READ_END,     /* the other end has said all */
    LINE_READ_FAILED,  /* errno says why */
};

/* max_bytes: the longest line, its line feed not counted. */
struct line_buffer *line_buffer_create(size_t max_bytes);
void line_buffer_free(struct line_buffer *buffer);

/* One read(2) from fd into the room that is left. */
enum line_read line_buffer_read(struct line_buffer *buffer, int fd);

/* The next whole line without its line feed, not terminated by NUL, valid until the next line_buffer_read; NULL if
 * there is none yet. */
const char *line_buffer_next(struct line_buffer *buffer, size_t *size_bytes);

/* Whether what waits is longer than a line may be: it will never become one. Ask after line_buffer_next gave NULL. */
bool line_buffer_too_long(const struct line_buffer *buffer);

#endif
