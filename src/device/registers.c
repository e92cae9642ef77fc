/* SPDX-License-Identifier: MIT */
#include "device/registers.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/register_types.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_LOOKUP = 0x0310, TEMPLATE_FORMAT = 0x0311, TEMPLATE_ROWS_MAX = 16, FORMAT_MODE_STRING = 0x40 };

struct value {
    size_t size_bytes;
    uint8_t bytes[REGISTER_MAX_BYTES]; /* 0 behind the size */
    bool written;                      /* as registers_is_written says */
};

struct registers {
    struct value *values; /* in the order of the table, template registers once for each instance */
};

static unsigned instances_of(const struct register_def *def)
{
    return def->per_template ? REGISTER_TEMPLATE_INSTANCES : 1;
}

const struct register_def *register_find(uint16_t address, unsigned *instance)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (unsigned n = 0; n < instances_of(&table[i]); n++) {
            if (register_address(&table[i], n) == address) {
                *instance = n;
                return &table[i];
            }
        }
    }
    return NULL;
}

uint16_t register_address(const struct register_def *def, unsigned instance)
{
    return (uint16_t) (def->address + (def->per_template ? 0x10 * instance : 0));
}

const char *register_default(const struct register_def *def)
{
    return def->gateway_default != NULL ? def->gateway_default : def->device_default;
}

const struct field_def *register_find_field(const char *path, const struct register_def **def)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            const struct field_def *field = &table[i].fields[k];

            if (field->path != NULL && strcmp(field->path, path) == 0) {
                *def = &table[i];
                return field;
            }
        }
    }
    return NULL;
}

/* The bytes of a default, into REGISTER_MAX_BYTES zeros; how many there are. */
static size_t default_bytes(const char *hex, uint8_t *bytes)
{
    int size = hex_to_bytes(hex, strlen(hex), bytes, REGISTER_MAX_BYTES);

    assert(size >= 0);
    return (size_t) size;
}

static uint32_t bits_of(const uint8_t *bytes, const uint8_t *mask)
{
    uint32_t number = 0;

    for (size_t i = 0; i < sizeof((struct field_def *) 0)->mask; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            if (mask[i] >> bit & 1)
                number = number << 1 | (bytes[i] >> bit & 1);
        }
    }
    return number;
}

uint32_t field_bits(const struct field_def *field, const uint8_t *bytes)
{
    return bits_of(bytes, field->mask);
}

uint32_t register_default_bits(const struct register_def *def, const uint8_t *mask)
{
    uint8_t bytes[REGISTER_MAX_BYTES] = { 0 };

    default_bytes(register_default(def), bytes);
    return bits_of(bytes, mask);
}

/* Where a register's value is. */
struct place {
    struct value *value; /* NULL: there is no such address */
    const struct register_def *row;
    unsigned instance;
};

static struct place find_place(const struct registers *registers, uint16_t address)
{
    size_t count;
    const struct register_def *table = register_table(&count);
    struct value *value = registers->values;

    for (size_t i = 0; i < count; i++) {
        for (unsigned n = 0; n < instances_of(&table[i]); n++, value++) {
            if (register_address(&table[i], n) == address)
                return (struct place) { value, &table[i], n };
        }
    }
    return (struct place) { 0 };
}

static size_t count_values(void)
{
    size_t count;
    const struct register_def *table = register_table(&count);
    size_t values = 0;

    for (size_t i = 0; i < count; i++)
        values += instances_of(&table[i]);
    return values;
}

static void set_default(struct value *value, const struct register_def *def)
{
    memset(value->bytes, 0, sizeof value->bytes);
    value->size_bytes = default_bytes(register_default(def), value->bytes);
    value->written = false;
}

struct registers *registers_create(void)
{
    struct registers *registers = memory_zeroed(1, sizeof *registers);
    size_t count;
    const struct register_def *table = register_table(&count);

