/* SPDX-License-Identifier: MIT */
/*
 * The state is what is known to lie there; nothing else has to agree with it:
 *
 *   EMPTY  nothing. The chip's own polling, or one select for each technology and a short pause. The field is reset now
 *          and then: a tag that lost contact in the middle of its selection is silent until it loses its power.
 *   HOLD   one tag. It stays selected, and each turn asks for its presence. A "no" is not believed (a tag that was
 *          talked to may have fallen silent, and libnfc has no presence check for some): the tag is selected again,
 *          then once more after a reset of the field. A swap between two turns is seen there, too: first the old one
 *          has left, then the new one is found.
 *          Now and then it is sent to sleep and others are looked for; only a reset of the field wakes it again. If
 *          others answer in its place, an inventory is next.
 *   CROWD  several. Only one of them can be selected, so each turn takes an inventory: the field is reset, and each tag
 *          that answers is sent to sleep so that the next one can answer. A tag that two inventories miss has left.
 *
 * Which technologies can be sent to sleep need not be known. NFC-A and NFC-B can; FeliCa, Jewel, Innovatron, ST SR and
 * ASK CT cannot, and a select may find the same one again. A repeated tag therefore ends the search, but goes on for a
 * bounded while as long as a known one of that technology is missing: which of two such tags answers is chance.
 *
 * Identifiers that change. After each reset of the field a tag with a random id has a new one. NFC-A says so in its
 * first byte; a PUPI of NFC-B (ISO/IEC 14443-3, 7.9.2) may be random or not, and does not say. So an NFC-B tag is taken
 * for one that may change until it comes out of a reset with the id it had. A tag that may change, of the same kind as
 * a known one that is otherwise missing after a reset, is that one: the visit goes on, under its first id.
 *
 * What ends the turn (`lost`) is kept: from then on nothing is asked, nothing is found and nothing is told as gone.
 */
#include "reader/nfc_field.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLLS = 4,                 /* of 150 ms, perhaps for each kind of tag: how long one NFC_POLL takes at most */
    POLL_EXPECTED_MS = 400,    /* polling that comes back empty sooner than that is paced like the select loop */
    EMPTY_PAUSE_MS = 40,
    EMPTY_RESET_MS = 2000,
    HOLD_PAUSE_MS = 80,        /* a tag that lies there for 150 ms is found, also in place of another (some 45 ms more) */
    SELECT_PAUSE_MS = 200,     /* for tags whose presence takes selects, and perhaps a reset of the field, to find out */
    DOUBT_PAUSE_MS = 50,       /* one of several was missed: where tags come and go one after another, the next is due */
    LOOK_FIRST_MS = 150,       /* after the tag arrived: two that are put down together */
    LOOK_MS = 1000,
    MISSES_MAX = 2,
    SELECTS_MAX = 2 * NFC_TAGS_MAX, /* for one technology in one inventory, whatever the device answers */
};

struct known_tag {
    struct nfc_tag tag;        /* as it was told: its identity */
    struct nfc_tag now;        /* as it was found last; another id if it changes */
    bool may_change;           /* its id, by a reset of the field */
    bool seen;                 /* since the last reset of the field */
    unsigned misses;           /* inventories in a row that did not see it */
};

struct nfc_field {
    struct nfc_field_owner owner;
    unsigned technologies;
    bool polls;
    enum nfc_result lost;      /* what ended the turn; 0 = nothing */
    struct known_tag known[NFC_TAGS_MAX];
    size_t count;
    bool held;                 /* the one known tag is the one that was selected last */
    bool strangers;            /* while the known tag was searched for, others answered, and sleep now */
    uint64_t empty_turn_ms;    /* when the last turn of EMPTY began */
    uint64_t reset_due_ms;     /* EMPTY */
    uint64_t look_due_ms;      /* HOLD */
    struct nfc_request request;
    struct nfc_answer answer;
};

struct nfc_field *nfc_field_create(unsigned technologies, unsigned poll_technologies,
                                   const struct nfc_field_owner *owner)
{
    struct nfc_field *field = memory_zeroed(1, sizeof *field);

    field->owner = *owner;
    field->technologies = technologies;
    field->polls = (technologies & ~poll_technologies) == 0;
    return field;
}

void nfc_field_free(struct nfc_field *field)
{
    free(field);
}

bool nfc_field_polls(const struct nfc_field *field)
{
    return field->polls;
}

size_t nfc_field_count(const struct nfc_field *field)
{
    return field->count;
}

/* ---- asking the device ---- */

static void lose(struct nfc_field *field, enum nfc_result result, const char *text)
{
    field->lost = result;
    memset(field->answer.text, 0, sizeof field->answer.text);
    memcpy(field->answer.text, text, strnlen(text, NFC_TEXT_MAX_BYTES));
}

static bool is_loss(enum nfc_result result)
{
    return result == NFC_TROUBLE || result == NFC_HUNG || result == NFC_DIED || result == NFC_STOPPED;
}

