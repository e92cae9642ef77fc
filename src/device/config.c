/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *config_keep(struct config *config, char *text)
{
    config->texts = memory_resize(config->texts, config->texts_count + 1, sizeof *config->texts);
    config->texts[config->texts_count++] = text;
    return text;
}

const char *config_keep_path(struct config_reader *reader, const char *path)
{
    if (*path == '\0' || *path == '/')
        return config_keep(reader->config, text_copy(path));
    return config_keep(reader->config, text_format("%s%s", reader->folder, path));
}

static void default_extensions(struct settings *settings)
{
    size_t count;
    const struct extension_def *table = extension_table(&count);

    for (size_t i = 0; i < count; i++) {
        char *member = (char *) settings + table[i].offset;
        unsigned number = table[i].default_value;
        bool flag = number != 0;

        if (table[i].field.kind == FIELD_TEXT)
            memcpy(member, &table[i].default_text, sizeof table[i].default_text);
        else if (table[i].field.kind == FIELD_BOOLEAN)
            memcpy(member, &flag, sizeof flag);
        else
            memcpy(member, &number, sizeof number);
    }
}

static struct config *config_create(const char *instance)
{
    struct config *config = memory_zeroed(1, sizeof *config);

    config->registers = registers_create();
    default_extensions(&config->settings);
    config->settings.instance = config_keep(config, text_copy(instance));
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    registers_free(config->registers);
    for (size_t i = 0; i < config->texts_count; i++) {
        explicit_bzero(config->texts[i], strlen(config->texts[i])); /* one may be a password */
        free(config->texts[i]);
    }
    free(config->texts);
    free(config->places);
    free(config->settings.readers);
    free(config->settings.feedback.devices);
    free(config);
}

static struct config *config_from_tree(const struct config_node *root, const char *folder, bool files,
                                       const char *instance, struct errors *errors, struct errors *notes)
{
    struct config *config = config_create(instance);
    struct config_reader reader = { .config = config, .folder = folder, .files = files, .errors = errors,
                                    .notes = notes };
    size_t errors_before = errors_count(errors);

    config_default_lists(&reader);
    config_read_tree(&reader, root);
    config_decode_settings(&reader);
    config_validate(&reader, root);
    config_keep_places(&reader, root);
    free(reader.assignments);
    if (errors_count(errors) == errors_before)
        return config;
    config_free(config);
    return NULL;
}

struct config *config_parse_text(const char *text, size_t size_bytes, const char *path, bool files,
                                 const char *instance, struct errors *errors, struct errors *notes)
{
    char *folder = config_folder(path);
    char *ended = memory_zeroed(size_bytes + 1, 1);
    struct config *config = NULL;

    if (size_bytes > 0)
        memcpy(ended, text, size_bytes);
    if (config_text_check(ended, size_bytes, path, files ? folder : NULL, errors)) {
        struct config_node *root = config_parse(ended, path, folder, errors);

        if (root != NULL)
            config = config_from_tree(root, folder, files, instance, errors, notes);
        config_node_free(root);
    }
    explicit_bzero(ended, size_bytes);
    free(ended);
    free(folder);
    return config;
}

struct config *config_load(const char *path, const char *instance, struct errors *errors, struct errors *notes)
{
    size_t size;
    char *text = config_text_read(path, &size, errors);

    if (text == NULL)
        return NULL;
    struct config *config = config_parse_text(text, size, path, true, instance, errors, notes);

    explicit_bzero(text, size);
    free(text);
    return config;
}

const struct settings *config_settings(const struct config *config)
{
    return &config->settings;
}

const struct registers *config_registers(const struct config *config)
{
    return config->registers;
}
