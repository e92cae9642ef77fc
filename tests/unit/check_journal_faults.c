/* SPDX-License-Identifier: MIT */
/*
 * Files that are not as the journal left them, and folders that do not let it write: it always works again, replays
 * what can still be read, and has a gap for the rest. The fixtures are made from a fresh journal on a disk in memory.
 *
 * JOURNAL_FAULTS_SEED is the first seed of the flipped bits (default 1), JOURNAL_FAULTS_FLIPS how many there are of
 * each kind (default 200).
 */
#include "../parts/powercut_vfs.h"
#include "journal_image.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 120, NOBODY = 65534 };

static char folder[64];
static char *path;
static char *log_path;
static struct image clean;
static struct image killed;
static char *last_error;

static void keep_errors(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) subsystem;
    if (level == LOG_LEVEL_ERROR)
        text_replace(&last_error, text);
}

/* ---- files ---- */

static void remove_all(void)
{
    char *pattern = text_format("%s/*", folder);
    glob_t found = {0};

    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            ck_assert_int_eq(remove(found.gl_pathv[i]), 0);
    globfree(&found);
    free(pattern);
}

static size_t count_aside(void)
{
    char *pattern = text_format("%s.damaged-20[0-9][0-9]*[0-9]", path);
    glob_t found = {0};
    const size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;

    globfree(&found);
    free(pattern);
    return count;
}

static void put(const char *where, const void *data, size_t size_bytes)
{
    FILE *file = fopen(where, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size_bytes, file), size_bytes);
    ck_assert_int_eq(fclose(file), 0);
}

/* Into an empty folder. */
static void put_image(const struct image *image, size_t file_bytes, size_t log_bytes)
{
    remove_all();
    put(path, image->file, file_bytes);
    if (image->log != NULL && log_bytes > 0)
        put(log_path, image->log, log_bytes);
}

