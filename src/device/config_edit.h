/* SPDX-License-Identifier: MIT */
/*
 * Changing one setting in the text of a configuration file, where everything else stays as it is: comments, order,
 * indentation. Only texts; whoever writes the file checks the result as a whole first. Reads the files that the text
 * includes, so it belongs on a thread that may block. No state.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_EDIT_H
#define SPRINGPARK_DEVICE_CONFIG_EDIT_H

#include "base/errors.h"

/* The text of the file in new memory, or NULL with a complaint in errors. Blocks on the disk. */
char *config_edit_read(const char *file, struct errors *errors);

/*
 * Returns text with that setting, in new memory, or NULL with one complaint in errors.
 * file: names the text in messages; what it includes counts from its folder.
 * name: as in the tables ("mqtt.port", "certificates.slot_D"); of a list "templates[1].format", first entry 1, and the
 * entry after the last one is made.
 * value: as a person writes it on a command line: 60, 0x9, true, a text with or without quotes, names with commas
 * between them for a list.
 */
char *config_edit(const char *text, const char *file, const char *name, const char *value, struct errors *errors);

#endif
