/* SPDX-License-Identifier: MIT */
#include "card/an10922.h"

#include <assert.h>
#include <string.h>

/* The byte before the input, of each block of the result. */
enum { CONSTANT_AES = 0x01, CONSTANT_DES_FIRST = 0x21, CONSTANT_DES_SECOND = 0x22 };
enum { INPUT_BLOCKS = 2 };

static bool diversify_block(enum desfire_cipher cipher, const uint8_t *key, uint8_t constant, const uint8_t *input,
                            size_t input_bytes, uint8_t *block)
{
    uint8_t message[1 + AN10922_AES_INPUT_MAX_BYTES] = { constant };

    memcpy(message + 1, input, input_bytes);
    memset(block, 0, desfire_block_bytes(cipher));
    return desfire_cmac(cipher, key, block, message, 1 + input_bytes, INPUT_BLOCKS);
}

bool an10922_diversify(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], const uint8_t *input,
                       size_t input_bytes, uint8_t diversified[DESFIRE_KEY_BYTES])
{
    bool good;

    assert(input_bytes > 0);
    if (cipher == DESFIRE_CIPHER_AES) {
        assert(input_bytes <= AN10922_AES_INPUT_MAX_BYTES);
        good = diversify_block(cipher, key, CONSTANT_AES, input, input_bytes, diversified);
    } else {
        assert(input_bytes <= AN10922_DES_INPUT_MAX_BYTES);
        good = diversify_block(cipher, key, CONSTANT_DES_FIRST, input, input_bytes, diversified) &&
               diversify_block(cipher, key, CONSTANT_DES_SECOND, input, input_bytes,
                               diversified + desfire_block_bytes(cipher));
    }
    if (!good)
        explicit_bzero(diversified, DESFIRE_KEY_BYTES);
    return good;
}
