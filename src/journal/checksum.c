/* SPDX-License-Identifier: MIT */
#include "journal/checksum.h"

#include <zlib.h>

uint32_t checksum_event(struct event_id id, const char *payload, size_t size_bytes)
{
    uint8_t numbers[sizeof id.startup + sizeof id.sequence];
    size_t at = 0;

    for (size_t i = 0; i < sizeof id.startup; i++)
        numbers[at++] = (uint8_t) (id.startup >> (8 * i));
    for (size_t i = 0; i < sizeof id.sequence; i++)
        numbers[at++] = (uint8_t) (id.sequence >> (8 * i));
    uLong sum = crc32_z(0, numbers, at);
    return (uint32_t) crc32_z(sum, (const Bytef *) payload, size_bytes);
}
