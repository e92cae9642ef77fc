/* SPDX-License-Identifier: MIT */
#include "card/kind.h"

#include "card/atr.h"

/* protocol_bytes of an NFC-A tag: ATQA, SAK (ISO/IEC 14443-3 6.5.3, NXP AN10833). */
enum { SAK_OFFSET = 2, SAK_ISO14443_4 = 0x20, SAK_CLASSIC = 0x08, SAK_MINI = 0x01, SAK_4K = 0x10, SAK_2K = 0x11 };
/* The rest of an ATQB: application data (4), protocol information (3), of which the second byte says 14443-4. */
enum { ATQB_PROTOCOL_OFFSET = 5, ATQB_ISO14443_4 = 0x01 };

enum { BLOCKS_MINI = 20, BLOCKS_1K = 64, BLOCKS_2K = 128, BLOCKS_4K = 256 };
enum { NAME_1K = 0x0001, NAME_4K = 0x0002, NAME_MINI = 0x0026, NAME_PLUS_2K_SL1 = 0x0036, NAME_PLUS_4K_SL1 = 0x0037,
       NAME_PLUS_2K_SL2 = 0x0038, NAME_PLUS_4K_SL2 = 0x0039, NAME_ACS = 0xFF00 };

/* The SAK, or -1 if the reader does not tell it. ACS readers put it into the name of cards that they do not know. */
static int sak_of(const struct card *card, const struct atr_info *atr)
{
    if (card->technology != CARD_NFC_A)
        return -1;
    if (card->atr_bytes == 0 && card->protocol_bytes_count > SAK_OFFSET)
        return card->protocol_bytes[SAK_OFFSET];
    if (atr->kind == ATR_STORAGE && (atr->name & 0xFF00) == NAME_ACS)
        return atr->name & 0xFF;
    return -1;
}

static bool is_classic_name(uint16_t name)
{
    return name == NAME_1K || name == NAME_4K || name == NAME_MINI || name == NAME_PLUS_2K_SL1 ||
           name == NAME_PLUS_4K_SL1;
}

bool card_has_apdus(const struct card *card)
{
    const struct atr_info atr = atr_parse(card->atr, card->atr_bytes);

    if (card->atr_bytes > 0)
        return atr.kind == ATR_ISO14443_4 || atr.kind == ATR_ISO14443_4_AB;
    if (card->technology == CARD_NFC_A) {
        int sak = sak_of(card, &atr);
        return sak < 0 ? card->ats_bytes > 0 : (sak & SAK_ISO14443_4) != 0;
    }
    if (card->technology == CARD_NFC_B)
        return card->protocol_bytes_count <= ATQB_PROTOCOL_OFFSET ||
               (card->protocol_bytes[ATQB_PROTOCOL_OFFSET] & ATQB_ISO14443_4) != 0;
    return card->technology == CARD_INNOVATRON;
}

static enum card_memory memory_of_nfc_a(const struct card *card, const struct atr_info *atr)
{
    int sak = sak_of(card, atr);

    if (sak >= 0)
        return (sak & SAK_CLASSIC) != 0 ? CARD_MEMORY_CLASSIC : sak == 0 ? CARD_MEMORY_TYPE_2 : CARD_MEMORY_NONE;
    if (atr->kind != ATR_STORAGE || atr->name == NAME_PLUS_2K_SL2 || atr->name == NAME_PLUS_4K_SL2)
        return CARD_MEMORY_NONE;
    return is_classic_name(atr->name) ? CARD_MEMORY_CLASSIC : CARD_MEMORY_TYPE_2;
}

enum card_memory card_memory(const struct card *card)
{
    const struct atr_info atr = atr_parse(card->atr, card->atr_bytes);

    if (card->technology == CARD_NFC_A)
        return memory_of_nfc_a(card, &atr);
    if (card->technology == CARD_NFC_T1T)
        return CARD_MEMORY_TYPE_1;
    if (card->technology == CARD_NFC_F)
        return CARD_MEMORY_TYPE_3;
    return card->technology == CARD_NFC_V ? CARD_MEMORY_TYPE_5 : CARD_MEMORY_NONE;
}

/* Of a Classic with 2K both bits are set, which the other sizes have one of (NXP AN10833). */
static unsigned blocks_of_sak(int sak)
{
    if ((sak & SAK_2K) == SAK_2K)
        return BLOCKS_2K;
    return (sak & SAK_4K) != 0 ? BLOCKS_4K : (sak & SAK_MINI) != 0 ? BLOCKS_MINI : BLOCKS_1K;
}

static unsigned blocks_of_name(uint16_t name)
{
    if (name == NAME_4K || name == NAME_PLUS_4K_SL1)
        return BLOCKS_4K;
    return name == NAME_PLUS_2K_SL1 ? BLOCKS_2K : name == NAME_MINI ? BLOCKS_MINI : BLOCKS_1K;
}

unsigned card_classic_blocks(const struct card *card)
{
    const struct atr_info atr = atr_parse(card->atr, card->atr_bytes);
    int sak = sak_of(card, &atr);

    if (card_memory(card) != CARD_MEMORY_CLASSIC)
        return 0;
    return sak >= 0 ? blocks_of_sak(sak) : blocks_of_name(atr.name);
}
