/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/register_text.h"

#include <stdlib.h>
#include <string.h>

/* Whoever sets a register raw must be the only one to set it. False: there is another, and it is said. path: of the
 * field, for the person. */
static bool claim(struct config_reader *reader, uint16_t address, const struct field_def *field, const char *path,
                  const struct config_node *node)
{
    for (size_t i = 0; i < reader->assignments_count; i++) {
        struct assignment *other = &reader->assignments[i];

        if (other->address != address || (field != NULL && other->field != NULL))
            continue;
        if (!other->reported && field == NULL && other->field == NULL)
            errors_add(reader->errors, "%s:%d: registers: register %04X is set twice, here and in %s:%d; keep one",
                       node->file, node->line, address, other->node->file, other->node->line);
        else if (!other->reported)
            errors_add(reader->errors, "%s:%d: %s: register %04X is set by name and raw, here and in %s:%d; keep one",
                       node->file, node->line, path, address, other->node->file,
                       other->node->line);
        other->reported = true;
        return false;
    }
    reader->assignments = memory_resize(reader->assignments, reader->assignments_count + 1,
                                        sizeof *reader->assignments);
    reader->assignments[reader->assignments_count++] =
        (struct assignment) { .address = address, .field = field, .node = node };
    return true;
}

/* The content of the file after "file:", without one final line feed; NULL: said in errors. The caller's. */
static char *secret_from_file(struct config_reader *reader, const struct config_node *node, const char *place)
{
    struct errors *problem = errors_create();
    const char *path = config_keep_path(reader, node->text + strlen("file:"));
    size_t size;
    char *text = *path == '\0' || !reader->files ? NULL : config_text_read(path, &size, problem);

    if (text != NULL) {
        if (size > 0 && text[size - 1] == '\n')
            text[--size] = '\0';
        if (strlen(text) != size) {
            config_complain(reader, node, place, "the file holds a NUL byte");
            explicit_bzero(text, size);
            free(text);
            text = NULL;
        }
    } else {
        config_complain(reader, node, place,
                        *path == '\0'    ? "\"file:\" needs the name of a file"
                        : !reader->files ? "\"file:\" is not allowed here"
                                         : errors_get(problem, 0));
    }
    errors_free(problem);
    return text;
}

/* Sets the register to what hex says, or complains. */
static bool set_hex(struct config_reader *reader, const struct config_node *node, const struct register_def *def,
                    uint16_t address, const char *hex, const char *place)
{
    uint8_t bytes[REGISTER_MAX_BYTES];
    int size = hex_to_bytes(hex, strlen(hex), bytes, sizeof bytes);
    bool good = size >= 0 && registers_set(reader->config->registers, address, bytes, (size_t) size);

    explicit_bzero(bytes, sizeof bytes);
    if (good)
        return true;
    char *problem = size < 0 ? text_copy("the value must be an even number of hex digits, at most 512")
                             : text_format("a value of %d %s is not allowed: %s %u", size, size == 1 ? "byte" : "bytes",
                                           def->variable ? "at most" : "exactly", def->gateway_size_bytes);
    config_complain(reader, node, place, problem);
    free(problem);
    return false;
}

/* The same for a field of bytes that is a part of the register. */
static void set_part(struct config_reader *reader, const struct config_node *node, const struct field_def *field,
                     uint16_t address, const char *hex, const char *place)
{
    uint8_t bytes[REGISTER_MAX_BYTES];
    const size_t wanted = field_part_bytes(field);
    int size = hex_to_bytes(hex, strlen(hex), bytes, sizeof bytes);

    if (size >= 0 && (size_t) size == wanted) {
        registers_set_part(reader->config->registers, address, field, bytes);
    } else {
        char *problem = size < 0 ? text_format("the value must be hex digits, exactly %zu of them", 2 * wanted)
                                 : text_format("a value of %d %s is not allowed: exactly %zu", size,
                                               size == 1 ? "byte" : "bytes", wanted);
        config_complain(reader, node, place, problem);
        free(problem);
    }
    explicit_bzero(bytes, sizeof bytes);
}

/* For a field that is the whole register, or bytes in it. */
static void set_bytes(struct config_reader *reader, const struct config_node *node, const struct register_def *def,
                      const struct field_def *field, uint16_t address, const char *text, const char *place)
{
    if (field->kind == FIELD_HEX && field_is_whole(field)) {
        set_hex(reader, node, def, address, text, place);
        return;
    }
    if (field->kind == FIELD_HEX) {
        set_part(reader, node, field, address, text, place);
        return;
    }
    char *problem = field_text_problem(field, text, strlen(text), def->gateway_size_bytes);

    if (problem != NULL)
        config_complain(reader, node, place, problem);
    else
        registers_set(reader->config->registers, address, (const uint8_t *) text, strlen(text));
    free(problem);
}

static void set_from_file(struct config_reader *reader, const struct config_node *node, const struct register_def *def,
                          const struct field_def *field, uint16_t address, const char *place)
{
    char *text = secret_from_file(reader, node, place);

    if (text == NULL)
        return;
    set_bytes(reader, node, def, field, address, text, place);
    explicit_bzero(text, strlen(text));
    free(text);
}

