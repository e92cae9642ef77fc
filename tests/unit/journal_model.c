/* SPDX-License-Identifier: MIT */
#include "journal_model.h"

#include "base/memory.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_begin(struct model *model, uint64_t seed)
{
    *model = (struct model) {.disk = powercut_create("model"), .seed = seed, .random = seed};
    house_build(&model->house, "/nowhere", powercut_vfs_name(model->disk));
}

void model_end(struct model *model)
{
    house_tear_down(&model->house);
    powercut_free(model->disk);
    gaps_free(model->noted);
    free(model->items);
}

uint64_t model_roll(struct model *model, uint64_t below)
{
    return powercut_random(&model->random) % below;
}

void model_fail(const struct model *model, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *text = text_format_list(format, list);
    va_end(list);
    char *gaps = house_gaps_text(model->house.gaps);
    ck_abort_msg("seed %" PRIu64 ", step %u: %s; %s", model->seed, model->step, text, gaps);
    abort();
}

void model_say(const struct model *model, const char *format, ...)
{
    va_list list;

    if (!model->talks)
        return;
    va_start(list, format);
    char *text = text_format_list(format, list);
    va_end(list);
    (void) fprintf(stderr, "%u: %s\n", model->step, text);
    free(text);
}

size_t model_count(const struct model *model, enum fate fate)
{
    size_t count = 0;

    for (size_t i = 0; i < model->count; i++)
        count += model->items[i].fate == fate;
    return count;
}

struct item *model_find(const struct model *model, struct event_id id)
{
    for (size_t i = model->count; i > 0; i--)
        if (event_id_equal(model->items[i - 1].id, id))
            return &model->items[i - 1];
    return NULL;
}

struct item *model_pick(struct model *model, enum fate fate, bool lent)
{
    const size_t from = model->count > 0 ? (size_t) model_roll(model, model->count) : 0;

    for (size_t i = 0; i < model->count; i++) {
        struct item *item = &model->items[(from + i) % model->count];
        if (item->fate == fate && item->lent == lent)
            return item;
    }
    return NULL;
}

struct item *model_add(struct model *model, bool lent)
{
    model->items = memory_resize(model->items, model->count + 1, sizeof *model->items);
    struct item *item = &model->items[model->count++];
    *item = (struct item) {.id = {model->house.startup, ++model->sequence}, .fate = PENDING, .lent = lent,
        .submitted_us = model->house.now_us};
    house_submit(&model->house, model->sequence, lent);
    return item;
}

/* ---- gaps that are told ---- */

void model_note_gaps(struct model *model)
{
    gaps_free(model->noted);
    model->noted = gaps_copy(model->house.gaps);
    for (size_t i = 0; i < model->count; i++) {
        struct item *item = &model->items[i];
        item->is_noted = (item->fate == DROPPED || item->fate == LOST) && house_gaps_cover(model->noted, item->id);
    }
}

void model_confirm_gaps(struct model *model)
{
    if (model->noted == NULL)
        return;
    for (size_t i = 0; i < gaps_count(model->noted); i++)
        journal_confirm_gaps(model->house.journal, gaps_get(model->noted, i), 1);
    model_turn(model);
    house_settle(&model->house);
    model_turn(model);
    for (size_t i = 0; i < model->count; i++) {
        struct item *item = &model->items[i];
        if (item->is_noted && !house_gaps_cover(model->house.gaps, item->id))
            item->fate = TOLD;
        item->is_noted = false;
    }
    gaps_free(model->noted);
    model->noted = NULL;
}

/* ---- what a turn says ---- */

static bool was_free(const struct item *item)
{
    return (item->fate == PENDING && !item->was_lent && !item->lent) || (item->fate == ASIDE && !item->was_fresh);
}

/* While the disk works the oldest goes first. */
static void expect_oldest(struct model *model, const struct item *item)
{
    for (const struct item *older = model->items; older < item; older++) {
        if (older->fate != PENDING || older->lent || house_gaps_cover(model->house.gaps, older->id))
            continue;
        model_fail(model, "%" PRIu32 ":%" PRIu64 " is replayed before %" PRIu32 ":%" PRIu64, item->id.startup,
            item->id.sequence, older->id.startup, older->id.sequence);
    }
}

