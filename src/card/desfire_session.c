/* SPDX-License-Identifier: MIT */
#include "card/desfire_session.h"

#include <assert.h>
#include <string.h>

enum { AUTHENTICATE = 0x0A, AUTHENTICATE_ISO = 0x1A, AUTHENTICATE_AES = 0xAA, AUTHENTICATE_EV2_FIRST = 0x71 };
enum { DES_RANDOM_BYTES = 8, AES_RANDOM_BYTES = 16 };
/* Session keys are put together from pieces of RndA and RndB of 4 bytes. */
enum { PIECE_BYTES = 4 };
/* The second answer of AuthenticateEV2First: TI, RndA', and the capabilities PDcap2 and PCDcap2 of 6 bytes each. */
enum { EV2_PROOF_BYTES = 32 };
/* AN12343, "Session key generation": label and counter, length, then pieces of RndA and RndB. */
enum { VECTOR_HEADER_BYTES = 6, VECTOR_BYTES = 32 };

enum desfire_cipher desfire_authentication_cipher(enum desfire_authentication authentication)
{
    return authentication == DESFIRE_EV1_AES || authentication == DESFIRE_EV2_AES ? DESFIRE_CIPHER_AES
                                                                                   : DESFIRE_CIPHER_DES;
}

uint8_t desfire_authentication_command(enum desfire_authentication authentication)
{
    switch (authentication) {
    case DESFIRE_EV0_DES:
        return AUTHENTICATE;
    case DESFIRE_EV1_DES:
        return AUTHENTICATE_ISO;
    case DESFIRE_EV1_AES:
        return AUTHENTICATE_AES;
    case DESFIRE_EV2_AES:
        return AUTHENTICATE_EV2_FIRST;
    case DESFIRE_UNAUTHENTICATED:
    default:
        assert(false);
        return 0;
    }
}

void desfire_handshake_begin(struct desfire_handshake *handshake, enum desfire_authentication authentication,
                             const uint8_t key[DESFIRE_KEY_BYTES])
{
    *handshake = (struct desfire_handshake) {
        .authentication = authentication,
        .cipher = desfire_authentication_cipher(authentication),
    };
    handshake->random_bytes = handshake->cipher == DESFIRE_CIPHER_AES ? AES_RANDOM_BYTES : DES_RANDOM_BYTES;
    memcpy(handshake->key, key, DESFIRE_KEY_BYTES);
}

/* RndB': the first byte comes last. */
static void rotate(const uint8_t *bytes, size_t size_bytes, uint8_t *rotated)
{
    memcpy(rotated, bytes + 1, size_bytes - 1);
    rotated[size_bytes - 1] = bytes[0];
}

/* EV1 lets the vector run on through the three messages; EV0 and EV2 begin each one with zeros. */
static void begin_message(struct desfire_handshake *handshake)
{
    if (handshake->authentication == DESFIRE_EV0_DES || handshake->authentication == DESFIRE_EV2_AES)
        memset(handshake->iv, 0, sizeof handshake->iv);
}

/*
 * What an EV0 reader sends, block by block: D(P xor the block that was sent before). The card has only to encipher, for
 * it was made with as little hardware as would do.
 */
static bool decipher_to_send(const struct desfire_handshake *handshake, uint8_t *data, size_t size_bytes)
{
    const size_t block_bytes = desfire_block_bytes(handshake->cipher);

    for (size_t at = 0; at < size_bytes; at += block_bytes) {
        uint8_t zeros[DESFIRE_BLOCK_MAX_BYTES] = { 0 };

        for (size_t i = 0; at > 0 && i < block_bytes; i++)
            data[at + i] ^= data[at + i - block_bytes];
        if (!desfire_decipher(handshake->cipher, handshake->key, zeros, data + at, block_bytes))
            return false;
    }
    return true;
}

bool desfire_handshake_reply(struct desfire_handshake *handshake, const uint8_t *challenge,
                             uint8_t reply[DESFIRE_REPLY_MAX_BYTES])
{
    const size_t random_bytes = handshake->random_bytes;

    begin_message(handshake);
    memcpy(handshake->random_b, challenge, random_bytes);
    if (!desfire_decipher(handshake->cipher, handshake->key, handshake->iv, handshake->random_b, random_bytes))
        return false;
    memcpy(reply, handshake->random_a, random_bytes);
    rotate(handshake->random_b, random_bytes, reply + random_bytes);
    if (handshake->authentication == DESFIRE_EV0_DES)
        return decipher_to_send(handshake, reply, 2 * random_bytes);
    begin_message(handshake);
    return desfire_encipher(handshake->cipher, handshake->key, handshake->iv, reply, 2 * random_bytes);
}

