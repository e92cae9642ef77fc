/* SPDX-License-Identifier: MIT */
#include "device/vendor_file.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/config_node.h"
#include "device/register_text.h"
#include "device/register_types.h"
#include "device/vendor_places.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_COUNT = 16, NAME_SHOWN = 60, LOOKUP = 0x0310 };

struct entry {
    const struct register_def *def;
    unsigned instance;
    int line;
};

struct vendor_file {
    struct registers *values;   /* those of the entries count */
    struct entry *entries;
    size_t entries_count;
    struct vendor_certificate *certificates;
    size_t certificates_count;
};

struct parser {
    const char *path;
    struct vendor_file *file;
    struct vendor_places places;
    struct errors *errors;
    bool types_unknown[REGISTER_TEMPLATE_INSTANCES]; /* LKL has a value that no type has */
};

/* ---- what the object may have in it ------------------------------------------------------------------------------ */

enum member_kind { MEMBER_REGISTERS, MEMBER_CERTIFICATES, MEMBER_REFUSED };

#define NO_KEYS "keys never come from such a file here; next: take it out, and name the key's file in keys.slot_X"
#define TOOL_ONLY "is for the vendor's tool and a device, and a gateway has nothing of the kind; next: take it out"

static const struct member {
    const char *name;
    enum member_kind kind;
    uint8_t bank;
    const char *refused_because;
} members[] = {
    { "config", MEMBER_REGISTERS, 0x02, NULL },
    { "templates", MEMBER_REGISTERS, 0x03, NULL },
    { "certificates", MEMBER_CERTIFICATES, 0, NULL },
    { "commands", MEMBER_REFUSED, 0, TOOL_ONLY },
    { "constants", MEMBER_REFUSED, 0, TOOL_ONLY },
    { "security", MEMBER_REFUSED, 0, TOOL_ONLY },
    { "samav", MEMBER_REFUSED, 0, NO_KEYS },
    { "samav-rsa", MEMBER_REFUSED, 0, NO_KEYS },
    { "samav-ecc", MEMBER_REFUSED, 0, NO_KEYS },
    { "ataes", MEMBER_REFUSED, 0, NO_KEYS },
    { "atecc", MEMBER_REFUSED, 0, NO_KEYS },
};

enum { MEMBERS_COUNT = sizeof members / sizeof members[0] };

static const struct member *find_member(const char *name)
{
    for (size_t i = 0; i < MEMBERS_COUNT; i++) {
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    }
    return NULL;
}

static bool is_address(const char *name, size_t digits)
{
    return strspn(name, "0123456789abcdefABCDEF") == digits && name[digits] == '\0';
}

/* ---- one value --------------------------------------------------------------------------------------------------- */

/* The name as it is said to the person: "config.A0", "02A0". */
static char *name_of(const struct parser *parser, const struct vendor_place *place)
{
    if (place->parent == VENDOR_NO_PARENT)
        return text_format("%.*s", NAME_SHOWN, place->name);
    return text_format("%.*s.%.*s", NAME_SHOWN, parser->places.items[place->parent].name, NAME_SHOWN, place->name);
}

static void complain(const struct parser *parser, const struct vendor_place *place, const char *problem)
{
    char *name = name_of(parser, place);

    errors_add(parser->errors, "%s:%d: %s: %s", parser->path, place->line, name, problem);
    free(name);
}

/* The bytes that the value has in hex, in new memory; NULL with a complaint. */
static uint8_t *read_hex(const struct parser *parser, const struct vendor_place *place, const json_t *value,
                         size_t *size_bytes)
{
    const char *text = json_string_value(value);
    size_t digits = text != NULL ? strlen(text) : 0;
    char *problem = NULL;

    if (text == NULL)
        problem = text_copy("needs a text of hex digits");
    else if (strspn(text, "0123456789abcdefABCDEF") < digits)
        problem = text_format("character %zu of the value is no hex digit",
                              strspn(text, "0123456789abcdefABCDEF") + 1);
    else if (digits % 2 != 0)
        problem = text_format("a value of %zu hex %s is not allowed: each byte has two", digits,
                              digits == 1 ? "digit" : "digits");
    if (problem != NULL) {
        complain(parser, place, problem);
        free(problem);
        return NULL;
    }
    uint8_t *bytes = memory_zeroed(digits / 2 + 1, 1);
    int size = hex_to_bytes(text, digits, bytes, digits / 2);
    assert(size >= 0);
    *size_bytes = (size_t) size;
    return bytes;
}

