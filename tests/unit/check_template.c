/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "template/decimal.h"
#include "template/output.h"
#include "template/template.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The registers of ID Only, as they are easiest to write down. */
struct plain {
    uint8_t lookup;
    uint8_t output_format[2];
    const char *prefix;
    uint8_t location[2];
    uint8_t options;
};

static void put(struct template_registers *registers, size_t offset, const void *bytes, size_t size_bytes)
{
    registers->at[offset].size_bytes = size_bytes;
    memcpy(registers->at[offset].bytes, bytes, size_bytes);
}

static struct template_set *create_set(const struct plain plain[TEMPLATE_COUNT])
{
    struct template_registers registers[TEMPLATE_COUNT] = { 0 };

    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        const char *prefix = plain[i].prefix != NULL ? plain[i].prefix : "";

        put(&registers[i], TEMPLATE_LOOKUP, &plain[i].lookup, 1);
        put(&registers[i], TEMPLATE_OUTPUT_FORMAT, plain[i].output_format, 2);
        put(&registers[i], TEMPLATE_PREFIX, prefix, strlen(prefix));
        put(&registers[i], TEMPLATE_LOCATION, plain[i].location, 2);
        put(&registers[i], TEMPLATE_OPTIONS, &plain[i].options, 1);
    }
    return template_set_create(registers);
}

static enum template_result run_set(const struct template_set *set, struct card *card, struct token **token)
{
    const struct template_limits limits = { .clock = clock_system() };
    enum card_error error;

    return template_set_run(set, card, &limits, token, &error);
}

static char *prefix_of(const char *text)
{
    struct template_register prefix = { .size_bytes = strlen(text) };

    memcpy(prefix.bytes, text, prefix.size_bytes);
    return output_prefix_from_register(&prefix);
}

static struct card card_of(enum card_technology technology, const char *uid)
{
    struct card card = { .technology = technology };
    int count = hex_to_bytes(uid, strlen(uid), card.uid, sizeof card.uid);

    ck_assert_int_ge(count, 0);
    card.uid_bytes = (size_t) count;
    return card;
}

/* Runs one instance with those registers on that card; the token must be freed, NULL if nothing matched. */
static struct token *run(const struct plain *registers, struct card *card)
{
    struct plain all[TEMPLATE_COUNT] = { *registers };
    struct template_set *set = create_set(all);
    struct token *token = NULL;
    enum template_result result = run_set(set, card, &token);

    ck_assert_int_eq(result, token != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH);
    template_set_free(set);
    return token;
}

static void expect_data(const struct plain *registers, struct card *card, const char *tag_data)
{
    struct token *token = run(registers, card);

    ck_assert_ptr_nonnull(token);
    ck_assert_str_eq(token->tag_data, tag_data);
    token_free(token);
}

/* The output of ID Only for all protocols with that TOF byte, no shift, on an NFC-A card. */
static void expect_format(uint8_t tof, const char *uid, const char *tag_data)
{
    struct plain registers = { .lookup = 0xFF, .output_format = { tof, 0 } };
    struct card card = card_of(CARD_NFC_A, uid);

    expect_data(&registers, &card, tag_data);
}

static void expect_shifted(uint8_t tof, uint8_t bytes, uint8_t bits, const char *uid, const char *tag_data)
{
    struct plain registers = {
        .lookup = 0xFF, .output_format = { tof, 0 }, .location = { bytes, bits }
    };
    struct card card = card_of(CARD_NFC_A, uid);

    expect_data(&registers, &card, tag_data);
}

START_TEST(the_published_sample_of_a_seven_byte_uid_comes_out)
{
    struct plain registers = { .lookup = 0x01, .output_format = { 0x02, 0x00 } };
    struct card card = card_of(CARD_NFC_A, "047DAE02C84080");
    struct token *token = run(&registers, &card);

    ck_assert_ptr_nonnull(token);
    ck_assert_str_eq(token->interface, "13.56");
    ck_assert_str_eq(token->protocol, "NFC-A");
    ck_assert_int_eq(token->template_number, 1);
    ck_assert_str_eq(token->tag_id, "047DAE02C84080");
    ck_assert_str_eq(token->tag_data, "00047DAE02C84080");
    ck_assert_ptr_null(token->tag_details);
    token_free(token);
}
END_TEST

