/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef void visit_path(void *context, const char *path);

static void visit_slots(visit_path *visit, void *context)
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

/* Every setting of the file by its whole name. */
static void visit_paths(visit_path *visit, void *context)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            if (table[i].fields[k].path != NULL)
                visit(context, table[i].fields[k].path);
        }
    }
    const struct extension_def *extensions = extension_table(&count);
    for (size_t i = 0; i < count; i++)
        visit(context, extensions[i].field.path);
    extensions = extension_reader_table(&count);
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

    visit_paths(look_for_group, &search);
    return search.found;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum { NAME_MAX_COMPARED = 63 };

/* Levenshtein's distance between two names; a name that is too long for a typing error is far. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[NAME_MAX_COMPARED + 1];

    if (a_length > NAME_MAX_COMPARED || b_length > NAME_MAX_COMPARED)
        return NAME_MAX_COMPARED;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j] + 1, row[j - 1] + 1));
        }
    }
    return row[b_length];
}

struct nearest_search {
    const char *path;
    size_t best;
    char *nearest;
};

static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot == NULL ? path : dot + 1;
}

/* A name in the same group, or the same name in another group: each costs what a slip of the hand costs. */
static void look_for_nearest(void *context, const char *candidate)
{
    struct nearest_search *search = context;
    const char *asked = last_name(search->path), *offered = last_name(candidate);
    size_t group_length = (size_t) (asked - search->path);
    bool same_group = (size_t) (offered - candidate) == group_length &&
                      strncmp(search->path, candidate, group_length) == 0;
    size_t cost = distance(asked, strlen(asked), offered, strlen(offered)) + (same_group ? 0 : 1);

    cost = smaller(cost, distance(search->path, strlen(search->path), candidate, strlen(candidate)));
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
    size_t length = strlen(last_name(path));
    struct nearest_search search = { .path = path, .best = (length < 6 ? 2 : length / 3) + 1 };

    visit_paths(look_for_nearest, &search);
    if (strchr(path, '.') == NULL)
        visit_paths(look_for_nearest_group, &search);
    return search.nearest;
}
