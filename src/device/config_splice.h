/* SPDX-License-Identifier: MIT */
/*
 * Where the settings of a text in libconfig's grammar begin and end, and putting one into it. Knows nothing of what
 * settings mean. Private to config_edit.c.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_SPLICE_H
#define SPRINGPARK_DEVICE_CONFIG_SPLICE_H

#include <stddef.h>

enum { SPLICE_MAX_STEPS = 8 };

/* One step from a group or list to what it holds. */
struct splice_step {
    const char *name;   /* NULL = an entry of a list */
    size_t index;       /* of it, first 0 */
};

/* The text with literal as the value at the end of those steps, in new memory; NULL if the text is not understood, or a
 * step leads through something that is no group or list, or beyond the entry after a list's last. */
char *config_splice(const char *text, const struct splice_step *steps, size_t steps_count, const char *literal);

#endif
