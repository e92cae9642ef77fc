/* SPDX-License-Identifier: MIT */
/*
 * Any ATR, then any answers to the questions for UID and ATS: what a reader makes of a card stays within its bounds, and
 * so does what is derived of it.
 *
 * The input: the number of bytes of the ATR (taken modulo 34) and these; then for each command a length byte and the
 * answer, or FF and the number of a card_error.
 */
#include "base/memory.h"
#include "card/kind.h"
#include "reader/pcsc_identify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AN_ERROR = 0xFF, COMMANDS_MAX = 2 };

struct input {
    const uint8_t *data;
    size_t size;
    unsigned commands;
};

static uint8_t next(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t answer_capacity_bytes)
{
    struct input *input = card->driver;
    size_t count = next(input);

    if (++input->commands > COMMANDS_MAX || command_bytes != 5 || command[0] != 0xFF)
        abort();
    if (count == AN_ERROR)
        return -1 - next(input) % 4;
    if (count > input->size)
        count = input->size;
    if (count > answer_capacity_bytes)
        return CARD_ERROR_MUTE;
    memcpy(answer, input->data, count);
    input->data += count;
    input->size -= count;
    return (int) count;
}

static void check(const struct card *card, int result)
{
    const enum card_memory memory = card_memory(card);

    if (card->uid_bytes > sizeof card->uid || card->ats_bytes > sizeof card->ats ||
        card->protocol_bytes_count > sizeof card->protocol_bytes)
        abort();
    if (result == 0 && card->uid_bytes == 0)
        abort();
    if ((card_classic_blocks(card) != 0) != (memory == CARD_MEMORY_CLASSIC))
        abort();
    if (memory != CARD_MEMORY_NONE && card_has_apdus(card) && card->technology != CARD_NFC_F &&
        card->technology != CARD_NFC_V && card->technology != CARD_NFC_T1T && card->technology != CARD_NFC_A)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = memory_copy(data, size);
    struct input input = { .data = exact, .size = size };
    struct card card = { .transceive = transceive, .driver = &input };

    card.atr_bytes = next(&input) % (CARD_ATR_MAX_BYTES + 1);
    for (size_t i = 0; i < card.atr_bytes; i++)
        card.atr[i] = next(&input);
    const struct atr_info atr = atr_parse(card.atr, card.atr_bytes);
    if (atr.kind != ATR_CONTACT)
        check(&card, pcsc_identify(&card, &atr));
    free(exact);
    return 0;
}
