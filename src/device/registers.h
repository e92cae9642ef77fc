/* SPDX-License-Identifier: MIT */
/*
 * The registers of a SpringPark: one constant table (register_table.c) states every register and bit field, and this
 * module holds the values of one configuration. Everything else derives from the table: parser, validation,
 * `springparkctl registers`, sample file, man page, import and export.
 *
 * What a register of a template is depends on the template's type, which its LKL names, and for the output format on
 * its mode. The row of the table is what it is for ID Only and for an instance that is off; register_types.h has the
 * others, and registers_def tells which of them holds for an instance as it is now.
 *
 * The table is constant. A struct registers belongs to whoever created it; reading one that nobody changes is fine on
 * any thread. Source of the facts: the vendor's register XML, firmware 1.31.
 */
#ifndef SPRINGPARK_DEVICE_REGISTERS_H
#define SPRINGPARK_DEVICE_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REGISTER_MAX_BYTES = 256, REGISTER_TEMPLATE_INSTANCES = 4 };

enum field_kind {
    FIELD_BOOLEAN,  /* one bit: true / false */
    FIELD_CHOICE,   /* one of field_def.options, by name */
    FIELD_NUMBER,   /* min..max */
    FIELD_FLAGS,    /* any of field_def.options, each one bit: a list of names */
    FIELD_ADDRESS,  /* an IPv4 address of 4 bytes, as a text */
    FIELD_TEXT,     /* the whole register: printable characters, at most the register's size */
    FIELD_HEX,      /* any bytes, as a text of hex digits: the whole register, or the whole bytes of the mask */
    FIELD_RESERVED, /* must keep its default */
};

/* What the gateway does with a field. */
enum field_support {
    FIELD_HONOURED,
    FIELD_NOT_APPLICABLE, /* kept, reported once at start if it differs from the device's default */
    FIELD_REFUSED,        /* any value but the default is an error, with the reason */
};

struct field_option {
    uint32_t value;
    const char *name;            /* in the configuration file */
    const char *title;
    const char *refused_because; /* NULL = this option may be chosen */
};

struct field_def {
    const char *path;            /* the setting, for instance "mqtt.tls.sni"; templates: "templates.swap";
                                    NULL for FIELD_RESERVED, and where the register can only be set raw */
    const char *title;
    enum field_kind kind;
    uint8_t mask[20];            /* same size as the register, all 0 for a field that is the whole of it */
    uint32_t min, max;           /* FIELD_NUMBER: what the device takes */
    const char *refused_because; /* FIELD_NUMBER: NULL, or why refused_first..refused_last may not be chosen here */
    uint32_t refused_first, refused_last;
    const char *unit;            /* FIELD_NUMBER: "s", "0.1 s", ""... */
    const struct field_option *options; /* FIELD_CHOICE, FIELD_FLAGS: ends with name NULL */
    bool control_characters;     /* FIELD_TEXT: they are allowed, too */
    enum field_support support;
    const char *effect;          /* what the gateway does with it, or why it does not */
    const char *sample;          /* what the sample file shows, as it stands there, where not the default; or NULL */
};

struct register_def {
    uint16_t address;            /* of template instance 1 for the registers 03t0.. */
    uint8_t size_bytes;          /* the device's maximum */
    uint8_t gateway_size_bytes;  /* where a limit that is only the device's memory is widened; else the same */
    bool variable;               /* any length from 0 to the size */
    bool per_template;           /* four instances, 0x10 apart */
    bool secret;                 /* its texts and bytes are shown as "(set)", never logged; "file:PATH" in the file */
    const char *device_default;  /* hex */
    const char *gateway_default; /* hex, or NULL where it is the device's */
    const char *default_reason;  /* why the gateway's differs */
    const char *name;            /* short, in snake case */
    const char *title;
    const char *section;
    const struct field_def *fields;
    size_t fields_count;
};

