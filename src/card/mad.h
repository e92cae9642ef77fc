/* SPDX-License-Identifier: MIT */
/*
 * The Mifare Application Directory: which sectors of a Mifare Classic belong to which application. Format: NXP AN10787,
 * "MIFARE Application Directory (MAD)", 7.4. Any thread; no state.
 *
 * The first part (MAD1) lies in blocks 1 and 2 of the card, for sectors 1 to 15; the second (MAD2) in the three blocks
 * of data of sector 16, for sectors 17 to 39. Each begins with a CRC over all that follows, then an info byte, then two
 * bytes a sector: the application code, then the function cluster code. As one number the cluster is the upper byte.
 */
#ifndef SPRINGPARK_CARD_MAD_H
#define SPRINGPARK_CARD_MAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAD_1_BYTES = 32, MAD_2_BYTES = 48, MAD_SECTORS_MAX = 23 };
enum { MAD_1_BLOCK = 1, MAD_2_BLOCK = 64 };   /* the first block of each */

enum mad_part { MAD_1, MAD_2 };

struct mad {
    unsigned first_sector;                  /* of aids[0] */
    size_t sectors_count;
    uint16_t aids[MAD_SECTORS_MAX];         /* function cluster code in the upper byte, application code in the lower */
};

/* CRC-8 over bytes: polynomial x^8 + x^4 + x^3 + x^2 + 1, preset C7 (E3 with its bits turned round): AN10787. */
uint8_t mad_crc(const uint8_t *bytes, size_t size_bytes);

/* Reads a part from its MAD_1_BYTES or MAD_2_BYTES. Returns whether its CRC is right; *mad is unchanged if not. */
bool mad_parse(struct mad *mad, enum mad_part part, const uint8_t *bytes);

/* The first sector after that one which belongs to aid, or 0 if there is none in this part. after: 0 for any. */
unsigned mad_next_sector(const struct mad *mad, uint16_t aid, unsigned after);

#endif
