/* SPDX-License-Identifier: MIT */
#include "card/mad.h"

enum { CRC_PRESET = 0xC7, CRC_POLYNOMIAL = 0x1D };
enum { CRC_OFFSET = 0, AIDS_OFFSET = 2, AID_BYTES = 2 };
enum { MAD_1_FIRST_SECTOR = 1, MAD_2_FIRST_SECTOR = 17 };

uint8_t mad_crc(const uint8_t *bytes, size_t size_bytes)
{
    unsigned crc = CRC_PRESET;

    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = ((crc << 1) ^ ((crc & 0x80) != 0 ? CRC_POLYNOMIAL : 0U)) & 0xFF;
    }
    return (uint8_t) crc;
}

bool mad_parse(struct mad *mad, enum mad_part part, const uint8_t *bytes)
{
    size_t size_bytes = part == MAD_1 ? MAD_1_BYTES : MAD_2_BYTES;

    if (bytes[CRC_OFFSET] != mad_crc(bytes + 1, size_bytes - 1))
        return false;
    mad->first_sector = part == MAD_1 ? MAD_1_FIRST_SECTOR : MAD_2_FIRST_SECTOR;
    mad->sectors_count = (size_bytes - AIDS_OFFSET) / AID_BYTES;
    for (size_t i = 0; i < mad->sectors_count; i++) {
        const uint8_t *aid = bytes + AIDS_OFFSET + i * AID_BYTES;
        mad->aids[i] = (uint16_t) (aid[1] << 8 | aid[0]);
    }
    return true;
}

unsigned mad_next_sector(const struct mad *mad, uint16_t aid, unsigned after)
{
    for (unsigned i = 0; i < mad->sectors_count; i++) {
        if (mad->aids[i] == aid && mad->first_sector + i > after)
            return mad->first_sector + i;
    }
    return 0;
}
