/* SPDX-License-Identifier: MIT */
#include "card/atr.h"

#include <string.h>

/* A contactless card's ATR is 3B 8K 80 01, K historical bytes, TCK. */
enum { ATR_HISTORICAL_OFFSET = 4 };

/* The historical bytes of a storage card: 80 4F LL, RID (5), SS, NN NN, RFU (4). */
enum { STORAGE_RID_OFFSET = 3, STORAGE_STANDARD_OFFSET = 8, STORAGE_NAME_OFFSET = 9, STORAGE_MIN_BYTES = 11 };

/* The historical bytes of a 14443-4 type B card: application data (4), protocol info (3), MBLI. */
enum { TYPE_B_BYTES = 8, TYPE_B_PROTOCOL_OFFSET = 4, TYPE_B_MBLI_OFFSET = 7 };

static const uint8_t pcsc_rid[] = { 0xA0, 0x00, 0x00, 0x03, 0x06 };

static enum card_technology standard_technology(uint8_t standard)
{
    if (standard >= 0x01 && standard <= 0x04)
        return CARD_NFC_A;
    if (standard >= 0x05 && standard <= 0x08)
        return CARD_NFC_B;
    if (standard >= 0x09 && standard <= 0x0C)
        return CARD_NFC_V;
    if (standard == 0x11)
        return CARD_NFC_F;
    return CARD_UNKNOWN;
}

/* Card names that say more than the standard, or something where the standard is 00 (no information). */
struct card_name {
    uint16_t first;
    uint16_t last;
    enum card_technology technology;
};

static enum card_technology find_name(const struct card_name *names, size_t count, uint16_t name)
{
    for (size_t i = 0; i < count; i++) {
        if (name >= names[i].first && name <= names[i].last)
            return names[i].technology;
    }
    return CARD_UNKNOWN;
}

static enum card_technology storage_technology(uint8_t standard, uint16_t name)
{
    static const struct card_name special[] = {
        { 0x0006, 0x0007, CARD_ST_SR },   /* SR176, SRIX4K and its kin */
        { 0x002F, 0x0030, CARD_NFC_T1T }, /* Jewel, Topaz */
        { 0xF004, 0xF004, CARD_NFC_T1T }, /* ACS: Topaz and Jewel, with the standard of 14443 A */
        { 0xF011, 0xF012, CARD_NFC_F },   /* ACS: FeliCa at 212 and 424 kbit/s, with the standard of 14443 A */
    };
    /* SpringCard's own. ACS says FF and the SAK there, with the standard of 14443 A: that stays NFC-A. */
    static const struct card_name vendor[] = {
        { 0xFFA0, 0xFFA0, CARD_NFC_A },
        { 0xFFB0, 0xFFB0, CARD_NFC_B },
        { 0xFFB1, 0xFFB2, CARD_ASK_CTS }, /* CTS256B, CTS512B */
        { 0xFFC0, 0xFFC0, CARD_INNOVATRON },
        { 0xFFD0, 0xFFD2, CARD_NFC_V },
    };
    static const struct card_name plain[] = { /* for readers that leave the standard 00 */
        { 0x0001, 0x0003, CARD_NFC_A }, { 0x0012, 0x0016, CARD_NFC_V }, { 0x0021, 0x0025, CARD_NFC_V },
        { 0x0026, 0x0026, CARD_NFC_A }, { 0x0035, 0x0035, CARD_NFC_V }, { 0x0036, 0x003A, CARD_NFC_A },
        { 0x003B, 0x003B, CARD_NFC_F }, { 0x003D, 0x003D, CARD_NFC_A },
    };
    enum card_technology by_standard = standard_technology(standard);
    enum card_technology by_name = find_name(special, sizeof special / sizeof special[0], name);