static void take_replay(struct model *model, const struct replayed *replay, bool in_order)
{
    struct item *item = model_find(model, replay->id);
    const uint32_t startup = replay->id.startup;
    const uint64_t sequence = replay->id.sequence;

    model_expect(model, item != NULL, "%" PRIu32 ":%" PRIu64 " is replayed and was never submitted", startup, sequence);
    model_expect(model, house_is_payload(replay->id, replay->payload), "%" PRIu32 ":%" PRIu64 " has another payload",
        startup, sequence);
    model_expect(model, replay->generation <= model->house.generation, "a generation that was never told");
    if (replay->generation != model->house.generation)
        return;
    model_expect(model, item->fate == PENDING && !item->lent, "%" PRIu32 ":%" PRIu64 " is replayed, fate %d, lent %d",
        startup, sequence, (int) item->fate, item->lent);
    model_expect(model, model->wanted > 0, "%" PRIu32 ":%" PRIu64 " is replayed and was not wanted", startup, sequence);
    if (in_order)
        expect_oldest(model, item);
    model->wanted--;
    item->lent = true;
}

static void take_stored(struct model *model)
{
    for (size_t i = model->count; i > 0; i--) {
        struct item *item = &model->items[i - 1];
        if (item->id.startup != model->house.startup)
            break;
        if (item->id.sequence > model->house.stored || item->stored)
            continue;
        item->stored = true;
        model->has_stored = true;
    }
}

static void note_lent(struct model *model)
{
    for (size_t i = 0; i < model->count; i++) {
        struct item *item = &model->items[i];
        item->was_lent = item->lent;
        item->was_fresh = item->is_fresh;
        item->is_fresh = false;
    }
}

/* in_order: all that was said is here. */
static void take_news(struct model *model, bool in_order)
{
    struct house *house = &model->house;

    model->has_worked |= house_state(house) == JOURNAL_WORKS;
    model->was_degraded |= house_state(house) != JOURNAL_WORKS;
    take_stored(model);
    for (size_t i = 0; i < house->replay_count; i++)
        take_replay(model, &house->replays[i], in_order && !model->was_degraded);
    house_forget_replays(house);
}

void model_turn(struct model *model)
{
    note_lent(model);
    (void) house_turn(&model->house);
    take_news(model, false);
    model->has_many_turns = true;
}

/* ---- comparing ---- */

static const struct journal_record *find_record(const struct model *model, struct event_id id)
{
    const struct journal_page *page = model->house.page;

    for (size_t i = 0; i < page->count; i++)
        if (event_id_equal(page->records[i].id, id))
            return &page->records[i];
    return NULL;
}

static bool has_reason(const struct gaps *gaps, struct event_id id, enum gap_reason reason)
{
    for (size_t i = 0; i < gaps_count(gaps); i++) {
        const struct gap *gap = gaps_get(gaps, i);
        if (house_gap_covers(gap, id) && (gap->reason == reason || gap->reason == GAP_MIXED))
            return true;
    }
    return false;
}

/* Nothing that might have gone and is older is still there. */
static void expect_oldest_dropped(struct model *model, const struct item *dropped)
{
    const struct gaps *gaps = model->house.gaps;

    if (model->has_many_turns || has_reason(gaps, dropped->id, GAP_OLD) || has_reason(gaps, dropped->id, GAP_MEMORY))
        return;
    for (const struct item *older = model->items; older < dropped; older++) {
        if (!was_free(older))
            continue;
        if (find_record(model, older->id) == NULL)
            continue;
        model_fail(model, "%" PRIu32 ":%" PRIu64 " was dropped before %" PRIu32 ":%" PRIu64, dropped->id.startup,
            dropped->id.sequence, older->id.startup, older->id.sequence);
    }
}

