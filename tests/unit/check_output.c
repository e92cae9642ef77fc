/* SPDX-License-Identifier: MIT */
#include "template/output.h"

#include "base/hex.h"
#include "base/memory.h"
#include "template/characters.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LONG "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20"

/* Data, TOF byte 0, shift and the text; NULL = no output. */
struct raw {
    const char *data;
    uint8_t tof;
    unsigned shift_bytes;
    unsigned shift_bits;
    const char *text;
};

struct setting {
    uint8_t tof[2];
    const char *prefix;
    uint8_t options;
    struct output_shift shift;
};

static struct output output_of(const struct setting *setting)
{
    struct template_registers registers = { 0 };
    struct output output;

    memcpy(registers.at[TEMPLATE_OUTPUT_FORMAT].bytes, setting->tof, 2);
    registers.at[TEMPLATE_OUTPUT_FORMAT].size_bytes = 2;
    registers.at[TEMPLATE_OPTIONS].bytes[0] = setting->options;
    registers.at[TEMPLATE_OPTIONS].size_bytes = 1;
    if (setting->prefix != NULL) {
        registers.at[TEMPLATE_PREFIX].size_bytes = strlen(setting->prefix);
        memcpy(registers.at[TEMPLATE_PREFIX].bytes, setting->prefix, strlen(setting->prefix));
    }
    output_init(&output, &registers, setting->shift, 0x4F, 'N');
    return output;
}

/* In memory of exactly that size, so that a sanitizer sees each byte too many. Frees nothing; the caller frees. */
static char *put(const struct output *output, const void *data, size_t size_bytes)
{
    uint8_t *exact = memory_copy(data, size_bytes);
    char *text = output_put(output, exact, size_bytes);

    free(exact);
    return text;
}

static void expect(const struct setting *setting, const void *data, size_t size_bytes, const char *expected)
{
    struct output output = output_of(setting);
    char *text = put(&output, data, size_bytes);

    if (expected == NULL)
        ck_assert_ptr_null(text);
    else
        ck_assert_msg(text != NULL && strcmp(text, expected) == 0, "TOF %02X%02X, shift %u/%u: %s, not %s",
                      setting->tof[0], setting->tof[1], setting->shift.bytes, setting->shift.bits,
                      text != NULL ? text : "nothing", expected);
    free(text);
    output_release(&output);
}

static void expect_raw(const struct raw *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct setting setting = { .tof = { samples[i].tof },
                                         .shift = { samples[i].shift_bytes, samples[i].shift_bits } };
        uint8_t data[32];
        int size_bytes = hex_to_bytes(samples[i].data, strlen(samples[i].data), data, sizeof data);
        ck_assert_int_ge(size_bytes, 0);
        expect(&setting, data, (size_t) size_bytes, samples[i].text);
    }
}

#define EXPECT_RAW(samples) expect_raw(samples, sizeof(samples) / sizeof((samples)[0]))

START_TEST(each_of_the_sixteen_formats_has_its_length)
{
    static const struct raw samples[] = {
        { LONG, 0x00, 0, 0, "0016909060" },
        { LONG, 0x01, 0, 0, "01020304" },
        { LONG, 0x02, 0, 0, "0102030405060708" },
        { LONG, 0x03, 0, 0, "0102030405" },
        { LONG, 0x04, 0, 0, "0102030405060708090A" },
        { LONG, 0x05, 0, 0, "01020304050607" },
        { LONG, 0x06, 0, 0, "0102030405060708090A0B" },
        { LONG, 0x07, 0, 0, "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20" },
        { LONG, 0x08, 0, 0, "0102030405060708090A0B0C0D0E0F10" },
        { LONG, 0x09, 0, 0, "0102030405060708090A0B0C0D0E0F1011121314" },
        { LONG, 0x0A, 0, 0, "0102030405060708090A0B0C0D0E0F101112131415161718" },
        { LONG, 0x0B, 0, 0, "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20" },
        { LONG, 0x0C, 0, 0, "004328719365" },
        { LONG, 0x0D, 0, 0, "0004328719365" },
        { LONG, 0x0E, 0, 0, "455867356320691211509944977504407603390036387149619137164185182714736811808" },
        { LONG, 0x0F, 0, 0, "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20" },
    };

    EXPECT_RAW(samples);
}
END_TEST

