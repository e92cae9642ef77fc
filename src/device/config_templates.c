/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/register_text.h"
#include "device/register_types.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKUP = 0x0310, FORMAT = 0x0311, LOOKUP_OFF = 0, LOOKUP_ALL = 0xFF };

static const uint8_t mode_mask[sizeof((struct field_def *) 0)->mask] = { 0x40 };

static uint16_t address_of(uint16_t address, unsigned instance)
{
    return (uint16_t) (address + 0x10 * instance);
}

/* ---- what type a template is ------------------------------------------------------------------------------------- */

/* The entry of `registers` that sets that register, or NULL. */
static const struct config_node *raw_of(const struct config_node *root, uint16_t address)
{
    const struct config_node *list = config_node_child(root, "registers");
    uint8_t bytes[2];

    for (size_t i = 0; list != NULL && list->kind == CONFIG_LIST && i < list->count; i++) {
        const char *text = list->children[i].text;

        if (list->children[i].kind == CONFIG_TEXT && strlen(text) > 4 && text[4] == '=' &&
            hex_to_bytes(text, 4, bytes, sizeof bytes) == sizeof bytes && (bytes[0] << 8 | bytes[1]) == address)
            return &list->children[i];
    }
    return NULL;
}

/* The first byte of a register that is set raw, or -1. */
static int raw_byte(const struct config_node *raw)
{
    uint8_t byte;

    return raw != NULL && strlen(raw->text) >= 7 && hex_to_bytes(raw->text + 5, 2, &byte, 1) == 1 ? byte : -1;
}

static const struct config_node *entry_of(const struct config_node *root, unsigned instance)
{
    const struct config_node *list = config_node_child(root, "templates");

    if (list == NULL || list->kind != CONFIG_LIST || instance >= list->count ||
        list->children[instance].kind != CONFIG_GROUP)
        return NULL;
    return &list->children[instance];
}

static const struct field_option *option_of(const struct config_node *entry, const struct field_def *field)
{
    const struct config_node *node =
        entry != NULL ? config_node_child(entry, strchr(field->path, '.') + 1) : NULL;

    return node != NULL && node->kind == CONFIG_TEXT ? field_option_by_name(field, node->text) : NULL;
}

static const struct field_def *lookup_field(void)
{
    const struct register_def *def;

    return register_find_field("templates.technologies", &def);
}

/* The type that the entry names, whether this gateway has it or not; NULL: none, or no type. */
static const struct register_type *stated_type(const struct config_node *entry)
{
    size_t count;
    const struct field_option *option = option_of(entry, &extension_template_type()->field);

    return option != NULL ? &register_types(&count)[option->value] : NULL;
}

static bool has_lookup(const struct register_type *type, int lookup)
{
    return lookup >= 0 && register_type_of_lookup((uint8_t) lookup) == type;
}

/* The LKL of a template of that type: what is written, if it is one of the type's, else its default. */
static int lookup_of_type(const struct register_type *type, int written)
{
    if (type->refused_because != NULL)
        return -1;
    const struct field_option *option = written >= 0 ? field_option_by_value(lookup_field(), (uint32_t) written) : NULL;

    return has_lookup(type, written) && option != NULL && option->refused_because == NULL ? written : type->lookups[0];
}

/* The LKL of an instance; -1: it names no type that this gateway has, or cannot be read. */
static int find_lookup(const struct config_node *entry, const struct config_node *raw)
{
    const struct config_node *type = entry != NULL ? config_node_child(entry, "type") : NULL;
    const struct config_node *technologies = entry != NULL ? config_node_child(entry, "technologies") : NULL;
    const struct field_option *option = option_of(entry, lookup_field());
    int written = technologies == NULL ? raw_byte(raw) : option != NULL ? (int) option->value : -1;

    if (type != NULL)
        return stated_type(entry) != NULL ? lookup_of_type(stated_type(entry), written) : -1;
    if (technologies == NULL && raw == NULL)
        return LOOKUP_ALL; /* it stands there to be used */
    if (written == LOOKUP_OFF)
        return LOOKUP_OFF;
    const struct register_type *found = written >= 0 ? register_type_of_lookup((uint8_t) written) : NULL;
    return found != NULL ? lookup_of_type(found, written) : -1;
}

