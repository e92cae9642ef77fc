/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/memory.h"
#include "device/config_feedback.h"
#include "device/config_paths.h"
#include "device/nearest.h"
#include "device/register_types.h"

#include <stdlib.h>
#include <string.h>

static void visit_slots(config_visit_path *visit, void *context)
{
    static const char digits[] = "0123456789ABCDEF";

    for (unsigned i = 0; i < SETTINGS_SLOT_COUNT; i++) {
        char certificate[] = "certificates.slot_X", key[] = "keys.slot_X";

        certificate[sizeof certificate - 2] = digits[i];
        key[sizeof key - 2] = digits[i];
        visit(context, certificate);
        visit(context, key);
    }
}

void config_visit_paths(config_visit_path *visit, void *context)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; !table[i].per_template && k < table[i].fields_count; k++) {
            if (table[i].fields[k].path != NULL)
                visit(context, table[i].fields[k].path);
        }
    }
    register_visit_template_paths(visit, context);
    const struct extension_def *extensions = extension_table(&count);
    for (size_t i = 0; i < count; i++)
        visit(context, extensions[i].field.path);
    extensions = extension_reader_table(&count);
    for (size_t i = 0; i < count; i++)
        visit(context, extensions[i].field.path);
    extensions = config_feedback_table(&count);
    for (size_t i = 0; i < count; i++)
        visit(context, extensions[i].field.path);
    visit(context, extension_template_type()->field.path);
    visit(context, "registers");
    visit_slots(visit, context);
}

struct group_search {
    const char *path;
    bool found;
};

static void look_for_group(void *context, const char *path)
{
    struct group_search *search = context;
    size_t length = strlen(search->path);

    if (strncmp(path, search->path, length) == 0 && path[length] == '.')
        search->found = true;
}

bool config_is_group(const char *path)
{
    struct group_search search = { .path = path };

    config_visit_paths(look_for_group, &search);
    return search.found;
}

struct nearest_search {
    const char *path;
    size_t best;
    char *nearest;
};

static void look_for_nearest(void *context, const char *candidate)
{
    struct nearest_search *search = context;
    size_t cost = nearest_cost(search->path, candidate);

    if (cost < search->best) {
        search->best = cost;
        text_replace(&search->nearest, candidate);
    }
}

/* The first name of a path, for a group that is written wrongly as a whole. */
static void look_for_nearest_group(void *context, const char *candidate)
{
    char *group = text_format("%.*s", (int) strcspn(candidate, "."), candidate);

    look_for_nearest(context, group);
    free(group);
}

char *config_suggest(const char *path)
{
    struct nearest_search search = { .path = path, .best = nearest_limit(path) + 1 };

    config_visit_paths(look_for_nearest, &search);
    if (strchr(path, '.') == NULL)
        config_visit_paths(look_for_nearest_group, &search);
    return search.nearest;
}
