/* SPDX-License-Identifier: MIT */
/* The templates Desfire Data and Desfire ID: from registers and a card to the text, and in how many commands. */
#include "desfire_card.h"
#include "template/template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char aes_key[] = "00112233445566778899AABBCCDDEEFF";
static const char des_key[] = "00112233445566778899AABBCCDDEEFE";
static const char uid_text[] = "04958CAA5C5E80";

/* The registers of one instance as hex; NULL: empty. */
struct plain {
    const char *lookup;
    const char *output_format;
    const char *location;
    const char *options;
    const char *authentication;
    const char *prefix;
};

static void put(struct template_register *to, const char *text)
{
    struct bytes bytes = hex(text != NULL ? text : "");

    ck_assert_uint_le(bytes.count, TEMPLATE_REGISTER_MAX_BYTES);
    memcpy(to->bytes, bytes.at, bytes.count);
    to->size_bytes = bytes.count;
}

static struct template_set *create(const struct plain plain[TEMPLATE_COUNT])
{
    struct template_registers registers[TEMPLATE_COUNT] = { 0 };

    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        put(&registers[i].at[TEMPLATE_LOOKUP], plain[i].lookup);
        put(&registers[i].at[TEMPLATE_OUTPUT_FORMAT], plain[i].output_format);
        put(&registers[i].at[TEMPLATE_PREFIX], plain[i].prefix);
        put(&registers[i].at[TEMPLATE_LOCATION], plain[i].location);
        put(&registers[i].at[TEMPLATE_OPTIONS], plain[i].options);
        put(&registers[i].at[5], plain[i].authentication);
    }
    return template_set_create(registers);
}

/* What all four instances make of the card. tag_data: NULL unless it matches. */
static enum template_result run_all(const struct plain plain[TEMPLATE_COUNT], struct card *card, char **tag_data,
                                    int *number, enum card_error *error)
{
    const struct template_limits limits = { .clock = clock_system() };
    struct template_set *set = create(plain);
    struct token *token = NULL;
    enum template_result result = template_set_run(set, card, &limits, &token, error);

    *tag_data = NULL;
    *number = 0;
    if (result == TEMPLATE_MATCHED) {
        *tag_data = strdup(token->tag_data);
        *number = token->template_number;
        token_free(token);
    }
    template_set_free(set);
    return result;
}

static void expect(const struct plain *plain, struct card *card, const char *tag_data)
{
    const struct plain all[TEMPLATE_COUNT] = { *plain };
    enum card_error error;
    char *is;
    int number;

    ck_assert_int_eq(run_all(all, card, &is, &number, &error),
                     tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH);
    ck_assert_pstr_eq(is, tag_data);
    free(is);
}

static void expect_failed(const struct plain *plain, struct card *card, enum card_error expected)
{
    const struct plain all[TEMPLATE_COUNT] = { *plain };
    enum card_error error;
    char *is;
    int number;

    ck_assert_int_eq(run_all(all, card, &is, &number, &error), TEMPLATE_FAILED);
    ck_assert_int_eq((int) error, (int) expected);
}

/* The registers, and what is then sent and answered, to the byte. */
static void expect_talk(const struct plain *plain, const struct step *steps, size_t count, const char *tag_data)
{
    struct script script = { .steps = steps, .count = count };
    struct card card;

    script_card(&card, &script, uid_text);
    expect(plain, &card, tag_data);
    expect_end(&script);
}
#define EXPECT_TALK(plain, steps, tag_data) expect_talk(plain, steps, sizeof(steps) / sizeof *(steps), tag_data)

static struct desfire_card card_with(uint8_t authentication, const char *key, uint8_t communication)
{
    struct desfire_card card = {
        .wrapped = true, .application = 0x123456, .authentication = authentication, .key_number = 2, .file = 7,
        .communication = communication, .content_bytes = 16, .frame_bytes = 59,
    };

    if (key != NULL)
        memcpy(card.key, hex(key).at, 16);
    memcpy(card.uid, hex(uid_text).at, 7);
    memcpy(card.content, "SPRINGPARK-00042", 16);
    return card;
}

START_TEST(the_location_register_becomes_application_file_offset_and_length)
{
    static const struct {
        const char *location;
        const char *read;
    } cases[] = {
        { "123456 07 010203 04 00 00", "BD 07 030201 040000" },
        { "123456 4F 000001 04 00 00", "AD 0F 010000 040000" },
        { "123456 80 000002 04 00 00", "BB 00 020000 010000" },
        { "123456 C9 800000 04 00 00", "AB 09 000080 010000" },
        { "123456 37 000000 04 00 00", "BD 07 000000 040000" }, /* the two bits that are RFU */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct plain plain = { .lookup = "71", .output_format = "0F00", .location = cases[i].location };
        const struct step steps[] = { { "5A 563412", "00" }, { cases[i].read, "00 DEADBEEF" } };
        EXPECT_TALK(&plain, steps, "DEADBEEF");
    }
}
END_TEST

