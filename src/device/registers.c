/* SPDX-License-Identifier: MIT */
#include "device/registers.h"

#include "base/hex.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct value {
    size_t size_bytes;
    uint8_t bytes[REGISTER_MAX_BYTES];
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

/* The place of a register's value, or NULL for an unknown address; *def becomes its definition. */
static struct value *find_value(const struct registers *registers, uint16_t address, const struct register_def **def)
{
    size_t count;
    const struct register_def *table = register_table(&count);
    struct value *value = registers->values;

    for (size_t i = 0; i < count; i++) {
        for (unsigned n = 0; n < instances_of(&table[i]); n++, value++) {
            if (register_address(&table[i], n) == address) {
                *def = &table[i];
                return value;
            }
        }
    }
    return NULL;
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

struct registers *registers_create(void)
{
    struct registers *registers = memory_zeroed(1, sizeof *registers);
    size_t count;
    const struct register_def *table = register_table(&count);

    registers->values = memory_zeroed(count_values(), sizeof *registers->values);
    struct value *value = registers->values;
    for (size_t i = 0; i < count; i++) {
        const char *hex = register_default(&table[i]);

        for (unsigned n = 0; n < instances_of(&table[i]); n++, value++) {
            int size = hex_to_bytes(hex, strlen(hex), value->bytes, sizeof value->bytes);

            assert(size >= 0);
            value->size_bytes = (size_t) size;
        }
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

const uint8_t *registers_get(const struct registers *registers, uint16_t address, size_t *size_bytes)
{
    const struct register_def *def;
    const struct value *value = find_value(registers, address, &def);

    assert(value != NULL);
    *size_bytes = value->size_bytes;
    return value->bytes;
}

bool registers_set(struct registers *registers, uint16_t address, const uint8_t *bytes, size_t size_bytes)
{
    const struct register_def *def;
    struct value *value = find_value(registers, address, &def);

    if (value == NULL || size_bytes > def->gateway_size_bytes)
        return false;
    if (!def->variable && size_bytes != def->size_bytes)
        return false;
    memset(value->bytes, 0, sizeof value->bytes);
    if (size_bytes > 0)
        memcpy(value->bytes, bytes, size_bytes);
    value->size_bytes = size_bytes;
    return true;
}

/* How many bytes a mask of this register has; 0 for a text, which has none. */
static size_t mask_size(const struct register_def *def)
{
    return def->size_bytes <= sizeof((struct field_def *) 0)->mask ? def->size_bytes : 0;
}

uint32_t registers_get_bits(const struct registers *registers, uint16_t address, const uint8_t *mask)
{
    const struct register_def *def;
    const struct value *value = find_value(registers, address, &def);
    uint32_t number = 0;

    assert(value != NULL);
    for (size_t i = 0; i < mask_size(def); i++) {
        for (int bit = 7; bit >= 0; bit--) {
            if (mask[i] >> bit & 1)
                number = number << 1 | (value->bytes[i] >> bit & 1);
        }
    }
    return number;
}

void registers_set_bits(struct registers *registers, uint16_t address, const uint8_t *mask, uint32_t number)
{
    const struct register_def *def;
    struct value *value = find_value(registers, address, &def);

    assert(value != NULL);
    for (size_t i = mask_size(def); i-- > 0;) {
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

bool field_is_whole(const struct field_def *field)
{
    return field->kind == FIELD_TEXT || field->kind == FIELD_HEX;
}

bool registers_field_equals(const struct registers *registers, const struct register_def *def, unsigned instance,
                            const struct field_def *field, const char *hex)
{
    const struct register_def *found;
    const struct value *value = find_value(registers, register_address(def, instance), &found);
    uint8_t other[REGISTER_MAX_BYTES] = { 0 };
    int size = hex_to_bytes(hex, strlen(hex), other, sizeof other);

    assert(value != NULL && size >= 0);
    if (field_is_whole(field))
        return value->size_bytes == (size_t) size && memcmp(value->bytes, other, (size_t) size) == 0;
    for (size_t i = 0; i < mask_size(def); i++) {
        if (((value->bytes[i] ^ other[i]) & field->mask[i]) != 0)
            return false;
    }
    return true;
}
