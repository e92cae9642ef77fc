/* SPDX-License-Identifier: MIT */
/*
 * The journal against a plain model: random operations, trouble with the disk, clean ends, kills and power cuts, each
 * run from a seed of its own.
 *
 * JOURNAL_MODEL_SEED is the first seed (default 1), JOURNAL_MODEL_RUNS how many runs there are (default 400; with 1 it
 * tells each step).
 */
#include "journal_model.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 600, SLICES = 8, STEPS = 120, RUNS = 400 };

static void keep_silent(void *context, enum log_level level, const char *subsystem, const char *text)
{
    if (context != NULL && ((struct model *) context)->talks)
        (void) fprintf(stderr, "    <%d> %s: %s\n", (int) level, subsystem, text);
}

/* ---- starts ---- */

static void begin_start(struct model *model)
{
    model->sequence = 0;
    model->wanted = 0;
    model->has_stored = false;
    model->trouble = POWERCUT_NO_TROUBLE;
    for (size_t i = 0; i < model->count; i++) {
        model->items[i].lent = model->items[i].was_lent = model->items[i].is_noted = false;
    }
    gaps_free(model->noted);
    model->noted = NULL;
    model->house.queue_capacity = 1 + (size_t) model_roll(model, 40);
    house_open(&model->house);
}

static void crash(struct model *model, enum powercut_survival survival)
{
    const uint64_t seed = model_roll(model, UINT64_MAX);

    model_say(model, "crash, keeps %d", (int) survival);
    powercut_cut_now(model->disk);
    house_take_notices(&model->house);
    for (size_t i = 0; i < model->count; i++) {
        struct item *item = &model->items[i];
        if (item->id.startup == model->house.startup && item->id.sequence <= model->house.stored)
            item->stored = true;
    }
    (void) house_end(&model->house, false);
    powercut_power_on(model->disk, model->disk, survival, seed);
    begin_start(model);
    model_take_over(model);
}

static void crash_somehow(struct model *model)
{
    static const enum powercut_survival ways[] = {POWERCUT_KEEPS_SYNCED, POWERCUT_KEEPS_SOME, POWERCUT_KEEPS_SOME,
        POWERCUT_KEEPS_ALL};

    crash(model, ways[model_roll(model, sizeof ways / sizeof *ways)]);
}

static void end_trouble(struct model *model)
{
    const bool is_back = model->trouble != POWERCUT_NO_TROUBLE;

    /* After a flush that failed the kernel takes the log for saved, and it is not. SQLite carries the log over when the
     * journal opens anew; a cut just then would mix old and new pages, and no database stands that. */
    if (model->trouble == POWERCUT_SYNC_ERROR || model->trouble == POWERCUT_WRITE_ERROR)
        powercut_cut_at(model->disk, 0);
    powercut_set_trouble(model->disk, POWERCUT_NO_TROUBLE);
    model->trouble = POWERCUT_NO_TROUBLE;
    if (powercut_is_off(model->disk) || !is_back)
        return;
    model_say(model, "no trouble");
    model_turn(model);
    house_settle_after_retry(&model->house);
    model_turn(model);
    if (powercut_is_off(model->disk))
        return;
    model_expect(model, house_state(&model->house) == JOURNAL_WORKS, "the disk takes everything and the journal not");
    model_compare(model);
}

static void restart(struct model *model)
{
    end_trouble(model);
    if (powercut_is_off(model->disk))
        return;
    model_say(model, "clean restart");
    model_turn(model);
    const size_t lost = house_end(&model->house, true);
    powercut_cut_at(model->disk, 0);
    if (powercut_is_off(model->disk)) {
        powercut_power_on(model->disk, model->disk, POWERCUT_KEEPS_SOME, model_roll(model, 1000));
    } else {
        model_expect(model, lost == 0, "the clean end lost %zu events", lost);
        model->clean_ends[model->house.startup % MODEL_STARTS] = true;
        for (size_t i = 0; i < model->count; i++)
            model->items[i].stored |= model->items[i].fate == PENDING || model->items[i].fate == ASIDE;
    }
    begin_start(model);
    model_take_over(model);
}

/* ---- what main does ---- */

