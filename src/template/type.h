/* SPDX-License-Identifier: MIT */
/*
 * What a template type is to the engine: one row of its table. Each type has a file of its own that finds its data on the
 * card; what becomes of the data is output.h's.
 *
 * An instance of a template is constant after create and may be used by all reader threads at once; run is called on the
 * card's reader thread.
 */
#ifndef SPRINGPARK_TEMPLATE_TYPE_H
#define SPRINGPARK_TEMPLATE_TYPE_H

#include "card/exchange.h"
#include "template/template.h"

#include <stdbool.h>
#include <stdint.h>

/* What run leaves behind. */
struct template_found {
    char *tag_data;         /* TEMPLATE_MATCHED: the output, which the caller frees */
    char *tag_details;      /* TEMPLATE_MATCHED: more of it, or NULL; the caller frees it */
    enum card_error error;  /* TEMPLATE_FAILED: why */
};

struct template_type {
    const char *name;       /* the setting templates.type */

    /* The card_technology bits that this LKL looks for; 0: it is no LKL of this type. */
    unsigned (*technologies)(uint8_t lookup);

    /* A new instance; registers->at[TEMPLATE_LOOKUP] is one of this type's, and the configuration has checked the rest.
     * A register that is empty or too short counts as filled up with 0. */
    void *(*create)(const struct template_registers *registers);
    void (*free)(void *instance);

    /* Whether the template is for such a card at all, without asking it anything. */
    bool (*wants)(const void *instance, const struct card *card);

    /*
     * TEMPLATE_NO_MATCH: the card answers, and is not one that this instance can read (there is no such file, the key is
     * refused, its memory is too short): the next instance is tried. TEMPLATE_FAILED: the card left, muted, or answered
     * what no card may; found->error says which. found is zeroed before.
     */
    enum template_result (*run)(const void *instance, struct exchange *exchange, struct template_found *found);
};

extern const struct template_type template_id_only;
extern const struct template_type template_ndef_data;
extern const struct template_type template_mifare_ultralight;
extern const struct template_type template_mifare_classic;
extern const struct template_type template_iso15693_memory;
extern const struct template_type template_iso_data;
extern const struct template_type template_desfire_data;
extern const struct template_type template_desfire_id;

#endif
