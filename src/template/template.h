/* SPDX-License-Identifier: MIT */
/*
 * The template engine: from a card to a token. Four instances, tried in the order 1 to 4, the first that matches wins;
 * with no template set at all, fast inventory (identifier only).
 *
 * A template set is constant after template_set_create and may be used by all reader threads at once.
 */
#ifndef SPRINGPARK_TEMPLATE_TEMPLATE_H
#define SPRINGPARK_TEMPLATE_TEMPLATE_H

#include "card/card.h"
#include "template/token.h"

#include <stddef.h>
#include <stdint.h>

enum { TEMPLATE_COUNT = 4 };

/* The registers 03t0 to 03t4 of one instance, raw. lookup 0 = disabled. */
struct template_registers {
    uint8_t lookup;
    uint8_t output_format[2];
    const char *prefix;   /* with escapes, copied */
    uint8_t location[2];
    uint8_t options;
};

enum template_result {
    TEMPLATE_MATCHED,   /* *token is set */
    TEMPLATE_NO_MATCH,  /* no template wants this card */
    TEMPLATE_FAILED,    /* a template wanted it and the card left, muted or answered nonsense */
};

struct template_set;

struct template_set *template_set_create(const struct template_registers registers[TEMPLATE_COUNT]);
void template_set_free(struct template_set *set);

/* The technologies that any template asks for, as card_technology bits; all of them in fast inventory. */
unsigned template_set_technologies(const struct template_set *set);

/*
 * On the card's reader thread: may talk to the card. The token is the caller's (token_free).
 *
 * A card whose technology is unknown matches only the templates that look for all protocols (LKL FF). A template whose
 * shift is longer than the card's identifier does not match it, so that no two cards get the same empty output.
 * A card without an identifier is TEMPLATE_FAILED.
 */
enum template_result template_set_run(const struct template_set *set, struct card *card, struct token **token);

#endif
