/* SPDX-License-Identifier: MIT */
/*
 * A journal that somebody else wrote: two bytes that say how long the file is, in units of 64 bytes, then journal.db
 * and the rest as journal.db-wal, on a disk in memory. The journal opens it, shows and replays all, takes events, and
 * ends. What is damaged is moved aside on the same disk (the linker turns rename, unlink and access to it, see journal.mk).
 */
#include "../parts/powercut_vfs.h"

#include "base/log.h"
#include "journal/inside.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX_BYTES = 262144, UNIT_BYTES = 64, TURNS = 20 };

#define FOLDER "/fuzz"
#define DATABASE FOLDER "/journal.db"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_access(const char *path, int mode);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_access(const char *path, int mode);

static struct powercut *disk;
static uint64_t now_us;

/* libFuzzer has files of its own. */
static bool is_ours(const char *path)
{
    return disk != NULL && strncmp(path, FOLDER "/", sizeof FOLDER) == 0;
}

int __wrap_rename(const char *from, const char *to)
{
    if (!is_ours(from))
        return __real_rename(from, to);
    return powercut_rename(disk, from, to) ? 0 : -1;
}

int __wrap_unlink(const char *path)
{
    if (!is_ours(path))
        return __real_unlink(path);
    powercut_remove(disk, path);
    return 0;
}

int __wrap_access(const char *path, int mode)
{
    size_t size_bytes = 0;

    if (!is_ours(path))
        return __real_access(path, mode);
    return powercut_get(disk, path, &size_bytes) != NULL ? 0 : -1;
}

static uint64_t monotonic_us(const struct clock *clock)
{
    (void) clock;
    return now_us;
}

static bool wall_time(const struct clock *clock, time_t *utc)
{
    (void) clock;
    *utc = 1800000000;
    return true;
}

static const struct clock clock_of_test = {.monotonic_us = monotonic_us, .wall_time = wall_time};

static void keep_silent(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    (void) text;
}

static void take_all(struct queue *notices)
{
    struct journal_notice *notice;

    while ((notice = queue_take(notices)) != NULL)
        journal_notice_free(notice);
}

static void turn(struct journal *journal, struct queue *notices)
{
    for (unsigned i = 0; i < TURNS; i++) {
        now_us += 1000;
        const int64_t wait_ms = journal_turn(journal);
        take_all(notices);
        if (wait_ms < 0 || wait_ms > 100)
            return;
    }
}

static void put_input(const uint8_t *data, size_t size_bytes)
{
    size_t file_bytes = ((size_t) data[0] << 8 | data[1]) * UNIT_BYTES;

    data += 2;
    size_bytes -= 2;
    file_bytes = file_bytes < size_bytes ? file_bytes : size_bytes;
    powercut_put(disk, DATABASE, data, file_bytes);
    if (size_bytes > file_bytes)
        powercut_put(disk, DATABASE "-wal", data + file_bytes, size_bytes - file_bytes);
}

/* Whatever was there: in the end the journal works, and has stored this start's events. */
static void live(uint32_t startup)
{
    const struct journal_settings settings = {.directory = FOLDER, .max_events = 50, .max_bytes = 1 << 20,
        .memory_events = 10};
    const struct journal_options options = {.vfs = "fuzz"};
    struct queue *notices = queue_create(1000, journal_notice_free);
    struct journal_report report;

    struct journal *journal = journal_create(&settings, startup, &clock_of_test, notices, &options);
    journal_take_back_all(journal, 1);
    turn(journal, notices);
    journal_ask_page(journal, 0, 100, false, NULL);
    journal_want(journal, 1, 100);
    journal_submit(journal, 1, "{\"Sequence\":1}", true);
    journal_submit(journal, 2, "{\"Sequence\":2}", false);
    turn(journal, notices);
    journal_confirm(journal, (struct event_id) {startup, 1});
    journal_release(journal, (struct event_id) {0, 0}, NULL);
    now_us += 2000000;
    turn(journal, notices);
    journal_report(journal, &report);
    if (report.state != JOURNAL_WORKS || report.in_memory != 0)
        abort();
    journal_report_free(&report);
    if (journal_end(journal, true) != 0)
        abort();
    queue_free(notices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    if (size_bytes < 2 || size_bytes > INPUT_MAX_BYTES)
        return 0;
    log_set_sink(keep_silent, NULL);
    disk = powercut_create("fuzz");
    put_input(data, size_bytes);
    live(3);
    live(4);
    powercut_free(disk);
    disk = NULL;
    return 0;
}
