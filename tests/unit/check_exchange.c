/* SPDX-License-Identifier: MIT */
#include "card/exchange.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A card that plays a script, or gives the same answer for ever; time is its own. */
struct house {
    struct card card;
    struct clock clock;
    uint64_t now_ms;
    uint64_t takes_ms;             /* each command */
    const char *const *script;     /* command, answer, command, answer..., NULL */
    uint8_t same[300];             /* when there is no script */
    int same_bytes;
    unsigned asked;
    int authenticated;             /* what authenticate says */
    uint8_t block;
    enum card_key kind;
    uint8_t key[CARD_CLASSIC_KEY_BYTES];
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

    house->asked++;
    house->now_ms += house->takes_ms;
    if (house->script == NULL) {
        if (house->same_bytes > 0 && (size_t) house->same_bytes <= capacity_bytes)
            memcpy(answer, house->same, (size_t) house->same_bytes);
        return house->same_bytes;
    }
    char *asked = hex_from_bytes(command, command_bytes);
    ck_assert_msg(house->script[0] != NULL, "asked beyond the script: %s", asked);
    ck_assert_str_eq(asked, house->script[0]);
    free(asked);
    const char *hex = house->script[1];
    house->script += 2;
    return hex_to_bytes(hex, strlen(hex), answer, capacity_bytes);
}

static int authenticate(struct card *card, uint8_t block, enum card_key kind, const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    struct house *house = card->driver;

    house->asked++;
    house->block = block;
    house->kind = kind;
    memcpy(house->key, key, CARD_CLASSIC_KEY_BYTES);
    return house->authenticated;
}

static void begin(struct house *house, struct exchange *exchange, const char *const *script)
{
    memset(house, 0, sizeof *house);
    house->card = (struct card) { .transceive = transceive, .authenticate = authenticate, .driver = house };
    house->clock.monotonic_us = house_time;
    house->now_ms = 1000;
    house->script = script;
    exchange_begin(exchange, &house->card, &house->clock);
}

/* Returns the status, and the data as hex that the caller frees. */
static int chained(struct exchange *exchange, const char *command, size_t capacity_bytes, char **hex)
{
    uint8_t bytes[300];
    size_t command_bytes = (size_t) hex_to_bytes(command, strlen(command), bytes, sizeof bytes);
    uint8_t *exact = memory_copy(bytes, command_bytes);
    uint8_t *data = memory_zeroed(1, capacity_bytes > 0 ? capacity_bytes : 1);
    size_t data_bytes = 0;
    int status = exchange_chained(exchange, exact, command_bytes, data, capacity_bytes, &data_bytes);

    ck_assert_uint_le(data_bytes, capacity_bytes);
    *hex = hex_from_bytes(data, data_bytes);
    free(data);
    free(exact);
    return status;
}

static void expect_chained(const char *const *script, const char *command, int status, const char *data)
{
    struct house house;
    struct exchange exchange;
    char *hex;

    begin(&house, &exchange, script);
    ck_assert_int_eq(chained(&exchange, command, EXCHANGE_CHAINED_MAX_BYTES, &hex), status);
    if (data != NULL)
        ck_assert_str_eq(hex, data);
    ck_assert_ptr_null(house.script[0]);
    free(hex);
}

static void same_answer(struct house *house, size_t data_bytes, unsigned status)
{
    memset(house->same, 0x11, data_bytes);
    house->same[data_bytes] = (uint8_t) (status >> 8);
    house->same[data_bytes + 1] = (uint8_t) status;
    house->same_bytes = (int) data_bytes + 2;
}

static const uint8_t read_8[] = { 0x00, 0xB0, 0x00, 0x00, 0x08 };

START_TEST(a_read_has_a_bound_of_commands)
{
    struct house house;
    struct exchange exchange;
    uint8_t answer[16];

    begin(&house, &exchange, NULL);
    same_answer(&house, 0, 0x9000);
    for (unsigned i = 0; i < EXCHANGE_MAX_COMMANDS; i++)
        ck_assert_int_eq(exchange_raw(&exchange, read_8, sizeof read_8, answer, sizeof answer), 2);
    ck_assert_uint_eq(exchange.commands_sent, EXCHANGE_MAX_COMMANDS);
    ck_assert_int_eq(exchange_raw(&exchange, read_8, sizeof read_8, answer, sizeof answer), CARD_ERROR_MUTE);
    ck_assert_int_eq(exchange_authenticate(&exchange, 4, CARD_KEY_A, house.key), CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.asked, EXCHANGE_MAX_COMMANDS);
}
END_TEST

