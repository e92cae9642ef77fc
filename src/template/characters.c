/* SPDX-License-Identifier: MIT */
#include "template/characters.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { UTF8_MAX_BYTES = 4 };

/*
 * How many bytes the character has that begins here, as Unicode 15 table 3-7 allows it (no overlong forms, no surrogates,
 * nothing beyond U+10FFFF); 0 if it is none. ends_short: it may only lack bytes that are beyond the end.
 */
static size_t utf8_length(const uint8_t *bytes, size_t size_bytes, bool *ends_short)
{
    static const struct {
        uint8_t first, last;    /* of the first byte */
        uint8_t low, high;      /* of the second */
        uint8_t length;
    } forms[] = {
        { 0x00, 0x7F, 0x00, 0x00, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (bytes[0] < forms[i].first || bytes[0] > forms[i].last)
            continue;
        for (size_t k = 1; k < forms[i].length; k++) {
            if (k == size_bytes) {
                *ends_short = true;
                return 0;
            }
            uint8_t low = k == 1 ? forms[i].low : 0x80;
            uint8_t high = k == 1 ? forms[i].high : 0xBF;
            if (bytes[k] < low || bytes[k] > high)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

/* Whether all is UTF-8. A character that the end of the bytes cuts is left out: *size_bytes is then less. */
static bool is_utf8(const uint8_t *bytes, size_t *size_bytes)
{
    for (size_t at = 0; at < *size_bytes;) {
        bool ends_short = false;
        size_t length = utf8_length(bytes + at, *size_bytes - at, &ends_short);

        if (length == 0 && !(ends_short && at > 0))
            return false;
        if (length == 0)
            *size_bytes = at;
        at += length;
    }
    return true;
}

/* A byte of ISO 8859-1. Returns how many bytes it is in UTF-8. */
static size_t put_latin(uint8_t byte, char *to)
{
    if (byte < 0x80) {
        to[0] = (char) byte;
        return 1;
    }
    to[0] = (char) (0xC0 | byte >> 6);
    to[1] = (char) (0x80 | (byte & 0x3F));
    return 2;
}

/* C0, DEL, and C1 in its UTF-8 form. */
static bool is_control(const char *character, size_t length)
{
    unsigned char first = (unsigned char) character[0];

    return (length == 1 && (first < 0x20 || first == 0x7F)) ||
           (length == 2 && first == 0xC2 && (unsigned char) character[1] < 0xA0);
}

/* Moves the character at the end of text to its place in a text that grows to the left or right. */
static void append(char *text, size_t *length, const char *character, size_t character_bytes, bool reversed)
{
    if (reversed) {
        memmove(text + character_bytes, text, *length);
        memcpy(text, character, character_bytes);
    } else {
        memcpy(text + *length, character, character_bytes);
    }
    *length += character_bytes;
}

char *characters_from_bytes(const struct characters_options *options, const uint8_t *bytes, size_t size_bytes)
{
    const uint8_t *nul = size_bytes > 0 ? memchr(bytes, 0, size_bytes) : NULL;
    size_t end = nul != NULL ? (size_t) (nul - bytes) : size_bytes;
    const bool utf8 = is_utf8(bytes, &end);
    char *text = memory_zeroed(2 * end + options->limit + 1, 1);
    size_t length = 0;
    size_t count = 0;

    for (size_t at = 0; at < end && (options->limit == 0 || count < options->limit); count++) {
        char character[UTF8_MAX_BYTES];
        bool ends_short = false;
        size_t taken = utf8 ? utf8_length(bytes + at, end - at, &ends_short) : 1;
        size_t character_bytes = taken;

        if (utf8)
            memcpy(character, bytes + at, taken);
        else
            character_bytes = put_latin(bytes[at], character);
        if (is_control(character, character_bytes)) {
            character[0] = ' ';
            character_bytes = 1;
        }
        append(text, &length, character, character_bytes, options->reversed);
        at += taken;
    }
    for (; options->fill && count < options->limit; count++)
        text[length++] = ' ';
    return text;
}
