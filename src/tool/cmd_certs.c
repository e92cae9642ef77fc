/* SPDX-License-Identifier: MIT */
/* springparkctl certs: a CA of one's own, and the certificates that AWS IoT Core wants of it and of devices. */
#include "tool/arguments.h"
#include "tool/certs.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_DIRECTORY = 0x400, KEY_NAME, KEY_DAYS, KEY_KEY_TYPE, KEY_KEY };

enum { DAYS_MAX = 36500, CODE_DIGITS = 64 };

enum { DIRECTORY = 1, NAME = 2, DAYS = 4, KEY_TYPE = 8, KEY = 16 };

static const struct action {
    const char *name;
    int (*run)(const struct certs_words *words);
    const char *word;       /* NULL: it takes none */
    bool many;
    unsigned options;       /* which belong to it */
} actions[] = {
    { "init-ca", certs_init_ca, NULL, false, DIRECTORY | NAME | DAYS | KEY_TYPE },
    { "verification", certs_verification, "CODE", false, DIRECTORY },
    { "device", certs_device, "SERIAL", false, DIRECTORY | DAYS | KEY_TYPE | KEY },
    { "csr", certs_csr, "SERIAL", false, DIRECTORY | KEY_TYPE | KEY },
    { "show", certs_show, "FILE", true, 0 },
};

struct parsed {
    struct certs_words certs;
    const struct action *action;
    unsigned given;             /* options */
};

static const struct argp_option options_of_certs[] = {
    { .name = "directory", .key = KEY_DIRECTORY, .arg = "DIR",
      .doc = "Where the CA is and new files go (default: the current folder); made if it is not there" },
    { .name = "name", .key = KEY_NAME, .arg = "CN", .doc = "init-ca: the CA's name" },
    { .name = "days", .key = KEY_DAYS, .arg = "N", .doc = "init-ca, device: for how long (default 7300 and 3650)" },
    { .name = "key-type", .key = KEY_KEY_TYPE, .arg = "ec|rsa",
      .doc = "init-ca, device, csr: EC P-256 (the default) or RSA 3072" },
    { .name = "key", .key = KEY_KEY, .arg = "KEY",
      .doc = "device, csr: a key that is there already, a file or \"pkcs11:token=...;object=...;type=private\"" },
    { 0 },
};

static const struct option_name {
    int key;
    unsigned bit;
    const char *name;
} option_names[] = {
    { KEY_DIRECTORY, DIRECTORY, "--directory" }, { KEY_NAME, NAME, "--name" }, { KEY_DAYS, DAYS, "--days" },
    { KEY_KEY_TYPE, KEY_TYPE, "--key-type" }, { KEY_KEY, KEY, "--key" },
};

static void note_given(struct parsed *parsed, int key)
{
    for (size_t i = 0; i < sizeof option_names / sizeof *option_names; i++) {
        if (option_names[i].key == key)
            parsed->given |= option_names[i].bit;
    }
}

static const struct action *action_of(struct argp_state *state, const char *text)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, text) == 0)
            return &actions[i];
    }
    argp_error(state, "there is no \"certs %s\": init-ca, verification, device, csr or show", text);
    return NULL;
}

/* RegisterCACertificate wants exactly what get-registration-code printed. */
static void check_code(struct argp_state *state, const char *code)
{
    size_t digits = strspn(code, "0123456789abcdefABCDEF");

    if (digits != CODE_DIGITS || code[digits] != '\0')
        argp_error(state, "\"%s\" is no registration code, which has 64 hex digits; next: aws iot "
                   "get-registration-code", code);
}

static void check_name(struct argp_state *state, const char *name)
{
    if (name[0] == '\0' || strlen(name) > ISSUE_NAME_MAX)
        argp_error(state, "--name takes 1 to 64 characters");
    for (const char *c = name; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            argp_error(state, "--name takes printable ASCII characters");
    }
}

