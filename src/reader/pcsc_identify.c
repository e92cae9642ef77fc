/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_identify.h"

#include <assert.h>
#include <string.h>

enum { SW_BYTES = 2, SW_SUCCESS = 0x9000, SW_NOT_SUPPORTED = 0x6A81 };

static const uint8_t get_uid[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
static const uint8_t get_ats[] = {0xFF, 0xCA, 0x01, 0x00, 0x00};

/* Sends one pseudo-APDU; *data_bytes of answer without its status bytes, which are returned, or a card_error. */
static int ask(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer, size_t capacity_bytes,
               size_t *data_bytes)
{
    int received = card->transceive(card, command, command_bytes, answer, capacity_bytes);

    if (received < 0)
        return received;
    if (received < SW_BYTES || (size_t) received > capacity_bytes)
        return CARD_ERROR_MUTE;
    *data_bytes = (size_t) received - SW_BYTES;
    return answer[*data_bytes] << 8 | answer[*data_bytes + 1];
}

static int read_uid(struct card *card)
{
    uint8_t answer[256 + SW_BYTES];
    size_t data_bytes = 0;

    int status = ask(card, get_uid, sizeof get_uid, answer, sizeof answer, &data_bytes);
    if (status < 0)
        return status;
    if (status != SW_SUCCESS || data_bytes == 0 || data_bytes > sizeof card->uid)
        return CARD_ERROR_MUTE;
    memcpy(card->uid, answer, data_bytes);
    card->uid_bytes = data_bytes;
    return 0;
}

/*
 * Whether the answer begins with TL, the length byte of a whole ATS (ISO/IEC 14443-4, 5.2), and then T0, whose highest
 * bit is 0. PC/SC part 3 asks for the historical bytes alone; ACS readers and others give all of it.
 */
static bool begins_with_length(const uint8_t *ats, size_t size_bytes)
{
    return size_bytes > 0 && ats[0] == size_bytes && (size_bytes == 1 || (ats[1] & 0x80) == 0);
}

/* Returns the status bytes; many readers refuse, which is fine. */
static int read_ats(struct card *card)
{
    uint8_t answer[256 + SW_BYTES];
    size_t data_bytes = 0;

    int status = ask(card, get_ats, sizeof get_ats, answer, sizeof answer, &data_bytes);
    size_t skip_bytes = begins_with_length(answer, data_bytes) ? 1 : 0;
    if (status == SW_SUCCESS && data_bytes - skip_bytes <= sizeof card->ats) {
        card->ats_bytes = data_bytes - skip_bytes;
        memcpy(card->ats, answer + skip_bytes, card->ats_bytes);
    }
    return status;
}

/*
 * PC/SC part 3, table 3-6: the historical bytes of a type B card's ATR, 3B 88 80 01, are four bytes of application data
 * and three of protocol information from its ATQB, then MBLI: the ATQB without the PUPI, which is the UID.
 */
static void copy_atqb(struct card *card)
{
    static const uint8_t start[] = {0x3B, 0x88, 0x80, 0x01};
    enum { ATQB_BYTES = 7 };

    if (card->atr_bytes < sizeof start + ATQB_BYTES || memcmp(card->atr, start, sizeof start) != 0)
        return;
    memcpy(card->protocol_bytes, card->atr + sizeof start, ATQB_BYTES);
    card->protocol_bytes_count = ATQB_BYTES;
}

/* Only a type A card has an ATS; a reader that knows that of its card answers 6A 81 for type B. */
static int settle_doubt(struct card *card)
{
    int status = read_ats(card);

    if (status < 0)
        return status;
    card->technology = status == SW_NOT_SUPPORTED ? CARD_NFC_B : CARD_NFC_A;
    return 0;
}

int pcsc_identify(struct card *card, const struct atr_info *atr)
{
    assert(atr->kind != ATR_CONTACT);
    card->technology = atr->technology;
    int result = read_uid(card);
    if (result < 0)
        return result;
    if (atr->kind == ATR_ISO14443_4_AB)
        result = settle_doubt(card);
    else if (atr->kind == ATR_ISO14443_4 && atr->technology == CARD_NFC_A)
        result = read_ats(card);
    if (result < 0)
        return result;
    if (atr->kind != ATR_STORAGE && card->technology == CARD_NFC_B)
        copy_atqb(card);
    return 0;
}
