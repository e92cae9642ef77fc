/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/memory.h"
#include "device/config_feedback.h"
#include "device/register_text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

void config_complain(struct config_reader *reader, const struct config_node *node, const char *place,
                     const char *problem)
{
    errors_add(reader->errors, "%s:%d: %s: %s", node->file, node->line, place, problem);
}

void config_complain_unknown(struct config_reader *reader, const struct config_node *node, const char *path,
                             const char *place)
{
    const char *gone = extension_gone(path);
    char *suggestion = config_suggest(path);

    if (gone != NULL)
        config_complain(reader, node, place, gone);
    else if (suggestion != NULL)
        errors_add(reader->errors, "%s:%d: %s: unknown setting; did you mean %s?", node->file, node->line, place,
                   suggestion);
    else
        config_complain(reader, node, place, "unknown setting; next: see springpark.conf's sample for what there is");
    free(suggestion);
}

bool config_expect(struct config_reader *reader, const struct config_node *node, const char *place,
                   enum config_kind kind)
{
    if (node->kind == kind)
        return true;
    errors_add(reader->errors, "%s:%d: %s: needs %s, not %s", node->file, node->line, place, config_kind_name(kind),
               config_kind_name(node->kind));
    return false;
}

static enum config_kind kind_for(const struct field_def *field)
{
    if (field->kind == FIELD_BOOLEAN)
        return CONFIG_BOOLEAN;
    if (field->kind == FIELD_FLAGS)
        return CONFIG_LIST;
    return field->kind == FIELD_NUMBER ? CONFIG_INTEGER : CONFIG_TEXT;
}

static char *unknown_option(const struct field_def *field, const char *name)
{
    char *allowed = field_allowed(field, 0);
    char *text = text_format("\"%s\" is not allowed: %s%s", name, field->kind == FIELD_CHOICE ? "one of " : "",
                             allowed);

    free(allowed);
    return text;
}

/* A list of names, each an option of field, into value->number. */
static char *flags_value(const struct config_node *list, const struct field_def *field, struct config_value *value)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct config_node *name = &list->children[i];

        if (name->kind != CONFIG_TEXT)
            return text_format("the list must hold texts, not %s", config_kind_name(name->kind));
        const struct field_option *option = field_option_by_name(field, name->text);
        if (option == NULL)
            return unknown_option(field, name->text);
        value->number |= option->value;
    }
    return NULL;
}

static char *address_value(const char *text, struct config_value *value)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1)
        return text_format("\"%s\" is no IPv4 address, as 192.168.1.2 is one", text);
    value->number = ntohl(address.s_addr);
    return NULL;
}

/* What is wrong with a number that does not fit any field. */
static char *negative_problem(const struct config_node *node, const struct field_def *field)
{
    char *allowed = field_allowed(field, 0);
    char *text = text_format("%lld is not allowed: %s", node->integer, allowed);

    free(allowed);
    return text;
}

static char *choice_value(const struct config_node *node, const struct field_def *field, uint32_t default_value,
                          struct config_value *value)
{
    const struct field_option *option = field_option_by_name(field, node->text);

    if (option == NULL)
        return unknown_option(field, node->text);
    value->number = option->value;
    value->text = option->name;
    return field_problem(field, value->number, default_value);
}

/* What is wrong with a node of the right kind, or NULL; *value is set when the field has such a value at all. */
static char *value_problem(const struct config_node *node, const struct field_def *field, size_t limit_bytes,
                           uint32_t default_value, struct config_value *value)
{
    char *problem = NULL;

    switch (field->kind) {
    case FIELD_TEXT:
        value->text = node->text;
        return field_text_problem(field, node->text, strlen(node->text), limit_bytes);
    case FIELD_HEX:
        value->text = node->text;
        return NULL;
    case FIELD_CHOICE:
        return choice_value(node, field, default_value, value);
    case FIELD_FLAGS:
        problem = flags_value(node, field, value);
        break;
    case FIELD_ADDRESS:
        problem = address_value(node->text, value);
        break;
    case FIELD_BOOLEAN:
        value->number = node->boolean;
        break;
    case FIELD_NUMBER:
    case FIELD_RESERVED:
        problem = node->integer < 0 ? negative_problem(node, field) : NULL;
        value->number = (uint32_t) node->integer;
        break;
    }
    return problem != NULL ? problem : field_problem(field, value->number, default_value);
}

