/* SPDX-License-Identifier: MIT */
#include "gateway/activation.h"

#include <check.h>
#include <stdlib.h>

static enum activation judge(bool by_command, bool on_startup, bool by_broker, bool online, bool commanded)
{
    const struct settings_smart_reader settings = {
        .explicit_activation = by_command,
        .activate_on_startup = on_startup,
        .activation = by_broker ? SETTINGS_ACTIVATION_BROKER : SETTINGS_ACTIVATION_JOURNAL,
    };

    return activation_judge(&settings, online, commanded);
}

START_TEST(the_journal_is_a_host_that_is_always_there)
{
    for (int bits = 0; bits < 8; bits++)
        ck_assert_int_eq(judge(false, (bits & 1) != 0, false, (bits & 2) != 0, (bits & 4) != 0), ACTIVATION_ACTIVE);
}
END_TEST

START_TEST(the_broker_is_a_host_while_it_is_connected)
{
    ck_assert_int_eq(judge(false, false, true, false, false), ACTIVATION_WAITS_FOR_BROKER);
    ck_assert_int_eq(judge(false, false, true, false, true), ACTIVATION_WAITS_FOR_BROKER);
    ck_assert_int_eq(judge(false, false, true, true, false), ACTIVATION_ACTIVE);
    ck_assert_int_eq(judge(false, true, true, false, false), ACTIVATION_ACTIVE);
}
END_TEST

START_TEST(an_explicit_activation_is_the_commands_alone)
{
    for (int bits = 0; bits < 8; bits++) {
        const bool on_startup = (bits & 1) != 0, by_broker = (bits & 2) != 0, online = (bits & 4) != 0;

        ck_assert_int_eq(judge(true, on_startup, by_broker, online, false), ACTIVATION_WAITS_FOR_COMMAND);
        ck_assert_int_eq(judge(true, on_startup, by_broker, online, true), ACTIVATION_ACTIVE);
    }
}
END_TEST

START_TEST(only_what_is_not_active_waits_for_something)
{
    ck_assert_ptr_null(activation_words(ACTIVATION_ACTIVE));
    ck_assert_str_eq(activation_words(ACTIVATION_WAITS_FOR_BROKER), "waits for the connection to the broker");
    ck_assert_str_eq(activation_words(ACTIVATION_WAITS_FOR_COMMAND), "waits for a start command");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("activation");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, the_journal_is_a_host_that_is_always_there);
    tcase_add_test(cases, the_broker_is_a_host_while_it_is_connected);
    tcase_add_test(cases, an_explicit_activation_is_the_commands_alone);
    tcase_add_test(cases, only_what_is_not_active_waits_for_something);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
