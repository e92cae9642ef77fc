/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include "base/memory.h"

#include <stdlib.h>

int hex_digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

char *hex_from_bytes(const uint8_t *bytes, size_t size_bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = memory_zeroed(size_bytes * 2 + 1, 1);

    for (size_t i = 0; i < size_bytes; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
    return text;
}

int hex_to_bytes(const char *text, size_t digits_count, uint8_t *bytes, size_t capacity_bytes)
{
    if (digits_count % 2 != 0 || digits_count / 2 > capacity_bytes)
        return -1;
    for (size_t i = 0; i < digits_count; i++) {
        if (hex_digit_value(text[i]) < 0)
            return -1;
    }
    for (size_t i = 0; i < digits_count / 2; i++)
        bytes[i] = (uint8_t) (hex_digit_value(text[2 * i]) << 4 | hex_digit_value(text[2 * i + 1]));
    return (int) (digits_count / 2);
}

char *hex_guid(const uint8_t bytes[16])
{
    char *hex = hex_from_bytes(bytes, 16);
    char *guid = text_format("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);

    free(hex);
    return guid;
}
