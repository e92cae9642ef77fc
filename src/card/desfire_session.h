/* SPDX-License-Identifier: MIT */
/*
 * The authentications of a Mifare DESFire as the reader's side computes them, and the session that comes of one.
 * Nothing here talks to a card: desfire.h carries the messages.
 *
 * Any thread; no state but what is handed in. A handshake and a session hold keys: whoever has one wipes it.
 *
 * The protocols are published by their users more than by NXP: Authenticate (0A), AuthenticateISO (1A) and
 * AuthenticateAES (AA) as libfreefare and SpringCard's PC/SC SDK have them; AuthenticateEV2First (71) is in NXP AN12343
 * (DESFire Light) and AN12196 (NTAG 424 DNA).
 */
#ifndef SPRINGPARK_CARD_DESFIRE_SESSION_H
#define SPRINGPARK_CARD_DESFIRE_SESSION_H

#include "card/desfire_cipher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As register AUT has them. */
enum desfire_authentication {
    DESFIRE_UNAUTHENTICATED = 0,
    DESFIRE_EV0_DES = 1,   /* Authenticate, 0A: the card only enciphers, the reader only deciphers */
    DESFIRE_EV1_DES = 2,   /* AuthenticateISO, 1A, with a key of 16 bytes */
    DESFIRE_EV1_AES = 3,   /* AuthenticateAES, AA */
    DESFIRE_EV2_AES = 4,   /* AuthenticateEV2First, 71 */
};

enum { DESFIRE_RANDOM_MAX_BYTES = 16, DESFIRE_TI_BYTES = 4, DESFIRE_REPLY_MAX_BYTES = 2 * DESFIRE_RANDOM_MAX_BYTES };

struct desfire_session {
    enum desfire_authentication authentication;
    enum desfire_cipher cipher;
    uint8_t key[DESFIRE_KEY_BYTES];         /* EV2: SesAuthENCKey */
    uint8_t mac_key[DESFIRE_KEY_BYTES];     /* EV2: SesAuthMACKey; else the same as key */
    uint8_t iv[DESFIRE_BLOCK_MAX_BYTES];    /* EV1: it runs on through the whole session */
    uint8_t transaction[DESFIRE_TI_BYTES];  /* EV2: TI */
    uint16_t counter;                       /* EV2: CmdCtr */
};

/* What a check of what the card sent found. DESFIRE_NO_CIPHER: OpenSSL could not do it, see desfire_cipher.h. */
enum desfire_check { DESFIRE_GOOD, DESFIRE_BROKEN, DESFIRE_NO_CIPHER };

/* One authentication under way. */
struct desfire_handshake {
    enum desfire_authentication authentication;
    enum desfire_cipher cipher;
    size_t random_bytes;                    /* how long RndA and RndB are */
    uint8_t key[DESFIRE_KEY_BYTES];
    uint8_t iv[DESFIRE_BLOCK_MAX_BYTES];
    uint8_t random_a[DESFIRE_RANDOM_MAX_BYTES];
    uint8_t random_b[DESFIRE_RANDOM_MAX_BYTES];
};

/* The cipher of a way to authenticate, which is none of DESFIRE_UNAUTHENTICATED. */
enum desfire_cipher desfire_authentication_cipher(enum desfire_authentication authentication);

/* The command byte. */
uint8_t desfire_authentication_command(enum desfire_authentication authentication);

/* key is copied. The caller fills random_a with random_bytes random bytes. */
void desfire_handshake_begin(struct desfire_handshake *handshake, enum desfire_authentication authentication,
                             const uint8_t key[DESFIRE_KEY_BYTES]);

/*
 * challenge: random_bytes that the card answered. reply becomes what it is to be sent, twice as many. False as in
 * desfire_cipher.h.
 */
bool desfire_handshake_reply(struct desfire_handshake *handshake, const uint8_t *challenge,
                             uint8_t reply[DESFIRE_REPLY_MAX_BYTES]) __attribute__((warn_unused_result));

/* How long the card's second answer is. */
size_t desfire_handshake_proof_bytes(const struct desfire_handshake *handshake);

/*
 * proof: that answer. DESFIRE_GOOD: the card has the key as well, session is ready. DESFIRE_BROKEN: it is not RndA that
 * came back. Unless it is good, session is zeros.
 */
enum desfire_check desfire_handshake_finish(struct desfire_handshake *handshake, const uint8_t *proof,
                                            struct desfire_session *session) __attribute__((warn_unused_result));

void desfire_handshake_wipe(struct desfire_handshake *handshake);
void desfire_session_wipe(struct desfire_session *session);

#endif
