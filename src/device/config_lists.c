/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/connection.h"

#include <stdlib.h>
#include <string.h>

enum { READERS_MAX = 64 };

#define DEFAULT_CA_SLOT 9
#define AMAZON "amazon"

static const struct extension_def *reader_setting(const char *name)
{
    size_t count;
    const struct extension_def *table = extension_reader_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(strchr(table[i].field.path, '.') + 1, name) == 0)
            return &table[i];
    }
    return NULL;
}

static void default_reader(struct settings_reader *settings)
{
    size_t count;
    const struct extension_def *table = extension_reader_table(&count);

    for (size_t i = 0; i < count; i++)
        memcpy((char *) settings + table[i].offset, &table[i].default_text, sizeof table[i].default_text);
}

static void read_reader_setting(struct config_reader *reader, const struct config_node *node, size_t index,
                                struct settings_reader *settings)
{
    char *path = text_format("readers.%s", node->name);
    char *place = text_format("readers[%zu].%s", index + 1, node->name);
    const struct extension_def *def = reader_setting(node->name);
    struct config_value value = { 0 };

    if (def == NULL) {
        config_complain_unknown(reader, node, path, place);
    } else if (config_read_value(reader, node, place, &def->field, def->limit_bytes, 0, &value)) {
        const char *text = def->is_path ? config_keep_path(reader, value.text)
                                        : config_keep(reader->config, text_copy(value.text));

        memcpy((char *) settings + def->offset, &text, sizeof text);
    }
    free(place);
    free(path);
}

static bool has_driver(const struct settings_reader *settings, const char *driver)
{
    return strcmp(settings->driver, driver) == 0;
}

/* What a driver goes by, and what to write when it is told something else. */
static const struct reader_choice {
    const char *driver;
    const char *setting;
    const char *next;
} choices[] = {
    { "pcsc", "name", "write name for the PC/SC reader" },
    { "libnfc", "connection", "write connection for the device, and label for what it is called" },
    { "script", "path", "write path for the script, and label for what it is called" },
};

/* Settings that belong to another driver than the entry's. */
static void check_choice(struct config_reader *reader, const struct config_node *entry, const char *place,
                         const struct settings_reader *settings)
{
    const struct reader_choice *own = choices;

    while (!has_driver(settings, own->driver))
        own++;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const struct config_node *node = config_node_child(entry, choices[i].setting);

        if (node == NULL || &choices[i] == own)
            continue;
        char *problem = text_format("%s belongs to the driver \"%s\", and this entry's is \"%s\"; next: %s, or"
                                    " driver = \"%s\"", choices[i].setting, choices[i].driver, own->driver, own->next,
                                    choices[i].driver);
        config_complain(reader, node, place, problem);
        free(problem);
    }
}

/* Whether libnfc is there was settled when this was built. */
static void check_libnfc(struct config_reader *reader, const struct config_node *entry, size_t index,
                         const struct settings_reader *settings)
{
    const struct config_node *connection = config_node_child(entry, "connection");
    char *problem = connection_problem(settings->connection);
    char *place = text_format("readers[%zu].connection", index + 1);

    if (problem != NULL && connection != NULL)
        config_complain(reader, connection, place, problem);
    free(place);
    free(problem);
#ifndef HAVE_LIBNFC
    place = text_format("readers[%zu].driver", index + 1);
    config_complain(reader, config_node_child(entry, "driver"), place,
                    "\"libnfc\" is not possible: this springpark is built without libnfc; next: install libnfc-dev and"
                    " configure and build again, or write \"pcsc\"");
    free(place);
#endif
}

/* What the settings of one reader mean together. */
static void check_reader(struct config_reader *reader, const struct config_node *entry, size_t index,
                         const struct settings_reader *settings)
{
    const struct config_node *path = config_node_child(entry, "path"), *name = config_node_child(entry, "name");
    char *place = text_format("readers[%zu]", index + 1);

    check_choice(reader, entry, place, settings);
    if (has_driver(settings, "script") && *settings->path == '\0')
        config_complain(reader, path != NULL ? path : entry, place, "the driver \"script\" needs path, a file or FIFO");
    if (has_driver(settings, "pcsc") && *settings->name == '\0')
        config_complain(reader, name, place, "name is empty; write \"*\" for every reader");
    if (has_driver(settings, "libnfc"))
        check_libnfc(reader, entry, index, settings);
    free(place);
}

/* What the reader will be called, as far as the file tells: "" for one that is named after what is found. */
static const char *label_of(const struct settings_reader *settings)
{
    if (*settings->label != '\0' || has_driver(settings, "pcsc"))
        return settings->label;
    if (has_driver(settings, "libnfc"))
        return strcmp(settings->connection, CONNECTION_EVERY) == 0 ? "" : settings->connection;
    const char *slash = strrchr(settings->path, '/');
    return slash != NULL ? slash + 1 : settings->path;
}

static bool same_device(const struct settings_reader *one, const struct settings_reader *other)
{
    return has_driver(one, "libnfc") && has_driver(other, "libnfc") &&
           connection_same_device(one->connection, other->connection);
}