/* The setting that says what the type is, for messages. */
static const struct config_node *lookup_node(const struct config_node *entry, const struct config_node *raw)
{
    static const char *const names[] = { "type", "technologies" };

    for (size_t i = 0; entry != NULL && i < sizeof names / sizeof names[0]; i++) {
        const struct config_node *node = config_node_child(entry, names[i]);

        if (node != NULL)
            return node;
    }
    return raw != NULL ? raw : entry;
}

static bool is_string(const struct config_node *entry, const struct config_node *raw)
{
    const struct config_node *mode = entry != NULL ? config_node_child(entry, "mode") : NULL;
    int byte = raw_byte(raw);

    if (mode != NULL)
        return mode->kind == CONFIG_TEXT && strcmp(mode->text, "string") == 0;
    return byte >= 0 && (byte & mode_mask[0]) != 0;
}

/* Whether a type is written that does not have the LKL that is set raw. */
static bool is_disputed(const struct config_node *entry, const struct config_node *raw)
{
    const struct register_type *type = stated_type(entry);

    return type != NULL && type->refused_because == NULL && raw_byte(raw) >= 0 && !has_lookup(type, raw_byte(raw));
}

static void find_type(struct config_reader *reader, const struct config_node *root, unsigned instance)
{
    struct registers *registers = reader->config->registers;
    const struct config_node *entry = entry_of(root, instance);
    const struct config_node *raw = raw_of(root, address_of(LOOKUP, instance));

    reader->lookups[instance] = lookup_node(entry, raw);
    reader->types_disputed[instance] = is_disputed(entry, raw);
    if (entry == NULL && raw_byte(raw) < 0)
        return;
    int lookup = find_lookup(entry, raw);
    reader->types_unknown[instance] = lookup < 0;
    if (lookup < 0)
        return;
    registers_set(registers, address_of(LOOKUP, instance), &(uint8_t) { (uint8_t) lookup }, 1);
    const struct register_type *type = registers_type(registers, instance);
    if (type != NULL && type->formats_count > 1 && is_string(entry, raw_of(root, address_of(FORMAT, instance))))
        registers_set_bits(registers, address_of(FORMAT, instance), mode_mask, 1);
}

void config_find_types(struct config_reader *reader, const struct config_node *root)
{
    reader->root = root;
    for (unsigned i = 0; i < REGISTER_TEMPLATE_INSTANCES; i++)
        find_type(reader, root, i);
}

bool config_may_set_raw(const struct config_reader *reader, const struct register_def *row, unsigned instance)
{
    if (!row->per_template)
        return true;
    return row->address == LOOKUP ? !reader->types_disputed[instance] : !reader->types_unknown[instance];
}

/* ---- the settings ------------------------------------------------------------------------------------------------ */

/* "mifare-classic", "a and b", "a, b and c": the types that have the setting. */
static char *types_with(const char *path)
{
    const struct register_def *def;
    const char *names[32];
    size_t count, found = 0;
    const struct register_type *types = register_types(&count);

    for (size_t i = 0; i < count && found < sizeof names / sizeof names[0]; i++) {
        if (types[i].refused_because == NULL && (register_type_field(&types[i], false, path, &def) != NULL ||
                                                 register_type_field(&types[i], true, path, &def) != NULL))
            names[found++] = types[i].name;
    }
    char *text = text_format("the type%s %s", found > 1 ? "s" : "", found > 0 ? names[0] : "");
    for (size_t i = 1; i < found; i++) {
        char *longer = text_format("%s%s%s", text, i + 1 == found ? " and " : ", ", names[i]);

        free(text);
        text = longer;
    }
    return text;
}