START_TEST(what_is_too_short_is_padded_with_zeros_left_or_ones_right)
{
    static const struct raw samples[] = {
        { "0A0B", 0x00, 0, 0, "0000002571" },
        { "0A0B", 0x20, 0, 0, "0000002571" },
        { "0A0B", 0x01, 0, 0, "00000A0B" },
        { "0A0B", 0x21, 0, 0, "0A0BFFFF" },
        { "0A0B", 0x02, 0, 0, "0000000000000A0B" },
        { "0A0B", 0x22, 0, 0, "0A0BFFFFFFFFFFFF" },
        { "0A0B", 0x03, 0, 0, "0000000A0B" },
        { "0A0B", 0x23, 0, 0, "0A0BFFFFFF" },
        { "0A0B", 0x04, 0, 0, "00000000000000000A0B" },
        { "0A0B", 0x24, 0, 0, "0A0BFFFFFFFFFFFFFFFF" },
        { "0A0B", 0x05, 0, 0, "00000000000A0B" },
        { "0A0B", 0x25, 0, 0, "0A0BFFFFFFFFFF" },
        { "0A0B", 0x06, 0, 0, "0000000000000000000A0B" },
        { "0A0B", 0x26, 0, 0, "0A0BFFFFFFFFFFFFFFFFFF" },
        { "0A0B", 0x07, 0, 0, "0A0B" },
        { "0A0B", 0x27, 0, 0, "0A0B" },
        { "0A0B", 0x08, 0, 0, "00000000000000000000000000000A0B" },
        { "0A0B", 0x28, 0, 0, "0A0BFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
        { "0A0B", 0x09, 0, 0, "0000000000000000000000000000000000000A0B" },
        { "0A0B", 0x29, 0, 0, "0A0BFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
        { "0A0B", 0x0A, 0, 0, "000000000000000000000000000000000000000000000A0B" },
        { "0A0B", 0x2A, 0, 0, "0A0BFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
        { "0A0B", 0x0B, 0, 0, "0000000000000000000000000000000000000000000000000000000000000A0B" },
        { "0A0B", 0x2B, 0, 0, "0A0BFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" },
        { "0A0B", 0x0C, 0, 0, "000000002571" },
        { "0A0B", 0x2C, 0, 0, "000000002571" },
        { "0A0B", 0x0D, 0, 0, "0000000002571" },
        { "0A0B", 0x2D, 0, 0, "0000000002571" },
        { "0A0B", 0x0E, 0, 0, "2571" },
        { "0A0B", 0x2E, 0, 0, "2571" },
        { "0A0B", 0x0F, 0, 0, "0A0B" },
        { "0A0B", 0x2F, 0, 0, "0A0B" },
    };

    EXPECT_RAW(samples);
}
END_TEST

START_TEST(the_bytes_are_swapped_after_the_cut)
{
    static const struct raw samples[] = {
        { LONG, 0x80, 0, 0, "0067305985" },
        { LONG, 0x81, 0, 0, "04030201" },
        { LONG, 0x82, 0, 0, "0807060504030201" },
        { LONG, 0x83, 0, 0, "0504030201" },
        { LONG, 0x84, 0, 0, "0A090807060504030201" },
        { LONG, 0x85, 0, 0, "07060504030201" },
        { LONG, 0x86, 0, 0, "0B0A090807060504030201" },
        { LONG, 0x87, 0, 0, "201F1E1D1C1B1A191817161514131211100F0E0D0C0B0A090807060504030201" },
        { LONG, 0x88, 0, 0, "100F0E0D0C0B0A090807060504030201" },
        { LONG, 0x89, 0, 0, "14131211100F0E0D0C0B0A090807060504030201" },
        { LONG, 0x8A, 0, 0, "1817161514131211100F0E0D0C0B0A090807060504030201" },
        { LONG, 0x8B, 0, 0, "201F1E1D1C1B1A191817161514131211100F0E0D0C0B0A090807060504030201" },
        { LONG, 0x8C, 0, 0, "021542142465" },
        { LONG, 0x8D, 0, 0, "0021542142465" },
        { LONG, 0x8E, 0, 0, "14528991250861404666834535435384615765856667510756806797353855100662256435713" },
        { LONG, 0x8F, 0, 0, "201F1E1D1C1B1A191817161514131211100F0E0D0C0B0A090807060504030201" },
    };

    EXPECT_RAW(samples);
}
END_TEST

START_TEST(shift_cut_swap_padding_and_clean_go_together)
{
    static const struct raw samples[] = {
        { "0012345678", 0x01, 0, 0, "00123456" },
        { "0012345678", 0x01, 1, 0, "12345678" },
        { "0012345678", 0x01, 0, 4, "01234567" },
        { "0012345678", 0x01, 3, 5, "00000678" },
        { "0012345678", 0x01, 4, 7, "00000000" },
        { "0012345678", 0x81, 0, 0, "56341200" },
        { "0012345678", 0x81, 1, 0, "78563412" },
        { "0012345678", 0x81, 0, 4, "67452301" },
        { "0012345678", 0x81, 3, 5, "00007806" },
        { "0012345678", 0x81, 4, 7, "00000000" },
        { "0012345678", 0x21, 0, 0, "00123456" },
        { "0012345678", 0x21, 1, 0, "12345678" },
        { "0012345678", 0x21, 0, 4, "01234567" },
        { "0012345678", 0x21, 3, 5, "CF1FFFFF" },
        { "0012345678", 0x21, 4, 7, "7FFFFFFF" },
        { "0012345678", 0xA1, 0, 0, "56341200" },
        { "0012345678", 0xA1, 1, 0, "78563412" },
        { "0012345678", 0xA1, 0, 4, "67452301" },
        { "0012345678", 0xA1, 3, 5, "1FCFFFFF" },
        { "0012345678", 0xA1, 4, 7, "7FFFFFFF" },
        { "0012345678", 0x11, 0, 0, "123456" },
        { "0012345678", 0x11, 1, 0, "12345678" },
        { "0012345678", 0x11, 0, 4, "1234567" },
        { "0012345678", 0x11, 3, 5, "678" },
        { "0012345678", 0x11, 4, 7, "0" },
        { "0012345678", 0x91, 0, 0, "56341200" },
        { "0012345678", 0x91, 1, 0, "78563412" },
        { "0012345678", 0x91, 0, 4, "67452301" },
        { "0012345678", 0x91, 3, 5, "7806" },
        { "0012345678", 0x91, 4, 7, "0" },
        { "0012345678", 0x31, 0, 0, "123456" },
        { "0012345678", 0x31, 1, 0, "12345678" },
        { "0012345678", 0x31, 0, 4, "1234567" },
        { "0012345678", 0x31, 3, 5, "CF1FFFFF" },
        { "0012345678", 0x31, 4, 7, "7FFFFFFF" },
        { "0012345678", 0xB1, 0, 0, "56341200" },
        { "0012345678", 0xB1, 1, 0, "78563412" },
        { "0012345678", 0xB1, 0, 4, "67452301" },
        { "0012345678", 0xB1, 3, 5, "1FCFFFFF" },
        { "0012345678", 0xB1, 4, 7, "7FFFFFFF" },
        { "0012345678", 0x05, 0, 0, "00000012345678" },
        { "0012345678", 0x05, 1, 0, "00000012345678" },
        { "0012345678", 0x05, 0, 4, "00000012345678" },
        { "0012345678", 0x05, 3, 5, "00000000000678" },
        { "0012345678", 0x05, 4, 7, "00000000000000" },
        { "0012345678", 0x85, 0, 0, "00007856341200" },
        { "0012345678", 0x85, 1, 0, "00000078563412" },
        { "0012345678", 0x85, 0, 4, "00007856341200" },
        { "0012345678", 0x85, 3, 5, "00000000007806" },
        { "0012345678", 0x85, 4, 7, "00000000000000" },
        { "0012345678", 0x25, 0, 0, "0012345678FFFF" },
        { "0012345678", 0x25, 1, 0, "12345678FFFFFF" },
        { "0012345678", 0x25, 0, 4, "012345678FFFFF" },
        { "0012345678", 0x25, 3, 5, "CF1FFFFFFFFFFF" },
        { "0012345678", 0x25, 4, 7, "7FFFFFFFFFFFFF" },
        { "0012345678", 0xA5, 0, 0, "7856341200FFFF" },
        { "0012345678", 0xA5, 1, 0, "78563412FFFFFF" },
        { "0012345678", 0xA5, 0, 4, "8F67452301FFFF" },
        { "0012345678", 0xA5, 3, 5, "1FCFFFFFFFFFFF" },
        { "0012345678", 0xA5, 4, 7, "7FFFFFFFFFFFFF" },
        { "0012345678", 0x95, 0, 0, "7856341200" },
        { "0012345678", 0x95, 1, 0, "78563412" },
        { "0012345678", 0x95, 0, 4, "7856341200" },
        { "0012345678", 0x95, 3, 5, "7806" },
        { "0012345678", 0x95, 4, 7, "0" },
        { "0012345678", 0x0E, 0, 0, "305419896" },
        { "0012345678", 0x0E, 1, 0, "305419896" },
        { "0012345678", 0x0E, 0, 4, "305419896" },
        { "0012345678", 0x0E, 3, 5, "1656" },
        { "0012345678", 0x0E, 4, 7, "0" },
        { "0012345678", 0x8E, 0, 0, "516842328576" },
        { "0012345678", 0x8E, 1, 0, "2018915346" },
        { "0012345678", 0x8E, 0, 4, "516842328576" },
        { "0012345678", 0x8E, 3, 5, "30726" },
        { "0012345678", 0x8E, 4, 7, "0" },
        { "0012345678", 0x9E, 0, 0, "516842328576" },
        { "0012345678", 0x9E, 1, 0, "2018915346" },
        { "0012345678", 0x9E, 0, 4, "516842328576" },
        { "0012345678", 0x9E, 3, 5, "30726" },
        { "0012345678", 0x9E, 4, 7, "0" },
        { "0012345678", 0x0C, 0, 0, "000305419896" },
        { "0012345678", 0x0C, 1, 0, "000305419896" },
        { "0012345678", 0x0C, 0, 4, "000305419896" },
        { "0012345678", 0x0C, 3, 5, "000000001656" },
        { "0012345678", 0x0C, 4, 7, "000000000000" },
        { "0012345678", 0x8C, 0, 0, "516842328576" },
        { "0012345678", 0x8C, 1, 0, "002018915346" },
        { "0012345678", 0x8C, 0, 4, "516842328576" },
        { "0012345678", 0x8C, 3, 5, "000000030726" },
        { "0012345678", 0x8C, 4, 7, "000000000000" },
        { "0012345678", 0x0F, 0, 0, "0012345678" },
        { "0012345678", 0x0F, 1, 0, "12345678" },
        { "0012345678", 0x0F, 0, 4, "0012345678" },
        { "0012345678", 0x0F, 3, 5, "0678" },
        { "0012345678", 0x0F, 4, 7, "00" },
        { "0012345678", 0x8F, 0, 0, "7856341200" },
        { "0012345678", 0x8F, 1, 0, "78563412" },
        { "0012345678", 0x8F, 0, 4, "7856341200" },
        { "0012345678", 0x8F, 3, 5, "7806" },
        { "0012345678", 0x8F, 4, 7, "00" },
        { "0012345678", 0x9F, 0, 0, "7856341200" },
        { "0012345678", 0x9F, 1, 0, "78563412" },
        { "0012345678", 0x9F, 0, 4, "7856341200" },
        { "0012345678", 0x9F, 3, 5, "7806" },
        { "0012345678", 0x9F, 4, 7, "0" },
        { "0012345678", 0x2F, 0, 0, "0012345678" },
        { "0012345678", 0x2F, 1, 0, "12345678" },
        { "0012345678", 0x2F, 0, 4, "012345678F" },
        { "0012345678", 0x2F, 3, 5, "CF1F" },
        { "0012345678", 0x2F, 4, 7, "7F" },
        { "0012345678", 0xAF, 0, 0, "7856341200" },
        { "0012345678", 0xAF, 1, 0, "78563412" },
        { "0012345678", 0xAF, 0, 4, "8F67452301" },
        { "0012345678", 0xAF, 3, 5, "1FCF" },
        { "0012345678", 0xAF, 4, 7, "7F" },
    };

    EXPECT_RAW(samples);
}
END_TEST

START_TEST(clean_keeps_one_digit)
{
    static const struct raw samples[] = {
        { "00000000", 0x11, 0, 0, "0" },
        { "00000000", 0x10, 0, 0, "0" },
        { "00000000", 0x1E, 0, 0, "0" },
        { "000000", 0x1F, 0, 0, "0" },
        { "00000A", 0x1F, 0, 0, "A" },
        { "00000A", 0x12, 0, 0, "A" },
        { "00000A", 0x10, 0, 0, "10" },
        { "0A0000", 0x3F, 0, 0, "A0000" },
        { "0A0000", 0x9F, 0, 0, "A" },
        { "00", 0x32, 0, 0, "FFFFFFFFFFFFFF" },
    };

    EXPECT_RAW(samples);
}
END_TEST

START_TEST(a_shift_beyond_the_data_gives_no_output)
{
    static const struct raw samples[] = {
        { "0012345678", 0x01, 5, 0, NULL },
        { "0012345678", 0x01, 4, 7, "00000000" },
        { "0012345678", 0x00, 255, 7, NULL },
        { "", 0x0F, 0, 0, NULL },
        { "0012345678", 0x0F, 4, 0, "78" },
    };
    const struct setting string = { .tof = { 0x40 }, .shift = { 3, 0 } };

    EXPECT_RAW(samples);
    expect(&string, "abc", 3, NULL);
    expect(&string, "abcd", 4, "d");
}
END_TEST

struct text {
    struct setting setting;
    const char *data;    /* up to its NUL, which is not part of it */
    const char *text;
};

static void expect_texts(const struct text *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(&samples[i].setting, samples[i].data, strlen(samples[i].data), samples[i].text);
}

#define EXPECT_TEXTS(samples) expect_texts(samples, sizeof(samples) / sizeof((samples)[0]))

START_TEST(a_string_has_the_length_that_tof_says)
{
    static const struct text samples[] = {
        { { .tof = { 0x40 } }, "0123456789abcdefXYZ", "0123456789abcdef" },
        { { .tof = { 0x41 } }, "0123456789abcdefXYZ", "0" },
        { { .tof = { 0x4F } }, "0123456789abcdefXYZ", "0123456789abcde" },
        { { .tof = { 0x40 } }, "short", "short" },
        { { .tof = { 0x60 } }, "short", "short           " },
        { { .tof = { 0x67 } }, "short", "short  " },
        { { .tof = { 0x63 } }, "short", "sho" },
        { { .tof = { 0x50, 18 } }, "0123456789abcdefXYZ", "0123456789abcdefXY" },
        { { .tof = { 0x5F, 18 } }, "0123456789abcdefXYZ", "0123456789abcdefXY" }, /* the nibble is not used */
        { { .tof = { 0x70, 8 } }, "short", "short   " },
        { { .tof = { 0xC0 } }, "short", "trohs" },
        { { .tof = { 0xC3 } }, "short", "ohs" },
        { { .tof = { 0xE7 } }, "short", "trohs  " },
        { { .tof = { 0xD0, 3 } }, "short", "ohs" },
        { { .tof = { 0xF0, 8 } }, "short", "trohs   " },
        { { .tof = { 0x40 }, .shift = { 2, 0 } }, "short", "ort" },
        { { .tof = { 0x42 }, .shift = { 2, 0 } }, "short", "or" },
        { { .tof = { 0xC2 }, .shift = { 2, 0 } }, "short", "ro" },
        { { .tof = { 0x40 } }, " \"quoted\" \\ ", " \"quoted\" \\ " },
    };

    EXPECT_TEXTS(samples);
}
END_TEST

START_TEST(a_long_string_may_have_255_characters)
{
    char data[300];
    char expected[256];

    memset(data, 'a', sizeof data);
    memset(expected, 'a', 255);
    expected[255] = '\0';
    const struct setting longest = { .tof = { 0x50, 255 } };
    const struct setting none = { .tof = { 0x50, 0 } };
    expect(&longest, data, sizeof data, expected);
    expect(&none, data, sizeof data, expected);
}
END_TEST

START_TEST(a_string_ends_at_its_nul)
{
    const struct setting plain = { .tof = { 0x40 } };
    const struct setting filled = { .tof = { 0x64 } };
    const struct setting shifted = { .tof = { 0x40 }, .shift = { 3, 0 } };

    expect(&plain, "ab\0cd", 5, "ab");
    expect(&filled, "ab\0cd", 5, "ab  ");
    expect(&shifted, "ab\0cd", 5, "cd");
    expect(&plain, "\0cd", 3, "");
    expect(&filled, "\0cd", 3, "    ");
}
END_TEST

START_TEST(bits_may_be_shifted_away_in_front_of_a_string)
{
    const struct setting four = { .tof = { 0x40 }, .shift = { 0, 4 } };
    const struct setting twelve = { .tof = { 0x42 }, .shift = { 1, 4 } };

    expect(&four, "\xF4\x86\x5F", 3, "He"); /* and half a byte, which is no character */
    expect(&twelve, "\xFF\xF4\x86\x50", 4, "He");
    expect(&four, "\xF4", 1, "");
}
END_TEST

START_TEST(utf_8_stays_and_everything_else_is_latin_1)
{
    static const struct text samples[] = {
        { { .tof = { 0x40 } }, "Gr\xC3\xBC\xC3\x9F" "e", "Gr\xC3\xBC\xC3\x9F" "e" },
        { { .tof = { 0x43 } }, "Gr\xC3\xBC\xC3\x9F" "e", "Gr\xC3\xBC" },
        { { .tof = { 0xC0 } }, "Gr\xC3\xBC\xC3\x9F" "e", "e\xC3\x9F\xC3\xBCrG" },
        { { .tof = { 0x66 } }, "\xE2\x82\xAC" "5", "\xE2\x82\xAC" "5    " },
        { { .tof = { 0xC0 } }, "a\xF0\x9F\x98\x80" "b", "b\xF0\x9F\x98\x80" "a" },
        { { .tof = { 0x40 } }, "Gr\xFC\xDF" "e", "Gr\xC3\xBC\xC3\x9F" "e" },          /* ISO 8859-1 */
        { { .tof = { 0x43 } }, "Gr\xFC\xDF" "e", "Gr\xC3\xBC" },
        { { .tof = { 0x40 } }, "\xC3\xBC\xFC", "\xC3\x83\xC2\xBC\xC3\xBC" },        /* one wrong byte: all of it */
        { { .tof = { 0x40 } }, "\xC0\xAF", "\xC3\x80\xC2\xAF" },                     /* overlong */
        { { .tof = { 0x40 } }, "\xE0\x9F\xBF", "\xC3\xA0 \xC2\xBF" },               /* overlong; 9F is a control */
        { { .tof = { 0x40 } }, "\xED\xA0\xA1", "\xC3\xAD\xC2\xA0\xC2\xA1" },        /* a surrogate */
        { { .tof = { 0x40 } }, "\xF4\xA0\xA0\xA0", "\xC3\xB4\xC2\xA0\xC2\xA0\xC2\xA0" }, /* beyond U+10FFFF */
        { { .tof = { 0x40 } }, "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF" },
        { { .tof = { 0x40 } }, "ab\xC3", "ab" },            /* the end of the data cuts a character */
        { { .tof = { 0x40 } }, "ab\xE2\x82", "ab" },
        { { .tof = { 0x64 } }, "ab\xE2\x82", "ab  " },
        { { .tof = { 0x40 } }, "\xC3", "\xC3\x83" },       /* nothing before it says that it is UTF-8 */
        { { .tof = { 0x40 } }, "ab\xFF", "ab\xC3\xBF" },
    };

    EXPECT_TEXTS(samples);
}
END_TEST

START_TEST(control_characters_become_spaces)
{
    static const struct text samples[] = {
        { { .tof = { 0x40 } }, "a\nb\rc\td\x7F" "e\x1B", "a b c d e " },
        { { .tof = { 0x40 } }, "a\xC2\x85" "b\xC2\x9F", "a b " },       /* C1 in UTF-8 */
        { { .tof = { 0x40 } }, "a\xC2\xA0" "b", "a\xC2\xA0" "b" },
        { { .tof = { 0x40 } }, "a\x85" "b\xFF", "a b\xC3\xBF" },        /* and in ISO 8859-1 */
        { { .tof = { 0xC3 } }, "\n12", "21 " },
    };
    const struct setting all = { .tof = { 0x50, 255 } };
    uint8_t data[31];
    char expected[32];

    EXPECT_TEXTS(samples);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t) (i + 1);
    memset(expected, ' ', sizeof data);
    expected[sizeof data] = '\0';
    expect(&all, data, sizeof data, expected);
}
END_TEST

START_TEST(without_a_limit_all_characters_come)
{
    const struct characters_options all = { 0 };
    const struct characters_options reversed = { .reversed = true };
    char *text = characters_from_bytes(&all, (const uint8_t *) "0123456789abcdefXYZ", 19);
    char *back = characters_from_bytes(&reversed, (const uint8_t *) "abc", 3);
    char *empty = characters_from_bytes(&all, NULL, 0);

    ck_assert_str_eq(text, "0123456789abcdefXYZ");
    ck_assert_str_eq(back, "cba");
    ck_assert_str_eq(empty, "");
    free(text);
    free(back);
    free(empty);
}
END_TEST

START_TEST(prefix_and_token_have_their_places)
{
    static const struct {
        uint8_t options;
        const char *raw;
        const char *string;
    } samples[] = {
        { 0x00, "P\tAB", "P\tab" },   { 0x01, "4FP\tAB", "4FP\tab" }, { 0x02, "NP\tAB", "NP\tab" },
        { 0x03, "P\tAB", "P\tab" },   { 0x04, "P\tAB", "P\tab" },     { 0x05, "P\t4FAB", "P\t4Fab" },
        { 0x06, "P\tNAB", "P\tNab" }, { 0x08, "P\tAB", "P\tab" },     { 0x09, "P\tAB4F", "P\tab4F" },
        { 0x0A, "P\tABN", "P\tabN" }, { 0x0D, "4FP\tAB", "4FP\tab" }, { 0x0E, "NP\tAB", "NP\tab" },
        { 0xF6, "P\tNAB", "P\tNab" },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct setting raw = { { 0x0F, 0 }, "P\\t", samples[i].options, { 0, 0 } };
        const struct setting string = { { 0x40, 0 }, "P\\t", samples[i].options, { 0, 0 } };
        expect(&raw, "\xAB", 1, samples[i].raw);
        expect(&string, "ab", 2, samples[i].string);
    }
}
END_TEST

START_TEST(a_prefix_is_not_cleaned_or_swapped)
{
    const struct setting clean = { { 0x9F, 0 }, "00", 0x05, { 0, 0 } };
    const struct setting swapped = { { 0xC0, 0 }, "ab", 0x06, { 0, 0 } };

    expect(&clean, "\x01\x00", 2, "004F1");
    expect(&swapped, "xy", 2, "abNyx");
}
END_TEST

START_TEST(a_template_knows_how_much_to_read)
{
    static const struct {
        struct setting setting;
        size_t wanted_bytes;
    } samples[] = {
        { { .tof = { 0x00 } }, 4 }, { { .tof = { 0x01 } }, 4 },
        { { .tof = { 0x02 } }, 8 }, { { .tof = { 0x03 } }, 5 },
        { { .tof = { 0x04 } }, 10 }, { { .tof = { 0x05 } }, 7 },
        { { .tof = { 0x06 } }, 11 }, { { .tof = { 0x07 } }, 0 },
        { { .tof = { 0x08 } }, 16 }, { { .tof = { 0x09 } }, 20 },
        { { .tof = { 0x0A } }, 24 }, { { .tof = { 0x0B } }, 32 },
        { { .tof = { 0x0C } }, 5 }, { { .tof = { 0x0D } }, 5 },
        { { .tof = { 0x0E } }, 0 }, { { .tof = { 0x0F } }, 0 },
        { { .tof = { 0x81 } }, 4 },
        { { .tof = { 0x01 }, .shift = { 3, 0 } }, 7 },
        { { .tof = { 0x01 }, .shift = { 3, 1 } }, 8 },
        { { .tof = { 0x0F }, .shift = { 3, 1 } }, 0 },
        { { .tof = { 0x40 } }, 16 }, { { .tof = { 0x45 } }, 5 },  { { .tof = { 0x50, 200 } }, 200 },
        { { .tof = { 0x50, 0 } }, 255 },
        { { .tof = { 0x45 }, .shift = { 2, 7 } }, 8 },
        { { .tof = { 0x50, 255 }, .shift = { 255, 7 } }, 511 },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct output output = output_of(&samples[i].setting);
        ck_assert_msg(output_wanted_bytes(&output) == samples[i].wanted_bytes, "TOF %02X: %zu",
                      samples[i].setting.tof[0], output_wanted_bytes(&output));
        output_release(&output);
    }
}
END_TEST

START_TEST(an_identifier_is_swapped_before_the_shift)
{
    static const struct {
        uint8_t tof;
        struct output_shift shift;
        const char *text;
    } samples[] = {
        { 0x0F, { 0, 0 }, "04112233445566" }, { 0xCF, { 0, 0 }, "66554433221104" }, { 0xC1, { 0, 0 }, "66554433" },
        { 0xC1, { 1, 0 }, "55443322" },
        { 0x01, { 1, 0 }, "11223344" }, { 0x8F, { 0, 0 }, "04112233445566" },
        { 0x4F, { 0, 0 }, "04112233445566" }, { 0xF2, { 0, 0 }, "0066554433221104" }, /* bits 5 and 4 are RFU */
        { 0xFF, { 0, 0 }, "66554433221104" },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct template_registers registers = { 0 };
        struct output output;
        registers.at[TEMPLATE_OUTPUT_FORMAT].bytes[0] = samples[i].tof;
        output_init_identifier(&output, &registers, samples[i].shift, 0x70, 'D');
        char *text = put(&output, "\x04\x11\x22\x33\x44\x55\x66", 7);
        ck_assert_str_eq(text, samples[i].text);
        ck_assert_uint_eq(output_wanted_bytes(&output) == 0, (samples[i].tof & 0xC0) == 0xC0 ||
                                                                 (samples[i].tof & 0x0F) == 0x0F);
        free(text);
        output_release(&output);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *all = tcase_create("all");

    tcase_add_test(all, each_of_the_sixteen_formats_has_its_length);
    tcase_add_test(all, what_is_too_short_is_padded_with_zeros_left_or_ones_right);
    tcase_add_test(all, the_bytes_are_swapped_after_the_cut);
    tcase_add_test(all, shift_cut_swap_padding_and_clean_go_together);
    tcase_add_test(all, clean_keeps_one_digit);
    tcase_add_test(all, a_shift_beyond_the_data_gives_no_output);
    tcase_add_test(all, a_string_has_the_length_that_tof_says);
    tcase_add_test(all, a_long_string_may_have_255_characters);
    tcase_add_test(all, a_string_ends_at_its_nul);
    tcase_add_test(all, bits_may_be_shifted_away_in_front_of_a_string);
    tcase_add_test(all, utf_8_stays_and_everything_else_is_latin_1);
    tcase_add_test(all, control_characters_become_spaces);
    tcase_add_test(all, without_a_limit_all_characters_come);
    tcase_add_test(all, prefix_and_token_have_their_places);
    tcase_add_test(all, a_prefix_is_not_cleaned_or_swapped);
    tcase_add_test(all, a_template_knows_how_much_to_read);
    tcase_add_test(all, an_identifier_is_swapped_before_the_shift);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
