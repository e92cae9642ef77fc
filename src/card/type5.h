/* SPDX-License-Identifier: MIT */
/*
 * The NDEF message of a Type 5 tag (ISO/IEC 15693) over PC/SC. Format: NFC Forum, Type 5 Tag 1.0.
 *
 * FF B0 reads whole blocks, whose size the reader does not tell beforehand: block 0 is asked for as if it had 4 bytes,
 * and a reader whose card has longer ones answers 6C XX. Blocks beyond 255 cannot be asked for: a message that goes on
 * there counts as none. On the reader's thread.
 */
#ifndef SPRINGPARK_CARD_TYPE5_H
#define SPRINGPARK_CARD_TYPE5_H

#include "card/ndef.h"
#include "card/tag_memory.h"

/* Returns TAG_READ_DONE and the message, maybe empty; TAG_READ_NONE; or a card_error. */
int type5_read_ndef(struct exchange *exchange, struct ndef_data *message);

#endif
