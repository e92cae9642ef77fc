/* SPDX-License-Identifier: MIT */
/*
 * What the subcommands share that change the configuration file: reading it, checking the new text, and putting that in
 * its place whole or not at all. For one thread; blocks on the disk. What fails is said on standard error.
 */
#ifndef SPRINGPARK_TOOL_CONFIG_CHANGE_H
#define SPRINGPARK_TOOL_CONFIG_CHANGE_H

#include "base/errors.h"
#include "tool/tool.h"

#include <stdbool.h>

struct config_change;

/* Of the file, with its text as it is; NULL with complaints in errors. may_be_new: a file that is not there has the
 * text of the sample, and is made. */
struct config_change *config_change_begin(const char *file, bool may_be_new, struct errors *errors);

/* The text as it was; valid until config_change_free. */
const char *config_change_text(const struct config_change *change);

/* Takes over text, which is to be the new one; false if it is wrong, and errors then says everything. Its notes are
 * said. */
bool config_change_check(struct config_change *change, char *text, struct errors *errors);

/* Writes what was checked: EX_OK, or another status when it could not be. Says "changed" on standard output. */
int config_change_finish(struct config_change *change);

void config_change_free(struct config_change *change);

/* Every complaint, on standard error. */
void config_change_say(const struct errors *errors);

/* Makes the running daemon take the file over, as `springparkctl reload`; its status. */
int config_change_apply(const struct tool_options *options);

#endif
