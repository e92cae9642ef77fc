/* SPDX-License-Identifier: MIT */
#include "card_house.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every size that NXP sells, by the pages that can be read and the page behind the user memory. */
static const struct size {
    const char *name;
    unsigned pages;
    unsigned user_end;
    /* Commands for all of the user memory from page 4 on, without and with a capability container. */
    unsigned by_long;
    unsigned by_16;
    unsigned by_6c;
    unsigned by_vague;
    uint8_t cc_size;
    unsigned cc_end;
    unsigned with_cc;
} sizes[] = {
    { "UltraLight", 16, 16, 2, 5, 6, 7, 0x06, 16, 2 },
    { "UltraLight C", 44, 40, 2, 12, 13, 14, 0x12, 40, 2 },
    { "UltraLight EV1 48, NTAG210", 20, 16, 2, 6, 7, 8, 0x06, 16, 2 },
    { "UltraLight EV1 128, NTAG212", 41, 36, 3, 13, 14, 15, 0x10, 36, 2 },
    { "NTAG203", 42, 40, 3, 13, 14, 15, 0x12, 40, 2 },
    { "NTAG213", 45, 40, 3, 14, 15, 16, 0x12, 40, 2 },
    { "NTAG215", 135, 130, 5, 36, 37, 38, 0x3E, 128, 4 },
    { "NTAG216", 231, 226, 6, 60, 61, 62, 0x6D, 222, 5 },
};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const struct house_registers all_from_page_4 = { { "62", "0F00", NULL, "040000" } };

static void put_cc(struct house_card *house, uint8_t size)
{
    const uint8_t cc[] = { 0xE1, 0x10, size, 0x00 };

    memcpy(house->memory + 12, cc, sizeof cc);
}

static void expect_pages(struct house_card *house, const struct house_registers *registers, unsigned first,
                         unsigned end, unsigned commands)
{
    char *expected = house_hex(house, (size_t) first * 4, (size_t) end * 4);

    house_expect_data(house, registers, expected, commands);
    free(expected);
}

START_TEST(all_there_is_ends_with_the_user_memory_on_any_reader)
{
    const struct size *size = &sizes[_i];
    struct house_card house;

    house_make_type_2(&house, size->pages, HOUSE_LONG);
    expect_pages(&house, &all_from_page_4, 4, size->user_end, size->by_long);
    ck_assert_uint_eq(house.restarts, 0);
    house_make_type_2(&house, size->pages, HOUSE_16);
    expect_pages(&house, &all_from_page_4, 4, size->user_end, size->by_16);
    house_make_type_2(&house, size->pages, HOUSE_6C);
    expect_pages(&house, &all_from_page_4, 4, size->user_end, size->by_6c);
    house_make_type_2(&house, size->pages, HOUSE_6700);
    expect_pages(&house, &all_from_page_4, 4, size->user_end, size->by_6c);
    house_make_type_2(&house, size->pages, HOUSE_VAGUE);
    expect_pages(&house, &all_from_page_4, 4, size->user_end, size->by_vague);
}
END_TEST

START_TEST(a_capability_container_says_where_it_ends)
{
    const struct size *size = &sizes[_i];
    struct house_card house;

    house_make_type_2(&house, size->pages, HOUSE_LONG);
    put_cc(&house, size->cc_size);
    expect_pages(&house, &all_from_page_4, 4, size->cc_end, size->with_cc);
}
END_TEST

START_TEST(nothing_is_rolled_over_at_the_last_pages)
{
    static const enum house_reader readers[] = { HOUSE_LONG, HOUSE_16, HOUSE_6C, HOUSE_6700, HOUSE_VAGUE };
    const struct size *size = &sizes[_i];

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        for (unsigned back = 1; back <= 4; back++) {
            struct house_card house;
            char location[7];
            char expected[33];
            unsigned first = size->pages - back;

            house_make_type_2(&house, size->pages, readers[i]);
            snprintf(location, sizeof location, "%02X0000", first);
            char *pages = house_hex(&house, (size_t) first * 4, (size_t) size->pages * 4);
            snprintf(expected, sizeof expected, "%.*s%s", (int) (32 - strlen(pages)),
                     "00000000000000000000000000000000", pages);
            /* One more to see that the page behind is not there; a reader that does not say why, one for what is. */
            unsigned commands = back == 4 ? 1 : readers[i] == HOUSE_VAGUE ? 3 : 2;
            const struct house_registers registers = { { "62", "0800", NULL, location } };
            house_expect_data(&house, &registers, expected, commands);
            ck_assert_uint_eq(house.restarts, commands == 3 ? 1 : 0);
            free(pages);
        }
    }
}
END_TEST

