/* SPDX-License-Identifier: MIT */
/*
 * The disk of the power cuts (tests/parts/powercut_vfs.h), with SQLite alone: it keeps what is synced, it loses what is
 * not, and it tears. If it did not, the journal's tests on it would prove nothing.
 */
#include "../parts/powercut_vfs.h"

#include "base/memory.h"

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 16, SECONDS = 60 };

static const char path[] = "/plain.db";
static struct powercut *disk;
static struct powercut *after;

static void create(void)
{
    disk = powercut_create("powercut");
    after = powercut_create("after");
}

static void destroy(void)
{
    powercut_free(disk);
    powercut_free(after);
}

static sqlite3 *open_on(const struct powercut *where)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, powercut_vfs_name(where)) == SQLITE_OK)
        return db;
    (void) sqlite3_close(db);
    return NULL;
}

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* -1 = cannot be read. */
static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    (void) sqlite3_finalize(statement);
    return value;
}

/* Writes rows until the power goes; returns how many were committed. A checkpoint comes every few pages. */
static int write_rows(const char *synchronous)
{
    sqlite3 *db = open_on(disk);
    int committed = 0;

    if (db == NULL)
        return 0;
    char *setup = text_format("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=%s;"
        "PRAGMA wal_autocheckpoint=8; CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, x BLOB)", synchronous);
    if (run(db, setup)) {
        for (int n = 1; n <= ROWS; n++) {
            char *sql = text_format("INSERT INTO t VALUES (%d, zeroblob(%d))", n, n * 37);
            const bool is_committed = run(db, sql);
            free(sql);
            if (!is_committed)
                break;
            committed = n;
        }
    }
    free(setup);
    (void) sqlite3_close(db);
    return committed;
}

/* Whether the committed rows are all there, and the file is whole. */
static bool has_kept(int committed)
{
    sqlite3 *db = open_on(after);
    if (db == NULL)
        return false;
    (void) run(db, "PRAGMA locking_mode=EXCLUSIVE");
    sqlite3_stmt *statement = NULL;
    bool is_whole = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW && strcmp((const char *) sqlite3_column_text(statement, 0), "ok") == 0;
    (void) sqlite3_finalize(statement);
    if (is_whole && committed > 0)
        is_whole = ask(db, "SELECT count(*) FROM t WHERE length(x) = n * 37") >= committed;
    (void) sqlite3_close(db);
    return is_whole;
}

static uint64_t count_operations(const char *synchronous)
{
    powercut_free(disk);
    disk = powercut_create("powercut");
    ck_assert_int_eq(write_rows(synchronous), ROWS);
    return powercut_operations(disk);
}

/* Cuts at each operation; returns how many of the disks that came back had lost something. */
static unsigned count_losses(const char *synchronous, enum powercut_survival survival)
{
    const uint64_t operations = count_operations(synchronous);
    unsigned losses = 0;

    ck_assert_uint_gt(operations, ROWS);
    for (uint64_t cut = 1; cut <= operations; cut++) {
        powercut_free(disk);
        disk = powercut_create("powercut");
        powercut_cut_at(disk, cut);
        const int committed = write_rows(synchronous);
        ck_assert(powercut_is_off(disk));
        for (uint64_t seed = 0; seed < 3; seed++) {
            powercut_power_on(disk, after, survival, cut * 100 + seed);
            losses += !has_kept(committed);
        }
    }
    return losses;
}

START_TEST(what_sqlite_synced_is_there_after_every_cut)
{
    ck_assert_uint_eq(count_losses("FULL", POWERCUT_KEEPS_SYNCED), 0);
    ck_assert_uint_eq(count_losses("FULL", POWERCUT_KEEPS_SOME), 0);
}
END_TEST

START_TEST(what_was_never_synced_gets_lost)
{
    ck_assert_uint_gt(count_losses("NORMAL", POWERCUT_KEEPS_SYNCED), 0);
    ck_assert_uint_gt(count_losses("OFF", POWERCUT_KEEPS_SYNCED), 0);
    ck_assert_uint_gt(count_losses("OFF", POWERCUT_KEEPS_SOME), 0);
}
END_TEST

START_TEST(a_killed_process_loses_nothing_that_it_wrote)
{
    ck_assert_uint_eq(count_losses("OFF", POWERCUT_KEEPS_ALL), 0);
}
END_TEST

