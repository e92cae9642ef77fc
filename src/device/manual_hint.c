/* SPDX-License-Identifier: MIT */
#include "device/manual.h"

#include "base/memory.h"
#include "device/config_paths.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SECTIONS_MAX = 4 };

struct section_search {
    const char *path;
    bool found;
};

static void look_for_section(void *context, const char *path)
{
    struct section_search *search = context;
    const size_t length = strlen(search->path);

    if (strncmp(path, search->path, length) == 0 && path[length] == '.' && strchr(path + length + 1, '.') == NULL)
        search->found = true;
}

static bool is_section(const char *path)
{
    struct section_search search = { .path = path, .found = strcmp(path, "registers") == 0 };

    config_visit_paths(look_for_section, &search);
    return search.found;
}

/* "readers[2].path" without the number of the entry. */
static void drop_indices(char *place)
{
    char *to = place;

    for (const char *from = place; *from != '\0';) {
        if (*from == '[')
            from += strcspn(from, "]") + (strchr(from, ']') != NULL);
        else
            *to++ = *from++;
    }
    *to = '\0';
}

char *manual_section_of(const char *place)
{
    char *path = text_copy(place);

    drop_indices(path);
    while (!is_section(path)) {
        char *dot = strrchr(path, '.');

        if (dot == NULL) {
            free(path);
            return NULL;
        }
        *dot = '\0';
    }
    return path;
}

/* What stands behind FILE:LINE: in a complaint, or NULL. */
static const char *place_in(const char *complaint)
{
    for (const char *colon = strchr(complaint, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        const size_t digits = strspn(colon + 1, "0123456789");

        if (digits > 0 && strncmp(colon + 1 + digits, ": ", 2) == 0)
            return colon + digits + 3;
    }
    return NULL;
}

static char *section_in(const char *complaint)
{
    const char *in_file = place_in(complaint);
    const char *place = in_file != NULL ? in_file : complaint; /* of one who named a setting, and no file */
    size_t length = 0;

    while (isalnum((unsigned char) place[length]) || (place[length] != '\0' && strchr("._[]", place[length]) != NULL))
        length++;
    char *name = text_format("%.*s", (int) length, place);
    char *section = manual_section_of(name);

    free(name);
    return section;
}

static bool is_among(char *const *sections, size_t count, const char *section)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(sections[i], section) == 0)
            return true;
    }
    return false;
}

/* "mqtt", "mqtt and keys", "mqtt, keys and readers" */
static char *enumerate(char *const *sections, size_t count)
{
    char *text = text_copy(sections[0]);

    for (size_t i = 1; i < count; i++) {
        char *longer = text_format("%s%s%s", text, i + 1 == count ? " and " : ", ", sections[i]);

        free(text);
        text = longer;
    }
    return text;
}

char *manual_hint(const struct errors *errors)
{
    char *sections[SECTIONS_MAX], *hint = NULL;
    size_t count = 0;
    bool in_a_file = false;

    for (size_t i = 0; i < errors_count(errors); i++) {
        char *section = section_in(errors_get(errors, i));

        in_a_file = in_a_file || place_in(errors_get(errors, i)) != NULL;
        if (section != NULL && count < SECTIONS_MAX && !is_among(sections, count, section))
            sections[count++] = section;
        else
            free(section);
    }
    if (count > 0) {
        char *text = enumerate(sections, count);

        hint = text_format("next: see springpark.conf(5), section%s %s", count > 1 ? "s" : "", text);
        free(text);
    } else if (in_a_file) {
        hint = text_copy("next: see springpark.conf(5)");
    }
    for (size_t i = 0; i < count; i++)
        free(sections[i]);
    return hint;
}
