/* SPDX-License-Identifier: MIT */
/*
 * Power cuts: a scripted life of the journal on the disk of tests/parts/powercut_vfs.h, cut at each of its operations.
 * After each cut the journal opens and holds its promise.
 *
 * JOURNAL_POWER_SEEDS says how many disks come back from each cut (default 2); JOURNAL_POWER_STRIDE how many operations
 * lie between two cuts (default 1).
 */
#include "../parts/powercut_vfs.h"
#include "journal_ledger.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 600, SLICES = 8 };

struct life {
    struct powercut *disk;
    struct house house;
    struct ledger ledger;
    uint32_t clean_end;      /* the last start that ended clean; 0 = none */
    bool is_ending;          /* the mark of a clean end may already be on the disk */
};

static void keep_silent(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    (void) text;
}

static void life_begin(struct life *life, const char *name)
{
    *life = (struct life) {.disk = powercut_create(name)};
    house_build(&life->house, "/nowhere", powercut_vfs_name(life->disk));
}

static void life_end(struct life *life)
{
    house_tear_down(&life->house);
    ledger_clear(&life->ledger);
    powercut_free(life->disk);
}

/* ---- the script: false once the power is off ---- */

static bool turn(struct life *life)
{
    (void) house_turn(&life->house);
    ledger_note_stored(&life->ledger, &life->house);
    return !powercut_is_off(life->disk);
}

static bool submit(struct life *life, unsigned count, bool lent)
{
    for (unsigned i = 0; i < count; i++)
        (void) ledger_submit(&life->ledger, &life->house, lent);
    return turn(life);
}

/* Confirms up to count of what was replayed. */
static bool confirm_replayed(struct life *life, size_t count)
{
    for (size_t i = 0; i < count && i < life->house.replay_count; i++)
        ledger_confirm(&life->ledger, &life->house, life->house.replays[i].id);
    house_forget_replays(&life->house);
    house_wait_ms(&life->house, 300);
    return turn(life);
}

static bool replay(struct life *life, size_t count)
{
    journal_want(life->house.journal, life->house.generation, count);
    return turn(life);
}

static bool end_clean(struct life *life)
{
    life->is_ending = true;
    (void) house_end(&life->house, true);
    if (powercut_is_off(life->disk))
        return false;
    life->clean_end = life->house.startup;
    life->is_ending = false;
    return true;
}

static bool live_first_start(struct life *life)
{
    house_open(&life->house);
    if (!turn(life) || !submit(life, 1, false) || !submit(life, 5, true))
        return false;
    ledger_confirm(&life->ledger, &life->house, (struct event_id) {1, 2});
    ledger_confirm(&life->ledger, &life->house, (struct event_id) {1, 4});
    journal_set_aside(life->house.journal, (struct event_id) {1, 3}, "topic refused");
    if (!submit(life, 3, false) || !replay(life, 4) || !confirm_replayed(life, 3))
        return false;
    for (unsigned i = 0; i < 8; i++)
        if (!submit(life, 1 + i % 3, i % 2 == 0))
            return false;
    return end_clean(life);
}

static bool live_bounded_start(struct life *life)
{
    life->house.settings.max_events = 12;
    house_open(&life->house);
    if (!turn(life) || !submit(life, 2, false) || !submit(life, 3, false))
        return false;
    ledger_confirm_gaps(&life->ledger, &life->house);
    if (!turn(life) || !replay(life, 6) || !submit(life, 4, true) || !confirm_replayed(life, 5))
        return false;
    journal_release(life->house.journal, (struct event_id) {0, 0}, NULL);
    journal_take_back_all(life->house.journal, ++life->house.generation);
    if (!turn(life) || !submit(life, 14, false) || !submit(life, 1, true))
        return false;
    return end_clean(life);
}

/* The write-ahead log is carried over every few turns. */
static bool live_small_start(struct life *life)
{
    life->house.settings.max_events = 1000;
    life->house.settings.max_bytes = 100000;
    house_open(&life->house);
    for (unsigned i = 0; i < 30; i++) {
        if (!submit(life, 2, i % 5 == 0))
            return false;
        if (i % 4 == 3 && (!replay(life, 5) || !confirm_replayed(life, 3)))
            return false;
    }
    return true;
}

