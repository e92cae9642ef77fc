/* SPDX-License-Identifier: MIT */
/* The templates in springpark.conf(5): what each type has. */
#include "device/manual_page.h"

#include "base/memory.h"
#include "device/config_extensions.h"
#include "device/register_types.h"
#include "device/roff.h"

#include <stdlib.h>
#include <string.h>

/* What all types have: LKL and PFX are as the table says, and OPT but for Desfire cards. */
enum { LOOKUP = 0x0310, FORMAT = 0x0311, PREFIX = 0x0312, OPTIONS = 0x0314, EXAMPLE_WIDTH = 72 };

static void put_template_register(struct manual_page *page, const struct register_def *def)
{
    for (size_t i = 0; i < def->fields_count; i++) {
        if (def->fields[i].path != NULL)
            manual_put_field(page, def, &def->fields[i]);
    }
}

static void put_common(struct manual_page *page)
{
    static const uint16_t common[] = { LOOKUP, PREFIX, OPTIONS };
    unsigned instance;

    manual_put_extension(page, extension_template_type());
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        put_template_register(page, register_find(common[i], &instance));
}

/* Two types have the same output format. */
static void put_format(struct manual_page *page)
{
    size_t count;
    const struct register_type *type = &register_types(&count)[1];

    fputs(".SS \"templates: output of data\"\n", page->out);
    manual_put(page, "What the types that read data make of it, which are all but id-only and desfire-id. A mode of"
                     " \"raw\" takes it as a number; then long_length and what else belongs to a text is an error,"
                     " and the other way round.");
    fputs(".PP\n", page->out);
    manual_put(page, "In this order: shift_bytes and shift_bits drop what leads, the length of the format keeps"
                     " what leads of the rest, swap turns that round, padding fills it up, and only then it becomes"
                     " digits; clean drops leading zeros of the finished text, of which one stays. Hex digits are"
                     " upper case. Decimals are filled with zeros on the left and take no other padding; of a number"
                     " that is longer than its digits the last ones stay. (id-only and desfire-id swap before they"
                     " drop and keep anything.) A text ends at the first zero byte; its length counts characters;"
                     " what is not valid UTF-8 is taken for ISO 8859-1; control characters become spaces. A shift"
                     " that leaves nothing is no match.");
    put_template_register(page, &type->format[0]);
    for (size_t i = 0; i < type->format[1].fields_count; i++) {
        const char *path = type->format[1].fields[i].path;
        const struct register_def *def;

        if (path != NULL && register_type_field(type, false, path, &def) == NULL)
            manual_put_field(page, &type->format[1], &type->format[1].fields[i]);
    }
}

/* Whether a section before has the register's settings. */
static bool is_told(const struct register_type *type, const struct register_def *def)
{
    return def->address == LOOKUP || def->address == PREFIX || (def->address == FORMAT && type->formats_count > 1);
}

/* As many of the text's settings as fit into a line of EXAMPLE_WIDTH characters; how many characters those are. */
static size_t fitting(const char *text)
{
    size_t length = strlen(text);

    if (length <= EXAMPLE_WIDTH)
        return length;
    for (length = EXAMPLE_WIDTH; length > 0 && strncmp(text + length - 1, "; ", 2) != 0; length--)
        ;
    return length > 0 ? length : strlen(text);
}

/* The entry, broken between its settings. */
static void put_sample(const struct manual_page *page, const char *sample)
{
    char *example = text_copy("");

    for (const char *rest = sample; *rest != '\0'; rest += strspn(rest, " ")) {
        size_t length = fitting(rest);
        char *longer = text_format("%s%s%.*s\n", example, rest == sample ? "" : "  ", (int) length, rest);

        free(example);
        example = longer;
        rest += length;
    }
    roff_put_example(page->out, example);
    free(example);
}

static void put_type(struct manual_page *page, const struct register_type *type)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    fprintf(page->out, ".SS \"templates: type %s\"\n", type->name);
    char *lookups = register_type_lookups(type);

    manual_put(page, "%s Its technologies: %s.", type->about, lookups);
    put_sample(page, type->sample);
    free(lookups);
    if (type->rules != NULL) {
        fputs(".PP\n", page->out);
        manual_put(page, "%s", type->rules);
    }
    for (size_t i = 0; i < count; i++) {
        const struct register_def *def = table[i].per_template ? register_variant(type, &table[i], false) : NULL;

        if (def != NULL && !is_told(type, def) && (def->address != OPTIONS || def != &table[i]))
            put_template_register(page, def);
    }
}

static void put_refused(struct manual_page *page)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    fputs(".SS \"templates: types that a SpringPark has and this gateway has not\"\n", page->out);
    manual_put(page, "Each is an error at the start that says the same.");
    for (size_t i = 0; i < count; i++) {
        if (types[i].refused_because == NULL)
            continue;
        manual_put_tag(page, types[i].name);
        manual_put(page, "%s, LKL %02X: %s.", types[i].title, types[i].lookups[0], types[i].refused_because);
    }
}

void manual_put_templates(struct manual_page *page)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    fputs(".PP\n", page->out);
    manual_put(page, "The instances are tried in their order, and the first that matches makes the event, whose"
                     " Template says which it was. With none, the event has the identifier alone. A card that no"
                     " instance matches makes no event, and the signal \"read failed\". One that leaves or falls"
                     " silent in the middle of a read makes none either; as long as smart_reader.read_interval lasts"
                     " it is asked again from the start, three times at most. Nothing of a broken read is put out."
                     " No read lasts longer than 5 seconds, and none takes more than 1024 commands. All that is"
                     " decided where the vendor's documents are silent stands in templates.md, which is installed"
                     " beside this manual.");
    put_common(page);
    put_format(page);
    for (size_t i = 0; i < count; i++) {
        page->choices = NULL;
        if (types[i].refused_because == NULL)
            put_type(page, &types[i]);
    }
    put_refused(page);
}