START_TEST(output_format_shift_prefix_and_token_are_those_of_every_template)
{
    static const struct step steps[] = { { "5A 563412", "00" }, { "BD 07 000000 000000", "00 00DEADBEEF00" } };

    EXPECT_TALK((&(struct plain) { "71", "0100", "123456 07 000000 00 01 00", "05", NULL, "50 3A" }), steps,
                "P:71DEADBEEF");
    EXPECT_TALK((&(struct plain) { "71", "8100", "123456 07 000000 00 01 00", "02", NULL, NULL }), steps, "DEFBEADDE");
    EXPECT_TALK((&(struct plain) { "71", "0F00", "123456 07 000000 00 00 04", NULL, NULL, NULL }), steps,
                "00DEADBEEF00");
    EXPECT_TALK((&(struct plain) { "71", "0F00", "123456 07 000000 00 06 00", NULL, NULL, NULL }), steps, NULL);
}
END_TEST

START_TEST(the_picc_level_is_chosen_only_if_something_was_said_before)
{
    static const struct step data[] = { { "BD 01 000000 020000", "00 ABCD" } };
    static const struct step id[] = { { "60", "00 0000000000000000000000000000 04958CAA5C5E80 00000000000000" } };
    static const struct step both[] = {
        { "5A 563412", "A0" }, { "5A 000000", "00" },
        { "60", "00 0000000000000000000000000000 04958CAA5C5E80 00000000000000" },
    };
    static const struct plain two[TEMPLATE_COUNT] = {
        { .lookup = "71", .output_format = "0F00", .location = "123456 07 000000 00 00 00" },
        { .lookup = "70", .output_format = "0F00" },
    };
    struct script script = { .steps = both, .count = 3 };
    struct card card;
    enum card_error error;
    char *is;
    int number;

    EXPECT_TALK((&(struct plain) { .lookup = "71", .output_format = "0F00", .location = "000000 01 000000 02" }), data,
                "ABCD");
    EXPECT_TALK((&(struct plain) { .lookup = "70", .output_format = "0F00" }), id, uid_text);
    script_card(&card, &script, uid_text);
    ck_assert_int_eq(run_all(two, &card, &is, &number, &error), TEMPLATE_MATCHED);
    ck_assert_str_eq(is, uid_text);
    ck_assert_int_eq(number, 2);
    free(is);
    expect_end(&script);
}
END_TEST

START_TEST(the_options_choose_wrapping_and_the_select_by_name)
{
    static const struct step wrapped[] = {
        { "90 5A 00 00 03 563412 00", "9100" }, { "90 BD 00 00 07 07 000000 020000 00", "ABCD 9100" },
    };
    static const struct step selected[] = {
        { "00 A4 04 00 07 D2760000850100 00", "9000" }, { "5A 563412", "00" }, { "BD 07 000000 020000", "00 ABCD" },
    };
    static const struct step both[] = {
        { "00 A4 04 00 07 D2760000850100 00", "9000" }, { "90 BD 00 00 07 07 000000 020000 00", "ABCD 9100" },
    };
    static const struct step absent[] = { { "00 A4 04 00 07 D2760000850100 00", "6A82" } };
    struct plain plain = { "71", "0F00", "123456 07 000000 02 00 00", "20", NULL, NULL };

    EXPECT_TALK(&plain, wrapped, "ABCD");
    plain.options = "10";
    EXPECT_TALK(&plain, selected, "ABCD");
    EXPECT_TALK(&plain, absent, NULL);
    plain.options = "30";
    plain.location = "000000 07 000000 02 00 00";
    EXPECT_TALK(&plain, both, "ABCD");
}
END_TEST

START_TEST(what_the_card_has_not_or_does_not_give_is_no_match)
{
    static const struct plain plain = { "71", "0F00", "123456 07 000000 02 00 00", NULL, NULL, NULL };
    static const struct step no_application[] = { { "5A 563412", "A0" } };
    static const struct step no_desfire[] = { { "5A 563412", "6E00" } };
    static const char *const reads[] = { "F0", "9D", "AE", "BE", "1C" };

    EXPECT_TALK(&plain, no_application, NULL);
    EXPECT_TALK(&plain, no_desfire, NULL);
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        const struct step steps[] = { { "5A 563412", "00" }, { "BD 07 000000 020000", reads[i] } };
        EXPECT_TALK(&plain, steps, NULL);
    }
}
END_TEST

