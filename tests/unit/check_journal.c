/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "journal/inside.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/springpark-journal-XXXXXX";
static uint64_t now_us;
static struct queue *notices;
static struct journal *journal;
static struct gaps *gaps;
static uint64_t stored;
static struct event_id replayed[4096];
static char *payloads[4096];
static size_t replayed_count;
static uint64_t generation;

static uint64_t monotonic_us(const struct clock *clock)
{
    (void) clock;
    return now_us;
}

static bool wall_time(const struct clock *clock, time_t *utc)
{
    (void) clock;
    *utc = 0;
    return false;
}

static const struct clock test_clock = { .monotonic_us = monotonic_us, .wall_time = wall_time };

static void no_log(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    (void) text;
}

static struct journal_settings usual(void)
{
    return (struct journal_settings) {
        .directory = directory, .max_events = 1000, .max_bytes = 64U << 20, .memory_events = 5000,
    };
}

static void open_with(const struct journal_settings *settings, uint32_t startup)
{
    journal = journal_create(settings, startup, &test_clock, notices, NULL);
}

static void open_journal(uint32_t startup)
{
    struct journal_settings settings = usual();

    open_with(&settings, startup);
}

static void forget_replayed(void)
{
    while (replayed_count > 0)
        free(payloads[--replayed_count]);
}

static void setup(void)
{
    memcpy(directory, "/tmp/springpark-journal-XXXXXX", sizeof directory);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    log_set_sink(no_log, NULL);
    (void) umask(022);
    now_us = 1000000;
    notices = queue_create(8192, journal_notice_free);
    gaps = NULL;
    stored = 0;
    generation = 0;
    journal = NULL;
}

static void teardown(void)
{
    char *command = text_format("rm -rf %s", directory);

    if (journal != NULL)
        (void) journal_end(journal, true);
    queue_free(notices);
    gaps_free(gaps);
    forget_replayed();
    ck_assert_int_eq(system(command), 0);
    free(command);
}

static void take_notices(void)
{
    struct journal_notice *notice;

    while ((notice = queue_take(notices)) != NULL) {
        if (notice->kind == JOURNAL_NOTICE_STORED)
            stored = notice->id.sequence;
        if (notice->kind == JOURNAL_NOTICE_GAPS) {
            gaps_free(gaps);
            gaps = gaps_copy(notice->gaps);
        }
        if (notice->kind == JOURNAL_NOTICE_REPLAY && notice->generation == generation) {
            replayed[replayed_count] = notice->id;
            payloads[replayed_count++] = text_copy(notice->payload);
        }
        journal_notice_free(notice);
    }
}

static void turn(void)
{
    for (int i = 0; i < 100 && journal_turn(journal) == 0; i++)
        continue;
    take_notices();
}

static void submit(uint64_t from, uint64_t to, bool lent)
{
    for (uint64_t i = from; i <= to; i++) {
        char *payload = text_format("event %" PRIu64, i);
        journal_submit(journal, i, payload, lent);
        free(payload);
    }
}

static void connect_anew(size_t want)
{
    forget_replayed();
    journal_take_back_all(journal, ++generation);
    journal_want(journal, generation, want);
    turn();
}

static struct journal_report report(void)
{
    struct journal_report facts;

    journal_report(journal, &facts);
    journal_report_free(&facts);
    return facts;
}

static void assert_replayed(uint32_t startup, uint64_t from, uint64_t to)
{
    ck_assert_uint_eq(replayed_count, to - from + 1);
    for (uint64_t i = from; i <= to; i++) {
        char *payload = text_format("event %" PRIu64, i);
        ck_assert_uint_eq(replayed[i - from].startup, startup);
        ck_assert_uint_eq(replayed[i - from].sequence, i);
        ck_assert_str_eq(payloads[i - from], payload);
        free(payload);
    }
}

static void assert_gap(size_t index, uint32_t startup, uint64_t first, uint64_t last, uint64_t count,
                       enum gap_reason reason)
{
    const struct gap *gap;

    ck_assert_ptr_nonnull(gaps);
    gap = gaps_get(gaps, index);
    ck_assert_ptr_nonnull(gap);
    ck_assert_uint_eq(gap->first.startup, startup);
    ck_assert_uint_eq(gap->first.sequence, first);
    ck_assert_uint_eq(gap->last.sequence, last);
    ck_assert_uint_eq(gap->count, count);
    ck_assert_int_eq(gap->reason, reason);
}

