/* SPDX-License-Identifier: MIT */
#include "base/apdu.h"

enum { HEADER_BYTES = 4, LC_OFFSET = 4, CLASS_READER = 0xFF };

bool apdu_is_command(const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes < HEADER_BYTES || size_bytes > APDU_MAX_BYTES || bytes[0] == CLASS_READER)
        return false;
    if (size_bytes <= HEADER_BYTES + 1)
        return true;
    size_t with_data = HEADER_BYTES + 1U + bytes[LC_OFFSET];
    return bytes[LC_OFFSET] != 0 && (size_bytes == with_data || size_bytes == with_data + 1);
}
