/* SPDX-License-Identifier: MIT */
#include "card_house.h"

#include "base/apdu.h"
#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SELECT "00A4040007D276000085010100"
#define READ "00B0000008"

/* In memory of exactly that size, so that a sanitizer sees each byte too many. */
static bool is_valid(const char *hex)
{
    uint8_t bytes[64];
    size_t size_bytes = (size_t) hex_to_bytes(hex, strlen(hex), bytes, sizeof bytes);
    uint8_t *exact = memory_copy(bytes, size_bytes);
    bool valid = apdu_is_command(exact, size_bytes);

    free(exact);
    return valid;
}

START_TEST(an_apdu_has_one_of_four_forms)
{
    static const char *const good[] = {
        "00A40000", "00B00000FF", "00B0000000", "00A40400023F00", "00A40400023F0000", "00A4040001AA", "00A4040001AA05",
        "80CA9F7F00", "90600000", "0020000018000102030405060708090A0B0C0D0E0F1011121314151617",
        "00D600001B000102030405060708090A0B0C0D0E0F101112131415161718191A",
        "00D600001A000102030405060708090A0B0C0D0E0F1011121314151617181900",
    };
    static const char *const bad[] = {
        "", "00", "00A4", "00A400", "FFCA000000", "FFB00004", "00A40400033F00", "00A40400013F0000", "00A4040000AA",
        "00A4040000AABB", "00B000000001",
        "00B00000000100",
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(is_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!is_valid(bad[i]), "%s", bad[i]);
    ck_assert(!apdu_is_command(NULL, 0));
}
END_TEST

START_TEST(the_data_of_the_last_answer_is_put_out)
{
    static const struct {
        struct house_registers registers;
        const char *script[7];
        const char *tag_data;
        unsigned commands;
    } samples[] = {
        { { { "13", "0F00", NULL, NULL, NULL, READ } }, { READ, "0102030405060708" "9000" }, "0102030405060708", 1 },
        { { { "13", "0F00", NULL, NULL, NULL, SELECT, READ } }, { SELECT, "6F009000", READ, "AABB9000" }, "AABB", 2 },
        { { { "13", "0F00", NULL, NULL, NULL, SELECT, "00A4000C02E104", READ } },
          { SELECT, "9000", "00A4000C02E104", "9000", READ, "AABB9000" }, "AABB", 3 },
        { { { "13", "0F00", NULL, NULL, NULL, NULL, NULL, READ } }, { READ, "AABB9000" }, "AABB", 1 },
        { { { "13", "0F00", NULL, NULL, NULL, SELECT, NULL, READ } }, { SELECT, "9000", READ, "AABB9000" }, "AABB", 2 },
        { { { "13", "0F00", NULL, NULL, NULL, READ } }, { READ, "AABB9100" }, "AABB", 1 },
        { { { "13", "0000", NULL, NULL, NULL, READ } }, { READ, "000000FF01029000" }, "0000000255", 1 },
        { { { "13", "0100", NULL, NULL, NULL, READ } }, { READ, "01029000" }, "00000102", 1 },
        { { { "13", "2100", NULL, NULL, NULL, READ } }, { READ, "01029000" }, "0102FFFF", 1 },
        { { { "13", "8100", NULL, NULL, NULL, READ } }, { READ, "01020304059000" }, "04030201", 1 },
        { { { "13", "0100", NULL, "0104", NULL, READ } }, { READ, "0102030405069000" }, "20304050", 1 },
        { { { "13", "4000", NULL, NULL, NULL, READ } }, { READ, "48656C6C6F0021" "9000" }, "Hello", 1 },
        { { { "13", "4300", NULL, "0100", NULL, READ } }, { READ, "48656C6C6F" "9000" }, "ell", 1 },
        { { { "13", "C300", NULL, NULL, NULL, READ } }, { READ, "48656C6C6F" "9000" }, "leH", 1 },
        { { { "13", "0F00", "503D", NULL, "05", READ } }, { READ, "AA9000" }, "P=1FAA", 1 },
        { { { "13", "0F00", "503D", NULL, "0A", READ } }, { READ, "AA9000" }, "P=AAT", 1 },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct house_card house;
        house_make_apdus(&house, CARD_NFC_A, samples[i].script);
        house_expect_data(&house, &samples[i].registers, samples[i].tag_data, samples[i].commands);
        ck_assert_ptr_null(house.script[0]);
    }
}
END_TEST

START_TEST(an_answer_in_several_parts_is_put_together)
{
    static const char *const chain[] = { READ, "01026102", "00C0000002", "03046101", "00C0000001", "059000", NULL };
    static const char *const length[] = { "00B0000008", "6C03", "00B0000003", "0102039000", NULL };
    static const char *const first[] = { SELECT, "6105", "00C0000005", "0102030405" "9000", READ, "AA9000", NULL };
    const struct house_registers one = { { "13", "0F00", NULL, NULL, NULL, READ } };
    const struct house_registers two = { { "13", "0F00", NULL, NULL, NULL, SELECT, READ } };
    struct house_card house;

    house_make_apdus(&house, CARD_NFC_A, chain);
    house_expect_data(&house, &one, "0102030405", 3);
    house_make_apdus(&house, CARD_NFC_A, length);
    house_expect_data(&house, &one, "010203", 2);
    house_make_apdus(&house, CARD_NFC_A, first);
    house_expect_data(&house, &two, "AA", 3);
}
END_TEST

START_TEST(any_other_status_ends_it)
{
    static const char *const answers[] = { "6A82", "6985", "6283", "AABB6282", "6300", "6D00", "6F00", "AA8000" };
    const struct house_registers registers = { { "13", "0F00", NULL, NULL, NULL, SELECT, READ } };

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const char *const at_first[] = { SELECT, answers[i], NULL };
        const char *const at_last[] = { SELECT, "9000", READ, answers[i], NULL };
        struct house_card house;
        house_make_apdus(&house, CARD_NFC_A, at_first);
        house_expect_no_match(&house, &registers, 1);
        house_make_apdus(&house, CARD_NFC_A, at_last);
        house_expect_no_match(&house, &registers, 2);
    }
}
END_TEST