static void restart(uint32_t startup, bool clean)
{
    (void) journal_end(journal, clean);
    take_notices();
    open_journal(startup);
    turn();
}

START_TEST(what_is_stored_is_replayed_after_a_clean_end)
{
    open_journal(1);
    submit(1, 50, false);
    turn();
    ck_assert_uint_eq(stored, 50);
    restart(2, true);
    ck_assert_ptr_null(gaps);
    ck_assert_uint_eq(report().depth, 50);
    connect_anew(100);
    assert_replayed(1, 1, 50);
}
END_TEST

START_TEST(an_unclean_end_is_told_as_a_gap_without_an_end)
{
    open_journal(1);
    submit(1, 5, false);
    turn();
    submit(6, 6, false); /* never written */
    restart(2, false);
    ck_assert_uint_eq(gaps_count(gaps), 1);
    assert_gap(0, 1, 6, 0, 0, GAP_UNCLEAN);
    connect_anew(100);
    assert_replayed(1, 1, 5);
    restart(3, true);
    assert_gap(0, 1, 6, 0, 0, GAP_UNCLEAN); /* until it is confirmed */
    journal_confirm_gaps(journal, gaps_get(gaps, 0), 1);
    turn();
    ck_assert_uint_eq(gaps_count(gaps), 0);
}
END_TEST

START_TEST(the_last_stored_event_is_known_even_when_all_were_delivered)
{
    open_journal(1);
    submit(1, 5, false);
    turn();
    connect_anew(10);
    for (uint64_t i = 1; i <= 5; i++)
        journal_confirm(journal, (struct event_id) { 1, i });
    turn();
    now_us += 1000000; /* deletions wait a little for company */
    turn();
    ck_assert_uint_eq(report().depth, 0);
    restart(2, false);
    assert_gap(0, 1, 6, 0, 0, GAP_UNCLEAN);
    ck_assert_uint_eq(report().depth, 0);
    submit(1, 1, false);
    turn();
    connect_anew(10);
    assert_replayed(2, 1, 1);
}
END_TEST

START_TEST(only_what_is_wanted_and_not_lent_is_replayed)
{
    open_journal(1);
    submit(1, 10, false);
    submit(11, 20, true);
    turn();
    journal_want(journal, 0, 4);
    turn();
    assert_replayed(1, 1, 4);
    ck_assert_uint_eq(report().unlent, 6);
    journal_want(journal, 0, 100);
    turn();
    assert_replayed(1, 1, 10);
    submit(21, 21, false); /* what is wanted and was not there comes when it is */
    turn();
    ck_assert_uint_eq(replayed_count, 11);
    ck_assert_uint_eq(replayed[10].sequence, 21);
    connect_anew(100); /* what was lent is replayed on the next connection */
    assert_replayed(1, 1, 21);
}
END_TEST

static void confirm_range(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i <= to; i++)
        journal_confirm(journal, (struct event_id) { 1, i });
    turn();
}

/* Lent, or acknowledged and still on the disk: a kill sends both again. */
START_TEST(no_more_is_replayed_than_a_kill_may_send_again)
{
    struct journal_settings settings = usual();

    settings.lent_most = 12;
    open_with(&settings, 1);
    submit(1, 100, false);
    turn();
    journal_want(journal, 0, 90);
    turn();
    assert_replayed(1, 1, 12);
    confirm_range(1, 7); /* not deleted yet */
    ck_assert_uint_eq(replayed_count, 12);
    confirm_range(8, 8); /* now they are, all eight */
    assert_replayed(1, 1, 20);
    confirm_range(9, 9);
    ck_assert_uint_eq(replayed_count, 20);
    now_us += 200000; /* deleted, too, as no more came */
    turn();
    assert_replayed(1, 1, 21);
    for (uint64_t i = 10; i <= 90; i++) {
        confirm_range(i, i);
        now_us += 200000;
        turn();
    }
    assert_replayed(1, 1, 90);
}
END_TEST

START_TEST(a_want_of_an_old_connection_is_ignored)
{
    open_journal(1);
    submit(1, 3, false);
    connect_anew(0);
    journal_want(journal, generation - 1, 10);
    turn();
    ck_assert_uint_eq(replayed_count, 0);
}
END_TEST

