/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "base/memory.h"
#include "card/atr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct sample {
    const char *atr;
    enum atr_kind kind;
    enum card_technology technology;
};

/* The bytes are given in a block of exactly their size, so that a sanitizer sees each read beyond them. */
static struct atr_info parse(const char *digits)
{
    uint8_t bytes[64];
    int count = hex_to_bytes(digits, strlen(digits), bytes, sizeof bytes);

    ck_assert_msg(count >= 0, "%s", digits);
    uint8_t *exact = memory_copy(bytes, (size_t) count);
    struct atr_info info = atr_parse(exact, (size_t) count);
    free(exact);
    return info;
}

static void expect(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct atr_info info = parse(samples[i].atr);
        ck_assert_msg(info.kind == samples[i].kind, "%s: kind %d", samples[i].atr, (int) info.kind);
        ck_assert_msg(info.technology == samples[i].technology, "%s: technology %d", samples[i].atr,
                      (int) info.technology);
    }
}

#define EXPECT(samples) expect(samples, sizeof(samples) / sizeof((samples)[0]))

START_TEST(the_standard_byte_of_a_storage_card_says_its_technology)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA000000306030001000000006A", ATR_STORAGE, CARD_NFC_A }, /* Mifare Classic 1K */
        { "3B8F8001804F0CA0000003060300030000000068", ATR_STORAGE, CARD_NFC_A }, /* Ultralight */
        { "3B8F8001804F0CA000000306010000000000006A", ATR_STORAGE, CARD_NFC_A },
        { "3B8F8001804F0CA000000306050000000000006E", ATR_STORAGE, CARD_NFC_B },
        { "3B8F8001804F0CA000000306070000000000006C", ATR_STORAGE, CARD_NFC_B },
        { "3B8F8001804F0CA0000003060900000000000062", ATR_STORAGE, CARD_NFC_V },
        { "3B8F8001804F0CA0000003060B00140000000074", ATR_STORAGE, CARD_NFC_V }, /* I-Code SLI */
        { "3B8F8001804F0CA0000003060C00000000000067", ATR_STORAGE, CARD_NFC_V },
        { "3B8F8001804F0CA00000030611003B0000000042", ATR_STORAGE, CARD_NFC_F }, /* FeliCa */
    };

    EXPECT(samples);
}
END_TEST

START_TEST(a_card_name_wins_where_it_says_more_than_the_standard)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA0000003060300300000000000", ATR_STORAGE, CARD_NFC_T1T },   /* Topaz */
        { "3B8F8001804F0CA00000030602002F0000000000", ATR_STORAGE, CARD_NFC_T1T },   /* Jewel */
        { "3B8F8001804F0CA00000030603F0040000000000", ATR_STORAGE, CARD_NFC_T1T },   /* Topaz on an ACS reader */
        { "3B8F8001804F0CA00000030603F0110000000000", ATR_STORAGE, CARD_NFC_F },     /* FeliCa on an ACS reader */
        { "3B8F8001804F0CA0000003060600070000000000", ATR_STORAGE, CARD_ST_SR },     /* SRIX4K */
        { "3B8F8001804F0CA0000003060A00180000000000", ATR_STORAGE, CARD_PICOTAG_V }, /* PicoPass 2KS */
        { "3B8F8001804F0CA0000003060600170000000000", ATR_STORAGE, CARD_PICOTAG_B },
        { "3B8F8001804F0CA0000003060AFFB70000000000", ATR_STORAGE, CARD_PICOTAG_V },
        { "3B8F8001804F0CA00000030606FFB10000000000", ATR_STORAGE, CARD_ASK_CTS },
        { "3B8F8001804F0CA00000030605FFB20000000000", ATR_STORAGE, CARD_ASK_CTS },
        { "3B8F8001804F0CA00000030600FFC00000000000", ATR_STORAGE, CARD_INNOVATRON },
        { "3B8F8001804F0CA00000030603FF88000000001C", ATR_STORAGE, CARD_NFC_A },     /* ACS: FF and the SAK */
        { "3B8F8001804F0CA00000030603FFB10000000000", ATR_STORAGE, CARD_NFC_A },
        { "3B8F8001804F0CA0000003060000010000000000", ATR_STORAGE, CARD_NFC_A },     /* no standard, name 1K */
        { "3B8F8001804F0CA00000030600003B0000000000", ATR_STORAGE, CARD_NFC_F },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(a_storage_card_of_an_unknown_standard_has_no_technology)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA0000003060000000000000000", ATR_STORAGE, CARD_UNKNOWN },
        { "3B8F8001804F0CA0000003064000000000000000", ATR_STORAGE, CARD_UNKNOWN }, /* low frequency */
        { "3B8F8001804F0CA000000306FF00000000000000", ATR_STORAGE, CARD_UNKNOWN },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(wrong_lengths_and_checksums_of_a_storage_card_do_not_matter)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA00000030603000100000000FF", ATR_STORAGE, CARD_NFC_A }, /* TCK wrong */
        { "3B8F8001804F0CA00000030603000100000000", ATR_STORAGE, CARD_NFC_A },   /* TCK missing */
        { "3B8B8001804F08A000000306030001", ATR_STORAGE, CARD_NFC_A },           /* no RFU bytes */
        { "3B8F8001804F00A000000306030001000000006A", ATR_STORAGE, CARD_NFC_A }, /* length byte 0 */
        { "3B8F8001804FFFA000000306030001000000006A", ATR_STORAGE, CARD_NFC_A },
        { "3B8E8001804F0CA00000030611003B0000000042", ATR_STORAGE, CARD_NFC_F }, /* K too small */
    };

    EXPECT(samples);
}
END_TEST