static void compare_item(struct model *model, struct item *item)
{
    const struct journal_record *record = find_record(model, item->id);
    const uint32_t startup = item->id.startup;
    const uint64_t sequence = item->id.sequence;
    const bool is_kept = item->fate == PENDING || item->fate == ASIDE;

    if (record != NULL) {
        model_expect(model, is_kept, "%" PRIu32 ":%" PRIu64 " is still there, fate %d", startup, sequence,
            (int) item->fate);
        model_expect(model, record->set_aside == (item->fate == ASIDE), "%" PRIu32 ":%" PRIu64 " set aside: %d",
            startup, sequence, record->set_aside);
        model_expect(model, record->in_flight == item->lent, "%" PRIu32 ":%" PRIu64 " in flight: %d", startup, sequence,
            record->in_flight);
        model_expect(model, house_is_payload(item->id, record->payload), "%" PRIu32 ":%" PRIu64 ": another payload",
            startup, sequence);
        return;
    }
    if (item->fate == DELIVERED || item->fate == TOLD)
        return;
    model_expect(model, house_gaps_cover(model->house.gaps, item->id),
        "%" PRIu32 ":%" PRIu64 " is gone and in no gap, fate %d", startup, sequence, (int) item->fate);
    if (!is_kept)
        return;
    model_expect(model, !item->was_lent && !item->lent, "%" PRIu32 ":%" PRIu64 " was dropped while it was lent",
        startup, sequence);
    expect_oldest_dropped(model, item);
    item->fate = DROPPED;
}

static void compare_gaps(struct model *model)
{
    uint64_t count = 0;

    for (size_t i = 0; i < gaps_count(model->house.gaps); i++) {
        const struct gap *gap = gaps_get(model->house.gaps, i);
        if (gap->reason == GAP_UNCLEAN) {
            model_expect(model, gap->first.startup < model->house.startup && !model->clean_ends[gap->first.startup],
                "start %" PRIu32 " has a marker of an unclean end", gap->first.startup);
            continue;
        }
        model_expect(model, gap->reason != GAP_DAMAGED, "the journal took its file for damaged");
        if (gap->count == 0)
            return;   /* joined with one of an unknown count */
        count += gap->count;
    }
    model_expect(model, model->gaps_are_blurred || count == model_count(model, DROPPED),
        "the gaps count %" PRIu64 " events, and %zu were dropped", count,
        model_count(model, DROPPED));
}

static void compare_report(struct model *model)
{
    struct journal_report report;
    size_t unlent = 0;
    size_t lent = 0;

    for (size_t i = 0; i < model->count; i++) {
        unlent += model->items[i].fate == PENDING && !model->items[i].lent;
        lent += model->items[i].lent;
    }
    journal_report(model->house.journal, &report);
    journal_report_free(&report);
    model_expect(model, report.depth == model_count(model, PENDING), "depth %" PRIu64 " instead of %zu", report.depth,
        model_count(model, PENDING));
    model_expect(model, report.set_aside == model_count(model, ASIDE), "set aside %" PRIu64 " instead of %zu",
        report.set_aside, model_count(model, ASIDE));
    model_expect(model, report.unlent == unlent, "unlent %" PRIu64 " instead of %zu", report.unlent, unlent);
    model_expect(model, report.in_memory == 0, "%" PRIu64 " events are not stored", report.in_memory);
    model_expect(model, model->wanted == 0 || unlent == 0, "%" PRIu64 " are wanted, %zu are there, none comes",
        model->wanted, unlent);
    model_expect(model, journal_has_backlog(model->house.journal) == (unlent > 0), "backlog, and %zu are unlent",
        unlent);
    if (model->has_stored)
        model_expect(model,
            report.depth + report.set_aside <= model->house.settings.max_events + lent + model->taken_back,
            "%" PRIu64 " events are kept, %zu lent, %" PRIu64 " are allowed", report.depth + report.set_aside, lent,
            model->house.settings.max_events);
}

