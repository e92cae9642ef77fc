/* SPDX-License-Identifier: MIT */
#include "device/manual.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/config_extensions.h"
#include "device/config_feedback.h"
#include "device/config_paths.h"
#include "device/register_text.h"
#include "device/register_types.h"
#include "device/roff.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    FILE *out;
    const struct field_option *choices;  /* of the setting before, */
    const char *choices_of;              /* and its name */
};

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

__attribute__((format(printf, 2, 3))) static void put(const struct page *page, const char *template, ...)
{
    va_list arguments;

    va_start(arguments, template);
    char *text = text_format_list(template, arguments);
    va_end(arguments);
    roff_put_text(page->out, text);
    free(text);
}

static void put_paragraphs(const struct page *page, const char *const *paragraphs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(".PP\n", page->out);
        put(page, "%s", paragraphs[i]);
    }
}

static void put_tag(const struct page *page, const char *tag)
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
static void put_effect(const struct page *page, const struct field_def *field)
{
    static const char *const words[] = {
        [FIELD_HONOURED] = "",
        [FIELD_NOT_APPLICABLE] = "kept for a device, without effect here: ",
        [FIELD_REFUSED] = "any value but the default is refused: ",
    };

    put(page, "%s: %s%s.", field->title, words[field->support], field->effect);
}

static void put_allowed(const struct page *page, const struct field_def *field, size_t limit_bytes)
{
    if (field->kind == FIELD_CHOICE || field->kind == FIELD_FLAGS)
        return;
    char *allowed = field_allowed(field, limit_bytes);

    if (field->refused_because != NULL)
        put(page, "Allowed: %s; %s.", allowed, field->refused_because);
    else
        put(page, "Allowed: %s.", allowed);
    free(allowed);
}

static void put_choice(const struct page *page, const struct field_option *option)
{
    char *tag = text_format("\"%s\"", option->name);

    put_tag(page, tag);
    if (option->refused_because != NULL)
        put(page, "%s. Refused: %s.", option->title, option->refused_because);
    else
        put(page, "%s.", option->title);
    free(tag);
}

static void put_choices(struct page *page, const struct field_def *field)
{
    if (field->kind != FIELD_CHOICE && field->kind != FIELD_FLAGS)
        return;
    if (field->options == page->choices) {
        put(page, "The words are those of %s.", page->choices_of);
        return;
    }
    put(page, "%s", field->kind == FIELD_FLAGS ? "A list of any of these words:" : "One of these words:");
    fputs(".RS\n.PD 0\n", page->out);
    for (const struct field_option *option = field->options; option->name != NULL; option++)
        put_choice(page, option);
    fputs(".PD\n.RE\n", page->out);
    page->choices = field->options;
    page->choices_of = field->path;
}

/* "0311", of a template "0311, 0321, 0331, 0341" */
static char *addresses(const struct register_def *def)
{
    if (!def->per_template)
        return text_format("%04X", def->address);
    return text_format("%04X, %04X, %04X, %04X", register_address(def, 0), register_address(def, 1),
                       register_address(def, 2), register_address(def, 3));
}

static void put_register(const struct page *page, const struct register_def *def, const struct field_def *field)
{
    char *where = addresses(def), *bits = hex_from_bytes(field->mask, def->size_bytes);
    const char *plural = def->per_template ? "s" : "";

    if (field_is_whole(field))
        put(page, "Register%s %s.", plural, where);
    else
        put(page, "Register%s %s, bits %s.", plural, where, bits);
    free(bits);
    free(where);
}

/* As the file would have it; numbers in the form in which the sample shows them, which may be hex. */
static void put_register_default(const struct page *page, const struct register_def *def, const struct field_def *field)
{
    char *value = field->kind == FIELD_NUMBER && field->sample != NULL
                      ? text_copy(field->sample) : field_default_text(def, field);

    if (field_is_secret(def, field) && def->per_template)
        put(page, "Default: none.");
    else if (field_is_secret(def, field) && strcmp(value, "\"(default)\"") == 0)
        put(page, "Default: that of every SpringPark.");
    else
        put(page, "Default: %s.", value);
    free(value);
}

static void put_field(struct page *page, const struct register_def *def, const struct field_def *field)
{
    put_tag(page, field->path);
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

static void put_extension(struct page *page, const struct extension_def *def)
{
    char *value = extension_default(def);

    put_tag(page, def->field.path);
    put_effect(page, &def->field);
    put_allowed(page, &def->field, def->limit_bytes);
    put(page, "Default: %s.", value);
    put_choices(page, &def->field);
    free(value);
}

static void put_extensions(struct page *page, const struct extension_def *table, size_t count, const char *group)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(table[i].field.path, group))
            put_extension(page, &table[i]);
    }
}

static void put_fields(struct page *page, const char *group)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; !table[i].per_template && k < table[i].fields_count; k++) {
            if (is_in(table[i].fields[k].path, group))
                put_field(page, &table[i], &table[i].fields[k]);
        }
    }
}

