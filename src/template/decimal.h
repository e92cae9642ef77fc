/* SPDX-License-Identifier: MIT */
/*
 * Identifiers of any length as decimal numbers. The one file that knows OpenSSL's big numbers is behind this header.
 * Any thread; no state.
 */
#ifndef SPRINGPARK_TEMPLATE_DECIMAL_H
#define SPRINGPARK_TEMPLATE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The unsigned number that size_bytes bytes (most significant first) form, in decimal without leading zeros ("0" for
 * zero, and for no bytes), in new memory that the caller frees.
 */
char *decimal_from_bytes(const uint8_t *bytes, size_t size_bytes) __attribute__((malloc, returns_nonnull));

#endif