static void create(void)
{
    log_set_sink(keep_errors, NULL);
    (void) snprintf(folder, sizeof folder, "%s/springpark-faults-XXXXXX", "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = text_format("%s/journal.db", folder);
    log_path = text_format("%s-wal", path);
    image_make(&clean, true);
    image_make(&killed, false);
}

/* After drop_root: to tidy up, and for the leak checker, which a process may not look at that has changed its user. */
static void take_root_again(void)
{
    if (getuid() == 0 && geteuid() != 0 && seteuid(0) == 0)
        (void) prctl(PR_SET_DUMPABLE, 1);
}

static void destroy(void)
{
    take_root_again();
    (void) chmod(folder, 0755);
    remove_all();
    (void) rmdir(folder);
    free(path);
    free(log_path);
    image_free(&clean);
    image_free(&killed);
    text_replace(&last_error, NULL);
    log_set_sink(NULL, NULL);
}

/* ---- what must hold ---- */

/* The journal works, keeps its promise for the ledger, stores one event more, and ends clean. */
static char *complain(struct house *house, const struct ledger *ledger, bool allow_damage)
{
    house_settle(house);
    if (house_state(house) != JOURNAL_WORKS)
        return text_copy("the journal does not work");
    char *complaint = ledger_complaint(ledger, house, allow_damage);
    if (complaint != NULL)
        return complaint;
    const uint64_t depth = house_depth(house);
    const uint64_t before = house->stored;
    house_submit(house, 1000, false);
    house_settle(house);
    if (house->stored <= before || house_depth(house) != depth + 1)
        return text_copy("the journal stores nothing more");
    return house_end(house, true) == 0 ? NULL : text_copy("the clean end lost events");
}

/* Whether nothing is missing that was stored and not confirmed. */
static bool is_whole(const struct ledger *ledger, const struct house *house)
{
    size_t open_count = 0;

    for (size_t i = 0; i < ledger->count; i++)
        open_count += !ledger->entries[i].confirmed;
    return house->page->count >= open_count;
}

static void check_image(const struct image *image, const char *what, uint64_t number, bool *is_all_there)
{
    struct house house;

    house_build(&house, folder, NULL);
    house.startup = image->startup;
    house_open(&house);
    char *complaint = complain(&house, &image->ledger, true);
    if (is_all_there != NULL)
        *is_all_there = is_whole(&image->ledger, &house);
    house_tear_down(&house);
    ck_assert_msg(complaint == NULL, "%s %" PRIu64 ": %s; log: %s", what, number, complaint, last_error);
}

/* ---- damaged files ---- */

START_TEST(a_whole_file_is_read_whole)
{
    bool is_all_there = false;

    put_image(&clean, clean.file_bytes, 0);
    check_image(&clean, "clean", 0, &is_all_there);
    ck_assert(is_all_there);
    put_image(&killed, killed.file_bytes, killed.log_bytes);
    check_image(&killed, "killed", 0, &is_all_there);
    ck_assert(is_all_there);
    ck_assert_uint_eq(count_aside(), 0);
}
END_TEST

/* Where a payload stands in the file: the event has this sequence and start. */
static uint8_t *find_payload(const struct image *image, struct event_id id)
{
    char *payload = house_payload(id);
    uint8_t *found = memmem(image->file, image->file_bytes, payload, strlen(payload));

    free(payload);
    return found;
}

START_TEST(a_flipped_bit_in_a_record_costs_that_record_only)
{
    const struct event_id id = {1, 6};
    struct house house;

    house_build(&house, folder, NULL);
    house.startup = clean.startup;
    uint8_t *payload = find_payload(&clean, id);
    ck_assert_ptr_nonnull(payload);
    payload[30] ^= 4;
    put_image(&clean, clean.file_bytes, 0);
    house_open(&house);
    house_settle(&house);
    char *complaint = ledger_complaint(&clean.ledger, &house, true);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    ck_assert_uint_eq(gaps_count(house.gaps), 1);
    const struct gap *gap = gaps_get(house.gaps, 0);
    ck_assert_int_eq(gap->reason, GAP_DAMAGED);
    ck_assert_uint_eq(gap->count, 1);
    ck_assert(event_id_equal(gap->first, id) && event_id_equal(gap->last, id));
    size_t open_count = 0;
    for (size_t i = 0; i < clean.ledger.count; i++)
        open_count += !clean.ledger.entries[i].confirmed;
    ck_assert_uint_eq(house.replay_count, open_count - 1);
    ck_assert_uint_eq(count_aside(), 0);
    /* It is deleted, and stays in the gap. */
    ck_assert_uint_eq(house_end(&house, true), 0);
    house_open(&house);
    house_settle(&house);
    ck_assert_uint_eq(gaps_count(house.gaps), 1);
    ck_assert_uint_eq(house_depth(&house), open_count - 1);
    house_tear_down(&house);
}
END_TEST

static void flip(uint8_t *data, size_t size_bytes, uint64_t *random)
{
    data[powercut_random(random) % size_bytes] ^= (uint8_t) (1U << powercut_random(random) % 8);
}

/* kind 0: the file of a clean end; 1: the file beside a log; 2: that log. */
START_TEST(a_bit_flipped_anywhere_is_survived)
{
    const struct image *image = _i == 0 ? &clean : &killed;
    const uint64_t first = house_number_from("JOURNAL_FAULTS_SEED", 1);

    for (uint64_t seed = first; seed < first + house_number_from("JOURNAL_FAULTS_FLIPS", 200); seed++) {
        uint64_t random = seed * 3 + (uint64_t) _i;
        struct image flipped = *image;
        flipped.file = memory_copy(image->file, image->file_bytes);
        flipped.log = image->log != NULL ? memory_copy(image->log, image->log_bytes) : NULL;
        if (_i == 2)
            flip(flipped.log, flipped.log_bytes, &random);
        else
            flip(flipped.file, flipped.file_bytes, &random);
        put_image(&flipped, flipped.file_bytes, flipped.log_bytes);
        check_image(&flipped, "flip", seed, NULL);
        free(flipped.file);
        free(flipped.log);
    }
}
END_TEST

/* With less than 512 bytes a file is as good as empty to SQLite. */
START_TEST(a_file_cut_short_is_survived)
{
    for (size_t size_bytes = 512; size_bytes < clean.file_bytes; size_bytes += 1 + clean.file_bytes / 61) {
        put_image(&clean, size_bytes, 0);
        check_image(&clean, "cut to", size_bytes, NULL);
    }
    for (size_t size_bytes = 512; size_bytes < killed.file_bytes; size_bytes += 4096 * 3) {
        put_image(&killed, size_bytes, killed.log_bytes);
        check_image(&killed, "with a log, cut to", size_bytes, NULL);
    }
}
END_TEST

START_TEST(a_log_cut_short_or_removed_is_survived)
{
    for (size_t size_bytes = 0; size_bytes < killed.log_bytes; size_bytes += 1 + killed.log_bytes / 31) {
        put_image(&killed, killed.file_bytes, size_bytes);
        check_image(&killed, "log cut to", size_bytes, NULL);
    }
}
END_TEST

/* The new file was complete, the damaged one had its new name already, and its log had not. */
START_TEST(a_crash_while_a_file_is_moved_aside_is_survived)
{
    struct ledger ledger = {0};
    struct house house;
    char *new_path = text_format("%s.new", path);

    house_build(&house, folder, NULL);
    house_open(&house);
    for (unsigned i = 0; i < 90; i++)
        (void) ledger_submit(&ledger, &house, false);
    ck_assert_uint_eq(house_end(&house, true), 0);
    ledger_note_stored(&ledger, &house);
    ck_assert_int_eq(rename(path, new_path), 0);
    put(log_path, killed.log, killed.log_bytes);
    house_open(&house);
    char *complaint = complain(&house, &ledger, false);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    ck_assert_uint_eq(count_aside(), 0);
    house_tear_down(&house);
    ledger_clear(&ledger);
    free(new_path);
}
END_TEST

/* ---- what is no journal ---- */

/* It is moved aside, and that is said. */
static void expect_moved_aside(const struct ledger *ledger, uint32_t startup)
{
    struct house house;
    struct journal_report report;

    house_build(&house, folder, NULL);
    house.startup = startup;
    house_open(&house);
    house_settle(&house);
    ck_assert_uint_eq(count_aside(), 1);
    journal_report(house.journal, &report);
    ck_assert_ptr_nonnull(report.detail);
    ck_assert_ptr_nonnull(strstr(report.detail, ".damaged-20"));
    journal_report_free(&report);
    ck_assert_ptr_nonnull(strstr(last_error, ".damaged-20"));
    ck_assert_ptr_nonnull(house_find_gap(house.gaps, GAP_DAMAGED));
    char *complaint = complain(&house, ledger, true);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    /* What was begun anew is a journal for the next start. */
    house_open(&house);
    house_settle(&house);
    ck_assert_int_eq(house_state(&house), JOURNAL_WORKS);
    ck_assert_uint_eq(count_aside(), 1);
    house_tear_down(&house);
}

START_TEST(random_bytes_are_moved_aside)
{
    const struct ledger nothing = {0};
    uint8_t data[20000];
    uint64_t random = 5;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t) powercut_random(&random);
    put(path, data, sizeof data);
    expect_moved_aside(&nothing, 1);
}
END_TEST