static void live(struct life *life)
{
    if (live_first_start(life) && live_bounded_start(life))
        (void) live_small_start(life);
    if (life->house.journal != NULL) {
        house_take_notices(&life->house);
        ledger_note_stored(&life->ledger, &life->house);
        (void) house_end(&life->house, false);
    }
}

/* ---- after the cut ---- */

static uint64_t first_not_stored(const struct life *life)
{
    uint64_t sequence = 1;

    for (size_t i = 0; i < life->ledger.count; i++)
        if (life->ledger.entries[i].id.startup == life->house.startup && life->ledger.entries[i].stored)
            sequence = life->ledger.entries[i].id.sequence + 1;
    return sequence;
}

static uint64_t last_submitted(const struct life *life)
{
    const struct ledger_entry *last = life->ledger.count > 0 ? &life->ledger.entries[life->ledger.count - 1] : NULL;

    return last != NULL && last->id.startup == life->house.startup ? last->id.sequence : 0;
}

/* The start that was cut has its marker; no start that ended clean has one. */
static char *complain_of_marker(const struct life *life, const struct gaps *gaps)
{
    bool has_marker = false;

    for (size_t i = 0; i < gaps_count(gaps); i++) {
        const struct gap *gap = gaps_get(gaps, i);
        if (gap->reason == GAP_DAMAGED)
            return text_copy("the journal took its file for damaged");
        if (gap->reason != GAP_UNCLEAN)
            continue;
        if (gap->first.startup <= life->clean_end)
            return text_format("start %" PRIu32 " ended clean and has a marker", gap->first.startup);
        if (gap->first.startup == life->house.startup && gap->first.sequence > last_submitted(life) + 1)
            return text_copy("the marker begins too late");
        has_marker |= gap->first.startup == life->house.startup;
    }
    const bool was_begun = first_not_stored(life) > 1;
    if (was_begun && !has_marker && life->clean_end != life->house.startup && !life->is_ending)
        return text_copy("there is no marker of the unclean end");
    return NULL;
}

static char *complain_after(const struct life *life, struct house *house)
{
    struct ledger later = {0};

    house->settings = life->house.settings;
    house_open(house);
    house_settle(house);
    if (house_state(house) != JOURNAL_WORKS)
        return text_copy("the journal does not work");
    char *complaint = complain_of_marker(life, house->gaps);
    if (complaint == NULL)
        complaint = ledger_complaint(&life->ledger, house, false);
    if (complaint != NULL)
        return complaint;
    const size_t depth = house->replay_count;
    house->settings.max_events = 1000;
    house->settings.max_bytes = 16 << 20;
    journal_configure(house->journal, &house->settings);
    (void) ledger_submit(&later, house, false);
    house_settle(house);
    ledger_clear(&later);
    if (house->stored != 1 || house_depth(house) != depth + 1)
        return text_copy("the journal stores nothing more");
    return house_end(house, true) == 0 ? NULL : text_copy("the clean end lost events");
}

/* Opens, cut again at that operation of the opening: must be as good as the first cut. */
static void cut_again(const struct life *life, struct powercut *disk, uint64_t operation, uint64_t seed)
{
    struct house house;

    house_build(&house, "/nowhere", powercut_vfs_name(disk));
    house.startup = life->house.startup;
    house.settings = life->house.settings;
    powercut_cut_at(disk, operation);
    house_open(&house);
    (void) house_turn(&house);
    powercut_cut_now(disk);
    house_tear_down(&house);
    powercut_power_on(disk, disk, POWERCUT_KEEPS_SOME, seed);
}

static void check_survivor(const struct life *life, struct powercut *after, const char *how, uint64_t cut,
                           uint64_t seed)
{
    struct house house;

    house_build(&house, "/nowhere", powercut_vfs_name(after));
    house.startup = life->house.startup + 1; /* there may have been one in between */
    char *complaint = complain_after(life, &house);
    house_tear_down(&house);
    ck_assert_msg(complaint == NULL, "cut at operation %" PRIu64 ", start %" PRIu32 ", %s, seed %" PRIu64 ": %s", cut,
        life->house.startup, how, seed, complaint != NULL ? complaint : "");
}