    registers->values = memory_zeroed(count_values(), sizeof *registers->values);
    struct value *value = registers->values;
    for (size_t i = 0; i < count; i++) {
        for (unsigned n = 0; n < instances_of(&table[i]); n++, value++)
            set_default(value, &table[i]);
    }
    return registers;
}

void registers_free(struct registers *registers)
{
    if (registers == NULL)
        return;
    explicit_bzero(registers->values, count_values() * sizeof *registers->values);
    free(registers->values);
    free(registers);
}

void registers_copy(const struct registers *from, struct registers *to)
{
    memcpy(to->values, from->values, count_values() * sizeof *to->values);
}

const struct register_type *registers_type(const struct registers *registers, unsigned instance)
{
    const struct value *lookup = find_place(registers, (uint16_t) (TEMPLATE_LOOKUP + 0x10 * instance)).value;

    return register_type_of_lookup(lookup->bytes[0]);
}

bool registers_is_string(const struct registers *registers, unsigned instance)
{
    const struct value *format = find_place(registers, (uint16_t) (TEMPLATE_FORMAT + 0x10 * instance)).value;
    const struct register_type *type = registers_type(registers, instance);

    return type != NULL && type->formats_count > 1 && (format->bytes[0] & FORMAT_MODE_STRING) != 0;
}

const struct register_def *registers_def(const struct registers *registers, const struct register_def *row,
                                         unsigned instance)
{
    if (!row->per_template)
        return row;
    return register_variant(registers_type(registers, instance), row, registers_is_string(registers, instance));
}

const uint8_t *registers_get(const struct registers *registers, uint16_t address, size_t *size_bytes)
{
    const struct value *value = find_place(registers, address).value;

    assert(value != NULL);
    *size_bytes = value->size_bytes;
    return value->bytes;
}

/* ---- a template that changes its type ---------------------------------------------------------------------------- */

struct type_change {
    size_t count;
    struct place places[TEMPLATE_ROWS_MAX];                /* the registers behind LKL */
    const struct register_def *before[TEMPLATE_ROWS_MAX];  /* what they are */
};

static void begin_change(const struct registers *registers, unsigned instance, struct type_change *change)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    change->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!table[i].per_template || table[i].address == TEMPLATE_LOOKUP)
            continue;
        assert(change->count < TEMPLATE_ROWS_MAX);
        change->places[change->count] = find_place(registers, register_address(&table[i], instance));
        change->before[change->count++] = registers_def(registers, &table[i], instance);
    }
}

static bool fits(const struct register_def *def, size_t size_bytes)
{
    return def->variable ? size_bytes <= def->gateway_size_bytes : size_bytes == def->size_bytes;
}

static bool has_default(const struct value *value, const struct register_def *def)
{
    uint8_t bytes[REGISTER_MAX_BYTES] = { 0 };
    size_t size = default_bytes(register_default(def), bytes);

    return !value->written && size == value->size_bytes && memcmp(bytes, value->bytes, size) == 0;
}

static void end_change(struct registers *registers, const struct type_change *change)
{
    for (size_t i = 0; i < change->count; i++) {
        const struct place *place = &change->places[i];
        const struct register_def *now = registers_def(registers, place->row, place->instance);

        if (now != change->before[i] &&
            (has_default(place->value, change->before[i]) || !fits(now, place->value->size_bytes)))
            set_default(place->value, now);
    }
}

static bool is_lookup(const struct place *place)
{
    return place->row->address == TEMPLATE_LOOKUP;
}

/* ---- setting ----------------------------------------------------------------------------------------------------- */

static void set_value(struct value *value, const uint8_t *bytes, size_t size_bytes)
{
    memset(value->bytes, 0, sizeof value->bytes);
    if (size_bytes > 0)
        memcpy(value->bytes, bytes, size_bytes);
    value->size_bytes = size_bytes;
    value->written = true;
}

