/* SPDX-License-Identifier: MIT */
/*
 * A plain model of the journal in memory: what became of each event, by the contract of journal.h. It follows what a
 * test does to a journal, and after each turn compares with what the journal says.
 */
#ifndef SPRINGPARK_TESTS_JOURNAL_MODEL_H
#define SPRINGPARK_TESTS_JOURNAL_MODEL_H

#include "../parts/powercut_vfs.h"
#include "journal_house.h"

enum fate {
    PENDING,
    ASIDE,
    DELIVERED,
    DROPPED,      /* in a gap that is not yet confirmed */
    LOST,         /* by an unclean end, before it was stored */
    TOLD,         /* in a gap that was confirmed */
};

struct item {
    struct event_id id;
    enum fate fate;
    bool lent;
    bool was_lent;            /* when the turn began */
    bool is_fresh;            /* set aside since the last turn: as good as lent in this one */
    bool was_fresh;
    bool stored;
    bool is_noted;            /* it was lost when the gaps were noted that are to be confirmed */
    uint64_t submitted_us;
};

enum { MODEL_STARTS = 1000 };

struct model {
    struct powercut *disk;
    struct house house;
    struct item *items;       /* in the order of arrival */
    size_t count;
    uint64_t sequence;        /* the last of this start */
    uint64_t wanted;          /* asked for and not yet replayed */
    enum powercut_trouble trouble;
    bool was_degraded;        /* at some time since the last comparison */
    bool has_worked;          /* at any time: there is a file */
    bool has_many_turns;      /* since the last comparison */
    bool has_stored;          /* something, since the last comparison */
    size_t taken_back;        /* were lent and are not any more, since the last comparison */
    bool gaps_are_blurred;    /* after a crash it cannot be known any more which losses a joined gap counts */
    struct gaps *noted;       /* to be confirmed, or NULL */
    bool clean_ends[MODEL_STARTS];   /* of the starts with that number */
    uint64_t seed;
    uint64_t random;
    unsigned step;
    bool talks;
};

void model_begin(struct model *model, uint64_t seed);
void model_end(struct model *model);

/* A number from 0 to below `below`. */
uint64_t model_roll(struct model *model, uint64_t below);
/* Fails the test, with the seed. */
#define model_expect(model, condition, ...) \
    do { \
        if (!(condition)) \
            model_fail(model, __VA_ARGS__); \
    } while (0)
void model_fail(const struct model *model, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
void model_say(const struct model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t model_count(const struct model *model, enum fate fate);
struct item *model_find(const struct model *model, struct event_id id);
/* Any item with that fate, lent or not; NULL if there is none. */
struct item *model_pick(struct model *model, enum fate fate, bool lent);
struct item *model_add(struct model *model, bool lent);

/* Notes the gaps as they are told now, as a STATUS would; the other confirms them, as its PUBACK would. */
void model_note_gaps(struct model *model);
void model_confirm_gaps(struct model *model);

/* One turn, and what it said, without a comparison. */
void model_turn(struct model *model);
/* Turns until the journal rests, then compares all that can be known. */
void model_compare(struct model *model);
/* After a crash the journal says what it still has, and the model takes it over as far as the promise allows. */
void model_take_over(struct model *model);

#endif
