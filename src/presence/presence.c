/* SPDX-License-Identifier: MIT */
#include "presence/presence.h"

#include "base/memory.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* How many tags that have left are remembered, so that their repeat interval holds when they come back. */
enum { MEMORY_CAPACITY = 4096 };

/* Assumption: "as fast as possible" (repeat interval 0) reads a tag that stays at the register's own pace, 0.1 s. */
enum { REPEAT_MINIMUM_MS = 100 };

struct reader {
    char *label;
    bool has_read;
    uint64_t last_read_ms;  /* of any tag on this reader, if has_read */
    uint64_t unread_count;
    unsigned present_count;
};

/* One tag on one reader, from its arrival until its absence has outlasted the debounce. */
struct visit {
    struct reader *reader;
    struct token *token;
    bool present;           /* the reader sees it now */
    uint64_t left_ms;       /* since when not, if !present */
    bool reported;          /* this visit has had its event */
    bool inserted;          /* that event was an INSERT: a REMOVE is owed */
    bool has_read;          /* this tag was read on this reader, in this visit or before */
    uint64_t last_read_ms;  /* when, if has_read */
    uint64_t arrived_ms;
};

/* A tag that was read and has left. */
struct memory {
    struct reader *reader;
    char *tag_id;
    uint64_t last_read_ms;
};

struct presence {
    struct presence_settings settings;
    presence_emit *emit;
    void *context;
    bool active;            /* tags are read */
    struct reader **readers;
    size_t readers_count;
    struct visit **visits;  /* in the order of arrival */
    size_t visits_count;
    size_t visits_capacity;
    struct memory *memories;
    size_t memories_count;
    size_t memories_capacity;
};

/* What comes next, and when. */
struct step {
    struct visit *visit;    /* NULL = nothing ever */
    bool leaves;            /* its absence outlasts the debounce; else it is read */
    uint64_t at_ms;
    uint64_t ready_ms;      /* reads: since when the tag itself could be read, were the reader free */
};

struct presence *presence_create(const struct presence_settings *settings, presence_emit *emit, void *context)
{
    struct presence *presence = memory_zeroed(1, sizeof *presence);

    presence->settings = *settings;
    presence->emit = emit;
    presence->context = context;
    presence->active = true;
    return presence;
}

static void free_visit(struct visit *visit)
{
    token_free(visit->token);
    free(visit);
}

void presence_free(struct presence *presence)
{
    if (presence == NULL)
        return;
    for (size_t i = 0; i < presence->visits_count; i++)
        free_visit(presence->visits[i]);
    for (size_t i = 0; i < presence->memories_count; i++)
        free(presence->memories[i].tag_id);
    for (size_t i = 0; i < presence->readers_count; i++) {
        free(presence->readers[i]->label);
        free(presence->readers[i]);
    }
    free(presence->visits);
    free(presence->memories);
    free(presence->readers);
    free(presence);
}

void presence_configure(struct presence *presence, const struct presence_settings *settings)
{
    presence->settings = *settings;
}

void presence_set_active(struct presence *presence, bool active)
{
    presence->active = active;
}

static struct reader *find_reader(const struct presence *presence, const char *label)
{
    for (size_t i = 0; i < presence->readers_count; i++) {
        if (strcmp(presence->readers[i]->label, label) == 0)
            return presence->readers[i];
    }
    return NULL;
}

static struct reader *find_or_add_reader(struct presence *presence, const char *label)
{
    struct reader *reader = find_reader(presence, label);

    if (reader != NULL)
        return reader;
    reader = memory_zeroed(1, sizeof *reader);
    reader->label = text_copy(label);
    presence->readers = memory_resize(presence->readers, presence->readers_count + 1, sizeof(struct reader *));
    presence->readers[presence->readers_count++] = reader;
    return reader;
}

static struct visit *find_visit(const struct presence *presence, const struct reader *reader, const char *tag_id)
{
    for (size_t i = 0; i < presence->visits_count; i++) {
        struct visit *visit = presence->visits[i];
        if (visit->reader == reader && strcmp(visit->token->tag_id, tag_id) == 0)
            return visit;
    }
    return NULL;
}

/* ---- tags that have left ---- */

static void forget_at(struct presence *presence, size_t index)
{
    free(presence->memories[index].tag_id);
    presence->memories[index] = presence->memories[--presence->memories_count];
}