START_TEST(a_memory_card_with_contacts_is_a_contact_card)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA0000003060D00000000000000", ATR_CONTACT, CARD_UNKNOWN },
        { "3B8F8001804F0CA0000003061000000000000000", ATR_CONTACT, CARD_UNKNOWN },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(historical_bytes_that_type_b_cannot_have_are_type_a)
{
    static const struct sample samples[] = {
        { "3B80800101", ATR_ISO14443_4, CARD_NFC_A },                       /* none */
        { "3B8180018080", ATR_ISO14443_4, CARD_NFC_A },                     /* DESFire */
        { "3B8A80010031C173C8400000900090", ATR_ISO14443_4, CARD_NFC_A },
        { "3B8E800180318066B1840C016E01830090001C", ATR_ISO14443_4, CARD_NFC_A },
        { "3B878001804F0CA0000003", ATR_ISO14443_4, CARD_NFC_A },           /* a storage card's ATR cut short */
        { "3B88800143443169A9000000FF", ATR_ISO14443_4, CARD_NFC_A },       /* 8, reserved bit rate bit */
        { "3B8880010073C840130090007100", ATR_ISO14443_4, CARD_NFC_A },     /* 8, no 14443-4 in its protocol type */
        { "3B8880010000000033E181003A", ATR_ISO14443_4, CARD_NFC_A },       /* 8, frame size that does not exist */
        { "3B888001000000003381F1003A", ATR_ISO14443_4, CARD_NFC_A },       /* 8, frame waiting integer 15 */
        { "3B888001000000003381810100", ATR_ISO14443_4, CARD_NFC_A },       /* 8, lower half of the last byte */
    };

    EXPECT(samples);
}
END_TEST

