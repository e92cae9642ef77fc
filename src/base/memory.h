/* SPDX-License-Identifier: MIT */
/*
 * Memory that is always there: each function ends the process, in one place, when there is none left.
 * Any thread. What is returned is the caller's, to be released with free().
 */
#ifndef SPRINGPARK_BASE_MEMORY_H
#define SPRINGPARK_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* count * size_bytes of zeroed memory; the product is checked for overflow. */
void *memory_zeroed(size_t count, size_t size_bytes) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));

/* memory (or NULL) resized to count * size_bytes; new bytes are not initialised. */
void *memory_resize(void *memory, size_t count, size_t size_bytes) __attribute__((warn_unused_result, returns_nonnull));

/* A copy of size_bytes bytes at data; data may be NULL when size_bytes is 0. */
void *memory_copy(const void *data, size_t size_bytes) __attribute__((malloc, returns_nonnull));

/* A copy of text; NULL for NULL. */
char *text_copy(const char *text) __attribute__((malloc));

/* printf into new memory. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *text_format_list(const char *format, va_list list) __attribute__((format(printf, 1, 0), malloc, returns_nonnull));

/* Replaces *text, which is freed, by a copy of value (NULL leaves NULL). */
void text_replace(char **text, const char *value);

#endif