static void submit(struct model *model)
{
    const uint64_t count = 1 + model_roll(model, 6);

    for (uint64_t i = 0; i < count; i++) {
        struct journal_report before, after;
        journal_report(model->house.journal, &before);
        journal_report_free(&before);
        const struct item *item = model_add(model, model_roll(model, 2) == 0);
        journal_report(model->house.journal, &after);
        journal_report_free(&after);
        model_say(model, "submit %" PRIu32 ":%" PRIu64 "%s", item->id.startup, item->id.sequence,
            item->lent ? ", lent" : "");
        model_expect(model, after.in_memory == before.in_memory + 1 || after.in_memory == before.in_memory,
            "in memory %" PRIu64 " after %" PRIu64, after.in_memory, before.in_memory);
        size_t lent = 0;
        for (size_t n = 0; n < model->count; n++)
            lent += model->items[n].lent;
        /* What is on its way through a small queue is lent, and the model does not know it yet. */
        model_expect(model, model->house.queue_capacity < 20 || after.in_memory <= before.in_memory
            || after.in_memory <= model->house.settings.memory_events || before.in_memory <= lent,
            "%" PRIu64 " events are in memory", after.in_memory);
    }
}

static void confirm(struct model *model)
{
    const bool is_lent = model_roll(model, 8) != 0;

    if (!is_lent)
        model_compare(model);   /* so that it is not on its way */
    struct item *item = model_pick(model, PENDING, is_lent);
    if (item == NULL)
        return;
    model_say(model, "confirm %" PRIu32 ":%" PRIu64 "%s", item->id.startup, item->id.sequence,
        item->lent ? "" : ", not lent");
    journal_confirm(model->house.journal, item->id);
    if (!item->lent)
        return;
    item->fate = DELIVERED;
    item->lent = false;
}

static void confirm_many(struct model *model)
{
    for (uint64_t count = model_roll(model, 12); count > 0; count--)
        confirm(model);
}

static void set_aside(struct model *model)
{
    struct item *item = model_pick(model, PENDING, true);

    if (item == NULL)
        return;
    model_say(model, "set aside %" PRIu32 ":%" PRIu64, item->id.startup, item->id.sequence);
    journal_set_aside(model->house.journal, item->id, "topic refused");
    item->fate = ASIDE;
    item->lent = false;
    item->is_fresh = true;
    model->taken_back++;
}

static void release(struct model *model)
{
    struct item *item = model_pick(model, ASIDE, false);
    const bool all = model_roll(model, 3) == 0;
    uint64_t expected = 0;

    if (item == NULL || model->trouble != POWERCUT_NO_TROUBLE || powercut_is_off(model->disk))
        return;
    model_compare(model);
    if (item->fate != ASIDE || house_state(&model->house) != JOURNAL_WORKS)
        return;
    model_say(model, "release %" PRIu32 ":%" PRIu64 "%s", item->id.startup, item->id.sequence, all ? " and all" : "");
    for (size_t i = 0; i < model->count; i++) {
        struct item *one = &model->items[i];
        if (one->fate != ASIDE || (!all && one != item))
            continue;
        one->fate = PENDING;
        expected++;
    }
    model->house.released = 0;
    model->house.released_came = false;
    journal_release(model->house.journal, all ? (struct event_id) {0, 0} : item->id, model);
    model_turn(model);
    house_settle(&model->house);
    model_turn(model);
    if (powercut_is_off(model->disk))
        return;
    model_expect(model, model->house.released_came && model->house.released == expected,
        "%" PRIu64 " released instead of %" PRIu64, model->house.released, expected);
}

static void take_back(struct model *model)
{
    model_say(model, "take back");
    journal_take_back_all(model->house.journal, ++model->house.generation);
    model->wanted = 0;
    for (size_t i = 0; i < model->count; i++) {
        model->taken_back += model->items[i].lent;
        model->items[i].lent = false;
    }
}

static void want(struct model *model)
{
    const uint64_t count = 1 + model_roll(model, 10);

    model_say(model, "want %" PRIu64, count);
    if (model_roll(model, 8) == 0) {   /* too late */
        journal_want(model->house.journal, model->house.generation - 1, count);
        return;
    }
    journal_want(model->house.journal, model->house.generation, count);
    model->wanted += count;
}

static void configure(struct model *model)
{
    struct journal_settings *settings = &model->house.settings;

    settings->max_events = 1 + model_roll(model, 40);
    settings->memory_events = 1 + (size_t) model_roll(model, 20);
    settings->max_bytes = model_roll(model, 3) == 0 ? 300000 : 16 << 20;
    model_say(model, "configure %" PRIu64 " events, %zu in memory, %" PRIu64 " bytes", settings->max_events,
        settings->memory_events, settings->max_bytes);
    journal_configure(model->house.journal, settings);
    model->has_stored = false;
}

