/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_card.h"

#include "base/hex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A reader that answers Load Keys and General Authenticate, as hex; NULL = the card has left. */
struct double_reader {
    struct card card;
    const char *answers[2];
    char *asked[2];
    size_t asked_count;
};

static int answer_next(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                       size_t answer_capacity_bytes)
{
    struct double_reader *twin = card->driver;

    ck_assert_uint_lt(twin->asked_count, 2);
    const char *hex = twin->answers[twin->asked_count];
    twin->asked[twin->asked_count++] = hex_from_bytes(command, command_bytes);
    return hex != NULL ? hex_to_bytes(hex, strlen(hex), answer, answer_capacity_bytes) : CARD_ERROR_GONE;
}

static const uint8_t key[CARD_CLASSIC_KEY_BYTES] = {0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5};

/* Returns what authenticate said; second is whether the card was asked at all, and with what. */
static int authenticate(enum card_key kind, const char *loaded, const char *authenticated, const char *second)
{
    struct double_reader twin = {.card.transceive = answer_next, .answers = {loaded, authenticated}};

    twin.card.driver = &twin;
    int result = pcsc_card_authenticate(&twin.card, 0x0B, kind, key);
    ck_assert_str_eq(twin.asked[0], "FF82000006A0A1A2A3A4A5");
    if (second != NULL)
        ck_assert_str_eq(twin.asked[1], second);
    else
        ck_assert_uint_eq(twin.asked_count, 1);
    free(twin.asked[0]);
    free(twin.asked[1]);
    return result;
}

static const char with_a[] = "FF8600000501000B6000";
static const char with_b[] = "FF8600000501000B6100";

START_TEST(a_key_is_loaded_and_used)
{
    ck_assert_int_eq(authenticate(CARD_KEY_A, "9000", "9000", with_a), 0);
    ck_assert_int_eq(authenticate(CARD_KEY_B, "9000", "9000", with_b), 0);
}
END_TEST

START_TEST(a_card_may_refuse)
{
    static const char *const refusals[] = {"6300", "6581", "6981", "6982", "6983"};

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        ck_assert_int_eq(authenticate(CARD_KEY_A, "9000", refusals[i], with_a), CARD_ERROR_REFUSED);
}
END_TEST

START_TEST(a_reader_that_cannot_does_not_blame_the_card)
{
    static const char *const refusals[] = {"6700", "6800", "6986", "6988", "6A81", "6A86", "6D00", "6E00"};

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        ck_assert_int_eq(authenticate(CARD_KEY_A, refusals[i], NULL, NULL), CARD_ERROR_READER);
        ck_assert_int_eq(authenticate(CARD_KEY_A, "9000", refusals[i], with_a), CARD_ERROR_READER);
    }
    ck_assert_int_eq(authenticate(CARD_KEY_A, "6982", NULL, NULL), CARD_ERROR_READER);
    ck_assert_int_eq(authenticate(CARD_KEY_A, "6300", NULL, NULL), CARD_ERROR_READER);
}
END_TEST

START_TEST(nonsense_is_no_success)
{
    static const char *const answers[] = {"", "90", "009000"};

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        ck_assert_int_eq(authenticate(CARD_KEY_A, answers[i], NULL, NULL), CARD_ERROR_MUTE);
        ck_assert_int_eq(authenticate(CARD_KEY_A, "9000", answers[i], with_a), CARD_ERROR_MUTE);
    }
}
END_TEST

START_TEST(a_card_that_left_is_told)
{
    ck_assert_int_eq(authenticate(CARD_KEY_A, NULL, NULL, NULL), CARD_ERROR_GONE);
    ck_assert_int_eq(authenticate(CARD_KEY_A, "9000", NULL, with_a), CARD_ERROR_GONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pcsc_card");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_key_is_loaded_and_used);
    tcase_add_test(all, a_card_may_refuse);
    tcase_add_test(all, a_reader_that_cannot_does_not_blame_the_card);
    tcase_add_test(all, nonsense_is_no_success);
    tcase_add_test(all, a_card_that_left_is_told);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
