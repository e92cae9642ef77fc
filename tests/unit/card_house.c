/* SPDX-License-Identifier: MIT */
#include "card_house.h"

#include "base/hex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_READER = 0xFF, READ_BINARY = 0xB0, READ_BYTES = 16 };

static size_t give(uint8_t *answer, size_t data_bytes, unsigned status)
{
    answer[data_bytes] = (uint8_t) (status >> 8);
    answer[data_bytes + 1] = (uint8_t) status;
    return data_bytes + 2;
}

static bool has_left(const struct house_card *house)
{
    return house->leaves_after > 0 && house->commands > house->leaves_after;
}

static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t capacity_bytes)
{
    struct house_card *house = card->driver;
    uint8_t whole[300];

    house->commands++;
    if (has_left(house) && house->leaves_with != 0)
        return house->leaves_with;
    size_t count = has_left(house) ? give(whole, 0, 0x6300) : house->answer(house, command, command_bytes, whole);
    if (count > capacity_bytes)
        return CARD_ERROR_MUTE;
    memcpy(answer, whole, count);
    return (int) count;
}

static unsigned sector_of(unsigned block)
{
    return block < 128 ? block / 4 : 32 + (block - 128) / 16;
}

static int authenticate(struct card *card, uint8_t block, enum card_key kind, const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    struct house_card *house = card->driver;

    house->commands++;
    house->authentications++;
    house->sector = -1;
    if (has_left(house))
        return house->leaves_with != 0 ? house->leaves_with : CARD_ERROR_REFUSED;
    if (block >= house->units || memcmp(house->keys[kind][sector_of(block)], key, CARD_CLASSIC_KEY_BYTES) != 0)
        return CARD_ERROR_REFUSED;
    house->sector = (int) sector_of(block);
    return 0;
}

static int restart(struct card *card)
{
    struct house_card *house = card->driver;

    house->restarts++;
    house->asleep = false;
    house->sector = -1;
    if (has_left(house))
        return CARD_ERROR_GONE;
    return house->restart_error;
}

static void prepare(struct house_card *house, enum card_technology technology, const char *uid)
{
    memset(house, 0, sizeof *house);
    house->card = (struct card) {
        .technology = technology, .transceive = transceive, .authenticate = authenticate, .restart = restart,
        .driver = house,
    };
    house->card.uid_bytes = (size_t) hex_to_bytes(uid, strlen(uid), house->card.uid, sizeof house->card.uid);
    house->sector = -1;
}

/* Any answer to a command that is no FF B0 is a fault of the test. */
static size_t wanted_of(const uint8_t *command, size_t command_bytes)
{
    ck_assert_uint_eq(command_bytes, 5);
    ck_assert_uint_eq(command[0], CLASS_READER);
    ck_assert_uint_eq(command[1], READ_BINARY);
    ck_assert_uint_eq(command[2], 0);
    ck_assert_uint_gt(command[4], 0);
    return command[4];
}

/* READ as the data sheets say: 16 bytes, which go on with page 0 behind the last one. */
static bool read_16(struct house_card *house, unsigned page, uint8_t *bytes)
{
    if (house->asleep || page >= house->units) {
        house->asleep = house->reader == HOUSE_VAGUE;
        return false;
    }
    for (unsigned i = 0; i < 4; i++)
        memcpy(bytes + (size_t) i * 4, house->memory + (size_t) ((page + i) % house->units) * 4, 4);
    return true;
}

static size_t answer_type_2(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    size_t wanted_bytes = wanted_of(command, command_bytes);
    uint8_t bytes[READ_BYTES];
    size_t count = 0;

    if (house->reader == HOUSE_6C && wanted_bytes != READ_BYTES)
        return give(answer, 0, 0x6C00 | READ_BYTES);
    if (house->reader == HOUSE_6700 && wanted_bytes != READ_BYTES)
        return give(answer, 0, 0x6700);
    if (house->reader == HOUSE_VAGUE && wanted_bytes > READ_BYTES) {
        house->asleep = house->asleep || house->touches;
        return give(answer, 0, 0x6300);
    }
    if (house->reader != HOUSE_LONG && wanted_bytes > READ_BYTES)
        wanted_bytes = READ_BYTES;
    for (unsigned page = command[3]; count < wanted_bytes; page += 4) {
        if (page > 255 || !read_16(house, page, bytes))
            return give(answer, count, house->reader == HOUSE_VAGUE ? 0x6300 : count > 0 ? 0x6282 : 0x6A82);
        size_t taken = wanted_bytes - count < READ_BYTES ? wanted_bytes - count : READ_BYTES;
        memcpy(answer + count, bytes, taken);
        count += taken;
    }
    return give(answer, count, 0x9000);
}

