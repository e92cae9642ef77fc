/* SPDX-License-Identifier: MIT */
#include "ifdsim_storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4, READ_BYTES = 16, PAGES_AT_ONCE = 4, BLOCKS_IN_SECTOR = 4 };

/* The number of bytes, or -1. */
static int take_hex(const char *text, uint8_t *bytes, size_t capacity_bytes)
{
    size_t count = 0;

    for (; text[0] != '\0'; text += 2) {
        unsigned value;
        if (text[1] == '\0' || count == capacity_bytes || sscanf(text, "%2x", &value) != 1)
            return -1;
        bytes[count++] = (uint8_t) value;
    }
    return (int) count;
}

static bool take_key(struct storage *storage, const char *text)
{
    char kind;
    unsigned sector;
    char hex[2 * STORAGE_KEY_BYTES + 1];

    if (sscanf(text, "%c:%u:%12s", &kind, &sector, hex) != 3 || sector >= STORAGE_SECTORS ||
        (kind != 'A' && kind != 'B'))
        return false;
    storage->classic = true;
    storage->has_key[kind - 'A'][sector] = true;
    return take_hex(hex, storage->keys[kind - 'A'][sector], STORAGE_KEY_BYTES) == STORAGE_KEY_BYTES;
}

bool storage_take_word(struct storage *storage, const char *word)
{
    storage->sector = -1;
    if (strncmp(word, "key=", 4) == 0)
        return take_key(storage, word + 4);
    if (strncmp(word, "memory=", 7) != 0)
        return false;
    int count = take_hex(word + 7, storage->memory, sizeof storage->memory);
    storage->memory_bytes = count > 0 ? (size_t) count : 0;
    return count > 0 && count % READ_BYTES == 0;
}

static size_t give_status(uint8_t *answer, size_t data_bytes, unsigned status)
{
    answer[data_bytes] = (uint8_t) (status >> 8);
    answer[data_bytes + 1] = (uint8_t) status;
    return data_bytes + 2;
}

static size_t load_key(struct storage *storage, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    if (command_bytes != 5 + STORAGE_KEY_BYTES || command[4] != STORAGE_KEY_BYTES)
        return give_status(answer, 0, 0x6700);
    if (command[2] != 0x00 || command[3] != 0x00)
        return give_status(answer, 0, 0x6988);
    memcpy(storage->loaded, command + 5, STORAGE_KEY_BYTES);
    return give_status(answer, 0, 0x9000);
}

static size_t authenticate(struct storage *storage, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    if (command_bytes != 10 || command[4] != 5 || command[5] != 1)
        return give_status(answer, 0, 0x6700);
    int kind = command[8] == 0x60 ? 0 : command[8] == 0x61 ? 1 : -1;
    if (command[2] != 0 || command[3] != 0 || command[9] != 0x00 || kind < 0)
        return give_status(answer, 0, 0x6988);
    int sector = command[7] / BLOCKS_IN_SECTOR;
    bool good = command[6] == 0 && storage->classic && sector < STORAGE_SECTORS && storage->has_key[kind][sector] &&
                memcmp(storage->keys[kind][sector], storage->loaded, STORAGE_KEY_BYTES) == 0;
    storage->sector = good ? sector : -1;
    return give_status(answer, 0, good ? 0x9000 : 0x6300);
}

static size_t read_pages(const struct storage *storage, unsigned page, size_t wanted_bytes, uint8_t *answer)
{
    size_t count = 0;

    for (; count < wanted_bytes && page * PAGE_BYTES < storage->memory_bytes; page += PAGES_AT_ONCE) {
        for (size_t i = 0; i < READ_BYTES && count < wanted_bytes; i++)
            answer[count++] = storage->memory[(page * PAGE_BYTES + i) % storage->memory_bytes];
    }
    return give_status(answer, count, count == wanted_bytes ? 0x9000 : count > 0 ? 0x6282 : 0x6A82);
}

static size_t read_blocks(struct storage *storage, unsigned block, size_t wanted_bytes, uint8_t *answer)
{
    if (wanted_bytes % READ_BYTES != 0)
        return give_status(answer, 0, 0x6C00 | READ_BYTES);
    for (size_t count = 0; count < wanted_bytes; count += READ_BYTES, block++) {
        if ((int) (block / BLOCKS_IN_SECTOR) != storage->sector || (block + 1) * READ_BYTES > storage->memory_bytes) {
            storage->sector = -1;
            return give_status(answer, 0, 0x6982);
        }
        memcpy(answer + count, storage->memory + (size_t) block * READ_BYTES, READ_BYTES);
        /* A trailer never gives key A. */
        if (block % BLOCKS_IN_SECTOR == BLOCKS_IN_SECTOR - 1)
            memset(answer + count, 0, STORAGE_KEY_BYTES);
    }
    return give_status(answer, wanted_bytes, 0x9000);
}

size_t storage_answer(struct storage *storage, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    if (storage->memory_bytes == 0 || command_bytes < 5 || command[0] != 0xFF)
        return 0;
    if (command[1] == 0x82)
        return load_key(storage, command, command_bytes, answer);
    if (command[1] == 0x86)
        return authenticate(storage, command, command_bytes, answer);
    if (command[1] != 0xB0)
        return 0;
    size_t wanted_bytes = command[4] != 0 ? command[4] : READ_BYTES;
    if (command[2] != 0)
        return give_status(answer, 0, 0x6A82);
    return storage->classic ? read_blocks(storage, command[3], wanted_bytes, answer)
                            : read_pages(storage, command[3], wanted_bytes, answer);
}
