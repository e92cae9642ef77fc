/* SPDX-License-Identifier: MIT */
#include "template/output.h"

#include "base/hex.h"
#include "base/memory.h"
#include "template/characters.h"
#include "template/decimal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * What happens to the data, in this order: swap (of an identifier), shift, cut, swap (of data), pad, format.
 *
 * Assumption: order of swap and cut. ID Only and Desfire ID swap before the shift, so that a cut can keep either end of
 * an identifier: the first bytes without swap, the last ones with it. All other templates read what lies at a place of
 * the card's memory, and swap what they have read: were the order the other one, the output would depend on how much
 * the card gives at once. A shift by bits comes before that swap; bits that are too few for whole bytes are padded as
 * below, then the bytes are swapped.
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
 * Assumption: padding and swap. Padding is no data: it is added after the swap.
 *
 * Assumption: clean. Leading 0 digits of the finished text are dropped, hex or decimal, whatever put them there; one
 * digit always stays.
 *
 * Assumption: String mode. The text ends at the first NUL byte, as strings in card memories do, and has as many
 * characters as TOF says at most; what is not valid UTF-8 is read as ISO 8859-1, so that nothing is lost. A control
 * character becomes a space, for a line protocol behind the broker must not see a line end that the card made up. Swap
 * turns the order of the characters round, after the cut; spaces fill up on the right, after the swap. An empty text
 * is an output like any other (a memory that holds no text), unless the shift is beyond the data.
 *
 * Assumption: a long string of length 0 is one of 255 characters; the configuration refuses it before.
 *
 * Assumption: format 7 (RFU) is taken as format 15, hex of variable length; the configuration refuses it before.
 */

