/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a card as text that any program behind the broker can take: valid UTF-8 without control characters. What it
 * decides is listed in output.c. Any thread; no state.
 */
#ifndef SPRINGPARK_TEMPLATE_CHARACTERS_H
#define SPRINGPARK_TEMPLATE_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct characters_options {
    size_t limit;    /* characters at most; 0 = all */
    bool reversed;   /* the last character first, after the limit */
    bool fill;       /* with spaces on the right, up to the limit */
};

/* Up to the first NUL byte or the end, in new memory that the caller frees. */
char *characters_from_bytes(const struct characters_options *options, const uint8_t *bytes, size_t size_bytes)
    __attribute__((malloc, returns_nonnull));

#endif
