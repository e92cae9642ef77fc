/* SPDX-License-Identifier: MIT */
/*
 * The template "NDEF Data": puts out what a record of an NFC Forum tag's NDEF message says. Format: the vendor's
 * template registers (firmware 1.31), "NDEF Data".
 *
 * The vendor's documents leave holes, too:
 *
 * Assumption: register 5 empty or 0, which is its default and no value of its list, counts as FF, so that a template
 * whose registers were never written finds something.
 *
 * Assumption: what is put out depends on the record, and not on the value of register 5 by which it was picked: the
 * text of a Text and the whole URI of a URI record also when they were asked for by TNF 1 and type. Of an absolute URI
 * it is the type, where NDEF 1.0 has the URI. Of all others it is the payload.
 *
 * Assumption: the first record of the message that fits is taken, whatever its length; if the shift is beyond its data
 * no other one is tried, and the card does not match. A Text or URI that cannot be read does not fit.
 *
 * Assumption: register 6 is looked at only with TNF 1 to 4, as the vendor's tool offers it; empty, it fits any type.
 *
 * Assumption: a "SpringCard data entry" is described nowhere. It is taken to be an external record whose type begins
 * with the vendor's domain, "springcard.com:", and what is put out is its payload.
 *
 * Assumption: a message is read and checked as a whole before any of it is put out. One that is malformed, or has a
 * chunked record, anywhere, counts as none.
 */
#include "base/memory.h"
#include "card/kind.h"
#include "card/ndef_text.h"
#include "card/type2.h"
#include "card/type3.h"
#include "card/type4.h"
#include "card/type5.h"
#include "template/output.h"
#include "template/type.h"

#include <assert.h>
#include <stdlib.h>

enum { REGISTER_TNF = 0x5, REGISTER_TYPE = 0x6 };
enum { TNF_SPRINGCARD = 0x53, TNF_TEXT = 0x54, TNF_URI = 0x55, TNF_ANY = 0xFF };
enum { TYPE_TOKEN = 0x4F, TYPE_LETTER = 'N' };

enum tag_type { TAG_NONE = 0, TAG_TYPE_2 = 1 << 0, TAG_TYPE_3 = 1 << 1, TAG_TYPE_4 = 1 << 2, TAG_TYPE_5 = 1 << 3 };

struct ndef_template {
    unsigned technologies;            /* card_technology bits */
    unsigned tag_types;               /* tag_type bits */
    uint8_t tnf;
    struct template_register type;    /* the filter; empty = any */
    struct output output;
};

static const struct lookup {
    uint8_t lookup;
    unsigned technologies;
    unsigned tag_types;
} lookups[] = {
    { 0x42, CARD_NFC_A, TAG_TYPE_2 },
    { 0x43, CARD_NFC_F, TAG_TYPE_3 },
    { 0x44, CARD_NFC_A | CARD_NFC_B, TAG_TYPE_4 },
    { 0x45, CARD_NFC_V, TAG_TYPE_5 },
    { 0x4A, CARD_NFC_A, TAG_TYPE_4 },
    { 0x4B, CARD_NFC_B, TAG_TYPE_4 },
    { 0x4E, CARD_NFC_A | CARD_NFC_B | CARD_NFC_F | CARD_NFC_V, TAG_TYPE_2 | TAG_TYPE_3 | TAG_TYPE_4 | TAG_TYPE_5 },
};

static const struct lookup *find_lookup(uint8_t lookup)
{
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
        if (lookups[i].lookup == lookup)
            return &lookups[i];
    }
    return NULL;
}

static unsigned technologies_of(uint8_t lookup)
{
    const struct lookup *found = find_lookup(lookup);

    return found != NULL ? found->technologies : 0;
}

static void *create(const struct template_registers *registers)
{
    struct ndef_template *template = memory_zeroed(1, sizeof *template);
    const struct lookup *lookup = find_lookup(registers->at[TEMPLATE_LOOKUP].bytes[0]);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;
    uint8_t tnf = registers->at[REGISTER_TNF].bytes[0];

    assert(lookup != NULL);
    template->technologies = lookup->technologies;
    template->tag_types = lookup->tag_types;
    template->tnf = tnf != 0 ? tnf : TNF_ANY;
    template->type = registers->at[REGISTER_TYPE];
    output_init(&template->output, registers, (struct output_shift) { location[0], location[1] }, TYPE_TOKEN,
                TYPE_LETTER);
    return template;
}

