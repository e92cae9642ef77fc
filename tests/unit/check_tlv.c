/* SPDX-License-Identifier: MIT */
/* Where the NDEF message is: TLV blocks, and what the capability containers say. */
#include "card/capability.h"
#include "card/tlv.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX_BYTES = 1024 };

/* Where the data area begins in these tests, as on Type 2. */
enum { BEGIN = 16 };

static size_t to_bytes(const char *hex, uint8_t *bytes, size_t capacity_bytes)
{
    int count = hex_to_bytes(hex, strlen(hex), bytes, capacity_bytes);

    ck_assert_int_ge(count, 0);
    return (size_t) count;
}

/* Looks at a data area of area_bytes of which those of hex are known. */
static enum tlv_result find(const char *hex, size_t area_bytes, struct ndef_data *message, size_t *needed_bytes)
{
    uint8_t bytes[MEMORY_MAX_BYTES] = { 0 };
    size_t known_bytes = BEGIN + to_bytes(hex, bytes + BEGIN, sizeof bytes - BEGIN);
    uint8_t *exact = memory_copy(bytes, known_bytes);
    const struct tlv_memory memory = {
        .bytes = exact, .known_bytes = known_bytes, .begin = BEGIN, .end = BEGIN + area_bytes,
    };
    enum tlv_result result = tlv_find_ndef(&memory, message, needed_bytes);

    free(exact);
    return result;
}

static void check_found(const char *hex, size_t area_bytes, const char *expected)
{
    struct ndef_data message;
    size_t needed_bytes = 0;
    enum tlv_result result = find(hex, area_bytes, &message, &needed_bytes);

    ck_assert_msg(result == TLV_FOUND, "%s: %d", hex, (int) result);
    char *found = hex_from_bytes(message.bytes, message.size_bytes);
    ck_assert_str_eq(found, expected);
    free(found);
    free(message.bytes);
}

static void check_none(const char *hex, size_t area_bytes, enum tlv_result expected)
{
    struct ndef_data message;
    size_t needed_bytes = 0;
    enum tlv_result result = find(hex, area_bytes, &message, &needed_bytes);

    ck_assert_msg(result == expected, "%s: %d", hex, (int) result);
    ck_assert_ptr_null(message.bytes);
}

/* needed: in bytes of the data area. */
static void check_more(enum tlv_result expected, const char *hex, size_t area_bytes, size_t needed)
{
    struct ndef_data message;
    size_t needed_bytes = 0;

    ck_assert_int_eq(find(hex, area_bytes, &message, &needed_bytes), expected);
    ck_assert_uint_eq(needed_bytes, BEGIN + needed);
    ck_assert_ptr_null(message.bytes);
}

START_TEST(a_message_is_found_behind_other_blocks)
{
    check_found("0303D00000FE", 48, "D00000");
    check_found("00000303D00000FE", 48, "D00000");
    check_found("0300FE", 48, "");
    check_found("FD02AABB" "0303D00000", 48, "D00000");
    check_found("7F01AA" "FD00" "0303D00000", 48, "D00000");
    check_found("0301AA" "0301BB", 48, "AA");
    check_found("0302AABB", 4, "AABB");
}
END_TEST

START_TEST(a_length_may_have_three_bytes)
{
    char hex[2 * 400] = "03FF0100";
    char message[2 * 256 + 1] = "";

    for (size_t i = 0; i < 256; i++)
        memcpy(message + 2 * i, "5A", 3);
    strcat(hex, message);
    check_found(hex, 260, message);
    check_found("03FF0002AABB", 48, "AABB");
    check_found("FDFF0001CC0301DD", 48, "DD");
    check_none("03FFFFFF", 2040, TLV_MALFORMED);
}
END_TEST