/* What the entry may not have in common with one that stands before it. True if there was something. */
static bool check_pair(struct config_reader *reader, const struct config_node *entry, size_t index,
                       const struct settings_reader *settings, const struct settings_reader *before)
{
    const char *label = label_of(settings);

    if (same_device(settings, before)) {
        const bool every = strcmp(settings->connection, CONNECTION_EVERY) == 0;

        errors_add(reader->errors, "%s:%d: readers[%zu].connection: \"%s\" is the %s line %d too; %s", entry->file,
                   entry->line, index + 1, settings->connection, every ? "connection in" : "device of the reader in",
                   before->line, every ? "one such entry has every device that libnfc finds; next: take one away"
                                       : "one entry has a device; next: name another device, or take one away");
        return true;
    }
    if (*label == '\0' || strcmp(label, label_of(before)) != 0)
        return false;
    errors_add(reader->errors, "%s:%d: readers[%zu].label: \"%s\" is the label of the reader in line %d too;"
                               " each needs its own", entry->file, entry->line, index + 1, label, before->line);
    return true;
}

static void check_pairs(struct config_reader *reader, const struct config_node *list)
{
    const struct settings *settings = &reader->config->settings;

    for (size_t i = 0; i < settings->readers_count; i++) {
        bool found = false;

        for (size_t k = 0; k < i && !found; k++)
            found = check_pair(reader, &list->children[i], i, &settings->readers[i], &settings->readers[k]);
    }
}

void config_read_readers(struct config_reader *reader, const struct config_node *list)
{
    struct settings *settings = &reader->config->settings;

    if (!config_expect(reader, list, "readers", CONFIG_LIST))
        return;
    if (list->count == 0 || list->count > READERS_MAX) {
        config_complain(reader, list, "readers",
                        list->count == 0 ? "the list is empty; leave it out for every PC/SC reader"
                                         : "too many entries: at most 64");
        return;
    }
    settings->readers = memory_zeroed(list->count, sizeof *settings->readers);
    settings->readers_count = list->count;
    for (size_t i = 0; i < list->count; i++) {
        const struct config_node *entry = &list->children[i];
        size_t errors_before = errors_count(reader->errors);

        default_reader(&settings->readers[i]);
        settings->readers[i].line = entry->line;
        if (!config_expect(reader, entry, "readers", CONFIG_GROUP))
            continue;
        for (size_t k = 0; k < entry->count; k++)
            read_reader_setting(reader, &entry->children[k], i, &settings->readers[i]);
        if (errors_count(reader->errors) == errors_before)
            check_reader(reader, entry, i, &settings->readers[i]);
    }
    check_pairs(reader, list);
}

/* The number of "slot_X", or -1. */
static int slot_number(const char *name)
{
    if (strncmp(name, "slot_", 5) != 0 || strlen(name) != 6)
        return -1;
    return hex_digit_value(name[5]);
}

/* A key in a PKCS#11 token, RFC 7512. */
static bool is_token(const char *source)
{
    return strncmp(source, "pkcs11:", strlen("pkcs11:")) == 0;
}

static const char *slot_problem(const char *source, bool key)
{
    if (!key && is_token(source))
        return "certificates are not read from PKCS#11 tokens, only keys are; next: name the file of the certificate";
    if (key && strcmp(source, AMAZON) == 0)
        return "\"amazon\" stands for certificates, there is no such key; next: name the file of the key";
    return NULL;
}

static void read_slot(struct config_reader *reader, const struct config_node *node, const char *place, bool key,
                      struct settings_slot *slot)
{
    static const struct field_def field = { .kind = FIELD_TEXT };
    struct config_value value = { 0 };

    if (!config_read_value(reader, node, place, &field, 1024, 0, &value))
        return;
    const char *problem = slot_problem(value.text, key);
    if (problem != NULL) {
        config_complain(reader, node, place, problem);
        return;
    }
    const char *source = strcmp(value.text, AMAZON) == 0 ? AMAZON
        : is_token(value.text)                           ? config_keep(reader->config, text_copy(value.text))
        : config_is_credential(value.text)               ? config_keep_credential(reader, node, place, value.text)
                                                         : config_keep_path(reader, value.text);
    if (source == NULL)
        return;
    slot->source = source;
    slot->line = node->line;
}

void config_read_slots(struct config_reader *reader, const struct config_node *group, bool keys)
{
    struct settings_slot *slots = keys ? reader->config->settings.keys : reader->config->settings.certificates;
    int lines[SETTINGS_SLOT_COUNT] = { 0 };

    if (!config_expect(reader, group, group->name, CONFIG_GROUP))
        return;
    for (size_t i = 0; i < group->count; i++) {
        const struct config_node *node = &group->children[i];
        char *place = text_format("%s.%s", group->name, node->name);
        int number = slot_number(node->name);

        if (number < 0) {
            config_complain_unknown(reader, node, place, place);
        } else if (lines[number] != 0) {
            /* slot_d and slot_D are two names for libconfig and one for us */
            errors_add(reader->errors, "%s:%d: %s: the slot is set twice, here and in line %d; keep one", node->file,
                       node->line, place, lines[number]);
        } else {
            lines[number] = node->line;
            read_slot(reader, node, place, keys, &slots[number]);
        }
        free(place);
    }
}

void config_default_lists(struct config_reader *reader)
{
    struct settings *settings = &reader->config->settings;

    for (size_t i = 0; i < SETTINGS_SLOT_COUNT; i++) {
        settings->certificates[i].source = i == DEFAULT_CA_SLOT ? AMAZON : "";
        settings->keys[i].source = "";
    }
}
