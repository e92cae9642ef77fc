/* SPDX-License-Identifier: MIT */
/*
 * A tag as libnfc found it, as plain data: what the helper process tells and what the reader's thread works on. Any
 * thread; no state.
 */
#ifndef SPRINGPARK_READER_NFC_TAG_H
#define SPRINGPARK_READER_NFC_TAG_H

#include "card/card.h"

/*
 * protocol_bytes is what the anti-collision gave beside the identifier:
 *   NFC-A       ATQA (2, as libnfc has it: 00 44, not 44 00), SAK (1)
 *   NFC-B       application data (4), protocol information (3): the ATQB without its PUPI
 *   NFC-F       PMm (8), system code (2)
 *   NFC-T1T     SENS_RES (2)
 *   Innovatron  VerLog (1), Config (1), ATR (as long as it is)
 *   ASK-CTS     product code (1), fab code (1)
 *   ST-SR       nothing
 * uid is the UID, PUPI, IDm, DIV or serial number, in the order in which libnfc gives it.
 */
struct nfc_tag {
    enum card_technology technology;
    uint8_t uid[CARD_UID_MAX_BYTES];
    size_t uid_bytes;
    uint8_t ats[CARD_ATS_MAX_BYTES];   /* NFC-A with ISO/IEC 14443-4: without its length byte TL */
    size_t ats_bytes;
    uint8_t protocol_bytes[CARD_PROTOCOL_MAX_BYTES];
    size_t protocol_bytes_count;
};

enum { NFC_SAK_ISO14443_4 = 0x20, NFC_SAK_CLASSIC = 0x08 };

/* For whoever makes a tag: false, and nothing is changed, if the identifier (or what the protocol bytes would be) is
 * longer than a tag takes; an identifier must not be empty. */
bool nfc_tag_set_id(struct nfc_tag *tag, const uint8_t *uid, size_t uid_bytes);
bool nfc_tag_add_protocol(struct nfc_tag *tag, const uint8_t *bytes, size_t count);

/* The SAK of an NFC-A tag; 0 for any other. */
uint8_t nfc_tag_sak(const struct nfc_tag *tag);

/* Whether it speaks ISO/IEC 14443-4, so that it takes APDUs: by SAK (NFC-A) or by its ATQB (NFC-B). */
bool nfc_tag_has_iso14443_4(const struct nfc_tag *tag);

/* Whether the identifier is made anew each time that the tag is powered: NFC-A, 4 bytes, the first one 08 (ISO/IEC
 * 14443-3, 6.5.4). */
bool nfc_tag_has_random_id(const struct nfc_tag *tag);

bool nfc_tag_same_id(const struct nfc_tag *one, const struct nfc_tag *other);

/* Whether two tags with random ids may be the same one after it lost its power: all but the identifier is equal. */
bool nfc_tag_same_kind(const struct nfc_tag *one, const struct nfc_tag *other);

/* Everything that a struct card says of a tag; transceive, authenticate and driver are left as they are. */
void nfc_tag_to_card(const struct nfc_tag *tag, struct card *card);

#endif
