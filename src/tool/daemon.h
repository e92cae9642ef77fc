/* SPDX-License-Identifier: MIT */
/*
 * Asking the daemon of this box, for the subcommands: what fails is said on standard error, with the exit status that
 * belongs to it.
 */
#ifndef SPRINGPARK_TOOL_DAEMON_H
#define SPRINGPARK_TOOL_DAEMON_H

#include "control/control.h"
#include "tool/tool.h"

enum { DAEMON_ANSWER_TIMEOUT_MS = 10000 };

/* NULL and *exit_status; what is wrong has then been said. status_only: as in control_connect. */
struct control_connection *daemon_connect(const struct tool_options *options, bool status_only, int *exit_status);

/* Connects, asks, and returns the caller's reference to the result, or NULL and *exit_status. arguments: NULL, or an
 * object whose reference is taken over. refused_status: the exit status when the daemon says no. */
json_t *daemon_ask(const struct tool_options *options, const char *request, json_t *arguments, int timeout_ms,
                   int refused_status, int *exit_status);

/* Says what a control_* call left in *error (which is freed) and in errno (reason), and returns the exit status. */
int daemon_say_failure(char *error, int reason, int refused_status);

/* One line of compact JSON on standard output, safe for a terminal. */
void daemon_print_json(const json_t *value);

#endif
