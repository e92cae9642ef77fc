/* SPDX-License-Identifier: MIT */
#include "template/template.h"

#include "base/hex.h"

#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SELECT_1 "00A4040001A1"
#define SELECT_2 "00A4040001A2"
#define READ_1 "00B0000001"
#define READ_2 "00B0000002"

/* A card that plays a script, on a clock of its own. An answer may also be "gone", "mute" or "reader". */
struct house {
    struct card card;
    struct clock clock;
    uint64_t now_ms;
    uint64_t takes_ms;             /* each command */
    const char *const *script;     /* command, answer, command, answer..., NULL */
    unsigned commands;
    unsigned restarts;
    int restart_errors[8];         /* of the first, second... */
};

static uint64_t house_time(const struct clock *clock)
{
    const struct house *house = (const struct house *) ((const char *) clock - offsetof(struct house, clock));

    return house->now_ms * 1000;
}

static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t capacity_bytes)
{
    struct house *house = card->driver;
    char *asked = hex_from_bytes(command, command_bytes);

    house->commands++;
    house->now_ms += house->takes_ms;
    ck_assert_msg(house->script[0] != NULL, "asked beyond the script: %s", asked);
    ck_assert_str_eq(asked, house->script[0]);
    free(asked);
    const char *text = house->script[1];
    house->script += 2;
    if (strcmp(text, "gone") == 0)
        return CARD_ERROR_GONE;
    if (strcmp(text, "mute") == 0)
        return CARD_ERROR_MUTE;
    if (strcmp(text, "reader") == 0)
        return CARD_ERROR_READER;
    return hex_to_bytes(text, strlen(text), answer, capacity_bytes);
}

static int restart(struct card *card)
{
    struct house *house = card->driver;

    return house->restart_errors[house->restarts++];
}

static void prepare(struct house *house, const char *const *script)
{
    *house = (struct house) { .script = script, .now_ms = 7000 };
    house->clock.monotonic_us = house_time;
    house->card = (struct card) {
        .technology = CARD_NFC_A, .uid = { 0x04, 0xA1, 0xB2, 0xC3 }, .uid_bytes = 4,
        .protocol_bytes = { 0x03, 0x44, 0x20 }, .protocol_bytes_count = 3,
        .transceive = transceive, .restart = restart, .driver = house,
    };
}

/* LKL and up to two APDUs; a prefix says which instance it was. */
struct instance {
    uint8_t lookup;
    const char *prefix;
    const char *apdus[2];
};

static void put(struct template_register *to, const char *hex)
{
    if (hex == NULL)
        return;
    int count = hex_to_bytes(hex, strlen(hex), to->bytes, sizeof to->bytes);
    ck_assert_int_ge(count, 0);
    to->size_bytes = (size_t) count;
}

static struct template_set *create(const struct instance instances[TEMPLATE_COUNT])
{
    struct template_registers registers[TEMPLATE_COUNT] = { 0 };

    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        const char *prefix = instances[i].prefix != NULL ? instances[i].prefix : "";
        registers[i].at[TEMPLATE_LOOKUP].bytes[0] = instances[i].lookup;
        registers[i].at[TEMPLATE_LOOKUP].size_bytes = 1;
        registers[i].at[TEMPLATE_OUTPUT_FORMAT].bytes[0] = 0x0F;
        registers[i].at[TEMPLATE_OUTPUT_FORMAT].size_bytes = 2;
        registers[i].at[TEMPLATE_PREFIX].size_bytes = strlen(prefix);
        memcpy(registers[i].at[TEMPLATE_PREFIX].bytes, prefix, strlen(prefix));
        put(&registers[i].at[5], instances[i].apdus[0]);
        put(&registers[i].at[6], instances[i].apdus[1]);
    }
    return template_set_create(registers);
}

struct outcome {
    enum template_result result;
    enum card_error error;
    struct token *token;
};

static struct outcome run(struct house *house, const struct instance instances[TEMPLATE_COUNT], uint64_t retry_ms)
{
    const struct template_limits limits = { .clock = &house->clock, .retry_ms = retry_ms };
    struct template_set *set = create(instances);
    struct outcome outcome = { .error = 0 };

    outcome.result = template_set_run(set, &house->card, &limits, &outcome.token, &outcome.error);
    template_set_free(set);
    ck_assert_msg(house->script[0] == NULL, "never asked: %s", house->script[0]);
    ck_assert((outcome.token != NULL) == (outcome.result == TEMPLATE_MATCHED));
    return outcome;
}

