/* SPDX-License-Identifier: MIT */
/*
 * What an ATR says of a card. Format: ISO/IEC 7816-3 and PC/SC part 3 (2.01.09), section 3.1.3.2.3, "ATR". Any thread; no state.
 */
#ifndef SPRINGPARK_CARD_ATR_H
#define SPRINGPARK_CARD_ATR_H

#include "card/card.h"

enum atr_kind {
    ATR_CONTACT,        /* no contactless card that PC/SC part 3 knows: a chip card, a SAM */
    ATR_STORAGE,        /* contactless storage card: the standard byte says the technology */
    ATR_ISO14443_4,     /* 14443-4, A or B as given */
    ATR_ISO14443_4_AB,  /* 14443-4, A or B in doubt: ask the card with FF CA 01 00 */
};

struct atr_info {
    enum atr_kind kind;
    enum card_technology technology;   /* CARD_UNKNOWN for ATR_CONTACT, and for ATR_ISO14443_4_AB */
};

struct atr_info atr_parse(const uint8_t *atr, size_t atr_bytes);

#endif
