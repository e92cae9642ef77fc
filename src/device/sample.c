/* SPDX-License-Identifier: MIT */
#include "device/sample.h"

#include "base/memory.h"
#include "device/config_feedback.h"
#include "device/register_text.h"
#include "device/register_types.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMENT_WIDTH = 110, INDENT = 4 };

static const char head[] =
    "# /etc/springpark.conf: what springparkd does.\n"
    "#\n"
    "# The settings are the registers of a SpringPark by name; the register's address stands at each. What follows a #\n"
    "# without a space is a setting with its default (the broker, files and templates: an example, for there is none);\n"
    "# to change it, take the # away. After a change:\n"
    "#     springparkctl check /etc/springpark.conf\n"
    "#     systemctl reload springparkd\n"
    "# An unknown or impossible setting is an error with its line; nothing is ignored.\n";

/* Where settings of registers are written in full. */
static const char *const full_groups[] = { "profile", "mqtt", "mqtt.tls", "mqtt.options", "network.ipv4",
                                           "network.services", "ports", "smart_reader", "ui", "device" };

struct writer {
    FILE *out;
};

static void indent(const struct writer *writer, unsigned depth)
{
    fprintf(writer->out, "%*s", (int) (depth * INDENT), "");
}

/* text as comment lines, broken at spaces; lead stands before the first of them, next_lead before the others. */
static void write_hanging(const struct writer *writer, unsigned depth, const char *lead, const char *next_lead,
                          const char *text)
{
    for (; *text != '\0'; lead = next_lead) {
        size_t length = strlen(text), width = COMMENT_WIDTH - depth * INDENT - strlen(lead);

        if (length > width) {
            for (length = width; length > 0 && text[length] != ' '; length--)
                ;
            if (length == 0)
                length = strcspn(text, " ");
        }
        indent(writer, depth);
        fprintf(writer->out, "%s%.*s\n", lead, (int) length, text);
        text += length;
        text += strspn(text, " ");
    }
}

/* lead: "# " or, inside a commented block, "#    # ". */
static void write_comment(const struct writer *writer, unsigned depth, const char *lead, const char *text)
{
    write_hanging(writer, depth, lead, lead, text);
}

static const char *last_name(const char *path)
{
    return strrchr(path, '.') + 1;
}

/* What may be written, where title and effect do not say it already; the choices follow in lines of their own. */
static char *describe_allowed(const struct field_def *field, size_t limit_bytes)
{
    if (field->kind == FIELD_BOOLEAN || field->kind == FIELD_CHOICE)
        return text_copy("");
    char *allowed = field_allowed(field, limit_bytes);
    bool because = field->refused_because != NULL;
    char *text = text_format(" Allowed: %s%s%s.", allowed, because ? "; " : "", because ? field->refused_because : "");

    free(allowed);
    return text;
}

/* "Keep-alive interval: a dead link is... Allowed: 5 to 255 s; with 0... Register 0289." */
static char *describe(const struct field_def *field, size_t limit_bytes, const char *register_text)
{
    char *allowed = describe_allowed(field, limit_bytes);
    char *text = text_format("%s: %s.%s%s", field->title, field->effect, allowed, register_text);

    free(allowed);
    return text;
}

static void write_choices(const struct writer *writer, unsigned depth, const char *lead, const struct field_def *field)
{
    if (field->kind != FIELD_CHOICE)
        return;
    char *text = text_copy("");
    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if (option->refused_because != NULL)
            continue;
        char *joined = text_format("%s%s\"%s\" %s", text, *text != '\0' ? "; " : "", option->name, option->title);

        free(text);
        text = joined;
    }
    write_comment(writer, depth, lead, text);
    free(text);
}

static char *register_value(const struct register_def *def, const struct field_def *field)
{
    return field->sample != NULL ? text_copy(field->sample) : field_default_text(def, field);
}

static void write_field(const struct writer *writer, unsigned depth, const struct register_def *def,
                        const struct field_def *field)
{
    char *register_text = text_format(" Register %04X.", def->address);
    char *comment = describe(field, def->gateway_size_bytes, register_text);
    char *value = register_value(def, field);

    write_comment(writer, depth, "# ", comment);
    write_choices(writer, depth, "#     ", field);
    indent(writer, depth);
    fprintf(writer->out, "#%s = %s;\n", last_name(field->path), value);
    free(value);
    free(comment);
    free(register_text);
}