void house_make_type_2(struct house_card *house, unsigned pages, enum house_reader reader)
{
    static const uint8_t header[] = {
        0x04, 0x7D, 0xAE, 0x04 ^ 0x7D ^ 0xAE ^ 0x88, 0x02, 0xC8, 0x40, 0x80, 0x0A, 0x48, 0, 0, 0, 0, 0, 0,
    };

    prepare(house, CARD_NFC_A, "047DAE02C84080");
    memcpy(house->card.protocol_bytes, "\x00\x44\x00", 3);
    house->card.protocol_bytes_count = 3;
    house->reader = reader;
    house->answer = answer_type_2;
    house->units = pages;
    house->unit_bytes = 4;
    for (unsigned page = 0; page < pages; page++) {
        const uint8_t bytes[] = { (uint8_t) page, (uint8_t) (page + 1), (uint8_t) (page ^ 0xFF), 0xA5 };
        memcpy(house->memory + (size_t) page * 4, bytes, 4);
    }
    memcpy(house->memory, header, sizeof header);
}

static size_t answer_vicinity(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    size_t wanted_bytes = wanted_of(command, command_bytes);
    size_t unit_bytes = house->unit_bytes;
    size_t first = command[3] * unit_bytes;
    size_t end = (house->protected_from > 0 ? house->protected_from : house->units) * unit_bytes;
    unsigned nothing = house->reader == HOUSE_VAGUE ? 0x6300 : 0x6A82;

    if (house->protected_from > 0 && first >= end)
        return give(answer, 0, 0x6982);
    if (first >= end)
        return give(answer, 0, nothing);
    if (house->reader == HOUSE_6C && wanted_bytes != unit_bytes)
        return give(answer, 0, 0x6C00 | (unsigned) unit_bytes);
    if (house->reader == HOUSE_6700 && wanted_bytes != unit_bytes)
        return give(answer, 0, 0x6700);
    if (house->reader == HOUSE_VAGUE && first + wanted_bytes > end)
        return give(answer, 0, nothing);
    if (house->reader == HOUSE_16)
        wanted_bytes = unit_bytes;
    if (house->most_bytes > 0 && wanted_bytes > house->most_bytes)
        wanted_bytes = house->most_bytes;
    bool short_of_it = first + wanted_bytes > end;
    size_t count = short_of_it ? end - first : wanted_bytes;
    memcpy(answer, house->memory + first, count);
    return give(answer, count, short_of_it ? 0x6282 : 0x9000);
}

void house_make_vicinity(struct house_card *house, unsigned blocks, size_t block_bytes, enum house_reader reader)
{
    prepare(house, CARD_NFC_V, "E004010203040506");
    house->reader = reader;
    house->answer = answer_vicinity;
    house->units = blocks;
    house->unit_bytes = block_bytes;
    for (size_t i = 0; i < blocks * block_bytes; i++)
        house->memory[i] = (uint8_t) (i + i / 251);
}

static size_t answer_classic(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    size_t wanted_bytes = wanted_of(command, command_bytes);
    unsigned block = command[3];

    ck_assert_uint_eq(wanted_bytes, READ_BYTES);
    if (block >= house->units || (int) sector_of(block) != house->sector)
        return give(answer, 0, 0x6982);
    if (house->unreadable_block != 0 && block == house->unreadable_block)
        return give(answer, 0, house->unreadable_status);
    memcpy(answer, house->memory + (size_t) block * READ_BYTES, READ_BYTES);
    return give(answer, READ_BYTES, 0x9000);
}