/* The rules of each field. */
static void check_fields(const struct parser *parser, const struct vendor_place *place, const struct register_def *def,
                         unsigned instance)
{
    char *name = name_of(parser, place);

    for (size_t i = 0; i < def->fields_count; i++) {
        const struct field_def *field = &def->fields[i];
        char *problem = field_register_problem(parser->file->values, def, instance, field);

        if (problem != NULL)
            errors_add(parser->errors, "%s:%d: %s: %s (register %04X): %s", parser->path, place->line, name,
                       field->path != NULL ? field->path : "reserved bits", register_address(def, instance), problem);
        free(problem);
    }
    free(name);
}

static bool set_value(const struct parser *parser, const struct register_def *def, unsigned instance,
                      const uint8_t *bytes, size_t size_bytes)
{
    uint8_t blank[REGISTER_MAX_BYTES];
    uint16_t address = register_address(def, instance);

    if (size_bytes > 0 || def->variable || def->per_template)
        return registers_set(parser->file->values, address, bytes, size_bytes);
    int size = hex_to_bytes(def->device_default, strlen(def->device_default), blank, sizeof blank);
    assert(size >= 0);
    return registers_set(parser->file->values, address, blank, (size_t) size);
}

/* A secret that begins so would name a file once it stands in the configuration. */
static bool is_file_name(const struct register_def *def, const uint8_t *bytes, size_t size_bytes)
{
    static const char scheme[] = "file:";

    return def->secret && def->fields[0].kind == FIELD_TEXT && size_bytes >= sizeof scheme - 1 &&
           memcmp(bytes, scheme, sizeof scheme - 1) == 0;
}

/* row: of the table; what it is for a template depends on the type, which find_types found. */
static void take_value(struct parser *parser, const struct vendor_place *place, const struct register_def *row,
                       unsigned instance, const json_t *value)
{
    const struct register_def *def = registers_def(parser->file->values, row, instance);
    size_t size;
    uint8_t *bytes = read_hex(parser, place, value, &size);

    if (bytes == NULL)
        return;
    if (!set_value(parser, def, instance, bytes, size)) {
        char *problem = text_format("a value of %zu %s is not allowed: %s %u", size, size == 1 ? "byte" : "bytes",
                                    def->variable ? "at most" : "exactly", def->gateway_size_bytes);
        complain(parser, place, problem);
        free(problem);
    } else if (is_file_name(def, bytes, size)) {
        complain(parser, place, "a secret that begins with \"file:\" is not allowed: it would name a file");
    } else {
        /* With the mode of the output format its fields change. */
        check_fields(parser, place, registers_def(parser->file->values, row, instance), instance);
    }
    explicit_bzero(bytes, size);
    free(bytes);
}

static const struct entry *find_entry(const struct vendor_file *file, uint16_t address)
{
    for (size_t i = 0; i < file->entries_count; i++) {
        if (register_address(file->entries[i].def, file->entries[i].instance) == address)
            return &file->entries[i];
    }
    return NULL;
}

static bool is_known_type(const struct parser *parser, unsigned instance)
{
    const struct register_type *type = registers_type(parser->file->values, instance);

    return !parser->types_unknown[instance] && (type == NULL || type->refused_because == NULL);
}

static void take_register(struct parser *parser, const struct vendor_place *place, uint16_t address,
                          const json_t *value)
{
    struct vendor_file *file = parser->file;
    unsigned instance;
    const struct register_def *def = register_find(address, &instance);
    const struct entry *other = find_entry(file, address);

    if (def == NULL) {
        char *problem = text_format("there is no register %04X; next: `springparkctl registers` lists those that there"
                                    " are", address);
        complain(parser, place, problem);
        free(problem);
    } else if (other != NULL) {
        char *problem = text_format("register %04X is there twice, here and in line %d; keep one", address,
                                    other->line);
        complain(parser, place, problem);
        free(problem);
    } else {
        file->entries = memory_resize(file->entries, file->entries_count + 1, sizeof *file->entries);
        file->entries[file->entries_count++] = (struct entry) { .def = def, .instance = instance, .line = place->line };
        /* What the registers of a template mean is not known where its type is none of ours, which is said of LKL. */
        if (!def->per_template || def->address == LOOKUP || is_known_type(parser, instance))
            take_value(parser, place, def, instance, value);
    }
}

static uint8_t byte_of(const char *digits)
{
    return (uint8_t) (hex_digit_value(digits[0]) << 4 | hex_digit_value(digits[1]));
}