static void check(struct argp_state *state, const struct parsed *parsed)
{
    const struct action *action = parsed->action;
    const struct certs_words *certs = &parsed->certs;

    if (action == NULL)
        argp_error(state, "init-ca, verification, device, csr or show is missing");
    for (size_t i = 0; i < sizeof option_names / sizeof *option_names; i++) {
        if ((parsed->given & option_names[i].bit & ~action->options) != 0)
            argp_error(state, "%s does not belong to %s", option_names[i].name, action->name);
    }
    if ((parsed->given & KEY) != 0 && (parsed->given & KEY_TYPE) != 0)
        argp_error(state, "--key-type is for a new key, --key names one that is there: not both");
    if (action->word == NULL && certs->words_count > 0)
        argp_error(state, "%s takes no word", action->name);
    if (action->word != NULL && (certs->words_count == 0 || (certs->words_count > 1 && !action->many)))
        argp_error(state, "%s takes %s %s", action->name, action->many ? "at least one" : "one", action->word);
    if (action->run == certs_verification)
        check_code(state, certs->words[0]);
    if (certs->name != NULL)
        check_name(state, certs->name);
    bool serial = action->run == certs_device || action->run == certs_csr;
    const char *problem = serial ? certs_serial_problem(certs->words[0]) : NULL;
    if (problem != NULL)
        argp_error(state, "\"%s\" cannot be a serial number: %s", certs->words[0], problem);
}

static enum issue_key_type key_type_of(struct argp_state *state, const char *text)
{
    if (strcmp(text, "rsa") == 0)
        return ISSUE_KEY_RSA;
    if (strcmp(text, "ec") != 0)
        argp_error(state, "--key-type takes ec or rsa, not \"%s\"", text);
    return ISSUE_KEY_EC;
}

static void take_option(int key, char *arg, struct argp_state *state)
{
    struct parsed *parsed = state->input;
    struct certs_words *certs = &parsed->certs;

    note_given(parsed, key);
    if (key == KEY_DIRECTORY)
        certs->directory = arg;
    else if (key == KEY_NAME)
        certs->name = arg;
    else if (key == KEY_DAYS)
        certs->days = arguments_number(state, "--days", arg, 1, DAYS_MAX);
    else if (key == KEY_KEY_TYPE)
        certs->key_type = key_type_of(state, arg);
    else
        certs->key = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct parsed *parsed = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &parsed->certs.tool;
        return 0;
    case KEY_DIRECTORY:
    case KEY_NAME:
    case KEY_DAYS:
    case KEY_KEY_TYPE:
    case KEY_KEY:
        take_option(key, arg, state);
        return 0;
    case ARGP_KEY_ARG:
        if (parsed->action != NULL)
            parsed->certs.words[parsed->certs.words_count++] = arg;
        else
            parsed->action = action_of(state, arg);
        return 0;
    case ARGP_KEY_END:
        check(state, parsed);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = { { .argp = &arguments_common }, { 0 } };

static const struct argp parser = {
    .options = options_of_certs,
    .parser = parse,
    .children = children,
    .args_doc = "init-ca\nverification CODE\ndevice SERIAL\ncsr SERIAL\nshow FILE...",
    .doc = "A CA of one's own, and the certificates that AWS IoT Core or another broker wants of it and of devices.\v"
           "init-ca makes the CA: ca.key and ca.pem. verification makes the certificate that shows AWS that one has the"
           " CA's key; CODE is what `aws iot get-registration-code` prints. device makes a device's key, certificate"
           " and chain; SERIAL is its serial number, client id and thing name. csr makes a key and a request, for a CA"
           " elsewhere. show tells what is in certificates, chains, requests and keys, and which belong together.\n\n"
           "No file is ever overwritten.\n\n"
           "Exit status: 0 done, 64 wrong usage, 65 a file is not what it should be, 66 a file cannot be read, 69 a key"
           " cannot be had from its token, 73 a file is there already or cannot be written.",
};

int tool_certs(const struct tool_options *options, int argc, char **argv)
{
    struct parsed parsed = { .certs = { .tool = *options, .clock = clock_system(), .directory = ".",
                                         .words = memory_zeroed((size_t) argc, sizeof *argv) } };

    arguments_parse(&parser, argc, argv, &parsed);
    int exit_status = parsed.action->run(&parsed.certs);
    free(parsed.certs.words);
    return exit_status;
}
