/* SPDX-License-Identifier: MIT */
#include "card/desfire_cipher.h"

#include "base/memory.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { DES_BLOCK_BYTES = 8, AES_BLOCK_BYTES = 16, DES_HALF_BYTES = 8, PADDING = 0x80 };
/* What a subkey's lost top bit turns into, NIST SP 800-38B, 5.3. */
enum { DES_RESIDUE = 0x1B, AES_RESIDUE = 0x87 };

size_t desfire_block_bytes(enum desfire_cipher cipher)
{
    return cipher == DESFIRE_CIPHER_AES ? AES_BLOCK_BYTES : DES_BLOCK_BYTES;
}

static bool run_cbc(enum desfire_cipher cipher, const uint8_t *key, const uint8_t *iv, uint8_t *data, size_t size_bytes,
                    bool encipher)
{
    const EVP_CIPHER *algorithm = cipher == DESFIRE_CIPHER_AES ? EVP_aes_128_cbc() : EVP_des_ede_cbc();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;
    int rest = 0;
    bool good = context != NULL && EVP_CipherInit_ex2(context, algorithm, key, iv, encipher ? 1 : 0, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                EVP_CipherUpdate(context, data, &done, data, (int) size_bytes) == 1 &&
                EVP_CipherFinal_ex(context, data + done, &rest) == 1 && (size_t) done + (size_t) rest == size_bytes;

    EVP_CIPHER_CTX_free(context); /* which wipes the key */
    return good;
}

bool desfire_encipher(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], uint8_t *iv, uint8_t *data,
                      size_t size_bytes)
{
    const size_t block_bytes = desfire_block_bytes(cipher);

    assert(size_bytes % block_bytes == 0);
    if (size_bytes == 0)
        return true;
    if (!run_cbc(cipher, key, iv, data, size_bytes, true))
        return false;
    memcpy(iv, data + size_bytes - block_bytes, block_bytes);
    return true;
}

bool desfire_decipher(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], uint8_t *iv, uint8_t *data,
                      size_t size_bytes)
{
    const size_t block_bytes = desfire_block_bytes(cipher);
    uint8_t last[DESFIRE_BLOCK_MAX_BYTES];

    assert(size_bytes % block_bytes == 0);
    if (size_bytes == 0)
        return true;
    memcpy(last, data + size_bytes - block_bytes, block_bytes);
    if (!run_cbc(cipher, key, iv, data, size_bytes, false))
        return false;
    memcpy(iv, last, block_bytes);
    return true;
}

/* One bit to the left, NIST SP 800-38B, 6.1. */
static void double_block(enum desfire_cipher cipher, uint8_t *block)
{
    const size_t block_bytes = desfire_block_bytes(cipher);
    const bool carry = (block[0] & 0x80) != 0;

    for (size_t i = 0; i + 1 < block_bytes; i++)
        block[i] = (uint8_t) (block[i] << 1 | block[i + 1] >> 7);
    block[block_bytes - 1] = (uint8_t) (block[block_bytes - 1] << 1);
    if (carry)
        block[block_bytes - 1] ^= cipher == DESFIRE_CIPHER_AES ? AES_RESIDUE : DES_RESIDUE;
}

/* The subkey K1 for data of whole blocks, K2 for padded data. */
static bool make_subkey(enum desfire_cipher cipher, const uint8_t *key, bool padded, uint8_t *subkey)
{
    uint8_t iv[DESFIRE_BLOCK_MAX_BYTES] = { 0 };

    memset(subkey, 0, DESFIRE_BLOCK_MAX_BYTES);
    bool good = desfire_encipher(cipher, key, iv, subkey, desfire_block_bytes(cipher));
    double_block(cipher, subkey);
    if (padded)
        double_block(cipher, subkey);
    OPENSSL_cleanse(iv, sizeof iv);
    return good;
}

bool desfire_cmac(enum desfire_cipher cipher, const uint8_t key[DESFIRE_KEY_BYTES], uint8_t *iv, const uint8_t *data,
                  size_t size_bytes, size_t blocks_min)
{
    const size_t block_bytes = desfire_block_bytes(cipher);
    size_t padded_bytes = (size_bytes + block_bytes - 1) / block_bytes * block_bytes;
    uint8_t subkey[DESFIRE_BLOCK_MAX_BYTES];

    assert(blocks_min > 0);
    if (padded_bytes < blocks_min * block_bytes)
        padded_bytes = blocks_min * block_bytes;
    uint8_t *padded = memory_zeroed(padded_bytes, 1);
    if (size_bytes > 0)
        memcpy(padded, data, size_bytes);
    if (size_bytes < padded_bytes)
        padded[size_bytes] = PADDING;

    bool good = make_subkey(cipher, key, size_bytes < padded_bytes, subkey);
    for (size_t i = 0; i < block_bytes; i++)
        padded[padded_bytes - block_bytes + i] ^= subkey[i];
    good = good && desfire_encipher(cipher, key, iv, padded, padded_bytes);

    OPENSSL_cleanse(subkey, sizeof subkey);
    OPENSSL_cleanse(padded, padded_bytes);
    free(padded);
    return good;
}

bool desfire_is_single_des(const uint8_t key[DESFIRE_KEY_BYTES])
{
    return desfire_equal(key, key + DES_HALF_BYTES, DES_HALF_BYTES);
}

bool desfire_random(uint8_t *bytes, size_t size_bytes)
{
    return RAND_bytes(bytes, (int) size_bytes) == 1;
}

bool desfire_equal(const uint8_t *a, const uint8_t *b, size_t size_bytes)
{
    return CRYPTO_memcmp(a, b, size_bytes) == 0;
}
