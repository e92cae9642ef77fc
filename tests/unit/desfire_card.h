/* SPDX-License-Identifier: MIT */
/*
 * DESFire cards for the unit tests: one that follows a script to the byte, and one that computes, by means of its own
 * (single blocks of EVP, EVP_MAC, zlib's CRC), so that it does not repeat a mistake of src/card.
 */
#ifndef SPRINGPARK_TESTS_UNIT_DESFIRE_CARD_H
#define SPRINGPARK_TESTS_UNIT_DESFIRE_CARD_H

#include "card/card.h"
#include "card/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t at[512];
    size_t count;
};

/* Hex digits, with blanks between them wherever they help. */
struct bytes hex(const char *text);
void expect_bytes(const uint8_t *bytes, size_t count, const char *hex_text);

/* One command and what is answered; NULL: nothing. */
struct step {
    const char *command;
    const char *answer;
};

struct script {
    const struct step *steps;
    size_t count;
    size_t done;
};

/* A type A card that takes APDUs and has that UID, and follows the script; ck_abort for another command. */
void script_card(struct card *card, struct script *script, const char *uid);
/* Every step was asked for. */
void expect_end(const struct script *script);

/* What the computing card is, and how it misbehaves. */
struct desfire_card {
    bool wrapped;              /* takes ISO wrapping, else native commands */
    uint32_t application;      /* the one it has beside 000000 */
    uint8_t authentication;    /* the command that its keys take: 0A, 1A, AA, 71 */
    uint8_t key_number;
    uint8_t key[16];
    uint8_t uid[7];
    bool random_id;
    uint8_t file;
    uint8_t communication;     /* of the file: 0, 1, 3 */
    bool records;              /* it is a record file; record 0 is content */
    uint8_t content[600];
    size_t content_bytes;
    size_t frame_bytes;        /* how much data is in one frame */
    unsigned break_at;         /* the answer with that number, from 1, has a bit turned; 0: none */
    unsigned cut_at;           /* its last byte is missing */
    unsigned commands;         /* how many it got */

    /* Its state. */
    bool selected;
    uint8_t step;              /* the authentication command that waits for its AF */
    uint8_t session;           /* the authentication command that was done */
    uint8_t random_b[16];
    uint8_t session_key[16];
    uint8_t mac_key[16];
    uint8_t iv[16];
    uint16_t counter;
    uint8_t pending[1024];     /* what is still to be sent */
    size_t pending_bytes;
};

void compute_card(struct card *card, struct desfire_card *desfire);

#endif
