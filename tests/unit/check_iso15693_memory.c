/* SPDX-License-Identifier: MIT */
#include "card_house.h"

#include "base/hex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct house_registers all_of_it = { { "54", "0F00", NULL, "000000" } };

static void expect_blocks(struct house_card *house, const struct house_registers *registers, unsigned first,
                          unsigned commands)
{
    char *expected = house_hex(house, first * house->unit_bytes, house->units * house->unit_bytes);

    house_expect_data(house, registers, expected, commands);
    free(expected);
}

START_TEST(all_there_is_comes_with_blocks_of_any_size)
{
    static const struct {
        unsigned blocks;
        size_t block_bytes;
        unsigned by_long;
        unsigned by_16;
        unsigned by_6c;
        unsigned by_6700;
        unsigned by_vague;
    } sizes[] = {
        { 28, 4, 1, 29, 31, 30, 10 },   /* NXP ICODE SLIX */
        { 64, 4, 3, 65, 67, 66, 20 },   /* TI Tag-it HF-I Plus, ST LRI2K */
        { 29, 8, 3, 30, 32, 32, 9 },
        { 16, 16, 3, 17, 19, 20, 8 },
        { 7, 32, 4, 8, 10, 12, 5 },
        { 4, 64, 4, 5, 7, 10, 5 },
        { 40, 1, 1, 41, 43, 47, 12 },
        { 40, 2, 1, 41, 43, 48, 21 },
    };
    struct house_card house;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        house_make_vicinity(&house, sizes[i].blocks, sizes[i].block_bytes, HOUSE_LONG);
        expect_blocks(&house, &all_of_it, 0, sizes[i].by_long);
        house_make_vicinity(&house, sizes[i].blocks, sizes[i].block_bytes, HOUSE_16);
        expect_blocks(&house, &all_of_it, 0, sizes[i].by_16);
        house_make_vicinity(&house, sizes[i].blocks, sizes[i].block_bytes, HOUSE_6C);
        expect_blocks(&house, &all_of_it, 0, sizes[i].by_6c);
        house_make_vicinity(&house, sizes[i].blocks, sizes[i].block_bytes, HOUSE_6700);
        expect_blocks(&house, &all_of_it, 0, sizes[i].by_6700);
        house_make_vicinity(&house, sizes[i].blocks, sizes[i].block_bytes, HOUSE_VAGUE);
        expect_blocks(&house, &all_of_it, 0, sizes[i].by_vague);
    }
}
END_TEST

START_TEST(the_largest_memory_ends_with_its_last_block)
{
    struct house_card house;

    house_make_vicinity(&house, 256, 64, HOUSE_LONG);
    expect_blocks(&house, &all_of_it, 0, 86);
    house_make_vicinity(&house, 256, 64, HOUSE_16);
    expect_blocks(&house, &all_of_it, 0, 256);
    house_make_vicinity(&house, 256, 4, HOUSE_LONG);
    expect_blocks(&house, &all_of_it, 0, 7);
}
END_TEST

START_TEST(a_reader_that_gives_some_blocks_at_once_is_asked_for_so_many)
{
    struct house_card house;

    house_make_vicinity(&house, 80, 4, HOUSE_LONG);
    house.most_bytes = 128;
    expect_blocks(&house, &all_of_it, 0, 4);
}
END_TEST

START_TEST(the_address_is_the_number_of_a_block)
{
    const struct house_registers from_26 = { { "54", "0F00", NULL, "1A0000" } };
    const struct house_registers eight = { { "54", "0200", NULL, "1A0000" } };
    const struct house_registers behind = { { "54", "0100", NULL, "1C0000" } };
    struct house_card house;

    house_make_vicinity(&house, 28, 4, HOUSE_LONG);
    expect_blocks(&house, &from_26, 26, 1);
    expect_blocks(&house, &eight, 26, 1);
    house_expect_no_match(&house, &behind, 1);
    house_make_vicinity(&house, 28, 8, HOUSE_16);
    expect_blocks(&house, &from_26, 26, 3);
    house_expect_no_match(&house, &behind, 1);
    house_make_vicinity(&house, 28, 4, HOUSE_VAGUE);
    house_expect_no_match(&house, &behind, 1);
}
END_TEST