/* Forgets what says nothing any more, and the oldest when there is no room for another one. */
static void make_room(struct presence *presence, uint64_t now_ms)
{
    size_t oldest = 0;

    for (size_t i = presence->memories_count; i-- > 0;) {
        if (now_ms >= presence->memories[i].last_read_ms + presence->settings.repeat_interval_ms)
            forget_at(presence, i);
    }
    if (presence->memories_count < MEMORY_CAPACITY)
        return;
    for (size_t i = 1; i < presence->memories_count; i++) {
        if (presence->memories[i].last_read_ms < presence->memories[oldest].last_read_ms)
            oldest = i;
    }
    forget_at(presence, oldest);
}

static void remember(struct presence *presence, const struct visit *visit, uint64_t now_ms)
{
    if (!visit->has_read || now_ms >= visit->last_read_ms + presence->settings.repeat_interval_ms)
        return;
    make_room(presence, now_ms);
    if (presence->memories_count == presence->memories_capacity) {
        presence->memories_capacity = presence->memories_capacity == 0 ? 16 : presence->memories_capacity * 2;
        presence->memories = memory_resize(presence->memories, presence->memories_capacity, sizeof(struct memory));
    }
    presence->memories[presence->memories_count++] = (struct memory) {
        .reader = visit->reader,
        .tag_id = text_copy(visit->token->tag_id),
        .last_read_ms = visit->last_read_ms,
    };
}

/* Moves what is remembered of the visit's tag into the visit. */
static void recall(struct presence *presence, struct visit *visit)
{
    for (size_t i = 0; i < presence->memories_count; i++) {
        const struct memory *memory = &presence->memories[i];
        if (memory->reader != visit->reader || strcmp(memory->tag_id, visit->token->tag_id) != 0)
            continue;
        visit->has_read = true;
        visit->last_read_ms = memory->last_read_ms;
        forget_at(presence, i);
        return;
    }
}

/* ---- what comes next ---- */

/* Since when the tag itself can be read. False = not now, or not in this visit any more. */
static bool visit_ready(const struct presence *presence, const struct visit *visit, uint64_t *ready_ms)
{
    const struct presence_settings *settings = &presence->settings;
    uint64_t interval_ms = settings->repeat_interval_ms;

    *ready_ms = visit->arrived_ms;
    if (!presence->active)
        return false;
    if (visit->reported) {
        if (settings->insert_remove || settings->must_leave)
            return false;
        if (interval_ms < REPEAT_MINIMUM_MS)
            interval_ms = REPEAT_MINIMUM_MS;
    }
    if (visit->has_read && !settings->must_leave && visit->last_read_ms + interval_ms > *ready_ms)
        *ready_ms = visit->last_read_ms + interval_ms;
    return true;
}

static bool visit_next(const struct presence *presence, struct visit *visit, struct step *step)
{
    const struct reader *reader = visit->reader;

    step->visit = visit;
    step->leaves = !visit->present;
    if (!visit->present) {
        step->at_ms = visit->left_ms + presence->settings.debounce_ms;
        step->ready_ms = step->at_ms;
        return true;
    }
    if (!visit_ready(presence, visit, &step->ready_ms))
        return false;
    step->at_ms = step->ready_ms;
    if (reader->has_read && reader->last_read_ms + presence->settings.read_interval_ms > step->at_ms)
        step->at_ms = reader->last_read_ms + presence->settings.read_interval_ms;
    return true;
}

/* Leaving comes before reading; of several tags that wait for one reader, the one that has waited longest. */
static bool is_before(const struct step *a, const struct step *b)
{
    if (b->visit == NULL || a->at_ms != b->at_ms)
        return b->visit == NULL || a->at_ms < b->at_ms;
    if (a->leaves != b->leaves)
        return a->leaves;
    return a->ready_ms < b->ready_ms;
}

static struct step find_next(const struct presence *presence)
{
    struct step next = { .visit = NULL };

    for (size_t i = 0; i < presence->visits_count; i++) {
        struct step step;
        if (visit_next(presence, presence->visits[i], &step) && is_before(&step, &next))
            next = step;
    }
    return next;
}

/* ---- doing it ---- */

static void emit(struct presence *presence, enum presence_move move, const struct visit *visit)
{
    struct presence_event event = { .move = move, .reader = visit->reader->label, .token = visit->token };

    presence->emit(presence->context, &event);
}

static void read_tag(struct presence *presence, struct visit *visit, uint64_t now_ms)
{
    visit->reported = true;
    visit->inserted = visit->inserted || presence->settings.insert_remove;
    visit->has_read = true;
    visit->last_read_ms = now_ms;
    visit->reader->has_read = true;
    visit->reader->last_read_ms = now_ms;
    emit(presence, presence->settings.insert_remove ? PRESENCE_INSERT : PRESENCE_READ, visit);
}

