/* SPDX-License-Identifier: MIT */
#include "nfc_air.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { REQUESTS_OF_TURN_LIMIT = 2 * 2 * 2 * NFC_TAGS_MAX * 6 };

static const unsigned sleepers = CARD_NFC_A | CARD_NFC_B;

unsigned air_random(struct air *air, unsigned below)
{
    air->random = air->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned) (air->random >> 33) % below;
}

/* ck_assert writes to a file each time; this is for what is checked at each request. */
static void must(bool is_so, const char *otherwise)
{
    if (!is_so)
        ck_abort_msg("%s", otherwise);
}

/* ---- tags ---- */

static void power_up(struct air *air, struct air_tag *tag)
{
    tag->state = AIR_IDLE;
    for (size_t i = 1; tag->changes && i < tag->tag.uid_bytes; i++)
        tag->tag.uid[i] = (uint8_t) air_random(air, 256);
}

void air_put(struct air *air, struct air_tag *tag)
{
    if (tag->is_there)
        return;
    tag->is_there = true;
    power_up(air, tag);
}

void air_take(struct air *air, struct air_tag *tag)
{
    if (!tag->is_there)
        return;
    (void) air;
    tag->is_there = false;
    tag->absences++;
}

struct air_tag *air_add(struct air *air, char name, enum card_technology technology)
{
    ck_assert_uint_lt(air->tags_count, AIR_TAGS_MAX);
    struct air_tag *tag = &air->tags[air->tags_count++];

    *tag = (struct air_tag) { .name = name, .tag = { .technology = technology, .uid = { 1, 2, 3, (uint8_t) name },
                                                     .uid_bytes = 4 } };
    return tag;
}

struct air_tag *air_add_card(struct air *air, char name)
{
    static const uint8_t atqa_sak[] = { 0x00, 0x04, 0x20 };
    struct air_tag *tag = air_add(air, name, CARD_NFC_A);

    memcpy(tag->tag.protocol_bytes, atqa_sak, sizeof atqa_sak);
    tag->tag.protocol_bytes_count = sizeof atqa_sak;
    tag->has_session = true;
    return tag;
}

struct air_tag *air_add_phone(struct air *air, char name)
{
    struct air_tag *tag = air_add_card(air, name);

    tag->tag.uid[0] = 0x08;
    tag->tag.ats[0] = (uint8_t) name;
    tag->tag.ats_bytes = 1;
    tag->changes = true;
    return tag;
}

/* ---- requests ---- */

static bool glitches(struct air *air)
{
    if (air->glitch_next_ms == 0 || air->now_ms < air->glitch_next_ms || air_random(air, 10) != 0)
        return false;
    air->glitch_next_ms = air->now_ms + 5000;
    return true;
}

static bool can_answer(const struct air_tag *tag, unsigned technologies)
{
    if (!tag->is_there || ((unsigned) tag->tag.technology & technologies) == 0)
        return false;
    return ((unsigned) tag->tag.technology & sleepers) == 0 || tag->state == AIR_IDLE ||
           (tag->state == AIR_ACTIVE && !tag->has_session);
}

static struct air_tag *any_answer(struct air *air, unsigned technologies)
{
    struct air_tag *chosen = NULL;
    unsigned answers = 0;

    for (size_t i = 0; i < air->tags_count; i++)
        if (can_answer(&air->tags[i], technologies) && air_random(air, ++answers) == 0)
            chosen = &air->tags[i];
    return chosen;
}

static enum nfc_result find(struct air *air, unsigned technologies, struct nfc_answer *answer)
{
    if (air->selected != NULL && !air->selected->has_session && air->selected->state == AIR_ACTIVE)
        air->selected->state = AIR_IDLE;
    air->selected = NULL;
    if (air->is_endless) {
        answer->tag = (struct nfc_tag) { .technology = technologies & ~(technologies - 1), .uid_bytes = 4 };
        memcpy(answer->tag.uid, &air->requests_count, 4);
        return NFC_FINE;
    }
    struct air_tag *tag = glitches(air) ? NULL : any_answer(air, technologies);
    if (tag == NULL)
        return NFC_NOTHING;
    tag->state = AIR_ACTIVE;
    air->selected = tag;
    answer->tag = tag->tag;
    return NFC_FINE;
}

static enum nfc_result select_one(struct air *air, unsigned technology, struct nfc_answer *answer)
{
    must(technology != 0 && (technology & (technology - 1)) == 0, "a select of none or several technologies");
    if ((technology & air->unsupported) != 0)
        return NFC_UNSUPPORTED;
    air->now_ms += 6;
    return find(air, technology, answer);
}

static enum nfc_result poll_all(struct air *air, const struct nfc_request *request, struct nfc_answer *answer)
{
    must(request->polls >= 1 && request->polls <= 254, "a number of polls that there is not");
    if (air->poll_is_unsupported)
        return NFC_UNSUPPORTED;
    enum nfc_result result = find(air, request->technologies, answer);
    air->now_ms += result == NFC_FINE || air->poll_is_quick ? 1 : request->polls * 150;
    return result;
}

static enum nfc_result is_present(struct air *air)
{
    air->now_ms += 4;
    must(air->selected != NULL || air->is_endless, "asked for the presence of no tag");
    if (air->selected == NULL)
        return NFC_NOTHING;
    if (air->selected->is_unasked)
        return NFC_UNSUPPORTED;
    if (air->selected->is_there && air->selected->state == AIR_ACTIVE && !glitches(air))
        return NFC_FINE;
    air->selected = NULL;
    return NFC_NOTHING;
}

