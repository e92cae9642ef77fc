/* SPDX-License-Identifier: MIT */
/*
 * What both DESFire templates have in common: how the card is spoken to (register OPT), which application is chosen
 * (LOC) and who we are to it (AUT). Format: the vendor's template registers (firmware 1.31), "Desfire Data" and
 * "Desfire ID".
 *
 * An access is constant after desfire_access_init; desfire_access_open runs on the card's reader thread.
 */
#ifndef SPRINGPARK_TEMPLATE_DESFIRE_ACCESS_H
#define SPRINGPARK_TEMPLATE_DESFIRE_ACCESS_H

#include "card/desfire.h"
#include "template/type.h"

#include <stdbool.h>
#include <stdint.h>

struct desfire_access {
    bool usable;              /* false: the registers ask for what this program has not (a SAM, RFU values) */
    bool iso_wrapping;
    bool select_name;         /* ISO SELECT of the DESFire before anything else */
    uint32_t application;     /* 24 bits; 0: the PICC level */
    enum desfire_authentication authentication;
    enum desfire_communication communication;
    bool diversified;         /* by AN10922 */
    uint8_t key_index;
    uint8_t key[DESFIRE_KEY_BYTES];
};

/* From the registers LOC, OPT and AUT. Released by desfire_access_release, which wipes the key. */
void desfire_access_init(struct desfire_access *access, const struct template_registers *registers);
void desfire_access_release(struct desfire_access *access);

/* Whether that card may be a DESFire at all: type A, and one that takes APDUs. */
bool desfire_access_wants(const struct desfire_access *access, const struct card *card);

/*
 * Begins with the card: its application is chosen and, if AUT says so, authenticated. desfire: the caller ends it with
 * desfire_end, whatever is returned. Returns as the functions of card/desfire.h.
 */
int desfire_access_open(const struct desfire_access *access, struct exchange *exchange, struct desfire *desfire);

/* What a result of card/desfire.h that is not 0 means to the engine. */
enum template_result desfire_access_failed(int result, struct template_found *found);

#endif
