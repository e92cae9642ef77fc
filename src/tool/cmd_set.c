/* SPDX-License-Identifier: MIT */
/* springparkctl set NAME=VALUE...: changes settings in the configuration file, whole or not at all. */
#include "base/memory.h"
#include "device/config_edit.h"
#include "tool/arguments.h"
#include "tool/config_change.h"
#include "tool/display.h"
#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct arguments {
    struct tool_options options;
    bool apply;
    char **settings;      /* "NAME=VALUE", each a word of the command line */
    size_t settings_count;
};

enum { OPTION_APPLY = 0x100 };

static const struct argp_option argp_options[] = {
    { "apply", OPTION_APPLY, NULL, 0, "Make the running springparkd take it over, as `springparkctl reload` does", 0 },
    { 0 },
};

/* "02A1=051E": registers hold several settings, so they have no place of their own in the file. */
static bool is_address(const char *argument)
{
    return strspn(argument, "0123456789ABCDEFabcdef") == 4 && argument[4] == '=';
}

static void add_setting(struct arguments *arguments, char *argument, struct argp_state *state)
{
    if (strchr(argument, '=') == NULL || *argument == '=')
        argp_error(state, "\"%s\" is no NAME=VALUE, as mqtt.port=8883 is one", argument);
    if (is_address(argument))
        argp_error(state, "%.4s is a register; name one of its settings, which `springparkctl registers %.4s` shows",
                   argument, argument);
    arguments->settings = memory_resize(arguments->settings, arguments->settings_count + 1,
                                        sizeof *arguments->settings);
    arguments->settings[arguments->settings_count++] = argument;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->options;
        return 0;
    case OPTION_APPLY:
        arguments->apply = true;
        return 0;
    case ARGP_KEY_ARG:
        add_setting(arguments, argument, state);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a NAME=VALUE is missing");
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
    .args_doc = "NAME=VALUE...",
    .doc = "Changes settings in the configuration file: mqtt.port=8883, templates[1].format=hex. The rest of the file"
           " stays as it is, with its comments. The result is checked as `springparkctl check` does it, and only a file"
           " without errors takes the place of the old one, with the same owner and mode.\vA list is written with"
           " commas: pcsc_mode.protocols=nfc-a,nfc-b. What stands on a command line can be seen by others on this box:"
           " write a password to a file, and mqtt.password=file:PATH. Exit status: 0 done, 73 the file cannot be"
           " written, 78 an error in the settings, and then the file is as it was.",
};

/* The text with all settings, or NULL with complaints; takes over text. */
static char *change(const struct arguments *arguments, char *text, struct errors *errors)
{
    for (size_t i = 0; i < arguments->settings_count; i++) {
        const char *setting = arguments->settings[i], *equals = strchr(setting, '=');
        char *name = text_format("%.*s", (int) (equals - setting), setting);
        char *changed = config_edit(text, arguments->options.config_file, name, equals + 1, errors);

        free(name);
        if (changed == NULL)
            continue;
        free(text);
        text = changed;
    }
    if (errors_count(errors) == 0)
        return text;
    free(text);
    return NULL;
}

static int set_all(const struct arguments *arguments, struct config_change *change_of_file, struct errors *errors)
{
    char *changed = change(arguments, text_copy(config_change_text(change_of_file)), errors);

    if (changed != NULL && config_change_check(change_of_file, changed, errors))
        return config_change_finish(change_of_file);
    config_change_say(errors);
    display_progress("%s is as it was", arguments->options.config_file);
    return EX_CONFIG;
}

static int set_in_file(const struct arguments *arguments)
{
    struct errors *errors = errors_create();
    struct config_change *change_of_file = config_change_begin(arguments->options.config_file, false, errors);
    int status = EX_NOINPUT;

    if (change_of_file != NULL)
        status = set_all(arguments, change_of_file, errors);
    else
        config_change_say(errors);
    config_change_free(change_of_file);
    errors_free(errors);
    return status;
}

int tool_set(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = { .options = *options };

    arguments_parse(&parser, argc, argv, &arguments);
    int status = set_in_file(&arguments);
    free(arguments.settings);
    if (status == EX_OK && arguments.apply)
        status = config_change_apply(&arguments.options);
    return status;
}
