/* SPDX-License-Identifier: MIT */
#include "cloud/throttle.h"

#include <check.h>
#include <stdlib.h>

/* How many pass from now on until the next one has to wait. */
static unsigned pass_all(struct throttle *throttle, uint64_t now_us)
{
    unsigned count = 0;

    while (count < 1000 && throttle_wait_us(throttle, now_us) == 0) {
        throttle_pass(throttle, now_us);
        count++;
    }
    return count;
}

START_TEST(without_a_rate_nothing_waits)
{
    struct throttle throttle;

    throttle_init(&throttle, 0);
    ck_assert_uint_eq(pass_all(&throttle, 5), 1000);
}
END_TEST

START_TEST(a_few_at_once_then_evenly)
{
    struct throttle throttle;
    uint64_t now_us = 77000000;

    throttle_init(&throttle, 50);
    ck_assert_uint_eq(pass_all(&throttle, now_us), THROTTLE_BURST);
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(throttle_wait_us(&throttle, now_us), 20000);
        ck_assert_uint_eq(throttle_wait_us(&throttle, now_us + 19999), 1);
        now_us += 20000;
        ck_assert_uint_eq(pass_all(&throttle, now_us), 1);
    }
}
END_TEST

START_TEST(who_is_late_catches_up_and_no_more)
{
    struct throttle throttle;

    throttle_init(&throttle, 100);
    ck_assert_uint_eq(pass_all(&throttle, 1000000), THROTTLE_BURST);
    ck_assert_uint_eq(pass_all(&throttle, 1030000), 3);
    ck_assert_uint_eq(pass_all(&throttle, 9000000), THROTTLE_BURST);
}
END_TEST

START_TEST(the_rate_is_never_exceeded_by_more_than_the_burst)
{
    struct throttle throttle;
    unsigned count = 0;

    throttle_init(&throttle, 30); /* an interval that is no whole number of microseconds */
    for (uint64_t now_us = 1000000; now_us < 11000000; now_us += 1700)
        count += pass_all(&throttle, now_us);
    ck_assert_uint_le(count, 10 * 30 + THROTTLE_BURST);
    ck_assert_uint_ge(count, 10 * 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("throttle");
    TCase *cases = tcase_create("throttle");

    tcase_add_test(cases, without_a_rate_nothing_waits);
    tcase_add_test(cases, a_few_at_once_then_evenly);
    tcase_add_test(cases, who_is_late_catches_up_and_no_more);
    tcase_add_test(cases, the_rate_is_never_exceeded_by_more_than_the_burst);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