START_TEST(what_is_missing_is_said)
{
    check_more(TLV_MORE, "", 48, 1);
    check_more(TLV_MORE, "00", 48, 2);
    check_more(TLV_MORE, "03", 48, 2);
    check_more(TLV_MORE, "03FF", 260, 4);
    check_more(TLV_MORE, "03FF01", 300, 4);
    check_more(TLV_MORE_MESSAGE, "0305", 48, 7);
    check_more(TLV_MORE_MESSAGE, "0305AABBCC", 48, 7);
    check_more(TLV_MORE_MESSAGE, "03FF0100", 260, 260);
    check_more(TLV_MORE, "FD20AA", 48, 35);
    check_more(TLV_MORE, "0103", 48, 5);
}
END_TEST

START_TEST(without_a_message_there_is_none)
{
    check_none("FE0301AA", 48, TLV_NONE);
    check_none("00000000", 4, TLV_NONE);
    check_none("FD02AABB", 4, TLV_NONE);
    check_none("", 0, TLV_NONE);
    check_none("FD00FE", 3, TLV_NONE);
}
END_TEST

START_TEST(a_block_that_leaves_the_data_area_is_malformed)
{
    check_none("0303AABB", 4, TLV_MALFORMED);
    check_none("FD03AABB", 4, TLV_MALFORMED);
    check_none("03", 1, TLV_MALFORMED);
    check_none("03FF01", 3, TLV_MALFORMED);
    check_none("03FF0100", 259, TLV_MALFORMED);
    check_none("01030000", 4, TLV_MALFORMED);
}
END_TEST

START_TEST(lock_and_reserved_bytes_inside_the_message_are_passed_over)
{
    /* 12 lock bits at page 1 of 16 bytes, byte 10: addresses 26 and 27. */
    check_found("0103" "1A0C04" "0306" "112233" "EEEE" "445566", 48, "112233445566");
    /* 3 reserved bytes there, and then the lock bytes right behind them. */
    check_found("0203" "1F0304" "0103" "220804" "0306" "112233" "EEEEEEEE" "445566", 48, "112233445566");
    /* A length of the message that is itself interrupted. */
    check_found("0203" "160204" "03" "EEEE" "02AABB", 48, "AABB");
    /* 0 stands for 256. */
    check_none("0203" "1A0004" "0306112233", 48, TLV_MALFORMED);
    /* Behind the message they are none of its business. */
    check_found("0103" "A01044" "0302AABB", 48, "AABB");
}
END_TEST

START_TEST(control_blocks_without_a_place_are_malformed)
{
    check_none("0103" "1A0C00" "0300", 48, TLV_MALFORMED);
    check_none("0102" "1A0C" "0300", 48, TLV_MALFORMED);
    check_none("0204" "1A0C0400" "0300", 48, TLV_MALFORMED);
    check_found("0103F00104" "0103F00104" "0103F00104" "0103F00104" "0103F00104" "0103F00104" "0103F00104"
                "0103F00104" "0300", 48, "");
    check_none("0103F00104" "0103F00104" "0103F00104" "0103F00104" "0103F00104" "0103F00104" "0103F00104"
               "0103F00104" "0103F00104" "0300", 48, TLV_MALFORMED);
}
END_TEST

START_TEST(a_control_block_gives_an_area)
{
    static const uint8_t ntag213[] = { 0xA0, 0x0C, 0x34 };
    static const uint8_t all[] = { 0xFF, 0x00, 0x0F };
    struct tlv_area area;

    ck_assert(tlv_area_from_control(TLV_LOCK_CONTROL, ntag213, &area));
    ck_assert_uint_eq(area.first, 160);
    ck_assert_uint_eq(area.count, 2);
    ck_assert(tlv_area_from_control(TLV_MEMORY_CONTROL, ntag213, &area));
    ck_assert_uint_eq(area.count, 12);
    ck_assert(tlv_area_from_control(TLV_LOCK_CONTROL, all, &area));
    ck_assert_uint_eq(area.first, 15 * 32768 + 15);
    ck_assert_uint_eq(area.count, 32);
}
END_TEST

/* ---- capability containers ---- */

