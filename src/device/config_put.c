/* SPDX-License-Identifier: MIT */
#include "device/config_put.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/config.h"
#include "device/config_edit.h"
#include "device/config_node.h"
#include "device/config_splice.h"
#include "device/register_text.h"
#include "device/register_types.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct put {
    char *text;                     /* as far as it is changed */
    const char *file;
    const struct registers *wanted;
    struct config *config;          /* of the text before settings changed; NULL if it is not right */
    struct config_node *root;       /* the same as a tree */
    struct errors *errors;
};

static void replace_text(struct put *put, char *text)
{
    explicit_bzero(put->text, strlen(put->text));
    free(put->text);
    put->text = text;
}

static char *wanted_hex(const struct put *put, const struct register_def *def, unsigned instance)
{
    size_t size;
    const uint8_t *bytes = registers_get(put->wanted, register_address(def, instance), &size);

    return hex_from_bytes(bytes, size);
}

static void free_hex(char *hex)
{
    explicit_bzero(hex, strlen(hex));
    free(hex);
}

/* False: it cannot be read at all, and errors says so. */
static bool read_text(struct put *put)
{
    char *folder = config_folder(put->file);
    struct errors *ignored = errors_create();

    if (config_text_check(put->text, strlen(put->text), put->file, folder, put->errors))
        put->root = config_parse(put->text, put->file, folder, put->errors);
    if (put->root != NULL)
        put->config = config_parse_text(put->text, strlen(put->text), put->file, true, "", ignored, ignored);
    errors_free(ignored);
    free(folder);
    return put->root != NULL;
}

static void forget_text(struct put *put)
{
    config_node_free(put->root);
    config_free(put->config);
    put->root = NULL;
    put->config = NULL;
}

/* ---- registers without a name ------------------------------------------------------------------------------------ */

static bool is_nameless(const struct register_def *def)
{
    return def->fields_count == 1 && def->fields[0].path == NULL;
}

/* "0203=41" for each that is not at its default, in new memory. */
static char **nameless_entries(const struct put *put, size_t *entries_count)
{
    char **entries = NULL;
    size_t count;
    const struct register_def *table = register_table(&count);

    *entries_count = 0;
    for (unsigned instance = 0; instance < REGISTER_TEMPLATE_INSTANCES; instance++) {
        for (size_t i = 0; i < count; i++) {
            const struct register_def *def = registers_def(put->wanted, &table[i], instance);

            if (!is_nameless(def) || (instance > 0 && !def->per_template))
                continue;
            char *hex = wanted_hex(put, def, instance);

            if (strcmp(hex, register_default(def)) != 0) {
                entries = memory_resize(entries, *entries_count + 1, sizeof *entries);
                entries[(*entries_count)++] = text_format("%04X=%s", register_address(def, instance), hex);
            }
            free_hex(hex);
        }
    }
    return entries;
}

static bool has_entries(const struct config_node *list, char *const *entries, size_t count)
{
    if (list == NULL || list->kind != CONFIG_LIST || list->count != count)
        return list == NULL && count == 0;
    for (size_t i = 0; i < count; i++) {
        if (list->children[i].kind != CONFIG_TEXT || strcasecmp(list->children[i].text, entries[i]) != 0)
            return false;
    }
    return true;
}

static char *list_literal(char *const *entries, size_t count)
{
    char *literal = text_copy("[");

    for (size_t i = 0; i < count; i++) {
        char *longer = text_format("%s%s \"%s\"", literal, i > 0 ? "," : "", entries[i]);

        free_hex(literal);
        literal = longer;
    }
    char *closed = text_format("%s ]", literal);
    free_hex(literal);
    return closed;
}

static void splice_list(struct put *put, const struct config_node *list, char *const *entries, size_t count)
{
    const struct splice_step step = { .name = "registers" };

    if (list != NULL && strcmp(list->file, put->file) != 0) {
        errors_add(put->errors, "registers: is set in %s:%d, which %s includes; next: change it there", list->file,
                   list->line, put->file);
        return;
    }
    char *literal = list_literal(entries, count);
    char *changed = config_splice(put->text, &step, 1, literal);
    free_hex(literal);
    if (changed != NULL)
        replace_text(put, changed);
    else
        errors_add(put->errors, "registers: %s is written in a way that is not safe to change here; next: change it in"
                   " an editor", put->file);
}