START_TEST(sectors_are_old_new_or_torn)
{
    uint8_t old[4096], new[4096];
    unsigned as_old = 0, as_new = 0, torn = 0;

    memset(old, 'o', sizeof old);
    memset(new, 'n', sizeof new);
    sqlite3_vfs *vfs = sqlite3_vfs_find("powercut");
    sqlite3_file *file = memory_zeroed(1, (size_t) vfs->szOsFile);
    powercut_put(disk, path, old, sizeof old);
    ck_assert_int_eq(vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, NULL), SQLITE_OK);
    ck_assert_int_eq(file->pMethods->xWrite(file, new, sizeof new, 0), SQLITE_OK);
    for (uint64_t seed = 0; seed < 100; seed++) {
        size_t size_bytes = 0;
        powercut_power_on(disk, after, POWERCUT_KEEPS_SOME, seed);
        const uint8_t *data = powercut_get(after, path, &size_bytes);
        ck_assert_uint_eq(size_bytes, sizeof old);
        for (size_t sector = 0; sector < size_bytes; sector += 512) {
            if (memcmp(data + sector, old, 512) == 0)
                as_old++;
            else if (memcmp(data + sector, new, 512) == 0)
                as_new++;
            else
                torn++;
        }
    }
    ck_assert_uint_gt(as_old, 100);
    ck_assert_uint_gt(as_new, 100);
    ck_assert_uint_gt(torn, 20);
    (void) file->pMethods->xClose(file);
    free(file);
}
END_TEST

START_TEST(what_a_failed_sync_had_to_save_is_not_saved_by_the_next)
{
    uint8_t data[512] = {'x'};
    size_t size_bytes = 0;
    sqlite3_vfs *vfs = sqlite3_vfs_find("powercut");
    sqlite3_file *file = memory_zeroed(1, (size_t) vfs->szOsFile);

    powercut_put(disk, path, "old", 3);
    ck_assert_int_eq(vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, NULL), SQLITE_OK);
    ck_assert_int_eq(file->pMethods->xWrite(file, "new", 3, 0), SQLITE_OK);
    powercut_set_trouble(disk, POWERCUT_SYNC_ERROR);
    ck_assert_int_eq(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_IOERR_FSYNC);
    powercut_set_trouble(disk, POWERCUT_NO_TROUBLE);
    ck_assert_int_eq(file->pMethods->xWrite(file, data, sizeof data, 8192), SQLITE_OK);
    ck_assert_int_eq(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    powercut_power_on(disk, after, POWERCUT_KEEPS_SYNCED, 0);
    const uint8_t *kept = powercut_get(after, path, &size_bytes);
    ck_assert_uint_eq(size_bytes, 8192 + sizeof data);
    ck_assert_mem_eq(kept, "old", 3);
    ck_assert_uint_eq(kept[8192], 'x');
    /* Written again, and its page is. */
    ck_assert_int_eq(file->pMethods->xWrite(file, data, 1, 100), SQLITE_OK);
    ck_assert_int_eq(file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    powercut_power_on(disk, after, POWERCUT_KEEPS_SYNCED, 0);
    ck_assert_mem_eq(powercut_get(after, path, &size_bytes), "new", 3);
    (void) file->pMethods->xClose(file);
    free(file);
}
END_TEST

START_TEST(each_trouble_troubles)
{
    sqlite3 *db = open_on(disk);

    ck_assert(run(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; CREATE TABLE t (x)"));
    for (enum powercut_trouble trouble = POWERCUT_FULL; trouble <= POWERCUT_SYNC_ERROR; trouble++) {
        powercut_set_trouble(disk, trouble);
        ck_assert(!run(db, "INSERT INTO t VALUES (zeroblob(100))"));
        powercut_set_trouble(disk, POWERCUT_NO_TROUBLE);
        ck_assert(run(db, "INSERT INTO t VALUES (zeroblob(100))"));
    }
    powercut_set_quota(disk, powercut_size(disk) + 9000);
    ck_assert(!run(db, "INSERT INTO t VALUES (zeroblob(20000))"));
    ck_assert_int_eq(sqlite3_errcode(db), SQLITE_FULL);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);

    powercut_set_quota(disk, 0);
    for (enum powercut_trouble trouble = POWERCUT_READ_ONLY; trouble <= POWERCUT_NO_FOLDER; trouble++) {
        powercut_set_trouble(disk, trouble);
        db = open_on(disk);
        ck_assert(db == NULL || !run(db, "PRAGMA locking_mode=EXCLUSIVE; INSERT INTO t VALUES (1)"));
        (void) sqlite3_close(db);
    }
    powercut_set_trouble(disk, POWERCUT_NO_TROUBLE);
    db = open_on(disk);
    ck_assert(run(db, "PRAGMA locking_mode=EXCLUSIVE"));
    ck_assert_int_eq(ask(db, "SELECT count(*) FROM t"), 3);
    (void) sqlite3_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal disk");
    TCase *cases = tcase_create("journal disk");

    tcase_set_timeout(cases, SECONDS);
    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, what_sqlite_synced_is_there_after_every_cut);
    tcase_add_test(cases, what_was_never_synced_gets_lost);
    tcase_add_test(cases, a_killed_process_loses_nothing_that_it_wrote);
    tcase_add_test(cases, sectors_are_old_new_or_torn);
    tcase_add_test(cases, what_a_failed_sync_had_to_save_is_not_saved_by_the_next);
    tcase_add_test(cases, each_trouble_troubles);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