/* Whether it was only the other tags that kept this one from its INSERT. */
static bool is_short_apparition(const struct presence *presence, const struct visit *visit)
{
    uint64_t ready_ms;

    return presence->settings.insert_remove && !visit->reported && visit_ready(presence, visit, &ready_ms) &&
           ready_ms <= visit->left_ms;
}

static void tell_short_apparition(struct presence *presence, struct visit *visit, uint64_t now_ms)
{
    visit->reported = true;
    visit->has_read = true;
    visit->last_read_ms = now_ms;
    emit(presence, PRESENCE_INSERT_REMOVE, visit);
}

static void end_visit(struct presence *presence, struct visit *visit, uint64_t now_ms)
{
    size_t index = 0;

    while (presence->visits[index] != visit)
        index++;
    presence->visits_count--;
    memmove(presence->visits + index, presence->visits + index + 1,
            (presence->visits_count - index) * sizeof(struct visit *));
    visit->reader->present_count--;
    if (is_short_apparition(presence, visit))
        tell_short_apparition(presence, visit, now_ms);
    if (!visit->reported && presence->active)
        visit->reader->unread_count++;
    remember(presence, visit, now_ms);
    if (visit->inserted)
        emit(presence, PRESENCE_REMOVE, visit);
    free_visit(visit);
}

/* Steps that are late all happen now: what was missed is not made up for. */
void presence_advance(struct presence *presence, uint64_t now_ms)
{
    for (struct step next = find_next(presence); next.visit != NULL && next.at_ms <= now_ms;
         next = find_next(presence)) {
        if (next.leaves)
            end_visit(presence, next.visit, now_ms);
        else
            read_tag(presence, next.visit, now_ms);
    }
}

uint64_t presence_next_deadline_ms(const struct presence *presence)
{
    struct step next = find_next(presence);

    if (next.visit == NULL)
        return PRESENCE_NEVER;
    return next.at_ms > PRESENCE_NEVER ? next.at_ms : PRESENCE_NEVER + 1;
}

static void begin_visit(struct presence *presence, struct reader *reader, const struct token *token, uint64_t now_ms)
{
    struct visit *visit = memory_zeroed(1, sizeof *visit);

    if (presence->visits_count == presence->visits_capacity) {
        presence->visits_capacity = presence->visits_capacity == 0 ? 8 : presence->visits_capacity * 2;
        presence->visits = memory_resize(presence->visits, presence->visits_capacity, sizeof(struct visit *));
    }
    visit->reader = reader;
    visit->token = token_copy(token);
    visit->present = true;
    visit->arrived_ms = now_ms;
    recall(presence, visit);
    presence->visits[presence->visits_count++] = visit;
    reader->present_count++;
}

void presence_arrived(struct presence *presence, const char *reader_label, const struct token *token, uint64_t now_ms)
{
    assert(token->tag_id != NULL);
    presence_advance(presence, now_ms); /* whoever has left by now has left */

    struct reader *reader = find_or_add_reader(presence, reader_label);
    struct visit *visit = find_visit(presence, reader, token->tag_id);
    if (visit == NULL) {
        begin_visit(presence, reader, token, now_ms);
    } else {
        visit->present = true;
        if (!visit->inserted) { /* the REMOVE that is owed speaks of what was inserted */
            token_free(visit->token);
            visit->token = token_copy(token);
        }
    }
    presence_advance(presence, now_ms);
}

static void leave(struct visit *visit, uint64_t now_ms)
{
    if (!visit->present)
        return;
    visit->present = false;
    visit->left_ms = now_ms;
}

void presence_left(struct presence *presence, const char *reader_label, const char *tag_id, uint64_t now_ms)
{
    presence_advance(presence, now_ms);

    const struct reader *reader = find_reader(presence, reader_label);
    struct visit *visit = reader == NULL ? NULL : find_visit(presence, reader, tag_id);
    if (visit == NULL)
        return;
    leave(visit, now_ms);
    presence_advance(presence, now_ms);
}

void presence_reader_lost(struct presence *presence, const char *reader_label, uint64_t now_ms)
{
    presence_advance(presence, now_ms);

    const struct reader *reader = find_reader(presence, reader_label);
    for (size_t i = 0; i < presence->visits_count; i++) {
        if (presence->visits[i]->reader == reader)
            leave(presence->visits[i], now_ms);
    }
    presence_advance(presence, now_ms);
}

uint64_t presence_unread_count(const struct presence *presence, const char *reader_label)
{
    const struct reader *reader = find_reader(presence, reader_label);

    return reader == NULL ? 0 : reader->unread_count;
}

unsigned presence_present_count(const struct presence *presence, const char *reader_label)
{
    const struct reader *reader = find_reader(presence, reader_label);

    return reader == NULL ? 0 : reader->present_count;
}