START_TEST(no_data_or_no_apdu_is_no_match)
{
    static const char *const nothing[] = { READ, "9000", NULL };
    static const char *const two_bytes[] = { READ, "AABB9000", NULL };
    static const char *const never[] = { NULL };
    const struct house_registers registers = { { "13", "0F00", NULL, NULL, NULL, READ } };
    const struct house_registers shifted = { { "13", "0F00", NULL, "0200", NULL, READ } };
    const struct house_registers none = { { "13", "0F00" } };
    const struct house_registers wrong = { { "13", "0F00", NULL, NULL, NULL, READ, "00A4040000AA" } };
    const struct house_registers to_reader = { { "13", "0F00", NULL, NULL, NULL, "FFCA000000" } };
    struct house_card house;

    house_make_apdus(&house, CARD_NFC_A, nothing);
    house_expect_no_match(&house, &registers, 1);
    house_make_apdus(&house, CARD_NFC_A, two_bytes);
    house_expect_no_match(&house, &shifted, 1);
    house_make_apdus(&house, CARD_NFC_A, never);
    house_expect_no_match(&house, &none, 0);
    house_expect_no_match(&house, &wrong, 0);
    house_expect_no_match(&house, &to_reader, 0);
}
END_TEST

START_TEST(each_lookup_value_has_its_cards)
{
    static const struct {
        const char *lookup;
        enum card_technology technology;
        bool wanted;
    } samples[] = {
        { "11", CARD_NFC_A, true },  { "11", CARD_NFC_B, false }, { "11", CARD_INNOVATRON, false },
        { "12", CARD_NFC_A, false }, { "12", CARD_NFC_B, true },  { "13", CARD_NFC_A, true },
        { "13", CARD_NFC_B, true },  { "13", CARD_NFC_V, false }, { "13", CARD_INNOVATRON, false },
        { "72", CARD_NFC_A, false }, { "72", CARD_NFC_B, false }, { "72", CARD_INNOVATRON, true },
    };
    static const char *const script[] = { READ, "AA9000", NULL };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct house_registers registers = { { samples[i].lookup, "0F00", NULL, NULL, NULL, READ } };
        struct house_card house;
        house_make_apdus(&house, samples[i].technology, script);
        if (samples[i].wanted)
            house_expect_data(&house, &registers, "AA", 1);
        else
            house_expect_no_match(&house, &registers, 0);
    }
}
END_TEST

START_TEST(a_card_without_apdus_is_not_asked)
{
    static const char *const never[] = { NULL };
    const struct house_registers registers = { { "13", "0F00", NULL, NULL, NULL, READ } };
    struct house_card house;

    house_make_apdus(&house, CARD_NFC_A, never);
    house.card.protocol_bytes[2] = 0x00;
    house_expect_no_match(&house, &registers, 0);
    house.card.protocol_bytes[2] = 0x08;
    house_expect_no_match(&house, &registers, 0);
}
END_TEST

START_TEST(a_card_that_leaves_gives_nothing)
{
    static const char *const script[] = { SELECT, "9000", NULL };
    static const char *const mute[] = { SELECT, "9000", READ, "90", NULL };
    static const char *const endless[] = { SELECT, "9000", READ, "6100", "00C0000000", "6100", NULL };
    static const int errors[] = { CARD_ERROR_GONE, CARD_ERROR_MUTE, CARD_ERROR_READER };
    const struct house_registers registers = { { "13", "0F00", NULL, NULL, NULL, SELECT, READ } };
    struct house_card house;

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        house_make_apdus(&house, CARD_NFC_A, script);
        house.leaves_after = 1;
        house.leaves_with = errors[i];
        house_expect_failed(&house, &registers, (enum card_error) errors[i]);
    }
    house_make_apdus(&house, CARD_NFC_A, mute);
    house_expect_failed(&house, &registers, CARD_ERROR_MUTE);
    house_make_apdus(&house, CARD_NFC_A, endless);
    house_expect_failed(&house, &registers, CARD_ERROR_MUTE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iso_data");
    TCase *all = tcase_create("all");

    tcase_add_test(all, an_apdu_has_one_of_four_forms);
    tcase_add_test(all, the_data_of_the_last_answer_is_put_out);
    tcase_add_test(all, an_answer_in_several_parts_is_put_together);
    tcase_add_test(all, any_other_status_ends_it);
    tcase_add_test(all, no_data_or_no_apdu_is_no_match);
    tcase_add_test(all, each_lookup_value_has_its_cards);
    tcase_add_test(all, a_card_without_apdus_is_not_asked);
    tcase_add_test(all, a_card_that_leaves_gives_nothing);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
