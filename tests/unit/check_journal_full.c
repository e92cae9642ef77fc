/* SPDX-License-Identifier: MIT */
/*
 * A disk that is really full: a tmpfs of 1 MiB in a mount namespace of its own, which needs root.
 */
#include "journal_ledger.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { SECONDS = 60, SKIPPED = 77 };

static char folder[] = "/tmp/springpark-full-XXXXXX";

static void keep_silent(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    (void) text;
}

static char *filler_path(void)
{
    return text_format("%s/filler", folder);
}

/* Takes all the room that there is. */
static void fill(void)
{
    static const char block[4096] = {1};
    char *path = filler_path();
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    ck_assert_int_ge(fd, 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    ck_assert_int_eq(errno, ENOSPC);
    (void) close(fd);
    free(path);
}

static void empty(void)
{
    char *path = filler_path();

    ck_assert_int_eq(remove(path), 0);
    free(path);
}

static void submit(struct ledger *ledger, struct house *house, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void) ledger_submit(ledger, house, false);
    house_settle(house);
    ledger_note_stored(ledger, house);
}

static void check(struct ledger *ledger, struct house *house)
{
    house_settle_after_retry(house);
    ck_assert_int_eq(house_state(house), JOURNAL_WORKS);
    ledger_note_stored(ledger, house);
    char *complaint = ledger_complaint(ledger, house, false);
    ck_assert_msg(complaint == NULL, "%s", complaint);
}

START_TEST(a_disk_may_fill_up_and_become_free_again)
{
    struct ledger ledger = {0};
    struct house house;

    house_build(&house, folder, NULL);
    house_open(&house);
    submit(&ledger, &house, 20);
    ck_assert_uint_eq(house.stored, 20);
    fill();
    for (unsigned i = 0; i < 40; i++)
        submit(&ledger, &house, 10);
    ck_assert_int_eq(house_state(&house), JOURNAL_DEGRADED);
    ck_assert_uint_lt(house.stored, 420);
    empty();
    check(&ledger, &house);
    ck_assert_ptr_nonnull(house_find_gap(house.gaps, GAP_MEMORY));
    house_tear_down(&house);
    ledger_clear(&ledger);
}
END_TEST

START_TEST(a_journal_begins_on_a_full_disk)
{
    struct ledger ledger = {0};
    struct house house;

    fill();
    house_build(&house, folder, NULL);
    house_open(&house);
    submit(&ledger, &house, 30);
    ck_assert_int_eq(house_state(&house), JOURNAL_DEGRADED);
    ck_assert_uint_eq(house.stored, 0);
    empty();
    check(&ledger, &house);
    ck_assert_uint_eq(house.stored, 30);
    ck_assert_uint_eq(gaps_count(house.gaps), 0);
    house_tear_down(&house);
    ledger_clear(&ledger);
}
END_TEST

/* It takes no deletions: what was acknowledged would count as lent for ever. */
START_TEST(a_full_disk_does_not_hold_up_the_replay)
{
    struct ledger ledger = {0};
    struct house house;

    house_build(&house, folder, NULL);
    house.settings.lent_most = 5;
    house_open(&house);
    submit(&ledger, &house, 20);
    ck_assert_uint_eq(house.stored, 20);
    house_replay_all(&house);
    ck_assert_uint_eq(house.replay_count, 5);
    fill();
    for (unsigned i = 0; i < 40 && house_state(&house) != JOURNAL_DEGRADED; i++)
        submit(&ledger, &house, 10);
    ck_assert_int_eq(house_state(&house), JOURNAL_DEGRADED);
    house_replay_all(&house);
    ck_assert_uint_ge(house.replay_count, 20);
    empty();
    house.settings.lent_most = 0; /* the check wants to see everything */
    journal_configure(house.journal, &house.settings);
    check(&ledger, &house);
    house_tear_down(&house);
    ledger_clear(&ledger);
}
END_TEST

/* More is allowed than there is room for. */
START_TEST(a_journal_may_fill_its_disk_by_itself)
{
    struct ledger ledger = {0};
    struct house house;

    house_build(&house, folder, NULL);
    house_open(&house);
    for (unsigned i = 0; i < 100 && house_state(&house) != JOURNAL_DEGRADED; i++)
        submit(&ledger, &house, 20);
    ck_assert_int_eq(house_state(&house), JOURNAL_DEGRADED);
    submit(&ledger, &house, 20);
    ck_assert_int_eq(mount("none", folder, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    check(&ledger, &house);
    house_tear_down(&house);
    ledger_clear(&ledger);
}
END_TEST

static void mount_folder(void)
{
    log_set_sink(keep_silent, NULL);
    ck_assert_int_eq(mount("none", folder, "tmpfs", 0, "size=1m"), 0);
}

static void unmount_folder(void)
{
    (void) umount2(folder, MNT_DETACH);
}

static bool has_namespace(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
        && mkdtemp(folder) != NULL && mount("none", folder, "tmpfs", 0, "size=1m") == 0 && umount(folder) == 0;
}

int main(void)
{
    if (!has_namespace()) {
        puts("a disk that is really full: a tmpfs needs root; next: sudo make check");
        return SKIPPED;
    }
    Suite *suite = suite_create("journal full");
    TCase *cases = tcase_create("journal full");

    tcase_set_timeout(cases, SECONDS);
    tcase_add_checked_fixture(cases, mount_folder, unmount_folder);
    tcase_add_test(cases, a_disk_may_fill_up_and_become_free_again);
    tcase_add_test(cases, a_journal_begins_on_a_full_disk);
    tcase_add_test(cases, a_full_disk_does_not_hold_up_the_replay);
    tcase_add_test(cases, a_journal_may_fill_its_disk_by_itself);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    (void) rmdir(folder);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
