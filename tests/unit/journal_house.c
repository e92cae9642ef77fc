/* SPDX-License-Identifier: MIT */
#include "journal_house.h"

#include "base/memory.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 1000, PAGE_RECORDS = 50, RETRY_LIMIT_MS = 61000 };

/* ---- the clock ---- */

static uint64_t monotonic_us(const struct clock *clock)
{
    return ((const struct house *) (const void *) clock)->now_us;
}

static bool wall_time(const struct clock *clock, time_t *utc)
{
    *utc = 1800000000 + (time_t) (monotonic_us(clock) / 1000000);
    return true;
}

void house_wait_ms(struct house *house, uint64_t time_ms)
{
    house->now_us += time_ms * 1000;
}

/* ---- building ---- */

void house_build(struct house *house, const char *directory, const char *vfs)
{
    *house = (struct house) {
        .clock = {.monotonic_us = monotonic_us, .wall_time = wall_time},
        .now_us = 5000000,
        .settings = {.directory = directory, .max_events = 1000, .max_bytes = 16 << 20, .memory_events = 100},
        .options = {.vfs = vfs},
        .queue_capacity = 64,
        .gaps = gaps_create(),
        .page = memory_zeroed(1, sizeof(struct journal_page)),
    };
}

void house_forget_replays(struct house *house)
{
    for (size_t i = 0; i < house->replay_count; i++)
        free(house->replays[i].payload);
    free(house->replays);
    house->replays = NULL;
    house->replay_count = 0;
}

static void free_page(struct journal_page *page)
{
    struct journal_notice *notice = memory_zeroed(1, sizeof *notice);

    notice->kind = JOURNAL_NOTICE_PAGE;
    notice->page = page;
    journal_notice_free(notice);
}

void house_tear_down(struct house *house)
{
    if (house->journal != NULL)
        (void) house_end(house, false);
    house_forget_replays(house);
    free_page(house->page);
    gaps_free(house->gaps);
}

void house_open(struct house *house)
{
    ck_assert_ptr_null(house->journal);
    house->startup++;
    house->stored = 0;
    house->generation = 1;
    gaps_free(house->gaps);
    house->gaps = gaps_create();
    house_forget_replays(house);
    house->notices = queue_create(house->queue_capacity, journal_notice_free);
    house->journal = journal_create(&house->settings, house->startup, &house->clock, house->notices, &house->options);
    /* As main does when its first connection begins. */
    journal_take_back_all(house->journal, house->generation);
}

size_t house_end(struct house *house, bool clean)
{
    const size_t lost = journal_end(house->journal, clean);

    house->journal = NULL;
    house_take_notices(house);
    queue_free(house->notices);
    house->notices = NULL;
    return lost;
}

/* ---- notices ---- */

/* Appends the records of a page to those that are there. */
static void keep_page(struct house *house, struct journal_page *page)
{
    house->page_came = true;
    house->page_is_null = page == NULL;
    if (page == NULL)
        return;
    struct journal_page *all = house->page;
    all->records = memory_resize(all->records, all->count + page->count + 1, sizeof *all->records);
    for (size_t i = 0; i < page->count; i++)
        all->records[all->count++] = page->records[i];
    all->next = page->next;
    page->count = 0;
}

static void keep_replay(struct house *house, struct journal_notice *notice)
{
    house->replays = memory_resize(house->replays, house->replay_count + 1, sizeof *house->replays);
    house->replays[house->replay_count++] =
        (struct replayed) {.id = notice->id, .generation = notice->generation, .payload = notice->payload};
    notice->payload = NULL;
}

static void keep(struct house *house, struct journal_notice *notice)
{
    switch (notice->kind) {
    case JOURNAL_NOTICE_STORED:
        ck_assert_uint_eq(notice->id.startup, house->startup);
        ck_assert_uint_ge(notice->id.sequence, house->stored);
        house->stored = notice->id.sequence;
        break;
    case JOURNAL_NOTICE_REPLAY:
        keep_replay(house, notice);
        break;
    case JOURNAL_NOTICE_GAPS:
        gaps_free(house->gaps);
        house->gaps = notice->gaps;
        notice->gaps = NULL;
        break;
    case JOURNAL_NOTICE_PAGE:
        keep_page(house, notice->page);
        break;
    case JOURNAL_NOTICE_RELEASED:
        house->released += notice->count;
        house->released_came = true;
        break;
    case JOURNAL_NOTICE_STATE:
        break;
    }
    journal_notice_free(notice);
}

void house_take_notices(struct house *house)
{
    struct journal_notice *notice;

    while ((notice = queue_take(house->notices)) != NULL)
        keep(house, notice);
}

int64_t house_turn(struct house *house)
{
    const int64_t wait_ms = journal_turn(house->journal);

    house_take_notices(house);
    return wait_ms;
}