START_TEST(a_page_that_is_not_there_is_no_match)
{
    const struct size *size = &sizes[_i];
    struct house_card house;
    char location[7];

    snprintf(location, sizeof location, "%02X0000", size->pages);
    const struct house_registers fixed = { { "62", "0100", NULL, location } };
    house_make_type_2(&house, size->pages, HOUSE_LONG);
    house_expect_no_match(&house, &fixed, 1);
    house_make_type_2(&house, size->pages, HOUSE_VAGUE);
    house_expect_no_match(&house, &fixed, 1);
    ck_assert(!house.asleep);
    const struct house_registers variable = { { "62", "0F00", NULL, location } };
    house_make_type_2(&house, size->pages, HOUSE_16);
    house_expect_no_match(&house, &variable, 3);
}
END_TEST

START_TEST(an_address_behind_the_user_memory_reads_to_the_last_page)
{
    const struct house_registers registers = { { "62", "0F00", NULL, "280000" } };
    struct house_card house;

    house_make_type_2(&house, 45, HOUSE_LONG);
    memset(house.memory + 43 * 4, 0, 8); /* the password and its acknowledge are read as 00 */
    expect_pages(&house, &registers, 40, 45, 3);
    put_cc(&house, 0x12);
    expect_pages(&house, &registers, 40, 45, 3);
}
END_TEST

START_TEST(all_there_is_may_begin_in_the_first_pages)
{
    static const char *const locations[] = { "000000", "010000", "020000", "030000" };
    struct house_card house;

    house_make_type_2(&house, 45, HOUSE_LONG);
    put_cc(&house, 0x12);
    for (unsigned first = 0; first < 4; first++) {
        const struct house_registers registers = { { "62", "0F00", NULL, locations[first] } };
        expect_pages(&house, &registers, first, 40, 2);
    }
}
END_TEST

START_TEST(a_password_ends_the_memory_before_its_first_page)
{
    const struct house_registers sixteen = { { "62", "0800", NULL, "080000" } };
    struct house_card house;

    house_make_type_2(&house, 10, HOUSE_LONG); /* AUTH0 = 10 */
    expect_pages(&house, &all_from_page_4, 4, 10, 3);
    house_expect_data(&house, &sixteen, "00000000000000000809F7A5090AF6A5", 2);
    put_cc(&house, 0x06);
    expect_pages(&house, &all_from_page_4, 4, 10, 3);
    house_make_type_2(&house, 15, HOUSE_LONG); /* all of the data area is answered, its last page by page 0 */
    put_cc(&house, 0x06);
    expect_pages(&house, &all_from_page_4, 4, 15, 3);
}
END_TEST

START_TEST(data_that_looks_like_page_0_is_data)
{
    const struct house_registers sixteen = { { "62", "0800", NULL, "040000" } };
    struct house_card house;

    house_make_type_2(&house, 20, HOUSE_LONG);
    memcpy(house.memory + 24, house.memory, 8);
    expect_pages(&house, &sixteen, 4, 8, 2);
    for (int i = 4; i < 16; i++)
        memcpy(house.memory + (size_t) i * 4, house.memory, 4);
    expect_pages(&house, &sixteen, 4, 8, 4);
    house_make_type_2(&house, 16, HOUSE_VAGUE);
    for (int i = 4; i < 16; i++)
        memcpy(house.memory + (size_t) i * 4, house.memory, 4);
    expect_pages(&house, &all_from_page_4, 4, 16, 10);
}
END_TEST

START_TEST(page_0_is_read_where_the_identifier_does_not_tell_it)
{
    const struct house_registers sixteen = { { "62", "0800", NULL, "0E0000" } };
    const struct house_registers four = { { "62", "0100", NULL, "0F0000" } };
    struct house_card house;

    house_make_type_2(&house, 16, HOUSE_LONG);
    memcpy(house.card.uid, "\x08\x11\x22\x33", 4);
    house.card.uid_bytes = 4;
    house_expect_data(&house, &sixteen, "00000000000000000E0FF1A50F10F0A5", 3);
    house_expect_data(&house, &four, "0F10F0A5", 1);
}
END_TEST

