/* SPDX-License-Identifier: MIT */
#include "tool/registers_choice.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/config_extensions.h"
#include "device/nearest.h"
#include "device/register_types.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 3 };

static void add(struct registers_choices *choices, const struct register_def *def, unsigned instance, const char *path)
{
    choices->items = memory_resize(choices->items, choices->count + 1, sizeof *choices->items);
    choices->items[choices->count++] =
        (struct registers_choice) { .def = def, .instance = instance, .path = path };
}

/* path itself, or a setting of the group path; "[2]" in path is passed over. */
static bool is_within(const char *setting, const char *path)
{
    for (; *path != '\0'; path++) {
        if (*path == '[' && strchr(path, ']') != NULL)
            path = strchr(path, ']');
        else if (*setting++ != *path)
            return false;
    }
    return *setting == '\0' || *setting == '.';
}

/* Whether path is of that instance: "templates[2].swap" is of the second only, what has no index is of each. */
static bool is_of_instance(const char *path, const struct register_def *def, unsigned instance)
{
    const char *bracket = path != NULL ? strchr(path, '[') : NULL;

    if (bracket == NULL)
        return true;
    return def->per_template && strncmp(path, "templates[", strlen("templates[")) == 0 && bracket[2] == ']' &&
           bracket[1] == (char) ('1' + instance);
}

static void add_instances(struct registers_choices *choices, const struct register_def *def, const char *path)
{
    unsigned instances = def->per_template ? REGISTER_TEMPLATE_INSTANCES : 1;

    for (unsigned instance = 0; instance < instances; instance++) {
        if (is_of_instance(path, def, instance))
            add(choices, def, instance, path);
    }
}

void registers_choose_all(struct registers_choices *choices)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (unsigned instance = 0; instance < REGISTER_TEMPLATE_INSTANCES; instance++) {
        for (size_t i = 0; i < count; i++) {
            if (instance == 0 || table[i].per_template)
                add(choices, &table[i], instance, NULL);
        }
    }
}

void registers_choices_free(struct registers_choices *choices)
{
    free(choices->items);
    *choices = (struct registers_choices) { 0 };
}

bool registers_choice_has(const struct registers_choice *choice, const struct field_def *field)
{
    return choice->path == NULL || (field->path != NULL && is_within(field->path, choice->path));
}

static bool has_setting(const struct register_def *def, const char *word)
{
    for (size_t i = 0; i < def->fields_count; i++) {
        if (def->fields[i].path != NULL && is_within(def->fields[i].path, word))
            return true;
    }
    return false;
}

/* Whether a register of templates has the setting for some type. */
static bool has_setting_in_a_type(const struct register_def *row, const char *word)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    for (size_t i = 0; row->per_template && i < count; i++) {
        if (has_setting(register_variant(&types[i], row, false), word) ||
            has_setting(register_variant(&types[i], row, true), word))
            return true;
    }
    return false;
}

void registers_choices_settle(struct registers_choices *choices, const struct registers *registers)
{
    size_t count = 0;

    for (size_t i = 0; i < choices->count; i++) {
        struct registers_choice choice = choices->items[i];

        choice.def = registers_def(registers, choice.def, choice.instance);
        if (choice.path == NULL || has_setting(choice.def, choice.path))
            choices->items[count++] = choice;
    }
    choices->count = count;
}

static bool choose_by_name(struct registers_choices *choices, const char *word)
{
    size_t count, before = choices->count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        bool found = has_setting(&table[i], word) || has_setting_in_a_type(&table[i], word);

        if (strcmp(table[i].name, word) == 0)
            add_instances(choices, &table[i], NULL);
        else if (found)
            add_instances(choices, &table[i], word);
    }
    return choices->count > before;
}

/* "mqtt.port, mqtt.broker": those of the names that are nearest to word, the nearest first; "" if none is near. */
struct candidates {
    const char *word;
    const char *names[CANDIDATES_MAX];
    size_t costs[CANDIDATES_MAX];
    size_t count;
};