bool config_read_value(struct config_reader *reader, const struct config_node *node, const char *place,
                       const struct field_def *field, size_t limit_bytes, uint32_t default_value,
                       struct config_value *value)
{
    if (node->kind != kind_for(field)) {
        char *allowed = field_allowed(field, limit_bytes);

        errors_add(reader->errors, "%s:%d: %s: needs %s (%s), not %s", node->file, node->line, place,
                   config_kind_name(kind_for(field)), allowed, config_kind_name(node->kind));
        free(allowed);
        return false;
    }
    char *problem = value_problem(node, field, limit_bytes, default_value, value);
    if (problem == NULL)
        return true;
    config_complain(reader, node, place, problem);
    free(problem);
    return false;
}

static void read_extension(struct config_reader *reader, const struct config_node *node,
                           const struct extension_def *def)
{
    struct config_value value = { 0 };
    char *member = (char *) &reader->config->settings + def->offset;

    if (!config_read_value(reader, node, def->field.path, &def->field, def->limit_bytes, def->default_value, &value))
        return;
    if (def->field.kind == FIELD_TEXT) {
        if (def->is_path && *value.text == '\0') {
            config_complain(reader, node, def->field.path, "needs the name of a folder");
            return;
        }
        const char *text = def->is_path ? config_keep_path(reader, value.text)
                                        : config_keep(reader->config, text_copy(value.text));
        memcpy(member, &text, sizeof text);
    } else if (def->field.kind == FIELD_BOOLEAN) {
        bool flag = value.number != 0;

        memcpy(member, &flag, sizeof flag);
    } else {
        unsigned number = value.number;

        memcpy(member, &number, sizeof number);
    }
}

/* The lists and the slots, which have their own readers. */
static bool read_special(struct config_reader *reader, const struct config_node *node)
{
    if (strcmp(node->name, "templates") == 0)
        config_read_templates(reader, node);
    else if (strcmp(node->name, "registers") == 0)
        config_read_registers(reader, node);
    else if (strcmp(node->name, "readers") == 0)
        config_read_readers(reader, node);
    else if (strcmp(node->name, "certificates") == 0)
        config_read_slots(reader, node, false);
    else if (strcmp(node->name, "keys") == 0)
        config_read_slots(reader, node, true);
    else
        return false;
    return true;
}

static void read_group(struct config_reader *reader, const struct config_node *group, const char *prefix)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct config_node *node = &group->children[i];
        char *path = text_format("%s%s", prefix, node->name);
        const struct register_def *def;
        const struct field_def *field = register_find_field(path, &def);
        const struct extension_def *extension = extension_find(path);

        if (*prefix == '\0' && read_special(reader, node)) {
            /* done */
        } else if (strcmp(path, "feedback.devices") == 0) {
            config_read_feedback_devices(reader, node);
        } else if (field != NULL) {
            config_read_field(reader, node, def, field, 0, path);
        } else if (extension != NULL) {
            read_extension(reader, node, extension);
        } else if (!config_is_group(path)) {
            config_complain_unknown(reader, node, path, path);
        } else if (config_expect(reader, node, path, CONFIG_GROUP)) {
            char *deeper = text_format("%s.", path);

            read_group(reader, node, deeper);
            free(deeper);
        }
        free(path);
    }
}

void config_read_tree(struct config_reader *reader, const struct config_node *root)
{
    config_find_types(reader, root);
    read_group(reader, root, "");
}
