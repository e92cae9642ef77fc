/* SPDX-License-Identifier: MIT */
/*
 * What an ATR says of a card. Format: ISO/IEC 7816-3 and PC/SC part 3 (2.01.09), section 3.1.3.2.3, "ATR"; the bytes for
 * standards and card names are those of its supplemental document (2.01.08), and what ACS and SpringCard readers add
 * to them. Any thread; no state.
 *
 * Readers are not always exact, so the parser is tolerant: neither the checksum (TCK) nor the length bytes of a storage
 * card's ATR are believed; what decides is that PC/SC's own identifier (RID A000000306) stands where it must, and that
 * the standard and the name after it are there. Nothing depends on an ATR but a name and the choice of commands.
 */
#ifndef SPRINGPARK_CARD_ATR_H
#define SPRINGPARK_CARD_ATR_H

#include "card/card.h"

enum atr_kind {
    ATR_CONTACT,        /* no contactless card that PC/SC part 3 knows: a chip card, a SAM */
    ATR_STORAGE,        /* contactless storage card: its standard byte, or its name where that says more */
    ATR_ISO14443_4,     /* 14443-4, A or B as given */
    ATR_ISO14443_4_AB,  /* 14443-4, A or B in doubt: ask the card with FF CA 01 00 */
};

struct atr_info {
    enum atr_kind kind;
    enum card_technology technology;   /* CARD_UNKNOWN for ATR_CONTACT, for ATR_ISO14443_4_AB, and for a storage card
                                          that says no standard that we know */
    uint16_t name;                     /* of a storage card: 0001 Mifare Classic 1K, 0003 UltraLight...; else 0 */
};

/* atr_bytes: how many bytes atr has, any number; atr may be NULL when it is 0. Any bytes are fine. */
struct atr_info atr_parse(const uint8_t *atr, size_t atr_bytes);

#endif
