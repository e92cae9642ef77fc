/* SPDX-License-Identifier: MIT */
/*
 * Who a card on a PC/SC reader is: its UID and, where it helps, its ATS, by the pseudo-APDUs FF CA 00 and FF CA 01 of
 * PC/SC part 3 (2.01.09), section 3.2.2.1.3. Any thread; no state.
 */
#ifndef SPRINGPARK_READER_PCSC_IDENTIFY_H
#define SPRINGPARK_READER_PCSC_IDENTIFY_H

#include "card/atr.h"

/*
 * Fills uid, ats, technology and protocol_bytes of a card whose atr and transceive are set; atr says what its ATR told.
 * A storage card costs one APDU, any other card two. Returns 0, or a card_error: CARD_ERROR_MUTE also stands for an
 * answer that is none (no status bytes, another status than 90 00, a UID of 0 or more than 32 bytes).
 */
int pcsc_identify(struct card *card, const struct atr_info *atr);

#endif
