/* SPDX-License-Identifier: MIT */
#include "cloud/keep_alive.h"

#include <check.h>
#include <stdlib.h>

static uint64_t due(const struct keep_alive *keep_alive)
{
    uint64_t due_s = 0;

    ck_assert(keep_alive_due(keep_alive, &due_s));
    return due_s;
}

START_TEST(it_is_due_an_interval_after_the_quieter_direction)
{
    struct keep_alive keep_alive;

    keep_alive_start(&keep_alive, 60, 1000);
    ck_assert_uint_eq(due(&keep_alive), 1060);
    keep_alive_note_out(&keep_alive, 1030);
    ck_assert_uint_eq(due(&keep_alive), 1060);
    keep_alive_note_in(&keep_alive, 1020);
    ck_assert_uint_eq(due(&keep_alive), 1080);
}
END_TEST

START_TEST(a_ping_starts_both_anew)
{
    struct keep_alive keep_alive;

    keep_alive_start(&keep_alive, 60, 1000);
    keep_alive_called(&keep_alive, 1060, true);
    ck_assert_uint_eq(due(&keep_alive), 1120);
}
END_TEST

START_TEST(without_a_ping_it_is_asked_again_a_second_later)
{
    struct keep_alive keep_alive;

    keep_alive_start(&keep_alive, 60, 1000);
    keep_alive_called(&keep_alive, 1060, false);
    ck_assert_uint_eq(due(&keep_alive), 1061);
    keep_alive_note_in(&keep_alive, 1060);
    keep_alive_note_out(&keep_alive, 1060);
    ck_assert_uint_eq(due(&keep_alive), 1120);
}
END_TEST

START_TEST(an_interval_of_0_is_never_due)
{
    struct keep_alive keep_alive;
    uint64_t due_s = 0;

    keep_alive_start(&keep_alive, 0, 1000);
    ck_assert(!keep_alive_due(&keep_alive, &due_s));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keep_alive");
    TCase *cases = tcase_create("keep_alive");

    tcase_add_test(cases, it_is_due_an_interval_after_the_quieter_direction);
    tcase_add_test(cases, a_ping_starts_both_anew);
    tcase_add_test(cases, without_a_ping_it_is_asked_again_a_second_later);
    tcase_add_test(cases, an_interval_of_0_is_never_due);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