START_TEST(the_published_sample_of_an_innovatron_card_comes_out)
{
    struct plain registers = { .lookup = 0x2C, .output_format = { 0x02, 0x00 } };
    struct card card = card_of(CARD_INNOVATRON, "262BA1B0");
    struct token *token = run(&registers, &card);

    ck_assert_ptr_nonnull(token);
    ck_assert_str_eq(token->protocol, "Innovatron");
    ck_assert_str_eq(token->tag_id, "262BA1B0");
    ck_assert_str_eq(token->tag_data, "00000000262BA1B0");
    token_free(token);
}
END_TEST

/* Published as 534639728584, a misprint in one digit: see the assumptions in output.c. */
START_TEST(the_published_decimal_sample_comes_out_but_for_its_misprint)
{
    expect_shifted(0x0C, 1, 0, "047C7B02C44080", "534639723584");
}
END_TEST

START_TEST(every_format_has_its_length)
{
    static const char uid[] = "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20";
    static const struct {
        uint8_t tof;
        size_t digits;
    } hex[] = { { 1, 8 }, { 2, 16 }, { 3, 10 }, { 4, 20 }, { 5, 14 }, { 6, 22 }, { 7, 64 },
                { 8, 32 }, { 9, 40 }, { 10, 48 }, { 11, 64 }, { 15, 64 } };

    for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++) {
        char expected[sizeof uid] = "";
        memcpy(expected, uid, hex[i].digits);
        expect_format(hex[i].tof, uid, expected);
    }
    expect_format(0, uid, "0016909060");
    expect_format(12, uid, "004328719365");
    expect_format(13, uid, "0004328719365");
    expect_format(14, uid, "455867356320691211509944977504407603390036387149619137164185182714736811808");
    expect_format(14, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
                  "115792089237316195423570985008687907853269984665640564039457584007913129639935");
}
END_TEST

START_TEST(what_is_too_long_loses_its_end)
{
    expect_format(0x01, "047DAE02C84080", "047DAE02");
    expect_format(0x00, "047DAE02C84080", "0075345410");
}
END_TEST

START_TEST(a_swap_comes_before_the_cut)
{
    expect_format(0xC1, "047DAE02C84080", "8040C802");
    expect_format(0xC0, "047DAE02C84080", "2151729154");
}
END_TEST

START_TEST(a_swap_may_be_for_short_type_a_identifiers_only)
{
    struct plain registers = { .lookup = 0xFF, .output_format = { 0x8F, 0 } };
    struct card short_a = card_of(CARD_NFC_A, "01020304");
    struct card long_a = card_of(CARD_NFC_A, "04020304050607");
    struct card short_b = card_of(CARD_NFC_B, "01020304");

    expect_data(&registers, &short_a, "04030201");
    expect_data(&registers, &long_a, "04020304050607");
    expect_data(&registers, &short_b, "01020304");
    registers.output_format[0] = 0xCF;
    expect_data(&registers, &short_a, "04030201");
    expect_data(&registers, &long_a, "07060504030204");
    expect_data(&registers, &short_b, "04030201");
    registers.output_format[0] = 0x4F; /* RFU */
    expect_data(&registers, &short_a, "01020304");
}
END_TEST

START_TEST(what_is_too_short_is_padded_with_00_left_or_ff_right)
{
    expect_format(0x05, "DEADBEEF", "000000DEADBEEF");
    expect_format(0x25, "DEADBEEF", "DEADBEEFFFFFFF");
    expect_format(0xC5, "DEADBEEF", "000000EFBEADDE");
    expect_format(0xE5, "DEADBEEF", "EFBEADDEFFFFFF");
}
END_TEST

START_TEST(decimals_are_filled_with_zeros_whatever_the_padding_says)
{
    expect_format(0x00, "00000001", "0000000001");
    expect_format(0x20, "00000001", "0000000001");
    expect_format(0x20, "0001", "0000000001");
    expect_format(0x0C, "00000001", "000000000001");
    expect_format(0x2C, "00000001", "000000000001");
    expect_format(0x0D, "00000001", "0000000000001");
    expect_format(0x0E, "00000001", "1");
    expect_format(0x2E, "00000001", "1");
    expect_format(0x0E, "00000000", "0");
    expect_format(0x00, "FFFFFFFF", "4294967295");
}
END_TEST

