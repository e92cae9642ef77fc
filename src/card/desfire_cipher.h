/* SPDX-License-Identifier: MIT */
/*
 * The two block ciphers of a Mifare DESFire, over OpenSSL: DES as two-key triple DES (a single DES key is one with
 * equal halves, so that OpenSSL's legacy provider is not needed) and AES-128. Any thread; no state. Initialisation
 * vectors are the caller's, for most of a DESFire's protocols carry them on from one message to the next.
 *
 * A function that returns bool is false only if OpenSSL has not the cipher (a FIPS provider without DES) or no memory.
 */
#ifndef SPRINGPARK_CARD_DESFIRE_CIPHER_H
#define SPRINGPARK_CARD_DESFIRE_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum desfire_cipher { DESFIRE_CIPHER_DES, DESFIRE_CIPHER_AES };

enum { DESFIRE_KEY_BYTES = 16, DESFIRE_BLOCK_MAX_BYTES = 16 };

/* 8 for DES, 16 for AES. */
size_t desfire_block_bytes(enum desfire_cipher cipher);

/*
 * CBC in place. iv: one block; it becomes the last enciphered block, with which a next message goes on. size_bytes:
 * whole blocks.
 */
bool desfire_encipher(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], uint8_t *iv, uint8_t *data,
                      size_t size_bytes) __attribute__((warn_unused_result));
bool desfire_decipher(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], uint8_t *iv, uint8_t *data,
                      size_t size_bytes) __attribute__((warn_unused_result));

/*
 * CMAC (NIST SP 800-38B), with two additions that it is used with: it starts from iv instead of zeros (DESFire EV1),
 * and data that has less than blocks_min whole blocks is padded up to so many (NXP AN10922; 1 otherwise).
 * iv: one block; it becomes the MAC. size_bytes: may be 0.
 */
bool desfire_cmac(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], uint8_t *iv, const uint8_t *data,
                  size_t size_bytes, size_t blocks_min) __attribute__((warn_unused_result));

/*
 * Whether both halves of a DES key are the same: a single DES key. The parity bits count, though DES does not use them;
 * so do SpringCard's SDK and libfreefare.
 */
bool desfire_is_single_des(const uint8_t key[DESFIRE_KEY_BYTES]);

/* Random bytes that nobody can foretell. */
bool desfire_random(uint8_t *bytes, size_t size_bytes) __attribute__((warn_unused_result));

/* Whether they are equal, in a time that does not say where they differ. */
bool desfire_equal(const uint8_t *a, const uint8_t *b, size_t size_bytes);

#endif
