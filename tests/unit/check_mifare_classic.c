/* SPDX-License-Identifier: MIT */
#include "card_house.h"

#include "base/hex.h"
#include "card/mad.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_A "00FFFFFFFFFFFF"
#define KEY_B "80FFFFFFFFFFFF"

static const uint8_t public_key[] = { 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5 };
static const uint8_t secret_key[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06 };

static const struct house_registers all_from_block_0 = { { "61", "0F00", NULL, "0000000000", NULL, KEY_A } };
static const struct house_registers all_of_4811 = { { "61", "0F00", NULL, "4811000000", NULL, KEY_A } };

/* A directory in which those sectors have AID 4811, a list that 0 ends. */
static void put_mad(struct house_card *house, enum mad_part part, const unsigned *sectors)
{
    uint8_t *bytes = house->memory + (part == MAD_1 ? MAD_1_BLOCK : MAD_2_BLOCK) * 16;
    size_t size_bytes = part == MAD_1 ? MAD_1_BYTES : MAD_2_BYTES;
    unsigned first = part == MAD_1 ? 1 : 17;

    memset(bytes, 0, size_bytes);
    for (; *sectors != 0; sectors++) {
        bytes[2 + (size_t) (*sectors - first) * 2] = 0x11;
        bytes[3 + (size_t) (*sectors - first) * 2] = 0x48;
    }
    bytes[0] = mad_crc(bytes + 1, size_bytes - 1);
    memcpy(house->keys[CARD_KEY_A][part == MAD_1 ? 0 : 16], public_key, sizeof public_key);
}

static bool is_trailer(unsigned block)
{
    return block < 128 ? block % 4 == 3 : block % 16 == 15;
}

/* The data of the blocks from first to end, without trailers. */
static char *data_of(unsigned first, unsigned end)
{
    char *text = calloc(1, (size_t) (end - first) * 32 + 1);
    size_t length = 0;

    for (unsigned block = first; block < end; block++) {
        for (int i = 0; i < 16 && !is_trailer(block); i++)
            length += (size_t) snprintf(text + length, 3, "%02X", block);
    }
    return text;
}

START_TEST(all_of_a_card_comes_with_one_authentication_a_sector)
{
    static const struct {
        unsigned blocks;
        unsigned data_blocks;
        unsigned sectors;
    } sizes[] = { { 20, 15, 5 }, { 64, 48, 16 }, { 256, 216, 40 } };
    struct house_card house;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        house_make_classic(&house, sizes[i].blocks, HOUSE_16);
        char *expected = data_of(0, sizes[i].blocks);
        ck_assert_uint_eq(strlen(expected), sizes[i].data_blocks * 32);
        house_expect_data(&house, &all_from_block_0, expected, sizes[i].data_blocks + sizes[i].sectors);
        ck_assert_uint_eq(house.authentications, sizes[i].sectors);
        ck_assert_uint_eq(house.restarts, 0);
        free(expected);
    }
}
END_TEST

START_TEST(blocks_follow_one_another_without_trailers)
{
    static const struct {
        const char *location;
        unsigned first;
        unsigned end;
        unsigned commands;
    } samples[] = {
        { "0000040000", 4, 6, 3 },      { "0000050000", 5, 7, 3 },     { "0000060000", 6, 9, 4 },
        { "0000070000", 8, 10, 3 },     { "0000000000", 0, 2, 3 },     { "0000020000", 2, 5, 4 },
        { "00007E0000", 126, 129, 4 },  { "0000800000", 128, 130, 3 }, { "00008E0000", 142, 145, 4 },
        { "00008F0000", 144, 146, 3 },  { "0000FD0000", 253, 255, 3 },
    };
    struct house_card house;

    house_make_classic(&house, 256, HOUSE_16);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct house_registers registers = { { "61", "0B00", NULL, samples[i].location, NULL, KEY_A } };
        char *expected = data_of(samples[i].first, samples[i].end);
        house_expect_data(&house, &registers, expected, samples[i].commands);
        free(expected);
    }
}
END_TEST

