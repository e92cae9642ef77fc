/* SPDX-License-Identifier: MIT */
/* What a person at the door is told of a read: one signal, and another only if it went wrong. */
#include "feedback/policy.h"

#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 3000 };

static struct policy *policy;
static char *told;

static void record(void *context, enum feedback_cause cause, const char *reader)
{
    (void) context;
    char *longer = text_format("%s%s%s at %s", told, *told == '\0' ? "" : ", ", feedback_cause_name(cause), reader);
    free(told);
    told = longer;
}

static void set_up(void)
{
    told = text_copy("");
    policy = policy_create(TIMEOUT_MS, record, NULL);
}

static void tear_down(void)
{
    policy_free(policy);
    free(told);
}

static void assert_told(const char *expected)
{
    ck_assert_str_eq(told, expected);
    free(told);
    told = text_copy("");
}

START_TEST(a_read_that_is_confirmed_in_time_is_over)
{
    policy_read(policy, 1, "door", 1000);
    assert_told("read at door");
    ck_assert_uint_eq(policy_next_ms(policy), 1000 + TIMEOUT_MS);
    policy_stored(policy, 1);
    policy_confirmed(policy, 1);
    assert_told("stored at door, confirmed at door");
    ck_assert_uint_eq(policy_next_ms(policy), POLICY_NEVER);
    policy_advance(policy, 100000);
    policy_confirmed(policy, 1);
    policy_refused(policy, 1);
    policy_stored(policy, 1);
    assert_told("");
}
END_TEST

START_TEST(a_read_that_is_not_confirmed_in_time_is_told_once)
{
    policy_read(policy, 1, "door", 1000);
    policy_advance(policy, 1000 + TIMEOUT_MS - 1);
    assert_told("read at door");
    policy_advance(policy, 1000 + TIMEOUT_MS);
    assert_told("unconfirmed at door");
    policy_advance(policy, 1000 + 2 * TIMEOUT_MS);
    policy_confirmed(policy, 1);
    policy_refused(policy, 1);
    assert_told("");
}
END_TEST

START_TEST(a_refused_read_is_told_once)
{
    policy_read(policy, 7, "door", 0);
    policy_refused(policy, 7);
    policy_advance(policy, 100000);
    assert_told("read at door, refused at door");
}
END_TEST

START_TEST(a_confirmation_may_come_before_the_disk)
{
    policy_read(policy, 1, "door", 0);
    policy_confirmed(policy, 1);
    policy_stored(policy, 1);
    assert_told("read at door, confirmed at door");
}
END_TEST

START_TEST(what_is_news_of_several_reads_at_a_reader_is_one_signal)
{
    policy_read(policy, 1, "door", 0);
    policy_read(policy, 2, "gate", 1);
    policy_read(policy, 3, "door", 2);
    assert_told("read at door, read at gate, read at door");
    policy_stored(policy, 2);
    assert_told("stored at door, stored at gate");
    policy_stored(policy, 3);
    assert_told("stored at door");
    policy_confirmed(policy, 2);
    assert_told("confirmed at gate");
    policy_advance(policy, TIMEOUT_MS + 2);
    assert_told("unconfirmed at door");
    ck_assert_uint_eq(policy_next_ms(policy), POLICY_NEVER);
}
END_TEST

START_TEST(without_a_timeout_nothing_is_unconfirmed)
{
    policy_set_timeout(policy, 0);
    policy_read(policy, 1, "door", 0);
    ck_assert_uint_eq(policy_next_ms(policy), POLICY_NEVER);
    policy_advance(policy, 1000000);
    policy_confirmed(policy, 1);
    assert_told("read at door, confirmed at door");
}
END_TEST

START_TEST(what_nobody_knows_is_not_told)
{
    policy_confirmed(policy, 5);
    policy_refused(policy, 5);
    policy_stored(policy, 5);
    policy_advance(policy, 5);
    assert_told("");
}
END_TEST

START_TEST(of_too_many_reads_the_oldest_are_forgotten)
{
    for (uint64_t sequence = 1; sequence <= POLICY_EVENTS_MAX + 1; sequence++)
        policy_read(policy, sequence, "door", sequence);
    free(told);
    told = text_copy("");
    ck_assert_uint_eq(policy_next_ms(policy), 2 + TIMEOUT_MS);
    policy_refused(policy, 1);
    assert_told("");
    policy_refused(policy, POLICY_EVENTS_MAX + 1);
    assert_told("refused at door");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback policy");
    TCase *test_case = tcase_create("feedback policy");

    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, a_read_that_is_confirmed_in_time_is_over);
    tcase_add_test(test_case, a_read_that_is_not_confirmed_in_time_is_told_once);
    tcase_add_test(test_case, a_refused_read_is_told_once);
    tcase_add_test(test_case, a_confirmation_may_come_before_the_disk);
    tcase_add_test(test_case, what_is_news_of_several_reads_at_a_reader_is_one_signal);
    tcase_add_test(test_case, without_a_timeout_nothing_is_unconfirmed);
    tcase_add_test(test_case, what_nobody_knows_is_not_told);
    tcase_add_test(test_case, of_too_many_reads_the_oldest_are_forgotten);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
