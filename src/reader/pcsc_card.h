/* SPDX-License-Identifier: MIT */
/*
 * What a PC/SC reader does for a card beyond APDUs: the authentication of a Mifare Classic. Format: PC/SC part 3
 * (2.01.09), 3.2.2.1.4 "Load Keys" and 3.2.2.1.6 "General Authenticate". Any thread; no state.
 */
#ifndef SPRINGPARK_READER_PCSC_CARD_H
#define SPRINGPARK_READER_PCSC_CARD_H

#include "card/card.h"

/*
 * struct card's authenticate, over its transceive. The key goes into the reader's volatile memory, slot 0, for this
 * one authentication, and our copies of it are wiped. The reader takes the bytes of the UID that it needs by itself,
 * and selects a card anew that refused.
 *
 * Returns 0; CARD_ERROR_REFUSED if the card did not take the key, or is none that takes keys (63 00, 65 81, 69 81,
 * 69 82, 69 83); CARD_ERROR_READER if the reader cannot do it, which would be the same with any other key: it refuses
 * to load one (some readers know only non-volatile slots; a key is never left behind in those), or does not know the
 * command (67 00, 68 xx, 6A xx, 6D 00, 6E 00); CARD_ERROR_MUTE for an answer that is none; or transceive's error.
 */
int pcsc_card_authenticate(struct card *card, uint8_t block, enum card_key kind,
                           const uint8_t key[CARD_CLASSIC_KEY_BYTES]);

#endif