/* ---- templates --------------------------------------------------------------------------------------------------- */

/* What all types have: LKL and PFX are as the table says, and OPT but for Desfire cards. */
enum { LOOKUP = 0x0310, FORMAT = 0x0311, PREFIX = 0x0312, OPTIONS = 0x0314 };

static void put_template_register(struct page *page, const struct register_def *def)
{
    for (size_t i = 0; i < def->fields_count; i++) {
        if (def->fields[i].path != NULL)
            put_field(page, def, &def->fields[i]);
    }
}

static void put_common(struct page *page)
{
    static const uint16_t common[] = { LOOKUP, PREFIX, OPTIONS };
    unsigned instance;

    put_extension(page, extension_template_type());
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        put_template_register(page, register_find(common[i], &instance));
}

/* Two types have the same output format. */
static void put_format(struct page *page)
{
    size_t count;
    const struct register_type *type = &register_types(&count)[1];

    fputs(".SS \"templates: output of data\"\n", page->out);
    put(page, "What the types that read data make of it, which are all but id-only and desfire-id. A mode of \"raw\" takes"
              " it as a number; then long_length and what else belongs to a text is an error, and the other way round.");
    put_template_register(page, &type->format[0]);
    for (size_t i = 0; i < type->format[1].fields_count; i++) {
        const char *path = type->format[1].fields[i].path;
        const struct register_def *def;

        if (path != NULL && register_type_field(type, false, path, &def) == NULL)
            put_field(page, &type->format[1], &type->format[1].fields[i]);
    }
}

/* Whether a section before has the register's settings. */
static bool is_told(const struct register_type *type, const struct register_def *def)
{
    return def->address == LOOKUP || def->address == PREFIX || (def->address == FORMAT && type->formats_count > 1);
}

static void put_type(struct page *page, const struct register_type *type)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    fprintf(page->out, ".SS \"templates: type %s\"\n", type->name);
    char *lookups = register_type_lookups(type);

    put(page, "%s Its technologies: %s.", type->about, lookups);
    roff_put_example(page->out, type->sample);
    free(lookups);
    for (size_t i = 0; i < count; i++) {
        const struct register_def *def = table[i].per_template ? register_variant(type, &table[i], false) : NULL;

        if (def != NULL && !is_told(type, def) && (def->address != OPTIONS || def != &table[i]))
            put_template_register(page, def);
    }
}

static void put_refused(struct page *page)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    fputs(".SS \"templates: types that a SpringPark has and this gateway has not\"\n", page->out);
    put(page, "Each is an error at the start that says the same.");
    for (size_t i = 0; i < count; i++) {
        if (types[i].refused_because == NULL)
            continue;
        put_tag(page, types[i].name);
        put(page, "%s, LKL %02X: %s.", types[i].title, types[i].lookups[0], types[i].refused_because);
    }
}

static void put_templates(struct page *page)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    put_common(page);
    put_format(page);
    for (size_t i = 0; i < count; i++) {
        page->choices = NULL;
        if (types[i].refused_because == NULL)
            put_type(page, &types[i]);
    }
    put_refused(page);
}

