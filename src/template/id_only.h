/* SPDX-License-Identifier: MIT */
/*
 * The template "ID Only": puts out the identifier that the RF protocol itself gives, and reads no memory. Format: the
 * vendor's template registers (firmware 1.31), "ID Only".
 *
 * Any thread; the structure is the caller's and constant after id_only_init.
 */
#ifndef SPRINGPARK_TEMPLATE_ID_ONLY_H
#define SPRINGPARK_TEMPLATE_ID_ONLY_H

#include "card/card.h"
#include "template/output.h"
#include "template/template.h"

#include <stdbool.h>

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

/* The technologies that an LKL value of this template asks for, as card_technology bits; 0 if it is none of its own. */
unsigned id_only_technologies(uint8_t lookup);

/* Decodes the registers; id_only_release frees what it holds. */
void id_only_init(struct id_only *id_only, const struct template_registers *registers);
void id_only_release(struct id_only *id_only);

/* Whether the template wants that card. */
bool id_only_wants(const struct id_only *id_only, const struct card *card);

/* The output for that card in new memory that the caller frees; NULL if the shift leaves nothing of its identifier. */
char *id_only_run(const struct id_only *id_only, const struct card *card);

#endif
