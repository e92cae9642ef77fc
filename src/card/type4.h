/* SPDX-License-Identifier: MIT */
/*
 * The NDEF message of a Type 4 tag, which is any card with ISO/IEC 14443-4 that has the NDEF application. Format: NFC
 * Forum, Type 4 Tag Operation 2.0, its older mapping version 1 (DESFire EV0) and its newer version 3, with extended
 * NDEF files up to what a short READ BINARY reaches, which are 32768 bytes.
 *
 * Five commands where the message fits into one answer: the length is read together with the message. On the reader's
 * thread.
 */
#ifndef SPRINGPARK_CARD_TYPE4_H
#define SPRINGPARK_CARD_TYPE4_H

#include "card/ndef.h"
#include "card/tag_memory.h"

/* Returns TAG_READ_DONE and the message, maybe empty; TAG_READ_NONE; or a card_error. */
int type4_read_ndef(struct exchange *exchange, struct ndef_data *message);

#endif