static void wait(struct model *model)
{
    static const uint64_t waits_ms[] = {10, 250, 1200, 5000, 45000};

    house_wait_ms(&model->house, waits_ms[model_roll(model, sizeof waits_ms / sizeof *waits_ms)]);
}

static void note_gaps(struct model *model)
{
    model_compare(model);
    if (house_state(&model->house) == JOURNAL_WORKS && model->trouble == POWERCUT_NO_TROUBLE)
        model_note_gaps(model);
}

static void confirm_gaps(struct model *model)
{
    if (model->noted == NULL || powercut_is_off(model->disk))
        return;
    model_say(model, "confirm gaps");
    model_confirm_gaps(model);
}

static void begin_trouble(struct model *model)
{
    static const enum powercut_trouble troubles[] = {POWERCUT_FULL, POWERCUT_WRITE_ERROR, POWERCUT_SYNC_ERROR,
        POWERCUT_READ_ERROR, POWERCUT_READ_ONLY, POWERCUT_NO_FOLDER, POWERCUT_LOCKED};

    model->trouble = troubles[model_roll(model, sizeof troubles / sizeof *troubles)];
    model_say(model, "trouble %d", (int) model->trouble);
    powercut_set_trouble(model->disk, model->trouble);
}

static void trouble(struct model *model)
{
    if (model->trouble == POWERCUT_NO_TROUBLE)
        begin_trouble(model);
    else
        end_trouble(model);
}

static void cut_soon(struct model *model)
{
    const uint64_t operations = powercut_operations(model->disk);

    model_say(model, "cut soon");
    powercut_cut_at(model->disk, operations + 1 + model_roll(model, 12));
}

static void crash_now(struct model *model)
{
    if (model_roll(model, 3) == 0)
        crash_somehow(model);
}

struct operation {
    void (*run)(struct model *model);
    unsigned weight;
};

static const struct operation operations[] = {
    {submit, 30}, {confirm_many, 12}, {set_aside, 5}, {release, 3}, {take_back, 4}, {want, 14}, {model_turn, 14},
    {configure, 4}, {wait, 8}, {note_gaps, 3}, {confirm_gaps, 4}, {trouble, 5}, {cut_soon, 2}, {crash_now, 3},
    {restart, 3}, {model_compare, 20},
};

static void step(struct model *model)
{
    unsigned all = 0;

    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        all += operations[i].weight;
    uint64_t dice = model_roll(model, all);
    size_t chosen = 0;
    while (dice >= operations[chosen].weight)
        dice -= operations[chosen++].weight;
    model->step++;
    operations[chosen].run(model);
    if (powercut_is_off(model->disk))
        crash_somehow(model);
}

static void run(uint64_t seed, bool talks)
{
    struct model model;

    model_begin(&model, seed);
    model.talks = talks;
    log_set_sink(keep_silent, &model);
    model.house.settings.max_events = 5 + model_roll(&model, 40);
    model.house.settings.memory_events = 1 + (size_t) model_roll(&model, 20);
    begin_start(&model);
    for (unsigned i = 0; i < STEPS; i++)
        step(&model);
    end_trouble(&model);
    powercut_cut_at(model.disk, 0);
    restart(&model);
    model_end(&model);
    log_set_sink(keep_silent, NULL);
}

START_TEST(the_journal_does_what_the_model_does)
{
    const uint64_t first = house_number_from("JOURNAL_MODEL_SEED", 1);
    const uint64_t runs = house_number_from("JOURNAL_MODEL_RUNS", RUNS);

    for (uint64_t i = (uint64_t) _i; i < runs; i += SLICES)
        run(first + i, runs == 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal model");
    TCase *cases = tcase_create("journal model");

    printf("seeds from %" PRIu64 " on, %" PRIu64 " runs\n", house_number_from("JOURNAL_MODEL_SEED", 1),
        house_number_from("JOURNAL_MODEL_RUNS", RUNS));
    (void) fflush(stdout);
    tcase_set_timeout(cases, SECONDS);
    tcase_add_loop_test(cases, the_journal_does_what_the_model_does, 0, SLICES);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