START_TEST(only_a_confirmation_frees)
{
    open_journal(1);
    submit(1, 3, true);
    turn();
    journal_confirm(journal, (struct event_id) { 1, 2 });
    journal_confirm(journal, (struct event_id) { 1, 9 });
    journal_confirm(journal, (struct event_id) { 4, 1 });
    turn();
    ck_assert_uint_eq(report().depth, 2);
    ck_assert_uint_eq(report().confirmed, 1);
    restart(2, true);
    connect_anew(10);
    ck_assert_uint_eq(replayed_count, 2);
    ck_assert_uint_eq(replayed[0].sequence, 1);
    ck_assert_uint_eq(replayed[1].sequence, 3);
}
END_TEST

START_TEST(what_is_confirmed_before_it_is_written_is_never_written)
{
    open_journal(1);
    turn();
    submit(1, 3, true);
    for (uint64_t i = 1; i <= 3; i++)
        journal_confirm(journal, (struct event_id) { 1, i });
    uint64_t flushes = report().flushes;
    turn();
    ck_assert_uint_eq(report().flushes, flushes);
    ck_assert_uint_eq(report().confirmed, 3);
}
END_TEST

START_TEST(everything_that_waits_shares_one_flush)
{
    open_journal(1);
    turn();
    uint64_t flushes = report().flushes;
    submit(1, 500, false);
    turn();
    ck_assert_uint_eq(report().flushes, flushes + 1);
    ck_assert_uint_eq(report().depth, 500);
    ck_assert_uint_eq(stored, 500);
}
END_TEST

START_TEST(a_full_journal_drops_the_oldest_that_are_not_lent_and_says_so)
{
    struct journal_settings settings = usual();

    settings.max_events = 10;
    open_with(&settings, 1);
    submit(1, 2, true);
    turn();
    submit(3, 15, false);
    turn();
    ck_assert_uint_eq(report().depth, 10);
    ck_assert_uint_eq(report().dropped, 5);
    ck_assert_uint_eq(gaps_count(gaps), 1);
    assert_gap(0, 1, 3, 7, 5, GAP_FULL);
    submit(16, 17, false);
    turn();
    assert_gap(0, 1, 3, 9, 7, GAP_FULL); /* neighbours merge */
    restart(2, true);
    assert_gap(0, 1, 3, 9, 7, GAP_FULL);
    connect_anew(100);
    ck_assert_uint_eq(replayed_count, 10);
    ck_assert_uint_eq(replayed[2].sequence, 10);
}
END_TEST

START_TEST(a_gap_that_grows_while_it_is_told_keeps_its_rest)
{
    struct journal_settings settings = usual();

    settings.max_events = 10;
    open_with(&settings, 1);
    submit(1, 12, false);
    turn();
    const struct gap told = *gaps_get(gaps, 0);
    submit(13, 15, false);
    turn();
    journal_confirm_gaps(journal, &told, 1);
    turn();
    ck_assert_uint_eq(gaps_count(gaps), 1);
    assert_gap(0, 1, 3, 5, 3, GAP_FULL);
}
END_TEST

START_TEST(the_bound_of_bytes_holds)
{
    struct journal_settings settings = usual();
    char *payload = memory_zeroed(1001, 1);

    settings.max_bytes = 1U << 20;
    settings.max_events = 1000000;
    memset(payload, 'x', 1000);
    open_with(&settings, 1);
    for (uint64_t i = 1; i <= 3000; i++) {
        journal_submit(journal, i, payload, false);
        if (i % 50 == 0)
            turn();
    }
    turn();
    ck_assert_uint_le(report().bytes, settings.max_bytes);
    ck_assert_uint_gt(report().depth, 500);
    ck_assert_uint_eq(report().depth + report().dropped, 3000);
    assert_gap(0, 1, 1, report().dropped, report().dropped, GAP_FULL);
    free(payload);
}
END_TEST

START_TEST(what_is_too_old_goes)
{
    struct journal_settings settings = usual();

    settings.max_age_s = 60;
    open_with(&settings, 1);
    submit(1, 2, false);
    turn();
    now_us += 50 * 1000000ULL;
    submit(3, 3, false);
    turn();
    now_us += 9 * 1000000ULL;
    turn();
    ck_assert_uint_eq(report().depth, 3);
    ck_assert_uint_eq(report().oldest_age_s, 59);
    now_us += 2 * 1000000ULL;
    turn();
    ck_assert_uint_eq(report().depth, 1);
    assert_gap(0, 1, 1, 2, 2, GAP_OLD);
    (void) journal_end(journal, true); /* the age goes on after a start, whatever the clock says */
    now_us = 5;
    open_with(&settings, 2);
    turn();
    ck_assert_uint_eq(report().oldest_age_s, 11);
    now_us += 50 * 1000000ULL;
    turn();
    ck_assert_uint_eq(report().depth, 0);
}
END_TEST

