/* SPDX-License-Identifier: MIT */
/*
 * One line that a client of the control socket sent, and the lines that answer it. No state; any thread.
 */
#ifndef SPRINGPARK_CONTROL_REQUEST_H
#define SPRINGPARK_CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct request {
    char *name;         /* never empty */
    json_t *arguments;  /* an object */
};

/* Parses a line that came from outside, without its line feed. On failure returns false, *request is unchanged and
 * *error says what is wrong (the caller frees it). */
bool request_parse(const char *line, size_t size_bytes, struct request *request, char **error);
void request_clear(struct request *request);

/* The answer lines, new memory, without a line feed. Both take over the reference they are given. */
char *request_answer_text(json_t *result);
char *request_refusal_text(json_t *errors);

/* An array with this one text, for request_refusal_text; what is no UTF-8 in it is replaced. */
json_t *request_errors(const char *text);

#endif
