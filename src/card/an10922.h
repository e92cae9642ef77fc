/* SPDX-License-Identifier: MIT */
/*
 * Key diversification: from a key that all cards share to the key of one card, out of what is known of it. Format: NXP
 * AN10922, "Symmetric key diversifications", 2.2 (AES-128) and 2.4 (two-key triple DES). Any thread; no state.
 */
#ifndef SPRINGPARK_CARD_AN10922_H
#define SPRINGPARK_CARD_AN10922_H

#include "card/desfire_cipher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What fits beside the constant into two blocks. */
enum { AN10922_AES_INPUT_MAX_BYTES = 31, AN10922_DES_INPUT_MAX_BYTES = 15 };

/*
 * input: the diversification input, 1 byte to the maximum above. diversified becomes the key of the card, which the
 * caller wipes; for DES with whatever parity bits come out. False as in desfire_cipher.h; diversified is then zeros.
 */
bool an10922_diversify(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], const uint8_t *input,
                       size_t input_bytes, uint8_t diversified[DESFIRE_KEY_BYTES]) __attribute__((warn_unused_result));

#endif
