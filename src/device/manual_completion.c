/* SPDX-License-Identifier: MIT */
#include "device/manual.h"

#include "base/memory.h"
#include "device/config_extensions.h"
#include "device/config_paths.h"
#include "device/register_text.h"

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
        for (size_t k = 0; k < table[i].fields_count; k++) {
            if (table[i].fields[k].path != NULL)
                put_name(out, table[i].fields[k].path);
        }
    }
}

static const struct field_def *find_field(const char *path)
{
    const struct extension_def *extension = extension_find(path);
    const struct register_def *def;

    return extension != NULL ? &extension->field : register_find_field(path, &def);
}

static void put_words(void *context, const char *path)
{
    FILE *out = context;
    const struct field_def *field = find_field(path);

    if (field == NULL || field->support == FIELD_REFUSED ||
        (field->kind != FIELD_BOOLEAN && field->kind != FIELD_CHOICE))
        return;
    fprintf(out, "        %s) echo", path);
    if (field->kind == FIELD_BOOLEAN)
        fputs(" true false", out);
    for (const struct field_option *option = field->options; option != NULL && option->name != NULL; option++) {
        if (option->refused_because == NULL)
            fprintf(out, " %s", option->name);
    }
    fputs(" ;;\n", out);
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