START_TEST(what_is_set_aside_stays_until_it_is_released)
{
    open_journal(1);
    submit(1, 3, true);
    turn();
    journal_set_aside(journal, (struct event_id) { 1, 2 }, "the broker said no");
    connect_anew(10);
    ck_assert_uint_eq(replayed_count, 2);
    ck_assert_uint_eq(report().set_aside, 1);
    ck_assert_uint_eq(report().depth, 2);
    restart(2, true);
    connect_anew(10);
    ck_assert_uint_eq(replayed_count, 2);
    journal_ask_page(journal, 0, 10, true, &directory);
    (void) journal_turn(journal);
    struct journal_notice *notice = queue_take(notices);
    ck_assert_int_eq(notice->kind, JOURNAL_NOTICE_PAGE);
    ck_assert_ptr_eq(notice->token, &directory);
    ck_assert_uint_eq(notice->page->count, 1);
    ck_assert_uint_eq(notice->page->records[0].id.sequence, 2);
    ck_assert_str_eq(notice->page->records[0].reason, "the broker said no");
    ck_assert_str_eq(notice->page->records[0].payload, "event 2");
    ck_assert(notice->page->records[0].set_aside);
    journal_notice_free(notice);
    journal_release(journal, (struct event_id) { 1, 2 }, NULL);
    turn();
    ck_assert_uint_eq(replayed_count, 3);
    ck_assert_uint_eq(replayed[2].sequence, 2);
    ck_assert_uint_eq(report().set_aside, 0);
}
END_TEST

START_TEST(set_aside_before_it_is_written)
{
    open_journal(1);
    submit(1, 3, true);
    journal_set_aside(journal, (struct event_id) { 1, 2 }, "no");
    turn();
    connect_anew(10);
    ck_assert_uint_eq(replayed_count, 2);
    ck_assert_uint_eq(report().set_aside, 1);
}
END_TEST

START_TEST(pages_list_everything_in_order)
{
    uint64_t after = 0;
    uint64_t seen = 0;

    open_journal(1);
    submit(1, 700, false);
    turn();
    do {
        journal_ask_page(journal, after, 300, false, NULL);
        (void) journal_turn(journal);
        struct journal_notice *notice = queue_take(notices);
        ck_assert_int_eq(notice->kind, JOURNAL_NOTICE_PAGE);
        ck_assert_uint_gt(notice->page->count, 0);
        for (size_t i = 0; i < notice->page->count; i++)
            ck_assert_uint_eq(notice->page->records[i].id.sequence, ++seen);
        after = notice->page->next;
        journal_notice_free(notice);
    } while (after != 0);
    ck_assert_uint_eq(seen, 700);
}
END_TEST

START_TEST(without_a_folder_events_stay_in_memory_and_return_to_disk)
{
    struct journal_settings settings = usual();
    char *later = text_format("%s/later", directory);

    settings.directory = later;
    settings.memory_events = 5;
    open_with(&settings, 1);
    submit(1, 7, false);
    turn();
    ck_assert_int_eq(report().state, JOURNAL_DEGRADED);
    ck_assert_uint_eq(report().in_memory, 5);
    assert_gap(0, 1, 1, 2, 2, GAP_MEMORY);
    journal_want(journal, 0, 2);
    turn();
    assert_replayed(1, 3, 4);
    journal_confirm(journal, (struct event_id) { 1, 3 });
    ck_assert_int_eq(mkdir(later, 0700), 0);
    now_us += 40 * 1000000ULL;
    turn();
    ck_assert_int_eq(report().state, JOURNAL_WORKS);
    ck_assert_uint_eq(report().in_memory, 0);
    ck_assert_uint_eq(report().depth, 4);
    journal_want(journal, 0, 10);
    turn();
    ck_assert_uint_eq(replayed_count, 5);
    ck_assert_uint_eq(replayed[4].sequence, 7);
    free(later);
}
END_TEST

START_TEST(without_a_journal_everything_is_in_memory)
{
    struct journal_settings settings = usual();

    settings.directory = NULL;
    open_with(&settings, 1);
    submit(1, 4, false);
    turn();
    ck_assert_int_eq(report().state, JOURNAL_OFF);
    journal_want(journal, 0, 10);
    turn();
    assert_replayed(1, 1, 4);
    journal_confirm(journal, (struct event_id) { 1, 1 });
    turn();
    ck_assert_uint_eq(report().depth, 3);
    ck_assert_uint_eq(journal_end(journal, true), 3);
    journal = NULL;
}
END_TEST