static enum nfc_result ask(struct nfc_field *field, enum nfc_verb verb, unsigned technologies)
{
    if (field->lost != 0)
        return NFC_NOTHING;
    field->request = (struct nfc_request) { .verb = verb, .technologies = technologies,
                                            .polls = verb == NFC_POLL ? POLLS : 0 };
    field->answer.text[0] = '\0';
    enum nfc_result result = field->owner.ask(field->owner.context, &field->request, &field->answer);
    if (is_loss(result))
        field->lost = result;
    return result;
}

static void reset_field(struct nfc_field *field)
{
    ask(field, NFC_RESET_FIELD, 0);
    field->held = false;
    for (size_t i = 0; i < field->count; i++)
        field->known[i].seen = false;
}

static void forget_technologies(struct nfc_field *field, unsigned technologies)
{
    field->technologies &= ~technologies;
    if (field->technologies == 0)
        lose(field, NFC_TROUBLE, "the device can look for none of the technologies that are asked for");
}

/* Whether a tag answered: it is in answer.tag, and selected. */
static bool select_tag(struct nfc_field *field, unsigned technology)
{
    enum nfc_result result = ask(field, NFC_SELECT, technology);

    field->held = false;
    if (result == NFC_UNSUPPORTED)
        forget_technologies(field, technology);
    return result == NFC_FINE && (unsigned) field->answer.tag.technology == technology;
}

static bool poll_tag(struct nfc_field *field)
{
    enum nfc_result result = ask(field, NFC_POLL, field->technologies);

    if (result == NFC_UNSUPPORTED)
        field->polls = false;
    return result == NFC_FINE && ((unsigned) field->answer.tag.technology & field->technologies) != 0;
}

/* ---- what is known ---- */

static bool may_change(const struct nfc_tag *tag)
{
    return nfc_tag_has_random_id(tag) || tag->technology == CARD_NFC_B;
}

/* Of tags that may change: whether all but the id is equal. */
static bool is_same_kind(const struct nfc_tag *one, const struct nfc_tag *other)
{
    if (one->technology != CARD_NFC_B || other->technology != CARD_NFC_B)
        return nfc_tag_same_kind(one, other);
    return one->protocol_bytes_count == other->protocol_bytes_count &&
           memcmp(one->protocol_bytes, other->protocol_bytes, one->protocol_bytes_count) == 0;
}

/* The known tag that this one is; count if it is a new one. */
static size_t find_known(const struct nfc_field *field, const struct nfc_tag *tag)
{
    for (size_t i = 0; i < field->count; i++)
        if (nfc_tag_same_id(tag, &field->known[i].now) || nfc_tag_same_id(tag, &field->known[i].tag))
            return i;
    for (size_t i = 0; i < field->count; i++)
        if (field->known[i].may_change && !field->known[i].seen && is_same_kind(tag, &field->known[i].now))
            return i;
    return field->count;
}

/* It was found after a reset of the field. */
static void meet_again(struct known_tag *known, const struct nfc_tag *tag)
{
    if (nfc_tag_same_id(tag, &known->tag))
        known->may_change = false;
    known->now = *tag;
    known->seen = true;
    known->misses = 0;
}

static void tell_arrived(struct nfc_field *field)
{
    assert(field->count < NFC_TAGS_MAX);
    struct known_tag *known = &field->known[field->count++];

    *known = (struct known_tag) { .tag = field->answer.tag, .now = field->answer.tag, .seen = true,
                                  .may_change = may_change(&field->answer.tag) };
    if (!field->owner.arrived(field->owner.context, &known->tag))
        lose(field, NFC_STOPPED, "");
}

static void tell_left(struct nfc_field *field, size_t index)
{
    struct nfc_tag tag = field->known[index].tag;

    field->count--;
    field->reset_due_ms = 0; /* if none is left: others, that are not known, may have been sent to sleep */
    field->strangers = false;
    memmove(&field->known[index], &field->known[index + 1], (field->count - index) * sizeof field->known[0]);
    field->owner.left(field->owner.context, &tag);
}

void nfc_field_clear(struct nfc_field *field)
{
    while (field->count > 0)
        tell_left(field, 0);
}

/* ---- inventory ---- */

static bool is_any_missing(const struct nfc_field *field, unsigned technology)
{
    for (size_t i = 0; i < field->count; i++)
        if (!field->known[i].seen && (unsigned) field->known[i].tag.technology == technology)
            return true;
    return false;
}

static void find_all_of(struct nfc_field *field, unsigned technology)
{
    for (unsigned i = 0; i < SELECTS_MAX && select_tag(field, technology); i++) {
        size_t index = find_known(field, &field->answer.tag);
        struct known_tag *known = index < field->count ? &field->known[index] : NULL;

        if (known == NULL && field->count < NFC_TAGS_MAX)
            tell_arrived(field);
        else if (known != NULL && (!known->seen || !nfc_tag_same_id(&field->answer.tag, &known->now)))
            meet_again(known, &field->answer.tag);
        else if (known != NULL && !is_any_missing(field, technology))
            return;
        ask(field, NFC_DESELECT, 0);
    }
}