static void expect_match(struct house *house, const struct instance instances[TEMPLATE_COUNT], uint64_t retry_ms,
                         int number, const char *tag_data)
{
    struct outcome outcome = run(house, instances, retry_ms);

    ck_assert_int_eq(outcome.result, TEMPLATE_MATCHED);
    ck_assert_int_eq(outcome.token->template_number, number);
    ck_assert_str_eq(outcome.token->tag_data, tag_data);
    ck_assert_str_eq(outcome.token->tag_id, "04A1B2C3");
    token_free(outcome.token);
}

static void expect_failed(struct house *house, const struct instance instances[TEMPLATE_COUNT], uint64_t retry_ms,
                          enum card_error error)
{
    struct outcome outcome = run(house, instances, retry_ms);

    ck_assert_int_eq(outcome.result, TEMPLATE_FAILED);
    ck_assert_int_eq(outcome.error, error);
}

static const struct instance two_and_an_id[TEMPLATE_COUNT] = {
    { 0x13, "1", { SELECT_1, READ_1 } }, { 0x13, "2", { SELECT_2, READ_2 } }, { 0x00, NULL, { NULL } },
    { 0xFF, "4", { NULL } },
};

START_TEST(instances_are_tried_from_1_to_4)
{
    static const char *const first[] = { SELECT_1, "9000", READ_1, "AA9000", NULL };
    static const char *const second[] = { SELECT_1, "6A82", SELECT_2, "9000", READ_2, "BB9000", NULL };
    static const char *const fourth[] = { SELECT_1, "9000", READ_1, "6982", SELECT_2, "6A82", NULL };
    struct house house;

    prepare(&house, first);
    expect_match(&house, two_and_an_id, 1000, 1, "1AA");
    prepare(&house, second);
    expect_match(&house, two_and_an_id, 1000, 2, "2BB");
    prepare(&house, fourth);
    expect_match(&house, two_and_an_id, 1000, 4, "404A1B2C3");
    ck_assert_uint_eq(house.restarts, 0);
}
END_TEST

START_TEST(an_instance_for_other_cards_is_not_asked)
{
    static const struct instance instances[TEMPLATE_COUNT] = {
        { 0x12, "1", { SELECT_1, READ_1 } }, { 0x62, "2", { NULL } }, { 0x61, "3", { NULL } },
        { 0x13, "4", { READ_2 } },
    };
    static const char *const script[] = { READ_2, "CC9000", NULL };
    struct house house;

    prepare(&house, script);
    expect_match(&house, instances, 1000, 4, "4CC");
    ck_assert_uint_eq(house.commands, 1);
}
END_TEST

START_TEST(when_none_matches_nothing_is_put_out)
{
    static const struct instance instances[TEMPLATE_COUNT] = {
        { 0x13, "1", { SELECT_1 } }, { 0x12, "2", { SELECT_2 } }, { 0xEE, "3", { NULL } }, { 0x04, "4", { NULL } },
    };
    static const char *const script[] = { SELECT_1, "6A82", NULL };
    struct house house;

    prepare(&house, script);
    struct outcome outcome = run(&house, instances, 1000);
    ck_assert_int_eq(outcome.result, TEMPLATE_NO_MATCH);
    ck_assert_uint_eq(house.restarts, 0);
}
END_TEST

START_TEST(after_a_match_the_card_is_left_alone)
{
    static const struct instance instances[TEMPLATE_COUNT] = {
        { 0xFF, "1", { NULL } }, { 0x13, "2", { READ_2 } }, { 0x13, "3", { READ_2 } }, { 0x13, "4", { READ_2 } },
    };
    static const char *const script[] = { NULL };
    struct house house;

    prepare(&house, script);
    expect_match(&house, instances, 1000, 1, "104A1B2C3");
    ck_assert_uint_eq(house.commands, 0);
}
END_TEST

