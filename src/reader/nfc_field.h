/* SPDX-License-Identifier: MIT */
/*
 * Which tags are in the field of one libnfc device, found out turn by turn: the select loop or the chip's own polling,
 * a presence check that does not hammer a tag that lies there, several tags, tags that are swapped, tags with random
 * ids. No thread, no clock and no process of its own: the owner says what time it is and brings each request to the
 * device. The reader's thread only.
 *
 * A visit is told once: arrived, and left with the tag as it arrived. A card that is swapped for another one between
 * two turns has left before the other one arrives. Whatever the device answers, a turn takes at most 2 * NFC_TAGS_MAX
 * selects for each technology and a few more.
 *
 * Assumptions, where the tags do not say enough:
 * - While the only tag has a random id (a phone), others are not looked for: that takes a reset of the field, after
 *   which the phone would show its user one more reader, each time. The same for an NFC-B tag whose PUPI was seen to
 *   change. Together with other tags it goes through an inventory each turn, as these do.
 * - A tag with a random id that is found anew within one turn, of the same kind, is the same visit; if a turn in between
 *   found nothing, it is a new one.
 * - Of two FeliCa, Jewel, Innovatron, ST SR or ASK CT tags chance says which one answers: the second one may be found
 *   some seconds later than the first.
 * - Two tags with the same identifier are one.
 */
#ifndef SPRINGPARK_READER_NFC_FIELD_H
#define SPRINGPARK_READER_NFC_FIELD_H

#include "reader/nfc_wire.h"

enum { NFC_TAGS_MAX = 8 };   /* at the same time; more are not looked for */

/* Brings a request to the device and waits for the answer (nfc_link_ask, or a test's stand-in). */
typedef enum nfc_result nfc_field_ask(void *context, const struct nfc_request *request, struct nfc_answer *answer);

struct nfc_field_owner {
    void *context;                 /* of all of these */
    nfc_field_ask *ask;
    /* The tag is selected and may be talked to until this returns. The owner may have lost it meanwhile; the next turn
     * finds out. False: the owner is to stop, or the device is lost, and the owner knows which: the turn ends at once
     * with NFC_STOPPED and an empty text. The tag has arrived all the same: nfc_field_clear tells that it left. */
    bool (*arrived)(void *context, const struct nfc_tag *tag);
    void (*left)(void *context, const struct nfc_tag *tag);
};

struct nfc_field;

/*
 * technologies: what is asked for and the device can select. poll_technologies: those that the chip finds by itself;
 * its own polling is used when they are all that is asked for. owner is copied. A technology that NFC_SELECT calls
 * unsupported is not asked for again; the turn that is left with none is NFC_TROUBLE.
 */
struct nfc_field *nfc_field_create(unsigned technologies, unsigned poll_technologies,
                                   const struct nfc_field_owner *owner);

/* Tells nothing. NULL is fine. */
void nfc_field_free(struct nfc_field *field);

/* Whether the chip's own polling is used; no more, once it answered that it cannot. */
bool nfc_field_polls(const struct nfc_field *field);

/*
 * One turn. now_ms: monotonic. NFC_FINE: *pause_ms until the next turn is due, 0 = at once. Otherwise NFC_TROUBLE, NFC_HUNG,
 * NFC_DIED or NFC_STOPPED, as the owner's ask said, and the text of that answer in *trouble (not freed by the caller,
 * valid until the next call); the field must be freed then, after nfc_field_clear if its tags are to be told as gone.
 */
enum nfc_result nfc_field_turn(struct nfc_field *field, uint64_t now_ms, uint32_t *pause_ms, const char **trouble);

/* All tags have left: left is called for each. */
void nfc_field_clear(struct nfc_field *field);

size_t nfc_field_count(const struct nfc_field *field);

#endif
