/* SPDX-License-Identifier: MIT */
/*
 * What happened, as JSON lines: "at" in nanoseconds of CLOCK_MONOTONIC, "what", and what belongs to it. Each line is
 * written at once, so a broker that is killed has told all that it did.
 */
#ifndef STANDIN_RECORD_H
#define STANDIN_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct record {
    int fd;
};

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t record_now_ms(void);

bool record_open(struct record *record, const char *path);
void record_close(struct record *record);

/* fields: an object, or NULL for none; taken over. */
void record_write(const struct record *record, const char *what, json_t *fields);

#endif
