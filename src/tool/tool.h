/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of springparkctl: each is one file cmd_NAME.c with one function of this shape.
 */
#ifndef SPRINGPARK_TOOL_TOOL_H
#define SPRINGPARK_TOOL_TOOL_H

#include <stdbool.h>

struct tool_options {
    const char *config_file;    /* --config FILE */
    const char *run_directory;  /* --run-directory DIR: where the daemon's sockets are */
    const char *instance;       /* --instance NAME: that of springparkd@NAME, "" = springparkd itself */
    bool json;                  /* --json */
};

/* argc, argv: the subcommand's own words, argv[0] being its name. Returns a sysexits code. */
typedef int tool_command(const struct tool_options *options, int argc, char **argv);

tool_command tool_certs;
tool_command tool_check;
tool_command tool_discover;
tool_command tool_doctor;
tool_command tool_export;
tool_command tool_import;
tool_command tool_network;
tool_command tool_registers;
tool_command tool_set;
tool_command tool_status;
tool_command tool_watch;
tool_command tool_readers;
tool_command tool_journal;
tool_command tool_reload;
tool_command tool_subscribe;
tool_command tool_command_send;

#endif
