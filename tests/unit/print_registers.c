/* SPDX-License-Identifier: MIT */
/*
 * `springparkctl registers` on an empty configuration, for tests and for writing etc/springpark.conf:
 * print_registers [--json] [words of the subcommand...]
 *
 * print_registers --types: what the types of templates make of the registers 0310 to 031B, as JSON: {"mifare-classic":
 * {"lookups": [97], "refused_because": null, "raw": [registers...], "string": [registers...]}}, the mode of the output
 * format in the name of the list.
 */
#include "device/register_types.h"
#include "tool/registers_show.h"
#include "tool/tool.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static json_t *registers_of(const struct register_type *type, bool string)
{
    struct registers *registers = registers_create();
    json_t *list = json_array();
    size_t count;
    const struct register_def *table = register_table(&count);

    registers_set(registers, 0x0310, type->lookups, 1);
    for (size_t i = 0; i < count; i++) {
        struct registers_choice choice = { .def = register_variant(type, &table[i], string) };

        if (table[i].per_template)
            json_array_append_new(list, registers_to_json(registers, &choice));
    }
    registers_free(registers);
    return list;
}

static int print_types(void)
{
    json_t *root = json_object();
    size_t count;
    const struct register_type *types = register_types(&count);

    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object(), *lookups = json_array();

        for (size_t k = 0; k < types[i].lookups_count; k++)
            json_array_append_new(lookups, json_integer(types[i].lookups[k]));
        json_object_set_new(object, "lookups", lookups);
        json_object_set_new(object, "refused_because",
                            types[i].refused_because != NULL ? json_string(types[i].refused_because) : json_null());
        json_object_set_new(object, "raw", registers_of(&types[i], false));
        json_object_set_new(object, "string", registers_of(&types[i], true));
        json_object_set_new(root, types[i].name, object);
    }
    json_dumpf(root, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(root);
    return EX_OK;
}

int main(int argc, char **argv)
{
    struct tool_options options = { .config_file = "/dev/null", .run_directory = "/nonexistent", .instance = "" };

    if (argc == 2 && strcmp(argv[1], "--types") == 0)
        return print_types();
    if (argc > 1 && strcmp(argv[1], "--json") == 0) {
        options.json = true;
        argv[1] = argv[0];
        argv++;
        argc--;
    }
    return tool_registers(&options, argc, argv);
}
