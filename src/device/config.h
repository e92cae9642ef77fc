/* SPDX-License-Identifier: MIT */
/*
 * /etc/springpark.conf (libconfig) read through the register table: the only reader of that file.
 *
 * config_load reads from the disk and so belongs on a thread that may block: the start of a program, the tool, or the
 * daemon's reload thread. A config is constant once loaded; it belongs to the caller.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_H
#define SPRINGPARK_DEVICE_CONFIG_H

#include "base/errors.h"
#include "device/registers.h"
#include "device/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct config;

/*
 * Reads the file at path. On success returns the config; notes is filled with what is accepted but has no effect on a
 * gateway (to be reported once at start). On failure returns NULL, and errors holds the first syntax error or else
 * everything else that is wrong, each with file, line, setting, register and what is allowed.
 * instance: "" or the NAME of springparkd@NAME.
 */
struct config *config_load(const char *path, const char *instance, struct errors *errors, struct errors *notes);
/*
 * The same for a text that is already in memory. path names it in messages; files that it includes and relative paths
 * in it count from the folder of path. files: whether it may name files to be read now (@include, "file:PATH").
 */
struct config *config_parse_text(const char *text, size_t size_bytes, const char *path, bool files,
                                 const char *instance, struct errors *errors, struct errors *notes);

void config_free(struct config *config);

const struct settings *config_settings(const struct config *config);

/* Where a single setting was made, by name or raw ("mqtt.port"; none of a list): "FILE:LINE", valid as long as the
 * config; NULL if nobody made it. For complaints of those who know more than the configuration does. */
const char *config_place(const struct config *config, const char *path);
const struct registers *config_registers(const struct config *config);

#endif
