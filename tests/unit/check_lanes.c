/* SPDX-License-Identifier: MIT */
#include "cloud/lanes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct lanes *lanes;

static void create(void)
{
    lanes = lanes_create();
}

static void destroy(void)
{
    lanes_free(lanes);
}

static struct event_id id_of(uint64_t sequence)
{
    return (struct event_id) { .startup = 7, .sequence = sequence };
}

static void add(enum lane lane, uint64_t from, uint64_t to)
{
    for (uint64_t sequence = from; sequence <= to; sequence++)
        lanes_add(lanes, lane, id_of(sequence), "payload");
}

/* The next one goes into flight. */
static struct lane_event *take(bool replay_first, uint64_t now_ms)
{
    struct lane_event *event = lanes_first(lanes, replay_first);

    if (event != NULL)
        lanes_take(lanes, event, now_ms);
    return event;
}

static void expect_order(bool replay_first, const uint64_t *sequences, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lane_event *event = take(replay_first, 0);
        ck_assert_ptr_nonnull(event);
        ck_assert(event_id_equal(event->id, id_of(sequences[i])));
    }
    ck_assert_ptr_null(lanes_first(lanes, replay_first));
}

START_TEST(live_events_go_first_and_each_lane_keeps_its_order)
{
    add(LANE_REPLAY, 1, 3);
    add(LANE_LIVE, 11, 12);
    expect_order(false, (const uint64_t[]) { 11, 12, 1, 2, 3 }, 5);
    ck_assert_uint_eq(lanes_in_flight(lanes), 5);
}
END_TEST

START_TEST(a_live_event_overtakes_replayed_ones_that_wait)
{
    add(LANE_REPLAY, 1, 2);
    ck_assert_uint_eq(take(false, 0)->id.sequence, 1);
    add(LANE_LIVE, 11, 11);
    expect_order(false, (const uint64_t[]) { 11, 2 }, 2);
}
END_TEST

START_TEST(with_replay_first_it_is_the_other_way_round)
{
    add(LANE_LIVE, 11, 12);
    add(LANE_REPLAY, 1, 2);
    expect_order(true, (const uint64_t[]) { 1, 2, 11, 12 }, 4);
}
END_TEST

START_TEST(the_payload_is_a_copy)
{
    char payload[] = "first";

    lanes_add(lanes, LANE_REPLAY, id_of(1), payload);
    memset(payload, 'x', sizeof payload - 1);
    const struct lane_event *event = lanes_first(lanes, false);
    ck_assert_str_eq(event->payload, "first");
    ck_assert_uint_eq(event->size_bytes, 5);
    ck_assert_int_eq((int) event->lane, (int) LANE_REPLAY);
}
END_TEST

START_TEST(looking_takes_nothing)
{
    add(LANE_LIVE, 1, 2);
    ck_assert_ptr_eq(lanes_first(lanes, false), lanes_first(lanes, false));
    ck_assert_uint_eq(lanes_waiting(lanes, LANE_LIVE), 2);
    ck_assert_uint_eq(lanes_in_flight(lanes), 0);
}
END_TEST

START_TEST(an_event_is_found_by_its_message_id_while_in_flight)
{
    add(LANE_LIVE, 1, 3);
    ck_assert_ptr_null(lanes_find(lanes, -1));
    take(false, 0)->message_id = 17;
    take(false, 0)->message_id = 18;
    ck_assert_uint_eq(lanes_find(lanes, 18)->id.sequence, 2);
    ck_assert_ptr_null(lanes_find(lanes, 19));
    lanes_remove(lanes, lanes_find(lanes, 17));
    ck_assert_ptr_null(lanes_find(lanes, 17));
    ck_assert_uint_eq(lanes_waiting(lanes, LANE_LIVE), 1);
    ck_assert_uint_eq(lanes_in_flight(lanes), 1);
}
END_TEST

START_TEST(one_that_is_put_back_gets_its_old_place)
{
    add(LANE_REPLAY, 1, 4);
    struct lane_event *first = take(false, 0);
    struct lane_event *second = take(false, 0);
    struct lane_event *third = take(false, 0);
    second->message_id = 8;
    lanes_put_back(lanes, second);
    lanes_put_back(lanes, first);
    lanes_put_back(lanes, third);
    ck_assert_ptr_null(lanes_find(lanes, 8));
    add(LANE_LIVE, 11, 11);
    ck_assert_uint_eq(lanes_waiting(lanes, LANE_REPLAY), 4);
    expect_order(false, (const uint64_t[]) { 11, 1, 2, 3, 4 }, 5);
}
END_TEST