START_TEST(the_registers_make_the_text)
{
    static const struct {
        struct house_registers registers;
        const char *tag_data;
        /* Blocks of 4: a reader that gives all, one block, says 6C, says 67 00. Blocks of 8: one block. */
        unsigned commands[5];
    } samples[] = {
        { { { "54", "0100", NULL, "020000" } }, "08090A0B", { 1, 1, 1, 1, 0 } },
        { { { "54", "0000", NULL, "020000" } }, "0134810123", { 1, 1, 1, 1, 0 } },
        { { { "54", "0200", NULL, "020000" } }, "08090A0B0C0D0E0F", { 1, 2, 3, 3, 0 } },
        { { { "54", "0800", NULL, "020000" } }, "08090A0B0C0D0E0F1011121314151617", { 1, 4, 6, 5, 0 } },
        { { { "54", "8100", NULL, "020000" } }, "0B0A0908", { 1, 1, 1, 1, 0 } },
        { { { "54", "1100", NULL, "020000" } }, "8090A0B", { 1, 1, 1, 1, 0 } },
        { { { "54", "0100", NULL, "020200" } }, "0A0B0C0D", { 1, 2, 3, 3, 0 } },
        { { { "54", "0100", NULL, "020004" } }, "8090A0B0", { 1, 2, 3, 3, 0 } },
        { { { "54", "0100", "41", "020000", "01" } }, "54A08090A0B", { 1, 1, 1, 1, 0 } },
        { { { "54", "0100", "41", "020000", "0A" } }, "A08090A0BV", { 1, 1, 1, 1, 0 } },
        { { { "54", "4400", NULL, "100000" } }, "@ABC", { 1, 1, 1, 1, 0 } },
        { { { "54", "D008", NULL, "100000" } }, "GFEDCBA@", { 1, 2, 3, 3, 0 } },
        { { { "54", "0100", NULL, "010000" } }, "08090A0B", { 0, 0, 0, 0, 1 } },
        { { { "54", "0400", NULL, "010000" } }, "08090A0B0C0D0E0F1011", { 0, 0, 0, 0, 2 } },
    };
    static const enum house_reader readers[] = { HOUSE_LONG, HOUSE_16, HOUSE_6C, HOUSE_6700, HOUSE_16 };
    struct house_card house;

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        for (size_t k = 0; k < 5; k++) {
            if (samples[i].commands[k] == 0)
                continue;
            house_make_vicinity(&house, 28, k == 4 ? 8 : 4, readers[k]);
            house_expect_data(&house, &samples[i].registers, samples[i].tag_data, samples[i].commands[k]);
        }
    }
}
END_TEST

START_TEST(the_right_length_may_be_told)
{
    const struct house_registers four = { { "54", "0100", NULL, "000000" } };
    struct house_card house;

    house_make_vicinity(&house, 28, 8, HOUSE_6C);
    house_expect_data(&house, &four, "00010203", 2);
    house_make_vicinity(&house, 28, 8, HOUSE_6700);
    house_expect_data(&house, &four, "00010203", 2);
    memcpy(house.card.uid, "\xE0\x08", 2);
    house_expect_data(&house, &four, "00010203", 1);
    memcpy(house.card.uid, "\x08\x07\x06\x05\x04\x03\x08\xE0", 8);
    house_expect_data(&house, &four, "00010203", 1);
}
END_TEST

START_TEST(what_the_memory_lacks_is_padded)
{
    const struct house_registers left = { { "54", "0800", NULL, "1B0000" } };
    const struct house_registers right = { { "54", "2800", NULL, "1B0000" } };
    const struct house_registers shifted = { { "54", "0800", NULL, "1B0400" } };
    struct house_card house;

    house_make_vicinity(&house, 28, 4, HOUSE_LONG);
    house_expect_data(&house, &left, "0000000000000000000000006C6D6E6F", 1);
    house_expect_data(&house, &right, "6C6D6E6FFFFFFFFFFFFFFFFFFFFFFFFF", 1);
    house_expect_no_match(&house, &shifted, 1);
    house_make_vicinity(&house, 28, 4, HOUSE_16);
    house_expect_data(&house, &left, "0000000000000000000000006C6D6E6F", 2);
    house_make_vicinity(&house, 28, 4, HOUSE_VAGUE);
    house_expect_data(&house, &left, "0000000000000000000000006C6D6E6F", 4);
}
END_TEST

