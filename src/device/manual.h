/* SPDX-License-Identifier: MIT */
/*
 * springpark.conf(5), written from the tables: every setting in the section of its group, every register, and what
 * belongs to such a page around them. The committed man/springpark.conf.5 is this text (tests/unit/print_manual), and a
 * unit test holds that. Beside it what else is made of the same names: the words of the completion, and the line that
 * sends a person to the right section. Any thread; no state. Texts that are returned are the caller's.
 */
#ifndef SPRINGPARK_DEVICE_MANUAL_H
#define SPRINGPARK_DEVICE_MANUAL_H

#include "base/errors.h"

#include <stddef.h>

/* The whole page, in the man macros of roff. */
char *manual_settings_page(void);

/* Whole configurations that the page shows, by number from 0; NULL behind the last. */
const char *manual_example(size_t index);

/* What is told about that group under its heading, or NULL; by number, from 0, in the order of the page, its path; NULL
 * behind the last: the others follow in the order of the registers. */
const char *manual_group_about(const char *group);
const char *manual_group_by_order(size_t index);

/* A part of a bash script: the names of all settings, and for those that take one of a few words, these. */
char *manual_completion(void);

/* The group in whose section a place of the file is explained, "mqtt.tls" for "mqtt.tls.foo", "readers" for
 * "readers[2].path"; NULL if there is none. */
char *manual_section_of(const char *place);

/* "next: see springpark.conf(5), sections mqtt and mqtt.tls" for complaints about a configuration, each of which begins
 * with FILE:LINE: PLACE or, where a setting was named and no file, with PLACE; "next: see springpark.conf(5)" if no
 * section is known; NULL if none of them is about a line. */
char *manual_hint(const struct errors *errors);

#endif