START_TEST(a_read_has_a_bound_of_bytes)
{
    struct house house;
    struct exchange exchange;
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes;
    unsigned fitting = EXCHANGE_MAX_BYTES / (EXCHANGE_ANSWER_MAX_BYTES + 2);

    begin(&house, &exchange, NULL);
    same_answer(&house, EXCHANGE_ANSWER_MAX_BYTES, 0x9000);
    for (unsigned i = 0; i < fitting; i++)
        ck_assert_int_eq(exchange_apdu(&exchange, read_8, sizeof read_8, data, sizeof data, &data_bytes), 0x9000);
    ck_assert_int_eq(exchange_apdu(&exchange, read_8, sizeof read_8, data, sizeof data, &data_bytes),
                     CARD_ERROR_MUTE);
    ck_assert_uint_eq(data_bytes, 0);
}
END_TEST

START_TEST(a_read_has_a_bound_of_time)
{
    struct house house;
    struct exchange exchange;
    uint8_t answer[16];

    begin(&house, &exchange, NULL);
    same_answer(&house, 0, 0x9000);
    house.now_ms += EXCHANGE_LIMIT_MS - 1;
    ck_assert_int_eq(exchange_raw(&exchange, read_8, sizeof read_8, answer, sizeof answer), 2);
    ck_assert_int_eq(exchange_authenticate(&exchange, 4, CARD_KEY_A, house.key), 0);
    house.now_ms++;
    ck_assert_int_eq(exchange_raw(&exchange, read_8, sizeof read_8, answer, sizeof answer), CARD_ERROR_MUTE);
    ck_assert_int_eq(exchange_authenticate(&exchange, 4, CARD_KEY_A, house.key), CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.asked, 2);
    begin(&house, &exchange, NULL);
    same_answer(&house, 1, 0x6101);
    house.takes_ms = 500;
    char *hex;
    ck_assert_int_eq(chained(&exchange, "00B0000000", 4096, &hex), CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.asked, 10);
    free(hex);
}
END_TEST

START_TEST(an_answer_must_fit)
{
    struct house house;
    struct exchange exchange;
    uint8_t data[8];
    size_t data_bytes = 99;

    begin(&house, &exchange, NULL);
    same_answer(&house, 8, 0x9000);
    ck_assert_int_eq(exchange_apdu(&exchange, read_8, sizeof read_8, data, sizeof data, &data_bytes), 0x9000);
    ck_assert_uint_eq(data_bytes, 8);
    same_answer(&house, 9, 0x9000);
    ck_assert_int_eq(exchange_apdu(&exchange, read_8, sizeof read_8, data, sizeof data, &data_bytes),
                     CARD_ERROR_MUTE);
    ck_assert_uint_eq(data_bytes, 0);
    ck_assert_int_eq(exchange_raw(&exchange, read_8, sizeof read_8, data, sizeof data), CARD_ERROR_MUTE);
    for (house.same_bytes = 0; house.same_bytes < 2; house.same_bytes++)
        ck_assert_int_eq(exchange_apdu(&exchange, read_8, sizeof read_8, data, sizeof data, &data_bytes),
                         CARD_ERROR_MUTE);
}
END_TEST

START_TEST(the_errors_of_a_driver_are_told)
{
    static const int errors[] = { CARD_ERROR_GONE, CARD_ERROR_MUTE, CARD_ERROR_READER, CARD_ERROR_REFUSED };
    struct house house;
    struct exchange exchange;
    uint8_t data[8];
    size_t data_bytes;
    char *hex;

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        begin(&house, &exchange, NULL);
        house.same_bytes = errors[i];
        house.authenticated = errors[i];
        ck_assert_int_eq(exchange_raw(&exchange, read_8, sizeof read_8, data, sizeof data), errors[i]);
        ck_assert_int_eq(exchange_apdu(&exchange, read_8, sizeof read_8, data, sizeof data, &data_bytes), errors[i]);
        ck_assert_int_eq(chained(&exchange, "00B0000008", 8, &hex), errors[i]);
        ck_assert_int_eq(exchange_read_binary(&exchange, 4, 8, data, sizeof data, &data_bytes), errors[i]);
        ck_assert_int_eq(exchange_authenticate(&exchange, 4, CARD_KEY_A, data), errors[i]);
        free(hex);
    }
}
END_TEST

