/* SPDX-License-Identifier: MIT */
/*
 * What the files share that write springpark.conf(5). Private to manual*.c; no state but the page's.
 */
#ifndef SPRINGPARK_DEVICE_MANUAL_PAGE_H
#define SPRINGPARK_DEVICE_MANUAL_PAGE_H

#include "device/config_extensions.h"
#include "device/manual.h"
#include "device/registers.h"

#include <stdio.h>

struct manual_page {
    FILE *out;
    const struct field_option *choices;  /* of the setting before, */
    const char *choices_of;              /* and its name */
};

/* A text, with what roff would take for its own escaped. */
void manual_put(const struct manual_page *page, const char *template, ...) __attribute__((format(printf, 2, 3)));

/* The tag of a paragraph, which the text after it explains. */
void manual_put_tag(const struct manual_page *page, const char *tag);

/* The entry of a setting that is a field of that register, or one of this gateway's own. */
void manual_put_field(struct manual_page *page, const struct register_def *def, const struct field_def *field);
void manual_put_extension(struct manual_page *page, const struct extension_def *def);

/* "0311", of a template "0311, 0321, 0331, 0341"; new memory. */
char *manual_addresses(const struct register_def *def);

/* manual_templates.c: the sections of `templates`, behind its heading. */
void manual_put_templates(struct manual_page *page);

/* manual_registers.c: the section REGISTERS. */
void manual_put_registers(const struct manual_page *page);

#endif