START_TEST(a_failure_is_the_end_whatever_would_match_after_it)
{
    static const struct {
        const char *script[7];
        enum card_error error;
    } samples[] = {
        { { SELECT_1, "gone" }, CARD_ERROR_GONE },
        { { SELECT_1, "9000", READ_1, "gone" }, CARD_ERROR_GONE },
        { { SELECT_1, "9000", READ_1, "mute" }, CARD_ERROR_MUTE },
        { { SELECT_1, "9000", READ_1, "90" }, CARD_ERROR_MUTE },
        { { SELECT_1, "6A82", SELECT_2, "reader" }, CARD_ERROR_READER },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct house house;
        prepare(&house, samples[i].script);
        expect_failed(&house, two_and_an_id, 0, samples[i].error);
        ck_assert_uint_eq(house.restarts, 0);
    }
}
END_TEST

START_TEST(a_card_that_muted_is_asked_again_from_the_start)
{
    static const char *const at_once[] = { SELECT_1, "mute", SELECT_1, "9000", READ_1, "AA9000", NULL };
    static const char *const half_of_it[] = { SELECT_1, "9000", READ_1, "AA6101", "00C0000001", "mute",
                                              SELECT_1, "9000", READ_1, "BBCC9000", NULL };
    static const char *const second[] = { SELECT_1, "6A82", SELECT_2, "mute", SELECT_1, "6A82", SELECT_2, "9000",
                                          READ_2, "DD9000", NULL };
    static const char *const no_match[] = { SELECT_1, "9000", READ_1, "mute", SELECT_1, "6A82", SELECT_2, "6A82",
                                            NULL };
    struct house house;

    prepare(&house, at_once);
    expect_match(&house, two_and_an_id, 1000, 1, "1AA");
    ck_assert_uint_eq(house.restarts, 1);
    prepare(&house, half_of_it);
    expect_match(&house, two_and_an_id, 1000, 1, "1BBCC");
    prepare(&house, second);
    expect_match(&house, two_and_an_id, 1000, 2, "2DD");
    ck_assert_uint_eq(house.restarts, 1);
    prepare(&house, no_match);
    expect_match(&house, two_and_an_id, 1000, 4, "404A1B2C3");
}
END_TEST

START_TEST(it_is_asked_again_three_times_at_most)
{
    static const char *const script[] = { SELECT_1, "mute", SELECT_1, "9000", READ_1, "mute", SELECT_1, "mute",
                                          SELECT_1, "mute", NULL };
    static const char *const at_last[] = { SELECT_1, "mute", SELECT_1, "mute", SELECT_1, "mute", SELECT_1, "9000",
                                           READ_1, "AA9000", NULL };
    struct house house;

    prepare(&house, script);
    expect_failed(&house, two_and_an_id, 60000, CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.restarts, 3);
    prepare(&house, at_last);
    expect_match(&house, two_and_an_id, 60000, 1, "1AA");
    ck_assert_uint_eq(house.restarts, 3);
}
END_TEST

START_TEST(it_is_asked_again_only_within_the_read_interval)
{
    static const char *const once[] = { SELECT_1, "mute", NULL };
    static const char *const twice[] = { SELECT_1, "mute", SELECT_1, "mute", NULL };
    struct house house;

    prepare(&house, once);
    house.takes_ms = 300;
    expect_failed(&house, two_and_an_id, 300, CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.restarts, 0);
    prepare(&house, twice);
    house.takes_ms = 300;
    expect_failed(&house, two_and_an_id, 301, CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.restarts, 1);
    prepare(&house, once);
    expect_failed(&house, two_and_an_id, 0, CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.restarts, 0);
}
END_TEST

START_TEST(a_card_that_left_or_a_broken_reader_is_not_asked_again)
{
    static const char *const gone[] = { SELECT_1, "9000", READ_1, "gone", NULL };
    static const char *const reader[] = { SELECT_1, "9000", READ_1, "reader", NULL };
    static const char *const then_gone[] = { SELECT_1, "mute", SELECT_1, "gone", NULL };
    struct house house;

    prepare(&house, gone);
    expect_failed(&house, two_and_an_id, 1000, CARD_ERROR_GONE);
    ck_assert_uint_eq(house.restarts, 0);
    prepare(&house, reader);
    expect_failed(&house, two_and_an_id, 1000, CARD_ERROR_READER);
    ck_assert_uint_eq(house.restarts, 0);
    prepare(&house, then_gone);
    expect_failed(&house, two_and_an_id, 1000, CARD_ERROR_GONE);
    ck_assert_uint_eq(house.restarts, 1);
}
END_TEST

