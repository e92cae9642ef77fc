/* SPDX-License-Identifier: MIT */
/*
 * The daemon's `status` and `readers` for a person. They come from another program, so every member may be missing.
 */
#ifndef SPRINGPARK_TOOL_REPORT_H
#define SPRINGPARK_TOOL_REPORT_H

#include <jansson.h>
#include <stdio.h>

/* The first line says the state in words; then one line each for what is ill, the broker, the events, the
 * journal, the readers. */
void report_status(FILE *stream, json_t *status);

/* readers: the array. */
void report_readers(FILE *stream, json_t *readers);

#endif
