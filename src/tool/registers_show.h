/* SPDX-License-Identifier: MIT */
/*
 * Registers on standard output, for a person or a program. Secrets are never shown, whatever is asked.
 */
#ifndef SPRINGPARK_TOOL_REGISTERS_SHOW_H
#define SPRINGPARK_TOOL_REGISTERS_SHOW_H

#include "tool/registers_choice.h"

#include <jansson.h>

/* One register in short: its value, and each setting on a line. */
void registers_list(const struct registers *registers, const struct registers_choice *choice);

/* The same with everything that is known of it: bits, what may be chosen, what the gateway does with it. */
void registers_explain(const struct registers *registers, const struct registers_choice *choice);

/* A line for each of its fields that differs from the default; returns how many. */
size_t registers_show_changed(const struct registers *registers, const struct registers_choice *choice);

/* Everything as an object, which is the caller's. In registers_json.c. */
json_t *registers_to_json(const struct registers *registers, const struct registers_choice *choice);

/* Whether any of its fields, or just this one, differs from the default. */
bool registers_is_changed(const struct registers *registers, const struct registers_choice *choice);
bool registers_field_is_changed(const struct registers *registers, const struct registers_choice *choice,
                                const struct field_def *field);

#endif
