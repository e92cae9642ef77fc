/* SPDX-License-Identifier: MIT */
#include "cloud/store.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct store *store;
static uint64_t dropped;

static void create(void)
{
    store = store_create(3);
    dropped = 0;
}

static void destroy(void)
{
    store_free(store);
}

static void add(uint64_t from, uint64_t to)
{
    for (uint64_t sequence = from; sequence <= to; sequence++)
        ck_assert(!store_add(store, sequence, "payload", &dropped));
}

START_TEST(events_leave_in_the_order_of_their_sequence)
{
    add(1, 3);
    for (uint64_t sequence = 1; sequence <= 3; sequence++)
        ck_assert_uint_eq(store_take(store, 0)->sequence, sequence);
    ck_assert_ptr_null(store_take(store, 0));
    ck_assert_uint_eq(store_in_flight(store), 3);
}
END_TEST

START_TEST(the_payload_is_a_copy)
{
    char payload[] = "first";

    ck_assert(!store_add(store, 1, payload, &dropped));
    memset(payload, 'x', sizeof payload - 1);
    struct store_event *event = store_take(store, 0);
    ck_assert_str_eq(event->payload, "first");
    ck_assert_uint_eq(event->size_bytes, 5);
}
END_TEST

START_TEST(a_full_store_drops_its_oldest)
{
    add(1, 3);
    ck_assert(store_add(store, 4, "d", &dropped));
    ck_assert_uint_eq(dropped, 1);
    ck_assert_uint_eq(store_count(store), 3);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 2);
}
END_TEST

START_TEST(what_is_in_flight_is_not_dropped)
{
    add(1, 3);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 1);
    ck_assert(store_add(store, 4, "d", &dropped));
    ck_assert_uint_eq(dropped, 2);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 3);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 4);
}
END_TEST

START_TEST(the_new_event_is_dropped_if_all_others_are_in_flight)
{
    add(1, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(store_take(store, 0));
    ck_assert(store_add(store, 4, "d", &dropped));
    ck_assert_uint_eq(dropped, 4);
    ck_assert_uint_eq(store_count(store), 3);
}
END_TEST

START_TEST(an_event_is_found_by_its_message_id_while_in_flight)
{
    add(1, 3);
    store_take(store, 0)->message_id = 17;
    store_take(store, 0)->message_id = 18;
    ck_assert_uint_eq(store_find(store, 18)->sequence, 2);
    ck_assert_ptr_null(store_find(store, 19));
    store_remove(store, store_find(store, 17));
    ck_assert_ptr_null(store_find(store, 17));
    ck_assert_uint_eq(store_count(store), 2);
    ck_assert_uint_eq(store_in_flight(store), 1);
}
END_TEST

START_TEST(a_lost_connection_puts_all_back_in_order)
{
    add(1, 3);
    store_take(store, 0)->message_id = 7;
    store_take(store, 0)->message_id = 8;
    store_remove(store, store_find(store, 7));
    store_put_back_all(store);
    ck_assert_uint_eq(store_in_flight(store), 0);
    ck_assert_ptr_null(store_find(store, 8));
    ck_assert_uint_eq(store_take(store, 0)->sequence, 2);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 3);
}
END_TEST

START_TEST(one_that_is_put_back_goes_before_younger_ones)
{
    add(1, 3);
    struct store_event *first = store_take(store, 0);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 2);
    store_put_back(store, first);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 1);
}
END_TEST

START_TEST(the_oldest_time_of_sending_is_known)
{
    uint64_t sent_ms = 0;

    add(1, 3);
    ck_assert(!store_oldest_sent_ms(store, &sent_ms));
    struct store_event *first = store_take(store, 100);
    ck_assert_ptr_nonnull(store_take(store, 200));
    ck_assert(store_oldest_sent_ms(store, &sent_ms));
    ck_assert_uint_eq(sent_ms, 100);
    store_put_back(store, first);
    ck_assert_ptr_nonnull(store_take(store, 300)); /* the first again: it is not the oldest sent any more */
    ck_assert(store_oldest_sent_ms(store, &sent_ms));
    ck_assert_uint_eq(sent_ms, 200);
}
END_TEST

START_TEST(shrinking_drops_one_at_a_time_and_none_in_flight)
{
    add(1, 3);
    ck_assert_uint_eq(store_take(store, 0)->sequence, 1);
    ck_assert(store_shrink(store, 1, &dropped));
    ck_assert_uint_eq(dropped, 2);
    ck_assert(store_shrink(store, 1, &dropped));
    ck_assert_uint_eq(dropped, 3);
    ck_assert(!store_shrink(store, 1, &dropped));
    ck_assert_uint_eq(store_count(store), 1);
}
END_TEST

START_TEST(a_larger_capacity_drops_nothing)
{
    add(1, 3);
    ck_assert(!store_shrink(store, 5, &dropped));
    add(4, 5);
    ck_assert(store_add(store, 6, "f", &dropped));
    ck_assert_uint_eq(dropped, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *cases = tcase_create("store");

    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, events_leave_in_the_order_of_their_sequence);
    tcase_add_test(cases, the_payload_is_a_copy);
    tcase_add_test(cases, a_full_store_drops_its_oldest);
    tcase_add_test(cases, what_is_in_flight_is_not_dropped);
    tcase_add_test(cases, the_new_event_is_dropped_if_all_others_are_in_flight);
    tcase_add_test(cases, an_event_is_found_by_its_message_id_while_in_flight);
    tcase_add_test(cases, a_lost_connection_puts_all_back_in_order);
    tcase_add_test(cases, one_that_is_put_back_goes_before_younger_ones);
    tcase_add_test(cases, the_oldest_time_of_sending_is_known);
    tcase_add_test(cases, shrinking_drops_one_at_a_time_and_none_in_flight);
    tcase_add_test(cases, a_larger_capacity_drops_nothing);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
