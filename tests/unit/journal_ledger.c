/* SPDX-License-Identifier: MIT */
#include "journal_ledger.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void ledger_clear(struct ledger *ledger)
{
    free(ledger->entries);
    *ledger = (struct ledger) {0};
}

void ledger_add(struct ledger *ledger, struct event_id id)
{
    ledger->entries = memory_resize(ledger->entries, ledger->count + 1, sizeof *ledger->entries);
    ledger->entries[ledger->count++] = (struct ledger_entry) {.id = id};
}

struct ledger_entry *ledger_find(const struct ledger *ledger, struct event_id id)
{
    for (size_t i = ledger->count; i > 0; i--)
        if (event_id_equal(ledger->entries[i - 1].id, id))
            return &ledger->entries[i - 1];
    return NULL;
}

struct event_id ledger_submit(struct ledger *ledger, struct house *house, bool lent)
{
    const struct ledger_entry *last = ledger->count > 0 ? &ledger->entries[ledger->count - 1] : NULL;
    const bool is_first = last == NULL || last->id.startup != house->startup;
    const struct event_id id = {house->startup, is_first ? 1 : last->id.sequence + 1};

    ledger_add(ledger, id);
    house_submit(house, id.sequence, lent);
    return id;
}

void ledger_confirm(struct ledger *ledger, struct house *house, struct event_id id)
{
    struct ledger_entry *entry = ledger_find(ledger, id);

    if (entry != NULL)
        entry->confirmed = true;
    journal_confirm(house->journal, id);
}

void ledger_confirm_gaps(struct ledger *ledger, struct house *house)
{
    for (size_t i = 0; i < gaps_count(house->gaps); i++) {
        const struct gap *gap = gaps_get(house->gaps, i);
        for (size_t n = 0; n < ledger->count; n++)
            if (house_gap_covers(gap, ledger->entries[n].id) && !ledger->entries[n].confirmed)
                ledger->entries[n].told = true;
        journal_confirm_gaps(house->journal, gap, 1);
    }
}

void ledger_note_stored(struct ledger *ledger, const struct house *house)
{
    for (size_t i = 0; i < ledger->count; i++) {
        struct ledger_entry *entry = &ledger->entries[i];
        if (entry->id.startup == house->startup && entry->id.sequence <= house->stored)
            entry->stored = true;
    }
}

/* ---- comparing ---- */

static char *complain_of(struct event_id id, const char *what)
{
    return text_format("%" PRIu32 ":%" PRIu64 " %s", id.startup, id.sequence, what);
}

static bool is_rising(struct event_id before, struct event_id id)
{
    return before.startup != id.startup ? before.startup < id.startup : before.sequence < id.sequence;
}

static char *complain_of_records(const struct ledger *ledger, const struct journal_page *page)
{
    struct event_id before = {0, 0};

    for (size_t i = 0; i < page->count; i++) {
        const struct journal_record *record = &page->records[i];
        if (ledger_find(ledger, record->id) == NULL)
            return complain_of(record->id, "is in the journal and was never submitted");
        if (!house_is_payload(record->id, record->payload))
            return complain_of(record->id, "has another payload in the journal");
        if (!is_rising(before, record->id))
            return complain_of(record->id, "is not in its order in the journal");
        before = record->id;
    }
    return NULL;
}

/* What is replayed is exactly what the journal shows as pending, in its order. */
static char *complain_of_replays(const struct house *house)
{
    size_t next = 0;

    for (size_t i = 0; i < house->page->count; i++) {
        const struct journal_record *record = &house->page->records[i];
        if (record->set_aside)
            continue;
        if (next >= house->replay_count || !event_id_equal(house->replays[next].id, record->id))
            return complain_of(record->id, "is pending and not replayed in its turn");
        if (!house_is_payload(record->id, house->replays[next].payload))
            return complain_of(record->id, "is replayed with another payload");
        next++;
    }
    return next < house->replay_count ? complain_of(house->replays[next].id, "is replayed and not pending") : NULL;
}

static bool is_present(const struct house *house, struct event_id id)
{
    for (size_t i = 0; i < house->page->count; i++)
        if (event_id_equal(house->page->records[i].id, id))
            return true;
    return false;
}

/* An unclean end is no excuse for what was said to be stored, unless somebody was at the files. */
static bool is_excused(const struct house *house, const struct ledger_entry *entry, bool allow_damage)
{
    for (size_t i = 0; i < gaps_count(house->gaps); i++) {
        const struct gap *gap = gaps_get(house->gaps, i);
        if (!house_gap_covers(gap, entry->id))
            continue;
        if (!entry->stored || allow_damage || (gap->reason != GAP_UNCLEAN && gap->reason != GAP_DAMAGED))
            return true;
    }
    return false;
}

static char *complain_of_losses(const struct ledger *ledger, const struct house *house, bool allow_damage)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        if (entry->confirmed || entry->told || is_present(house, entry->id) || is_excused(house, entry, allow_damage))
            continue;
        return complain_of(entry->id, entry->stored ? "was stored and is lost" : "is lost and in no gap");
    }
    return NULL;
}

/* A gap that counts each of its places must not name what is there. */
static char *complain_of_gaps(const struct house *house)
{
    for (size_t i = 0; i < gaps_count(house->gaps); i++) {
        const struct gap *gap = gaps_get(house->gaps, i);
        if (gap->count == 0 || gap->first.startup != gap->last.startup)
            continue;
        const uint64_t width = gap->last.sequence - gap->first.sequence + 1;
        uint64_t present = 0;
        for (size_t n = 0; n < house->page->count; n++)
            present += house_gap_covers(gap, house->page->records[n].id);
        if (gap->count + present > width)
            return text_format("a gap counts %" PRIu64 " events of %" PRIu64 " places, %" PRIu64 " of which are there",
                gap->count, width, present);
    }
    return NULL;
}

char *ledger_complaint(const struct ledger *ledger, struct house *house, bool allow_damage)
{
    /* The replay first: a damaged record is only known once it was read. */
    house_replay_all(house);
    house_settle(house);
    if (!house_read_all(house))
        return text_copy("the journal cannot be read");
    char *complaint = complain_of_records(ledger, house->page);
    if (complaint == NULL)
        complaint = complain_of_replays(house);
    if (complaint == NULL)
        complaint = complain_of_losses(ledger, house, allow_damage);
    if (complaint == NULL && !allow_damage)
        complaint = complain_of_gaps(house);
    if (complaint == NULL)
        return NULL;
    char *gaps = house_gaps_text(house->gaps);
    char *whole = text_format("%s; %zu records, %zu replayed; %s", complaint, house->page->count, house->replay_count,
        gaps);
    free(complaint);
    free(gaps);
    return whole;
}