static char *extension_value(const struct extension_def *def)
{
    const struct field_def *field = &def->field;

    if (field->sample != NULL)
        return text_copy(field->sample);
    if (def->default_text != NULL)
        return text_format("\"%s\"", def->default_text);
    if (field->kind == FIELD_BOOLEAN)
        return text_copy(def->default_value ? "true" : "false");
    if (field->kind == FIELD_CHOICE)
        return text_format("\"%s\"", field_option_by_value(field, def->default_value)->name);
    return text_format("%" PRIu32, def->default_value);
}

/* same_choices: as those of the setting before it. */
static void write_extension(const struct writer *writer, unsigned depth, const struct extension_def *def,
                            bool same_choices)
{
    char *comment = describe(&def->field, def->limit_bytes, "");
    char *value = extension_value(def);

    write_comment(writer, depth, "# ", comment);
    if (!same_choices)
        write_choices(writer, depth, "#     ", &def->field);
    indent(writer, depth);
    fprintf(writer->out, "#%s = %s;\n", last_name(def->field.path), value);
    free(value);
    free(comment);
}

/* Whether path is a setting of just this group. */
static bool belongs(const char *path, const char *group)
{
    size_t length = strlen(group);

    return path != NULL && strncmp(path, group, length) == 0 && path[length] == '.' &&
           strchr(path + length + 1, '.') == NULL;
}

/* Whether a setting has a place of its own in the sample; the others stand in the list at its end. */
static bool is_full(const struct field_def *field)
{
    for (size_t i = 0; i < sizeof full_groups / sizeof full_groups[0]; i++) {
        if (belongs(field->path, full_groups[i]))
            return field->support != FIELD_NOT_APPLICABLE;
    }
    return false;
}

static void write_settings(const struct writer *writer, unsigned depth, const char *group)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            if (belongs(table[i].fields[k].path, group) && is_full(&table[i].fields[k]))
                write_field(writer, depth, &table[i], &table[i].fields[k]);
        }
    }
    const struct extension_def *extensions = extension_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (belongs(extensions[i].field.path, group))
            write_extension(writer, depth, &extensions[i],
                            i > 0 && extensions[i].field.options == extensions[i - 1].field.options);
    }
}

static void open_group(const struct writer *writer, unsigned depth, const char *name, const char *comment)
{
    fputc('\n', writer->out);
    write_comment(writer, depth, "# ", comment);
    indent(writer, depth);
    fprintf(writer->out, "%s:\n", name);
    indent(writer, depth);
    fputs("{\n", writer->out);
}

static void close_group(const struct writer *writer, unsigned depth)
{
    indent(writer, depth);
    fputs("};\n", writer->out);
}

static void write_group(const struct writer *writer, const char *group, const char *comment)
{
    open_group(writer, 0, group, comment);
    write_settings(writer, 1, group);
    close_group(writer, 0);
}

static void write_mqtt(const struct writer *writer)
{
    open_group(writer, 0, "mqtt", "The broker and the session with it");
    write_settings(writer, 1, "mqtt");
    open_group(writer, 1, "tls", "TLS to the broker; the slots are those of certificates and keys, below");
    write_settings(writer, 2, "mqtt.tls");
    close_group(writer, 1);
    open_group(writer, 1, "options", "Options of the MQTT client");
    write_settings(writer, 2, "mqtt.options");
    close_group(writer, 1);
    close_group(writer, 0);
}

/* One setting inside a list that is commented out as a whole: '#' in column 0 of every line. */
static void write_listed(const struct writer *writer, const struct field_def *field, size_t limit_bytes,
                         const char *register_text, const char *value, bool active)
{
    char *comment = describe(field, limit_bytes, register_text);
    const bool deeper = strncmp(field->path, "feedback.", strlen("feedback.")) == 0;   /* a list inside a group */

    write_comment(writer, 0, deeper ? "#            # " : "#        # ", comment);
    write_choices(writer, 0, deeper ? "#            #     " : "#        #     ", field);
    fprintf(writer->out, "#        %s%s%s = %s;\n", deeper ? "    " : "", active ? "" : "# ", last_name(field->path), value);
    free(comment);
}

static void write_network(const struct writer *writer)
{
    open_group(writer, 0, "network",
               "The network of the box, which is its operating system's; left out: nothing is compared");
    open_group(writer, 1, "ipv4", "All of it, or nothing: register 0280");
    write_settings(writer, 2, "network.ipv4");
    close_group(writer, 1);
    open_group(writer, 1, "services", "What the box answers on the network");
    write_settings(writer, 2, "network.services");
    close_group(writer, 1);
    close_group(writer, 0);
    write_group(writer, "discovery", "Who finds this box that looks for SpringCard devices on the network");
    write_group(writer, "ports", "Where it is answered");
}

