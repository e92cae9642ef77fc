/* SPDX-License-Identifier: MIT */
#include "device/config_node.h"

#include "base/memory.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

static enum config_kind kind_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return CONFIG_INTEGER;
    case CONFIG_TYPE_FLOAT:
        return CONFIG_FLOAT;
    case CONFIG_TYPE_STRING:
        return CONFIG_TEXT;
    case CONFIG_TYPE_BOOL:
        return CONFIG_BOOLEAN;
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        return CONFIG_LIST;
    default:
        return CONFIG_GROUP;
    }
}

/* Files that are included are named relative to folder: libconfig 1.5 remembers the name alone, later ones FOLDER/NAME,
 * with a slash too many. */
static char *file_of(const config_setting_t *setting, const char *path, const char *folder)
{
    const char *file = config_setting_source_file(setting);
    size_t folder_bytes = strlen(folder);

    if (file == NULL)
        return text_copy(path);
    if (folder_bytes > 0 && strncmp(file, folder, folder_bytes) == 0)
        file += folder_bytes + strspn(file + folder_bytes, "/");
    else if (*file == '/')
        return text_copy(file);
    return text_format("%s%s", folder, file);
}

/* False: nested too deeply, said in errors. */
static bool node_from_setting(struct config_node *node, const config_setting_t *setting, const char *path,
                              const char *folder, unsigned depth, struct errors *errors)
{
    const char *name = config_setting_name(setting);

    node->kind = kind_of(setting);
    node->name = text_copy(name != NULL ? name : "");
    node->file = file_of(setting, path, folder);
    node->line = (int) config_setting_source_line(setting);
    if (node->kind == CONFIG_INTEGER)
        node->integer = config_setting_get_int64(setting);
    if (config_setting_type(setting) == CONFIG_TYPE_INT)
        node->integer = config_setting_get_int(setting);
    if (node->kind == CONFIG_BOOLEAN)
        node->boolean = config_setting_get_bool(setting) == CONFIG_TRUE;
    if (node->kind == CONFIG_TEXT) {
        const char *text = config_setting_get_string(setting);

        node->text = text_copy(text != NULL ? text : "");
    }
    if (node->kind != CONFIG_GROUP && node->kind != CONFIG_LIST)
        return true;
    if (depth > CONFIG_MAX_DEPTH) {
        errors_add(errors, "%s:%d: groups and lists are nested too deeply: at most %d levels", node->file, node->line,
                   CONFIG_MAX_DEPTH);
        return false;
    }
    size_t count = (size_t) config_setting_length(setting);
    node->children = memory_zeroed(count, sizeof *node->children);
    for (; node->count < count; node->count++) {
        const config_setting_t *child = config_setting_get_elem(setting, (unsigned) node->count);

        if (!node_from_setting(&node->children[node->count], child, path, folder, depth + 1, errors)) {
            node->count++;
            return false;
        }
    }
    return true;
}

static void add_syntax_error(const config_t *config, const char *path, const char *folder, struct errors *errors)
{
    const char *file = config_error_file(config);
    const char *text = config_error_text(config);
    const char *hint = "";

    if (strcmp(text, "syntax error") == 0)
        hint = "; next: look for a missing semicolon, quote or bracket here or in the line before";
    errors_add(errors, "%s%s:%d: %s%s", file == NULL ? "" : folder, file == NULL ? path : file,
               config_error_line(config), text, hint);
}

struct config_node *config_parse(const char *text, const char *path, const char *folder, struct errors *errors)
{
    struct config_node *root = NULL;
    config_t config;

    config_init(&config);
    if (folder != NULL && *folder != '\0')
        config_set_include_dir(&config, folder);
    if (config_read_string(&config, text) == CONFIG_TRUE) {
        root = memory_zeroed(1, sizeof *root);
        if (!node_from_setting(root, config_root_setting(&config), path, folder != NULL ? folder : "", 0, errors)) {
            config_node_free(root);
            root = NULL;
        }
    } else {
        add_syntax_error(&config, path, folder != NULL ? folder : "", errors);
    }
    config_destroy(&config);
    return root;
}

static void free_inside(struct config_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        free_inside(&node->children[i]);
    free(node->children);
    free(node->name);
    free(node->file);
    if (node->text != NULL)
        explicit_bzero(node->text, strlen(node->text)); /* it may be a password */
    free(node->text);
}

void config_node_free(struct config_node *root)
{
    if (root == NULL)
        return;
    free_inside(root);
    free(root);
}

const struct config_node *config_node_child(const struct config_node *group, const char *name)
{
    for (size_t i = 0; i < group->count; i++) {
        if (strcmp(group->children[i].name, name) == 0)
            return &group->children[i];
    }
    return NULL;
}

const char *config_kind_name(enum config_kind kind)
{
    switch (kind) {
    case CONFIG_GROUP:
        return "a group";
    case CONFIG_LIST:
        return "a list";
    case CONFIG_INTEGER:
        return "a number";
    case CONFIG_FLOAT:
        return "a number with a fraction";
    case CONFIG_TEXT:
        return "a text";
    case CONFIG_BOOLEAN:
        break;
    }
    return "true or false";
}
