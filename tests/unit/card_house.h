/* SPDX-License-Identifier: MIT */
/*
 * Cards that the tests of templates hold on a reader that is not there, and one way to run a template on them. Each
 * counts the commands that it was asked.
 */
#ifndef SPRINGPARK_TESTS_UNIT_CARD_HOUSE_H
#define SPRINGPARK_TESTS_UNIT_CARD_HOUSE_H

#include "card/card.h"
#include "template/template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HOUSE_MEMORY_BYTES = 20480 };

/* How a reader takes FF B0. */
enum house_reader {
    HOUSE_LONG,    /* gives all that is asked for; 6282 where it ends, 6A82 where there is nothing: libnfc */
    HOUSE_16,      /* gives one READ or one block, whatever Le says */
    HOUSE_6C,      /* the same, and says so */
    HOUSE_6700,    /* refuses any other length than that of one READ or one block */
    HOUSE_VAGUE,   /* 6300 for all that it does not do, and a tag that refused is asleep until the card is restarted */
};

struct house_card {
    struct card card;
    enum house_reader reader;
    unsigned commands;
    unsigned authentications;      /* among the commands */
    unsigned restarts;
    unsigned leaves_after;         /* commands; 0 = never */
    int leaves_with;               /* a card_error, or 0: the reader says 6300 */
    int restart_error;
    bool asleep;
    bool touches;                  /* HOUSE_VAGUE: what is too long for the reader puts a tag to sleep */
    size_t (*answer)(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer);

    uint8_t memory[HOUSE_MEMORY_BYTES];
    unsigned units;                /* pages or blocks that can be read */
    size_t unit_bytes;
    size_t most_bytes;             /* of an ISO 15693 reader: at once; 0 = no bound */
    unsigned protected_from;       /* ISO 15693: 6982 from that block on; 0 = none */
    uint8_t keys[2][40][6];        /* Mifare Classic: A and B of each sector */
    int sector;                    /* that was authenticated, or -1 */
    unsigned unreadable_block;     /* Mifare Classic: its access conditions forbid it; 0 = none */
    uint16_t unreadable_status;
    const char *const *script;     /* command, answer, command, answer..., NULL */
};

/* A Type 2 tag of so many pages that can be read; page N has the bytes N, N+1, N^FF, A5, but for the first four. */
void house_make_type_2(struct house_card *house, unsigned pages, enum house_reader reader);
/* A vicinity card; byte N of its memory is N + N/251. */
void house_make_vicinity(struct house_card *house, unsigned blocks, size_t block_bytes, enum house_reader reader);
/* A Mifare Classic with blocks 20, 64 or 256; block N is 16 times N; all keys FFFFFFFFFFFF. */
void house_make_classic(struct house_card *house, unsigned blocks, enum house_reader reader);
/* An ISO/IEC 14443-4 card of that technology which plays the script; any other command is a fault of the test. */
void house_make_apdus(struct house_card *house, enum card_technology technology, const char *const *script);

/* The card plays the script from now on, whatever it is. */
void house_play(struct house_card *house, const char *const *script);

/* Registers as hex digits, by their number; NULL = empty. */
struct house_registers {
    const char *at[TEMPLATE_REGISTERS];
};
void house_put(struct template_registers *registers, const struct house_registers *from);

/* One instance on the card. The whole outcome, with the count of commands. */
void house_expect_data(struct house_card *house, const struct house_registers *registers, const char *tag_data,
                       unsigned commands);
void house_expect_no_match(struct house_card *house, const struct house_registers *registers, unsigned commands);
void house_expect_failed(struct house_card *house, const struct house_registers *registers, enum card_error error);

/* The memory from byte `first` to byte `end`, as hex, in new memory. */
char *house_hex(const struct house_card *house, size_t first, size_t end);

#endif