START_TEST(thirteen_digits_keep_their_last_twelve_in_a_format_of_twelve)
{
    expect_format(0x0D, "FFFFFFFFFF", "1099511627775");
    expect_format(0x0C, "FFFFFFFFFF", "099511627775");
}
END_TEST

START_TEST(leading_bytes_are_dropped)
{
    expect_shifted(0x0F, 1, 0, "047DAE02C84080", "7DAE02C84080");
    expect_shifted(0x01, 3, 0, "047DAE02C84080", "02C84080");
    expect_shifted(0x01, 5, 0, "047DAE02C84080", "00004080");
    expect_shifted(0xCF, 1, 0, "047DAE02C84080", "40C802AE7D04");
    expect_shifted(0x0E, 3, 0, "00000001", "1");
}
END_TEST

START_TEST(leading_bits_are_dropped_and_the_rest_keeps_its_value)
{
    expect_shifted(0x0E, 0, 4, "FFFF", "4095");
    expect_shifted(0x0F, 0, 4, "FFFF", "0FFF");
    expect_shifted(0x2F, 0, 4, "ABCD", "BCDF");
    expect_shifted(0x0E, 0, 7, "8001", "1");
    expect_shifted(0x0E, 1, 1, "00FF", "127");
    expect_shifted(0x01, 0, 4, "1234567890", "23456789"); /* enough bits follow: the next 32 */
    expect_shifted(0x00, 0, 4, "12345678", "0036984440"); /* 28 bits as a number */
    expect_shifted(0x01, 0, 4, "12345678", "02345678");
    expect_shifted(0x21, 0, 4, "12345678", "2345678F");
    expect_shifted(0x0F, 0, 8, "1234", "34");
}
END_TEST

START_TEST(a_shift_that_leaves_nothing_does_not_match_and_the_next_template_has_its_turn)
{
    struct plain registers[TEMPLATE_COUNT] = {
        { .lookup = 0xFF, .output_format = { 0x02, 0 }, .location = { 4, 0 } },
        { .lookup = 0xFF, .output_format = { 0x0F, 0 } },
    };
    struct template_set *set = create_set(registers);
    struct card card = card_of(CARD_NFC_A, "01020304");
    struct token *token = NULL;

    ck_assert_int_eq(run_set(set, &card, &token), TEMPLATE_MATCHED);
    ck_assert_int_eq(token->template_number, 2);
    ck_assert_str_eq(token->tag_data, "01020304");
    token_free(token);
    template_set_free(set);

    struct plain beyond = { .lookup = 0xFF, .location = { 255, 7 } };
    ck_assert_ptr_null(run(&beyond, &card));
}
END_TEST

START_TEST(all_protocol_bytes_follow_the_identifier)
{
    struct plain registers = { .lookup = 0x02, .output_format = { 0x16, 0 } };
    struct card card = card_of(CARD_NFC_B, "11223344");
    static const uint8_t rest[] = { 0xA0, 0xA1, 0xA2, 0xA3, 0x77, 0x81, 0xC1 };

    memcpy(card.protocol_bytes, rest, sizeof rest);
    card.protocol_bytes_count = sizeof rest;
    expect_data(&registers, &card, "11223344A0A1A2A37781C1");
    registers.output_format[0] = 0xD6;
    expect_data(&registers, &card, "44332211A0A1A2A37781C1");
    registers.output_format[0] = 0x06;
    expect_data(&registers, &card, "0000000000000011223344");
}
END_TEST

START_TEST(the_prefix_has_four_escapes_and_keeps_every_other_backslash)
{
    static const struct {
        const char *text;
        const char *prefix;
    } samples[] = {
        { "", "" },         { "ID:", "ID:" },  { "\\t", "\t" },   { "\\n\\b\\v", "\n\b\v" }, { "a\\tb", "a\tb" },
        { "\\x", "\\x" },   { "a\\", "a\\" },  { "\\\\", "\\\\" }, { "\\T", "\\T" },          { "\\", "\\" },
    };

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char *prefix = prefix_of(samples[i].text);
        ck_assert_str_eq(prefix, samples[i].prefix);
        free(prefix);
    }
    struct plain registers = { .lookup = 0x01, .output_format = { 0x0F, 0 }, .prefix = "P\\t" };
    struct card card = card_of(CARD_NFC_A, "01020304");
    expect_data(&registers, &card, "P\t01020304");
}
END_TEST