START_TEST(memory_of_equal_bytes_has_blocks_of_four)
{
    struct house_card house;

    house_make_vicinity(&house, 64, 4, HOUSE_LONG);
    memset(house.memory, 0, sizeof house.memory);
    expect_blocks(&house, &all_of_it, 0, 3);
    house_make_vicinity(&house, 64, 8, HOUSE_LONG);
    memset(house.memory, 0, sizeof house.memory);
    memcpy(house.card.uid, "\xE0\x08", 2);
    expect_blocks(&house, &all_of_it, 0, 4);
}
END_TEST

START_TEST(a_protected_block_is_no_match)
{
    const struct house_registers eight = { { "54", "0200", NULL, "000000" } };
    const struct house_registers behind = { { "54", "0100", NULL, "080000" } };
    struct house_card house;

    house_make_vicinity(&house, 28, 4, HOUSE_16);
    house.protected_from = 8;
    house_expect_no_match(&house, &all_of_it, 9);
    house_expect_no_match(&house, &behind, 1);
    house_expect_data(&house, &eight, "0001020304050607", 2);
}
END_TEST

START_TEST(a_card_that_leaves_gives_nothing)
{
    struct house_card house;

    for (unsigned after = 1; after < 29; after++) {
        house_make_vicinity(&house, 28, 4, HOUSE_16);
        house.leaves_after = after;
        house.leaves_with = CARD_ERROR_GONE;
        house_expect_failed(&house, &all_of_it, CARD_ERROR_GONE);
        house.leaves_with = CARD_ERROR_MUTE;
        house_expect_failed(&house, &all_of_it, CARD_ERROR_MUTE);
        house.leaves_with = 0; /* the reader says 6300 */
        house_expect_failed(&house, &all_of_it, CARD_ERROR_MUTE);
    }
}
END_TEST

static const char *nonsense;

static size_t answer_nonsense(struct house_card *house, const uint8_t *command, size_t command_bytes, uint8_t *answer)
{
    (void) house;
    (void) command;
    (void) command_bytes;
    int count = hex_to_bytes(nonsense, strlen(nonsense), answer, 300);
    return (size_t) count;
}

START_TEST(what_is_no_answer_fails)
{
    static const char *const answers[] = { "", "90", "9000" };
    struct house_card house;
    char many[2 * 258 + 1];

    house_make_vicinity(&house, 28, 4, HOUSE_LONG);
    house.answer = answer_nonsense;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        nonsense = answers[i];
        house_expect_failed(&house, &all_of_it, CARD_ERROR_MUTE);
    }
    memset(many, '1', sizeof many);
    memcpy(many + 512, "9000", 5);
    nonsense = many; /* 256 bytes, whatever is asked for, until there is no block any more */
    const struct house_registers four = { { "54", "0100", NULL, "000000" } };
    house_expect_data(&house, &four, "11111111", 1);
}
END_TEST

/* The reader takes 12 bytes, not more. */
#define UP_TO_12 "FFB00000C0", "6300", "FFB0000030", "6300", "FFB000000C", "000102030405060708090A0B" "9000"

static void expect_script(const char *const *script, const struct house_registers *registers, const char *tag_data,
                          unsigned commands)
{
    struct house_card house;

    house_make_vicinity(&house, 1, 4, HOUSE_LONG);
    house_play(&house, script);
    if (tag_data != NULL)
        house_expect_data(&house, registers, tag_data, commands);
    else
        house_expect_failed(&house, registers, CARD_ERROR_MUTE);
    ck_assert_ptr_null(house.script[0]);
}

START_TEST(two_answers_show_the_size_of_a_block)
{
    static const char *const three[] = { UP_TO_12, "FFB000010C", "030405060708090A0B0C0D0E" "9000",
                                         "FFB000050C", "0F1011" "6282", NULL };
    static const char *const four[] = { UP_TO_12, "FFB000010C", "04050607" "6282", NULL };
    static const char *const not_reached[] = { UP_TO_12, "FFB000010C", "6300", "FFB0000304", "0C0D0E0F" "9000",
                                               "FFB0000404", "6A82", NULL };
    static const char *const changed[] = { UP_TO_12, "FFB000010C", "A0A1A2A3A4A5A6A7A8A9AAAB" "9000", NULL };

    expect_script(three, &all_of_it, "000102030405060708090A0B0C0D0E0F1011", 5);
    expect_script(four, &all_of_it, "000102030405060708090A0B", 4);
    expect_script(not_reached, &all_of_it, "000102030405060708090A0B0C0D0E0F", 6);
    expect_script(changed, &all_of_it, NULL, 0);
}
END_TEST