START_TEST(the_registers_make_the_text)
{
    static const struct {
        struct house_registers registers;
        const char *tag_data;
        unsigned commands;
    } samples[] = {
        { { { "61", "0100", NULL, "0000040000", NULL, KEY_A } }, "30313233", 2 },
        { { { "61", "0000", NULL, "0000040000", NULL, KEY_A } }, "0808530483", 2 },
        { { { "61", "8100", NULL, "0000040000", NULL, KEY_A } }, "33323130", 2 },
        { { { "61", "0100", NULL, "0000040200", NULL, KEY_A } }, "32333435", 2 },
        { { { "61", "0100", NULL, "0000040004", NULL, KEY_A } }, "03132333", 2 },
        { { { "61", "1100", NULL, "0000040004", NULL, KEY_A } }, "3132333", 2 },
        { { { "61", "4000", NULL, "0000040000", NULL, KEY_A } }, "0123456789abcdef", 2 },
        { { { "61", "C400", NULL, "0000040000", NULL, KEY_A } }, "3210", 2 },
        { { { "61", "5014", NULL, "0000040000", NULL, KEY_A } }, "0123456789abcdefABCD", 3 },
        { { { "61", "0100", "41", "0000040000", "05", KEY_A } }, "A6130313233", 2 },
        { { { "61", "0100", "41", "0000040000", "02", KEY_A } }, "MA30313233", 2 },
        { { { "61", "0100", NULL, "0000040000", NULL, KEY_B } }, "30313233", 2 },
        { { { "61", "0100", NULL, "0000043000", NULL, KEY_A } }, "08080808", 6 },
    };
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    memcpy(house.memory + 64, "0123456789abcdefABCDEFGHIJKLMNOP", 32);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        house_expect_data(&house, &samples[i].registers, samples[i].tag_data, samples[i].commands);
}
END_TEST

START_TEST(the_kind_of_key_counts)
{
    const struct house_registers with_a = { { "61", "0100", NULL, "0000040000", NULL, "00010203040506" } };
    const struct house_registers with_b = { { "61", "0100", NULL, "0000040000", NULL, "80010203040506" } };
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    memcpy(house.keys[CARD_KEY_B][1], secret_key, sizeof secret_key);
    house_expect_no_match(&house, &with_a, 1);
    house_expect_data(&house, &with_b, "04040404", 2);
}
END_TEST

START_TEST(what_the_card_has_not_is_padded_or_no_match)
{
    const struct house_registers last = { { "61", "0B00", NULL, "00003E0000", NULL, KEY_A } };
    const struct house_registers trailer = { { "61", "0B00", NULL, "00003F0000", NULL, KEY_A } };
    const struct house_registers behind = { { "61", "0B00", NULL, "0000400000", NULL, KEY_A } };
    const struct house_registers shifted = { { "61", "0B00", NULL, "00003E1000", NULL, KEY_A } };
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    house_expect_data(&house, &last, "00000000000000000000000000000000"
                                     "3E3E3E3E3E3E3E3E3E3E3E3E3E3E3E3E", 2);
    house_expect_no_match(&house, &trailer, 0);
    house_expect_no_match(&house, &behind, 0);
    house_expect_no_match(&house, &shifted, 2);
}
END_TEST

START_TEST(a_later_sector_that_refuses_the_key_ends_all_there_is)
{
    const struct house_registers fixed = { { "61", "0B00", NULL, "0000060000", NULL, KEY_A } };
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    memcpy(house.keys[CARD_KEY_A][2], secret_key, sizeof secret_key);
    char *expected = data_of(0, 8);
    house_expect_data(&house, &all_from_block_0, expected, 4 + 4 + 2);
    ck_assert_uint_eq(house.restarts, 1);
    house_expect_no_match(&house, &fixed, 3);
    house.restart_error = CARD_ERROR_GONE;
    house_expect_failed(&house, &all_from_block_0, CARD_ERROR_GONE);
    free(expected);
}
END_TEST

