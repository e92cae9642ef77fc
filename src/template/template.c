/* SPDX-License-Identifier: MIT */
#include "template/template.h"

#include "base/hex.h"
#include "base/memory.h"
#include "template/id_only.h"
#include "template/type.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct template_type *const types[] = {
    &template_id_only,
    &template_ndef_data,
    &template_mifare_ultralight,
    &template_mifare_classic,
    &template_iso15693_memory,
    &template_iso_data,
    &template_desfire_data,
    &template_desfire_id,
};

/* A card that muted is asked again so often at most, however long the read interval is. */
enum { RETRIES_MAX = 3 };

struct template_instance {
    const struct template_type *type; /* NULL = disabled */
    unsigned technologies;
    void *instance;
};

struct template_set {
    struct template_instance instances[TEMPLATE_COUNT];
    bool fast_inventory;
};

static const struct template_type *type_of(uint8_t lookup)
{
    for (size_t i = 0; lookup != 0 && i < sizeof types / sizeof *types; i++) {
        if (types[i]->technologies(lookup) != 0)
            return types[i];
    }
    return NULL;
}

const char *template_type_of_lookup(uint8_t lookup)
{
    const struct template_type *type = type_of(lookup);

    return type != NULL ? type->name : NULL;
}

struct template_set *template_set_create(const struct template_registers registers[TEMPLATE_COUNT])
{
    struct template_set *set = memory_zeroed(1, sizeof *set);

    set->fast_inventory = true;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        struct template_instance *instance = &set->instances[i];
        uint8_t lookup = registers[i].at[TEMPLATE_LOOKUP].bytes[0];

        if (lookup != 0)
            set->fast_inventory = false;
        instance->type = type_of(lookup);
        if (instance->type == NULL)
            continue;
        instance->technologies = instance->type->technologies(lookup);
        instance->instance = instance->type->create(&registers[i]);
    }
    return set;
}

void template_set_free(struct template_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        if (set->instances[i].type != NULL)
            set->instances[i].type->free(set->instances[i].instance);
    }
    free(set);
}

unsigned template_set_technologies(const struct template_set *set)
{
    unsigned technologies = 0;

    if (set->fast_inventory)
        return id_only_all_technologies();
    for (size_t i = 0; i < TEMPLATE_COUNT; i++)
        technologies |= set->instances[i].technologies;
    return technologies;
}

static struct token *new_token(const struct card *card, int template_number, const struct template_found *found)
{
    struct token *token = memory_zeroed(1, sizeof *token);

    token->interface = "13.56";
    token->protocol = card_protocol_name(card->technology);
    token->template_number = template_number;
    token->tag_id = hex_from_bytes(card->uid, card->uid_bytes);
    token->tag_data = found->tag_data;
    token->tag_details = found->tag_details;
    return token;
}

/* Each instance once, in their order. */
static enum template_result run_once(const struct template_set *set, struct exchange *exchange, struct token **token,
                                     enum card_error *error)
{
    for (int i = 0; i < TEMPLATE_COUNT; i++) {
        const struct template_instance *instance = &set->instances[i];
        struct template_found found = { 0 };

        if (instance->type == NULL || !instance->type->wants(instance->instance, exchange->card))
            continue;
        enum template_result result = instance->type->run(instance->instance, exchange, &found);
        if (result == TEMPLATE_MATCHED)
            *token = new_token(exchange->card, i + 1, &found);
        else
            assert(found.tag_data == NULL && found.tag_details == NULL);
        *error = found.error;
        if (result != TEMPLATE_NO_MATCH)
            return result;
    }
    return TEMPLATE_NO_MATCH;
}

/* Whether the card may be asked once more: it is there, there is time, and it can be brought back to its beginning. */
static bool may_retry(const struct template_limits *limits, struct card *card, uint64_t begin_ms, enum card_error *error)
{
    if (*error != CARD_ERROR_MUTE || card->restart == NULL ||
        clock_monotonic_ms(limits->clock) - begin_ms >= limits->retry_ms)
        return false;
    int restarted = card->restart(card);
    if (restarted == 0)
        return true;
    *error = (enum card_error) restarted;
    return false;
}

enum template_result template_set_run(const struct template_set *set, struct card *card,
                                      const struct template_limits *limits, struct token **token,
                                      enum card_error *error)
{
    static const struct template_found nothing;
    const uint64_t begin_ms = clock_monotonic_ms(limits->clock);

    assert(card->uid_bytes <= CARD_UID_MAX_BYTES && card->protocol_bytes_count <= CARD_PROTOCOL_MAX_BYTES);
    *error = CARD_ERROR_MUTE;
    if (card->uid_bytes == 0) /* the card answered, but with no identifier */
        return TEMPLATE_FAILED;
    if (set->fast_inventory) {
        *token = new_token(card, 0, &nothing);
        return TEMPLATE_MATCHED;
    }
    for (int attempt = 0;; attempt++) {
        struct exchange exchange;

        exchange_begin(&exchange, card, limits->clock);
        enum template_result result = run_once(set, &exchange, token, error);
        if (result != TEMPLATE_FAILED || attempt == RETRIES_MAX || !may_retry(limits, card, begin_ms, error))
            return result;
    }
}
