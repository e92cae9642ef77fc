/* SPDX-License-Identifier: MIT */
#include "ndef_cards.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX_BYTES = 256 };

static size_t put_hex(uint8_t *to, size_t capacity_bytes, const char *hex)
{
    int count = hex_to_bytes(hex, strlen(hex), to, capacity_bytes);

    ck_assert_msg(count >= 0, "no hex, or too long: %s", hex);
    return (size_t) count;
}

static int give(uint8_t *answer, size_t capacity_bytes, const uint8_t *data, size_t data_bytes, unsigned status)
{
    if (data_bytes + 2 > capacity_bytes)
        return CARD_ERROR_MUTE;
    if (data_bytes > 0)
        memcpy(answer, data, data_bytes);
    answer[data_bytes] = (uint8_t) (status >> 8);
    answer[data_bytes + 1] = (uint8_t) status;
    return (int) data_bytes + 2;
}

static int give_status(uint8_t *answer, size_t capacity_bytes, unsigned status)
{
    return give(answer, capacity_bytes, NULL, 0, status);
}

/* Bytes of the memory, or of anything else that is read by an offset. */
static int give_part(const struct ndef_card *card, const uint8_t *bytes, size_t size_bytes, size_t offset, size_t count,
                     uint8_t *answer, size_t capacity_bytes)
{
    bool is_too_much = count > card->at_once_bytes;

    if (offset >= size_bytes)
        return give_status(answer, capacity_bytes, 0x6A82);
    if (is_too_much && card->habit == NDEF_CARD_CORRECTS)
        return give_status(answer, capacity_bytes, 0x6C00 | (unsigned) card->at_once_bytes);
    if (is_too_much && card->habit == NDEF_CARD_REFUSES)
        return give_status(answer, capacity_bytes, 0x6700);
    if (is_too_much)
        count = card->at_once_bytes;
    bool is_end = count > size_bytes - offset;
    if (is_end)
        count = size_bytes - offset;
    return give(answer, capacity_bytes, bytes + offset, count,
                is_end || (is_too_much && card->habit == NDEF_CARD_SAYS_END) ? 0x6282 : 0x9000);
}

static int answer_memory(struct ndef_card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                         size_t capacity_bytes)
{
    static const uint8_t select_service[] = { 0xFF, 0xA4, 0x00, 0x01, 0x02, 0x0B, 0x00 };

    if (card->kind == NDEF_CARD_TYPE_3 && command_bytes == sizeof select_service &&
        memcmp(command, select_service, sizeof select_service) == 0) {
        card->has_service = true;
        return give_status(answer, capacity_bytes, 0x9000);
    }
    if (command_bytes != 5 || command[0] != 0xFF || command[1] != 0xB0 || command[2] != 0)
        return give_status(answer, capacity_bytes, 0x6A81);
    if (card->kind == NDEF_CARD_TYPE_3 && !card->has_service)
        return give_status(answer, capacity_bytes, 0x6986);
    size_t count = command[4] != 0 ? command[4] : ANSWER_MAX_BYTES;
    if (card->kind != NDEF_CARD_TYPE_2 && count % card->block_bytes != 0)
        return give_status(answer, capacity_bytes, 0x6C00 | (unsigned) card->block_bytes);
    return give_part(card, card->memory, card->memory_bytes, command[3] * card->block_bytes, count, answer,
                     capacity_bytes);
}

static int select_by_name(struct ndef_card *card, const uint8_t *command, uint8_t *answer, size_t capacity_bytes)
{
    uint8_t name[] = { 0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, card->is_version_1 ? 0x00 : 0x01 };

    if (command[4] != sizeof name || memcmp(command + 5, name, sizeof name) != 0)
        return give_status(answer, capacity_bytes, 0x6A82);
    card->selected = 1;
    return give_status(answer, capacity_bytes, 0x9000);
}

static int answer_type4(struct ndef_card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                        size_t capacity_bytes)
{
    static const uint8_t select_1[] = { 0x00, 0xA4, 0x00, 0x00, 0x02 };
    static const uint8_t select_2[] = { 0x00, 0xA4, 0x00, 0x0C, 0x02 };

    if (command_bytes == 13 && memcmp(command, "\x00\xA4\x04\x00", 4) == 0)
        return select_by_name(card, command, answer, capacity_bytes);
    if (command_bytes == 7 && memcmp(command, card->is_version_1 ? select_1 : select_2, sizeof select_1) == 0) {
        unsigned id = (unsigned) command[5] << 8 | command[6];
        if (card->selected == 0 || (id != 0xE103 && id != card->file_id))
            return give_status(answer, capacity_bytes, 0x6A82);
        card->selected = id;
        return give_status(answer, capacity_bytes, 0x9000);
    }
    if (command_bytes != 5 || command[0] != 0x00 || command[1] != 0xB0)
        return give_status(answer, capacity_bytes, 0x6D00);
    if (card->selected <= 1)
        return give_status(answer, capacity_bytes, 0x6986);
    bool is_cc = card->selected == 0xE103;
    return give_part(card, is_cc ? card->cc : card->memory, is_cc ? card->cc_bytes : card->memory_bytes,
                     (size_t) command[2] << 8 | command[3], command[4] != 0 ? command[4] : ANSWER_MAX_BYTES, answer,
                     capacity_bytes);
}

