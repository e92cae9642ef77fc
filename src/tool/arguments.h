/* SPDX-License-Identifier: MIT */
/*
 * The words of a command line, by argp: what all subcommands share. A usage error ends the process with EX_USAGE and
 * --help with 0, as argp does.
 */
#ifndef SPRINGPARK_TOOL_ARGUMENTS_H
#define SPRINGPARK_TOOL_ARGUMENTS_H

#include "tool/tool.h"

#include <argp.h>

/* --config, --run-directory, --instance and --json, which may stand before the subcommand's name or after it.
 * input: a struct tool_options to change. */
extern const struct argp arguments_common;

/* argp_parse for a subcommand: messages and help name it "springparkctl NAME". */
void arguments_parse(const struct argp *argp, int argc, char **argv, void *input);

/* A subcommand that has no words of its own: returns the options with those that stand after its name. */
struct tool_options arguments_parse_none(const struct tool_options *options, const char *doc, int argc, char **argv);

/* The number in text, or the end with a usage error that names the option. */
unsigned arguments_number(struct argp_state *state, const char *option, const char *text, unsigned min, unsigned max);

#endif