/* Tells new ones, marks those that are seen, and leaves all of them asleep. */
static void find_all(struct nfc_field *field)
{
    unsigned technologies = field->technologies;

    for (unsigned bit = 1; bit != 0 && bit <= technologies; bit <<= 1)
        if ((technologies & bit) != 0)
            find_all_of(field, bit);
}

/* ---- turns; each returns the pause after it ---- */

static uint32_t turn_empty(struct nfc_field *field, uint64_t now_ms)
{
    bool was_quick = now_ms - field->empty_turn_ms < POLL_EXPECTED_MS;
    bool found = false;

    field->empty_turn_ms = now_ms;
    if (now_ms >= field->reset_due_ms) {
        reset_field(field);
        field->reset_due_ms = now_ms + EMPTY_RESET_MS;
    }
    unsigned technologies = field->technologies;
    if (field->polls)
        found = poll_tag(field);
    for (unsigned bit = 1; !field->polls && !found && bit != 0 && bit <= technologies; bit <<= 1)
        found = (technologies & bit) != 0 && select_tag(field, bit);
    if (!found)
        return field->polls && !was_quick ? 0 : EMPTY_PAUSE_MS;
    tell_arrived(field);
    field->held = true;
    field->look_due_ms = now_ms + LOOK_FIRST_MS;
    return HOLD_PAUSE_MS;
}

/* Whether the one known tag, whose presence is in doubt or that was sent to sleep, can be selected again. */
static bool find_again(struct nfc_field *field)
{
    struct known_tag *known = &field->known[0];
    unsigned technology = (unsigned) known->tag.technology;

    known->seen = false;
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        if (attempt > 0)
            reset_field(field);
        for (unsigned i = 0; i < (attempt > 0 ? NFC_TAGS_MAX : 1) && select_tag(field, technology); i++) {
            if (find_known(field, &field->answer.tag) == 0) {
                if (attempt > 0)
                    meet_again(known, &field->answer.tag);
                known->now = field->answer.tag;
                field->held = true;
                return true;
            }
            field->strangers = true;
            ask(field, NFC_DESELECT, 0);
        }
    }
    return false;
}

/* Others may lie there as well. The one known tag sleeps meanwhile. */
static void look_for_others(struct nfc_field *field)
{
    ask(field, NFC_DESELECT, 0);
    field->held = false;
    field->known[0].seen = true;
    find_all(field);
    if (field->count == 1)
        find_again(field); /* if not, the next turn finds out */
}

/* A look resets the field, which a phone would show to its user as one more reader, each time. */
static bool may_look(const struct known_tag *known)
{
    return !nfc_tag_has_random_id(&known->tag) && nfc_tag_same_id(&known->tag, &known->now);
}

static uint32_t turn_hold(struct nfc_field *field, uint64_t now_ms)
{
    const struct known_tag *known = &field->known[0];
    const bool was_held = field->held; /* not after an inventory, which says nothing against its presence check */
    bool is_present = was_held && ask(field, NFC_PRESENT, 0) == NFC_FINE;

    if (!is_present && !find_again(field)) {
        if (field->lost == 0)
            tell_left(field, 0);
        return 0;
    }
    if (now_ms >= field->look_due_ms && !field->strangers && may_look(known)) {
        look_for_others(field);
        field->look_due_ms = now_ms + LOOK_MS;
    }
    return is_present || !was_held ? HOLD_PAUSE_MS : SELECT_PAUSE_MS;
}

static uint32_t crowd_pause_ms(const struct nfc_field *field)
{
    if (field->count == 0)
        return 0;
    for (size_t i = 0; i < field->count; i++)
        if (field->known[i].misses > 0)
            return DOUBT_PAUSE_MS;
    return field->count == 1 ? HOLD_PAUSE_MS : SELECT_PAUSE_MS;
}

static uint32_t turn_crowd(struct nfc_field *field, uint64_t now_ms)
{
    field->strangers = false;
    reset_field(field);
    find_all(field);
    for (size_t i = 0; field->lost == 0 && i < field->count;) {
        struct known_tag *known = &field->known[i];
        if (!known->seen && ++known->misses >= MISSES_MAX)
            tell_left(field, i);
        else
            i++;
    }
    field->look_due_ms = now_ms + LOOK_MS;
    return crowd_pause_ms(field);
}

enum nfc_result nfc_field_turn(struct nfc_field *field, uint64_t now_ms, uint32_t *pause_ms, const char **trouble)
{
    assert(field->lost == 0);
    *trouble = field->answer.text;
    forget_technologies(field, 0);
    if (field->count == 0)
        *pause_ms = turn_empty(field, now_ms);
    else if (field->count == 1 && !field->strangers)
        *pause_ms = turn_hold(field, now_ms);
    else
        *pause_ms = turn_crowd(field, now_ms);
    return field->lost != 0 ? field->lost : NFC_FINE;
}