struct names {
    const struct register_type *type;
    char *text;
};

/* The names of the settings that the type has and ID Only has not. */
static void add_name(void *context, const char *path)
{
    struct names *names = context;
    const struct register_def *def;

    if (register_type_field(NULL, false, path, &def) != NULL ||
        (register_type_field(names->type, false, path, &def) == NULL &&
         register_type_field(names->type, true, path, &def) == NULL))
        return;
    char *longer = text_format("%s%s%s", names->text, *names->text != '\0' ? ", " : "", last_name(path));
    free(names->text);
    names->text = longer;
}

static void write_other_types(const struct writer *writer)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    write_comment(writer, 0, "# ", "An entry of each other type, with the settings that it has beside those above;"
                                   " springpark.conf(5) explains them.");
    for (size_t i = 1; i < count; i++) {
        struct names names = { .type = &types[i], .text = text_copy("") };

        if (types[i].refused_because == NULL) {
            register_visit_template_paths(add_name, &names);
            char *text = text_format("%s: %s Settings: %s", types[i].title, types[i].about, names.text);

            write_hanging(writer, 0, "#     ", "#       ", text);
            write_comment(writer, 0, "#       ", types[i].sample);
            free(text);
        }
        free(names.text);
    }
}

static void write_templates(const struct writer *writer)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    fputc('\n', writer->out);
    write_comment(writer, 0, "# ",
                  "What is looked for and how it is shown: up to 4 instances, tried in this order. With none, every tag"
                  " gives its identifier in hex. Registers 0310 to 0314, 0320 to 0324, 0330 to 0334, 0340 to 0344.");
    fputs("#templates =\n#(\n#    {\n", writer->out);
    write_listed(writer, &extension_template_type()->field, 0, "", "\"id-only\"", true);
    for (size_t i = 0; i < count; i++) {
        if (!table[i].per_template)
            continue;
        for (size_t k = 0; k < table[i].fields_count; k++) {
            if (table[i].fields[k].path == NULL)
                continue;
            char *register_text = text_format(" Registers %04X, %04X, %04X, %04X.", register_address(&table[i], 0),
                                              register_address(&table[i], 1), register_address(&table[i], 2),
                                              register_address(&table[i], 3));
            char *value = register_value(&table[i], &table[i].fields[k]);

            write_listed(writer, &table[i].fields[k], table[i].gateway_size_bytes, register_text, value, true);
            free(value);
            free(register_text);
        }
    }
    fputs("#    }\n#);\n", writer->out);
    write_other_types(writer);
}

static void write_readers(const struct writer *writer)
{
    size_t count;
    const struct extension_def *table = extension_reader_table(&count);

    fputc('\n', writer->out);
    write_comment(writer, 0, "# ", "The readers: a list; without it, every contactless PC/SC reader.");
    fputs("#readers =\n#(\n#    {\n", writer->out);
    for (size_t i = 0; i < count; i++) {
        char *value = extension_value(&table[i]);
        const char *path = table[i].field.path;
        bool active = strcmp(path, "readers.path") != 0 && strcmp(path, "readers.connection") != 0;

        write_listed(writer, &table[i].field, table[i].limit_bytes, "", value, active);
        free(value);
    }
    fputs("#    }\n#);\n", writer->out);
}

static void write_feedback(const struct writer *writer)
{
    size_t count;
    const struct extension_def *table = config_feedback_table(&count);

    open_group(writer, 0, "feedback",
               "What the person at the reader sees and hears: which sequence is played for what became of a read, and"
               " through which devices. The choices are those of the first such setting.");
    write_settings(writer, 1, "feedback");
    fputc('\n', writer->out);
    write_comment(writer, 1, "# ", "The devices: a list; without it, the log. All of them get each signal.");
    fputs("#    devices =\n#    (\n#        {\n", writer->out);
    for (size_t i = 0; i < count; i++) {
        char *value = extension_value(&table[i]);
        const char *path = table[i].field.path;
        bool active = strcmp(path, "feedback.devices.driver") == 0 || strcmp(path, "feedback.devices.reader") == 0;

        write_listed(writer, &table[i].field, table[i].limit_bytes, "", value, active);
        free(value);
    }
    fputs("#        }\n#    );\n", writer->out);
    close_group(writer, 0);
}