START_TEST(a_block_that_may_not_be_read_is_no_match)
{
    const struct house_registers fixed = { { "61", "0B00", NULL, "0000040000", NULL, KEY_A } };
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    house.unreadable_block = 5;
    house.unreadable_status = 0x6982;
    house_expect_no_match(&house, &fixed, 3);
    house.unreadable_status = 0x6300;
    house_expect_no_match(&house, &fixed, 4);
    house_expect_no_match(&house, &all_from_block_0, 4 + 3 + 1);
}
END_TEST

START_TEST(the_sectors_of_an_application_follow_one_another)
{
    static const unsigned sectors[] = { 3, 5, 0 };
    const struct house_registers fixed = { { "61", "0B00", NULL, "4811000000", NULL, KEY_A } };
    const struct house_registers shifted = { { "61", "0100", NULL, "4811002E00", NULL, KEY_A } };
    const struct house_registers with_address = { { "61", "0100", NULL, "4811040000", NULL, KEY_A } };
    const struct house_registers other_order = { { "61", "0100", NULL, "1148000000", NULL, KEY_A } };
    struct house_card house;
    char expected[193];

    house_make_classic(&house, 64, HOUSE_16);
    put_mad(&house, MAD_1, sectors);
    char *first = data_of(12, 16);
    char *second = data_of(20, 24);
    snprintf(expected, sizeof expected, "%s%s", first, second);
    house_expect_data(&house, &all_of_4811, expected, 3 + 4 + 4);
    ck_assert_uint_eq(house.authentications, 3);
    expected[64] = '\0';
    house_expect_data(&house, &fixed, expected, 3 + 3);
    house_expect_data(&house, &shifted, "0E0E1414", 3 + 4 + 2);
    house_expect_data(&house, &with_address, "0C0C0C0C", 3 + 2);
    house_expect_no_match(&house, &other_order, 3);
    free(first);
    free(second);
}
END_TEST

START_TEST(the_second_directory_is_read_only_when_the_first_is_not_enough)
{
    static const unsigned first[] = { 2, 0 };
    static const unsigned second[] = { 20, 33, 0 };
    static const unsigned none[] = { 0 };
    const struct house_registers fixed = { { "61", "0B00", NULL, "4811000000", NULL, KEY_A } };
    struct house_card house;

    house_make_classic(&house, 256, HOUSE_16);
    put_mad(&house, MAD_1, first);
    put_mad(&house, MAD_2, second);
    char *parts[] = { data_of(8, 12), data_of(80, 84), data_of(144, 160) };
    char expected[3 * 32 + 3 * 32 + 15 * 32 + 1];
    snprintf(expected, sizeof expected, "%s%s%s", parts[0], parts[1], parts[2]);
    house_expect_data(&house, &all_of_4811, expected, 3 + 4 + 4 + 4 + 16);
    expected[64] = '\0';
    house_expect_data(&house, &fixed, expected, 3 + 3);

    house.memory[MAD_2_BLOCK * 16] ^= 0xFF; /* its CRC */
    house_expect_data(&house, &all_of_4811, parts[0], 3 + 4 + 4);
    memcpy(house.keys[CARD_KEY_A][16], secret_key, sizeof secret_key);
    house_expect_data(&house, &all_of_4811, parts[0], 3 + 4 + 1);

    put_mad(&house, MAD_1, none);
    put_mad(&house, MAD_2, none);
    house_expect_no_match(&house, &all_of_4811, 3 + 4);
    for (size_t i = 0; i < 3; i++)
        free(parts[i]);
}
END_TEST

START_TEST(a_card_without_a_good_directory_is_no_match)
{
    static const unsigned sectors[] = { 1, 0 };
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    house_expect_no_match(&house, &all_of_4811, 1);
    put_mad(&house, MAD_1, sectors);
    house.memory[16] ^= 0x01;
    house_expect_no_match(&house, &all_of_4811, 3);
    house.memory[16] ^= 0x01;
    house.unreadable_block = 2;
    house.unreadable_status = 0x6300;
    house_expect_no_match(&house, &all_of_4811, 4);
    house.unreadable_block = 0;
    memcpy(house.keys[CARD_KEY_A][1], secret_key, sizeof secret_key);
    house_expect_no_match(&house, &all_of_4811, 4);
}
END_TEST

