/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the command parser only. The two readers work on a command that command_parse throws away when
 * they fail; each returns false with *error set to new text of one line.
 */
#ifndef SPRINGPARK_MESSAGE_COMMAND_PARTS_H
#define SPRINGPARK_MESSAGE_COMMAND_PARTS_H

#include "message/command.h"

/* text is size_bytes long, starts with '{' or '$', has no NUL byte and no final 0. */
bool command_read_json(const char *text, size_t size_bytes, struct command *command, char **error);
bool command_read_text(const char *text, size_t size_bytes, struct command *command, char **error);

/* True if the parts do not forbid one another: a sequence leads the LEDs, the RGB LED and the buzzer itself. */
bool command_check_mix(const struct command *command, char **error);

/* Outside bytes, fit for a log line: at most 40 characters, "..." after a cut, '?' for what is not printable ASCII.
 * New memory. */
char *command_excerpt(const char *bytes, size_t size_bytes);

#endif
