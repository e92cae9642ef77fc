/* SPDX-License-Identifier: MIT */
/* What a tag that libnfc found is, and what libnfc's texts say of the chip. */
#include "reader/nfc_chip.h"
#include "reader/nfc_tag.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct nfc_tag type_a(uint8_t sak)
{
    struct nfc_tag tag = {.technology = CARD_NFC_A, .uid = {0x04, 1, 2, 3, 4, 5, 6}, .uid_bytes = 7,
                          .protocol_bytes = {0x00, 0x44, sak}, .protocol_bytes_count = 3};

    return tag;
}

static struct nfc_tag type_b(uint8_t protocol_type)
{
    struct nfc_tag tag = {.technology = CARD_NFC_B, .uid = {1, 2, 3, 4}, .uid_bytes = 4,
                          .protocol_bytes = {0, 0, 0, 0, 0x00, protocol_type, 0x71}, .protocol_bytes_count = 7};

    return tag;
}

static struct nfc_tag random_id(uint8_t last)
{
    struct nfc_tag tag = {.technology = CARD_NFC_A, .uid = {0x08, 1, 2, last}, .uid_bytes = 4,
                          .ats = {0x78, 0x80}, .ats_bytes = 2,
                          .protocol_bytes = {0x00, 0x04, 0x20}, .protocol_bytes_count = 3};

    return tag;
}

START_TEST(the_sak_is_the_last_protocol_byte_of_type_a)
{
    struct nfc_tag tag = type_a(0x28);

    ck_assert_uint_eq(nfc_tag_sak(&tag), 0x28);
    tag.protocol_bytes_count = 2;
    ck_assert_uint_eq(nfc_tag_sak(&tag), 0);
    tag = type_b(0x81);
    ck_assert_uint_eq(nfc_tag_sak(&tag), 0);
}
END_TEST

START_TEST(iso14443_4_is_told_by_sak_or_atqb)
{
    struct nfc_tag tag = type_a(0x20);

    ck_assert(nfc_tag_has_iso14443_4(&tag));
    tag = type_a(0x28);
    ck_assert(nfc_tag_has_iso14443_4(&tag));
    tag = type_a(0x08);
    ck_assert(!nfc_tag_has_iso14443_4(&tag));
    tag = type_b(0x81);
    ck_assert(nfc_tag_has_iso14443_4(&tag));
    tag = type_b(0x80);
    ck_assert(!nfc_tag_has_iso14443_4(&tag));
    tag = type_b(0x81);
    tag.protocol_bytes_count = 5;
    ck_assert(!nfc_tag_has_iso14443_4(&tag));
    tag = type_b(0x81);
    tag.technology = CARD_NFC_F;
    ck_assert(!nfc_tag_has_iso14443_4(&tag));
}
END_TEST

START_TEST(a_random_id_has_4_bytes_and_begins_with_08)
{
    struct nfc_tag tag = random_id(3);

    ck_assert(nfc_tag_has_random_id(&tag));
    tag.uid[0] = 0x18;
    ck_assert(!nfc_tag_has_random_id(&tag));
    tag = random_id(3);
    tag.uid_bytes = 7;
    ck_assert(!nfc_tag_has_random_id(&tag));
    tag = random_id(3);
    tag.technology = CARD_NFC_B;
    ck_assert(!nfc_tag_has_random_id(&tag));
}
END_TEST

START_TEST(the_same_id_is_technology_and_uid)
{
    const struct nfc_tag one = random_id(1);
    struct nfc_tag other = random_id(1);

    other.ats_bytes = 0;
    ck_assert(nfc_tag_same_id(&one, &other));
    other.uid_bytes = 3;
    ck_assert(!nfc_tag_same_id(&one, &other));
    other = random_id(2);
    ck_assert(!nfc_tag_same_id(&one, &other));
    other = random_id(1);
    other.technology = CARD_NFC_F;
    ck_assert(!nfc_tag_same_id(&one, &other));
}
END_TEST

START_TEST(the_same_kind_is_all_but_a_random_id)
{
    const struct nfc_tag one = random_id(1);
    struct nfc_tag other = random_id(2);

    ck_assert(nfc_tag_same_kind(&one, &other));
    other.ats[1] = 0x81;
    ck_assert(!nfc_tag_same_kind(&one, &other));
    other = random_id(2);
    other.protocol_bytes[2] = 0x00;
    ck_assert(!nfc_tag_same_kind(&one, &other));
    other = random_id(2);
    other.uid[0] = 0x04;
    ck_assert(!nfc_tag_same_kind(&one, &other));
    ck_assert(!nfc_tag_same_kind(&other, &one));
}
END_TEST