START_TEST(the_right_le_takes_its_place_in_each_form_of_an_apdu)
{
    static const struct {
        const char *command;
        const char *again;
    } samples[] = {
        { "00A40000", "00A4000007" },
        { "00B0000000", "00B0000007" },
        { "00A40400023F00", "00A40400023F0007" },
        { "00A40400023F0000", "00A40400023F0007" },
        { "00A40400013F", "00A40400013F07" },
        { "00A40400013F00", "00A40400013F07" },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const char *const script[] = { samples[i].command, "6C07", samples[i].again, "AABB9000", NULL };
        expect_chained(script, samples[i].command, 0x9000, "AABB");
    }
}
END_TEST

START_TEST(the_longest_apdus_can_be_asked_again)
{
    char with_data[2 * 261 + 1] = "00D60000FF";
    char with_le[2 * 261 + 1];
    char again[2 * 261 + 1];

    memset(with_data + 10, 'A', 510);
    with_data[520] = '\0';
    memcpy(with_le, with_data, 520);
    memcpy(with_le + 520, "00", 3);
    memcpy(again, with_data, 520);
    memcpy(again + 520, "07", 3);
    const char *const case_3[] = { with_data, "6C07", again, "9000", NULL };
    const char *const case_4[] = { with_le, "6C07", again, "9000", NULL };
    expect_chained(case_3, with_data, 0x9000, "");
    expect_chained(case_4, with_le, 0x9000, "");
}
END_TEST

START_TEST(what_is_no_apdu_is_not_asked_again)
{
    static const char *const script[] = { "00B000", "6C07", NULL };

    expect_chained(script, "00B000", CARD_ERROR_MUTE, "");
}
END_TEST

START_TEST(a_wrong_le_is_mended_once)
{
    static const char *const script[] = { "00B0000008", "6C07", "00B0000007", "6C06", NULL };

    expect_chained(script, "00B0000008", 0x6C06, "");
}
END_TEST

START_TEST(more_is_fetched_until_all_is_there)
{
    static const char *const two[] = { "00B0000000", "0102" "6103", "00C0000003", "030405" "9000", NULL };
    static const char *const three[] = { "00B0000000", "6101", "00C0000001", "01" "6100", "00C0000000", "02" "9000",
                                         NULL };
    static const char *const fails[] = { "00B0000000", "01" "6101", "00C0000001", "6F00", NULL };
    static const char *const both[] = { "00B0000000", "6C02", "00B0000002", "01" "6101", "00C0000001", "02" "9000",
                                        NULL };
    static const char *const warned[] = { "00B0000000", "01" "6101", "00C0000001", "02" "6282", NULL };

    expect_chained(two, "00B0000000", 0x9000, "0102030405");
    expect_chained(three, "00B0000000", 0x9000, "0102");
    expect_chained(fails, "00B0000000", 0x6F00, NULL);
    expect_chained(both, "00B0000000", 0x9000, "0102");
    expect_chained(warned, "00B0000000", 0x6282, "0102");
}
END_TEST

START_TEST(get_response_has_the_class_of_the_command)
{
    static const struct {
        const char *command;
        const char *get_response;
    } samples[] = {
        { "00B0000000", "00C0000001" }, { "01B0000000", "01C0000001" }, { "03B0000000", "03C0000001" },
        { "0CB0000000", "00C0000001" }, { "10B0000000", "00C0000001" }, { "40B0000000", "40C0000001" },
        { "4FB0000000", "4FC0000001" }, { "75B0000000", "45C0000001" }, { "80B0000000", "80C0000001" },
        { "90B0000000", "90C0000001" }, { "94B0000000", "94C0000001" },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const char *const script[] = { samples[i].command, "6101", samples[i].get_response, "AA9000", NULL };
        expect_chained(script, samples[i].command, 0x9000, "AA");
    }
}
END_TEST

START_TEST(a_chain_without_end_is_mute)
{
    struct house house;
    struct exchange exchange;
    char *hex;

    begin(&house, &exchange, NULL);
    same_answer(&house, 0, 0x6100); /* has more, and gives nothing */
    ck_assert_int_eq(chained(&exchange, "00B0000000", 4096, &hex), CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.asked, 2);
    free(hex);
    begin(&house, &exchange, NULL);
    same_answer(&house, 256, 0x6100);
    ck_assert_int_eq(chained(&exchange, "00B0000000", 4096, &hex), CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.asked, 17);
    free(hex);
    begin(&house, &exchange, NULL);
    same_answer(&house, 1, 0x6100);
    ck_assert_int_eq(chained(&exchange, "00B0000000", 4096, &hex), CARD_ERROR_MUTE);
    ck_assert_uint_eq(house.asked, EXCHANGE_MAX_COMMANDS);
    free(hex);
}
END_TEST

