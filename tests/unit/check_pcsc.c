/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_health.h"
#include "reader/pcsc_identify.h"
#include "reader/pcsc_visit.h"
#include "reader/labels.h"
#include "reader/pace.h"
#include "reader/reader.h"

#include "base/hex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A card that answers from a list: the answers in order, as hex; NULL = it has left. */
struct double_card {
    struct card card;
    const char *answers[4];
    int asked;
};

static int answer_next(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                       size_t answer_capacity_bytes)
{
    struct double_card *twin = card->driver;
    const char *hex = twin->answers[twin->asked];

    ck_assert_uint_eq(command_bytes, 5);
    ck_assert_int_eq(command[2], twin->asked);  /* FF CA 00 first, FF CA 01 second */
    twin->asked++;
    return hex != NULL ? hex_to_bytes(hex, strlen(hex), answer, answer_capacity_bytes) : CARD_ERROR_GONE;
}

static void prepare(struct double_card *twin, const char *uid_answer, const char *ats_answer)
{
    *twin = (struct double_card) {.card.transceive = answer_next, .answers = {uid_answer, ats_answer}};
    twin->card.driver = twin;
}

static const struct atr_info storage = {ATR_STORAGE, CARD_NFC_V, 0};
static const struct atr_info type_a = {ATR_ISO14443_4, CARD_NFC_A, 0};
static const struct atr_info type_b = {ATR_ISO14443_4, CARD_NFC_B, 0};
static const struct atr_info in_doubt = {ATR_ISO14443_4_AB, CARD_UNKNOWN, 0};

START_TEST(a_storage_card_costs_one_apdu)
{
    struct double_card twin;

    prepare(&twin, "E00401009188FC859000", NULL);
    ck_assert_int_eq(pcsc_identify(&twin.card, &storage), 0);
    ck_assert_int_eq(twin.asked, 1);
    ck_assert_int_eq(twin.card.technology, CARD_NFC_V);
    ck_assert_uint_eq(twin.card.uid_bytes, 8);
    ck_assert_mem_eq(twin.card.uid, "\xE0\x04\x01\x00\x91\x88\xFC\x85", 8);
}
END_TEST

START_TEST(a_type_a_card_may_refuse_its_ats)
{
    struct double_card twin;

    prepare(&twin, "DEADBEEF9000", "06757781029000");
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_a), 0);
    ck_assert_uint_eq(twin.card.ats_bytes, 5);
    ck_assert_mem_eq(twin.card.ats, "\x06\x75\x77\x81\x02", 5);
    prepare(&twin, "DEADBEEF9000", "6A81");
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_a), 0);
    ck_assert_uint_eq(twin.card.ats_bytes, 0);
    ck_assert_int_eq(twin.card.technology, CARD_NFC_A);
}
END_TEST

START_TEST(the_length_byte_of_an_ats_is_left_out)
{
    struct double_card twin;

    prepare(&twin, "DEADBEEF9000", "0675778102809000");
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_a), 0);
    ck_assert_uint_eq(twin.card.ats_bytes, 5);
    ck_assert_mem_eq(twin.card.ats, "\x75\x77\x81\x02\x80", 5);
    prepare(&twin, "DEADBEEF9000", "019000");
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_a), 0);
    ck_assert_uint_eq(twin.card.ats_bytes, 0);
    /* Historical bytes alone, which begin with their own number by chance: no T0 has the highest bit. */
    prepare(&twin, "DEADBEEF9000", "0480AABB9000");
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_a), 0);
    ck_assert_uint_eq(twin.card.ats_bytes, 4);
}
END_TEST

START_TEST(doubt_between_a_and_b_is_settled_by_the_ats)
{
    struct double_card twin;

    prepare(&twin, "DEADBEEF9000", "06757781029000");
    ck_assert_int_eq(pcsc_identify(&twin.card, &in_doubt), 0);
    ck_assert_int_eq(twin.card.technology, CARD_NFC_A);
    ck_assert_uint_eq(twin.card.ats_bytes, 5);
    prepare(&twin, "DEADBEEF9000", "6A81");
    ck_assert_int_eq(pcsc_identify(&twin.card, &in_doubt), 0);
    ck_assert_int_eq(twin.card.technology, CARD_NFC_B);
}
END_TEST

