/* SPDX-License-Identifier: MIT */
/*
 * How every template turns the data that it found into the text that it puts out: registers TOF (length and format),
 * LOC (shift), PFX (prefix) and OPT (card type token). A template finds the data; what happens to it then is decided
 * here, and nowhere else. Format: the vendor's template registers (firmware 1.31), raw mode.
 *
 * The vendor's documents leave holes; each answer is in output.c under the heading "Assumption".
 *
 * Any thread; no state.
 */
#ifndef SPRINGPARK_TEMPLATE_OUTPUT_H
#define SPRINGPARK_TEMPLATE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

enum output_radix { OUTPUT_HEX, OUTPUT_DECIMAL };
enum output_padding { OUTPUT_ZEROS_LEFT, OUTPUT_ONES_RIGHT };

/* The length, format and padding of TOF byte 0. */
struct output_format {
    enum output_radix radix;
    enum output_padding padding;
    unsigned length_bytes;   /* how many bytes of the data are used; 0 = all of them */
    unsigned digits;         /* decimal only: how many digits are put out; 0 = as many as the number has */
};

/* LOC: what is dropped at the start of the data. */
struct output_shift {
    unsigned bytes;
    unsigned bits;           /* 0..7 */
};

enum output_token { OUTPUT_TOKEN_NONE, OUTPUT_TOKEN_HEX, OUTPUT_TOKEN_LETTER };
enum output_token_position { OUTPUT_BEFORE_PREFIX, OUTPUT_BEFORE_DATA, OUTPUT_AFTER_DATA };

/* OPT: the card type token. */
struct output_options {
    enum output_token token;
    enum output_token_position position;
};

/* The format that bits 5 and 3-0 of TOF byte 0 name; the other bits mean different things in different templates. */
struct output_format output_format_from_register(uint8_t byte);

/* What OPT says; an RFU value of a field counts as its 0. */
struct output_options output_options_from_register(uint8_t byte);

/* PFX with its escapes replaced, in new memory that the caller frees. */
char *output_prefix_from_register(const char *text) __attribute__((malloc, returns_nonnull));

/* Turns the order of the bytes round (Swap), in place. */
void output_swap(uint8_t *data, size_t size_bytes);

/* The data after shift, cut, padding and format, in new memory that the caller frees; NULL if the shift leaves nothing. */
char *output_text(const struct output_format *format, const struct output_shift *shift, const uint8_t *data,
                  size_t size_bytes);

/*
 * Token, prefix and data in their order, in new memory that the caller frees. type: the card type token in hex;
 * letter: the same as a letter.
 */
char *output_join(const struct output_options *options, uint8_t type, char letter, const char *prefix,
                  const char *data) __attribute__((returns_nonnull));

#endif