static void write_down(struct ndef_card *card, const uint8_t *command, size_t command_bytes)
{
    size_t used = strlen(card->log);
    char *hex = hex_from_bytes(command, command_bytes);

    card->commands++;
    snprintf(card->log + used, sizeof card->log - used, "%s%s", used > 0 ? " " : "", hex);
    free(hex);
}

static int transceive(struct card *plain, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t capacity_bytes)
{
    struct ndef_card *card = plain->driver;

    write_down(card, command, command_bytes);
    if (card->commands == card->fails_at && card->fails_with == NDEF_CARD_CUTS) {
        answer[0] = 0x90;
        return 1;
    }
    if (card->commands == card->fails_at && card->fails_with == NDEF_CARD_EMPTY)
        return give_status(answer, capacity_bytes, 0x9000);
    if (card->commands == card->fails_at)
        return card->fails_with < 0 ? card->fails_with
                                    : give_status(answer, capacity_bytes, (unsigned) card->fails_with);
    return card->kind == NDEF_CARD_TYPE_4 ? answer_type4(card, command, command_bytes, answer, capacity_bytes)
                                          : answer_memory(card, command, command_bytes, answer, capacity_bytes);
}

/* The ATRs of PC/SC part 3. */
static void begin(struct ndef_card *card, enum ndef_card_kind kind, enum card_technology technology, const char *atr)
{
    *card = (struct ndef_card) { .kind = kind, .at_once_bytes = ANSWER_MAX_BYTES };
    card->card.technology = technology;
    card->card.uid_bytes = put_hex(card->card.uid, sizeof card->card.uid, "04A1B2C3D4E5F6");
    card->card.atr_bytes = put_hex(card->card.atr, sizeof card->card.atr, atr);
    card->card.transceive = transceive;
    card->card.driver = card;
}

void ndef_card_type2(struct ndef_card *card, const char *pages, size_t memory_bytes)
{
    begin(card, NDEF_CARD_TYPE_2, CARD_NFC_A, "3B8F8001804F0CA0000003060300030000000068");
    ck_assert_uint_le(memory_bytes, sizeof card->memory);
    (void) put_hex(card->memory + 12, sizeof card->memory - 12, pages);
    card->memory_bytes = memory_bytes;
    card->block_bytes = 4;
}

void ndef_card_type2_message(struct ndef_card *card, const char *message, size_t data_area_bytes)
{
    unsigned length = (unsigned) strlen(message) / 2;
    char *pages = text_format(length < 255 ? "E110%02X0003%02X%sFE" : "E110%02X0003FF%04X%sFE",
                              (unsigned) data_area_bytes / 8, length, message);

    ndef_card_type2(card, pages, 16 + data_area_bytes);
    free(pages);
}

void ndef_card_type3(struct ndef_card *card, const char *message, unsigned blocks_at_once)
{
    uint8_t *block = card->memory;
    unsigned sum = 0;

    begin(card, NDEF_CARD_TYPE_3, CARD_NFC_F, "3B8F8001804F0CA000000306" "11003B" "0000000042");
    size_t length = put_hex(card->memory + 16, sizeof card->memory - 16, message);
    size_t blocks = (length + 15) / 16;
    block[0] = 0x10;
    block[1] = (uint8_t) blocks_at_once;
    block[2] = 1;
    block[3] = (uint8_t) (blocks >> 8);
    block[4] = (uint8_t) blocks;
    block[10] = 1;
    block[12] = (uint8_t) (length >> 8);
    block[13] = (uint8_t) length;
    for (int i = 0; i < 14; i++)
        sum += block[i];
    block[14] = (uint8_t) (sum >> 8);
    block[15] = (uint8_t) sum;
    card->memory_bytes = 16 + blocks * 16;
    card->block_bytes = 16;
    card->at_once_bytes = (size_t) blocks_at_once * 16;
    card->habit = NDEF_CARD_REFUSES;
}

void ndef_card_type4(struct ndef_card *card, const char *cc, uint16_t file_id, const char *file)
{
    begin(card, NDEF_CARD_TYPE_4, CARD_NFC_A, "3B8180018080");
    card->cc_bytes = put_hex(card->cc, sizeof card->cc, cc);
    card->memory_bytes = put_hex(card->memory, sizeof card->memory, file);
    card->file_id = file_id;
    card->is_version_1 = card->cc[2] == 0x10;
}

void ndef_card_type5(struct ndef_card *card, const char *memory, size_t block_bytes, size_t memory_bytes)
{
    begin(card, NDEF_CARD_TYPE_5, CARD_NFC_V, "3B8F8001804F0CA0000003060B00140000000077");
    (void) put_hex(card->memory, sizeof card->memory, memory);
    ck_assert_uint_le(memory_bytes, sizeof card->memory);
    card->memory_bytes = memory_bytes;
    card->block_bytes = block_bytes;
    card->at_once_bytes = block_bytes;
    card->habit = NDEF_CARD_CORRECTS;
}