START_TEST(the_card_type_token_has_a_form_and_a_place)
{
    static const struct {
        uint8_t options;
        const char *tag_data;
    } samples[] = {
        { 0x00, "P01020304" }, { 0x04, "P01020304" },   { 0x01, "0FP01020304" }, { 0x02, "IP01020304" },
        { 0x05, "P0F01020304" }, { 0x06, "PI01020304" }, { 0x09, "P010203040F" }, { 0x0A, "P01020304I" },
        { 0x03, "P01020304" }, { 0x0D, "0FP01020304" },
    };
    struct plain registers = { .lookup = 0x0F, .output_format = { 0x0F, 0 }, .prefix = "P" };
    struct card card = card_of(CARD_NFC_A, "01020304");

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        registers.options = samples[i].options;
        expect_data(&registers, &card, samples[i].tag_data);
    }
}
END_TEST

START_TEST(each_lookup_value_asks_for_its_technologies)
{
    static const struct {
        uint8_t lookup;
        unsigned technologies;
    } samples[] = {
        { 0x01, CARD_NFC_A }, { 0x02, CARD_NFC_B }, { 0x03, CARD_NFC_A | CARD_NFC_B }, { 0x04, CARD_NFC_V },
        { 0x07, CARD_NFC_A | CARD_NFC_B | CARD_NFC_V }, { 0x08, CARD_NFC_F },
        { 0x0F, CARD_NFC_A | CARD_NFC_B | CARD_NFC_V | CARD_NFC_F }, { 0x20, CARD_KOVIO }, { 0x21, CARD_NFC_T1T },
        { 0x22, CARD_ST_SR }, { 0x23, CARD_ASK_CTS }, { 0x24, CARD_PICOTAG_B }, { 0x28, CARD_NFC_F },
        { 0x2A, CARD_PICOTAG_V }, { 0x2C, CARD_INNOVATRON }, { 0xFF, 0x7FF }, { 0xEE, 0 },
    };

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct plain registers[TEMPLATE_COUNT] = { { .lookup = 0 }, { .lookup = samples[i].lookup } };
        struct template_set *set = create_set(registers);
        ck_assert_uint_eq(template_set_technologies(set), samples[i].technologies);
        for (unsigned bit = 0; bit <= 10; bit++) {
            struct card card = card_of((enum card_technology) (1U << bit), "01020304");
            struct token *token = NULL;
            bool wanted = (samples[i].technologies & (1U << bit)) != 0;
            ck_assert_int_eq(run_set(set, &card, &token), wanted ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH);
            token_free(token);
        }
        template_set_free(set);
    }
}
END_TEST

START_TEST(the_first_instance_that_matches_wins)
{
    struct plain registers[TEMPLATE_COUNT] = {
        { .lookup = 0x02, .output_format = { 0x0F, 0 }, .prefix = "1" },
        { .lookup = 0x00 },
        { .lookup = 0x03, .output_format = { 0x0F, 0 }, .prefix = "3" },
        { .lookup = 0xFF, .output_format = { 0x0F, 0 }, .prefix = "4" },
    };
    static const struct {
        enum card_technology technology;
        int template_number;
        const char *tag_data;
    } samples[] = { { CARD_NFC_B, 1, "101020304" }, { CARD_NFC_A, 3, "301020304" }, { CARD_NFC_V, 4, "401020304" },
                    { CARD_UNKNOWN, 4, "401020304" } };
    struct template_set *set = create_set(registers);

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct card card = card_of(samples[i].technology, "01020304");
        struct token *token = NULL;
        ck_assert_int_eq(run_set(set, &card, &token), TEMPLATE_MATCHED);
        ck_assert_int_eq(token->template_number, samples[i].template_number);
        ck_assert_str_eq(token->tag_data, samples[i].tag_data);
        token_free(token);
    }
    template_set_free(set);
}
END_TEST