static void offer(struct candidates *candidates, const char *name)
{
    size_t cost = nearest_cost(candidates->word, name), at = 0;

    if (cost > nearest_limit(candidates->word))
        return;
    while (at < candidates->count && candidates->costs[at] <= cost)
        at++;
    if (at == CANDIDATES_MAX)
        return;
    if (candidates->count < CANDIDATES_MAX)
        candidates->count++;
    for (size_t i = candidates->count - 1; i > at; i--) {
        candidates->names[i] = candidates->names[i - 1];
        candidates->costs[i] = candidates->costs[i - 1];
    }
    candidates->names[at] = name;
    candidates->costs[at] = cost;
}

static void offer_path(void *context, const char *path)
{
    offer(context, path);
}

static void offer_all(struct candidates *candidates)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        offer(candidates, table[i].name);
        for (size_t k = 0; !table[i].per_template && k < table[i].fields_count; k++) {
            if (table[i].fields[k].path != NULL)
                offer(candidates, table[i].fields[k].path);
        }
    }
    register_visit_template_paths(offer_path, candidates);
}

static char *unknown_name(const char *word)
{
    struct candidates candidates = { .word = word };
    char *text = text_format("there is no register or setting \"%s\"", word);

    offer_all(&candidates);
    for (size_t i = 0; i < candidates.count; i++) {
        const char *between = i == 0 ? "; did you mean " : i + 1 == candidates.count ? " or " : ", ";
        char *longer = text_format("%s%s%s", text, between, candidates.names[i]);

        free(text);
        text = longer;
    }
    if (candidates.count == 0) {
        free(text);
        return text_format("there is no register or setting \"%s\"; `springparkctl registers` lists them all", word);
    }
    char *question = text_format("%s?", text);
    free(text);
    return question;
}

static char *unknown_address(uint16_t address)
{
    struct registers_choices all = { 0 };
    int below = -1, above = -1;

    registers_choose_all(&all);
    for (size_t i = 0; i < all.count; i++) {
        int other = register_address(all.items[i].def, all.items[i].instance);

        if (other < address && other > below)
            below = other;
        if (other > address && (above < 0 || other < above))
            above = other;
    }
    registers_choices_free(&all);
    if (below < 0 || above < 0)
        return text_format("there is no register %04X; the nearest is %04X", address,
                           (unsigned) (below < 0 ? above : below));
    return text_format("there is no register %04X; the nearest are %04X and %04X", address, (unsigned) below,
                       (unsigned) above);
}

static bool is_hex(const char *word)
{
    return *word != '\0' && strspn(word, "0123456789abcdefABCDEF") == strlen(word);
}

/* A setting, or a group of settings, that no register holds. */
static bool is_extension(const char *word)
{
    size_t count;
    const struct extension_def *table = extension_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (is_within(table[i].field.path, word))
            return true;
    }
    return extension_find(word) != NULL || is_within(word, "certificates") || is_within(word, "keys") ||
           strcmp(word, "readers") == 0;
}

char *registers_choose(struct registers_choices *choices, const char *word)
{
    const char *digits = strncmp(word, "0x", 2) == 0 ? word + 2 : word;
    uint8_t bytes[2];
    unsigned instance;

    if (choose_by_name(choices, word))
        return NULL;
    if (is_extension(word))
        return text_format("%s is a setting of this gateway only, and no register holds it; `springparkctl registers"
                           " --sample` says what it does", word);
    if (is_hex(digits) && hex_to_bytes(digits, strlen(digits), bytes, sizeof bytes) == sizeof bytes) {
        uint16_t address = (uint16_t) (bytes[0] << 8 | bytes[1]);
        const struct register_def *def = register_find(address, &instance);

        if (def == NULL)
            return unknown_address(address);
        add(choices, def, instance, NULL);
        return NULL;
    }
    if (is_hex(digits))
        return text_format("%s is no address; an address has four hex digits, for instance 02A1", word);
    return unknown_name(word);
}
