/* SPDX-License-Identifier: MIT */
/*
 * The template engine: from a card to a token. Four instances, tried in the order 1 to 4, the first that matches wins;
 * with no template set at all, fast inventory (identifier only).
 *
 * A template set is constant after template_set_create and may be used by all reader threads at once.
 */
#ifndef SPRINGPARK_TEMPLATE_TEMPLATE_H
#define SPRINGPARK_TEMPLATE_TEMPLATE_H

#include "base/clock.h"
#include "card/card.h"
#include "template/token.h"

#include <stddef.h>
#include <stdint.h>

enum { TEMPLATE_COUNT = 4 };

/* The registers 03t0 to 03tB of one instance, raw, as the device would hold them; which mean what depends on the type. */
enum {
    TEMPLATE_LOOKUP = 0x0,        /* LKL; empty or 00 = disabled */
    TEMPLATE_OUTPUT_FORMAT = 0x1, /* TOF */
    TEMPLATE_PREFIX = 0x2,        /* PFX, with its escapes */
    TEMPLATE_LOCATION = 0x3,      /* LOC */
    TEMPLATE_OPTIONS = 0x4,       /* OPT */
    TEMPLATE_REGISTERS = 0xC,
};
enum { TEMPLATE_REGISTER_MAX_BYTES = 64 };

struct template_register {
    uint8_t bytes[TEMPLATE_REGISTER_MAX_BYTES]; /* 0 after the end */
    size_t size_bytes;
};

struct template_registers {
    struct template_register at[TEMPLATE_REGISTERS];
};

enum template_result {
    TEMPLATE_MATCHED,   /* *token is set */
    TEMPLATE_NO_MATCH,  /* no template wants this card */
    TEMPLATE_FAILED,    /* a template wanted it and the card left, muted or answered nonsense */
};

struct template_set;

/* What a read that failed may still do. */
struct template_limits {
    const struct clock *clock;
    uint64_t retry_ms;    /* how long after its begin a card that muted is asked again */
};

/* The name of the template type that looks for such cards ("ndef-data"), or NULL if this program has none. Any thread. */
const char *template_type_of_lookup(uint8_t lookup);

/* registers are copied; keys in them are wiped by template_set_free. An LKL that no type has matches nothing. */
struct template_set *template_set_create(const struct template_registers registers[TEMPLATE_COUNT]);
void template_set_free(struct template_set *set);

/* The technologies that any template asks for, as card_technology bits; all of them in fast inventory. */
unsigned template_set_technologies(const struct template_set *set);

/*
 * On the card's reader thread: may talk to the card. The token is the caller's (token_free). *error is set for
 * TEMPLATE_FAILED.
 *
 * A card whose technology is unknown matches only the templates that look for all protocols (LKL FF). A template whose
 * shift is longer than the card's data does not match it, so that no two cards get the same empty output. A card without
 * an identifier is TEMPLATE_FAILED. A card that muted in the middle of a read is asked again from the start while
 * limits->retry_ms lasts; nothing of a broken read is ever put out.
 */
enum template_result template_set_run(const struct template_set *set, struct card *card,
                                      const struct template_limits *limits, struct token **token,
                                      enum card_error *error);

#endif
