/* SPDX-License-Identifier: MIT */
#include "template/output.h"

#include "base/hex.h"
#include "base/memory.h"
#include "template/decimal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * What happens to the data, in this order: swap, shift, cut, pad, format.
 *
 * Assumption: order of swap and cut. The template swaps before it comes here, so that a cut can keep either end of an
 * identifier: the first bytes without swap, the last ones with it. Shift comes after the swap too, for a shift by bits
 * has no bytes left that could be swapped: "leading" is what leads in the output.
 *
 * Assumption: which end is cut. Data that is longer than the format keeps its leading part; the end is cut off. The
 * evidence is a published sample: UID 047C7B02C44080, decimal on 12 digits, is printed as 534639728584. The bytes
 * 7C7B02C440 are 534639723584, which is that number but for one digit, a misprint: one byte is shifted away, the next
 * five are kept, the last one is cut. No other choice of five bytes, in either order, comes near.
 *
 * Assumption: shift by bits. The data is a string of bits, most significant first. Leading bits are dropped, then as
 * many as the format takes are kept. Bits that are too few for the format (or for whole bytes) are padded as bytes are:
 * zeros on the left, so that they keep their value as a number, or ones on the right.
 *
 * Assumption: padding of decimals. The number is the one that the bits form, whatever the padding bit says: FF on the
 * right would turn it into another number. A format of N digits is always filled with 0 on the left.
 *
 * Assumption: overflow of decimals. 5 bytes may need 13 digits; in the format of 12 the last 12 are put out, so that
 * the length is always the one promised.
 *
 * Assumption: case. Hex digits are in upper case, as in every published sample.
 *
 * Assumption: format 7 (RFU) is taken as format 15, hex of variable length; the configuration refuses it before.
 */

struct output_format output_format_from_register(uint8_t byte)
{
    static const struct {
        enum output_radix radix;
        unsigned length_bytes;
        unsigned digits;
    } formats[16] = {
        { OUTPUT_DECIMAL, 4, 10 }, { OUTPUT_HEX, 4, 0 },      { OUTPUT_HEX, 8, 0 },     { OUTPUT_HEX, 5, 0 },
        { OUTPUT_HEX, 10, 0 },     { OUTPUT_HEX, 7, 0 },      { OUTPUT_HEX, 11, 0 },    { OUTPUT_HEX, 0, 0 },
        { OUTPUT_HEX, 16, 0 },     { OUTPUT_HEX, 20, 0 },     { OUTPUT_HEX, 24, 0 },    { OUTPUT_HEX, 32, 0 },
        { OUTPUT_DECIMAL, 5, 12 }, { OUTPUT_DECIMAL, 5, 13 }, { OUTPUT_DECIMAL, 0, 0 }, { OUTPUT_HEX, 0, 0 },
    };
    unsigned index = byte & 0x0FU;

    return (struct output_format) {
        .radix = formats[index].radix,
        .padding = (byte & 0x20) != 0 ? OUTPUT_ONES_RIGHT : OUTPUT_ZEROS_LEFT,
        .length_bytes = formats[index].length_bytes,
        .digits = formats[index].digits,
    };
}

struct output_options output_options_from_register(uint8_t byte)
{
    static const enum output_token tokens[4] = { OUTPUT_TOKEN_NONE, OUTPUT_TOKEN_HEX, OUTPUT_TOKEN_LETTER,
                                                 OUTPUT_TOKEN_NONE };
    static const enum output_token_position positions[4] = { OUTPUT_BEFORE_PREFIX, OUTPUT_BEFORE_DATA,
                                                             OUTPUT_AFTER_DATA, OUTPUT_BEFORE_PREFIX };

    return (struct output_options) { tokens[byte & 0x03], positions[(byte >> 2) & 0x03] };
}

/*
 * Assumption: "Enter" (\n) is a line feed, "vertical space" (\v) a vertical tabulation, as in C. A backslash before any
 * other character, or at the end, is no escape: both characters stay as they are.
 */