enum { TOF_SWAP = 0x80, TOF_STRING = 0x40, TOF_PADDING = 0x20, TOF_CLEAN_OR_LONG = 0x10 };
enum { SHORT_STRING_MAX = 16, LONG_STRING_MAX = 255 };

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
char *output_prefix_from_register(const struct template_register *text)
{
    char *prefix = memory_zeroed(text->size_bytes + 1, 1);
    size_t length = 0;

    for (size_t i = 0; i < text->size_bytes && text->bytes[i] != '\0'; i++) {
        static const char escapes[] = "tnbv";
        static const char meanings[] = "\t\n\b\v";
        char next = i + 1 < text->size_bytes ? (char) text->bytes[i + 1] : '\0';
        const char *escape = text->bytes[i] == '\\' && next != '\0' ? strchr(escapes, next) : NULL;
        if (escape != NULL)
            i++;
        prefix[length++] = escape != NULL ? meanings[escape - escapes] : (char) text->bytes[i];
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

static void init_common(struct output *output, const struct template_registers *registers, struct output_shift shift,
                        uint8_t type, char letter)
{
    *output = (struct output) {
        .format = output_format_from_register(registers->at[TEMPLATE_OUTPUT_FORMAT].bytes[0]),
        .shift = shift,
        .options = output_options_from_register(registers->at[TEMPLATE_OPTIONS].bytes[0]),
        .prefix = output_prefix_from_register(&registers->at[TEMPLATE_PREFIX]),
        .type = type,
        .letter = letter,
    };
}

void output_init(struct output *output, const struct template_registers *registers, struct output_shift shift,
                 uint8_t type, char letter)
{
    const uint8_t *format = registers->at[TEMPLATE_OUTPUT_FORMAT].bytes;
    bool string = (format[0] & TOF_STRING) != 0;
    bool clean_or_long = (format[0] & TOF_CLEAN_OR_LONG) != 0;
    unsigned length = clean_or_long ? format[1] : format[0] & 0x0FU;

    init_common(output, registers, shift, type, letter);
    output->swap = (format[0] & TOF_SWAP) != 0;
    if (!string) {
        output->clean = clean_or_long;
        return;
    }
    output->mode = OUTPUT_STRING;
    output->spaces = (format[0] & TOF_PADDING) != 0;
    output->characters = length != 0 ? length : clean_or_long ? LONG_STRING_MAX : SHORT_STRING_MAX;
}

void output_init_identifier(struct output *output, const struct template_registers *registers,
                            struct output_shift shift, uint8_t type, char letter)
{
    uint8_t format = registers->at[TEMPLATE_OUTPUT_FORMAT].bytes[0];

    init_common(output, registers, shift, type, letter);
    output->format.padding = OUTPUT_ZEROS_LEFT;
    output->swap_first = (format & 0xC0) == 0xC0;
}

void output_release(struct output *output)
{
    free(output->prefix);
    output->prefix = NULL;
}

size_t output_wanted_bytes(const struct output *output)
{
    size_t length = output->mode == OUTPUT_STRING ? output->characters : output->format.length_bytes;

    if (length == 0 || output->swap_first)
        return 0;
    return output->shift.bytes + length + (output->shift.bits > 0 ? 1 : 0);
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

/* The bits after the shift, as many as the format takes, in new memory of *width_bytes; NULL if there are none. */
static uint8_t *cut(const struct output_format *format, const struct output_shift *shift, const uint8_t *data,
                    size_t size_bytes, size_t *width_bytes)
{
    size_t first = (size_t) shift->bytes * 8 + shift->bits;

    if (first >= size_bytes * 8)
        return NULL;
    size_t bits_count = size_bytes * 8 - first;
    if (format->length_bytes != 0 && bits_count > (size_t) format->length_bytes * 8)
        bits_count = (size_t) format->length_bytes * 8;
    *width_bytes = (bits_count + 7) / 8;
    return copy_bits(data, first, bits_count, *width_bytes,
                     format->radix == OUTPUT_DECIMAL ? OUTPUT_ZEROS_LEFT : format->padding);
}

/* bytes with as many more as the format wants, in new memory; frees bytes. */
static uint8_t *pad(const struct output_format *format, uint8_t *bytes, size_t *width_bytes)
{
    size_t wanted = format->length_bytes;

    if (format->radix == OUTPUT_DECIMAL || wanted <= *width_bytes)
        return bytes;
    uint8_t *padded = copy_bits(bytes, 0, *width_bytes * 8, wanted, format->padding);
    free(bytes);
    *width_bytes = wanted;
    return padded;
}

static char *digits_of(const struct output_format *format, const uint8_t *bytes, size_t width_bytes)
{
    if (format->radix == OUTPUT_DECIMAL)
        return fit_digits(decimal_from_bytes(bytes, width_bytes), format->digits);
    return hex_from_bytes(bytes, width_bytes);
}

static char *raw_text(const struct output_format *format, const struct output_shift *shift, bool swap,
                      const uint8_t *data, size_t size_bytes)
{
    size_t width_bytes = 0;
    uint8_t *bytes = cut(format, shift, data, size_bytes, &width_bytes);

    if (bytes == NULL)
        return NULL;
    if (swap)
        output_swap(bytes, width_bytes);
    bytes = pad(format, bytes, &width_bytes);
    char *text = digits_of(format, bytes, width_bytes);
    free(bytes);
    return text;
}

char *output_text(const struct output_format *format, const struct output_shift *shift, const uint8_t *data,
                  size_t size_bytes)
{
    return raw_text(format, shift, false, data, size_bytes);
}

/* In place. */
static void drop_zeros(char *digits)
{
    size_t zeros = strspn(digits, "0");

    if (zeros > 0 && digits[zeros] == '\0')
        zeros--;
    memmove(digits, digits + zeros, strlen(digits + zeros) + 1);
}

static char *string_text(const struct output *output, const uint8_t *data, size_t size_bytes)
{
    const struct output_format all = { .radix = OUTPUT_HEX, .padding = OUTPUT_ONES_RIGHT };
    const struct characters_options options = {
        .limit = output->characters, .reversed = output->swap, .fill = output->spaces,
    };
    size_t width_bytes = 0;
    uint8_t *bytes = cut(&all, &output->shift, data, size_bytes, &width_bytes);

    if (bytes == NULL)
        return NULL;
    /* Of a last byte that the shift has cut there is not enough for a character. */
    if (output->shift.bits > 0)
        width_bytes--;
    char *text = characters_from_bytes(&options, bytes, width_bytes);
    free(bytes);
    return text;
}

static char *text_of(const struct output *output, const uint8_t *data, size_t size_bytes)
{
    if (output->mode == OUTPUT_STRING)
        return string_text(output, data, size_bytes);
    char *text = raw_text(&output->format, &output->shift, output->swap, data, size_bytes);
    if (text != NULL && output->clean)
        drop_zeros(text);
    return text;
}

static char *swapped_first(const struct output *output, const uint8_t *data, size_t size_bytes)
{
    uint8_t *swapped = memory_copy(data, size_bytes);

    output_swap(swapped, size_bytes);
    char *text = text_of(output, swapped, size_bytes);
    free(swapped);
    return text;
}

char *output_put(const struct output *output, const uint8_t *data, size_t size_bytes)
{
    char *text = output->swap_first ? swapped_first(output, data, size_bytes) : text_of(output, data, size_bytes);

    if (text == NULL)
        return NULL;
    char *whole = output_join(&output->options, output->type, output->letter, output->prefix, text);
    free(text);
    return whole;
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
