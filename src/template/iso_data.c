/* SPDX-License-Identifier: MIT */
/*
 * The template "ISO Data": up to three fixed APDUs to a card that speaks ISO/IEC 14443-4 or the Innovatron protocol;
 * the data of the last answer is put out. Format: the vendor's template registers (firmware 1.31), "ISO Data"; ISO/IEC
 * 7816-4:2013, 5.1 and 5.6.
 *
 * Assumption: registers that are empty are left out, wherever they stand; an instance without any APDU matches nothing.
 * Only 9xxx goes on: a warning (62xx, 63xx) is no success, because its data may be damaged. An answer that is spread
 * over several (61 XX) or asks for another Le (6C XX) is followed up, of each APDU.
 */
#include "base/apdu.h"
#include "base/memory.h"
#include "card/kind.h"
#include "template/output.h"
#include "template/type.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKUP_A = 0x11, LOOKUP_B = 0x12, LOOKUP_A_B = 0x13, LOOKUP_INNOVATRON = 0x72 };
enum { TOKEN = 0x1F, LETTER = 'T' };
enum { FIRST_APDU = 0x5 };
enum { ISO_DATA_APDUS = 3, ISO_DATA_APDU_MAX_BYTES = 32 };
enum { SW1_SUCCESS = 0x9 };

struct apdu {
    uint8_t bytes[ISO_DATA_APDU_MAX_BYTES];
    size_t size_bytes;
};

struct iso_data {
    unsigned technologies;
    struct apdu apdus[ISO_DATA_APDUS];
    size_t count;
    bool valid;               /* every APDU is one */
    struct output output;
};

static unsigned technologies(uint8_t lookup)
{
    switch (lookup) {
    case LOOKUP_A:
        return CARD_NFC_A;
    case LOOKUP_B:
        return CARD_NFC_B;
    case LOOKUP_A_B:
        return CARD_NFC_A | CARD_NFC_B;
    case LOOKUP_INNOVATRON:
        return CARD_INNOVATRON;
    default:
        return 0;
    }
}

static void take_apdu(struct iso_data *iso_data, const struct template_register *from)
{
    if (from->size_bytes == 0)
        return;
    if (from->size_bytes > ISO_DATA_APDU_MAX_BYTES || !apdu_is_command(from->bytes, from->size_bytes)) {
        iso_data->valid = false;
        return;
    }
    struct apdu *apdu = &iso_data->apdus[iso_data->count++];
    memcpy(apdu->bytes, from->bytes, from->size_bytes);
    apdu->size_bytes = from->size_bytes;
}

static void *create(const struct template_registers *registers)
{
    struct iso_data *iso_data = memory_zeroed(1, sizeof *iso_data);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;

    iso_data->technologies = technologies(registers->at[TEMPLATE_LOOKUP].bytes[0]);
    iso_data->valid = true;
    for (size_t i = 0; i < ISO_DATA_APDUS; i++)
        take_apdu(iso_data, &registers->at[FIRST_APDU + i]);
    output_init(&iso_data->output, registers, (struct output_shift) { location[0], location[1] }, TOKEN, LETTER);
    return iso_data;
}

static void release(void *instance)
{
    struct iso_data *iso_data = instance;

    output_release(&iso_data->output);
    explicit_bzero(iso_data->apdus, sizeof iso_data->apdus); /* one may be a VERIFY, with its password */
    free(iso_data);
}

static bool wants(const void *instance, const struct card *card)
{
    const struct iso_data *iso_data = instance;

    if (!iso_data->valid || iso_data->count == 0 || (iso_data->technologies & (unsigned) card->technology) == 0)
        return false;
    return card->technology == CARD_INNOVATRON || card_has_apdus(card);
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct iso_data *iso_data = instance;
    uint8_t data[EXCHANGE_CHAINED_MAX_BYTES];
    size_t size_bytes = 0;

    for (size_t i = 0; i < iso_data->count; i++) {
        const struct apdu *apdu = &iso_data->apdus[i];
        int status = exchange_chained(exchange, apdu->bytes, apdu->size_bytes, data, sizeof data, &size_bytes);
        if (status < 0) {
            found->error = (enum card_error) status;
            return TEMPLATE_FAILED;
        }
        if (status >> 12 != SW1_SUCCESS)
            return TEMPLATE_NO_MATCH;
    }
    found->tag_data = output_put(&iso_data->output, data, size_bytes);
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

const struct template_type template_iso_data = {
    .name = "iso-data",
    .technologies = technologies,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
