/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/hex.h"
#include "base/memory.h"

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

/* What the settings of one reader mean together. */
static void check_reader(struct config_reader *reader, const struct config_node *entry, size_t index,
                         const struct settings_reader *settings)
{
    bool script = strcmp(settings->driver, "script") == 0;
    const struct config_node *path = config_node_child(entry, "path"), *name = config_node_child(entry, "name");
    char *place = text_format("readers[%zu]", index + 1);

    if (script && *settings->path == '\0')
        config_complain(reader, path != NULL ? path : entry, place, "the driver \"script\" needs path, a file or FIFO");
    if (script && name != NULL)
        config_complain(reader, name, place, "name belongs to the driver \"pcsc\"; write label to name this reader");
    if (!script && path != NULL)
        config_complain(reader, path, place, "path belongs to the driver \"script\"; write name for a PC/SC reader");
    if (!script && *settings->name == '\0')
        config_complain(reader, name != NULL ? name : entry, place, "name is empty; write \"*\" for every reader");
    free(place);
}

/* What the reader will be called, as far as the file tells: "" for a PC/SC reader that is named after itself. */
static const char *label_of(const struct settings_reader *settings)
{
    if (*settings->label != '\0' || strcmp(settings->driver, "script") != 0)
        return settings->label;
    const char *slash = strrchr(settings->path, '/');
    return slash != NULL ? slash + 1 : settings->path;
}

static void check_labels(struct config_reader *reader, const struct config_node *list)
{
    const struct settings *settings = &reader->config->settings;

    for (size_t i = 0; i < settings->readers_count; i++) {
        const char *label = label_of(&settings->readers[i]);

        for (size_t k = 0; k < i && *label != '\0'; k++) {
            if (strcmp(label, label_of(&settings->readers[k])) != 0)
                continue;
            errors_add(reader->errors, "%s:%d: readers[%zu].label: \"%s\" is the label of the reader in line %d too;"
                                       " each needs its own", list->children[i].file, list->children[i].line, i + 1,
                       label, settings->readers[k].line);
            break;
        }
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
    check_labels(reader, list);
}

/* The number of "slot_X", or -1. */
static int slot_number(const char *name)
{
    if (strncmp(name, "slot_", 5) != 0 || strlen(name) != 6)
        return -1;
    return hex_digit_value(name[5]);
}

static const char *slot_problem(const char *source, bool key)
{
    if (strncmp(source, "pkcs11:", strlen("pkcs11:")) == 0)
        return "PKCS#11 tokens (\"pkcs11:...\") are not in this version; next: name a file";
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
    slot->source = strcmp(value.text, AMAZON) == 0 ? AMAZON : config_keep_path(reader, value.text);
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
