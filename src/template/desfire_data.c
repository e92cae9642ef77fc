/* SPDX-License-Identifier: MIT */
/*
 * The template "Desfire Data": one data file, or one record, of one application of a Mifare DESFire. Format: the
 * vendor's template registers (firmware 1.31), "Desfire Data".
 */
#include "base/memory.h"
#include "template/desfire_access.h"
#include "template/output.h"
#include "template/type.h"

#include <stdlib.h>

enum { DESFIRE_DATA_LOOKUP = 0x71, DESFIRE_DATA_LETTER = 'D' };

/* Register LOC: application (3), command and file, offset (3), length, shift by bytes, by bits. */
enum { LOCATION_FILE = 3, LOCATION_OFFSET = 4, LOCATION_LENGTH = 7, LOCATION_SHIFT = 8, COMMAND_SHIFT = 6 };

struct desfire_data {
    struct desfire_access access;
    struct desfire_file file;
    struct output output;
};

/*
 * Assumption: offset and application are numbers in the registers, the most significant byte first, as all numbers
 * there; a card gets the least significant first.
 *
 * Assumption: records. One record is read, as the vendor's older page says. Length is how long it has to be: a record
 * of another length does not match. Length 0: as long as it is. Offset 0 is the newest record.
 *
 * Assumption: length of a data file. The card gets the length of LOC, whatever the output takes of it; 0 asks for all
 * from the offset to the end of the file, here up to 4096 bytes (the vendor's readers: 256), and a longer one does not
 * match.
 *
 * Assumption: without an authentication everything is plain, whatever the communication mode says. With one, the mode
 * has to be the one of the file, or plain if anybody may read it.
 */

static unsigned technologies_of(uint8_t lookup)
{
    return lookup == DESFIRE_DATA_LOOKUP ? CARD_NFC_A : 0;
}

static void *create(const struct template_registers *registers)
{
    static const uint8_t commands[4] = { 0xBD, 0xAD, 0xBB, 0xAB };
    struct desfire_data *data = memory_zeroed(1, sizeof *data);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;
    const uint8_t *offset = location + LOCATION_OFFSET;
    const struct output_shift shift = { location[LOCATION_SHIFT], location[LOCATION_SHIFT + 1] };

    desfire_access_init(&data->access, registers);
    data->file = (struct desfire_file) {
        .command = commands[location[LOCATION_FILE] >> COMMAND_SHIFT],
        .number = location[LOCATION_FILE] & 0x0F,
        .offset = (uint32_t) offset[0] << 16 | (uint32_t) offset[1] << 8 | offset[2],
        .length_bytes = location[LOCATION_LENGTH],
        .communication = data->access.communication,
    };
    output_init(&data->output, registers, shift, DESFIRE_DATA_LOOKUP, DESFIRE_DATA_LETTER);
    return data;
}

static void release(void *instance)
{
    struct desfire_data *data = instance;

    desfire_access_release(&data->access);
    output_release(&data->output);
    free(data);
}

static bool wants(const void *instance, const struct card *card)
{
    const struct desfire_data *data = instance;

    return desfire_access_wants(&data->access, card);
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct desfire_data *data = instance;
    struct desfire desfire;
    uint8_t bytes[DESFIRE_DATA_MAX_BYTES];
    size_t size_bytes = 0;
    int result = desfire_access_open(&data->access, exchange, &desfire);

    if (result == 0)
        result = desfire_read(&desfire, &data->file, bytes, &size_bytes);
    desfire_end(&desfire);
    if (result != 0)
        return desfire_access_failed(result, found);
    found->tag_data = output_put(&data->output, bytes, size_bytes);
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

const struct template_type template_desfire_data = {
    .name = "desfire-data",
    .technologies = technologies_of,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
