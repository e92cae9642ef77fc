/* SPDX-License-Identifier: MIT */
#include "reader/nfc_tag.h"

#include <assert.h>
#include <string.h>

enum { SAK_AT = 2, ATQB_PROTOCOL_TYPE_AT = 5, ATQB_ISO14443_4 = 0x01, RANDOM_ID_BYTES = 4, RANDOM_ID_MARK = 0x08 };

static bool same_bytes(const uint8_t *one, size_t one_bytes, const uint8_t *other, size_t other_bytes)
{
    return one_bytes == other_bytes && memcmp(one, other, one_bytes) == 0;
}

bool nfc_tag_set_id(struct nfc_tag *tag, const uint8_t *uid, size_t uid_bytes)
{
    if (uid_bytes == 0 || uid_bytes > sizeof tag->uid)
        return false;
    memcpy(tag->uid, uid, uid_bytes);
    tag->uid_bytes = uid_bytes;
    return true;
}

bool nfc_tag_add_protocol(struct nfc_tag *tag, const uint8_t *bytes, size_t count)
{
    if (count > sizeof tag->protocol_bytes - tag->protocol_bytes_count)
        return false;
    if (count > 0)
        memcpy(&tag->protocol_bytes[tag->protocol_bytes_count], bytes, count);
    tag->protocol_bytes_count += count;
    return true;
}

uint8_t nfc_tag_sak(const struct nfc_tag *tag)
{
    return tag->technology == CARD_NFC_A && tag->protocol_bytes_count > SAK_AT ? tag->protocol_bytes[SAK_AT] : 0;
}

bool nfc_tag_has_iso14443_4(const struct nfc_tag *tag)
{
    if (tag->technology == CARD_NFC_A)
        return (nfc_tag_sak(tag) & NFC_SAK_ISO14443_4) != 0;
    /* Protocol type: the low half of the second byte of the protocol information (ISO/IEC 14443-3, 7.9.4). */
    return tag->technology == CARD_NFC_B && tag->protocol_bytes_count > ATQB_PROTOCOL_TYPE_AT
           && (tag->protocol_bytes[ATQB_PROTOCOL_TYPE_AT] & ATQB_ISO14443_4) != 0;
}

bool nfc_tag_has_random_id(const struct nfc_tag *tag)
{
    return tag->technology == CARD_NFC_A && tag->uid_bytes == RANDOM_ID_BYTES && tag->uid[0] == RANDOM_ID_MARK;
}

bool nfc_tag_same_id(const struct nfc_tag *one, const struct nfc_tag *other)
{
    return one->technology == other->technology
           && same_bytes(one->uid, one->uid_bytes, other->uid, other->uid_bytes);
}

bool nfc_tag_same_kind(const struct nfc_tag *one, const struct nfc_tag *other)
{
    return nfc_tag_has_random_id(one) && nfc_tag_has_random_id(other)
           && same_bytes(one->ats, one->ats_bytes, other->ats, other->ats_bytes)
           && same_bytes(one->protocol_bytes, one->protocol_bytes_count,
                         other->protocol_bytes, other->protocol_bytes_count);
}

void nfc_tag_to_card(const struct nfc_tag *tag, struct card *card)
{
    assert(tag->uid_bytes <= sizeof tag->uid && tag->ats_bytes <= sizeof tag->ats
           && tag->protocol_bytes_count <= sizeof tag->protocol_bytes);
    card->technology = tag->technology;
    memcpy(card->uid, tag->uid, sizeof card->uid);
    card->uid_bytes = tag->uid_bytes;
    memcpy(card->ats, tag->ats, sizeof card->ats);
    card->ats_bytes = tag->ats_bytes;
    memset(card->atr, 0, sizeof card->atr);
    card->atr_bytes = 0;
    memcpy(card->protocol_bytes, tag->protocol_bytes, sizeof card->protocol_bytes);
    card->protocol_bytes_count = tag->protocol_bytes_count;
}