/* A setting that a template of another type or mode has, or no template at all. */
static void complain_foreign(struct config_reader *reader, const struct config_node *node, unsigned instance,
                             const char *path, const char *place)
{
    const struct register_type *type = registers_type(reader->config->registers, instance), *other;
    bool string = registers_is_string(reader->config->registers, instance);
    const struct register_def *def;

    if (register_type_field(type, !string, path, &def) != NULL) {
        errors_add(reader->errors, "%s:%d: %s: needs mode = \"%s\", and the mode here is \"%s\"", node->file,
                   node->line, place, string ? "raw" : "string", string ? "string" : "raw");
    } else if (register_template_field(path, &other, &string) != NULL) {
        char *types = types_with(path);

        errors_add(reader->errors, "%s:%d: %s: %s belongs to %s, and the type here is %s", node->file, node->line,
                   place, node->name, types, type != NULL ? type->name : "off");
        free(types);
    } else {
        config_complain_unknown(reader, node, path, place);
    }
}

/* Two words for what is one byte: false if type and technologies contradict one another, and it is said. */
static bool agree(struct config_reader *reader, const struct config_node *entry, const struct config_node *node,
                  unsigned instance)
{
    const struct register_type *type = stated_type(entry);
    const struct field_option *option = option_of(entry, lookup_field());

    if (type == NULL || type->refused_because != NULL || option == NULL || option->refused_because != NULL)
        return true;
    const struct register_type *other = register_type_of_lookup((uint8_t) option->value);
    if (other == type || (other == NULL && strcmp(type->name, "id-only") == 0))
        return true;
    char *allowed = register_type_lookups(type);
    errors_add(reader->errors, "%s:%d: templates[%u].technologies (register %04X): \"%s\" belongs to %s%s, and type is"
                               " \"%s\" in line %d, with technologies of %s; keep one", node->file, node->line,
               instance + 1, address_of(LOOKUP, instance), option->name, other != NULL ? "the type " : "no type",
               other != NULL ? other->name : "", type->name, config_node_child(entry, "type")->line, allowed);
    free(allowed);
    return false;
}

/* The same for a register that is set raw. */
static void agree_with_raw(struct config_reader *reader, const struct config_node *node, unsigned instance)
{
    const struct config_node *raw = raw_of(reader->root, address_of(LOOKUP, instance));

    if (!reader->types_disputed[instance] || raw == NULL)
        return;
    errors_add(reader->errors, "%s:%d: templates[%u].type: \"%s\" does not go with the %02X that register %04X has in"
                               " %s:%d; keep one", node->file, node->line, instance + 1,
               node->text, (unsigned) raw_byte(raw), address_of(LOOKUP, instance), raw->file, raw->line);
}

static void read_setting(struct config_reader *reader, const struct config_node *entry, const struct config_node *node,
                         unsigned instance)
{
    const struct registers *registers = reader->config->registers;
    const struct field_def *type = &extension_template_type()->field;
    char *path = text_format("templates.%s", node->name);
    char *place = text_format("templates[%u].%s", instance + 1, node->name);
    const struct register_def *def;
    const struct field_def *field = register_type_field(registers_type(registers, instance),
                                                        registers_is_string(registers, instance), path, &def);
    struct config_value value = { 0 };

    if (strcmp(path, type->path) == 0) {
        if (config_read_value(reader, node, place, type, 0, 0, &value))
            agree_with_raw(reader, node, instance);
    } else if (strcmp(path, lookup_field()->path) == 0) {
        if (agree(reader, entry, node, instance))
            config_read_field(reader, node, def, field, instance, place);
    } else if (reader->types_unknown[instance]) {
        /* what it means depends on the type, of which it is said */
    } else if (field != NULL) {
        config_read_field(reader, node, def, field, instance, place);
    } else {
        complain_foreign(reader, node, instance, path, place);
    }
    free(place);
    free(path);
}

void config_read_templates(struct config_reader *reader, const struct config_node *list)
{
    if (!config_expect(reader, list, "templates", CONFIG_LIST))
        return;
    if (list->count > REGISTER_TEMPLATE_INSTANCES)
        config_complain(reader, list, "templates", "there are only 4 instances (registers 0310, 0320, 0330, 0340)");
    for (unsigned i = 0; i < list->count && i < REGISTER_TEMPLATE_INSTANCES; i++) {
        const struct config_node *entry = &list->children[i];

        if (!config_expect(reader, entry, "templates", CONFIG_GROUP))
            continue;
        for (size_t k = 0; k < entry->count; k++)
            read_setting(reader, entry, &entry->children[k], i);
    }
}