START_TEST(a_length_that_is_told_may_be_refused_later)
{
    static const char *const script[] = {
        "FFB00000C0", "6C08", "FFB0000008", "6300", "FFB0000030", "6300", "FFB000000C", "11121314151617189000",
        "FFB0000108", "21222324252627289000", "FFB0000208", "6A82", NULL,
    };
    static const char *const longer[] = {
        "FFB00000C0", "6C08", "FFB0000008", "6300", "FFB0000030", "6300", "FFB000000C",
        "11121314151617181112131415161718" "9000", "FFB0000110", "6A82", NULL,
    };

    expect_script(script, &all_of_it, "11121314151617182122232425262728", 6);
    expect_script(longer, &all_of_it, "11121314151617181112131415161718", 5);
}
END_TEST

START_TEST(what_no_reader_gives_fails)
{
    static const char *const too_long[] = {
        "FFB00000C0", "6300", "FFB0000030", "6300", "FFB000000C", "6300", "FFB0000004",
        "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
        "11111111111111111111111111111111111111111111111111111111111111111111" "9000", NULL,
    };
    static const char *const no_block[] = { "FFB00000C0", "11121314" "9000", "FFB0000104", "212223" "9000", NULL };

    expect_script(too_long, &all_of_it, NULL, 0);
    expect_script(no_block, &all_of_it, NULL, 0);
}
END_TEST

START_TEST(there_is_no_block_256)
{
    static const char *const last[] = { "FFB000FFC0", "6300", "FFB000FF30", "6300", "FFB000FF0C",
                                        "000102030405060708090A0B" "9000", NULL };
    const struct house_registers from_255 = { { "54", "0F00", NULL, "FF0000" } };
    struct house_card house;

    house_make_vicinity(&house, 256, 4, HOUSE_16);
    expect_blocks(&house, &all_of_it, 0, 256);
    expect_blocks(&house, &from_255, 255, 1);
    expect_script(last, &from_255, "000102030405060708090A0B", 3);
}
END_TEST

START_TEST(a_card_that_leaves_at_its_end_gives_nothing)
{
    struct house_card house;

    house_make_vicinity(&house, 28, 4, HOUSE_VAGUE);
    house.leaves_after = 9; /* of the 10 commands */
    house.leaves_with = CARD_ERROR_GONE;
    house_expect_failed(&house, &all_of_it, CARD_ERROR_GONE);
    house.leaves_with = 0;
    house_expect_failed(&house, &all_of_it, CARD_ERROR_MUTE);
    house.leaves_after = 0;
    house.card.uid_bytes = 4; /* whatever identifier it has */
    expect_blocks(&house, &all_of_it, 0, 10);
}
END_TEST

START_TEST(only_a_vicinity_card_is_asked)
{
    struct house_card house;

    house_make_vicinity(&house, 28, 4, HOUSE_LONG);
    house.card.technology = CARD_NFC_A;
    house_expect_no_match(&house, &all_of_it, 0);
    house.card.technology = CARD_PICOTAG_V;
    house_expect_no_match(&house, &all_of_it, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iso15693_memory");
    TCase *all = tcase_create("all");

    tcase_add_test(all, all_there_is_comes_with_blocks_of_any_size);
    tcase_add_test(all, the_largest_memory_ends_with_its_last_block);
    tcase_add_test(all, a_reader_that_gives_some_blocks_at_once_is_asked_for_so_many);
    tcase_add_test(all, the_address_is_the_number_of_a_block);
    tcase_add_test(all, the_registers_make_the_text);
    tcase_add_test(all, the_right_length_may_be_told);
    tcase_add_test(all, what_the_memory_lacks_is_padded);
    tcase_add_test(all, memory_of_equal_bytes_has_blocks_of_four);
    tcase_add_test(all, a_protected_block_is_no_match);
    tcase_add_test(all, a_card_that_leaves_gives_nothing);
    tcase_add_test(all, what_is_no_answer_fails);
    tcase_add_test(all, two_answers_show_the_size_of_a_block);
    tcase_add_test(all, a_length_that_is_told_may_be_refused_later);
    tcase_add_test(all, what_no_reader_gives_fails);
    tcase_add_test(all, there_is_no_block_256);
    tcase_add_test(all, a_card_that_leaves_at_its_end_gives_nothing);
    tcase_add_test(all, only_a_vicinity_card_is_asked);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