START_TEST(what_is_longer_than_the_capacity_is_mute)
{
    static const char *const fits[] = { "00B0000000", "0102" "6101", "00C0000001", "039000", NULL };
    static const char *const too_long[] = { "00B0000000", "0102" "6102", "00C0000002", "03049000", NULL };
    struct house house;
    struct exchange exchange;
    char *hex;

    begin(&house, &exchange, fits);
    ck_assert_int_eq(chained(&exchange, "00B0000000", 3, &hex), 0x9000);
    ck_assert_str_eq(hex, "010203");
    free(hex);
    begin(&house, &exchange, too_long);
    ck_assert_int_eq(chained(&exchange, "00B0000000", 3, &hex), CARD_ERROR_MUTE);
    free(hex);
}
END_TEST

START_TEST(read_binary_is_the_command_of_pcsc)
{
    static const char *const plain[] = { "FFB0000410", "010203049000", NULL };
    static const char *const length[] = { "FFB000FFFF", "6C04", "FFB000FF04", "010203049000", NULL };
    static const char *const twice[] = { "FFB0000410", "6C04", "FFB0000404", "6C08", NULL };
    static const char *const nothing[] = { "FFB0000410", "6A82", NULL };
    static const char *const end[] = { "FFB0000410", "01026282", NULL };
    struct house house;
    struct exchange exchange;
    uint8_t data[16];
    size_t data_bytes;

    begin(&house, &exchange, plain);
    ck_assert_int_eq(exchange_read_binary(&exchange, 4, 16, data, sizeof data, &data_bytes), 0x9000);
    ck_assert_uint_eq(data_bytes, 4);
    ck_assert_mem_eq(data, "\x01\x02\x03\x04", 4);
    begin(&house, &exchange, length);
    ck_assert_int_eq(exchange_read_binary(&exchange, 255, 255, data, sizeof data, &data_bytes), 0x9000);
    ck_assert_uint_eq(data_bytes, 4);
    ck_assert_uint_eq(exchange.commands_sent, 2);
    begin(&house, &exchange, twice);
    ck_assert_int_eq(exchange_read_binary(&exchange, 4, 16, data, sizeof data, &data_bytes), 0x6C08);
    begin(&house, &exchange, nothing);
    ck_assert_int_eq(exchange_read_binary(&exchange, 4, 16, data, sizeof data, &data_bytes), 0x6A82);
    begin(&house, &exchange, end);
    ck_assert_int_eq(exchange_read_binary(&exchange, 4, 16, data, sizeof data, &data_bytes), 0x6282);
    ck_assert_uint_eq(data_bytes, 2);
}
END_TEST

START_TEST(an_authentication_is_one_command)
{
    static const uint8_t key[CARD_CLASSIC_KEY_BYTES] = { 1, 2, 3, 4, 5, 6 };
    struct house house;
    struct exchange exchange;

    begin(&house, &exchange, NULL);
    ck_assert_int_eq(exchange_authenticate(&exchange, 0x3C, CARD_KEY_B, key), 0);
    ck_assert_uint_eq(exchange.commands_sent, 1);
    ck_assert_uint_eq(house.block, 0x3C);
    ck_assert_int_eq(house.kind, CARD_KEY_B);
    ck_assert_mem_eq(house.key, key, sizeof key);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exchange");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_read_has_a_bound_of_commands);
    tcase_add_test(all, a_read_has_a_bound_of_bytes);
    tcase_add_test(all, a_read_has_a_bound_of_time);
    tcase_add_test(all, an_answer_must_fit);
    tcase_add_test(all, the_errors_of_a_driver_are_told);
    tcase_add_test(all, the_right_le_takes_its_place_in_each_form_of_an_apdu);
    tcase_add_test(all, the_longest_apdus_can_be_asked_again);
    tcase_add_test(all, what_is_no_apdu_is_not_asked_again);
    tcase_add_test(all, a_wrong_le_is_mended_once);
    tcase_add_test(all, more_is_fetched_until_all_is_there);
    tcase_add_test(all, get_response_has_the_class_of_the_command);
    tcase_add_test(all, a_chain_without_end_is_mute);
    tcase_add_test(all, what_is_longer_than_the_capacity_is_mute);
    tcase_add_test(all, read_binary_is_the_command_of_pcsc);
    tcase_add_test(all, an_authentication_is_one_command);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