START_TEST(eight_historical_bytes_by_the_rules_of_type_b_are_type_b)
{
    static const struct sample samples[] = {
        { "3B888001000000003381810039", ATR_ISO14443_4, CARD_NFC_B },
        { "3B888001004B51FFB381D1000F", ATR_ISO14443_4, CARD_NFC_B },
        { "3B8880011C2D9411F7718500BE", ATR_ISO14443_4, CARD_NFC_B },
        { "3B88800131CCCC017781C1000E", ATR_ISO14443_4, CARD_NFC_B },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(bytes_that_fit_both_types_leave_doubt)
{
    static const struct sample samples[] = {
        { "3B888001807612345577818000", ATR_ISO14443_4_AB, CARD_UNKNOWN }, /* 80, then tag 7 of 6 bytes */
        { "3B888001001013103377818000", ATR_ISO14443_4, CARD_NFC_B },      /* objects that do not end in time */
        { "3B888001003112103381810000", ATR_ISO14443_4, CARD_NFC_B },
        { "3B888001004361626381819000", ATR_ISO14443_4_AB, CARD_UNKNOWN }, /* 00, tag 4 of 3 bytes, status 818190 */
        { "3B888001000000", ATR_ISO14443_4_AB, CARD_UNKNOWN },             /* cut short */
    };

    EXPECT(samples);
}
END_TEST

START_TEST(anything_else_is_a_contact_card)
{
    static const struct sample samples[] = {
        { "", ATR_CONTACT, CARD_UNKNOWN },
        { "3B", ATR_CONTACT, CARD_UNKNOWN },
        { "3B8880", ATR_CONTACT, CARD_UNKNOWN },
        { "3F8F8001804F0CA000000306030001000000006A", ATR_CONTACT, CARD_UNKNOWN },
        { "3B6600FF4A434F503230", ATR_CONTACT, CARD_UNKNOWN },
        { "3BDF18FF8131FE4580590180484944433730307300011B33", ATR_CONTACT, CARD_UNKNOWN },
        { "3B8F8081804F0CA000000306030001000000006A", ATR_CONTACT, CARD_UNKNOWN },
    };

    EXPECT(samples);
    ck_assert_int_eq(atr_parse(NULL, 0).kind, ATR_CONTACT);
}
END_TEST

START_TEST(every_prefix_of_an_atr_is_safe_to_parse)
{
    static const char atr[] = "3B8F8001804F0CA000000306030001000000006A";

    for (size_t digits = 0; digits < sizeof atr; digits += 2) {
        char *prefix = text_format("%.*s", (int) digits, atr);
        struct atr_info info = parse(prefix);
        bool has_name = digits >= 30;
        ck_assert_int_eq(info.kind == ATR_STORAGE, has_name);
        free(prefix);
    }
}
END_TEST

START_TEST(every_technology_has_a_name_and_every_name_a_technology)
{
    for (unsigned bit = 0; bit <= 10; bit++) {
        enum card_technology technology = (enum card_technology) (1U << bit);
        const char *name = card_protocol_name(technology);
        ck_assert_str_ne(name, "unknown");
        ck_assert_str_eq(card_protocol_name(card_technology_from_name(name)), name);
        if (technology != CARD_PICOTAG_B)
            ck_assert_int_eq(card_technology_from_name(name), technology);
    }
    ck_assert_str_eq(card_protocol_name(CARD_NFC_A), "NFC-A");
    ck_assert_str_eq(card_protocol_name(CARD_PICOTAG_B), "Inside-Pico");
    ck_assert_str_eq(card_protocol_name(CARD_INNOVATRON), "Innovatron");
    ck_assert_str_eq(card_protocol_name(CARD_UNKNOWN), "unknown");
    ck_assert_int_eq(card_technology_from_name("nfc-a"), CARD_UNKNOWN);
    ck_assert_int_eq(card_technology_from_name("unknown"), CARD_UNKNOWN);
    ck_assert_int_eq(card_technology_from_name(""), CARD_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("atr");
    TCase *tests = tcase_create("atr");

    tcase_add_test(tests, the_standard_byte_of_a_storage_card_says_its_technology);
    tcase_add_test(tests, a_card_name_wins_where_it_says_more_than_the_standard);
    tcase_add_test(tests, a_storage_card_of_an_unknown_standard_has_no_technology);
    tcase_add_test(tests, wrong_lengths_and_checksums_of_a_storage_card_do_not_matter);
    tcase_add_test(tests, a_memory_card_with_contacts_is_a_contact_card);
    tcase_add_test(tests, historical_bytes_that_type_b_cannot_have_are_type_a);
    tcase_add_test(tests, eight_historical_bytes_by_the_rules_of_type_b_are_type_b);
    tcase_add_test(tests, bytes_that_fit_both_types_leave_doubt);
    tcase_add_test(tests, anything_else_is_a_contact_card);
    tcase_add_test(tests, every_prefix_of_an_atr_is_safe_to_parse);
    tcase_add_test(tests, every_technology_has_a_name_and_every_name_a_technology);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