START_TEST(what_no_card_may_answer_fails)
{
    static const struct plain plain = { "71", "0F00", "123456 07 000000 02 00 00", NULL, NULL, NULL };
    static const struct step mute[] = { { "5A 563412", "00" }, { "BD 07 000000 020000", NULL } };
    struct script script = { .steps = mute, .count = 2 };
    struct card card;

    script_card(&card, &script, uid_text);
    expect_failed(&plain, &card, CARD_ERROR_MUTE);
}
END_TEST

static const struct {
    uint8_t command;
    uint8_t communication;
    const char *authentication; /* AUT without its key */
    const char *key;
} ways[] = {
    { 0x0A, 0, "02 01", des_key }, { 0x0A, 1, "42 01", des_key }, { 0x0A, 3, "C2 01", des_key },
    { 0x1A, 0, "02 02", des_key }, { 0x1A, 1, "42 02", des_key }, { 0x1A, 3, "C2 02", des_key },
    { 0xAA, 0, "02 03", aes_key }, { 0xAA, 1, "42 03", aes_key }, { 0xAA, 3, "C2 03", aes_key },
    { 0x71, 0, "02 04", aes_key }, { 0x71, 1, "42 04", aes_key }, { 0x71, 3, "C2 04", aes_key },
};
enum { WAYS = sizeof ways / sizeof *ways };

static const char *join(const char *first, const char *second)
{
    static char text[128];

    snprintf(text, sizeof text, "%s%s", first, second);
    return text;
}

START_TEST(a_file_comes_in_four_commands_with_every_authentication)
{
    struct desfire_card desfire = card_with(ways[_i].command, ways[_i].key, ways[_i].communication);
    const struct plain plain = { "71", "4000", "123456 07 000000 10 00 00", "20",
                                 join(ways[_i].authentication, ways[_i].key), NULL };
    struct card card;

    compute_card(&card, &desfire);
    expect(&plain, &card, "SPRINGPARK-00042");
    ck_assert_uint_eq(desfire.commands, 4);
    desfire.key[8] ^= 0x40;
    expect(&plain, &card, NULL);
}
END_TEST

START_TEST(a_broken_mac_or_padding_fails)
{
    struct desfire_card desfire = card_with(ways[_i].command, ways[_i].key, ways[_i].communication);
    const struct plain plain = { "71", "4000", "123456 07 000000 10 00 00", "20",
                                 join(ways[_i].authentication, ways[_i].key), NULL };
    struct card card;

    if (ways[_i].communication == 0)
        return;
    desfire.break_at = 4;
    compute_card(&card, &desfire);
    expect_failed(&plain, &card, CARD_ERROR_MUTE);
}
END_TEST

/* The keys: AN10922 of the UID 04958CAA5C5E80, computed outside this program. */
START_TEST(a_diversified_key_is_made_of_the_uid)
{
    struct desfire_card aes = card_with(0xAA, "B5BF75593262AFC476104B1C2685BFD2", 3);
    struct desfire_card des = card_with(0x1A, "7FACD838C44E72B54E1E823588EB24A3", 3);
    struct plain plain = { "71", "4000", "123456 07 000000 10 00 00", "20", join("D2 03", aes_key), NULL };
    struct card card;

    compute_card(&card, &aes);
    expect(&plain, &card, "SPRINGPARK-00042");
    plain.authentication = join("D2 02", des_key);
    compute_card(&card, &des);
    expect(&plain, &card, "SPRINGPARK-00042");
}
END_TEST

START_TEST(a_card_that_hides_its_uid_has_no_diversified_key)
{
    struct desfire_card desfire = card_with(0xAA, "B5BF75593262AFC476104B1C2685BFD2", 3);
    const struct plain plain = { "71", "4000", "123456 07 000000 10 00 00", "20", join("D2 03", aes_key), NULL };
    struct card card;

    desfire.random_id = true;
    compute_card(&card, &desfire);
    expect(&plain, &card, NULL);
    ck_assert_uint_eq(desfire.commands, 0); /* nor is anything tried with another key */
}
END_TEST

START_TEST(the_identifier_comes_of_get_version_without_a_key)
{
    struct desfire_card desfire = card_with(0xAA, aes_key, 0);
    struct plain plain = { "70", "0F00", "000000 00 00", "20", NULL, NULL };
    struct card card;

    compute_card(&card, &desfire);
    expect(&plain, &card, "04958CAA5C5E80");
    ck_assert_uint_eq(desfire.commands, 1);
    plain.output_format = "CF00";
    expect(&plain, &card, "805E5CAA8C9504");
    plain.output_format = "C100";
    plain.location = "000000 01 00";
    expect(&plain, &card, "5E5CAA8C");
    plain = (struct plain) { "70", "0200", "123456 00 00", "29", NULL, NULL };
    expect(&plain, &card, "0004958CAA5C5E8070");
    plain.location = "654321 00 00"; /* an application that it has not */
    expect(&plain, &card, NULL);
    desfire.random_id = true;
    plain.location = "000000 00 00";
    compute_card(&card, &desfire);
    expect(&plain, &card, NULL);
}
END_TEST

