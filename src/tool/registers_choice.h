/* SPDX-License-Identifier: MIT */
/*
 * Which registers the person means: by address, by the register's name, by a setting or by a group of settings. No
 * state; any thread.
 */
#ifndef SPRINGPARK_TOOL_REGISTERS_CHOICE_H
#define SPRINGPARK_TOOL_REGISTERS_CHOICE_H

#include "device/registers.h"

struct registers_choice {
    const struct register_def *def;   /* of the table, or what registers_choices_settle made of it */
    unsigned instance;
    const char *path;   /* NULL = all fields; else only the setting or the group of this name; the caller's word */
};

struct registers_choices {
    struct registers_choice *items;   /* freed by registers_choices_free */
    size_t count;
};

/* Adds what word names. Returns NULL, or why it names nothing, in new memory: a whole sentence. */
char *registers_choose(struct registers_choices *choices, const char *word);

/* Adds every register, by rising address. */
void registers_choose_all(struct registers_choices *choices);

/* Makes of each choice what it is for the types of the templates, and drops settings that those have not. */
void registers_choices_settle(struct registers_choices *choices, const struct registers *registers);

void registers_choices_free(struct registers_choices *choices);

/* Whether the choice is of this field, too. */
bool registers_choice_has(const struct registers_choice *choice, const struct field_def *field);

#endif