START_TEST(a_type_b_card_gives_its_atqb_from_a_whole_atr_only)
{
    static const uint8_t atr[] = {0x3B, 0x88, 0x80, 0x01, 1, 2, 3, 4, 5, 6, 7, 0x80, 0};
    struct double_card twin;

    prepare(&twin, "DEADBEEF9000", NULL);
    memcpy(twin.card.atr, atr, sizeof atr);
    twin.card.atr_bytes = sizeof atr;
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_b), 0);
    ck_assert_uint_eq(twin.card.protocol_bytes_count, 7);
    ck_assert_mem_eq(twin.card.protocol_bytes, atr + 4, 7);
    prepare(&twin, "DEADBEEF9000", NULL);
    memcpy(twin.card.atr, atr, sizeof atr);
    twin.card.atr_bytes = 10;
    ck_assert_int_eq(pcsc_identify(&twin.card, &type_b), 0);
    ck_assert_uint_eq(twin.card.protocol_bytes_count, 0);
}
END_TEST

START_TEST(nonsense_is_no_uid)
{
    static const char *const answers[] = {
        "", "90", "9000", "DEADBEEF6300", "6A81",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F209000",
    };
    struct double_card twin;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        prepare(&twin, answers[i], NULL);
        ck_assert_msg(pcsc_identify(&twin.card, &storage) == CARD_ERROR_MUTE, "%s was taken", answers[i]);
        ck_assert_uint_eq(twin.card.uid_bytes, 0);
    }
}
END_TEST

START_TEST(an_error_of_the_reader_is_handed_on)
{
    struct double_card twin;

    prepare(&twin, NULL, NULL);
    ck_assert_int_eq(pcsc_identify(&twin.card, &storage), CARD_ERROR_GONE);
    prepare(&twin, "DEADBEEF9000", NULL);
    ck_assert_int_eq(pcsc_identify(&twin.card, &in_doubt), CARD_ERROR_GONE);
}
END_TEST

static bool is_among(const void *context, const char *label)
{
    for (const char *const *taken = context; *taken != NULL; taken++) {
        if (strcmp(*taken, label) == 0)
            return true;
    }
    return false;
}

static void expect_label(const char *expected, const char *configured, const char *const *taken)
{
    char *label = reader_label_choose(configured, "ACS ACR122U 00 00", is_among, taken);

    ck_assert_str_eq(label, expected);
    free(label);
}

START_TEST(labels_take_the_lowest_number_that_is_free)
{
    expect_label("door", "door", (const char *const[]) {NULL});
    expect_label("door 2", "door", (const char *const[]) {"door", NULL});
    expect_label("door 2", "door", (const char *const[]) {"door 3", "door", NULL});
    expect_label("door", "door", (const char *const[]) {"door 2", NULL});
    expect_label("ACS ACR122U 00 00", "", (const char *const[]) {"door", NULL});
}
END_TEST

START_TEST(names_match_as_a_glob_or_as_they_are)
{
    ck_assert(reader_name_matches("*", "ACS ACR122U 00 00"));
    ck_assert(reader_name_matches("ACS*", "ACS ACR122U 00 00"));
    ck_assert(!reader_name_matches("ACS", "ACS ACR122U 00 00"));
    ck_assert(reader_name_matches("ACS ACR1252 [PICC] 00 00", "ACS ACR1252 [PICC] 00 00"));
    ck_assert(!reader_name_matches("*SAM*", "ACS ACR1252 [PICC] 00 00"));
}
END_TEST

START_TEST(the_pace_doubles_from_half_a_second_to_five)
{
    static const uint32_t expected[] = {500, 1000, 2000, 4000, 5000, 5000};
    struct reader_pace pace = {0};

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(reader_pace_next_ms(&pace), expected[i]);
    reader_pace_reset(&pace);
    ck_assert_uint_eq(reader_pace_next_ms(&pace), 500);
}
END_TEST

static void expect_reason(enum pcsc_result result, const char *part)
{
    char *reason = pcsc_reason(result, 0x80100001UL);

    ck_assert_msg(strstr(reason, part) != NULL && strstr(reason, "next: ") != NULL, "%s", reason);
    free(reason);
}

