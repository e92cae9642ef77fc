/* SPDX-License-Identifier: MIT */
/* springparkctl export: registers and certificates of the configuration file as a JSON configuration for a SpringPark. */
#include "device/config.h"
#include "device/vendor_file.h"
#include "tool/arguments.h"
#include "tool/config_change.h"
#include "tool/display.h"
#include "tool/export_certificates.h"
#include "tool/tool.h"

#include <stdio.h>
#include <sysexits.h>

struct arguments {
    struct tool_options options;
    bool flat;
    bool secrets;
};

enum { OPTION_FLAT = 0x100, OPTION_SECRETS };

static const struct argp_option argp_options[] = {
    { "flat", OPTION_FLAT, NULL, 0, "Write the list of addresses with four digits, and not the object with `config`,"
                                    " `templates` and `certificates`", 0 },
    { "secrets", OPTION_SECRETS, NULL, 0, "Write passwords and keys of registers, too", 0 },
    { 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    (void) argument;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->options;
        return 0;
    case OPTION_FLAT:
        arguments->flat = true;
        return 0;
    case OPTION_SECRETS:
        arguments->secrets = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { .argp = &arguments_common }, { 0 } };

static const struct argp parser = {
    .options = argp_options,
    .parser = parse_option,
    .children = children,
    .doc = "Writes the registers and certificates of the configuration file as JSON, as the vendor's tools take it and"
           " `springparkctl import` does. It names every register and every slot of certificates that is not as in a new"
           " SpringPark, and the registers of which this gateway has another default.\vNot in it is what a SpringPark has"
           " nothing for: readers, journal, feedback's devices. Private keys are never in it. Secrets of registers"
           " are left out and named unless --secrets is given; a file with them belongs to nobody else. Exit status: 0"
           " done, 78 an error in the settings.",
};

static int export_registers(const struct arguments *arguments, const struct config *config)
{
    struct errors *notes = errors_create();
    json_t *root = vendor_file_make(config_registers(config), arguments->flat, arguments->secrets, notes);

    export_certificates_add(root, config_settings(config), arguments->flat, notes);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    for (size_t i = 0; i < errors_count(notes); i++)
        display_progress("note: %s", errors_get(notes, i));
    json_decref(root);
    errors_free(notes);
    return EX_OK;
}

int tool_export(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = { .options = *options };
    struct errors *errors = errors_create(), *notes = errors_create();

    arguments_parse(&parser, argc, argv, &arguments);
    struct config *config = config_load(arguments.options.config_file, arguments.options.instance, errors,
                                        notes);
    int status = config != NULL ? export_registers(&arguments, config) : EX_CONFIG;
    config_change_say(errors);
    config_free(config);
    errors_free(notes);
    errors_free(errors);
    return status;
}
