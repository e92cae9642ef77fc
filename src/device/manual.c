/* SPDX-License-Identifier: MIT */
#include "device/manual_page.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/config_extensions.h"
#include "device/config_feedback.h"
#include "device/config_paths.h"
#include "device/register_text.h"
#include "device/roff.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    ".\\\" SPDX-License-Identifier: MIT\n"
    ".\\\" Written from the register table: make tests/unit/print_manual && tests/unit/print_manual --page\n"
    ".TH SPRINGPARK.CONF 5 \"\" springpark \"File formats of springpark\"\n"
    ".ad l\n"
    ".nr HY 0\n"
    ".SH NAME\n"
    "springpark.conf \\- settings of springparkd\n"
    ".SH SYNOPSIS\n"
    ".I /etc/springpark.conf\n";

static const char *const description[] = {
    "What `springparkd`(8) does. The settings are the registers of a SpringPark by name, all of them, and beside"
    " them what a SpringPark has in its flash, its secure element or its hardware, and a Linux box has in files:"
    " certificates, keys, readers, the journal, LEDs.",
    "Each setting has a default, so an empty file is right. An unknown setting, a value that is not allowed and two"
    " settings that contradict one another are errors, each with its line; nothing is ignored. What this gateway"
    " has not is kept for a device, without effect here, and reported at the start where it differs from the"
    " default.",
    "After a change:",
};

static const char *const format[] = {
    "The grammar is that of libconfig. A setting is `name = value;`, and settings stand in groups: `mqtt: { tls: {"
    " sni = true; }; };` is the setting mqtt.tls.sni. A name that stands twice in one group is an error. A list of"
    " groups is `readers: ( { ... }, { ... } );`, a list of values `[ \"a\", \"b\" ]`.",
    "A boolean is true or false. A number is decimal, or hex with 0x before it. A text stands in double quotes,"
    " with the escapes \\\\, \\\", \\n, \\r, \\t, \\f and \\xHH. What begins with #, or with //, up to the end of"
    " its line is a comment, and so is what stands between /* and */.",
    "A line `@include \"FILE\"` puts another file in its place. Relative paths count from the folder of the file,"
    " here and in settings.",
    "The value of a setting whose register holds a secret may be `\"file:PATH\"`: the content of that file, without"
    " the line feed at its end.",
};

static const char slots[] =
    "A certificate is a PEM file, a folder of them, or \"amazon\" for the Amazon roots 1 to 4 of Debian's"
    " ca-certificates, which slot 9 has by default. X is a hex digit, 0 to F. mqtt.tls and provisioning say what"
    " each slot is for. \"credential:NAME\" is the file that systemd hands to the service by"
    " LoadCredential=NAME:FILE or LoadCredentialEncrypted=, in a drop-in (`systemctl edit springparkd`); what is"
    " new in it counts from the next restart on. Default: empty, but for slot 9.";

static const char keys[] =
    "A key is a PEM file that root and the group springpark alone may read, \"credential:NAME\" as for a"
    " certificate, or a key in a PKCS#11 token by its URI (RFC 7512):"
    " \"pkcs11:token=box;object=device;type=private?pin-source=file:/PATH\". A file that begins with BEGIN TSS2"
    " PRIVATE KEY is a key of this box's TPM 2.0. `springpark-aws`(7) tells how to make them. X is a hex digit, 0"
    " to F. Default: empty.";

static const char raw[] =
    "A list of registers raw, each as \"ADDRESS=VALUE\" in hex: `registers = [ \"02A1=0A1E\" ];`. The rules of the"
    " settings hold for them as well. A register that is set here and, also in part, by name is an error. Default:"
    " none.";

void manual_put(const struct manual_page *page, const char *template, ...)
{
    va_list arguments;

    va_start(arguments, template);
    char *text = text_format_list(template, arguments);
    va_end(arguments);
    roff_put_text(page->out, text);
    free(text);
}

static void put_paragraphs(const struct manual_page *page, const char *const *paragraphs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(".PP\n", page->out);
        manual_put(page, "%s", paragraphs[i]);
    }
}

void manual_put_tag(const struct manual_page *page, const char *tag)
{
    fputs(".TP\n", page->out);
    roff_put_macro(page->out, "B", tag);
}

static bool is_in(const char *path, const char *group)
{
    const size_t length = strlen(group);

    return path != NULL && strncmp(path, group, length) == 0 && path[length] == '.' &&
           strchr(path + length + 1, '.') == NULL;
}