START_TEST(the_identifier_of_a_card_that_hides_it_comes_with_a_key)
{
    struct desfire_card desfire = card_with(ways[_i].command, ways[_i].key, ways[_i].communication);
    struct plain plain = { "70", "0F00", "123456 00 00", "20", join(ways[_i].authentication, ways[_i].key), NULL };
    struct card card;

    desfire.random_id = true;
    compute_card(&card, &desfire);
    expect(&plain, &card, "04958CAA5C5E80");
    ck_assert_uint_eq(desfire.commands, 4);
    plain.location = NULL; /* at the PICC level */
    compute_card(&card, &desfire);
    expect(&plain, &card, "04958CAA5C5E80");
    ck_assert_uint_eq(desfire.commands, 4 + 3);
    desfire.key[0] ^= 0x80;
    expect(&plain, &card, NULL);
}
END_TEST

START_TEST(registers_that_ask_for_what_there_is_not_say_nothing_to_the_card)
{
    static const char *const data[] = { "0005", "000F", "0023", "00E3", "8003", "2003", "3003" };
    struct desfire_card desfire = card_with(0xAA, aes_key, 0);
    struct card card;

    compute_card(&card, &desfire);
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        expect((&(struct plain) { "71", "4000", "123456 07 000000 10 00 00", "20", data[i], NULL }), &card, NULL);
        expect((&(struct plain) { "70", "0F00", "123456 00 00", "20", data[i], NULL }), &card, NULL);
    }
    expect((&(struct plain) { "70", "0F00", "123456 00 00", "20", "1003", NULL }), &card, NULL);
    ck_assert_uint_eq(desfire.commands, 0);
}
END_TEST

START_TEST(other_cards_are_not_asked)
{
    const struct plain all[TEMPLATE_COUNT] = { { .lookup = "71" }, { .lookup = "70" } };
    struct desfire_card desfire = card_with(0xAA, aes_key, 0);
    enum card_error error;
    struct card card;
    char *is;
    int number;

    compute_card(&card, &desfire);
    card.protocol_bytes[2] = 0x08; /* a Mifare Classic */
    ck_assert_int_eq(run_all(all, &card, &is, &number, &error), TEMPLATE_NO_MATCH);
    compute_card(&card, &desfire);
    card.technology = CARD_NFC_B;
    card.protocol_bytes_count = 0;
    ck_assert_int_eq(run_all(all, &card, &is, &number, &error), TEMPLATE_NO_MATCH);
    ck_assert_uint_eq(desfire.commands, 0);
    struct template_set *set = create(all);
    ck_assert_uint_eq(template_set_technologies(set), CARD_NFC_A);
    template_set_free(set);
    ck_assert_str_eq(template_type_of_lookup(0x71), "desfire-data");
    ck_assert_str_eq(template_type_of_lookup(0x70), "desfire-id");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("desfire_templates");
    TCase *tests = tcase_create("desfire_templates");

    tcase_add_test(tests, the_location_register_becomes_application_file_offset_and_length);
    tcase_add_test(tests, output_format_shift_prefix_and_token_are_those_of_every_template);
    tcase_add_test(tests, the_picc_level_is_chosen_only_if_something_was_said_before);
    tcase_add_test(tests, the_options_choose_wrapping_and_the_select_by_name);
    tcase_add_test(tests, what_the_card_has_not_or_does_not_give_is_no_match);
    tcase_add_test(tests, what_no_card_may_answer_fails);
    tcase_add_loop_test(tests, a_file_comes_in_four_commands_with_every_authentication, 0, WAYS);
    tcase_add_loop_test(tests, a_broken_mac_or_padding_fails, 0, WAYS);
    tcase_add_test(tests, a_diversified_key_is_made_of_the_uid);
    tcase_add_test(tests, a_card_that_hides_its_uid_has_no_diversified_key);
    tcase_add_test(tests, the_identifier_comes_of_get_version_without_a_key);
    tcase_add_loop_test(tests, the_identifier_of_a_card_that_hides_it_comes_with_a_key, 0, WAYS);
    tcase_add_test(tests, registers_that_ask_for_what_there_is_not_say_nothing_to_the_card);
    tcase_add_test(tests, other_cards_are_not_asked);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