char *output_prefix_from_register(const char *text)
{
    char *prefix = memory_zeroed(strlen(text) + 1, 1);
    size_t length = 0;

    for (const char *at = text; *at != '\0'; at++) {
        static const char escapes[] = "tnbv";
        static const char meanings[] = "\t\n\b\v";
        const char *escape = at[0] == '\\' && at[1] != '\0' ? strchr(escapes, at[1]) : NULL;
        if (escape != NULL)
            at++;
        prefix[length++] = escape != NULL ? meanings[escape - escapes] : *at;
    }
    return prefix;
}

void output_swap(uint8_t *data, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes / 2; i++) {
        uint8_t byte = data[i];
        data[i] = data[size_bytes - 1 - i];
        data[size_bytes - 1 - i] = byte;
    }
}

static bool bit_get(const uint8_t *bytes, size_t bit)
{
    return (bytes[bit / 8] & (0x80U >> (bit % 8))) != 0;
}

static void bit_set(uint8_t *bytes, size_t bit)
{
    bytes[bit / 8] = (uint8_t) (bytes[bit / 8] | (0x80U >> (bit % 8)));
}

/* bits_count bits of data from bit `first` on, in new memory of size_bytes bytes: at its right end or at its left. */
static uint8_t *copy_bits(const uint8_t *data, size_t first, size_t bits_count, size_t size_bytes,
                          enum output_padding padding)
{
    uint8_t *bytes = memory_zeroed(size_bytes, 1);
    size_t start = padding == OUTPUT_ZEROS_LEFT ? size_bytes * 8 - bits_count : 0;

    for (size_t i = 0; i < bits_count; i++) {
        if (bit_get(data, first + i))
            bit_set(bytes, start + i);
    }
    if (padding == OUTPUT_ONES_RIGHT) {
        for (size_t bit = bits_count; bit < size_bytes * 8; bit++)
            bit_set(bytes, bit);
    }
    return bytes;
}

/* digits, with zeros before them or without their first ones, so that they are `count`; 0 = as they are. Frees digits. */
static char *fit_digits(char *digits, size_t count)
{
    size_t length = strlen(digits);

    if (count == 0 || length == count)
        return digits;
    char *text = memory_zeroed(count + 1, 1);
    if (length > count) {
        memcpy(text, digits + (length - count), count);
    } else {
        memset(text, '0', count - length);
        memcpy(text + (count - length), digits, length);
    }
    free(digits);
    return text;
}

char *output_text(const struct output_format *format, const struct output_shift *shift, const uint8_t *data,
                  size_t size_bytes)
{
    size_t first = (size_t) shift->bytes * 8 + shift->bits;

    if (first >= size_bytes * 8)
        return NULL;
    size_t bits_count = size_bytes * 8 - first;
    if (format->length_bytes != 0 && bits_count > (size_t) format->length_bytes * 8)
        bits_count = (size_t) format->length_bytes * 8;

    bool decimal = format->radix == OUTPUT_DECIMAL;
    size_t width_bytes = format->length_bytes != 0 && !decimal ? format->length_bytes : (bits_count + 7) / 8;
    enum output_padding padding = decimal ? OUTPUT_ZEROS_LEFT : format->padding;
    uint8_t *bytes = copy_bits(data, first, bits_count, width_bytes, padding);
    char *text = decimal ? fit_digits(decimal_from_bytes(bytes, width_bytes), format->digits)
                         : hex_from_bytes(bytes, width_bytes);
    free(bytes);
    return text;
}

char *output_join(const struct output_options *options, uint8_t type, char letter, const char *prefix,
                  const char *data)
{
    char token[3] = "";

    if (options->token == OUTPUT_TOKEN_HEX) {
        char *digits = hex_from_bytes(&type, 1);
        memcpy(token, digits, sizeof token);
        free(digits);
    } else if (options->token == OUTPUT_TOKEN_LETTER) {
        token[0] = letter;
    }
    switch (options->position) {
    case OUTPUT_BEFORE_DATA:
        return text_format("%s%s%s", prefix, token, data);
    case OUTPUT_AFTER_DATA:
        return text_format("%s%s%s", prefix, data, token);
    case OUTPUT_BEFORE_PREFIX:
    default:
        return text_format("%s%s%s", token, prefix, data);
    }
}