void house_make_classic(struct house_card *house, unsigned blocks, enum house_reader reader)
{
    prepare(house, CARD_NFC_A, "11223344");
    memcpy(house->card.protocol_bytes, "\x00\x04\x08", 3);
    if (blocks == 256)
        house->card.protocol_bytes[2] = 0x18;
    if (blocks == 20)
        house->card.protocol_bytes[2] = 0x09;
    house->card.protocol_bytes_count = 3;
    house->reader = reader;
    house->answer = answer_classic;
    house->units = blocks;
    house->unit_bytes = READ_BYTES;
    memset(house->keys, 0xFF, sizeof house->keys);
    for (unsigned block = 0; block < blocks; block++)
        memset(house->memory + (size_t) block * READ_BYTES, (int) block, READ_BYTES);
}

static size_t answer_script(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    char *asked = hex_from_bytes(command, command_bytes);

    ck_assert_msg(house->script[0] != NULL, "asked beyond the script: %s", asked);
    ck_assert_str_eq(asked, house->script[0]);
    free(asked);
    const char *hex = house->script[1];
    house->script += 2;
    int count = hex_to_bytes(hex, strlen(hex), answer, 300);
    ck_assert_int_ge(count, 0);
    return (size_t) count;
}

void house_play(struct house_card *house, const char *const *script)
{
    house->answer = answer_script;
    house->script = script;
}

void house_make_apdus(struct house_card *house, enum card_technology technology, const char *const *script)
{
    prepare(house, technology, "08A1B2C3");
    if (technology == CARD_NFC_A) {
        memcpy(house->card.protocol_bytes, "\x03\x44\x20", 3);
        house->card.protocol_bytes_count = 3;
    }
    house_play(house, script);
}

void house_put(struct template_registers *registers, const struct house_registers *from)
{
    memset(registers, 0, sizeof *registers);
    for (size_t i = 0; i < TEMPLATE_REGISTERS; i++) {
        const char *hex = from->at[i] != NULL ? from->at[i] : "";
        struct template_register *to = &registers->at[i];
        int count = hex_to_bytes(hex, strlen(hex), to->bytes, sizeof to->bytes);
        ck_assert_msg(count >= 0, "register %zu: %s", i, hex);
        to->size_bytes = (size_t) count;
    }
}

static enum template_result run(struct house_card *house, const struct house_registers *registers,
                                struct token **token, enum card_error *error)
{
    const struct template_limits limits = { .clock = clock_system() };
    struct template_registers all[TEMPLATE_COUNT] = { 0 };

    house_put(&all[0], registers);
    struct template_set *set = template_set_create(all);
    house->commands = 0;
    house->authentications = 0;
    house->restarts = 0;
    *token = NULL;
    enum template_result result = template_set_run(set, &house->card, &limits, token, error);
    template_set_free(set);
    return result;
}

void house_expect_data(struct house_card *house, const struct house_registers *registers, const char *tag_data,
                       unsigned commands)
{
    struct token *token = NULL;
    enum card_error error = 0;
    enum template_result result = run(house, registers, &token, &error);

    ck_assert_msg(result == TEMPLATE_MATCHED, "result %d, error %d after %u commands", (int) result, (int) error,
                  house->commands);
    ck_assert_str_eq(token->tag_data, tag_data);
    ck_assert_msg(house->commands == commands, "%u commands, not %u; reader %d, %u units of %zu bytes",
                  house->commands, commands, (int) house->reader, house->units, house->unit_bytes);
    token_free(token);
}

void house_expect_no_match(struct house_card *house, const struct house_registers *registers, unsigned commands)
{
    struct token *token = NULL;
    enum card_error error = 0;

    ck_assert_int_eq(run(house, registers, &token, &error), TEMPLATE_NO_MATCH);
    ck_assert_ptr_null(token);
    ck_assert_uint_eq(house->commands, commands);
}

void house_expect_failed(struct house_card *house, const struct house_registers *registers, enum card_error error)
{
    struct token *token = NULL;
    enum card_error told = 0;

    ck_assert_int_eq(run(house, registers, &token, &told), TEMPLATE_FAILED);
    ck_assert_ptr_null(token);
    ck_assert_int_eq(told, error);
}

char *house_hex(const struct house_card *house, size_t first, size_t end)
{
    return hex_from_bytes(house->memory + first, end - first);
}