/* The list `registers`: only what has no name stays in it. */
static void put_nameless(struct put *put)
{
    const struct config_node *list = config_node_child(put->root, "registers");
    size_t count;
    char **entries = nameless_entries(put, &count);

    if (!has_entries(list, entries, count))
        splice_list(put, list, entries, count);
    for (size_t i = 0; i < count; i++)
        free_hex(entries[i]);
    free(entries);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static const struct config_node *templates_of(const struct put *put)
{
    const struct config_node *list = config_node_child(put->root, "templates");

    return list != NULL && list->kind == CONFIG_LIST ? list : NULL;
}

static size_t templates_count(const struct put *put)
{
    const struct config_node *list = templates_of(put);

    return list != NULL ? list->count : 0;
}

/* Where the setting is looked for: the whole, or one entry of `templates`. *rest becomes the path in it. */
static const struct config_node *group_of(const struct put *put, const struct register_def *def, unsigned instance,
                                          const char *path, const char **rest)
{
    *rest = def->per_template ? strchr(path, '.') + 1 : path;
    const struct config_node *list = templates_of(put);

    if (!def->per_template)
        return put->root;
    return list != NULL && instance < list->count ? &list->children[instance] : NULL;
}

static bool is_written(const struct put *put, const struct register_def *def, unsigned instance,
                       const struct field_def *field)
{
    const char *rest;
    const struct config_node *node = group_of(put, def, instance, field->path, &rest);
    char *words = text_copy(rest), *at = words;

    for (char *word = strsep(&at, "."); word != NULL && node != NULL; word = strsep(&at, "."))
        node = node->kind == CONFIG_GROUP ? config_node_child(node, word) : NULL;
    free(words);
    return node != NULL;
}

static bool is_lookup(const struct field_def *field)
{
    return strcmp(field->path, "templates.technologies") == 0;
}

/* A key that was written, and is nevertheless the default. */
static bool is_written_key(const struct put *put, const struct register_def *def, unsigned instance,
                           const struct field_def *field)
{
    return field->kind == FIELD_HEX && !field_is_whole(field) &&
           registers_is_written(put->wanted, register_address(def, instance));
}

/* Whether the field has to stand in a file that says nothing yet. */
static bool is_needed(const struct put *put, const struct register_def *def, unsigned instance,
                      const struct field_def *field)
{
    return field->path != NULL && (!registers_field_equals(put->wanted, def, instance, field, register_default(def)) ||
                                   is_written_key(put, def, instance, field));
}

/* Whether a template needs an entry of the list: for itself, or because the ones after it have one. */
static bool needs_entry(const struct put *put, unsigned instance)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (; instance < REGISTER_TEMPLATE_INSTANCES; instance++) {
        for (size_t i = 0; i < count; i++) {
            const struct register_def *def = registers_def(put->wanted, &table[i], instance);

            for (size_t k = 0; def->per_template && k < def->fields_count; k++) {
                if (is_needed(put, def, instance, &def->fields[k]))
                    return true;
            }
        }
    }
    return false;
}

static bool is_to_change(const struct put *put, const struct register_def *def, unsigned instance,
                         const struct field_def *field)
{
    /* An entry that says nothing of technologies looks for all. */
    if (is_lookup(field) && instance >= templates_count(put))
        return needs_entry(put, instance);
    if (put->config == NULL)
        return is_written(put, def, instance, field) || is_lookup(field) || is_needed(put, def, instance, field);
    const struct registers *present = config_registers(put->config);
    char *hex = wanted_hex(put, def, instance);
    bool equal = registers_field_equals(present, def, instance, field, hex);
    free_hex(hex);
    if (is_written_key(put, def, instance, field) && !registers_is_written(present, register_address(def, instance)))
        return true;
    return !equal;
}

/* The value as config_edit takes it; new memory. */
static char *value_text(const struct put *put, const struct register_def *def, unsigned instance,
                        const struct field_def *field)
{
    size_t size;
    const uint8_t *bytes = registers_get(put->wanted, register_address(def, instance), &size);

    if (field->kind == FIELD_HEX)
        return registers_field_hex(put->wanted, def, instance, field);
    if (field->kind == FIELD_TEXT)
        return text_format("\"%.*s\"", (int) size, (const char *) bytes);
    return field_value_text(put->wanted, def, instance, field);
}

static void put_field(struct put *put, const struct register_def *def, unsigned instance, const struct field_def *field)
{
    if (field->path == NULL || !is_to_change(put, def, instance, field))
        return;
    char *name = def->per_template ? text_format("templates[%u].%s", instance + 1, strchr(field->path, '.') + 1)
                                   : text_copy(field->path);
    char *value = value_text(put, def, instance, field);
    char *changed = config_edit(put->text, put->file, name, value, put->errors);

    if (changed != NULL)
        replace_text(put, changed);
    free_hex(value);
    free(name);
}

static void put_settings(struct put *put)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (unsigned instance = 0; instance < REGISTER_TEMPLATE_INSTANCES; instance++) {
        for (size_t i = 0; i < count; i++) {
            const struct register_def *def = registers_def(put->wanted, &table[i], instance);

            if (instance > 0 && !def->per_template)
                continue;
            for (size_t k = 0; k < def->fields_count; k++)
                put_field(put, def, instance, &def->fields[k]);
        }
    }
}

