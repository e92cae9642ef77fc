/* SPDX-License-Identifier: MIT */
/*
 * The settings that a SpringPark does not have, or has in its flash or hardware: a second small constant table, of the
 * same kind as the registers', from which reading, messages and the sample file derive. Constant data.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_EXTENSIONS_H
#define SPRINGPARK_DEVICE_CONFIG_EXTENSIONS_H

#include "device/registers.h"

#include <stddef.h>

struct extension_def {
    struct field_def field;   /* path, title, kind, limits, options, effect; no mask */
    size_t offset;            /* in struct settings (or settings_reader): bool, unsigned, const char * by kind */
    uint32_t default_value;   /* FIELD_BOOLEAN, FIELD_NUMBER, FIELD_CHOICE */
    const char *default_text; /* FIELD_TEXT */
    size_t limit_bytes;       /* FIELD_TEXT */
    bool is_path;             /* FIELD_TEXT: a file or folder; a relative one counts from the file's folder */
};

/* Single settings; offsets in struct settings. */
const struct extension_def *extension_table(size_t *count);

/* Settings of one entry of the list `readers`; offsets in struct settings_reader, where choices are texts. */
const struct extension_def *extension_reader_table(size_t *count);

/* `type` of an entry of the list `templates`; kept in no struct, for it is part of LKL. */
const struct extension_def *extension_template_type(void);

/* What to write instead of a setting that an earlier version had, or NULL. */
const char *extension_gone(const char *path);

/* The extension with that path, of any of them, or NULL. */
const struct extension_def *extension_find(const char *path);

#endif