START_TEST(without_any_template_it_is_a_fast_inventory)
{
    struct plain registers[TEMPLATE_COUNT] = { { .lookup = 0 } };
    struct template_set *set = create_set(registers);
    struct card card = card_of(CARD_NFC_A, "047C7B02C44080");
    struct token *token = NULL;

    ck_assert_uint_eq(template_set_technologies(set), 0x7FF);
    ck_assert_int_eq(run_set(set, &card, &token), TEMPLATE_MATCHED);
    ck_assert_int_eq(token->template_number, 0);
    ck_assert_str_eq(token->tag_id, "047C7B02C44080");
    ck_assert_ptr_null(token->tag_data);
    token_free(token);
    template_set_free(set);
}
END_TEST

START_TEST(a_card_without_an_identifier_fails)
{
    struct plain with[TEMPLATE_COUNT] = { { .lookup = 0xFF } };
    struct plain without[TEMPLATE_COUNT] = { { .lookup = 0 } };
    struct card card = card_of(CARD_NFC_A, "");
    struct token *token = NULL;
    struct template_set *set = create_set(with);
    struct template_set *inventory = create_set(without);

    ck_assert_int_eq(run_set(set, &card, &token), TEMPLATE_FAILED);
    ck_assert_int_eq(run_set(inventory, &card, &token), TEMPLATE_FAILED);
    ck_assert_ptr_null(token);
    template_set_free(set);
    template_set_free(inventory);
}
END_TEST

START_TEST(a_copy_of_a_token_is_its_own)
{
    char id[] = "0102";
    char data[] = "data";
    struct token token = { .interface = "13.56", .protocol = "NFC-V", .template_number = 3, .tag_id = id,
                           .tag_data = data, .tag_details = NULL };
    struct token *copy = token_copy(&token);

    memset(id, 'x', 4);
    memset(data, 'x', 4);
    ck_assert_str_eq(copy->tag_id, "0102");
    ck_assert_str_eq(copy->tag_data, "data");
    ck_assert_ptr_null(copy->tag_details);
    ck_assert_str_eq(copy->protocol, "NFC-V");
    ck_assert_str_eq(copy->interface, "13.56");
    ck_assert_int_eq(copy->template_number, 3);
    token_free(copy);
    token_free(NULL);
}
END_TEST

START_TEST(no_bytes_are_the_decimal_zero)
{
    char *text = decimal_from_bytes(NULL, 0);

    ck_assert_str_eq(text, "0");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("template");
    TCase *tests = tcase_create("template");

    tcase_add_test(tests, the_published_sample_of_a_seven_byte_uid_comes_out);
    tcase_add_test(tests, the_published_sample_of_an_innovatron_card_comes_out);
    tcase_add_test(tests, the_published_decimal_sample_comes_out_but_for_its_misprint);
    tcase_add_test(tests, every_format_has_its_length);
    tcase_add_test(tests, what_is_too_long_loses_its_end);
    tcase_add_test(tests, a_swap_comes_before_the_cut);
    tcase_add_test(tests, a_swap_may_be_for_short_type_a_identifiers_only);
    tcase_add_test(tests, what_is_too_short_is_padded_with_00_left_or_ff_right);
    tcase_add_test(tests, decimals_are_filled_with_zeros_whatever_the_padding_says);
    tcase_add_test(tests, thirteen_digits_keep_their_last_twelve_in_a_format_of_twelve);
    tcase_add_test(tests, leading_bytes_are_dropped);
    tcase_add_test(tests, leading_bits_are_dropped_and_the_rest_keeps_its_value);
    tcase_add_test(tests, a_shift_that_leaves_nothing_does_not_match_and_the_next_template_has_its_turn);
    tcase_add_test(tests, all_protocol_bytes_follow_the_identifier);
    tcase_add_test(tests, the_prefix_has_four_escapes_and_keeps_every_other_backslash);
    tcase_add_test(tests, the_card_type_token_has_a_form_and_a_place);
    tcase_add_test(tests, each_lookup_value_asks_for_its_technologies);
    tcase_add_test(tests, the_first_instance_that_matches_wins);
    tcase_add_test(tests, without_any_template_it_is_a_fast_inventory);
    tcase_add_test(tests, a_card_without_an_identifier_fails);
    tcase_add_test(tests, a_copy_of_a_token_is_its_own);
    tcase_add_test(tests, no_bytes_are_the_decimal_zero);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
