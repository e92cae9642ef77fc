/* SPDX-License-Identifier: MIT */
/*
 * A model of the field of one reader, for the tests of nfc_field: tags that are idle, active or asleep, that lose their
 * power, that have ids of chance, and that answer requests as a PN532 with libnfc does. It keeps its own time, counts
 * requests, and checks what nfc_field tells: each tag arrives while it is selected, and arrives and leaves in turns.
 */
#ifndef SPRINGPARK_TESTS_UNIT_NFC_AIR_H
#define SPRINGPARK_TESTS_UNIT_NFC_AIR_H

#include "reader/nfc_field.h"

enum { AIR_TAGS_MAX = 16, AIR_ALL = CARD_NFC_A | CARD_NFC_B | CARD_NFC_F | CARD_NFC_T1T | CARD_INNOVATRON | CARD_ST_SR };

enum air_state { AIR_IDLE, AIR_ACTIVE, AIR_ASLEEP };

struct air_tag {
    char name;
    struct nfc_tag tag;
    bool changes;                  /* its id, each time that it is powered */
    bool has_session;              /* ISO/IEC 14443-4: once active it answers no select */
    bool is_unasked;               /* NFC_PRESENT is NFC_UNSUPPORTED for it */
    bool is_there;
    enum air_state state;
    unsigned absences;             /* how often it was taken away */
    bool is_told;
    struct nfc_tag told;           /* as it arrived */
    unsigned told_absences;        /* absences at that time */
    unsigned visits;
};

struct air {
    struct nfc_field *field;
    struct air_tag tags[AIR_TAGS_MAX];
    size_t tags_count;
    struct air_tag *selected;
    uint64_t random;
    uint64_t now_ms;
    uint64_t glitch_next_ms;       /* from then on one tag may not answer once; 0 = never */
    unsigned requests[NFC_CLOSE + 1];
    unsigned requests_count;
    unsigned requests_of_turn;
    unsigned requests_of_turn_max;
    unsigned unsupported;          /* technologies that NFC_SELECT cannot do */
    bool poll_is_unsupported;
    bool poll_is_quick;            /* it comes back empty at once */
    bool is_endless;               /* each select finds a tag that was never there before */
    enum nfc_result fails_with;    /* all requests from number fails_at on */
    unsigned fails_at;
    bool refuses;                  /* arrived returns false */
    bool falls_silent;             /* a tag that arrived, by what was asked of it */
    char takes_away;               /* the tag of that name, as soon as it has arrived */
    uint32_t pause_ms;             /* what the last turn said */
    const char *trouble;
    char events[256];              /* "+a -a": what was told */
};

void air_begin(struct air *air, unsigned technologies, unsigned poll_technologies);
void air_end(struct air *air);

/* A number below that, of chance. */
unsigned air_random(struct air *air, unsigned below);

/* A tag that is known to the model from now on, and not there yet. The name is its identifier's last byte. */
struct air_tag *air_add(struct air *air, char name, enum card_technology technology);
struct air_tag *air_add_card(struct air *air, char name);   /* NFC-A, ISO/IEC 14443-4 */
struct air_tag *air_add_phone(struct air *air, char name);  /* the same, with a random id */

void air_put(struct air *air, struct air_tag *tag);
void air_take(struct air *air, struct air_tag *tag);

/* One turn, and the pause after it. */
enum nfc_result air_turn(struct air *air);

/* Turns for that long. */
void air_go(struct air *air, uint64_t duration_ms);

/* Fails the test unless exactly that was told since the last call: "+a +b -a". */
void air_expect(struct air *air, const char *events);

void air_forget_counts(struct air *air);

#endif