START_TEST(a_card_gets_all_of_the_tag_and_keeps_its_functions)
{
    const struct nfc_tag tag = random_id(1);
    int driver;
    struct card card = {.atr_bytes = 3, .uid_bytes = 9, .driver = &driver};

    nfc_tag_to_card(&tag, &card);
    ck_assert_int_eq(card.technology, CARD_NFC_A);
    ck_assert_uint_eq(card.uid_bytes, 4);
    ck_assert_mem_eq(card.uid, tag.uid, 4);
    ck_assert_uint_eq(card.ats_bytes, 2);
    ck_assert_mem_eq(card.ats, tag.ats, 2);
    ck_assert_uint_eq(card.protocol_bytes_count, 3);
    ck_assert_mem_eq(card.protocol_bytes, tag.protocol_bytes, 3);
    ck_assert_uint_eq(card.atr_bytes, 0);
    ck_assert_ptr_eq(card.driver, &driver);
}
END_TEST

START_TEST(what_is_longer_than_its_place_is_not_taken)
{
    static const uint8_t bytes[CARD_PROTOCOL_MAX_BYTES + 1] = {1};
    struct nfc_tag tag = {.technology = CARD_NFC_A};

    ck_assert(!nfc_tag_set_id(&tag, bytes, CARD_UID_MAX_BYTES + 1));
    ck_assert(!nfc_tag_set_id(&tag, bytes, SIZE_MAX));
    ck_assert(!nfc_tag_set_id(&tag, bytes, 0));
    ck_assert_uint_eq(tag.uid_bytes, 0);
    ck_assert(nfc_tag_set_id(&tag, bytes, CARD_UID_MAX_BYTES));
    ck_assert_uint_eq(tag.uid_bytes, CARD_UID_MAX_BYTES);
    ck_assert(!nfc_tag_add_protocol(&tag, bytes, CARD_PROTOCOL_MAX_BYTES + 1));
    ck_assert(nfc_tag_add_protocol(&tag, bytes, CARD_PROTOCOL_MAX_BYTES - 1));
    ck_assert(!nfc_tag_add_protocol(&tag, bytes, 2));
    ck_assert(!nfc_tag_add_protocol(&tag, bytes, SIZE_MAX));
    ck_assert(nfc_tag_add_protocol(&tag, bytes, 1));
    ck_assert_uint_eq(tag.protocol_bytes_count, CARD_PROTOCOL_MAX_BYTES);
}
END_TEST

START_TEST(the_chip_is_named_in_a_line_of_libnfcs_text)
{
    char name[16];

    nfc_chip_name("chip: PN532 v1.6\ninitator mode modulations: ISO/IEC 14443A (106 kbps)\n", name, sizeof name);
    ck_assert_str_eq(name, "PN532 v1.6");
    nfc_chip_name("a: b\nchip: PN533 v2.7\r\n", name, sizeof name);
    ck_assert_str_eq(name, "PN533 v2.7");
    nfc_chip_name("microchip: no\n", name, sizeof name);
    ck_assert_str_eq(name, "");
    nfc_chip_name("", name, sizeof name);
    ck_assert_str_eq(name, "");
    nfc_chip_name("chip: a name that is\tlonger than its place", name, sizeof name);
    ck_assert_str_eq(name, "a name that is?");
}
END_TEST

START_TEST(only_a_pn532_without_a_wall_before_it_polls)
{
    ck_assert(nfc_chip_can_poll("PN532 v1.6", "pn532_uart:/dev/ttyS0:115200"));
    ck_assert(nfc_chip_can_poll("PN532 v1.6", "pn532_i2c:/dev/i2c-1"));
    ck_assert(nfc_chip_can_poll("PN532 v1.6", "pn532_spi:/dev/spidev0.0:500000"));
    ck_assert(!nfc_chip_can_poll("PN532 v1.4", "acr122_usb:001:004"));
    ck_assert(!nfc_chip_can_poll("PN532 v1.4", "acr122s:/dev/ttyUSB0:9600"));
    ck_assert(!nfc_chip_can_poll("PN533 v2.7", "pn53x_usb:001:004"));
    ck_assert(!nfc_chip_can_poll("", "pn532_uart:/dev/ttyS0:115200"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nfc_tag");
    TCase *tests = tcase_create("nfc_tag");

    tcase_add_test(tests, the_sak_is_the_last_protocol_byte_of_type_a);
    tcase_add_test(tests, iso14443_4_is_told_by_sak_or_atqb);
    tcase_add_test(tests, a_random_id_has_4_bytes_and_begins_with_08);
    tcase_add_test(tests, the_same_id_is_technology_and_uid);
    tcase_add_test(tests, the_same_kind_is_all_but_a_random_id);
    tcase_add_test(tests, a_card_gets_all_of_the_tag_and_keeps_its_functions);
    tcase_add_test(tests, what_is_longer_than_its_place_is_not_taken);
    tcase_add_test(tests, the_chip_is_named_in_a_line_of_libnfcs_text);
    tcase_add_test(tests, only_a_pn532_without_a_wall_before_it_polls);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