struct registers;
struct register_type; /* register_types.h */

/* The table: all registers, by rising address; per_template ones stand once. */
const struct register_def *register_table(size_t *count);

/* The definition that covers address (0x0321 is instance 2 of 0x0311), or NULL; *instance becomes 0..3 for templates. */
const struct register_def *register_find(uint16_t address, unsigned *instance);

/* The address of a register in template instance 0..3; the address itself where there are no instances. */
uint16_t register_address(const struct register_def *def, unsigned instance);

/* The default on this gateway: hex. */
const char *register_default(const struct register_def *def);

/* The setting's field and its register, or NULL; path as in field_def. Of templates it knows what ID Only has, and
 * register_types.h the rest. */
const struct field_def *register_find_field(const char *path, const struct register_def **def);

/* The number that the register's default has in the bits of mask. */
uint32_t register_default_bits(const struct register_def *def, const uint8_t *mask);

/* A set with every register at the gateway's default. */
struct registers *registers_create(void);
void registers_free(struct registers *registers);

/* Every value of from, into to. */
void registers_copy(const struct registers *from, struct registers *to);

/* What the register is for that instance of a template, by its LKL and mode as they are now; row is the table's, and is
 * itself the answer for what is no template's. */
const struct register_def *registers_def(const struct registers *registers, const struct register_def *row,
                                         unsigned instance);

/* The type of that instance, or NULL: it is off; and whether its data is put out as text, where its type can. */
const struct register_type *registers_type(const struct registers *registers, unsigned instance);
bool registers_is_string(const struct registers *registers, unsigned instance);

/* The value of a register, *size_bytes of it; never NULL for an address of the table. */
const uint8_t *registers_get(const struct registers *registers, uint16_t address, size_t *size_bytes);

/*
 * False if the address is unknown or the size does not fit; nothing is changed then. Field rules are checked elsewhere.
 * No bytes are the default, for a template's register of a fixed size.
 *
 * LKL comes first: with it the type of the template changes, and what of the other registers then has the old type's
 * default, or a size that is not the new one's, takes the new type's default.
 */
bool registers_set(struct registers *registers, uint16_t address, const uint8_t *bytes, size_t size_bytes);

/* The number in the bits of mask (of the register's size), right-aligned; bytes that an empty register lacks count as 0. */
uint32_t registers_get_bits(const struct registers *registers, uint16_t address, const uint8_t *mask);
void registers_set_bits(struct registers *registers, uint16_t address, const uint8_t *mask, uint32_t value);

/* Whether the field takes the whole register: FIELD_TEXT, and FIELD_HEX without a mask. */
bool field_is_whole(const struct field_def *field);

/* How many bytes a FIELD_HEX has that is a part of its register. */
size_t field_part_bytes(const struct field_def *field);

/* Puts field_part_bytes bytes where such a field is. */
void registers_set_part(struct registers *registers, uint16_t address, const struct field_def *field,
                        const uint8_t *bytes);

/* Whether somebody wrote the bytes of the register, as a whole or those of such a field: a key of zeros that was
 * written is one, and zeros that nobody wrote are none. */
bool registers_is_written(const struct registers *registers, uint16_t address);

/* The bytes of a field of bytes or text, in hex; new memory, which may be a secret. */
char *registers_field_hex(const struct registers *registers, const struct register_def *def, unsigned instance,
                          const struct field_def *field);

/* Whether the field has the same value as in a register that holds hex. */
bool registers_field_equals(const struct registers *registers, const struct register_def *def, unsigned instance,
                            const struct field_def *field, const char *hex);

/* The same, and the number in the field, for the bytes of a register: REGISTER_MAX_BYTES of memory, size_bytes of them
 * the value and the rest 0. */
uint32_t field_bits(const struct field_def *field, const uint8_t *bytes);
bool field_equals(const struct field_def *field, const uint8_t *bytes, size_t size_bytes, const char *hex);

#endif
