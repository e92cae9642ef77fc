/* SPDX-License-Identifier: MIT */
/*
 * The template "ID Only": puts out the identifier that the RF protocol itself gives, and reads no memory. Format: the
 * vendor's template registers (firmware 1.31), "ID Only".
 */
#include "template/id_only.h"

#include "base/memory.h"
#include "template/output.h"
#include "template/type.h"

#include <stdlib.h>
#include <string.h>

enum { ID_ONLY_LOOKUP_ALL = 0xFF };

enum id_only_swap { ID_ONLY_AS_IS, ID_ONLY_SWAP_SHORT_A, ID_ONLY_SWAP_ALL };

struct id_only {
    uint8_t lookup;
    unsigned technologies;     /* card_technology bits */
    bool any_technology;       /* also a card whose technology is not known */
    enum id_only_swap swap;
    bool protocol_bytes;       /* the identifier, then all the other protocol bytes */
    struct output_format format;
    struct output_shift shift;
    struct output_options options;
    char *prefix;
};

/*
 * Assumption: the card type token. Every other template has one hex value, out of its own LKL values, and one letter,
 * out of its name (NDEF 4F and N, UltraLight 62 and U); for ID Only neither is published. Its hex token is the LKL byte
 * of the instance, its letter is I.
 */
enum { ID_ONLY_LETTER = 'I' };

static unsigned technologies_of(uint8_t lookup)
{
    static const struct {
        uint8_t lookup;
        unsigned technologies;
    } lookups[] = {
        { 0x01, CARD_NFC_A },
        { 0x02, CARD_NFC_B },
        { 0x03, CARD_NFC_A | CARD_NFC_B },
        { 0x04, CARD_NFC_V },
        { 0x07, CARD_NFC_A | CARD_NFC_B | CARD_NFC_V },
        { 0x08, CARD_NFC_F },
        { 0x0F, CARD_NFC_A | CARD_NFC_B | CARD_NFC_V | CARD_NFC_F },
        { 0x20, CARD_KOVIO },
        { 0x21, CARD_NFC_T1T },
        { 0x22, CARD_ST_SR },
        { 0x23, CARD_ASK_CTS },
        { 0x24, CARD_PICOTAG_B },
        { 0x28, CARD_NFC_F },
        { 0x2A, CARD_PICOTAG_V },
        { 0x2C, CARD_INNOVATRON },
        { ID_ONLY_LOOKUP_ALL, CARD_NFC_A | CARD_NFC_B | CARD_NFC_V | CARD_NFC_F | CARD_KOVIO | CARD_NFC_T1T |
                                  CARD_ST_SR | CARD_ASK_CTS | CARD_PICOTAG_B | CARD_PICOTAG_V | CARD_INNOVATRON },
    };

    for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++) {
        if (lookups[i].lookup == lookup)
            return lookups[i].technologies;
    }
    return 0;
}

/* TOF bits 7-6; 1 is RFU and taken as "as is". */
static enum id_only_swap swap_from_register(uint8_t byte)
{
    if ((byte & 0xC0) == 0x80)
        return ID_ONLY_SWAP_SHORT_A;
    return (byte & 0xC0) == 0xC0 ? ID_ONLY_SWAP_ALL : ID_ONLY_AS_IS;
}

unsigned id_only_all_technologies(void)
{
    return technologies_of(ID_ONLY_LOOKUP_ALL);
}

static void *create(const struct template_registers *registers)
{
    struct id_only *id_only = memory_zeroed(1, sizeof *id_only);
    uint8_t format = registers->at[TEMPLATE_OUTPUT_FORMAT].bytes[0];
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;

    id_only->lookup = registers->at[TEMPLATE_LOOKUP].bytes[0];
    id_only->technologies = technologies_of(id_only->lookup);
    id_only->any_technology = id_only->lookup == ID_ONLY_LOOKUP_ALL;
    id_only->swap = swap_from_register(format);
    id_only->protocol_bytes = (format & 0x10) != 0;
    id_only->format = output_format_from_register(format);
    id_only->shift = (struct output_shift) { location[0], location[1] };
    id_only->options = output_options_from_register(registers->at[TEMPLATE_OPTIONS].bytes[0]);
    id_only->prefix = output_prefix_from_register(&registers->at[TEMPLATE_PREFIX]);
    return id_only;
}

static void release(void *instance)
{
    struct id_only *id_only = instance;

    free(id_only->prefix);
    free(id_only);
}

static bool wants(const void *instance, const struct card *card)
{
    const struct id_only *id_only = instance;

    return id_only->any_technology || (id_only->technologies & (unsigned) card->technology) != 0;
}

static bool is_swapped(const struct id_only *id_only, const struct card *card)
{
    if (id_only->swap == ID_ONLY_SWAP_SHORT_A)
        return card->technology == CARD_NFC_A && card->uid_bytes == 4;
    return id_only->swap == ID_ONLY_SWAP_ALL;
}

/*
 * Assumption: "all the protocol bytes" are the identifier and then the rest, the order that ATQB has by itself (11
 * bytes, the PUPI first). Swap turns the identifier round, not what follows it. A reader that does not tell the other
 * bytes gives the identifier alone.
 */
static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct id_only *id_only = instance;
    const struct card *card = exchange->card;
    uint8_t data[CARD_UID_MAX_BYTES + CARD_PROTOCOL_MAX_BYTES];
    size_t size_bytes = card->uid_bytes;

    memcpy(data, card->uid, card->uid_bytes);
    if (is_swapped(id_only, card))
        output_swap(data, size_bytes);
    if (id_only->protocol_bytes) {
        memcpy(data + size_bytes, card->protocol_bytes, card->protocol_bytes_count);
        size_bytes += card->protocol_bytes_count;
    }

    char *text = output_text(&id_only->format, &id_only->shift, data, size_bytes);
    if (text == NULL)
        return TEMPLATE_NO_MATCH;
    found->tag_data = output_join(&id_only->options, id_only->lookup, ID_ONLY_LETTER, id_only->prefix, text);
    free(text);
    return TEMPLATE_MATCHED;
}

const struct template_type template_id_only = {
    .name = "id-only",
    .technologies = technologies_of,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