/* The title, and what the gateway makes of it. */
static void put_effect(const struct manual_page *page, const struct field_def *field)
{
    static const char *const words[] = {
        [FIELD_HONOURED] = "",
        [FIELD_NOT_APPLICABLE] = "kept for a device, without effect here: ",
        [FIELD_REFUSED] = "any value but the default is refused: ",
    };

    manual_put(page, "%s: %s%s.", field->title, words[field->support], field->effect);
}

static void put_allowed(const struct manual_page *page, const struct field_def *field, size_t limit_bytes)
{
    if (field->kind == FIELD_CHOICE || field->kind == FIELD_FLAGS)
        return;
    char *allowed = field_allowed(field, limit_bytes);

    if (field->refused_because != NULL)
        manual_put(page, "Allowed: %s; %s.", allowed, field->refused_because);
    else
        manual_put(page, "Allowed: %s.", allowed);
    free(allowed);
}

static void put_choice(const struct manual_page *page, const struct field_option *option)
{
    char *tag = text_format("\"%s\"", option->name);

    manual_put_tag(page, tag);
    if (option->refused_because != NULL)
        manual_put(page, "%s. Refused: %s.", option->title, option->refused_because);
    else
        manual_put(page, "%s.", option->title);
    free(tag);
}

static void put_choices(struct manual_page *page, const struct field_def *field)
{
    if (field->kind != FIELD_CHOICE && field->kind != FIELD_FLAGS)
        return;
    if (field->options == page->choices) {
        manual_put(page, "The words are those of %s.", page->choices_of);
        return;
    }
    manual_put(page, "%s", field->kind == FIELD_FLAGS ? "A list of any of these words:" : "One of these words:");
    fputs(".RS\n.PD 0\n", page->out);
    for (const struct field_option *option = field->options; option->name != NULL; option++)
        put_choice(page, option);
    fputs(".PD\n.RE\n", page->out);
    page->choices = field->options;
    page->choices_of = field->path;
}

/* "0311", of a template "0311, 0321, 0331, 0341" */
char *manual_addresses(const struct register_def *def)
{
    if (!def->per_template)
        return text_format("%04X", def->address);
    return text_format("%04X, %04X, %04X, %04X", register_address(def, 0), register_address(def, 1),
                       register_address(def, 2), register_address(def, 3));
}

static void put_register(const struct manual_page *page, const struct register_def *def, const struct field_def *field)
{
    char *where = manual_addresses(def), *bits = hex_from_bytes(field->mask, def->size_bytes);
    const char *plural = def->per_template ? "s" : "";

    if (field_is_whole(field))
        manual_put(page, "Register%s %s.", plural, where);
    else
        manual_put(page, "Register%s %s, bits %s.", plural, where, bits);
    free(bits);
    free(where);
}

/* As the file would have it; numbers in the form in which the sample shows them, which may be hex. */
static void put_register_default(const struct manual_page *page, const struct register_def *def,
                                 const struct field_def *field)
{
    char *value = field->kind == FIELD_NUMBER && field->sample != NULL
                      ? text_copy(field->sample) : field_default_text(def, field);

    if (field_is_secret(def, field) && def->per_template)
        manual_put(page, "Default: none.");
    else if (field_is_secret(def, field) && strcmp(value, "\"(default)\"") == 0)
        manual_put(page, "Default: that of every SpringPark.");
    else
        manual_put(page, "Default: %s.", value);
    free(value);
}

void manual_put_field(struct manual_page *page, const struct register_def *def, const struct field_def *field)
{
    manual_put_tag(page, field->path);
    put_effect(page, field);
    put_allowed(page, field, def->gateway_size_bytes);
    put_register_default(page, def, field);
    put_register(page, def, field);
    put_choices(page, field);
}

static char *extension_default(const struct extension_def *def)
{
    const struct field_def *field = &def->field;

    /* Where a build keeps its state is its own; the page has the place of the package. */
    if (field->sample != NULL && (field->kind == FIELD_NUMBER || def->is_path))
        return text_copy(field->sample);
    if (def->default_text != NULL)
        return field_quoted(def->default_text);
    if (field->kind == FIELD_BOOLEAN)
        return text_copy(def->default_value ? "true" : "false");
    if (field->kind == FIELD_CHOICE)
        return text_format("\"%s\"", field_option_by_value(field, def->default_value)->name);
    return text_format("%" PRIu32, def->default_value);
}

void manual_put_extension(struct manual_page *page, const struct extension_def *def)
{
    char *value = extension_default(def);

    manual_put_tag(page, def->field.path);
    put_effect(page, &def->field);
    put_allowed(page, &def->field, def->limit_bytes);
    manual_put(page, "Default: %s.", value);
    put_choices(page, &def->field);
    free(value);
}

static void put_extensions(struct manual_page *page, const struct extension_def *table, size_t count, const char *group)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(table[i].field.path, group))
            manual_put_extension(page, &table[i]);
    }
}

