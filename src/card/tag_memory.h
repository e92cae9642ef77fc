/* SPDX-License-Identifier: MIT */
/*
 * The memory of a tag, read from its beginning on as far as it is needed, by FF B0 (card.h) with as few commands as its
 * reader allows: the first command asks for all that is missing; a reader that gives less, or refuses to give so much,
 * is asked from then on for what it gave.
 *
 * On the reader's thread, for the time of one read. Whoever begins one ends it.
 */
#ifndef SPRINGPARK_CARD_TAG_MEMORY_H
#define SPRINGPARK_CARD_TAG_MEMORY_H

#include "card/exchange.h"

/* How a read of an NDEF message ended; a card_error if it is negative. */
enum tag_read {
    TAG_READ_DONE = 0,
    TAG_READ_NONE = 1,   /* the card answers, and has no such thing */
};

/* FF B0 knows no block beyond this number: one byte says which. */
enum { TAG_MEMORY_BLOCKS = 256 };

struct tag_memory {
    struct exchange *exchange;
    uint8_t *bytes;            /* TAG_MEMORY_BLOCKS blocks, from address 0 on */
    size_t block_bytes;        /* of one number: 4 of Type 2, 16 of Type 3, what the card has of Type 5 */
    size_t known_bytes;        /* a whole number of blocks */
    size_t end_bytes;          /* nothing is read behind the block of this address; at first all there can be */
    size_t least_bytes;        /* what every reader gives for one command */
    size_t at_once_bytes;      /* what this one gives, as far as is known */
    bool has_begun;            /* it gave something */
};

/*
 * first_block: the blocks before it are not read, and are 0. least_bytes, at_once_max_bytes: at least a block, at most
 * 255; at_once_max_bytes is rounded down to whole blocks.
 */
void tag_memory_begin(struct tag_memory *memory, struct exchange *exchange, size_t block_bytes, size_t first_block,
                      size_t least_bytes, size_t at_once_max_bytes);
void tag_memory_end(struct tag_memory *memory);

/* How many bytes there can be. */
size_t tag_memory_capacity_bytes(const struct tag_memory *memory);

/*
 * Reads until needed_bytes from address 0 on are known, which must not be more than end_bytes. useful_bytes: what a
 * command that is sent anyway may bring as well, if that is more. Returns an enum tag_read or a card_error.
 */
int tag_memory_fetch(struct tag_memory *memory, size_t needed_bytes, size_t useful_bytes);

/*
 * What a status means that is no success: TAG_READ_NONE, a card_error as it is, or CARD_ERROR_MUTE: some readers tell
 * by 63, 64 or 6F that the card left or fell silent, so that once it has given something this is no property of the
 * card.
 */
int tag_read_refusal(int status, bool has_begun);

#endif