START_TEST(type_2_says_its_size)
{
    static const struct { const char *cc; size_t size_bytes; } cases[] = {
        { "E1100600", 48 }, { "E1101200", 144 }, { "E1103E00", 496 }, { "E1106D00", 872 }, { "E110FF00", 2040 },
        { "E110060F", 48 }, { "E1110600", 48 },
        { "E1100000", 0 }, { "E1200600", 0 }, { "E1000600", 0 }, { "00100600", 0 }, { "E11006F0", 0 },
        { "FFFFFFFF", 0 }, { "00000000", 0 }, { "E11006F0", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t cc[TYPE2_CC_BYTES];
        size_t size_bytes = 0;
        to_bytes(cases[i].cc, cc, sizeof cc);
        ck_assert_msg(capability_type2(cc, &size_bytes) == (cases[i].size_bytes > 0), "%s", cases[i].cc);
        if (cases[i].size_bytes > 0)
            ck_assert_uint_eq(size_bytes, cases[i].size_bytes);
    }
}
END_TEST

START_TEST(type_3_says_its_blocks_with_a_checksum)
{
    static const struct { const char *block; unsigned at_once, blocks; size_t message_bytes; } cases[] = {
        { "100401000D0000000000010000100033", 4, 13, 16 },
        { "110C0800FF0000000000010000FF0224", 12, 255, 255 },
        { "10FF01000D000000000001000000011E", 15, 13, 0 },
        { "100401000D0000000000010000D000F3", 4, 13, 208 },
        { "100401000D0000000000010000D100F4", 0, 0, 0 },   /* longer than its blocks */
        { "100401000D0000000000010000100034", 0, 0, 0 },   /* checksum */
        { "100401000D000000000F010000100042", 0, 0, 0 },   /* in the middle of a write */
        { "200401000D0000000000010000100043", 0, 0, 0 },   /* another major version */
        { "100001000D000000000001000010002F", 0, 0, 0 },   /* no block at once */
        { "00000000000000000000000000000000", 0, 0, 0 },
        { "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0, 0, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t block[TYPE3_ATTRIBUTE_BYTES];
        struct type3_attributes attributes = { 0 };
        ck_assert_uint_eq(to_bytes(cases[i].block, block, sizeof block), sizeof block);
        ck_assert_msg(capability_type3(block, &attributes) == (cases[i].at_once > 0), "%s", cases[i].block);
        if (cases[i].at_once == 0)
            continue;
        ck_assert_uint_eq(attributes.blocks_at_once, cases[i].at_once);
        ck_assert_uint_eq(attributes.blocks, cases[i].blocks);
        ck_assert_uint_eq(attributes.message_bytes, cases[i].message_bytes);
    }
}
END_TEST

START_TEST(type_4_says_its_file)
{
    static const struct { const char *cc; struct type4_file file; } cases[] = {
        { "000F20003B00340406E104003200FF", { 0x3B, 0xE104, 0x32, 2 } },
        { "000F10003B00340406E104003200FF", { 0x3B, 0xE104, 0x32, 2 } },
        { "000F30FFFFFFFF0406E1047FFF0000", { 0xFFFF, 0xE104, 0x7FFF, 2 } },
        { "00112000FF00FF040600050100000005", { 0xFF, 0x0005, 0x100, 2 } },
        { "00113000FF00FF0608E10400010000", { 0xFF, 0xE104, 0x10000, 4 } },
        { "00113000FF00FF0608E104000100000000", { 0xFF, 0xE104, 0x10000, 4 } },
        { "00113000FF00FF0608E1040001000000FFAABB", { 0xFF, 0xE104, 0x10000, 4 } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t cc[32];
        struct type4_file file;
        size_t cc_bytes = to_bytes(cases[i].cc, cc, sizeof cc);
        ck_assert_msg(capability_type4(cc, cc_bytes, &file), "%s", cases[i].cc);
        ck_assert_uint_eq(file.read_max_bytes, cases[i].file.read_max_bytes);
        ck_assert_uint_eq(file.id, cases[i].file.id);
        ck_assert_uint_eq(file.size_bytes, cases[i].file.size_bytes);
        ck_assert_uint_eq(file.length_bytes, cases[i].file.length_bytes);
    }
}
END_TEST

START_TEST(a_type_4_container_that_contradicts_itself_is_none)
{
    static const char *const malformed[] = {
        "", "000F", "000F20003B00340406E1040032",        /* cut */
        "000E20003B00340406E104003200FF",                /* shorter than it can be */
        "000F00003B00340406E104003200FF", "000F40003B00340406E104003200FF", /* versions that there are not */
        "000F20000E00340406E104003200FF",                /* MLe below 15 */
        "000F20003B00340506E104003200FF", "000F20003B00340405E104003200FF", /* another TLV, another length */
        "00112000FF00FF0608E10400010000",                /* an extended file before version 3 */
        "000F20003B00340406E1040032FF00", "000F20003B00340406E104003280FF", /* not for everybody */
        "00113000FF00FF0608E1040001000080FF",
        "000F20003B00340406E104000400FF",                /* a file that is too small for a record */
        "000F20003B00340406E103003200FF", "000F20003B00340406E102003200FF", "000F20003B003404060000003200FF",
        "000F20003B003404063F00003200FF", "000F20003B003404063FFF003200FF", "000F20003B00340406FFFF003200FF",
    };

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        uint8_t bytes[32];
        struct type4_file file;
        size_t cc_bytes = to_bytes(malformed[i], bytes, sizeof bytes);
        uint8_t *exact = memory_copy(bytes, cc_bytes);
        ck_assert_msg(!capability_type4(exact, cc_bytes, &file), "%s", malformed[i]);
        free(exact);
    }
}
END_TEST

START_TEST(type_5_has_a_short_and_a_long_container)
{
    static const struct { const char *cc; size_t cc_bytes, size_bytes, needed_bytes; } cases[] = {
        { "E1400601", 4, 48, 4 }, { "E2401C01", 4, 224, 4 }, { "E1430600", 4, 48, 4 }, { "E140FF00", 4, 2040, 4 },
        { "E140060100000000", 4, 48, 4 },
        { "E240000100000400", 8, 8192, 8 }, { "E14000010000FFFF", 8, 524280, 8 },
        { "E2400001", 0, 0, 8 },              /* the other half is missing */
        { "E240000100000000", 0, 0, 8 },      /* no size */
        { "E1800601", 0, 0, 4 }, { "E1000601", 0, 0, 4 }, { "E3400601", 0, 0, 4 }, { "E1440601", 0, 0, 4 },
        { "00000000", 0, 0, 8 }, { "FFFFFFFF", 0, 0, 4 }, { "E140", 0, 0, 4 }, { "", 0, 0, 4 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[16];
        struct type5_capability capability;
        size_t needed_bytes = 0;
        size_t cc_bytes = to_bytes(cases[i].cc, bytes, sizeof bytes);
        uint8_t *exact = memory_copy(bytes, cc_bytes);
        ck_assert_msg(capability_type5(exact, cc_bytes, &capability, &needed_bytes) == (cases[i].size_bytes > 0), "%s",
                      cases[i].cc);
        ck_assert_uint_eq(needed_bytes, cases[i].needed_bytes);
        if (cases[i].size_bytes > 0) {
            ck_assert_uint_eq(capability.cc_bytes, cases[i].cc_bytes);
            ck_assert_uint_eq(capability.size_bytes, cases[i].size_bytes);
        }
        free(exact);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tlv");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_message_is_found_behind_other_blocks);
    tcase_add_test(all, a_length_may_have_three_bytes);
    tcase_add_test(all, what_is_missing_is_said);
    tcase_add_test(all, without_a_message_there_is_none);
    tcase_add_test(all, a_block_that_leaves_the_data_area_is_malformed);
    tcase_add_test(all, lock_and_reserved_bytes_inside_the_message_are_passed_over);
    tcase_add_test(all, control_blocks_without_a_place_are_malformed);
    tcase_add_test(all, a_control_block_gives_an_area);
    tcase_add_test(all, type_2_says_its_size);
    tcase_add_test(all, type_3_says_its_blocks_with_a_checksum);
    tcase_add_test(all, type_4_says_its_file);
    tcase_add_test(all, a_type_4_container_that_contradicts_itself_is_none);
    tcase_add_test(all, type_5_has_a_short_and_a_long_container);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