static void cut_and_check(uint64_t cut, uint64_t seeds)
{
    struct life life;
    struct powercut *after = powercut_create("after");

    life_begin(&life, "before");
    powercut_cut_at(life.disk, cut);
    live(&life);
    powercut_power_on(life.disk, after, POWERCUT_KEEPS_SYNCED, 0);
    check_survivor(&life, after, "synced only", cut, 0);
    powercut_power_on(life.disk, after, POWERCUT_KEEPS_ALL, 0);
    check_survivor(&life, after, "all written", cut, 0);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        uint64_t random = seed * 1000003 + cut;
        powercut_power_on(life.disk, after, POWERCUT_KEEPS_SOME, random);
        check_survivor(&life, after, "some of the rest", cut, random);
        powercut_power_on(life.disk, after, POWERCUT_KEEPS_SOME, random);
        cut_again(&life, after, 1 + powercut_random(&random) % 12, random);
        check_survivor(&life, after, "cut again", cut, random);
    }
    life_end(&life);
    powercut_free(after);
}

static uint64_t count_operations(void)
{
    struct life life;

    life_begin(&life, "count");
    live(&life);
    ck_assert_uint_eq(life.house.startup, 3);
    const uint64_t operations = powercut_operations(life.disk);
    life_end(&life);
    return operations;
}

START_TEST(the_promise_is_kept_after_a_cut_at_each_operation)
{
    log_set_sink(keep_silent, NULL);
    const uint64_t operations = count_operations();
    const uint64_t stride = house_number_from("JOURNAL_POWER_STRIDE", 1) * SLICES;

    ck_assert_uint_gt(operations, 100);
    for (uint64_t cut = (uint64_t) _i + 1; cut <= operations; cut += stride)
        cut_and_check(cut, house_number_from("JOURNAL_POWER_SEEDS", 2));
}
END_TEST

/* ---- how often it flushes ---- */

START_TEST(all_that_waits_shares_one_flush_and_deletions_have_none)
{
    struct life life;

    life_begin(&life, "before");
    house_open(&life.house);
    ck_assert(submit(&life, 1, true));
    house_settle(&life.house);
    uint64_t syncs = powercut_syncs(life.disk);
    ck_assert(submit(&life, 90, true));
    house_settle(&life.house);
    ck_assert_uint_eq(life.house.stored, 91);
    ck_assert_uint_eq(powercut_syncs(life.disk), syncs + 1);

    syncs = powercut_syncs(life.disk);
    const uint64_t operations = powercut_operations(life.disk);
    for (uint64_t sequence = 1; sequence <= 60; sequence++)
        ledger_confirm(&life.ledger, &life.house, (struct event_id) {1, sequence});
    house_settle_after_retry(&life.house);
    ck_assert_uint_gt(powercut_operations(life.disk), operations);
    ck_assert_uint_eq(powercut_syncs(life.disk), syncs);
    ck_assert_uint_eq(house_depth(&life.house), 31);
    life_end(&life);
}
END_TEST

START_TEST(what_is_delivered_before_it_is_stored_is_never_written)
{
    struct life life;

    life_begin(&life, "before");
    house_open(&life.house);
    ck_assert(submit(&life, 1, true));
    house_settle(&life.house);
    const uint64_t operations = powercut_operations(life.disk);
    for (unsigned i = 0; i < 20; i++)
        ledger_confirm(&life.ledger, &life.house, ledger_submit(&life.ledger, &life.house, true));
    house_settle(&life.house);
    ck_assert_uint_eq(powercut_operations(life.disk), operations);
    life_end(&life);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal power");
    TCase *cases = tcase_create("journal power");

    tcase_set_timeout(cases, SECONDS);
    tcase_add_loop_test(cases, the_promise_is_kept_after_a_cut_at_each_operation, 0, SLICES);
    tcase_add_test(cases, all_that_waits_shares_one_flush_and_deletions_have_none);
    tcase_add_test(cases, what_is_delivered_before_it_is_stored_is_never_written);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