START_TEST(a_folder_in_the_place_of_the_file_is_moved_aside)
{
    const struct ledger nothing = {0};

    ck_assert_int_eq(mkdir(path, 0700), 0);
    expect_moved_aside(&nothing, 1);
}
END_TEST

static void change_database(const char *where, const char *sql)
{
    sqlite3 *db = NULL;

    ck_assert_int_eq(sqlite3_open(where, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(a_database_of_somebody_else_is_moved_aside_and_kept)
{
    const struct ledger nothing = {0};
    glob_t found = {0};

    change_database(path, "CREATE TABLE event (a, b); INSERT INTO event VALUES (1, 2)");
    expect_moved_aside(&nothing, 1);
    char *pattern = text_format("%s.damaged-*[0-9]", path);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    change_database(found.gl_pathv[0], "UPDATE event SET a = 3 WHERE b = 2");
    globfree(&found);
    free(pattern);
}
END_TEST

START_TEST(a_journal_of_a_later_version_is_moved_aside)
{
    put_image(&clean, clean.file_bytes, 0);
    change_database(path, "PRAGMA user_version = 2");
    expect_moved_aside(&clean.ledger, clean.startup);
}
END_TEST

START_TEST(a_journal_without_a_table_is_moved_aside)
{
    static const char *const tables[] = {"event", "start", "gap"};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        put_image(&clean, clean.file_bytes, 0);
        char *sql = text_format("DROP TABLE \"%s\"", tables[i]);
        change_database(path, sql);
        free(sql);
        expect_moved_aside(&clean.ledger, clean.startup);
    }
}
END_TEST

/* As SQLite leaves it when the power goes at once. */
START_TEST(an_empty_file_is_begun_as_a_new_one)
{
    const struct ledger nothing = {0};
    struct house house;

    put(path, "", 0);
    house_build(&house, folder, NULL);
    house_open(&house);
    char *complaint = complain(&house, &nothing, false);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    ck_assert_uint_eq(count_aside(), 0);
    house_tear_down(&house);
}
END_TEST

/* ---- folders and locks ---- */

/* Degraded at first, with events in memory; after `cure` all are stored. */
static void expect_trouble_then_all(const char *where, const struct image *image, void (*cure)(void))
{
    struct ledger ledger = {0};
    struct house house;
    struct journal_report report;

    house_build(&house, where, NULL);
    house.startup = image != NULL ? image->startup : 0;
    for (size_t i = 0; image != NULL && i < image->ledger.count; i++) {
        ledger_add(&ledger, image->ledger.entries[i].id);
        ledger.entries[i] = image->ledger.entries[i];
    }
    house_open(&house);
    for (unsigned i = 0; i < 10; i++)
        (void) ledger_submit(&ledger, &house, false);
    house_settle(&house);
    house_settle_after_retry(&house);
    journal_report(house.journal, &report);
    ck_assert_int_eq(report.state, JOURNAL_DEGRADED);
    ck_assert_ptr_nonnull(report.detail);
    ck_assert_uint_eq(report.in_memory, 10);
    journal_report_free(&report);
    ck_assert_uint_eq(house.stored, 0);
    /* The broker may be there: they are replayed from memory. */
    house_replay_all(&house);
    ck_assert_uint_ge(house.replay_count, 10);
    cure();
    house_settle_after_retry(&house);
    ck_assert_int_eq(house_state(&house), JOURNAL_WORKS);
    ck_assert_uint_eq(house.stored, 10);
    ledger_note_stored(&ledger, &house);
    char *complaint = complain(&house, &ledger, false);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    ck_assert_uint_eq(count_aside(), 0);
    house_tear_down(&house);
    ledger_clear(&ledger);
}

static void make_folder(void)
{
    ck_assert_int_eq(mkdir(folder, 0755), 0);
}

START_TEST(a_folder_may_come_later)
{
    ck_assert_int_eq(rmdir(folder), 0);
    expect_trouble_then_all(folder, NULL, make_folder);
}
END_TEST

/* Root may write everywhere. */
static void drop_root(void)
{
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(folder, NOBODY, NOBODY), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
}

static void allow_folder(void)
{
    ck_assert_int_eq(chmod(folder, 0755), 0);
}

START_TEST(a_folder_may_be_read_only_for_a_while)
{
    drop_root();
    ck_assert_int_eq(chmod(folder, 0555), 0);
    expect_trouble_then_all(folder, NULL, allow_folder);
}
END_TEST

static void allow_file(void)
{
    ck_assert_int_eq(chmod(path, 0644), 0);
}

START_TEST(a_file_may_be_read_only_for_a_while)
{
    drop_root();
    put_image(&clean, clean.file_bytes, 0);
    ck_assert_int_eq(chmod(path, 0444), 0);
    expect_trouble_then_all(folder, &clean, allow_file);
}
END_TEST

static pid_t holder;

static void hold_lock(int told)
{
    sqlite3 *db = NULL;

    if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK
        && write(told, "x", 1) == 1)
        (void) pause();
    for (;;)
        (void) pause();
}

static void end_holder(void)
{
    ck_assert_int_eq(kill(holder, SIGKILL), 0);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
}

START_TEST(another_process_may_hold_the_file_for_a_while)
{
    int ends[2];
    char told;

    put_image(&clean, clean.file_bytes, 0);
    ck_assert_int_eq(pipe(ends), 0);
    holder = fork();
    ck_assert_int_ge(holder, 0);
    if (holder == 0)
        hold_lock(ends[1]);
    ck_assert_int_eq((int) read(ends[0], &told, 1), 1);
    expect_trouble_then_all(folder, &clean, end_holder);
    (void) close(ends[0]);
    (void) close(ends[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal faults");
    TCase *cases = tcase_create("journal faults");

    tcase_set_timeout(cases, SECONDS);
    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, a_whole_file_is_read_whole);
    tcase_add_test(cases, a_flipped_bit_in_a_record_costs_that_record_only);
    tcase_add_loop_test(cases, a_bit_flipped_anywhere_is_survived, 0, 3);
    tcase_add_test(cases, a_file_cut_short_is_survived);
    tcase_add_test(cases, a_log_cut_short_or_removed_is_survived);
    tcase_add_test(cases, a_crash_while_a_file_is_moved_aside_is_survived);
    tcase_add_test(cases, random_bytes_are_moved_aside);
    tcase_add_test(cases, a_folder_in_the_place_of_the_file_is_moved_aside);
    tcase_add_test(cases, a_database_of_somebody_else_is_moved_aside_and_kept);
    tcase_add_test(cases, a_journal_of_a_later_version_is_moved_aside);
    tcase_add_test(cases, a_journal_without_a_table_is_moved_aside);
    tcase_add_test(cases, an_empty_file_is_begun_as_a_new_one);
    tcase_add_test(cases, a_folder_may_come_later);
    tcase_add_test(cases, a_folder_may_be_read_only_for_a_while);
    tcase_add_test(cases, a_file_may_be_read_only_for_a_while);
    tcase_add_test(cases, another_process_may_hold_the_file_for_a_while);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