START_TEST(a_file_that_is_missing_or_younger_than_the_start_is_reported)
{
    open_journal(3);
    turn();
    ck_assert_uint_eq(gaps_count(gaps), 2);
    assert_gap(0, 1, 1, 0, 0, GAP_UNCLEAN);
    assert_gap(1, 2, 1, 0, 0, GAP_UNCLEAN);
    restart(5, true);
    ck_assert_uint_eq(gaps_count(gaps), 3);
    assert_gap(2, 4, 1, 0, 0, GAP_UNCLEAN);
    restart(500, true); /* another counter, with a file of its own: no word about each of its starts */
    ck_assert_uint_eq(gaps_count(gaps), 3);
}
END_TEST

START_TEST(a_file_that_is_missing_after_many_starts_is_reported_as_one_gap)
{
    open_journal(500);
    turn();
    ck_assert_uint_eq(gaps_count(gaps), 1);
    ck_assert_uint_eq(gaps_get(gaps, 0)->first.startup, 0);
    ck_assert_uint_eq(gaps_get(gaps, 0)->last.startup, 500);
    ck_assert_int_eq(gaps_get(gaps, 0)->reason, GAP_DAMAGED);
}
END_TEST

START_TEST(the_file_is_not_for_everybody)
{
    char *path = text_format("%s/journal.db", directory);
    struct stat status;

    open_journal(1);
    submit(1, 2, false);
    turn();
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0007, 0);
    free(path);
    path = text_format("%s/journal.db-wal", directory);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0007, 0);
    free(path);
}
END_TEST

START_TEST(a_foreign_file_is_moved_aside_and_reported)
{
    char *path = text_format("%s/journal.db", directory);
    FILE *file = fopen(path, "w");

    ck_assert_int_gt(fprintf(file, "%s", "this is somebody's shopping list, and it is long enough to be read as such\n"), 0);
    ck_assert_int_eq(fclose(file), 0);
    open_journal(5);
    submit(1, 2, false);
    turn();
    ck_assert_int_eq(report().state, JOURNAL_WORKS);
    ck_assert_uint_eq(report().depth, 2);
    ck_assert_uint_eq(gaps_count(gaps), 1);
    ck_assert_int_eq(gaps_get(gaps, 0)->reason, GAP_DAMAGED);
    free(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *cases = tcase_create("journal");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, what_is_stored_is_replayed_after_a_clean_end);
    tcase_add_test(cases, an_unclean_end_is_told_as_a_gap_without_an_end);
    tcase_add_test(cases, the_last_stored_event_is_known_even_when_all_were_delivered);
    tcase_add_test(cases, only_what_is_wanted_and_not_lent_is_replayed);
    tcase_add_test(cases, no_more_is_replayed_than_a_kill_may_send_again);
    tcase_add_test(cases, a_want_of_an_old_connection_is_ignored);
    tcase_add_test(cases, only_a_confirmation_frees);
    tcase_add_test(cases, what_is_confirmed_before_it_is_written_is_never_written);
    tcase_add_test(cases, everything_that_waits_shares_one_flush);
    tcase_add_test(cases, a_full_journal_drops_the_oldest_that_are_not_lent_and_says_so);
    tcase_add_test(cases, a_gap_that_grows_while_it_is_told_keeps_its_rest);
    tcase_add_test(cases, the_bound_of_bytes_holds);
    tcase_add_test(cases, what_is_too_old_goes);
    tcase_add_test(cases, what_is_set_aside_stays_until_it_is_released);
    tcase_add_test(cases, set_aside_before_it_is_written);
    tcase_add_test(cases, pages_list_everything_in_order);
    tcase_add_test(cases, without_a_folder_events_stay_in_memory_and_return_to_disk);
    tcase_add_test(cases, without_a_journal_everything_is_in_memory);
    tcase_add_test(cases, a_file_that_is_missing_or_younger_than_the_start_is_reported);
    tcase_add_test(cases, a_file_that_is_missing_after_many_starts_is_reported_as_one_gap);
    tcase_add_test(cases, the_file_is_not_for_everybody);
    tcase_add_test(cases, a_foreign_file_is_moved_aside_and_reported);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