static enum nfc_result deselect(struct air *air)
{
    air->now_ms += 2;
    if (air->selected != NULL && ((unsigned) air->selected->tag.technology & sleepers) != 0)
        air->selected->state = AIR_ASLEEP;
    air->selected = NULL;
    return NFC_FINE;
}

static enum nfc_result reset(struct air *air)
{
    air->now_ms += 15;
    air->selected = NULL;
    for (size_t i = 0; i < air->tags_count; i++)
        if (air->tags[i].is_there)
            power_up(air, &air->tags[i]);
    return NFC_FINE;
}

static enum nfc_result answer_request(struct air *air, const struct nfc_request *request, struct nfc_answer *answer)
{
    if (air->fails_with != 0 && air->requests_count >= air->fails_at) {
        must(air->requests_count == air->fails_at, "a request after the device was lost");
        strcpy(answer->text, "the line is dead");
        return air->fails_with;
    }
    switch (request->verb) {
    case NFC_SELECT:
        return select_one(air, request->technologies, answer);
    case NFC_POLL:
        return poll_all(air, request, answer);
    case NFC_PRESENT:
        return is_present(air);
    case NFC_DESELECT:
        return deselect(air);
    case NFC_RESET_FIELD:
        return reset(air);
    case NFC_LIST:
    case NFC_OPEN:
    case NFC_EXCHANGE:
    case NFC_CLOSE:
    default:
        ck_abort_msg("verb %d is none of nfc_field's", (int) request->verb);
    }
}

static enum nfc_result take_request(void *context, const struct nfc_request *request, struct nfc_answer *answer)
{
    struct air *air = context;

    answer->text[0] = '\0';
    memset(&answer->tag, 0, sizeof answer->tag);
    air->requests_count++;
    air->requests_of_turn++;
    must(air->requests_of_turn <= REQUESTS_OF_TURN_LIMIT, "a turn without an end");
    air->requests[request->verb]++;
    answer->result = answer_request(air, request, answer);
    return answer->result;
}

/* ---- what is told ---- */

static void note(struct air *air, char sign, char name)
{
    size_t used = strlen(air->events);

    if (used + 4 < sizeof air->events)
        snprintf(air->events + used, sizeof air->events - used, "%s%c%c", used == 0 ? "" : " ", sign, name);
}

static bool take_arrived(void *context, const struct nfc_tag *tag)
{
    struct air *air = context;
    struct air_tag *selected = air->selected;

    if (air->is_endless)
        return true;
    ck_assert_msg(selected != NULL && selected->state == AIR_ACTIVE, "told while it was not selected");
    ck_assert(nfc_tag_same_id(tag, &selected->tag));
    ck_assert_msg(!selected->is_told, "%c arrived twice", selected->name);
    selected->is_told = true;
    selected->told = *tag;
    selected->told_absences = selected->absences;
    selected->visits++;
    note(air, '+', selected->name);
    if (air->falls_silent)
        selected->state = AIR_ASLEEP;
    if (air->takes_away == selected->name)
        air_take(air, selected);
    return !air->refuses;
}

static void take_left(void *context, const struct nfc_tag *tag)
{
    struct air *air = context;
    size_t i = 0;

    if (air->is_endless)
        return;
    while (i < air->tags_count && !(air->tags[i].is_told && nfc_tag_same_id(&air->tags[i].told, tag)))
        i++;
    ck_assert_msg(i < air->tags_count, "what never arrived has left");
    air->tags[i].is_told = false;
    note(air, '-', air->tags[i].name);
}

/* ---- the test's hands ---- */

void air_begin(struct air *air, unsigned technologies, unsigned poll_technologies)
{
    struct nfc_field_owner owner = { .context = air, .ask = take_request, .arrived = take_arrived, .left = take_left };

    memset(air, 0, sizeof *air);
    air->now_ms = 1000000;
    air->random = 1;
    air->field = nfc_field_create(technologies, poll_technologies, &owner);
}

void air_end(struct air *air)
{
    nfc_field_free(air->field);
}

enum nfc_result air_turn(struct air *air)
{
    air->requests_of_turn = 0;
    enum nfc_result result = nfc_field_turn(air->field, air->now_ms, &air->pause_ms, &air->trouble);
    must(nfc_field_count(air->field) <= NFC_TAGS_MAX, "more tags than there is room for");
    if (air->requests_of_turn > air->requests_of_turn_max)
        air->requests_of_turn_max = air->requests_of_turn;
    if (result == NFC_FINE)
        air->now_ms += air->pause_ms;
    return result;
}

void air_go(struct air *air, uint64_t duration_ms)
{
    uint64_t end_ms = air->now_ms + duration_ms;

    while (air->now_ms < end_ms)
        must(air_turn(air) == NFC_FINE, "the device was lost");
}

void air_expect(struct air *air, const char *events)
{
    ck_assert_str_eq(air->events, events);
    air->events[0] = '\0';
}

void air_forget_counts(struct air *air)
{
    memset(air->requests, 0, sizeof air->requests);
    air->requests_count = 0;
    air->requests_of_turn_max = 0;
}
