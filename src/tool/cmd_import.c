/* SPDX-License-Identifier: MIT */
/* springparkctl import FILE: a configuration made for a SpringPark becomes this gateway's, whole or not at all. */
#include "base/memory.h"
#include "device/config.h"
#include "device/config_put.h"
#include "device/vendor_file.h"
#include "tool/arguments.h"
#include "tool/config_change.h"
#include "tool/display.h"
#include "tool/import_certificates.h"
#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct arguments {
    struct tool_options options;    /* config_file: what is changed */
    const char *file;
    bool apply;
    bool keep;                      /* what the file does not name stays as it is */
};

enum { OPTION_APPLY = 0x100, OPTION_OUTPUT, OPTION_NO_LOAD_DEFAULTS };

static const struct argp_option argp_options[] = {
    { "output", OPTION_OUTPUT, "CONF", 0, "The configuration file to change or make (default: that of --config)", 0 },
    { "no-load-defaults", OPTION_NO_LOAD_DEFAULTS, NULL, 0, "Leave registers that FILE does not name as they are", 0 },
    { "apply", OPTION_APPLY, NULL, 0, "Make the running springparkd take it over, as `springparkctl reload` does", 0 },
    { 0 },
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->options;
        return 0;
    case OPTION_OUTPUT:
        arguments->options.config_file = argument;
        return 0;
    case OPTION_NO_LOAD_DEFAULTS:
        arguments->keep = true;
        return 0;
    case OPTION_APPLY:
        arguments->apply = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->file != NULL)
            argp_error(state, "one FILE at a time");
        arguments->file = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "the FILE is missing");
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
    .args_doc = "FILE",
    .doc = "Takes over a JSON configuration that was made for a SpringPark: the object with `config`, `templates` and"
           " `certificates`, or the flat list of addresses with four digits. Registers become settings by name in the"
           " configuration file, certificates files beside it (springpark/certs/slot_X.pem) that its slots name. The"
           " rest of the configuration file stays as it is, with its comments. The result is checked as `springparkctl"
           " check` does it, and only a file without errors takes the place of the old one.\vRegisters that FILE does"
           " not name return to their defaults, as on a device; a broker (0286) without TLS settings (0288) is then one"
           " without TLS, which is written out and said. An empty value is that of a new device for a register of a"
           " fixed size, and else no bytes. Keys never come from FILE. Exit status: 0 done, 65 FILE is wrong, 66 a file"
           " cannot be read, 73 the file cannot be written, 78 the settings would be wrong; unless it is 0 the"
           " configuration file is as it was.",
};

enum { MQTT_BROKER = 0x0286, MQTT_TLS = 0x0288 };

/* A device that nobody tells of TLS does without; here plain MQTT is only where it is written, so it is written. */
static void fill_tls(const struct arguments *arguments, const struct vendor_file *file, struct registers *registers)
{
    const struct register_def *def;
    const struct field_def *enabled = register_find_field("mqtt.tls.enabled", &def);
    size_t broker_size;

    registers_get(registers, MQTT_BROKER, &broker_size);
    if (broker_size == 0 || vendor_file_names(file, MQTT_TLS))
        return;
    registers_set_bits(registers, MQTT_TLS, enabled->mask, 0);
    display_progress("note: %s: names a broker (register 0286) and no TLS (register 0288), so mqtt.tls.enabled is"
                     " false: everybody on the way can read and forge events", arguments->file);
}

/* Those of the configuration file, in new memory; NULL if it is not there or not right. */
static struct registers *present_registers(const struct arguments *arguments)
{
    struct errors *ignored = errors_create();
    struct config *config = config_load(arguments->options.config_file, "", ignored, ignored);
    struct registers *registers = config != NULL ? registers_create() : NULL;

    if (config != NULL)
        registers_copy(config_registers(config), registers);
    config_free(config);
    errors_free(ignored);
    return registers;
}

/* What the registers are to be; NULL with complaints. */
static struct registers *wanted_registers(const struct arguments *arguments, const struct vendor_file *file,
                                          const char *text, struct errors *errors)
{
    struct registers *wanted = registers_create();

    if (arguments->keep) {
        struct errors *notes = errors_create();
        struct config *config = config_parse_text(text, strlen(text), arguments->options.config_file, true, "", errors,
                                                  notes);

        if (config != NULL)
            registers_copy(config_registers(config), wanted);
        config_free(config);
        errors_free(notes);
    }
    if (errors_count(errors) > 0) {
        registers_free(wanted);
        return NULL;
    }
    vendor_file_fill(file, wanted);
    if (!arguments->keep)
        fill_tls(arguments, file, wanted);
    return wanted;
}

/* The new text, or NULL with complaints. */
static char *make_text(const struct arguments *arguments, const struct vendor_file *file,
                       const struct import_certificates *certificates, const char *text, struct errors *errors)
{
    struct registers *wanted = wanted_registers(arguments, file, text, errors);
    char *named = wanted != NULL ? import_certificates_name(certificates, text, errors) : NULL;
    char *made = named != NULL ? config_put_registers(named, arguments->options.config_file, wanted, errors) : NULL;

    if (named != NULL)
        explicit_bzero(named, strlen(named));
    free(named);
    registers_free(wanted);
    return made;
}

/* The files of certificates first: the check reads them. */
static int put_all(struct config_change *change, char *text, struct import_certificates *certificates,
                   struct errors *errors)
{
    if (!import_certificates_write(certificates)) {
        explicit_bzero(text, strlen(text));
        free(text);
        return EX_CANTCREAT;
    }
    int status = config_change_check(change, text, errors) ? config_change_finish(change) : EX_CONFIG;

    if (status != EX_OK)
        import_certificates_undo(certificates);
    return status;
}

static int import_into(const struct arguments *arguments, const struct vendor_file *file, struct config_change *change,
                       struct errors *errors)
{
    struct import_certificates *certificates =
        import_certificates_create(file, arguments->file, arguments->options.config_file, errors);

    if (certificates == NULL)
        return EX_DATAERR;
    char *text = make_text(arguments, file, certificates, config_change_text(change), errors);
    int status = text != NULL ? put_all(change, text, certificates, errors) : EX_CONFIG;
    import_certificates_free(certificates);
    return status;
}

static int import_file(const struct arguments *arguments, const struct vendor_file *file, struct errors *errors)
{
    struct config_change *change = config_change_begin(arguments->options.config_file, true, errors);
    int status = change != NULL ? import_into(arguments, file, change, errors) : EX_NOINPUT;

    config_change_free(change);
    return status;
}

int tool_import(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = { .options = *options };
    struct errors *errors = errors_create();
    bool unreadable = false;

    arguments_parse(&parser, argc, argv, &arguments);
    struct registers *present = arguments.keep ? present_registers(&arguments) : NULL;
    struct vendor_file *file = vendor_file_read(arguments.file, present, &unreadable, errors);
    int status = file != NULL ? import_file(&arguments, file, errors) : unreadable ? EX_NOINPUT : EX_DATAERR;
    if (file != NULL)
        config_change_say(errors);
    for (size_t i = 0; file == NULL && i < errors_count(errors); i++)
        display_progress("%s", errors_get(errors, i)); /* of the vendor's file, which our manual does not describe */
    if (status != EX_OK)
        display_progress("%s is as it was", arguments.options.config_file);
    vendor_file_free(file);
    registers_free(present);
    errors_free(errors);
    if (status == EX_OK && arguments.apply)
        status = config_change_apply(&arguments.options);
    return status;
}
