/* SPDX-License-Identifier: MIT */
/*
 * The template types: what LKL (03t0) makes of the other registers of an instance. A part of the register table,
 * constant as that is: where a type's register is not as the table's row, which is ID Only's, its variant stands here.
 * Any thread.
 *
 * Source of the facts: the vendor's springcore-nfc-templates.xml, version 1.31.
 */
#ifndef SPRINGPARK_DEVICE_REGISTER_TYPES_H
#define SPRINGPARK_DEVICE_REGISTER_TYPES_H

#include "device/registers.h"

struct register_type {
    const char *name;            /* the setting templates.type */
    const char *title;
    const char *refused_because; /* NULL = this gateway has it */
    const char *about;           /* for the manual: what it reads and outputs; NULL where it is refused */
    const char *rules;           /* for the manual: what the vendor's documents leave open, or NULL */
    const char *sample;          /* an entry of `templates`, and NULL where it is refused */
    const uint8_t *lookups;      /* its values of LKL; the first is the default */
    size_t lookups_count;
    const struct register_def *format; /* 03t1 in the mode RAW and, if there are 2, in the mode String; or NULL */
    size_t formats_count;
    const struct register_def *variants; /* of 03t3 up */
    size_t variants_count;
};

/* The types; `type` of templates has one option for each, in this order. */
const struct register_type *register_types(size_t *count);

/* The setting templates.type: its options are the types, and its value the place in their list. */
extern const struct field_option register_type_options[];

/* NULL: LKL 00, which is an instance that is off, or a value that no type has. */
const struct register_type *register_type_of_lookup(uint8_t lookup);

/* "\"iso-a+b\", \"iso-a\"": the words for `technologies` that the type may have here, the default first; new memory. */
char *register_type_lookups(const struct register_type *type);

/* What a row of the table is for a type, which may be NULL: a variant, or the row. string: the mode of the output
 * format. */
const struct register_def *register_variant(const struct register_type *type, const struct register_def *row,
                                            bool string);

/* The field with that path, for instance "templates.aid", that an instance of the type has in that mode, or NULL;
 * type NULL: as if it were ID Only. *def becomes its register. */
const struct field_def *register_type_field(const struct register_type *type, bool string, const char *path,
                                            const struct register_def **def);

/* The same in any type and mode, the first that has it: of one name all are of one kind. *type becomes that type, and
 * *string the mode. */
const struct field_def *register_template_field(const char *path, const struct register_type **type, bool *string);

/* Calls visit for each path of a template's setting once. */
void register_visit_template_paths(void (*visit)(void *context, const char *path), void *context);

#endif
