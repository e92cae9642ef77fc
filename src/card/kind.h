/* SPDX-License-Identifier: MIT */
/*
 * Which commands a card understands, as far as its reader tells before any is sent: from the name in a storage card's
 * ATR (PC/SC part 3, supplemental document) or from ATQA, SAK and ATQB (libnfc). Any thread; no state.
 */
#ifndef SPRINGPARK_CARD_KIND_H
#define SPRINGPARK_CARD_KIND_H

#include "card/card.h"

#include <stdbool.h>

enum card_memory {
    CARD_MEMORY_NONE,     /* no storage card, or one that is not known */
    CARD_MEMORY_TYPE_1,   /* Topaz, Jewel */
    CARD_MEMORY_TYPE_2,   /* Mifare UltraLight, NTAG and other NFC Forum Type 2 tags */
    CARD_MEMORY_TYPE_3,   /* FeliCa */
    CARD_MEMORY_TYPE_5,   /* ISO/IEC 15693 */
    CARD_MEMORY_CLASSIC,  /* Mifare Classic */
};

/* Whether it speaks ISO/IEC 14443-4, and so takes APDUs. A card may do so and be a Mifare Classic as well. */
bool card_has_apdus(const struct card *card);

/* What FF B0 reads on it. */
enum card_memory card_memory(const struct card *card);

/* Of a Mifare Classic: 20, 64, 128 or 256 blocks; 64 if the reader does not say; 0 for any other card. */
unsigned card_classic_blocks(const struct card *card);

#endif