static void compare_stored(struct model *model)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct item *item = &model->items[i];
        model_expect(model, item->stored || (item->fate != PENDING && item->fate != ASIDE),
            "%" PRIu32 ":%" PRIu64 " is there, and was never said to be stored", item->id.startup, item->id.sequence);
    }
}

/* For each record that the journal shows there is an item, and their order is the same. */
static void compare_records(struct model *model)
{
    const struct item *before = model->items;

    for (size_t i = 0; i < model->house.page->count; i++) {
        const struct event_id id = model->house.page->records[i].id;
        const struct item *item = model_find(model, id);
        model_expect(model, item != NULL, "%" PRIu32 ":%" PRIu64 " was never submitted", id.startup, id.sequence);
        model_expect(model, item >= before, "%" PRIu32 ":%" PRIu64 " is out of order", id.startup, id.sequence);
        before = item + 1;
    }
}

static bool is_working(struct model *model)
{
    return house_state(&model->house) == JOURNAL_WORKS && model->trouble == POWERCUT_NO_TROUBLE
        && !powercut_is_off(model->disk);
}

void model_compare(struct model *model)
{
    note_lent(model);
    house_settle(&model->house);
    take_news(model, true);
    if (!is_working(model)) {
        model->has_many_turns = true;
        return;
    }
    model_expect(model, house_read_all(&model->house), "the journal works and cannot be read");
    take_news(model, true);
    compare_records(model);
    for (size_t i = 0; i < model->count; i++)
        compare_item(model, &model->items[i]);
    compare_stored(model);
    compare_gaps(model);
    compare_report(model);
    model->was_degraded = false;
    model->has_many_turns = false;
    model->has_stored = false;
    model->taken_back = 0;
}

/* ---- after a crash ---- */

static void take_over_item(struct model *model, struct item *item)
{
    const struct journal_record *record = find_record(model, item->id);
    const uint32_t startup = item->id.startup;
    const uint64_t sequence = item->id.sequence;

    item->lent = item->was_lent = false;
    if (record == NULL && !model->has_worked) {   /* there never was a disk to promise anything on */
        item->fate = TOLD;
        return;
    }
    if (record != NULL) {   /* its deletion, or its new state, was not flushed */
        model_expect(model, house_is_payload(item->id, record->payload), "%" PRIu32 ":%" PRIu64 ": another payload",
            startup, sequence);
        item->fate = record->set_aside ? ASIDE : PENDING;
        item->stored = true;
        return;
    }
    if (item->fate == DELIVERED)
        return;
    bool is_excused = false;
    bool is_unclean = false;
    for (size_t i = 0; i < gaps_count(model->house.gaps); i++) {
        const struct gap *gap = gaps_get(model->house.gaps, i);
        if (!house_gap_covers(gap, item->id))
            continue;
        if (gap->reason == GAP_UNCLEAN)
            is_unclean = true;
        else
            is_excused = true;
    }
    if (item->fate == TOLD && !is_excused)
        return;
    model_expect(model, is_excused || (is_unclean && !item->stored),
        "%" PRIu32 ":%" PRIu64 " is lost, stored %d, fate %d", startup, sequence, item->stored, (int) item->fate);
    item->fate = is_excused ? DROPPED : LOST;
}

static void note_blur(struct model *model)
{
    for (size_t i = 0; i < gaps_count(model->house.gaps); i++) {
        const struct gap *gap = gaps_get(model->house.gaps, i);
        model->gaps_are_blurred |= gap->reason != GAP_UNCLEAN && (gap->first.startup != gap->last.startup
            || gap->count != gap->last.sequence - gap->first.sequence + 1);
    }
}

void model_take_over(struct model *model)
{
    house_settle(&model->house);
    model_expect(model, house_state(&model->house) == JOURNAL_WORKS, "after the crash the journal does not work");
    model_expect(model, house_read_all(&model->house), "after the crash the journal cannot be read");
    compare_records(model);
    for (size_t i = 0; i < model->count; i++)
        take_over_item(model, &model->items[i]);
    note_blur(model);
    model->has_worked = true;
    model->was_degraded = true;
    model->has_many_turns = true;
    model_compare(model);
}