START_TEST(one_that_is_put_back_into_an_empty_lane_is_not_lost)
{
    add(LANE_LIVE, 1, 1);
    lanes_put_back(lanes, take(false, 0));
    add(LANE_LIVE, 2, 2);
    expect_order(false, (const uint64_t[]) { 1, 2 }, 2);
}
END_TEST

START_TEST(one_that_waits_can_be_removed)
{
    add(LANE_LIVE, 1, 2);
    lanes_remove(lanes, lanes_first(lanes, false));
    ck_assert_uint_eq(lanes_waiting(lanes, LANE_LIVE), 1);
    expect_order(false, (const uint64_t[]) { 2 }, 1);
}
END_TEST

START_TEST(the_oldest_time_of_sending_is_known)
{
    uint64_t sent_ms = 0;

    add(LANE_LIVE, 1, 3);
    ck_assert(!lanes_oldest_sent_ms(lanes, &sent_ms));
    struct lane_event *first = take(false, 100);
    ck_assert_ptr_nonnull(take(false, 200));
    ck_assert(lanes_oldest_sent_ms(lanes, &sent_ms));
    ck_assert_uint_eq(sent_ms, 100);
    lanes_put_back(lanes, first);
    ck_assert_ptr_eq(take(false, 300), first); /* again: it is not the one that was sent the longest ago any more */
    ck_assert(lanes_oldest_sent_ms(lanes, &sent_ms));
    ck_assert_uint_eq(sent_ms, 200);
}
END_TEST

START_TEST(what_is_in_flight_is_listed)
{
    struct event_id ids[2];

    add(LANE_LIVE, 1, 1);
    add(LANE_REPLAY, 5, 8);
    ck_assert_uint_eq(lanes_list_flight(lanes, ids, 2), 0);
    (void) take(false, 0);
    ck_assert_uint_eq(lanes_list_flight(lanes, ids, 2), 1);
    (void) take(false, 0);
    (void) take(false, 0);
    ck_assert_uint_eq(lanes_list_flight(lanes, ids, 2), 2);
    ck_assert(event_id_equal(ids[0], id_of(1)));
    ck_assert(event_id_equal(ids[1], id_of(5)));
}
END_TEST

START_TEST(clearing_leaves_nothing)
{
    uint64_t sent_ms = 0;

    add(LANE_LIVE, 1, 3);
    add(LANE_REPLAY, 4, 6);
    take(false, 5)->message_id = 9;
    take(true, 5)->message_id = 10;
    lanes_clear(lanes);
    ck_assert_ptr_null(lanes_first(lanes, false));
    ck_assert_ptr_null(lanes_find(lanes, 9));
    ck_assert(!lanes_oldest_sent_ms(lanes, &sent_ms));
    ck_assert_uint_eq(lanes_waiting(lanes, LANE_LIVE) + lanes_waiting(lanes, LANE_REPLAY) + lanes_in_flight(lanes), 0);
    add(LANE_LIVE, 1, 1);
    expect_order(false, (const uint64_t[]) { 1 }, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lanes");
    TCase *cases = tcase_create("lanes");

    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, live_events_go_first_and_each_lane_keeps_its_order);
    tcase_add_test(cases, a_live_event_overtakes_replayed_ones_that_wait);
    tcase_add_test(cases, with_replay_first_it_is_the_other_way_round);
    tcase_add_test(cases, the_payload_is_a_copy);
    tcase_add_test(cases, looking_takes_nothing);
    tcase_add_test(cases, an_event_is_found_by_its_message_id_while_in_flight);
    tcase_add_test(cases, one_that_is_put_back_gets_its_old_place);
    tcase_add_test(cases, one_that_is_put_back_into_an_empty_lane_is_not_lost);
    tcase_add_test(cases, one_that_waits_can_be_removed);
    tcase_add_test(cases, the_oldest_time_of_sending_is_known);
    tcase_add_test(cases, what_is_in_flight_is_listed);
    tcase_add_test(cases, clearing_leaves_nothing);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