START_TEST(the_sectors_of_a_directory_that_a_card_has_not_are_left_out)
{
    static const unsigned sectors[] = { 4, 5, 0 };
    struct house_card house;

    house_make_classic(&house, 20, HOUSE_16);
    put_mad(&house, MAD_1, sectors);
    char *expected = data_of(16, 20);
    house_expect_data(&house, &all_of_4811, expected, 3 + 4);
    free(expected);
}
END_TEST

START_TEST(a_card_that_leaves_gives_nothing)
{
    static const unsigned sectors[] = { 3, 5, 0 };
    static const int errors[] = { CARD_ERROR_GONE, CARD_ERROR_MUTE, CARD_ERROR_READER };
    struct house_card house;

    for (unsigned after = 1; after < 11; after++) {
        house_make_classic(&house, 64, HOUSE_16);
        put_mad(&house, MAD_1, sectors);
        house.leaves_after = after;
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
            house.leaves_with = errors[i];
            house_expect_failed(&house, &all_of_4811, (enum card_error) errors[i]);
        }
        house.leaves_with = 0;
        if (after != 3) /* after which it refuses the first key, which is no match */
            house_expect_failed(&house, &all_of_4811, CARD_ERROR_GONE);
    }
}
END_TEST

static const char *nonsense;

static size_t answer_nonsense(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    (void) house;
    (void) command;
    (void) command_bytes;
    return (size_t) hex_to_bytes(nonsense, strlen(nonsense), answer, 300);
}

START_TEST(what_is_no_answer_fails)
{
    static const char *const answers[] = { "", "90", "9000", "000102039000", "000102030405060708090A0B0C0D0E0F109000" };
    struct house_card house;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        house_make_classic(&house, 64, HOUSE_16);
        house.answer = answer_nonsense;
        nonsense = answers[i];
        house_expect_failed(&house, &all_from_block_0, CARD_ERROR_MUTE);
    }
}
END_TEST

START_TEST(only_a_mifare_classic_is_asked)
{
    struct house_card house;

    house_make_classic(&house, 64, HOUSE_16);
    house.card.protocol_bytes[2] = 0x00;
    house_expect_no_match(&house, &all_from_block_0, 0);
    house.card.protocol_bytes[2] = 0x20;
    house_expect_no_match(&house, &all_from_block_0, 0);
    house.card.technology = CARD_NFC_B;
    house.card.protocol_bytes[2] = 0x08;
    house_expect_no_match(&house, &all_from_block_0, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mifare_classic");
    TCase *all = tcase_create("all");

    tcase_add_test(all, all_of_a_card_comes_with_one_authentication_a_sector);
    tcase_add_test(all, blocks_follow_one_another_without_trailers);
    tcase_add_test(all, the_registers_make_the_text);
    tcase_add_test(all, the_kind_of_key_counts);
    tcase_add_test(all, what_the_card_has_not_is_padded_or_no_match);
    tcase_add_test(all, a_later_sector_that_refuses_the_key_ends_all_there_is);
    tcase_add_test(all, a_block_that_may_not_be_read_is_no_match);
    tcase_add_test(all, the_sectors_of_an_application_follow_one_another);
    tcase_add_test(all, the_second_directory_is_read_only_when_the_first_is_not_enough);
    tcase_add_test(all, a_card_without_a_good_directory_is_no_match);
    tcase_add_test(all, the_sectors_of_a_directory_that_a_card_has_not_are_left_out);
    tcase_add_test(all, a_card_that_leaves_gives_nothing);
    tcase_add_test(all, what_is_no_answer_fails);
    tcase_add_test(all, only_a_mifare_classic_is_asked);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
