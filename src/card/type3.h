/* SPDX-License-Identifier: MIT */
/*
 * The NDEF message of a Type 3 tag (FeliCa). Format: NFC Forum, Type 3 Tag Operation 1.1. The reader is told the
 * service 000B by FF A4, and reads its blocks by FF B0 (card.h): as many at once as the tag says that it gives. Blocks
 * beyond 255 cannot be asked for: a message that goes on there counts as none. On the reader's thread.
 */
#ifndef SPRINGPARK_CARD_TYPE3_H
#define SPRINGPARK_CARD_TYPE3_H

#include "card/ndef.h"
#include "card/tag_memory.h"

/* Returns TAG_READ_DONE and the message, maybe empty; TAG_READ_NONE; or a card_error. */
int type3_read_ndef(struct exchange *exchange, struct ndef_data *message);

#endif
