/* SPDX-License-Identifier: MIT */
/*
 * The journal with its thread, as main uses it: submitting, confirming, replaying and asking as fast as it can while
 * the thread writes. For ThreadSanitizer above all; and nothing is lost.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "journal_house.h"

#include <check.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 120, EVENTS_MAX = 6000, RUN_MS = 1000, LIMIT_MS = 60000, STOP_LIMIT_MS = 30000 };

static char folder[] = "/tmp/springpark-thread-XXXXXX";
static struct journal *journal;
static struct queue *notices;
static bool *delivered;      /* by sequence */
static bool *aside;
static uint64_t submitted;
static uint64_t stored;
static uint64_t replayed;
static uint64_t generation;
static uint64_t released;
static unsigned pages_open;

static void keep_silent(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    (void) text;
}

static void create(void)
{
    log_set_sink(keep_silent, NULL);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    delivered = memory_zeroed(EVENTS_MAX + 1, sizeof *delivered);
    aside = memory_zeroed(EVENTS_MAX + 1, sizeof *aside);
}

static void remove_file(const char *name)
{
    char *path = text_format("%s/%s", folder, name);

    (void) remove(path);
    free(path);
}

static void destroy(void)
{
    remove_file("journal.db");
    remove_file("journal.db-wal");
    (void) rmdir(folder);
    free(delivered);
    free(aside);
}

static void start(uint32_t startup)
{
    const struct journal_settings settings = {
        .directory = folder, .max_events = 1000000, .max_bytes = 256 << 20, .memory_events = EVENTS_MAX};

    notices = queue_create(50, journal_notice_free);
    journal = journal_start(&settings, startup, clock_system(), notices);
    journal_take_back_all(journal, ++generation);
}

static void stop(void)
{
    size_t lost = 1;

    ck_assert(journal_stop(journal, STOP_LIMIT_MS, &lost));
    ck_assert_uint_eq(lost, 0);
    queue_free(notices);
}

static void take_replay(const struct journal_notice *notice)
{
    if (notice->generation != generation)
        return;
    ck_assert(house_is_payload(notice->id, notice->payload));
    ck_assert(!delivered[notice->id.sequence]);
    replayed++;
    if (notice->id.sequence % 16 == 7 && !aside[notice->id.sequence]) {
        aside[notice->id.sequence] = true;
        journal_set_aside(journal, notice->id, "topic refused");
        return;
    }
    delivered[notice->id.sequence] = true;
    journal_confirm(journal, notice->id);
}

static void take(struct journal_notice *notice)
{
    switch (notice->kind) {
    case JOURNAL_NOTICE_STORED:
        stored = notice->id.sequence;
        break;
    case JOURNAL_NOTICE_REPLAY:
        take_replay(notice);
        break;
    case JOURNAL_NOTICE_GAPS:
        ck_assert_uint_eq(gaps_count(notice->gaps), 0);
        break;
    case JOURNAL_NOTICE_PAGE:
        ck_assert_ptr_nonnull(notice->page);
        pages_open--;
        break;
    case JOURNAL_NOTICE_RELEASED:
        released += notice->count;
        break;
    case JOURNAL_NOTICE_STATE:
        break;
    }
    journal_notice_free(notice);
}

static void take_all(void)
{
    struct journal_notice *notice;

    while ((notice = queue_take(notices)) != NULL)
        take(notice);
}

static void submit_one(bool lent)
{
    char *payload = house_payload((struct event_id) {1, ++submitted});

    journal_submit(journal, submitted, payload, lent);
    free(payload);
}

static void look(void)
{
    struct journal_report report;

    journal_report(journal, &report);
    ck_assert_uint_le(report.depth, submitted);
    ck_assert_uint_eq(report.dropped, 0);
    journal_report_free(&report);
    (void) journal_has_backlog(journal);
}

/* As main does at its busiest; every second event is delivered at once. */
static void work(unsigned turn)
{
    for (unsigned i = 0; i < 5 && submitted < EVENTS_MAX; i++) {
        const bool lent = submitted % 2 == 0;
        submit_one(lent);
        if (lent && submitted % 5 != 0) {
            delivered[submitted] = true;
            journal_confirm(journal, (struct event_id) {1, submitted});
        }
    }
    journal_want(journal, generation, 4);
    look();
    if (turn % 50 == 49)
        journal_take_back_all(journal, ++generation);
    if (turn % 20 == 19 && pages_open == 0) {
        pages_open++;
        journal_ask_page(journal, 0, 10, turn % 40 == 39, NULL);
    }
    if (turn % 100 == 99)
        journal_release(journal, (struct event_id) {0, 0}, NULL);
    take_all();
}

/* 0 = none. */
static uint64_t first_missing(void)
{
    for (uint64_t sequence = 1; sequence <= submitted; sequence++)
        if (!delivered[sequence])
            return sequence;
    return 0;
}

/* Waits for the journal's notices, with a limit. */
static void take_until_all_is_delivered(void)
{
    const uint64_t end_ms = clock_monotonic_ms(clock_system()) + LIMIT_MS;
    struct pollfd ready = {.fd = queue_fd(notices), .events = POLLIN};

    while (first_missing() != 0) {
        struct journal_report report;
        journal_report(journal, &report);
        journal_report_free(&report);
        ck_assert_msg(clock_monotonic_ms(clock_system()) < end_ms,
            "1:%" PRIu64 " of %" PRIu64 " did not come; depth %" PRIu64 ", unlent %" PRIu64 ", set aside %" PRIu64,
            first_missing(), submitted, report.depth, report.unlent, report.set_aside);
        journal_want(journal, generation, 100);
        if (report.unlent == 0)
            journal_release(journal, (struct event_id) {0, 0}, NULL);
        (void) poll(&ready, 1, 100);
        take_all();
    }
}

START_TEST(main_and_the_journal_do_not_get_in_each_other_s_way)
{
    start(1);
    const uint64_t end_ms = clock_monotonic_ms(clock_system()) + RUN_MS;
    for (unsigned turn = 0; clock_monotonic_ms(clock_system()) < end_ms; turn++)
        work(turn);
    ck_assert_uint_gt(submitted, 100);
    stop();

    /* What is left comes with the next start, and nothing else. */
    pages_open = 0;
    start(2);
    take_until_all_is_delivered();
    ck_assert_uint_gt(replayed, 10);
    ck_assert_uint_gt(released, 0);
    stop();
}
END_TEST

START_TEST(a_stop_stores_what_was_just_submitted)
{
    start(1);
    for (unsigned i = 0; i < 500; i++)
        submit_one(true);
    stop();
    start(2);
    take_until_all_is_delivered();
    ck_assert_uint_ge(replayed, 500);
    stop();
}
END_TEST

/* While the thread opens the file, and a little later. */
START_TEST(a_stop_at_any_moment_ends_the_thread)
{
    for (uint32_t startup = 1; startup <= 40; startup++) {
        size_t lost = 1;

        start(startup);
        if (startup % 2 == 0)
            (void) poll(NULL, 0, (int) startup / 8);
        ck_assert(journal_stop(journal, STOP_LIMIT_MS, &lost));
        ck_assert_uint_eq(lost, 0);
        queue_free(notices);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal thread");
    TCase *cases = tcase_create("journal thread");

    tcase_set_timeout(cases, SECONDS);
    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, main_and_the_journal_do_not_get_in_each_other_s_way);
    tcase_add_test(cases, a_stop_stores_what_was_just_submitted);
    tcase_add_test(cases, a_stop_at_any_moment_ends_the_thread);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
