/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/apdu.h"
#include "base/memory.h"
#include "device/register_types.h"

#include <stdlib.h>
#include <string.h>

/* One template that is on. */
struct template_check {
    struct config_reader *reader;
    unsigned instance;
    const struct register_type *type;
    bool string;
};

static bool is_of(const struct template_check *check, const char *type)
{
    return strcmp(check->type->name, type) == 0;
}

/* The field of that name, which the type has or not: then NULL. */
static const struct field_def *find(const struct template_check *check, const char *name,
                                    const struct register_def **def)
{
    char *path = text_format("templates.%s", name);
    const struct field_def *field = register_type_field(check->type, check->string, path, def);

    free(path);
    return field;
}

static uint32_t number_of(const struct template_check *check, const char *name)
{
    const struct register_def *def;
    const struct field_def *field = find(check, name, &def);

    if (field == NULL)
        return 0;
    return registers_get_bits(check->reader->config->registers, register_address(def, check->instance), field->mask);
}

/* Who set it, by name or raw; else who said that there is a template. */
static const struct config_node *origin_of(const struct template_check *check, const char *name)
{
    const struct register_def *def;
    const struct field_def *field = find(check, name, &def);
    const struct config_node *node = config_origin_of(check->reader, def, field, check->instance);

    return node != NULL ? node : check->reader->lookups[check->instance];
}

static void complain(const struct template_check *check, const char *name, const char *problem)
{
    const struct register_def *def;

    find(check, name, &def);
    char *place = text_format("templates[%u].%s (register %04X)", check->instance + 1, name,
                              register_address(def, check->instance));
    config_complain(check->reader, origin_of(check, name), place, problem);
    free(place);
}

/* What is written by name and means nothing beside another setting. */
static void note_idle(const struct template_check *check, const char *name, const char *why)
{
    const struct register_def *def;
    const struct field_def *field = find(check, name, &def);
    const struct config_node *node =
        field != NULL ? config_origin_of_field(check->reader, def, field, check->instance) : NULL;

    if (node != NULL)
        errors_add(check->reader->notes, "%s:%d: templates[%u].%s (register %04X): has no effect %s", node->file,
                   node->line, check->instance + 1, name, register_address(def, check->instance), why);
}

static void check_lengths(const struct template_check *check)
{
    if (!check->string)
        return;
    if (number_of(check, "long") == 0) {
        note_idle(check, "long_length", "while long is false");
        return;
    }
    note_idle(check, "short_length", "while long is true");
    if (number_of(check, "long_length") == 0)
        complain(check, "long", "a long text needs its length; next: set long_length, 1 to 255");
}

/* Nobody wrote a key. One that was written wrongly has its complaint already. */
static bool lacks_key(const struct template_check *check)
{
    const struct register_def *def;
    const struct field_def *field = find(check, "key", &def);
    const struct config_node *node = config_origin_of(check->reader, def, field, check->instance);
    const bool is_raw = node != NULL && *node->name == '\0'; /* an entry of the list has no name */
    const bool blank = node == NULL || (is_raw && strlen(node->text) <= strlen("0315="));

    return blank && !registers_is_written(check->reader->config->registers, register_address(def, check->instance));
}

static void check_classic(const struct template_check *check)
{
    if (number_of(check, "aid") != 0 && number_of(check, "address") != 0)
        complain(check, "aid", "aid and address are both set; data begins at one of them; next: leave one out");
    if (lacks_key(check))
        complain(check, "key", "no key is set, and no sector is read without; next: set the key of the card's sectors,"
                               " which is FFFFFFFFFFFF on one from the factory");
}

static void check_desfire(const struct template_check *check)
{
    static const char *const idle[] = { "communication", "diversification", "key_index", "key" };

    if (number_of(check, "authentication") != 0) {
        if (lacks_key(check))
            complain(check, "authentication",
                     "needs a key, and none is set; next: set key, or authentication to \"none\"");
        return;
    }
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
        note_idle(check, idle[i], "while authentication is \"none\"");
}

/* The first of the TNFs by which a record of one certain kind is taken, whatever its type. */
enum { TNF_SPRINGCARD = 0x53 };

static void check_ndef(const struct template_check *check)
{
    if (number_of(check, "tnf") >= TNF_SPRINGCARD)
        note_idle(check, "ndef_type", "with this tnf, which says the type by itself");
}

static void check_iso(const struct template_check *check)
{
    static const char *const names[] = { "apdu_1", "apdu_2", "apdu_3" };
    const struct register_def *def;
    size_t asked = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;

        find(check, names[i], &def);
        const uint8_t *bytes =
            registers_get(check->reader->config->registers, register_address(def, check->instance), &size);
        asked += size > 0;
        if (size > 0 && !apdu_is_command(bytes, size))
            complain(check, names[i], "is no short command APDU (ISO/IEC 7816-4): a header of 4 bytes, not of class FF;"
                                      " then nothing, Le, Lc and data, or Lc, data and Le");
    }
    const struct config_node *node = check->reader->lookups[check->instance];
    if (asked == 0 && node != NULL)
        errors_add(check->reader->notes, "%s:%d: templates[%u]: no APDU is set, so no card matches; next: set apdu_1",
                   node->file, node->line, check->instance + 1);
}

static bool has_only_libnfc(const struct settings *settings)
{
    for (size_t i = 0; i < settings->readers_count; i++) {
        if (strcmp(settings->readers[i].driver, "libnfc") != 0)
            return false;
    }
    return settings->readers_count > 0;
}

/* What none of libnfc's chips can do. A reader of which nothing else is asked says so itself, once it is open. */
static void note_out_of_reach(const struct template_check *check)
{
    static const struct {
        uint8_t lookup;
        const char *why;
    } beyond[] = {
        { 0x04, "look for ISO/IEC 15693" },       { 0x45, "look for ISO/IEC 15693" },
        { 0x54, "look for ISO/IEC 15693" },       { 0x20, "look for Kovio RF barcodes" },
        { 0x24, "look for PicoTags" },            { 0x2A, "look for PicoTags" },
        { 0x72, "send APDUs to Innovatron cards" },
    };
    const struct config_node *node = check->reader->lookups[check->instance];
    const uint16_t address = (uint16_t) (0x0310 + 0x10 * check->instance);
    size_t size;
    const uint8_t *lookup = registers_get(check->reader->config->registers, address, &size);

    if (node == NULL || size == 0 || !has_only_libnfc(&check->reader->config->settings))
        return;
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        if (beyond[i].lookup == lookup[0])
            errors_add(check->reader->notes,
                       "%s:%d: templates[%u].technologies (register %04X): has no effect: libnfc's readers cannot %s,"
                       " and there is no other reader; next: use a PC/SC reader", node->file, node->line,
                       check->instance + 1, address, beyond[i].why);
    }
}

void config_validate_templates(struct config_reader *reader)
{
    for (unsigned i = 0; i < REGISTER_TEMPLATE_INSTANCES; i++) {
        const struct registers *registers = reader->config->registers;
        const struct template_check check = { .reader = reader, .instance = i, .type = registers_type(registers, i),
                                              .string = registers_is_string(registers, i) };

        if (check.type == NULL || check.type->refused_because != NULL)
            continue;
        note_out_of_reach(&check);
        check_lengths(&check);
        if (is_of(&check, "mifare-classic"))
            check_classic(&check);
        else if (is_of(&check, "desfire-data") || is_of(&check, "desfire-id"))
            check_desfire(&check);
        else if (is_of(&check, "ndef-data"))
            check_ndef(&check);
        else if (is_of(&check, "iso-data"))
            check_iso(&check);
    }
}