/* ---- templates of another type ----------------------------------------------------------------------------------- */

/* Whether the setting of an entry may stay where it is, with another value at most. */
static bool may_stay(const struct put *put, const struct config_node *node, unsigned instance)
{
    const struct register_type *type = registers_type(put->wanted, instance);
    const struct register_def *def;
    char *path = text_format("templates.%s", node->name);
    bool known = register_type_field(type, registers_is_string(put->wanted, instance), path, &def) != NULL;

    free(path);
    if (strcmp(node->name, "type") == 0)
        return type != NULL && node->kind == CONFIG_TEXT && strcmp(node->text, type->name) == 0;
    return known;
}

static bool fits(const struct put *put, const struct config_node *entry, unsigned instance)
{
    for (size_t i = 0; entry->kind == CONFIG_GROUP && i < entry->count; i++) {
        if (!may_stay(put, &entry->children[i], instance))
            return false;
    }
    return true;
}

/* A text that config_edit would take, as the file has it. */
static char *quote_anew(const char *value)
{
    char *inside = text_format("%.*s", (int) strlen(value) - 2, value + 1);
    char *quoted = field_quoted(inside);

    free_hex(inside);
    return quoted;
}

/* "name = value; ", or nothing where the default will do; new memory. */
static char *entry_setting(const struct put *put, const struct register_def *def, unsigned instance,
                           const struct field_def *field)
{
    if (field->path == NULL || (!is_lookup(field) && !is_needed(put, def, instance, field)))
        return text_copy("");
    char *value = value_text(put, def, instance, field);
    char *quoted = field->kind == FIELD_HEX    ? field_quoted(value)
                   : field->kind == FIELD_TEXT ? quote_anew(value)
                                               : NULL;
    char *setting = text_format("%s = %s; ", strchr(field->path, '.') + 1, quoted != NULL ? quoted : value);

    if (quoted != NULL)
        free_hex(quoted);
    free_hex(value);
    return setting;
}

/* The entry of a template as a whole; new memory. */
static char *entry_literal(const struct put *put, unsigned instance)
{
    size_t count;
    const struct register_def *table = register_table(&count);
    char *literal = text_copy("{ ");

    for (size_t i = 0; i < count; i++) {
        const struct register_def *def = registers_def(put->wanted, &table[i], instance);

        for (size_t k = 0; def->per_template && k < def->fields_count; k++) {
            char *setting = entry_setting(put, def, instance, &def->fields[k]);
            char *longer = text_format("%s%s", literal, setting);

            free_hex(setting);
            free_hex(literal);
            literal = longer;
        }
    }
    char *closed = text_format("%s}", literal);
    free_hex(literal);
    return closed;
}

static void renew_entry(struct put *put, const struct config_node *entry, unsigned instance)
{
    const struct splice_step steps[] = { { .name = "templates" }, { .index = instance } };

    if (strcmp(entry->file, put->file) != 0) {
        errors_add(put->errors, "templates[%u]: is set in %s:%d, which %s includes; next: change it there",
                   instance + 1, entry->file, entry->line, put->file);
        return;
    }
    char *literal = entry_literal(put, instance);
    char *changed = config_splice(put->text, steps, 2, literal);
    free_hex(literal);
    if (changed != NULL)
        replace_text(put, changed);
    else
        errors_add(put->errors, "templates[%u]: %s is written in a way that is not safe to change here; next: change"
                   " it in an editor", instance + 1, put->file);
}

/* An entry that is to be of another type or mode, and has settings of the old one, is written anew. */
static void renew_entries(struct put *put)
{
    const struct config_node *list = templates_of(put);

    for (unsigned i = 0; list != NULL && i < list->count && i < REGISTER_TEMPLATE_INSTANCES; i++) {
        if (!fits(put, &list->children[i], i))
            renew_entry(put, &list->children[i], i);
    }
}

char *config_put_registers(const char *text, const char *file, const struct registers *wanted, struct errors *errors)
{
    struct put put = { .text = text_copy(text), .file = file, .wanted = wanted, .errors = errors };
    size_t errors_before = errors_count(errors);

    if (read_text(&put))
        put_nameless(&put);
    forget_text(&put);
    if (errors_count(errors) == errors_before && read_text(&put))
        renew_entries(&put);
    forget_text(&put);
    /* Now without what the raw list set. */
    if (errors_count(errors) == errors_before && read_text(&put))
        put_settings(&put);
    forget_text(&put);
    if (errors_count(errors) == errors_before)
        return put.text;
    replace_text(&put, NULL);
    return NULL;
}
