/* SPDX-License-Identifier: MIT */
/*
 * The NDEF message of a Type 2 tag (Mifare UltraLight, NTAG). Format: NFC Forum, Type 2 Tag Operation 1.1.
 *
 * The first command reads the capability container and the 12 bytes of data behind it; one more reads the rest of the
 * message, where the reader gives so much at once. Pages beyond 255 are in other sectors, which no reader command
 * selects: a message that goes on there counts as none. On the reader's thread.
 */
#ifndef SPRINGPARK_CARD_TYPE2_H
#define SPRINGPARK_CARD_TYPE2_H

#include "card/ndef.h"
#include "card/tag_memory.h"

/* Returns TAG_READ_DONE and the message, maybe empty; TAG_READ_NONE; or a card_error. */
int type2_read_ndef(struct exchange *exchange, struct ndef_data *message);

/*
 * For Type 2 and Type 5, which keep it alike: finds the message in the data area from address `begin` to `end`, and
 * reads as much of it as that needs.
 */
int type2_read_data_area(struct tag_memory *memory, size_t begin, size_t end, struct ndef_data *message);

#endif