static const char *slot_problem(const struct vendor_file *file, unsigned slot)
{
    if (slot >= SLOT_COUNT)
        return "there is no such slot: 00 to 0F";
    for (size_t i = 0; i < file->certificates_count; i++) {
        if (file->certificates[i].slot == slot)
            return "the slot is there twice; keep one";
    }
    return NULL;
}

static void take_certificate(struct parser *parser, const struct vendor_place *place, const json_t *value)
{
    struct vendor_file *file = parser->file;
    unsigned slot = byte_of(place->name);
    const char *problem = slot_problem(file, slot);
    size_t size = 0;
    uint8_t *bytes = problem == NULL ? read_hex(parser, place, value, &size) : NULL;

    if (problem == NULL && size > VENDOR_CERTIFICATE_MAX_BYTES)
        problem = "the certificate is too long: at most 4088 bytes";
    if (problem != NULL)
        complain(parser, place, problem);
    if (problem != NULL || bytes == NULL) {
        free(bytes);
        return;
    }
    file->certificates = memory_resize(file->certificates, file->certificates_count + 1, sizeof *file->certificates);
    file->certificates[file->certificates_count++] =
        (struct vendor_certificate) { .slot = slot, .line = place->line, .bytes = bytes, .size_bytes = size };
}

/* ---- the two forms ----------------------------------------------------------------------------------------------- */

static void take_inner(struct parser *parser, const struct vendor_place *place, const struct member *member,
                       const json_t *object)
{
    const json_t *value = json_object_get(object, place->name);

    if (!is_address(place->name, 2) || value == NULL)
        complain(parser, place, "is no address: two hex digits are, without anything behind them");
    else if (member->kind == MEMBER_CERTIFICATES)
        take_certificate(parser, place, value);
    else
        take_register(parser, place, (uint16_t) (member->bank << 8 | byte_of(place->name)), value);
}

static void take_member(struct parser *parser, size_t index, const struct member *member, const json_t *value)
{
    const struct vendor_places *places = &parser->places;
    const struct vendor_place *place = &places->items[index];

    if (!json_is_object(value)) {
        complain(parser, place, "needs an object of addresses with their values");
        return;
    }
    if (member->kind == MEMBER_REFUSED) {
        if (json_object_size(value) > 0)
            complain(parser, place, member->refused_because);
        return;
    }
    for (size_t i = index + 1; i < places->count && places->items[i].parent == index; i++)
        take_inner(parser, &places->items[i], member, value);
}

#define OTHER_FORM \
    "belongs into a flat list, and this file has the form with members; next: write all of it in one form"
#define NO_MEMBER "is no member of such a file: config, templates and certificates are, or addresses of four hex digits"

static void take_object(struct parser *parser, const json_t *root)
{
    int lines[MEMBERS_COUNT] = { 0 };

    for (size_t i = 0; i < parser->places.count; i++) {
        const struct vendor_place *place = &parser->places.items[i];
        const struct member *member = place->parent == VENDOR_NO_PARENT ? find_member(place->name) : NULL;

        if (place->parent != VENDOR_NO_PARENT)
            continue;
        if (member == NULL) {
            complain(parser, place, is_address(place->name, 4) ? OTHER_FORM : NO_MEMBER);
            continue;
        }
        int *line = &lines[member - members];
        if (*line != 0) {
            char *problem = text_format("is there twice, here and in line %d; keep one", *line);

            complain(parser, place, problem);
            free(problem);
            continue;
        }
        *line = place->line;
        take_member(parser, i, member, json_object_get(root, place->name));
    }
}

static void take_list(struct parser *parser, const json_t *root)
{
    for (size_t i = 0; i < parser->places.count; i++) {
        const struct vendor_place *place = &parser->places.items[i];

        if (place->parent != VENDOR_NO_PARENT)
            continue;
        if (is_address(place->name, 4))
            take_register(parser, place, (uint16_t) (byte_of(place->name) << 8 | byte_of(place->name + 2)),
                          json_object_get(root, place->name));
        else
            complain(parser, place, "is no address: four hex digits are, without anything behind them");
    }
}

/* A file with one member is of that form; addresses of four digits in it are then what is wrong. */
static bool has_members(const struct parser *parser)
{
    bool addresses = false;

    for (size_t i = 0; i < parser->places.count; i++) {
        const struct vendor_place *place = &parser->places.items[i];

        if (place->parent == VENDOR_NO_PARENT && find_member(place->name) != NULL)
            return true;
        addresses = addresses || (place->parent == VENDOR_NO_PARENT && is_address(place->name, 4));
    }
    return !addresses;
}

