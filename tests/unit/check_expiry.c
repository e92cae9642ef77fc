/* SPDX-License-Identifier: MIT */
#include "gateway/expiry.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

/* 2031-04-02 12:00:00 UTC */
static const time_t end = 1932897600;

static void expect(time_t now, enum expiry_stage stage, const char *part)
{
    char *text = expiry_text(end, now);

    ck_assert_int_eq(expiry_stage_at(end, now), stage);
    if (part == NULL) {
        ck_assert_ptr_null(text);
        return;
    }
    ck_assert_msg(text != NULL && strstr(text, part) != NULL, "%s", text != NULL ? text : "(nothing)");
    ck_assert_msg(strstr(text, "2031-04-02 12:00 UTC") != NULL && strstr(text, "; next: ") != NULL, "%s", text);
    free(text);
}

START_TEST(nothing_is_said_until_30_days_ahead)
{
    expect(end - 300 * DAY, EXPIRY_FAR, NULL);
    expect(end - 30 * DAY - 1, EXPIRY_FAR, NULL);
    expect(end - 30 * DAY, EXPIRY_30_DAYS, "expires in 30 days");
}
END_TEST

START_TEST(it_gets_more_urgent)
{
    expect(end - 8 * DAY, EXPIRY_30_DAYS, "expires in 8 days");
    expect(end - 7 * DAY, EXPIRY_7_DAYS, "expires in 7 days");
    expect(end - 2 * DAY, EXPIRY_7_DAYS, "expires in 2 days");
    expect(end - DAY, EXPIRY_1_DAY, "expires within a day");
    expect(end, EXPIRY_1_DAY, "expires within a day");
    expect(end + 1, EXPIRY_OVER, "has expired");
}
END_TEST

START_TEST(without_a_certificate_or_a_clock_nothing_is_said)
{
    ck_assert_int_eq(expiry_stage_at(0, end), EXPIRY_FAR);
    ck_assert_ptr_null(expiry_text(0, end));
    expect(100, EXPIRY_FAR, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expiry");
    TCase *all = tcase_create("all");

    tcase_add_test(all, nothing_is_said_until_30_days_ahead);
    tcase_add_test(all, it_gets_more_urgent);
    tcase_add_test(all, without_a_certificate_or_a_clock_nothing_is_said);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