static void put_fields(struct manual_page *page, const char *group)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; !table[i].per_template && k < table[i].fields_count; k++) {
            if (is_in(table[i].fields[k].path, group))
                manual_put_field(page, &table[i], &table[i].fields[k]);
        }
    }
}

static void put_group(struct manual_page *page, const char *group)
{
    const char *about = manual_group_about(group);
    size_t count;

    roff_put_macro(page->out, "SS", group);
    if (about != NULL)
        manual_put(page, "%s", about);
    if (strcmp(group, "certificates") == 0 || strcmp(group, "keys") == 0) {
        char *tag = text_format("%s.slot_X", group);

        manual_put_tag(page, tag);
        manual_put(page, "%s", *group == 'k' ? keys : slots);
        free(tag);
        return;
    }
    if (strcmp(group, "templates") == 0) {
        manual_put_templates(page);
        return;
    }
    put_fields(page, group);
    const struct extension_def *table = extension_table(&count);
    put_extensions(page, table, count, group);
    table = extension_reader_table(&count);
    put_extensions(page, table, count, group);
    table = config_feedback_table(&count);
    put_extensions(page, table, count, group);
}

/* The groups that the order of the page does not name, each once, as the registers come. */
struct others {
    struct manual_page *page;
    char *written;  /* " nfc  nfc.power " */
};

static void visit_other(void *context, const char *path)
{
    struct others *others = context;
    const char *dot = strrchr(path, '.');

    if (dot == NULL)
        return;
    char *group = text_format("%.*s", (int) (dot - path), path), *marked = text_format(" %s ", group);

    if (manual_group_about(group) == NULL && strstr(others->written, marked) == NULL) {
        char *longer = text_format("%s%s", others->written, marked);

        put_group(others->page, group);
        free(others->written);
        others->written = longer;
    }
    free(marked);
    free(group);
}

static void put_settings(struct manual_page *page)
{
    const char *group;
    struct others others = { .page = page, .written = text_copy("") };

    fputs(".SH SETTINGS\n", page->out);
    manual_put(page,
               "By group. Each setting is named with its group, as in messages and for `springparkctl set`; the register"
               " is the one that has it on a SpringPark, with the bits in it. `springparkctl registers NAME` shows the"
               " same with the present value.");
    for (size_t i = 0; (group = manual_group_by_order(i)) != NULL; i++)
        put_group(page, group);
    config_visit_paths(visit_other, &others);
    free(others.written);
    roff_put_macro(page->out, "SS", "registers");
    manual_put_tag(page, "registers");
    manual_put(page, "%s", raw);
}

static void put_files(const struct manual_page *page)
{
    static const char *const files[][2] = {
        { "/etc/springpark.conf", "The settings, of mode 0640 and the group springpark. `springparkctl registers"
                                  " --sample` prints a file with every setting that has an effect, as comments." },
        { "/etc/springpark/certs, /etc/springpark/private", "Where certificates and keys are kept by custom." },
        { "/var/lib/springpark", "The state folder, unless journal.directory says otherwise." },
    };

    fputs(".SH FILES\n", page->out);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        manual_put_tag(page, files[i][0]);
        manual_put(page, "%s", files[i][1]);
    }
    fputs(".PP\n", page->out);
    manual_put(page, "Who builds with another prefix has them where configure was told; `springparkctl --help` says"
                     " where.");
}

static void put_examples(const struct manual_page *page)
{
    const char *example;

    fputs(".SH EXAMPLES\n", page->out);
    manual_put(page, "Each is a whole file.");
    for (size_t i = 0; (example = manual_example(i)) != NULL; i++)
        roff_put_example(page->out, example);
}

char *manual_settings_page(void)
{
    char *text = NULL;
    size_t size = 0;
    struct manual_page page = { .out = open_memstream(&text, &size) };

    if (page.out == NULL)
        abort();
    fputs(head, page.out);
    fputs(".SH DESCRIPTION\n", page.out);
    put_paragraphs(&page, description, sizeof description / sizeof description[0]);
    roff_put_example(page.out, "springparkctl check\nsystemctl reload springparkd\n");
    fputs(".SH \"FILE FORMAT\"\n", page.out);
    put_paragraphs(&page, format, sizeof format / sizeof format[0]);
    put_settings(&page);
    manual_put_registers(&page);
    put_files(&page);
    put_examples(&page);
    fputs(".SH \"SEE ALSO\"\n.BR springparkd (8),\n.BR springparkctl (1),\n.BR springpark\\-aws (7)\n", page.out);
    if (fclose(page.out) != 0)
        abort();
    return text;
}
