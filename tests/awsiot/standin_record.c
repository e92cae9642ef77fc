/* SPDX-License-Identifier: MIT */
#include "standin_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t record_now_ms(void)
{
    return now_ns() / 1000000;
}

bool record_open(struct record *record, const char *path)
{
    record->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return record->fd >= 0;
}

void record_close(struct record *record)
{
    if (record->fd >= 0)
        close(record->fd);
    record->fd = -1;
}

static void write_all(int fd, const char *text, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = write(fd, text + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            abort(); /* a test that sees less than happened would judge wrongly */
        done += (size_t) count;
    }
}

void record_write(const struct record *record, const char *what, json_t *fields)
{
    json_t *line = json_pack("{s:I, s:s}", "at", (json_int_t) now_ns(), "what", what);

    if (fields != NULL)
        json_object_update(line, fields);
    json_decref(fields);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text == NULL)
        abort();
    size_t size = strlen(text);
    text[size] = '\n'; /* in place of its end */
    write_all(record->fd, text, size + 1);
    free(text);
}
