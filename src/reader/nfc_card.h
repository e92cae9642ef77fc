/* SPDX-License-Identifier: MIT */
/*
 * The card interface (card/card.h) over a libnfc device, the same as over PC/SC: commands of class FF, which a PC/SC
 * reader answers itself (PC/SC part 3, 3.2.2), are answered here; everything else goes to the tag. The reader's
 * thread, while the tag is selected.
 *
 *   FF CA 00 00 LE      UID. LE 00: all; too short an LE: 6C XX; too long: all, and 62 82
 *   FF CA 01 00 LE      whole ATS, from its length byte TL on, as ACS readers give it; 6A 81 for a card without one
 *   FF B0 00 NUMBER LE  read binary of a storage card; LE 00 is 16. Type 2: 4 bytes a page; more than 16 by several
 *                       READs; 6A 82 if the first page is none, 62 82 behind the data if the tag ended before LE. A
 *                       READ over the end goes on with page 0: that is the tag's way. Classic: blocks of 16, else
 *                       6C 10, after an authentication, else 69 82, after which it must be authenticated anew.
 *                       FeliCa: blocks of 16, else 6C 10, of the service that FF A4 named, else 69 86; 6A 82 if the
 *                       tag refuses the first ones, 62 82 behind the data if it refused the next. Other cards: 6A 81
 *   FF A4 00 01 02 LOW HIGH  the service of a FeliCa that FF B0 reads (PC/SC part 3, supplement for FeliCa). It is
 *                       noted, and the tag is not asked. Other cards: 6A 81
 *   others              6A 81: authenticate is the function for FF 82 and FF 86
 *
 * A tag that refused something is silent until it is selected again, which is done before the answer is given, if need
 * be with the field switched off and on; one that does not come forward then is CARD_ERROR_GONE.
 *
 * A storage card has 500 ms for an exchange, one with ISO/IEC 14443-4 2000 ms, after which it is CARD_ERROR_MUTE. A key
 * is in the request only as long as that is asked, and wiped here; ask wipes its own copies.
 */
#ifndef SPRINGPARK_READER_NFC_CARD_H
#define SPRINGPARK_READER_NFC_CARD_H

#include "reader/nfc_wire.h"

/* Brings NFC_EXCHANGE, NFC_SELECT, NFC_DESELECT or NFC_RESET_FIELD to the device (nfc_link_ask, or a stand-in). */
typedef enum nfc_result nfc_card_ask(void *context, const struct nfc_request *request, struct nfc_answer *answer);

struct nfc_card {
    struct card card;       /* what templates get */
    struct nfc_tag tag;
    nfc_card_ask *ask;
    void *context;
    bool has_service;       /* FeliCa: FF A4 named one */
    uint8_t service[2];     /* its code, low byte first */
    enum nfc_result lost;   /* NFC_TROUBLE, NFC_HUNG, NFC_DIED, NFC_STOPPED once that happened, else 0 */
};

/* Fills all of it; nfc_card must not move as long as its card is used. tag is copied. */
void nfc_card_init(struct nfc_card *nfc_card, const struct nfc_tag *tag, nfc_card_ask *ask, void *context);

#endif