static bool names_file(const struct config_node *node)
{
    return node->kind == CONFIG_TEXT && strncmp(node->text, "file:", strlen("file:")) == 0;
}

void config_read_field(struct config_reader *reader, const struct config_node *node, const struct register_def *def,
                       const struct field_def *field, unsigned instance, const char *path)
{
    uint16_t address = register_address(def, instance);
    char *place = text_format("%s (register %04X)", path, address);
    struct config_value value = { 0 };

    if (!claim(reader, address, field, path, node)) {
        /* said */
    } else if (field_is_secret(def, field) && names_file(node)) {
        set_from_file(reader, node, def, field, address, place);
    } else if (config_read_value(reader, node, place, field, def->gateway_size_bytes,
                                 register_default_bits(def, field->mask), &value)) {
        if (field->kind == FIELD_TEXT || field->kind == FIELD_HEX)
            set_bytes(reader, node, def, field, address, value.text, place);
        else
            registers_set_bits(reader->config->registers, address, field->mask, value.number);
    }
    free(place);
}

/* The rules of each field, for a register that was set raw. */
static void check_fields(struct config_reader *reader, const struct config_node *node, const struct register_def *def,
                         unsigned instance)
{
    uint16_t address = register_address(def, instance);

    for (size_t i = 0; i < def->fields_count; i++) {
        const struct field_def *field = &def->fields[i];
        char *problem = field_register_problem(reader->config->registers, def, instance, field);

        if (problem == NULL)
            continue;
        char *bits = field->kind == FIELD_RESERVED ? hex_from_bytes(field->mask, def->size_bytes) : text_copy("");
        char *place = text_format("%s (register %04X%s%s)", field->path != NULL ? field->path : "registers", address,
                                  *bits != '\0' ? ", bits " : "", bits);
        config_complain(reader, node, place, problem);
        free(bits);
        free(place);
        free(problem);
    }
}

static void set_raw(struct config_reader *reader, const struct config_node *node, const struct register_def *row,
                    unsigned instance, const char *hex)
{
    struct registers *registers = reader->config->registers;
    uint16_t address = register_address(row, instance);
    char *place = text_format("registers (register %04X)", address);

    if (set_hex(reader, node, registers_def(registers, row, instance), address, hex, place))
        check_fields(reader, node, registers_def(registers, row, instance), instance);
    free(place);
}

static void read_raw(struct config_reader *reader, const struct config_node *node)
{
    uint8_t address_bytes[2];
    unsigned instance;

    if (!config_expect(reader, node, "registers", CONFIG_TEXT))
        return;
    if (strlen(node->text) < 5 || node->text[4] != '=' || hex_to_bytes(node->text, 4, address_bytes, 2) != 2) {
        config_complain(reader, node, "registers", "an entry must be \"ADDRESS=VALUE\" in hex, for instance \"02A1=0A1E\"");
        return;
    }
    uint16_t address = (uint16_t) (address_bytes[0] << 8 | address_bytes[1]);
    const struct register_def *row = register_find(address, &instance);

    if (row == NULL) {
        errors_add(reader->errors, "%s:%d: registers: there is no register %04X; next: `springparkctl"
                                   " registers` lists those that there are", node->file, node->line, address);
        return;
    }
    if (claim(reader, address, NULL, "registers", node) && config_may_set_raw(reader, row, instance))
        set_raw(reader, node, row, instance, node->text + 5);
}

void config_read_registers(struct config_reader *reader, const struct config_node *list)
{
    if (!config_expect(reader, list, "registers", CONFIG_LIST))
        return;
    for (size_t i = 0; i < list->count; i++)
        read_raw(reader, &list->children[i]);
}

static const struct config_node *find_origin(const struct config_reader *reader, const struct register_def *def,
                                             const struct field_def *field, unsigned instance, bool raw)
{
    for (size_t i = 0; i < reader->assignments_count; i++) {
        const struct assignment *one = &reader->assignments[i];

        if (one->address == register_address(def, instance) && (one->field == field || (raw && one->field == NULL)))
            return one->node;
    }
    return NULL;
}

const struct config_node *config_origin_of(const struct config_reader *reader, const struct register_def *def,
                                           const struct field_def *field, unsigned instance)
{
    return find_origin(reader, def, field, instance, true);
}

const struct config_node *config_origin(const struct config_reader *reader, const char *path, unsigned instance)
{
    const struct register_def *def;
    const struct field_def *field = register_find_field(path, &def);

    return field != NULL ? find_origin(reader, def, field, instance, true) : NULL;
}

const struct config_node *config_origin_of_field(const struct config_reader *reader, const struct register_def *def,
                                                 const struct field_def *field, unsigned instance)
{
    return find_origin(reader, def, field, instance, false);
}

const struct config_node *config_origin_by_name(const struct config_reader *reader, const char *path)
{
    const struct register_def *def;
    const struct field_def *field = register_find_field(path, &def);

    return field != NULL ? find_origin(reader, def, field, 0, false) : NULL;
}