    if (by_name != CARD_UNKNOWN)
        return by_name;
    if ((name >= 0x0017 && name <= 0x0020) || (name == 0xFFB7 && by_standard != CARD_NFC_A)) /* PicoPass, PicoTag */
        return by_standard == CARD_NFC_B ? CARD_PICOTAG_B : CARD_PICOTAG_V;
    if (by_standard != CARD_NFC_A) {
        by_name = find_name(vendor, sizeof vendor / sizeof vendor[0], name);
        if (by_name != CARD_UNKNOWN)
            return by_name;
    }
    if (by_standard == CARD_UNKNOWN && standard == 0x00)
        return find_name(plain, sizeof plain / sizeof plain[0], name);
    return by_standard;
}

static bool is_storage(const uint8_t *historical, size_t count)
{
    return count >= STORAGE_MIN_BYTES && historical[0] == 0x80 && historical[1] == 0x4F &&
           memcmp(historical + STORAGE_RID_OFFSET, pcsc_rid, sizeof pcsc_rid) == 0;
}

/*
 * Whether 8 historical bytes can be those of a type B card: protocol info as ISO/IEC 14443-3 7.9.4 allows it for a card
 * with 14443-4 (the reserved bit of the bit rates is 0, a frame size that exists, protocol type odd and below 8, frame
 * waiting integer below 15), and a last byte whose lower half is 0 (PC/SC part 3).
 */
static bool fits_type_b(const uint8_t *historical)
{
    const uint8_t *info = historical + TYPE_B_PROTOCOL_OFFSET;

    if ((info[0] & 0x08) != 0)
        return false;
    if ((info[1] >> 4) > 0x0D || (info[1] & 0x09) != 0x01)
        return false;
    if ((info[2] >> 4) == 0x0F)
        return false;
    return (historical[TYPE_B_MBLI_OFFSET] & 0x0F) == 0;
}

/* Whether historical bytes read as ISO/IEC 7816-4 says: a category, then COMPACT-TLV objects that end where they must. */
static bool fits_compact_tlv(const uint8_t *historical, size_t count)
{
    size_t end = count;
    size_t at = 1;

    if (historical[0] == 0x00)
        end = count - 3; /* three status bytes follow the objects */
    else if (historical[0] != 0x80)
        return false;
    while (at < end) {
        if ((historical[at] >> 4) == 0)
            return false;
        at += 1U + (historical[at] & 0x0F);
    }
    return at == end;
}

static struct atr_info classify_14443_4(const uint8_t *historical, size_t announced, size_t count)
{
    static const struct atr_info type_a = { ATR_ISO14443_4, CARD_NFC_A, 0 };
    static const struct atr_info type_b = { ATR_ISO14443_4, CARD_NFC_B, 0 };
    static const struct atr_info doubt = { ATR_ISO14443_4_AB, CARD_UNKNOWN, 0 };

    if (announced != TYPE_B_BYTES)
        return type_a;
    if (count < TYPE_B_BYTES) /* the ATR was cut short */
        return doubt;
    if (!fits_type_b(historical))
        return type_a;
    return fits_compact_tlv(historical, count) ? doubt : type_b;
}

struct atr_info atr_parse(const uint8_t *atr, size_t atr_bytes)
{
    static const struct atr_info contact = { ATR_CONTACT, CARD_UNKNOWN, 0 };

    if (atr_bytes < ATR_HISTORICAL_OFFSET || atr[0] != 0x3B || (atr[1] & 0xF0) != 0x80 || atr[2] != 0x80 ||
        atr[3] != 0x01)
        return contact;

    const uint8_t *historical = atr + ATR_HISTORICAL_OFFSET;
    size_t announced = atr[1] & 0x0F;
    size_t count = atr_bytes - ATR_HISTORICAL_OFFSET;
    if (is_storage(historical, count)) {
        uint8_t standard = historical[STORAGE_STANDARD_OFFSET];
        uint16_t name = (uint16_t) (historical[STORAGE_NAME_OFFSET] << 8 | historical[STORAGE_NAME_OFFSET + 1]);
        if (standard >= 0x0D && standard <= 0x10) /* ISO/IEC 7816-10 and bus memory cards: with contacts */
            return contact;
        return (struct atr_info) { ATR_STORAGE, storage_technology(standard, name), name };
    }
    return classify_14443_4(historical, announced, count < announced ? count : announced);
}
