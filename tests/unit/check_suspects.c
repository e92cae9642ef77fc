/* SPDX-License-Identifier: MIT */
#include "cloud/suspects.h"

#include <check.h>
#include <stdlib.h>

static struct suspects suspects;

static void create(void)
{
    suspects_clear(&suspects);
}

static struct event_id id_of(uint64_t sequence)
{
    return (struct event_id) { .startup = 3, .sequence = sequence };
}

/* A drop while the events from..to were in flight. */
static bool drop(uint64_t from, uint64_t to, bool alone)
{
    struct event_id flight[100];
    size_t count = 0;

    for (uint64_t sequence = from; sequence <= to; sequence++)
        flight[count++] = id_of(sequence);
    return suspects_note_drop(&suspects, flight, count, alone);
}

static bool alone(uint64_t sequence)
{
    return suspects_fly_alone(&suspects, id_of(sequence));
}

START_TEST(who_was_in_flight_at_a_drop_flies_alone)
{
    ck_assert(!drop(1, 3, true));
    ck_assert(alone(1) && alone(2) && alone(3));
    ck_assert(!alone(4));
    ck_assert(!drop(3, 5, true));
    ck_assert(alone(3) && alone(4) && alone(5));
    ck_assert(!alone(1)); /* it was not in flight this time */
}
END_TEST

START_TEST(the_one_that_was_alone_twice_is_guilty_at_the_third)
{
    ck_assert(!drop(1, 3, true));
    suspects_settle(&suspects, id_of(1));
    ck_assert(!drop(2, 2, true));
    ck_assert(drop(2, 2, true));
    ck_assert(!alone(2)); /* done with; and 3 was not in flight */
    ck_assert(!alone(3));
}
END_TEST

START_TEST(two_strikes_are_not_enough)
{
    ck_assert(!drop(1, 1, true));
    ck_assert(!drop(1, 1, true));
    ck_assert(drop(1, 1, true));
    ck_assert(!drop(1, 1, true)); /* released and back: it starts anew */
}
END_TEST

START_TEST(once_alone_is_not_enough)
{
    ck_assert(!drop(1, 20, true));
    ck_assert(!drop(1, 20, true));
    ck_assert(!drop(1, 1, true));
    ck_assert(drop(1, 1, true));
}
END_TEST

START_TEST(in_company_nobody_is_guilty)
{
    for (int i = 0; i < 10; i++)
        ck_assert(!drop(1, 2, true));
    for (int i = 0; i < 10; i++)
        ck_assert(!drop(1, 1, false)); /* META was under way, too */
    ck_assert(alone(1));
    ck_assert(!drop(1, 1, true));
    ck_assert(drop(1, 1, true));
}
END_TEST

START_TEST(a_drop_without_it_forgives)
{
    for (int i = 0; i < 5; i++) {
        ck_assert(!drop(1, 1, true));
        ck_assert(!drop(1, 1, true));
        ck_assert(!drop(1, 0, true)); /* nothing was in flight */
        ck_assert(!alone(1));
    }
}
END_TEST

START_TEST(an_acknowledgement_settles)
{
    ck_assert(!drop(1, 2, true));
    suspects_settle(&suspects, id_of(1));
    suspects_settle(&suspects, id_of(9));
    ck_assert(!alone(1));
    ck_assert(alone(2));
    suspects_settle(&suspects, id_of(2));
    ck_assert(!alone(2));
}
END_TEST

START_TEST(new_settings_forgive_all)
{
    ck_assert(!drop(1, 3, true));
    ck_assert(!drop(1, 3, true));
    ck_assert(!drop(1, 1, true));
    suspects_clear(&suspects);
    ck_assert(!alone(1));
    ck_assert(!drop(1, 1, true));
}
END_TEST

START_TEST(more_than_fit_do_no_harm)
{
    ck_assert(!drop(1, 100, true));
    ck_assert(!drop(1, 100, true));
    ck_assert(alone(1));
    ck_assert(!alone(100));
}
END_TEST

START_TEST(the_same_sequence_of_another_start_is_another_event)
{
    ck_assert(!drop(1, 1, true));
    ck_assert(!drop(1, 1, true));
    ck_assert(!suspects_fly_alone(&suspects, (struct event_id) { .startup = 4, .sequence = 1 }));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suspects");
    TCase *cases = tcase_create("suspects");

    tcase_add_checked_fixture(cases, create, NULL);
    tcase_add_test(cases, who_was_in_flight_at_a_drop_flies_alone);
    tcase_add_test(cases, the_one_that_was_alone_twice_is_guilty_at_the_third);
    tcase_add_test(cases, two_strikes_are_not_enough);
    tcase_add_test(cases, once_alone_is_not_enough);
    tcase_add_test(cases, in_company_nobody_is_guilty);
    tcase_add_test(cases, a_drop_without_it_forgives);
    tcase_add_test(cases, an_acknowledgement_settles);
    tcase_add_test(cases, new_settings_forgive_all);
    tcase_add_test(cases, more_than_fit_do_no_harm);
    tcase_add_test(cases, the_same_sequence_of_another_start_is_another_event);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
