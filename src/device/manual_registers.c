/* SPDX-License-Identifier: MIT */
/* The section REGISTERS of springpark.conf(5). */
#include "device/manual_page.h"

#include "base/memory.h"
#include "device/register_types.h"

#include <stdlib.h>

static void put_size(const struct manual_page *page, const struct register_def *def)
{
    const char *plural = def->size_bytes == 1 ? "" : "s";

    if (def->gateway_size_bytes != def->size_bytes)
        manual_put(page, "At most %u bytes; a SpringPark takes %u.", def->gateway_size_bytes, def->size_bytes);
    else
        manual_put(page, "%s %u byte%s.", def->variable ? "At most" : "Exactly", def->size_bytes, plural);
}

static const char *or_empty(const char *hex)
{
    return *hex != '\0' ? hex : "empty";
}

/* "Settings: mqtt.tls.sni, mqtt.tls.enabled." */
static void put_names(const struct manual_page *page, const struct register_def *def)
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
        manual_put(page, "Settings: %s.", names);
    free(names);
}

/* Whether a type has that definition in one of its modes. */
static bool has_variant(const struct register_type *type, const struct register_def *row,
                        const struct register_def *def)
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

/* mode: in words, or "". */
static void put_variant(const struct manual_page *page, const struct register_def *row, const struct register_def *def,
                        const char *mode)
{
    char *types = types_of(row, def);

    manual_put(page, "With type %s%s: %s.", types, mode, def->title);
    put_size(page, def);
    put_names(page, def);
    free(types);
}

/* What the register is for the types that have another one there, each definition once. */
static void put_variants(const struct manual_page *page, const struct register_def *row)
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
            put_variant(page, row, number, text != number ? ", mode \"raw\"" : "");
        if (!seen && text != number)
            put_variant(page, row, text, ", mode \"string\"");
    }
}

static void put_register_entry(const struct manual_page *page, const struct register_def *def)
{
    char *where = manual_addresses(def);

    manual_put_tag(page, where);
    manual_put(page, "%s (%s).", def->title, def->name);
    put_size(page, def);
    if (def->gateway_default != NULL)
        manual_put(page, "Default: %s; a SpringPark has %s. Why: %s.", def->gateway_default,
                   or_empty(def->device_default), def->default_reason);
    else if (!def->secret)
        manual_put(page, "Default: %s.", or_empty(def->device_default));
    put_names(page, def);
    put_variants(page, def);
    free(where);
}

void manual_put_registers(const struct manual_page *page)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    fputs(".SH REGISTERS\n", page->out);
    manual_put(page, "All of them by address, with title, name, size, default and the settings that are its bits. What"
                     " has no setting can only be set raw, and reserved bits must stay as they are.");
    for (size_t i = 0; i < count; i++)
        put_register_entry(page, &table[i]);
}
