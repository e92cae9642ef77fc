/* SPDX-License-Identifier: MIT */
#include "template/template.h"

#include "base/hex.h"
#include "base/memory.h"
#include "template/id_only.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

/* ID Only is the one type that there is; an LKL of another type is refused with the configuration and matches nothing. */
struct template_instance {
    bool enabled;
    struct id_only id_only;
};

struct template_set {
    struct template_instance instances[TEMPLATE_COUNT];
    bool fast_inventory;
};

struct template_set *template_set_create(const struct template_registers registers[TEMPLATE_COUNT])
{
    struct template_set *set = memory_zeroed(1, sizeof *set);

    set->fast_inventory = true;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        if (registers[i].lookup == 0)
            continue;
        set->instances[i].enabled = true;
        id_only_init(&set->instances[i].id_only, &registers[i]);
        set->fast_inventory = false;
    }
    return set;
}

void template_set_free(struct template_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++)
        id_only_release(&set->instances[i].id_only);
    free(set);
}

unsigned template_set_technologies(const struct template_set *set)
{
    unsigned technologies = 0;

    if (set->fast_inventory)
        return id_only_technologies(0xFF);
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        if (set->instances[i].enabled)
            technologies |= set->instances[i].id_only.technologies;
    }
    return technologies;
}

static struct token *new_token(const struct card *card, int template_number, char *tag_data)
{
    struct token *token = memory_zeroed(1, sizeof *token);

    token->interface = "13.56";
    token->protocol = card_protocol_name(card->technology);
    token->template_number = template_number;
    token->tag_id = hex_from_bytes(card->uid, card->uid_bytes);
    token->tag_data = tag_data;
    return token;
}

enum template_result template_set_run(const struct template_set *set, struct card *card, struct token **token)
{
    assert(card->uid_bytes <= CARD_UID_MAX_BYTES && card->protocol_bytes_count <= CARD_PROTOCOL_MAX_BYTES);
    if (card->uid_bytes == 0) /* the card answered, but with no identifier */
        return TEMPLATE_FAILED;
    if (set->fast_inventory) {
        *token = new_token(card, 0, NULL);
        return TEMPLATE_MATCHED;
    }
    for (int i = 0; i < TEMPLATE_COUNT; i++) {
        const struct template_instance *instance = &set->instances[i];
        if (!instance->enabled || !id_only_wants(&instance->id_only, card))
            continue;
        char *tag_data = id_only_run(&instance->id_only, card);
        if (tag_data == NULL)
            continue;
        *token = new_token(card, i + 1, tag_data);
        return TEMPLATE_MATCHED;
    }
    return TEMPLATE_NO_MATCH;
}
