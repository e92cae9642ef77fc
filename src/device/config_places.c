/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void keep_place(struct config *config, const char *path, const struct config_node *node)
{
    config->places = memory_resize(config->places, config->places_count + 1, sizeof *config->places);
    config->places[config->places_count++] = (struct config_place) {
        .path = config_keep(config, text_copy(path)),
        .place = config_keep(config, text_format("%s:%d", node->file, node->line)),
    };
}

/* The setting with that path in the tree, or NULL. */
static const struct config_node *find_node(const struct config_node *root, const char *path)
{
    const struct config_node *node = root;
    char *rest = text_copy(path);
    char *at = rest;

    for (char *name = strsep(&at, "."); name != NULL && node != NULL; name = strsep(&at, "."))
        node = node->kind == CONFIG_GROUP ? config_node_child(node, name) : NULL;
    free(rest);
    return node;
}

void config_keep_places(struct config_reader *reader, const struct config_node *root)
{
    size_t count;
    const struct register_def *registers = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; !registers[i].per_template && k < registers[i].fields_count; k++) {
            const char *path = registers[i].fields[k].path;
            const struct config_node *node = path != NULL ? config_origin(reader, path, 0) : NULL;
            if (node != NULL)
                keep_place(reader->config, path, node);
        }
    }
    const struct extension_def *extensions = extension_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct config_node *node = find_node(root, extensions[i].field.path);
        if (node != NULL)
            keep_place(reader->config, extensions[i].field.path, node);
    }
}

const char *config_place(const struct config *config, const char *path)
{
    for (size_t i = 0; i < config->places_count; i++) {
        if (strcmp(config->places[i].path, path) == 0)
            return config->places[i].place;
    }
    return NULL;
}
