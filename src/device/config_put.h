/* SPDX-License-Identifier: MIT */
/*
 * Bringing the text of a configuration file to a whole set of registers, by the settings' names, as config_edit.h
 * changes one of them: comments and everything that is no register stay. Reads what the text includes and the files of
 * its secrets, so it belongs on a thread that may block. No state.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_PUT_H
#define SPRINGPARK_DEVICE_CONFIG_PUT_H

#include "base/errors.h"
#include "device/registers.h"

/*
 * Returns text with every register as in wanted, in new memory, or NULL with complaints in errors.
 *
 * An entry of `templates` that has settings of another type or mode than wanted is written anew, without its comments.
 * A setting that has its value already stays as it is written; one that is not there is added only if its value is not
 * the default. What was set raw is then set by name; the list `registers` keeps those that have no name. wanted must
 * hold what each field allows.
 * file: names the text in messages; what it includes counts from its folder.
 */
char *config_put_registers(const char *text, const char *file, const struct registers *wanted, struct errors *errors);

#endif
