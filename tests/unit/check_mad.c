/* SPDX-License-Identifier: MIT */
#include "card/mad.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The example of AN10787, "CRC calculation". */
static const char published[] = "89010108010801080000000000000400"
                                "03100310021002100000000000001130";

/* In memory of exactly that size, so that a sanitizer sees each byte too many. */
static bool parse(struct mad *mad, enum mad_part part, const char *hex)
{
    uint8_t bytes[MAD_2_BYTES];
    size_t size_bytes = (size_t) hex_to_bytes(hex, strlen(hex), bytes, sizeof bytes);
    uint8_t *exact = memory_copy(bytes, size_bytes);

    ck_assert_uint_eq(size_bytes, part == MAD_1 ? MAD_1_BYTES : MAD_2_BYTES);
    bool good = mad_parse(mad, part, exact);
    free(exact);
    return good;
}

START_TEST(the_published_checksum_comes_out)
{
    uint8_t bytes[MAD_1_BYTES];

    hex_to_bytes(published, sizeof published - 1, bytes, sizeof bytes);
    ck_assert_uint_eq(mad_crc(bytes + 1, sizeof bytes - 1), 0x89);
    ck_assert_uint_eq(mad_crc(bytes, 0), 0xC7);
}
END_TEST

START_TEST(the_published_directory_is_read)
{
    static const uint16_t aids[] = { 0x0801, 0x0801, 0x0801, 0, 0, 0, 0x0004, 0x1003, 0x1003, 0x1002, 0x1002, 0, 0, 0,
                                     0x3011 };
    struct mad mad = { 0 };

    ck_assert(parse(&mad, MAD_1, published));
    ck_assert_uint_eq(mad.first_sector, 1);
    ck_assert_uint_eq(mad.sectors_count, 15);
    for (size_t i = 0; i < 15; i++)
        ck_assert_uint_eq(mad.aids[i], aids[i]);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x0801, 0), 1);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x0801, 1), 2);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x0801, 3), 0);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x0004, 0), 7);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x1002, 9), 10);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x3011, 0), 15);
    ck_assert_uint_eq(mad_next_sector(&mad, 0x1130, 0), 0);
}
END_TEST

START_TEST(the_second_part_is_for_the_sectors_from_17_on)
{
    uint8_t bytes[MAD_2_BYTES] = { 0 };
    struct mad mad = { 0 };

    bytes[2] = 0x03;
    bytes[3] = 0xE1;
    bytes[46] = 0x03;
    bytes[47] = 0xE1;
    bytes[0] = mad_crc(bytes + 1, sizeof bytes - 1);
    ck_assert(mad_parse(&mad, MAD_2, bytes));
    ck_assert_uint_eq(mad.sectors_count, 23);
    ck_assert_uint_eq(mad_next_sector(&mad, 0xE103, 0), 17);
    ck_assert_uint_eq(mad_next_sector(&mad, 0xE103, 17), 39);
    ck_assert_uint_eq(mad_next_sector(&mad, 0xE103, 39), 0);
}
END_TEST

START_TEST(a_wrong_checksum_is_no_directory)
{
    struct mad mad = { .first_sector = 99 };
    char hex[sizeof published];

    for (size_t i = 0; i < sizeof published - 1; i++) {
        memcpy(hex, published, sizeof hex);
        hex[i] = hex[i] == '0' ? '1' : '0';
        ck_assert(!parse(&mad, MAD_1, hex));
        ck_assert_uint_eq(mad.first_sector, 99);
    }
    memset(hex, '0', sizeof hex - 1);
    ck_assert(!parse(&mad, MAD_1, hex));
    memset(hex, 'F', sizeof hex - 1);
    ck_assert(!parse(&mad, MAD_1, hex));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mad");
    TCase *all = tcase_create("all");

    tcase_add_test(all, the_published_checksum_comes_out);
    tcase_add_test(all, the_published_directory_is_read);
    tcase_add_test(all, the_second_part_is_for_the_sectors_from_17_on);
    tcase_add_test(all, a_wrong_checksum_is_no_directory);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
