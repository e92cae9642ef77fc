/* SPDX-License-Identifier: MIT */
#include "cloud/outbox.h"

#include <check.h>
#include <stdlib.h>

static struct queue *queue;
static struct outbox *outbox;

static void create(void)
{
    queue = queue_create(2, cloud_notice_free);
    outbox = outbox_create(queue);
}

static void destroy(void)
{
    outbox_free(outbox);
    queue_free(queue);
}

static void confirm(uint64_t sequence)
{
    outbox_tell_event(outbox, CLOUD_NOTICE_CONFIRMED, (struct event_id) { .startup = 1, .sequence = sequence }, NULL);
}

static void expect(enum cloud_notice_kind kind, uint64_t sequence)
{
    struct cloud_notice *notice = queue_take(queue);

    ck_assert_ptr_nonnull(notice);
    ck_assert_int_eq((int) notice->kind, (int) kind);
    ck_assert_uint_eq(notice->id.sequence, sequence);
    cloud_notice_free(notice);
}

START_TEST(confirmations_wait_in_order_while_the_queue_is_full)
{
    for (uint64_t sequence = 1; sequence <= 5; sequence++)
        confirm(sequence);
    ck_assert(!outbox_flush(outbox));
    for (uint64_t sequence = 1; sequence <= 5; sequence++) {
        expect(CLOUD_NOTICE_CONFIRMED, sequence);
        (void) outbox_flush(outbox);
    }
    ck_assert(outbox_flush(outbox));
    ck_assert_ptr_null(queue_take(queue));
}
END_TEST

START_TEST(a_new_notice_does_not_overtake_the_backlog)
{
    for (uint64_t sequence = 1; sequence <= 3; sequence++)
        confirm(sequence);
    expect(CLOUD_NOTICE_CONFIRMED, 1);
    confirm(4);
    expect(CLOUD_NOTICE_CONFIRMED, 2);
    (void) outbox_flush(outbox);
    expect(CLOUD_NOTICE_CONFIRMED, 3);
    expect(CLOUD_NOTICE_CONFIRMED, 4);
}
END_TEST

START_TEST(no_end_of_a_connection_is_lost_however_long_nobody_looks)
{
    size_t ends = 0;

    for (int i = 0; i < 3000; i++)
        outbox_tell(outbox, CLOUD_NOTICE_DISCONNECTED, "text");
    for (;;) {
        struct cloud_notice *notice = queue_take(queue);
        if (notice == NULL)
            break;
        ck_assert_str_eq(notice->text, "text");
        ends++;
        cloud_notice_free(notice);
        (void) outbox_flush(outbox);
    }
    ck_assert_uint_eq(ends, 3000);
}
END_TEST

START_TEST(what_is_told_arrives_whole)
{
    outbox_tell_event(outbox, CLOUD_NOTICE_REFUSED, (struct event_id) { .startup = 12, .sequence = 5 }, "why");
    outbox_tell_number(outbox, CLOUD_NOTICE_WANT, 256, 4);
    struct cloud_notice *refused = queue_take(queue);
    struct cloud_notice *want = queue_take(queue);
    ck_assert_int_eq((int) refused->kind, (int) CLOUD_NOTICE_REFUSED);
    ck_assert_uint_eq(refused->id.startup, 12);
    ck_assert_uint_eq(refused->id.sequence, 5);
    ck_assert_str_eq(refused->text, "why");
    ck_assert_int_eq((int) want->kind, (int) CLOUD_NOTICE_WANT);
    ck_assert_uint_eq(want->number, 256);
    ck_assert_uint_eq(want->link, 4);
    ck_assert_ptr_null(want->text);
    cloud_notice_free(refused);
    cloud_notice_free(want);
}
END_TEST

START_TEST(a_closed_outbox_leaves_the_queue_alone)
{
    outbox_close(outbox);
    outbox_tell(outbox, CLOUD_NOTICE_DISCONNECTED, "text");
    ck_assert(outbox_flush(outbox));
    ck_assert_ptr_null(queue_take(queue));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *cases = tcase_create("outbox");

    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, confirmations_wait_in_order_while_the_queue_is_full);
    tcase_add_test(cases, a_new_notice_does_not_overtake_the_backlog);
    tcase_add_test(cases, no_end_of_a_connection_is_lost_however_long_nobody_looks);
    tcase_add_test(cases, what_is_told_arrives_whole);
    tcase_add_test(cases, a_closed_outbox_leaves_the_queue_alone);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