void house_settle(struct house *house)
{
    int64_t wait_ms = 0;

    /* 20 ms is how soon a full queue of notices is tried again. */
    for (unsigned turns = 0; turns < TURNS_MAX && wait_ms >= 0 && wait_ms <= 20; turns++) {
        wait_ms = house_turn(house);
        if (wait_ms > 0 && wait_ms <= 20)
            house_wait_ms(house, (uint64_t) wait_ms);
    }
    ck_assert_msg(wait_ms < 0 || wait_ms > 20, "the journal does not come to rest");
}

void house_settle_after_retry(struct house *house)
{
    house_settle(house);
    house_wait_ms(house, RETRY_LIMIT_MS);
    house_settle(house);
    house_wait_ms(house, RETRY_LIMIT_MS);
    house_settle(house);
}

enum journal_state house_state(struct house *house)
{
    struct journal_report report;

    journal_report(house->journal, &report);
    journal_report_free(&report);
    return report.state;
}

uint64_t house_depth(struct house *house)
{
    struct journal_report report;

    journal_report(house->journal, &report);
    journal_report_free(&report);
    return report.depth;
}

void house_replay_all(struct house *house)
{
    house_take_notices(house);
    house_forget_replays(house);
    journal_take_back_all(house->journal, ++house->generation);
    journal_want(house->journal, house->generation, 100000);
    house_settle(house);
}

bool house_read_all(struct house *house)
{
    uint64_t after = 0;

    free_page(house->page);
    house->page = memory_zeroed(1, sizeof *house->page);
    do {
        house->page_came = false;
        journal_ask_page(house->journal, after, PAGE_RECORDS, false, house);
        for (unsigned turns = 0; turns < TURNS_MAX && !house->page_came; turns++)
            (void) house_turn(house);
        ck_assert_msg(house->page_came, "no page came");
        if (house->page_is_null)
            return false;
        ck_assert(house->page->next == 0 || house->page->next > after);
        after = house->page->next;
    } while (after != 0);
    return true;
}

/* ---- payloads ---- */

char *house_payload(struct event_id id)
{
    uint64_t mixed = (id.sequence * UINT64_C(2654435761)) ^ ((uint64_t) id.startup * 40503);
    size_t size_bytes = 20 + (size_t) (mixed >> 7) % 200;

    if (mixed % 11 == 3)
        size_bytes += 4000 + (size_t) (mixed >> 9) % 9000;
    char *pad = memory_zeroed(size_bytes + 1, 1);
    for (size_t i = 0; i < size_bytes; i++)
        pad[i] = (char) ('A' + (mixed + i * 7) % 26);
    char *payload = text_format("{\"Sequence\":%" PRIu64 ",\"Start\":%" PRIu32 ",\"Pad\":\"%s\"}", id.sequence,
        id.startup, pad);
    free(pad);
    return payload;
}

bool house_is_payload(struct event_id id, const char *payload)
{
    char *expected = house_payload(id);
    const bool is_same = payload != NULL && strcmp(expected, payload) == 0;

    free(expected);
    return is_same;
}

void house_submit(struct house *house, uint64_t sequence, bool lent)
{
    char *payload = house_payload((struct event_id) {house->startup, sequence});

    journal_submit(house->journal, sequence, payload, lent);
    memset(payload, '!', strlen(payload));
    free(payload);
}

uint64_t house_number_from(const char *variable, uint64_t normal)
{
    const char *text = getenv(variable);
    const uint64_t number = text != NULL ? strtoull(text, NULL, 10) : normal;

    return number > 0 ? number : normal;
}

/* ---- gaps ---- */

static bool is_before(struct event_id one, struct event_id other)
{
    return one.startup != other.startup ? one.startup < other.startup : one.sequence < other.sequence;
}

bool house_gap_covers(const struct gap *gap, struct event_id id)
{
    if (is_before(id, gap->first))
        return false;
    if (gap->last.startup == 0)
        return id.startup == gap->first.startup;
    return !is_before(gap->last, id);
}

bool house_gaps_cover(const struct gaps *gaps, struct event_id id)
{
    for (size_t i = 0; i < gaps_count(gaps); i++)
        if (house_gap_covers(gaps_get(gaps, i), id))
            return true;
    return false;
}

const struct gap *house_find_gap(const struct gaps *gaps, enum gap_reason reason)
{
    for (size_t i = 0; i < gaps_count(gaps); i++)
        if (gaps_get(gaps, i)->reason == reason)
            return gaps_get(gaps, i);
    return NULL;
}

char *house_gaps_text(const struct gaps *gaps)
{
    char *text = text_copy("gaps:");

    for (size_t i = 0; i < gaps_count(gaps); i++) {
        const struct gap *gap = gaps_get(gaps, i);
        char *longer = text_format("%s %" PRIu32 ":%" PRIu64 "-%" PRIu32 ":%" PRIu64 " (%" PRIu64 ", %s)", text,
            gap->first.startup, gap->first.sequence, gap->last.startup, gap->last.sequence, gap->count,
            gap_reason_text(gap->reason));
        free(text);
        text = longer;
    }
    return text;
}
