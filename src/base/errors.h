/* SPDX-License-Identifier: MIT */
/*
 * A list of complaints, so that everything that is wrong with a file is said at once.
 * Not shared between threads without the owner's own order. Owned by whoever created it.
 */
#ifndef SPRINGPARK_BASE_ERRORS_H
#define SPRINGPARK_BASE_ERRORS_H

#include <stddef.h>

struct errors;

struct errors *errors_create(void);
void errors_free(struct errors *errors);

/* Adds one complaint: a whole sentence that names the place and the next step, without a final line feed. */
void errors_add(struct errors *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t errors_count(const struct errors *errors);

/* The complaint with that index (0 first), valid until errors_free. */
const char *errors_get(const struct errors *errors, size_t index);

#endif
