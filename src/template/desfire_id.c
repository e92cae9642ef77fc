/* SPDX-License-Identifier: MIT */
/*
 * The template "Desfire ID": the UID of a Mifare DESFire, also of one that shows another one each time (random ID).
 * Format: the vendor's template registers (firmware 1.31), "Desfire ID".
 */
#include "base/log.h"
#include "base/memory.h"
#include "template/desfire_access.h"
#include "template/output.h"
#include "template/type.h"

#include <stdlib.h>
#include <string.h>

enum { DESFIRE_ID_LOOKUP = 0x70, DESFIRE_ID_LETTER = 'D' };

/* Register LOC: application (3), shift by bytes, by bits. */
enum { LOCATION_SHIFT = 3 };

struct desfire_id {
    struct desfire_access access;
    struct output output;
};

/*
 * Assumption: with an authentication the UID comes by GetCardUID, at the PICC level or in the application; without one
 * by GetVersion, in which a card that hides its UID says zeros: such a card does not match. An application without an
 * authentication is chosen before, so that only cards match that have it. GetCardUID is always encrypted, whatever the
 * communication mode says, for the card knows it no other way.
 */

static unsigned technologies_of(uint8_t lookup)
{
    return lookup == DESFIRE_ID_LOOKUP ? CARD_NFC_A : 0;
}

static void *create(const struct template_registers *registers)
{
    struct desfire_id *id = memory_zeroed(1, sizeof *id);
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;
    const struct output_shift shift = { location[LOCATION_SHIFT], location[LOCATION_SHIFT + 1] };

    desfire_access_init(&id->access, registers);
    if (id->access.diversified) /* no bits of this template's AUT */
        id->access.usable = false;
    output_init_identifier(&id->output, registers, shift, DESFIRE_ID_LOOKUP, DESFIRE_ID_LETTER);
    return id;
}

static void release(void *instance)
{
    struct desfire_id *id = instance;

    desfire_access_release(&id->access);
    output_release(&id->output);
    free(id);
}

static bool wants(const void *instance, const struct card *card)
{
    const struct desfire_id *id = instance;

    return desfire_access_wants(&id->access, card);
}

static int read_uid(const struct desfire_id *id, struct exchange *exchange, uint8_t uid[DESFIRE_UID_BYTES])
{
    static const uint8_t hidden[DESFIRE_UID_BYTES] = { 0 };
    struct desfire desfire;
    int result = desfire_access_open(&id->access, exchange, &desfire);

    if (result == 0 && id->access.authentication != DESFIRE_UNAUTHENTICATED)
        result = desfire_get_card_uid(&desfire, uid);
    else if (result == 0)
        result = desfire_get_version(&desfire, uid);
    desfire_end(&desfire);
    if (result != 0 || memcmp(uid, hidden, sizeof hidden) != 0)
        return result;
    log_debug("desfire", "the card hides its UID; a key and its place are needed");
    return DESFIRE_REFUSED;
}

static enum template_result run(const void *instance, struct exchange *exchange, struct template_found *found)
{
    const struct desfire_id *id = instance;
    uint8_t uid[DESFIRE_UID_BYTES];
    int result = read_uid(id, exchange, uid);

    if (result != 0)
        return desfire_access_failed(result, found);
    found->tag_data = output_put(&id->output, uid, sizeof uid);
    return found->tag_data != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH;
}

const struct template_type template_desfire_id = {
    .name = "desfire-id",
    .technologies = technologies_of,
    .create = create,
    .free = release,
    .wants = wants,
    .run = run,
};
