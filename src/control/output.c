/* SPDX-License-Identifier: MIT */
#include "control/output.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A client that is up to date keeps no more than this. */
enum { KEPT_CAPACITY_BYTES = 8192 };

void output_clear(struct output *output)
{
    free(output->bytes);
    *output = (struct output) {0};
}

bool output_is_empty(const struct output *output)
{
    return output->start == output->end;
}

static void make_room(struct output *output, size_t more_bytes)
{
    if (output->capacity - output->end >= more_bytes)
        return;
    if (output->start > 0) {
        memmove(output->bytes, output->bytes + output->start, output->end - output->start);
        output->end -= output->start;
        output->start = 0;
    }
    if (output->capacity - output->end >= more_bytes)
        return;
    size_t wanted = output->capacity * 2;
    if (wanted < output->end + more_bytes)
        wanted = output->end + more_bytes;
    output->bytes = memory_resize(output->bytes, wanted, 1);
    output->capacity = wanted;
}

bool output_add_line(struct output *output, const char *text, size_t size_bytes, size_t max_bytes)
{
    size_t waiting = output->end - output->start;

    if (size_bytes >= max_bytes || waiting > max_bytes - size_bytes - 1)
        return false;
    make_room(output, size_bytes + 1);
    memcpy(output->bytes + output->end, text, size_bytes);
    output->bytes[output->end + size_bytes] = '\n';
    output->end += size_bytes + 1;
    return true;
}

bool output_flush(struct output *output, int fd)
{
    while (!output_is_empty(output)) {
        size_t size_bytes = output->end - output->start;
        ssize_t sent = send(fd, output->bytes + output->start, size_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        output->start += (size_t) sent;
    }
    output->start = 0;
    output->end = 0;
    if (output->capacity > KEPT_CAPACITY_BYTES)
        output_clear(output);
    return true;
}
