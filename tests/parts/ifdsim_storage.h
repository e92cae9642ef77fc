/* SPDX-License-Identifier: MIT */
/*
 * A storage card with a memory on a simulated PC/SC reader, which answers FF 82, FF 86 and FF B0 for it as PC/SC part 3
 * (3.2.2.1) says: a Type 2 tag (pages of 4 bytes, 16 bytes at a READ, which goes on with page 0 after the last one),
 * or, if it has keys, a Mifare Classic (blocks of 16 bytes, sectors of 4 blocks).
 */
#ifndef SPRINGPARK_TESTS_IFDSIM_STORAGE_H
#define SPRINGPARK_TESTS_IFDSIM_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORAGE_MAX_BYTES = 1024, STORAGE_SECTORS = 16, STORAGE_KEY_BYTES = 6 };

struct storage {
    uint8_t memory[STORAGE_MAX_BYTES];
    size_t memory_bytes;          /* 0: no storage card */
    bool classic;
    uint8_t keys[2][STORAGE_SECTORS][STORAGE_KEY_BYTES];
    bool has_key[2][STORAGE_SECTORS];
    uint8_t loaded[STORAGE_KEY_BYTES];
    int sector;                   /* authenticated; -1: none */
};

/* "memory=HEX" or "key=A|B:SECTOR:HEX", what the card has. False: it is none of these, or wrong. */
bool storage_take_word(struct storage *storage, const char *word);

/* Writes the answer, at most 257 bytes, and returns its size; 0 if the command is not for a storage card's reader. */
size_t storage_answer(struct storage *storage, const uint8_t *command, size_t command_bytes, uint8_t *answer);

#endif