START_TEST(the_registers_make_the_text)
{
    static const struct {
        struct house_registers registers;
        const char *tag_data;
    } samples[] = {
        { { { "62", "0000", NULL, "040000" } }, "0067500965" },
        { { { "62", "0100", NULL, "040000" } }, "0405FBA5" },
        { { { "62", "0200", NULL, "040000" } }, "0405FBA50506FAA5" },
        { { { "62", "0300", NULL, "040000" } }, "0405FBA505" },
        { { { "62", "0500", NULL, "040000" } }, "0405FBA50506FA" },
        { { { "62", "0800", NULL, "040000" } }, "0405FBA50506FAA50607F9A50708F8A5" },
        { { { "62", "0C00", NULL, "040000" } }, "017280247045" },
        { { { "62", "8100", NULL, "040000" } }, "A5FB0504" },
        { { { "62", "1100", NULL, "040000" } }, "405FBA5" },
        { { { "62", "0100", NULL, "040100" } }, "05FBA505" },
        { { { "62", "0100", NULL, "040104" } }, "5FBA5050" },
        { { { "62", "8100", NULL, "040104" } }, "5050BA5F" },
        { { { "62", "0100", "503D", "040000", "05" } }, "P=620405FBA5" },
        { { { "62", "0100", "503D", "040000", "02" } }, "UP=0405FBA5" },
        { { { "62", "0100", "5C74", "040000", "0A" } }, "\t0405FBA5U" },
        { { { "62", "4000", NULL, "080000" } }, "Hello" },
        { { { "62", "4400", NULL, "080000" } }, "Hell" },
        { { { "62", "C400", NULL, "080000" } }, "lleH" },
        { { { "62", "6700", NULL, "080000" } }, "Hello  " },
        { { { "62", "5003", NULL, "080100" } }, "ell" },
        { { { "62" } }, "0075345503" },
    };
    struct house_card house;

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        house_make_type_2(&house, 45, HOUSE_16);
        memcpy(house.memory + 32, "Hello", 6);
        house_expect_data(&house, &samples[i].registers, samples[i].tag_data, 1);
    }
}
END_TEST

START_TEST(a_long_string_takes_the_fewest_reads)
{
    const struct house_registers registers = { { "62", "50FF", NULL, "040000" } };
    char text[256];
    struct house_card house;

    for (size_t i = 0; i < 255; i++)
        text[i] = (char) ('A' + i % 26);
    text[255] = '\0';
    house_make_type_2(&house, 135, HOUSE_LONG);
    memcpy(house.memory + 16, text, 255);
    house_expect_data(&house, &registers, text, 2);
    house.reader = HOUSE_16;
    house_expect_data(&house, &registers, text, 16);
    house.reader = HOUSE_6C;
    house_expect_data(&house, &registers, text, 17);
    house.reader = HOUSE_VAGUE;
    house_expect_data(&house, &registers, text, 17);
    ck_assert_uint_eq(house.restarts, 0);
    house.touches = true;
    house_expect_data(&house, &registers, text, 18);
    ck_assert_uint_eq(house.restarts, 1);
}
END_TEST

START_TEST(a_shift_beyond_the_memory_is_no_match)
{
    const struct house_registers registers = { { "62", "0100", NULL, "0F0400" } };
    struct house_card house;

    house_make_type_2(&house, 16, HOUSE_LONG);
    house_expect_no_match(&house, &registers, 2);
}
END_TEST

START_TEST(a_tag_that_leaves_gives_nothing)
{
    struct house_card house;

    for (unsigned after = 1; after < 13; after++) {
        house_make_type_2(&house, 44, HOUSE_16);
        house.leaves_after = after;
        house.leaves_with = CARD_ERROR_GONE;
        if (after < 12)
            house_expect_failed(&house, &all_from_page_4, CARD_ERROR_GONE);
        house_make_type_2(&house, 44, HOUSE_VAGUE);
        house.leaves_after = after;
        house_expect_failed(&house, &all_from_page_4, CARD_ERROR_GONE);
    }
    house_make_type_2(&house, 44, HOUSE_16);
    house.leaves_after = 1;
    house.leaves_with = CARD_ERROR_MUTE;
    house_expect_failed(&house, &all_from_page_4, CARD_ERROR_MUTE);
}
END_TEST

START_TEST(another_tag_in_its_place_is_seen)
{
    struct house_card house;

    house_make_type_2(&house, 16, HOUSE_VAGUE);
    house.restart_error = CARD_ERROR_GONE;
    house_expect_failed(&house, &all_from_page_4, CARD_ERROR_GONE);
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
    static const char *const answers[] = { "", "90", "9000", "01029000", "0102039000" };
    const struct house_registers fixed = { { "62", "0100", NULL, "040000" } };
    struct house_card house;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        house_make_type_2(&house, 16, HOUSE_LONG);
        house.answer = answer_nonsense;
        nonsense = answers[i];
        house_expect_failed(&house, &fixed, CARD_ERROR_MUTE);
        house_expect_failed(&house, &all_from_page_4, CARD_ERROR_MUTE);
    }
    nonsense = "010203049000"; /* of four pages only one, again and again: fine, but not for the header */
    house_expect_data(&house, &fixed, "01020304", 1);
    house_expect_failed(&house, &all_from_page_4, CARD_ERROR_MUTE);
    nonsense = "6982";
    house_expect_no_match(&house, &fixed, 1);
    house_expect_no_match(&house, &all_from_page_4, 1);
    house.restart_error = CARD_ERROR_GONE;
    house_expect_failed(&house, &fixed, CARD_ERROR_GONE);
}
END_TEST

