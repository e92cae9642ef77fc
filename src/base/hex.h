/* SPDX-License-Identifier: MIT */
/*
 * Bytes as upper-case hex digits and back. Any thread; no state.
 */
#ifndef SPRINGPARK_BASE_HEX_H
#define SPRINGPARK_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes as upper-case hex without separators, in new memory that the caller frees. */
char *hex_from_bytes(const uint8_t *bytes, size_t size_bytes) __attribute__((malloc, returns_nonnull));

/*
 * Hex digits of either case, an even number of them and nothing else, into bytes.
 * digits_count: how many characters of text to read.
 * Returns the number of bytes written, or -1 if a character is no hex digit, the number of digits is odd,
 * or capacity_bytes is too small; bytes is then unchanged.
 */
int hex_to_bytes(const char *text, size_t digits_count, uint8_t *bytes, size_t capacity_bytes);

/* 16 bytes in the form of a GUID, "377FB7F8-CAB5-3824-EB11-74587EB54140", in their order; new memory. */
char *hex_guid(const uint8_t bytes[16]) __attribute__((malloc, returns_nonnull));

/* The value of one hex digit, or -1. */
int hex_digit_value(char digit);

#endif
