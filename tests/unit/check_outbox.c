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

static void expect(enum cloud_notice_kind kind, uint64_t sequence)
{
    struct cloud_notice *notice = queue_take(queue);

    ck_assert_ptr_nonnull(notice);
    ck_assert_int_eq((int) notice->kind, (int) kind);
    ck_assert_uint_eq(notice->sequence, sequence);
    cloud_notice_free(notice);
}

START_TEST(confirmations_wait_in_order_while_the_queue_is_full)
{
    for (uint64_t sequence = 1; sequence <= 5; sequence++)
        outbox_tell(outbox, CLOUD_NOTICE_CONFIRMED, sequence, NULL);
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
        outbox_tell(outbox, CLOUD_NOTICE_CONFIRMED, sequence, NULL);
    expect(CLOUD_NOTICE_CONFIRMED, 1);
    outbox_tell(outbox, CLOUD_NOTICE_CONFIRMED, 4, NULL);
    expect(CLOUD_NOTICE_CONFIRMED, 2);
    (void) outbox_flush(outbox);
    expect(CLOUD_NOTICE_CONFIRMED, 3);
    expect(CLOUD_NOTICE_CONFIRMED, 4);
}
END_TEST

START_TEST(the_backlog_of_what_only_informs_is_bounded_and_no_confirmation_is_lost)
{
    size_t informing = 0;
    size_t confirming = 0;

    for (uint64_t sequence = 1; sequence <= 3000; sequence++)
        outbox_tell(outbox, CLOUD_NOTICE_DROPPED, sequence, NULL);
    for (uint64_t sequence = 1; sequence <= 50; sequence++)
        outbox_tell(outbox, CLOUD_NOTICE_CONFIRMED, sequence, NULL);
    for (;;) {
        struct cloud_notice *notice = queue_take(queue);
        if (notice == NULL)
            break;
        informing += notice->kind == CLOUD_NOTICE_DROPPED ? 1 : 0;
        confirming += notice->kind == CLOUD_NOTICE_CONFIRMED ? 1 : 0;
        cloud_notice_free(notice);
        (void) outbox_flush(outbox);
    }
    ck_assert_uint_eq(informing, 1002); /* the queue's two and a thousand behind */
    ck_assert_uint_eq(confirming, 50);
}
END_TEST

START_TEST(a_closed_outbox_leaves_the_queue_alone)
{
    outbox_close(outbox);
    outbox_tell(outbox, CLOUD_NOTICE_CONFIRMED, 1, "text");
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
    tcase_add_test(cases, the_backlog_of_what_only_informs_is_bounded_and_no_confirmation_is_lost);
    tcase_add_test(cases, a_closed_outbox_leaves_the_queue_alone);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
