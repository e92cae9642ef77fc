/* SPDX-License-Identifier: MIT */
/*
 * Tags with an NDEF message behind a reader that may be shy, for the tests of the template NDEF Data: each answers the
 * commands of card.h out of a memory, counts them and writes them down. One thread; texts are hex.
 */
#ifndef SPRINGPARK_TESTS_UNIT_NDEF_CARDS_H
#define SPRINGPARK_TESTS_UNIT_NDEF_CARDS_H

#include "card/card.h"

enum { NDEF_CARD_MEMORY_BYTES = 16384, NDEF_CARD_LOG_BYTES = 8192 };

enum ndef_card_kind { NDEF_CARD_TYPE_2, NDEF_CARD_TYPE_3, NDEF_CARD_TYPE_4, NDEF_CARD_TYPE_5 };

/* What the reader, or the card, does with a command that asks for more than at_once_bytes. */
enum ndef_card_habit { NDEF_CARD_GIVES_LESS, NDEF_CARD_SAYS_END, NDEF_CARD_CORRECTS, NDEF_CARD_REFUSES };

struct ndef_card {
    struct card card;
    enum ndef_card_kind kind;
    uint8_t memory[NDEF_CARD_MEMORY_BYTES];
    size_t memory_bytes;
    size_t block_bytes;
    size_t at_once_bytes;
    enum ndef_card_habit habit;
    unsigned fails_at;                  /* from 1; 0 = never */
    int fails_with;                     /* a card_error, status bytes, or one of the two below */
    unsigned commands;
    char log[NDEF_CARD_LOG_BYTES];      /* the commands, with blanks between them */

    /* Type 3 */
    bool has_service;

    /* Type 4 */
    uint8_t cc[32];
    size_t cc_bytes;
    uint16_t file_id;                   /* its content is the memory */
    bool is_version_1;
    unsigned selected;                  /* 0: nothing, 1: the application, else a file's id */
};

enum { NDEF_CARD_CUTS = -100, NDEF_CARD_EMPTY = -101 };  /* fails_with: an answer of 1 byte, of 9000 alone */

/* pages: from page 3 (the capability container) on. The memory is filled up to memory_bytes with 0. */
void ndef_card_type2(struct ndef_card *card, const char *pages, size_t memory_bytes);

/* The same with the usual container, and the message in a TLV block. */
void ndef_card_type2_message(struct ndef_card *card, const char *message, size_t data_area_bytes);

/* With an attribute block for that message; blocks_at_once: Nbr. */
void ndef_card_type3(struct ndef_card *card, const char *message, unsigned blocks_at_once);

/* file: from its length field on. */
void ndef_card_type4(struct ndef_card *card, const char *cc, uint16_t file_id, const char *file);

/* memory: from block 0 on, filled up with 0. The reader gives one block at once. */
void ndef_card_type5(struct ndef_card *card, const char *memory, size_t block_bytes, size_t memory_bytes);

#endif