static void release(void *instance)
{
    struct ndef_template *template = instance;

    output_release(&template->output);
    free(template);
}

/* A card that takes APDUs is asked as a Type 4 tag, whatever memory it has beside. */
static enum tag_type tag_type_of(const struct card *card)
{
    if ((card->technology == CARD_NFC_A || card->technology == CARD_NFC_B) && card_has_apdus(card))
        return TAG_TYPE_4;
    switch (card_memory(card)) {
    case CARD_MEMORY_TYPE_2:
        return TAG_TYPE_2;
    case CARD_MEMORY_TYPE_3:
        return TAG_TYPE_3;
    case CARD_MEMORY_TYPE_5:
        return TAG_TYPE_5;
    case CARD_MEMORY_NONE:
    case CARD_MEMORY_TYPE_1:
    case CARD_MEMORY_CLASSIC:
    default:
        return TAG_NONE;
    }
}

static bool wants(const void *instance, const struct card *card)
{
    const struct ndef_template *template = instance;

    return (template->technologies & (unsigned) card->technology) != 0 &&
           (template->tag_types & (unsigned) tag_type_of(card)) != 0;
}

static int read_ndef(struct exchange *exchange, struct ndef_data *message)
{
    switch (tag_type_of(exchange->card)) {
    case TAG_TYPE_2:
        return type2_read_ndef(exchange, message);
    case TAG_TYPE_3:
        return type3_read_ndef(exchange, message);
    case TAG_TYPE_4:
        return type4_read_ndef(exchange, message);
    case TAG_TYPE_5:
        return type5_read_ndef(exchange, message);
    case TAG_NONE:
    default:
        return TAG_READ_NONE;
    }
}

static bool is_springcard_entry(const struct ndef_record *record)
{
    return ndef_is_external(record, "springcard.com:");
}

static bool fits(const struct ndef_template *template, const struct ndef_record *record)
{
    const struct template_register *type = &template->type;

    switch (template->tnf) {
    case TNF_SPRINGCARD:
        return is_springcard_entry(record);
    case TNF_TEXT:
        return ndef_is_text(record);
    case TNF_URI:
        return ndef_is_uri(record);
    case TNF_ANY:
        return is_springcard_entry(record) || ndef_is_text(record) || ndef_is_uri(record);
    default:
        return record->tnf != NDEF_EMPTY && (uint8_t) record->tnf == template->tnf &&
               (type->size_bytes == 0 || ndef_has_type(record, type->bytes, type->size_bytes));
    }
}

/* The data of the first record that fits. */
static bool find_data(const struct ndef_template *template, const struct ndef_data *message, struct ndef_data *data)
{
    struct ndef_reader reader;
    struct ndef_record record;

    if (ndef_check(message->bytes, message->size_bytes) != NDEF_END)
        return false;
    ndef_begin(&reader, message->bytes, message->size_bytes);
    while (ndef_next(&reader, &record) == NDEF_RECORD) {
        if (fits(template, &record) && ndef_data_of(&record, data))
            return true;
    }
    return false;
}

static enum template_result put(const struct ndef_template *template, const struct ndef_data *message,
                                struct template_found *found)
{
    struct ndef_data data = { 0 };

    if (!find_data(template, message, &data))
        return TEMPLATE_NO_MATCH;
    found->tag_data = output_put(&template->output, data.bytes, data.size_bytes);
    free(data.bytes);
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    struct ndef_data message = { 0 };
    int result = read_ndef(exchange, &message);

    if (result < 0) {
        found->error = (enum card_error) result;
        return TEMPLATE_FAILED;
    }
    if (result != TAG_READ_DONE)
        return TEMPLATE_NO_MATCH;
    enum template_result put_out = put(instance, &message, found);
    free(message.bytes);
    return put_out;
}

const struct template_type template_ndef_data = {
    .name = "ndef-data",
    .technologies = technologies_of,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
