/* SPDX-License-Identifier: MIT */
#include "device/manual.h"

#include "base/memory.h"
#include "device/config_extensions.h"
#include "device/config_paths.h"
#include "device/register_text.h"
#include "device/register_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "# Written from the register table: make tests/unit/print_manual && tests/unit/print_manual --completion\n"
    "\n";

/* "templates.swap" as it is written for one entry: "templates[1].swap"; everything else as it is. */
static char *name_of(const char *path)
{
    static const char *const lists[] = { "templates.", "readers.", "feedback.devices." };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const size_t length = strlen(lists[i]);

        if (strncmp(path, lists[i], length) == 0)
            return text_format("%.*s[1].%s", (int) (length - 1), path, path + length);
    }
    return text_copy(path);
}

static void put_name(void *context, const char *path)
{
    FILE *out = context;
    char *name = name_of(path);

    if (strchr(path, '.') != NULL)  /* registers raw have no place of their own to be set */
        fprintf(out, "    %s\n", name);
    free(name);
}

static void put_registers(FILE *out)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (unsigned k = 0; k < (table[i].per_template ? REGISTER_TEMPLATE_INSTANCES : 1); k++)
            fprintf(out, "    %04X\n", register_address(&table[i], k));
        fprintf(out, "    %s\n", table[i].name);
        for (size_t k = 0; !table[i].per_template && k < table[i].fields_count; k++) {
            if (table[i].fields[k].path != NULL)
                put_name(out, table[i].fields[k].path);
        }
    }
    register_visit_template_paths(put_name, out);
}

/* The field of a setting that no template has. */
static const struct field_def *find_field(const char *path)
{
    const struct extension_def *extension = extension_find(path);
    const struct register_def *def;

    return extension != NULL ? &extension->field : register_find_field(path, &def);
}

static bool is_wordy(const struct field_def *field)
{
    return field != NULL && field->support != FIELD_REFUSED &&
           (field->kind == FIELD_BOOLEAN || field->kind == FIELD_CHOICE);
}

/* " none all": those of the words that may be chosen and are not among written yet; written grows by them. */
static void add_words(char **written, const struct field_def *field)
{
    static const struct field_option flags[] = {
        { 1, "true", "", NULL },
        { 0, "false", "", NULL },
        { 0, NULL, NULL, NULL },
    };

    if (!is_wordy(field))
        return;
    for (const struct field_option *option = field->options != NULL ? field->options : flags; option->name != NULL;
         option++) {
        char *word = text_format(" %s ", option->name);

        if (option->refused_because == NULL && strstr(*written, word) == NULL) {
            char *longer = text_format("%s%s ", *written, option->name);

            free(*written);
            *written = longer;
        }
        free(word);
    }
}

/* Of one name the types of templates may have other words each; the completion offers all of them. */
static void add_words_of_types(char **written, const char *path)
{
    size_t count;
    const struct register_type *types = register_types(&count);
    const struct register_def *def;

    for (size_t i = 0; i < count; i++) {
        for (int mode = 0; types[i].refused_because == NULL && mode < 2; mode++)
            add_words(written, register_type_field(&types[i], mode == 1, path, &def));
    }
}

static void put_words(void *context, const char *path)
{
    FILE *out = context;
    char *words = text_copy(" ");

    add_words(&words, find_field(path));
    if (strncmp(path, "templates.", strlen("templates.")) == 0)
        add_words_of_types(&words, path);
    words[strlen(words) - 1] = '\0'; /* the blank behind the last */
    if (*words != '\0')
        fprintf(out, "        %s) echo%s ;;\n", path, words);
    free(words);
}

char *manual_completion(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    fputs("# SPDX-License-Identifier: MIT\n# shellcheck shell=bash\n", out);
    fputs(head, out);
    fputs("# Every register by address and name, and the settings that are its bits.\n", out);
    fputs("_springparkctl_registers=(\n", out);
    put_registers(out);
    fputs(")\n\n# Every setting; of a list its first entry.\n_springparkctl_settings=(\n", out);
    config_visit_paths(put_name, out);
    fputs(")\n\n# $1: a setting, without the number of an entry. What may be written for it, where that is one of a few"
          " words.\n_springparkctl_words() {\n    case $1 in\n", out);
    config_visit_paths(put_words, out);
    fputs("    esac\n}\n", out);
    if (fclose(out) != 0)
        abort();
    return text;
}
