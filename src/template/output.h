/* SPDX-License-Identifier: MIT */
/*
 * How every template turns the data that it found into the text that it puts out: registers TOF (length and format),
 * LOC (shift), PFX (prefix) and OPT (card type token). A template finds the data; what happens to it then is decided
 * here, and nowhere else. Format: the vendor's template registers (firmware 1.31).
 *
 * The vendor's documents leave holes; each answer is in output.c under the heading "Assumption".
 *
 * Any thread; no state. A struct output is constant between output_init and output_release.
 */
#ifndef SPRINGPARK_TEMPLATE_OUTPUT_H
#define SPRINGPARK_TEMPLATE_OUTPUT_H

#include "template/template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum output_radix { OUTPUT_HEX, OUTPUT_DECIMAL };
enum output_padding { OUTPUT_ZEROS_LEFT, OUTPUT_ONES_RIGHT };

/* The length, format and padding of TOF byte 0 in RAW mode. */
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

/* What bits 7 and 6 of TOF byte 0 mean differs: ID Only and Desfire ID have no String mode. */
enum output_mode { OUTPUT_RAW, OUTPUT_STRING };

/* One instance's whole way from data to text. */
struct output {
    enum output_mode mode;
    bool swap;               /* the order of bytes or characters is turned round, after the cut */
    bool swap_first;         /* an identifier: before the shift */
    bool clean;              /* RAW: leading 0 digits are dropped */
    bool spaces;             /* STRING: filled up with spaces on the right */
    struct output_format format; /* RAW */
    unsigned characters;     /* STRING: 1..255 */
    struct output_shift shift;
    struct output_options options;
    char *prefix;            /* with its escapes replaced */
    uint8_t type;            /* the card type token in hex */
    char letter;             /* the same as a letter */
};

/*
 * Reads TOF (the common one of all data templates), PFX and the token of OPT from registers. shift: as LOC has it, whose
 * place differs. type, letter: of the template. Released by output_release.
 */
void output_init(struct output *output, const struct template_registers *registers, struct output_shift shift,
                 uint8_t type, char letter);

/* The same for Desfire ID, whose TOF has a Swap of its own (bits 7-6: 3 = reversed) and no other bits than the format. */
void output_init_identifier(struct output *output, const struct template_registers *registers,
                            struct output_shift shift, uint8_t type, char letter);
void output_release(struct output *output);

/* How many bytes from the start of the data a template has to read, those of the shift included; 0 = all that it has. */
size_t output_wanted_bytes(const struct output *output);

/*
 * The output for data, in new memory that the caller frees; NULL if the shift leaves nothing. Always valid UTF-8 without
 * control characters but for what the prefix has.
 */
char *output_put(const struct output *output, const uint8_t *data, size_t size_bytes);

/* ---- the parts, for ID Only and for tests ---- */

/* The format that bits 5 and 3-0 of TOF byte 0 name; the other bits mean different things in different templates. */
struct output_format output_format_from_register(uint8_t byte);

/* What OPT says; an RFU value of a field counts as its 0. */
struct output_options output_options_from_register(uint8_t byte);

/* PFX with its escapes replaced, in new memory that the caller frees. */
char *output_prefix_from_register(const struct template_register *prefix) __attribute__((malloc, returns_nonnull));

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
