/* SPDX-License-Identifier: MIT */
#include "control/line_buffer.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CAPACITY_BYTES = 1024 };

struct line_buffer {
    char *bytes;
    size_t capacity;
    size_t limit;    /* the longest line and its line feed */
    size_t start;    /* what lies before has been taken */
    size_t end;
    size_t searched; /* no line feed between start and here, so that a slow line is not searched again and again */
};

struct line_buffer *line_buffer_create(size_t max_bytes)
{
    struct line_buffer *buffer = memory_zeroed(1, sizeof *buffer);

    buffer->limit = max_bytes + 1;
    return buffer;
}

void line_buffer_free(struct line_buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->bytes);
    free(buffer);
}

static void make_room(struct line_buffer *buffer)
{
    if (buffer->start > 0) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->end - buffer->start);
        buffer->end -= buffer->start;
        buffer->searched -= buffer->start;
        buffer->start = 0;
    }
    if (buffer->end < buffer->capacity || buffer->capacity == buffer->limit)
        return;
    size_t wanted = buffer->capacity == 0 ? FIRST_CAPACITY_BYTES : buffer->capacity * 2;
    buffer->capacity = wanted < buffer->limit ? wanted : buffer->limit;
    buffer->bytes = memory_resize(buffer->bytes, buffer->capacity, 1);
}

enum line_read line_buffer_read(struct line_buffer *buffer, int fd)
{
    make_room(buffer);
    if (buffer->end == buffer->capacity)
        return LINE_READ_NOTHING;

    ssize_t got = read(fd, buffer->bytes + buffer->end, buffer->capacity - buffer->end);
    if (got == 0)
        return LINE_READ_END;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? LINE_READ_NOTHING : LINE_READ_FAILED;
    buffer->end += (size_t) got;
    return LINE_READ_SOME;
}

const char *line_buffer_next(struct line_buffer *buffer, size_t *size_bytes)
{
    if (buffer->searched == buffer->end)
        return NULL;
    const char *feed = memchr(buffer->bytes + buffer->searched, '\n', buffer->end - buffer->searched);
    if (feed == NULL) {
        buffer->searched = buffer->end;
        return NULL;
    }
    const char *line = buffer->bytes + buffer->start;
    *size_bytes = (size_t) (feed - line);
    buffer->start += *size_bytes + 1;
    buffer->searched = buffer->start;
    return line;
}

bool line_buffer_too_long(const struct line_buffer *buffer)
{
    return buffer->end - buffer->start == buffer->limit && buffer->searched == buffer->end;
}