bool registers_set(struct registers *registers, uint16_t address, const uint8_t *bytes, size_t size_bytes)
{
    const struct place place = find_place(registers, address);
    struct type_change change = { 0 };

    if (place.value == NULL)
        return false;
    const struct register_def *def = registers_def(registers, place.row, place.instance);
    if (size_bytes == 0 && def->per_template && !def->variable) {
        set_default(place.value, def);
        return true;
    }
    if (!fits(def, size_bytes))
        return false;
    if (is_lookup(&place))
        begin_change(registers, place.instance, &change);
    set_value(place.value, bytes, size_bytes);
    end_change(registers, &change);
    return true;
}

uint32_t registers_get_bits(const struct registers *registers, uint16_t address, const uint8_t *mask)
{
    const struct value *value = find_place(registers, address).value;

    assert(value != NULL);
    return bits_of(value->bytes, mask);
}

static void put_bits(struct value *value, const uint8_t *mask, uint32_t number)
{
    for (size_t i = sizeof((struct field_def *) 0)->mask; i-- > 0;) {
        for (int bit = 0; bit < 8; bit++) {
            if ((mask[i] >> bit & 1) == 0)
                continue;
            value->bytes[i] = (uint8_t) ((value->bytes[i] & ~(1 << bit)) | (int) (number & 1) << bit);
            number >>= 1;
            if (i + 1 > value->size_bytes)
                value->size_bytes = i + 1;
        }
    }
}

void registers_set_bits(struct registers *registers, uint16_t address, const uint8_t *mask, uint32_t number)
{
    const struct place place = find_place(registers, address);
    struct type_change change = { 0 };

    assert(place.value != NULL);
    if (is_lookup(&place))
        begin_change(registers, place.instance, &change);
    put_bits(place.value, mask, number);
    end_change(registers, &change);
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

size_t field_part_bytes(const struct field_def *field)
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof field->mask; i++)
        count += field->mask[i] == 0xFF;
    return count;
}

bool field_is_whole(const struct field_def *field)
{
    return field->kind == FIELD_TEXT || (field->kind == FIELD_HEX && field_part_bytes(field) == 0);
}

void registers_set_part(struct registers *registers, uint16_t address, const struct field_def *field,
                        const uint8_t *bytes)
{
    struct value *value = find_place(registers, address).value;

    assert(value != NULL);
    for (size_t i = 0; i < sizeof field->mask; i++) {
        if (field->mask[i] == 0xFF)
            value->bytes[i] = *bytes++;
    }
    value->written = true;
}

bool registers_is_written(const struct registers *registers, uint16_t address)
{
    const struct value *value = find_place(registers, address).value;

    assert(value != NULL);
    return value->written;
}

char *registers_field_hex(const struct registers *registers, const struct register_def *def, unsigned instance,
                          const struct field_def *field)
{
    const struct value *value = find_place(registers, register_address(def, instance)).value;
    uint8_t part[sizeof field->mask];
    size_t size = 0;

    assert(value != NULL);
    if (field_is_whole(field))
        return hex_from_bytes(value->bytes, value->size_bytes);
    for (size_t i = 0; i < sizeof field->mask; i++) {
        if (field->mask[i] == 0xFF)
            part[size++] = value->bytes[i];
    }
    char *hex = hex_from_bytes(part, size);
    explicit_bzero(part, sizeof part);
    return hex;
}

bool field_equals(const struct field_def *field, const uint8_t *bytes, size_t size_bytes, const char *hex)
{
    uint8_t other[REGISTER_MAX_BYTES] = { 0 };
    size_t size = default_bytes(hex, other);
    bool equal = true;

    if (field_is_whole(field))
        equal = size_bytes == size && memcmp(bytes, other, size) == 0;
    for (size_t i = 0; i < sizeof field->mask; i++)
        equal = equal && ((bytes[i] ^ other[i]) & field->mask[i]) == 0;
    explicit_bzero(other, sizeof other);
    return equal;
}

bool registers_field_equals(const struct registers *registers, const struct register_def *def, unsigned instance,
                            const struct field_def *field, const char *hex)
{
    const struct value *value = find_place(registers, register_address(def, instance)).value;

    assert(value != NULL);
    return field_equals(field, value->bytes, value->size_bytes, hex);
}