/* The types of the templates, wherever their LKL stands: what the other registers mean depends on them. */
static void find_types(struct parser *parser, const json_t *root)
{
    for (unsigned i = 0; i < REGISTER_TEMPLATE_INSTANCES; i++) {
        const uint16_t address = (uint16_t) (LOOKUP + 0x10 * i);
        char *flat = text_format("%04X", address), *member = text_format("%02X", address & 0xFF);
        const char *text = json_string_value(has_members(parser)
                                                 ? json_object_get(json_object_get(root, "templates"), member)
                                                 : json_object_get(root, flat));
        uint8_t byte = 0;
        int size = text != NULL ? hex_to_bytes(text, strlen(text), &byte, 1) : -1;

        if (size >= 0) {
            registers_set(parser->file->values, address, &byte, (size_t) size);
            parser->types_unknown[i] = byte != 0 && register_type_of_lookup(byte) == NULL;
        }
        free(member);
        free(flat);
    }
}

/* jansson's words; what it saw there may be a secret, so that is left out. */
static void complain_syntax(const char *path, const json_error_t *problem, struct errors *errors)
{
    const char *near = strstr(problem->text, " near '");
    size_t length = near != NULL ? (size_t) (near - problem->text) : strlen(problem->text);

    errors_add(errors, "%s:%d:%d: is no JSON: %.*s; next: look for a missing comma, quote or brace here or before",
               path, problem->line, problem->column, (int) length, problem->text);
}

struct vendor_file *vendor_file_parse(const char *text, size_t size_bytes, const char *path,
                                      const struct registers *present, struct errors *errors)
{
    json_error_t problem;
    json_t *root = json_loadb(text, size_bytes, JSON_DECODE_ANY, &problem);
    size_t errors_before = errors_count(errors);

    if (root == NULL) {
        complain_syntax(path, &problem, errors);
        return NULL;
    }
    if (!json_is_object(root)) {
        errors_add(errors, "%s:1: is no configuration: that is one object, in braces", path);
        json_decref(root);
        return NULL;
    }
    struct parser parser = { .path = path, .file = memory_zeroed(1, sizeof *parser.file), .errors = errors };
    parser.file->values = registers_create();
    if (present != NULL)
        registers_copy(present, parser.file->values);
    vendor_places_find(&parser.places, text, size_bytes);
    find_types(&parser, root);
    if (has_members(&parser))
        take_object(&parser, root);
    else
        take_list(&parser, root);
    vendor_places_free(&parser.places);
    json_decref(root);
    if (errors_count(errors) == errors_before)
        return parser.file;
    vendor_file_free(parser.file);
    return NULL;
}

struct vendor_file *vendor_file_read(const char *path, const struct registers *present, bool *unreadable,
                                     struct errors *errors)
{
    size_t size;
    char *text = config_text_read(path, &size, errors);

    *unreadable = text == NULL;
    if (text == NULL)
        return NULL;
    struct vendor_file *file = vendor_file_parse(text, size, path, present, errors);
    explicit_bzero(text, size);
    free(text);
    return file;
}

void vendor_file_free(struct vendor_file *file)
{
    if (file == NULL)
        return;
    for (size_t i = 0; i < file->certificates_count; i++)
        free(file->certificates[i].bytes);
    free(file->certificates);
    free(file->entries);
    registers_free(file->values);
    free(file);
}

bool vendor_file_names(const struct vendor_file *file, uint16_t address)
{
    return find_entry(file, address) != NULL;
}

/* lookups: those, or the others. */
static void fill(const struct vendor_file *file, struct registers *registers, bool lookups)
{
    for (size_t i = 0; i < file->entries_count; i++) {
        uint16_t address = register_address(file->entries[i].def, file->entries[i].instance);
        size_t size;
        const uint8_t *bytes = registers_get(file->values, address, &size);

        if ((file->entries[i].def->address == LOOKUP) == lookups)
            registers_set(registers, address, bytes, registers_is_written(file->values, address) ? size : 0);
    }
}

void vendor_file_fill(const struct vendor_file *file, struct registers *registers)
{
    fill(file, registers, true); /* the size of the others depends on them */
    fill(file, registers, false);
}

const struct vendor_certificate *vendor_file_certificates(const struct vendor_file *file, size_t *count)
{
    *count = file->certificates_count;
    return file->certificates;
}