START_TEST(a_tag_that_leaves_while_its_end_is_looked_for_gives_nothing)
{
    const struct house_registers sixteen = { { "62", "0800", NULL, "0E0000" } };
    struct house_card house;

    house_make_type_2(&house, 16, HOUSE_LONG);
    house.leaves_after = 1; /* the page behind the last one, and page 0 where it must be read */
    house.leaves_with = CARD_ERROR_GONE;
    house_expect_failed(&house, &sixteen, CARD_ERROR_GONE);
    house.card.uid_bytes = 4;
    house_expect_failed(&house, &sixteen, CARD_ERROR_GONE);
    house.leaves_with = 0;
    house.card.restart = NULL;
    house_expect_failed(&house, &sixteen, CARD_ERROR_MUTE);
    house.card.uid_bytes = 7;
    house_expect_failed(&house, &sixteen, CARD_ERROR_MUTE);
}
END_TEST

START_TEST(a_page_that_changes_in_mid_read_gives_nothing)
{
    static const char *const script[] = { "FFB0000E10", "0E0FF1A50F10F0A5047DAE5F02C84080" "9000", "FFB0001010", "6300",
                                          "FFB0000E10", "FE0FF1A50F10F0A5047DAE5F02C84080" "9000", NULL };
    const struct house_registers sixteen = { { "62", "0800", NULL, "0E0000" } };
    struct house_card house;

    house_make_type_2(&house, 16, HOUSE_LONG);
    house_play(&house, script);
    house_expect_failed(&house, &sixteen, CARD_ERROR_MUTE);
}
END_TEST

START_TEST(only_a_type_2_tag_is_asked)
{
    /* PC/SC: UltraLight, Classic 1K; then by SAK: 20, 08, 00 */
    static const char *const atrs[] = { "3B8F8001804F0CA0000003060300030000000068",
                                        "3B8F8001804F0CA000000306030001000000006A" };
    const struct house_registers registers = { { "62", "0100", NULL, "040000" } };
    struct house_card house;

    house_make_type_2(&house, 16, HOUSE_LONG);
    house.card.atr_bytes = (size_t) hex_to_bytes(atrs[0], strlen(atrs[0]), house.card.atr, sizeof house.card.atr);
    house_expect_data(&house, &registers, "0405FBA5", 1);
    house.card.atr_bytes = (size_t) hex_to_bytes(atrs[1], strlen(atrs[1]), house.card.atr, sizeof house.card.atr);
    house_expect_no_match(&house, &registers, 0);
    house.card.atr_bytes = 0;
    house.card.protocol_bytes[2] = 0x20;
    house_expect_no_match(&house, &registers, 0);
    house.card.protocol_bytes[2] = 0x08;
    house_expect_no_match(&house, &registers, 0);
    house.card.technology = CARD_NFC_V;
    house_expect_no_match(&house, &registers, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mifare_ultralight");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, all_there_is_ends_with_the_user_memory_on_any_reader, 0, SIZES);
    tcase_add_loop_test(all, a_capability_container_says_where_it_ends, 0, SIZES);
    tcase_add_loop_test(all, nothing_is_rolled_over_at_the_last_pages, 0, SIZES);
    tcase_add_loop_test(all, a_page_that_is_not_there_is_no_match, 0, SIZES);
    tcase_add_test(all, an_address_behind_the_user_memory_reads_to_the_last_page);
    tcase_add_test(all, all_there_is_may_begin_in_the_first_pages);
    tcase_add_test(all, a_password_ends_the_memory_before_its_first_page);
    tcase_add_test(all, data_that_looks_like_page_0_is_data);
    tcase_add_test(all, page_0_is_read_where_the_identifier_does_not_tell_it);
    tcase_add_test(all, the_registers_make_the_text);
    tcase_add_test(all, a_long_string_takes_the_fewest_reads);
    tcase_add_test(all, a_shift_beyond_the_memory_is_no_match);
    tcase_add_test(all, a_tag_that_leaves_gives_nothing);
    tcase_add_test(all, another_tag_in_its_place_is_seen);
    tcase_add_test(all, what_is_no_answer_fails);
    tcase_add_test(all, a_tag_that_leaves_while_its_end_is_looked_for_gives_nothing);
    tcase_add_test(all, a_page_that_changes_in_mid_read_gives_nothing);
    tcase_add_test(all, only_a_type_2_tag_is_asked);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