size_t desfire_handshake_proof_bytes(const struct desfire_handshake *handshake)
{
    return handshake->authentication == DESFIRE_EV2_AES ? EV2_PROOF_BYTES : handshake->random_bytes;
}

/* RndA and RndB by turns; a single DES key has the same two pieces in both halves. */
static void make_session_key(const struct desfire_handshake *handshake, uint8_t *key)
{
    const bool single = handshake->cipher == DESFIRE_CIPHER_DES && desfire_is_single_des(handshake->key);
    const size_t second = single ? 0 : handshake->random_bytes - PIECE_BYTES;

    memcpy(key, handshake->random_a, PIECE_BYTES);
    memcpy(key + PIECE_BYTES, handshake->random_b, PIECE_BYTES);
    memcpy(key + 2 * PIECE_BYTES, handshake->random_a + second, PIECE_BYTES);
    memcpy(key + 3 * PIECE_BYTES, handshake->random_b + second, PIECE_BYTES);
}

/*
 * SesAuthENCKey and SesAuthMACKey, AN12343: CMAC of SV1 and SV2 by the key. The note counts the bytes of the random
 * numbers from the right: RndA[15..14], RndA[13..8] xor RndB[15..10], RndB[9..0], RndA[7..0].
 */
static bool make_ev2_key(const struct desfire_handshake *handshake, const uint8_t header[VECTOR_HEADER_BYTES],
                         uint8_t key[DESFIRE_KEY_BYTES])
{
    const uint8_t *a = handshake->random_a;
    const uint8_t *b = handshake->random_b;
    uint8_t vector[VECTOR_BYTES];
    uint8_t *at = vector + VECTOR_HEADER_BYTES;

    memcpy(vector, header, VECTOR_HEADER_BYTES);
    memcpy(at, a, 8);
    for (size_t i = 0; i < 6; i++)
        at[2 + i] ^= b[i];
    memcpy(at + 8, b + 6, 10);
    memcpy(at + 18, a + 8, 8);
    memset(key, 0, DESFIRE_KEY_BYTES);
    bool good = desfire_cmac(DESFIRE_CIPHER_AES, handshake->key, key, vector, sizeof vector, 1);
    explicit_bzero(vector, sizeof vector);
    return good;
}

static bool make_session(const struct desfire_handshake *handshake, const uint8_t *proof,
                         struct desfire_session *session)
{
    static const uint8_t encipher_header[VECTOR_HEADER_BYTES] = { 0xA5, 0x5A, 0x00, 0x01, 0x00, 0x80 };
    static const uint8_t mac_header[VECTOR_HEADER_BYTES] = { 0x5A, 0xA5, 0x00, 0x01, 0x00, 0x80 };

    session->authentication = handshake->authentication;
    session->cipher = handshake->cipher;
    if (handshake->authentication != DESFIRE_EV2_AES) {
        make_session_key(handshake, session->key);
        memcpy(session->mac_key, session->key, DESFIRE_KEY_BYTES);
        return true;
    }
    memcpy(session->transaction, proof, DESFIRE_TI_BYTES);
    return make_ev2_key(handshake, encipher_header, session->key) &&
           make_ev2_key(handshake, mac_header, session->mac_key);
}

enum desfire_check desfire_handshake_finish(struct desfire_handshake *handshake, const uint8_t *proof,
                                            struct desfire_session *session)
{
    const size_t proof_bytes = desfire_handshake_proof_bytes(handshake);
    const size_t random_at = handshake->authentication == DESFIRE_EV2_AES ? DESFIRE_TI_BYTES : 0;
    enum desfire_check result = DESFIRE_NO_CIPHER;
    uint8_t plain[EV2_PROOF_BYTES];
    uint8_t expected[DESFIRE_RANDOM_MAX_BYTES];

    *session = (struct desfire_session) { 0 };
    begin_message(handshake);
    memcpy(plain, proof, proof_bytes);
    rotate(handshake->random_a, handshake->random_bytes, expected);
    if (desfire_decipher(handshake->cipher, handshake->key, handshake->iv, plain, proof_bytes)) {
        if (!desfire_equal(plain + random_at, expected, handshake->random_bytes))
            result = DESFIRE_BROKEN;
        else if (make_session(handshake, plain, session))
            result = DESFIRE_GOOD;
    }
    if (result != DESFIRE_GOOD)
        desfire_session_wipe(session);
    explicit_bzero(plain, sizeof plain);
    explicit_bzero(expected, sizeof expected);
    return result;
}

void desfire_handshake_wipe(struct desfire_handshake *handshake)
{
    explicit_bzero(handshake, sizeof *handshake);
}

void desfire_session_wipe(struct desfire_session *session)
{
    explicit_bzero(session, sizeof *session);
}
