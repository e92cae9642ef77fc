/* SPDX-License-Identifier: MIT */
#include "cloud/backoff.h"

#include <check.h>
#include <stdlib.h>

/* The largest random value for a bound: the wait is then the bound itself. */
static uint64_t longest(struct backoff *backoff)
{
    return backoff_next_ms(backoff, backoff->bound_ms);
}

START_TEST(the_bound_doubles_up_to_the_cap)
{
    static const uint64_t bounds[] = { 1000, 2000, 4000, 8000, 10000, 10000 };
    struct backoff backoff;

    backoff_init(&backoff, 1000, 10000, 30000);
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        ck_assert_uint_eq(longest(&backoff), bounds[i]);
}
END_TEST

START_TEST(the_jitter_is_full)
{
    struct backoff backoff;

    backoff_init(&backoff, 1000, 1000, 30000);
    ck_assert_uint_eq(backoff_next_ms(&backoff, 0), 0);
    ck_assert_uint_eq(backoff_next_ms(&backoff, 1000), 1000);
    ck_assert_uint_eq(backoff_next_ms(&backoff, 1001), 0);
    for (uint64_t random = 1; random < 1U << 20; random = random * 3 + 1)
        ck_assert_uint_le(backoff_next_ms(&backoff, random * 0x9E3779B97F4A7C15U), 1000);
}
END_TEST

START_TEST(a_cap_below_the_base_is_the_base)
{
    struct backoff backoff;

    backoff_init(&backoff, 1000, 0, 30000);
    ck_assert_uint_eq(longest(&backoff), 1000);
    ck_assert_uint_eq(longest(&backoff), 1000);
}
END_TEST

START_TEST(only_a_good_session_is_forgiven_for)
{
    struct backoff backoff;

    backoff_init(&backoff, 1000, 60000, 30000);
    (void) longest(&backoff);
    (void) longest(&backoff);
    backoff_session_ended(&backoff, 29999);
    ck_assert_uint_eq(longest(&backoff), 4000);
    backoff_session_ended(&backoff, 30000);
    ck_assert_uint_eq(longest(&backoff), 1000);
}
END_TEST

START_TEST(a_huge_cap_does_not_overflow)
{
    struct backoff backoff;

    backoff_init(&backoff, 1000, UINT64_MAX - 1, 30000);
    for (int i = 0; i < 100; i++)
        (void) backoff_next_ms(&backoff, 1);
    ck_assert_uint_eq(backoff.bound_ms, UINT64_MAX - 1);
}
END_TEST

/* AWS IoT Core takes one CONNECT a second from a client id: no draw may come out below, and the jitter stays. */
START_TEST(no_wait_is_shorter_than_the_floor)
{
    struct backoff backoff;

    backoff_init(&backoff, 1000, 10000, 30000);
    backoff_set_floor(&backoff, 1000);
    ck_assert_uint_eq(backoff_next_ms(&backoff, 0), 1000);
    ck_assert_uint_eq(longest(&backoff), 3000);
    for (uint64_t random = 1; random < 1U << 20; random = random * 3 + 1)
        ck_assert_uint_ge(backoff_next_ms(&backoff, random * 0x9E3779B97F4A7C15U), 1000);
    ck_assert_uint_eq(longest(&backoff), 11000);
    backoff_reset(&backoff);
    ck_assert_uint_eq(backoff_next_ms(&backoff, 0), 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backoff");
    TCase *cases = tcase_create("backoff");

    tcase_add_test(cases, the_bound_doubles_up_to_the_cap);
    tcase_add_test(cases, the_jitter_is_full);
    tcase_add_test(cases, a_cap_below_the_base_is_the_base);
    tcase_add_test(cases, only_a_good_session_is_forgiven_for);
    tcase_add_test(cases, a_huge_cap_does_not_overflow);
    tcase_add_test(cases, no_wait_is_shorter_than_the_floor);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
