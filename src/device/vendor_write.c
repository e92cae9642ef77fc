/* SPDX-License-Identifier: MIT */
#include "device/vendor_file.h"

#include "base/hex.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Whether the register has to be named, so that a device and a gateway come to the same value. An empty LKL is one of
 * 00; a key of zeros that somebody wrote is more than the default. */
static bool is_needed(const struct registers *registers, const struct register_def *def, unsigned instance)
{
    for (size_t i = 0; i < def->fields_count; i++) {
        if (!registers_field_equals(registers, def, instance, &def->fields[i], def->device_default))
            return true;
        if (def->fields[i].kind == FIELD_HEX && !field_is_whole(&def->fields[i]) &&
            registers_is_written(registers, register_address(def, instance)))
            return true;
    }
    return def->gateway_default != NULL;
}

static void note_size(const struct register_def *def, uint16_t address, size_t size_bytes, struct errors *notes)
{
    if (size_bytes > def->size_bytes)
        errors_add(notes, "register %04X (%s) has %zu bytes, and a SpringPark takes %u: only a gateway can use this"
                   " file", address, def->name, size_bytes, def->size_bytes);
}

static void put(json_t *root, bool flat, uint16_t address, const char *hex)
{
    char *name = text_format(flat ? "%04X" : "%02X", flat ? address : address & 0xFF);
    const char *member = address >> 8 == 0x02 ? "config" : "templates";

    if (flat)
        json_object_set_new(root, name, json_string(hex));
    else
        json_object_set_new(json_object_get(root, member), name, json_string(hex));
    free(name);
}

static void put_register(json_t *root, const struct registers *registers, const struct register_def *def,
                         unsigned instance, bool flat, bool secrets, struct errors *notes)
{
    uint16_t address = register_address(def, instance);
    size_t size;
    const uint8_t *bytes = registers_get(registers, address, &size);
    char *hex = hex_from_bytes(bytes, size);

    if (!is_needed(registers, def, instance)) {
        /* a device has that value anyway */
    } else if (def->secret && !secrets) {
        errors_add(notes, "register %04X (%s) is a secret and left out; --secrets writes it, too", address, def->name);
    } else {
        put(root, flat, address, hex);
        note_size(def, address, size, notes);
    }
    explicit_bzero(hex, strlen(hex));
    free(hex);
}

json_t *vendor_file_make(const struct registers *registers, bool flat, bool secrets, struct errors *notes)
{
    json_t *root = json_object();
    size_t count;
    const struct register_def *table = register_table(&count);

    if (!flat) {
        json_object_set_new(root, "config", json_object());
        json_object_set_new(root, "templates", json_object());
    }
    for (unsigned instance = 0; instance < REGISTER_TEMPLATE_INSTANCES; instance++) {
        for (size_t i = 0; i < count; i++) {
            if (instance == 0 || table[i].per_template)
                put_register(root, registers, registers_def(registers, &table[i], instance), instance, flat, secrets,
                             notes);
        }
    }
    return root;
}
