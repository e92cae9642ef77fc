/* SPDX-License-Identifier: MIT */
/* Which commands act: repeated ones, late ones, and what the times in them mean. */
#include "message/command_gate.h"
#include "message/timestamp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 1764360900 };

static struct command_gate *gate;

static void set_up(void)
{
    gate = command_gate_create();
}

static void tear_down(void)
{
    command_gate_free(gate);
}

static struct command named(const char *id)
{
    struct command command = {0};

    snprintf(command.id, sizeof command.id, "%s", id);
    return command;
}

static enum command_verdict judge_at(struct command command, bool clock_set, int64_t now_unix_s)
{
    const struct command_moment moment = {.clock_set = clock_set, .now_unix_s = now_unix_s};

    return command_gate_judge(gate, &command, &moment);
}

static enum command_verdict judge(struct command command)
{
    return judge_at(command, true, NOW);
}

START_TEST(an_id_acts_once)
{
    const struct command command = named("open-17");

    ck_assert_int_eq(judge(command), COMMAND_ACTS);
    ck_assert_int_eq(judge(command), COMMAND_ACTS);     /* it was not carried out yet */
    command_gate_remember(gate, &command);
    ck_assert_int_eq(judge(command), COMMAND_REPEATED);
    ck_assert_int_eq(judge(named("open-18")), COMMAND_ACTS);
}
END_TEST

START_TEST(a_command_without_an_id_acts_each_time)
{
    const struct command command = {0};

    command_gate_remember(gate, &command);
    ck_assert_int_eq(judge(command), COMMAND_ACTS);
}
END_TEST

START_TEST(the_last_64_ids_are_remembered)
{
    char id[16];

    for (unsigned i = 0; i <= COMMAND_IDS_KEPT; i++) {
        snprintf(id, sizeof id, "%u", i);
        const struct command command = named(id);
        command_gate_remember(gate, &command);
    }
    ck_assert_int_eq(judge(named("0")), COMMAND_ACTS);
    ck_assert_int_eq(judge(named("1")), COMMAND_REPEATED);
    ck_assert_int_eq(judge(named("64")), COMMAND_REPEATED);
}
END_TEST

START_TEST(a_late_command_does_not_act)
{
    struct command command = {.has_expires = true, .expires_unix_s = NOW};

    ck_assert_int_eq(judge(command), COMMAND_ACTS);
    command.expires_unix_s = NOW - 1;
    ck_assert_int_eq(judge(command), COMMAND_LATE);
    ck_assert_int_eq(judge_at(command, false, NOW), COMMAND_UNTIMED);
    command.expires_unix_s = NOW + 1000;
    ck_assert_int_eq(judge_at(command, false, 0), COMMAND_UNTIMED);
}
END_TEST

START_TEST(a_repeated_command_is_repeated_however_late_it_is)
{
    struct command command = named("x");

    command_gate_remember(gate, &command);
    command.has_expires = true;
    ck_assert_int_eq(judge(command), COMMAND_REPEATED);
    ck_assert_int_eq(judge_at(command, false, 0), COMMAND_REPEATED);
}
END_TEST

START_TEST(a_message_expiry_interval_needs_no_clock_that_is_set)
{
    const struct command command = {0};
    struct command_moment moment = {.expires = true, .expires_ms = 5000, .now_ms = 5000};

    ck_assert_int_eq(command_gate_judge(gate, &command, &moment), COMMAND_ACTS);
    moment.now_ms = 5001;
    ck_assert_int_eq(command_gate_judge(gate, &command, &moment), COMMAND_EXPIRED);
    moment.expires = false;
    ck_assert_int_eq(command_gate_judge(gate, &command, &moment), COMMAND_ACTS);
}
END_TEST

START_TEST(the_earlier_of_two_ends_counts)
{
    struct command command = {.has_expires = true, .expires_unix_s = NOW + 3};
    struct command_moment moment = {.clock_set = true, .now_unix_s = NOW, .now_ms = 1000};
    uint64_t left_ms;

    ck_assert(command_gate_time_left(&command, &moment, &left_ms));
    ck_assert_uint_eq(left_ms, 4000); /* it acts within the second of its Expires */
    moment.expires = true;
    moment.expires_ms = 2500;
    ck_assert(command_gate_time_left(&command, &moment, &left_ms));
    ck_assert_uint_eq(left_ms, 1500);
    moment.now_ms = 3000;
    ck_assert_int_eq(command_gate_judge(gate, &command, &moment), COMMAND_EXPIRED);
    moment.expires_ms = 60000;
    command.expires_unix_s = NOW - 1;
    ck_assert_int_eq(command_gate_judge(gate, &command, &moment), COMMAND_LATE);
    command.has_expires = false;
    moment.expires = false;
    ck_assert(!command_gate_time_left(&command, &moment, &left_ms));
}
END_TEST

static void expect_time(const char *text, int64_t expected)
{
    int64_t unix_s = -1;

    ck_assert_msg(timestamp_parse(text, &unix_s), "%s is not taken", text);
    ck_assert_int_eq(unix_s, expected);
}

START_TEST(times_are_those_of_rfc_3339)
{
    expect_time("1970-01-01T00:00:00Z", 0);
    expect_time("2025-11-28T20:15:00Z", NOW);
    expect_time("2025-11-28t20:15:00.999z", NOW);
    expect_time("2025-11-28T21:15:00+01:00", NOW);
    expect_time("2025-11-28T14:45:00-05:30", NOW);
    expect_time("2024-02-29T00:00:00Z", 1709164800);
    expect_time("2016-12-31T23:59:60Z", 1483228800);
    expect_time("9999-12-31T23:59:59Z", INT64_C(253402300799));
}
END_TEST

START_TEST(other_texts_are_no_times)
{
    static const char *const texts[] = {
        "", "2025-11-28", "2025-11-28T20:15:00", "2025-11-28 20:15:00Z", "2025-11-28T20:15Z", "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z", "2025-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2025-11-28T24:00:00Z",
        "2025-11-28T20:60:00Z", "2025-11-28T20:15:61Z", "2025-11-28T20:15:00.Z", "2025-11-28T20:15:00+0100",
        "2025-11-28T20:15:00+01", "2025-11-28T20:15:00Zz", "25-11-28T20:15:00Z", "1969-12-31T23:59:59Z",
        "2025-11-28T20:15:00+24:00", "1764360900", "2025-11-28T20:15:00 Z", "+025-11-28T20:15:00Z",
    };
    int64_t unix_s;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!timestamp_parse(texts[i], &unix_s), "%s is taken", texts[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command gate");
    TCase *test_case = tcase_create("command gate");

    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, an_id_acts_once);
    tcase_add_test(test_case, a_command_without_an_id_acts_each_time);
    tcase_add_test(test_case, the_last_64_ids_are_remembered);
    tcase_add_test(test_case, a_late_command_does_not_act);
    tcase_add_test(test_case, a_repeated_command_is_repeated_however_late_it_is);
    tcase_add_test(test_case, a_message_expiry_interval_needs_no_clock_that_is_set);
    tcase_add_test(test_case, the_earlier_of_two_ends_counts);
    tcase_add_test(test_case, times_are_those_of_rfc_3339);
    tcase_add_test(test_case, other_texts_are_no_times);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