START_TEST(each_reason_names_the_next_step)
{
    expect_reason(PCSC_NO_SERVICE, "systemctl start pcscd.socket");
    expect_reason(PCSC_REFUSED, "polkit");
    expect_reason(PCSC_UNKNOWN_READER, "unplugged");
    expect_reason(PCSC_READER_TROUBLE, "cannot talk to the reader");
    expect_reason(PCSC_NO_READERS, "knows no reader");
    expect_reason(PCSC_OTHER, "0x80100001");
    char *reason = pcsc_reason_no_match("ACS*");
    ck_assert_ptr_nonnull(strstr(reason, "no PC/SC reader matches \"ACS*\"; next: "));
    free(reason);
}
END_TEST

START_TEST(the_first_refusal_in_a_row_is_not_believed)
{
    unsigned refusals = 0;

    ck_assert(!pcsc_result_is_worth_telling(PCSC_REFUSED, &refusals));
    ck_assert(pcsc_result_is_worth_telling(PCSC_REFUSED, &refusals));
    ck_assert(pcsc_result_is_worth_telling(PCSC_REFUSED, &refusals));
    ck_assert(pcsc_result_is_worth_telling(PCSC_NO_SERVICE, &refusals));
    ck_assert(!pcsc_result_is_worth_telling(PCSC_REFUSED, &refusals));
}
END_TEST

/* Whether each look in turn is about the visit's card, which began with count 7: "7=", "8=" are, "9!" is not. */
static void follow(uint16_t begin, const char *looks)
{
    struct pcsc_visit visit = { .handled = true, .counter = begin };

    for (const char *at = looks; *at != '\0'; at++) {
        char *end;
        const struct pcsc_look look = { .present = true, .counter = (uint16_t) strtoul(at, &end, 10) };
        const bool same = *end == '=';

        ck_assert_msg(pcsc_visit_is_counted(&visit, &look) == same, "%s: %s", looks, at);
        ck_assert_msg(pcsc_visit_follow(&visit, &look) == same, "%s: %s", looks, at);
        at = end;
    }
}

START_TEST(a_card_that_pcscd_counts_late_is_the_same_card)
{
    follow(7, "7=7=7=");
    follow(7, "8=8=8=");       /* looked at before it was counted */
    follow(7, "7=8=9!");       /* the count is late once only */
    follow(7, "9!8=10!");      /* swapped: two more */
    follow(7, "8=10!");
    follow(7, "8=9!");         /* swapped, and looked at before the new one was counted: the second look tells */
    follow(7, "10!6!");
    follow(65535, "0=1!");
    follow(65534, "0!");
}
END_TEST

START_TEST(drivers_are_found_by_the_names_that_are_listed)
{
    const char *const *names = reader_driver_names();

    ck_assert_str_eq(names[0], "pcsc");
    for (; *names != NULL; names++) {
        const struct reader_driver *driver = reader_driver_find(*names);
        ck_assert_ptr_nonnull(driver);
        ck_assert_str_eq(driver->name, *names);
    }
#ifdef HAVE_LIBNFC
    ck_assert_ptr_nonnull(reader_driver_find("libnfc"));
#else
    ck_assert_ptr_null(reader_driver_find("libnfc"));
#endif
    ck_assert_ptr_null(reader_driver_find("serial"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pcsc");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_storage_card_costs_one_apdu);
    tcase_add_test(all, a_type_a_card_may_refuse_its_ats);
    tcase_add_test(all, the_length_byte_of_an_ats_is_left_out);
    tcase_add_test(all, doubt_between_a_and_b_is_settled_by_the_ats);
    tcase_add_test(all, a_type_b_card_gives_its_atqb_from_a_whole_atr_only);
    tcase_add_test(all, nonsense_is_no_uid);
    tcase_add_test(all, an_error_of_the_reader_is_handed_on);
    tcase_add_test(all, labels_take_the_lowest_number_that_is_free);
    tcase_add_test(all, names_match_as_a_glob_or_as_they_are);
    tcase_add_test(all, the_pace_doubles_from_half_a_second_to_five);
    tcase_add_test(all, each_reason_names_the_next_step);
    tcase_add_test(all, the_first_refusal_in_a_row_is_not_believed);
    tcase_add_test(all, a_card_that_pcscd_counts_late_is_the_same_card);
    tcase_add_test(all, drivers_are_found_by_the_names_that_are_listed);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