static void put_group(struct page *page, const char *group)
{
    const char *about = manual_group_about(group);
    size_t count;

    roff_put_macro(page->out, "SS", group);
    if (about != NULL)
        put(page, "%s", about);
    if (strcmp(group, "certificates") == 0 || strcmp(group, "keys") == 0) {
        char *tag = text_format("%s.slot_X", group);

        put_tag(page, tag);
        put(page, "%s", *group == 'k' ? keys : slots);
        free(tag);
        return;
    }
    if (strcmp(group, "templates") == 0) {
        put_templates(page);
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
    struct page *page;
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

static void put_settings(struct page *page)
{
    const char *group;
    struct others others = { .page = page, .written = text_copy("") };

    fputs(".SH SETTINGS\n", page->out);
    put(page, "By group. Each setting is named with its group, as in messages and for `springparkctl set`; the register"
              " is the one that has it on a SpringPark, with the bits in it. `springparkctl registers NAME` shows the"
              " same with the present value.");
    for (size_t i = 0; (group = manual_group_by_order(i)) != NULL; i++)
        put_group(page, group);
    config_visit_paths(visit_other, &others);
    free(others.written);
    roff_put_macro(page->out, "SS", "registers");
    put_tag(page, "registers");
    put(page, "%s", raw);
}

static void put_size(const struct page *page, const struct register_def *def)
{
    const char *plural = def->size_bytes == 1 ? "" : "s";

    if (def->gateway_size_bytes != def->size_bytes)
        put(page, "At most %u bytes; a SpringPark takes %u.", def->gateway_size_bytes, def->size_bytes);
    else
        put(page, "%s %u byte%s.", def->variable ? "At most" : "Exactly", def->size_bytes, plural);
}

static const char *or_empty(const char *hex)
{
    return *hex != '\0' ? hex : "empty";
}

/* "Settings: mqtt.tls.sni, mqtt.tls.enabled." */
static void put_names(const struct page *page, const struct register_def *def)
{
    char *names = text_copy("");

    for (size_t i = 0; i < def->fields_count; i++) {
        if (def->fields[i].path == NULL)
            continue;
        char *longer = text_format("%s%s%s", names, *names != '\0' ? ", " : "", def->fields[i].path);

        free(names);
        names = longer;
    }
    if (*names != '\0')
        put(page, "Settings: %s.", names);
    free(names);
}

/* Whether a type has that definition in one of its modes. */
static bool has_variant(const struct register_type *type, const struct register_def *row, const struct register_def *def)
{
    return register_variant(type, row, false) == def || register_variant(type, row, true) == def;
}

/* The types that have it: "ndef-data, iso-data"; new memory. */
static char *types_of(const struct register_def *row, const struct register_def *def)
{
    size_t count;
    const struct register_type *types = register_types(&count);
    char *text = text_copy("");

    for (size_t i = 0; i < count; i++) {
        if (!has_variant(&types[i], row, def))
            continue;
        char *longer = text_format("%s%s%s", text, *text != '\0' ? ", " : "", types[i].name);

        free(text);
        text = longer;
    }
    return text;
}

static void put_variant(const struct page *page, const struct register_def *row, const struct register_def *def)
{
    char *types = types_of(row, def);

    put(page, "With type %s: %s.", types, def->title);
    put_size(page, def);
    put_names(page, def);
    free(types);
}

/* What the register is for the types that have another one there, each definition once. */
static void put_variants(const struct page *page, const struct register_def *row)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    for (size_t i = 0; row->per_template && i < count; i++) {
        const struct register_def *number = register_variant(&types[i], row, false);
        const struct register_def *text = register_variant(&types[i], row, true);
        bool seen = number == row;

        for (size_t k = 0; k < i && !seen; k++)
            seen = has_variant(&types[k], row, number);
        if (!seen)
            put_variant(page, row, number);
        if (!seen && text != number)
            put_variant(page, row, text);
    }
}

static void put_register_entry(const struct page *page, const struct register_def *def)
{
    char *where = addresses(def);

    put_tag(page, where);
    put(page, "%s (%s).", def->title, def->name);
    put_size(page, def);
    if (def->gateway_default != NULL)
        put(page, "Default: %s; a SpringPark has %s. Why: %s.", def->gateway_default, or_empty(def->device_default),
            def->default_reason);
    else if (!def->secret)
        put(page, "Default: %s.", or_empty(def->device_default));
    put_names(page, def);
    put_variants(page, def);
    free(where);
}

static void put_registers(const struct page *page)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    fputs(".SH REGISTERS\n", page->out);
    put(page, "All of them by address, with title, name, size, default and the settings that are its bits. What has no"
              " setting can only be set raw, and reserved bits must stay as they are.");
    for (size_t i = 0; i < count; i++)
        put_register_entry(page, &table[i]);
}

static void put_files(const struct page *page)
{
    static const char *const files[][2] = {
        { "/etc/springpark.conf", "The settings, of mode 0640 and the group springpark. `springparkctl registers"
                                  " --sample` prints a file with every setting that has an effect, as comments." },
        { "/etc/springpark/certs, /etc/springpark/private", "Where certificates and keys are kept by custom." },
        { "/var/lib/springpark", "The state folder, unless journal.directory says otherwise." },
    };

    fputs(".SH FILES\n", page->out);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        put_tag(page, files[i][0]);
        put(page, "%s", files[i][1]);
    }
    fputs(".PP\n", page->out);
    put(page, "Who builds with another prefix has them where configure was told; `springparkctl --help` says where.");
}

static void put_examples(const struct page *page)
{
    const char *example;

    fputs(".SH EXAMPLES\n", page->out);
    put(page, "Each is a whole file.");
    for (size_t i = 0; (example = manual_example(i)) != NULL; i++)
        roff_put_example(page->out, example);
}

char *manual_settings_page(void)
{
    char *text = NULL;
    size_t size = 0;
    struct page page = { .out = open_memstream(&text, &size) };

    if (page.out == NULL)
        abort();
    fputs(head, page.out);
    fputs(".SH DESCRIPTION\n", page.out);
    put_paragraphs(&page, description, sizeof description / sizeof description[0]);
    roff_put_example(page.out, "springparkctl check\nsystemctl reload springparkd\n");
    fputs(".SH \"FILE FORMAT\"\n", page.out);
    put_paragraphs(&page, format, sizeof format / sizeof format[0]);
    put_settings(&page);
    put_registers(&page);
    put_files(&page);
    put_examples(&page);
    fputs(".SH \"SEE ALSO\"\n.BR springparkd (8),\n.BR springparkctl (1),\n.BR springpark\\-aws (7)\n", page.out);
    if (fclose(page.out) != 0)
        abort();
    return text;
}