START_TEST(a_card_that_cannot_be_restarted_says_why)
{
    static const char *const once[] = { SELECT_1, "mute", NULL };
    static const char *const twice[] = { SELECT_1, "mute", SELECT_1, "mute", NULL };
    static const int errors[] = { CARD_ERROR_GONE, CARD_ERROR_READER, CARD_ERROR_MUTE };
    struct house house;

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        prepare(&house, once);
        house.restart_errors[0] = errors[i];
        expect_failed(&house, two_and_an_id, 1000, (enum card_error) errors[i]);
        prepare(&house, twice);
        house.restart_errors[1] = errors[i];
        expect_failed(&house, two_and_an_id, 1000, (enum card_error) errors[i]);
        ck_assert_uint_eq(house.restarts, 2);
    }
    prepare(&house, once);
    house.card.restart = NULL;
    expect_failed(&house, two_and_an_id, 1000, CARD_ERROR_MUTE);
}
END_TEST

START_TEST(each_attempt_has_all_its_time)
{
    /* 3 s each: the third command of one attempt would be beyond the 5 s of a read. */
    static const char *const script[] = { SELECT_1, "9000", READ_1, "mute", SELECT_1, "9000", READ_1, "AA9000", NULL };
    struct house house;

    prepare(&house, script);
    house.takes_ms = 3000;
    expect_match(&house, two_and_an_id, 60000, 1, "1AA");
}
END_TEST

START_TEST(without_templates_the_card_is_not_asked)
{
    static const struct instance none[TEMPLATE_COUNT] = { { 0, NULL, { NULL } } };
    static const char *const script[] = { NULL };
    struct house house;

    prepare(&house, script);
    struct outcome outcome = run(&house, none, 1000);
    ck_assert_int_eq(outcome.result, TEMPLATE_MATCHED);
    ck_assert_int_eq(outcome.token->template_number, 0);
    ck_assert_ptr_null(outcome.token->tag_data);
    ck_assert_uint_eq(house.commands, 0);
    token_free(outcome.token);
}
END_TEST

START_TEST(each_type_has_its_lookup_values)
{
    static const struct {
        uint8_t lookup;
        const char *type;
        unsigned technologies;
    } samples[] = {
        { 0xFF, "id-only", 0x7FF },
        { 0x01, "id-only", CARD_NFC_A },
        { 0x62, "mifare-ultralight", CARD_NFC_A },
        { 0x61, "mifare-classic", CARD_NFC_A },
        { 0x54, "iso15693-memory", CARD_NFC_V },
        { 0x11, "iso-data", CARD_NFC_A },
        { 0x12, "iso-data", CARD_NFC_B },
        { 0x13, "iso-data", CARD_NFC_A | CARD_NFC_B },
        { 0x72, "iso-data", CARD_INNOVATRON },
        { 0x00, NULL, 0 },
        { 0xEE, NULL, 0 },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const char *type = template_type_of_lookup(samples[i].lookup);
        ck_assert_msg((type == NULL) == (samples[i].type == NULL), "%02X", samples[i].lookup);
        if (type != NULL)
            ck_assert_str_eq(type, samples[i].type);
        if (samples[i].lookup == 0)
            continue;
        const struct instance instances[TEMPLATE_COUNT] = { { 0 }, { .lookup = samples[i].lookup } };
        struct template_set *set = create(instances);
        ck_assert_uint_eq(template_set_technologies(set), samples[i].technologies);
        template_set_free(set);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("template_engine");
    TCase *all = tcase_create("all");

    tcase_add_test(all, instances_are_tried_from_1_to_4);
    tcase_add_test(all, an_instance_for_other_cards_is_not_asked);
    tcase_add_test(all, when_none_matches_nothing_is_put_out);
    tcase_add_test(all, after_a_match_the_card_is_left_alone);
    tcase_add_test(all, a_failure_is_the_end_whatever_would_match_after_it);
    tcase_add_test(all, a_card_that_muted_is_asked_again_from_the_start);
    tcase_add_test(all, it_is_asked_again_three_times_at_most);
    tcase_add_test(all, it_is_asked_again_only_within_the_read_interval);
    tcase_add_test(all, a_card_that_left_or_a_broken_reader_is_not_asked_again);
    tcase_add_test(all, a_card_that_cannot_be_restarted_says_why);
    tcase_add_test(all, each_attempt_has_all_its_time);
    tcase_add_test(all, without_templates_the_card_is_not_asked);
    tcase_add_test(all, each_type_has_its_lookup_values);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