static void write_slots(const struct writer *writer)
{
    static const char digits[] = "0123456789ABCDEF";

    open_group(writer, 0, "certificates",
               "What a SpringPark has in its 16 certificate slots: a PEM file, a folder of them, or \"amazon\" for the"
               " Amazon roots 1 to 4 of Debian's ca-certificates (slot 9 has these by default). A relative path counts"
               " from this file's folder. \"credential:NAME\" is the file that systemd hands to the service by"
               " LoadCredential=NAME:FILE, or LoadCredentialEncrypted=, in a drop-in (systemctl edit springparkd); what"
               " is new in it counts from the next restart on.");
    for (const char *digit = digits; *digit != '\0'; digit++) {
        const char *value = *digit == '9'   ? "amazon"
                            : *digit == 'C' ? "/etc/springpark/certs/claim.pem"
                            : *digit == 'D' ? "/etc/springpark/certs/device.pem"
                            : *digit == 'F' ? "/etc/springpark/certs/device-ca.pem"
                                            : "";

        fprintf(writer->out, "    #slot_%c = \"%s\";\n", *digit, value);
    }
    close_group(writer, 0);
    open_group(writer, 0, "keys",
               "The private keys of the same slots: PEM files, readable by root and the group springpark only, or"
               " \"credential:NAME\" as above.");
    for (const char *digit = digits; *digit != '\0'; digit++)
        fprintf(writer->out, "    #slot_%c = \"%s\";\n", *digit,
                *digit == 'C'   ? "/etc/springpark/private/claim.key"
                : *digit == 'D' ? "/etc/springpark/private/device.key"
                                : "");
    close_group(writer, 0);
}

/* The settings of a group that have no place of their own: "#     usb: disabled, no_direct". */
static void write_short_group(const struct writer *writer, const char *group)
{
    size_t count;
    const struct register_def *table = register_table(&count);
    char *text = text_format("%s: ", group);
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            const struct field_def *field = &table[i].fields[k];

            if (!belongs(field->path, group) || is_full(field))
                continue;
            char *longer = text_format("%s%s%s", text, first ? "" : ", ", last_name(field->path));

            free(text);
            text = longer;
            first = false;
        }
    }
    write_hanging(writer, 0, "#     ", "#       ", text);
    free(text);
}

/* Whether an earlier setting of the table, which has no place of its own either, is of that group. */
static bool is_listed_before(const struct field_def *before, const char *group)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            if (&table[i].fields[k] == before)
                return false;
            if (belongs(table[i].fields[k].path, group) && !is_full(&table[i].fields[k]))
                return true;
        }
    }
    return false;
}

static void write_short(const struct writer *writer)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    fputc('\n', writer->out);
    write_comment(writer, 0, "# ",
                  "What a SpringPark has and this gateway has not, by group. These settings are kept for a device and"
                  " have no effect here; each that differs from its default is reported at the start. `springparkctl"
                  " registers NAME` explains a group or a setting, for instance ui or ui.sound_volume.");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            const struct field_def *field = &table[i].fields[k];

            if (field->path == NULL || table[i].per_template || is_full(field))
                continue;
            char *group = text_format("%.*s", (int) (last_name(field->path) - 1 - field->path), field->path);

            if (!is_listed_before(field, group))
                write_short_group(writer, group);
            free(group);
        }
    }
}

static void write_raw(const struct writer *writer)
{
    fputc('\n', writer->out);
    write_comment(writer, 0, "# ",
                  "Any register raw, as \"ADDRESS=VALUE\" in hex, for instance \"02A1=0A1E\". A register that is set by"
                  " name too is an error. `springparkctl registers` shows them all.");
    fputs("#registers = [ ];\n", writer->out);
}

char *sample_configuration(void)
{
    char *text = NULL;
    size_t size = 0;
    struct writer writer = { .out = open_memstream(&text, &size) };

    if (writer.out == NULL)
        abort();
    fputs("# SPDX-License-Identifier: MIT\n", writer.out);
    fputs(head, writer.out);
    write_group(&writer, "profile", "What the box is; nothing else is possible on this gateway");
    write_mqtt(&writer);
    write_group(&writer, "smart_reader", "Reading and the events");
    write_templates(&writer);
    write_readers(&writer);
    write_slots(&writer);
    write_group(&writer, "journal", "What is kept on disk until the broker has acknowledged it");
    write_feedback(&writer);
    write_group(&writer, "provisioning",
                "How a box that is delivered with a claim certificate only comes to its own; it needs"
                " mqtt.tls.client_auth. AWS calls this fleet provisioning by claim");
    write_network(&writer);
    write_group(&writer, "ui", "LEDs and buzzer, whichever feedback.devices has");
    write_group(&writer, "device", "Who the box is");
    write_group(&writer, "messages", "What messages hold");
    write_short(&writer);
    write_raw(&writer);
    fclose(writer.out);
    return text;
}
