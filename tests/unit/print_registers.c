/* SPDX-License-Identifier: MIT */
/*
 * `springparkctl registers` on an empty configuration, for tests and for writing etc/springpark.conf:
 * print_registers [--json] [words of the subcommand...]
 */
#include "tool/tool.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct tool_options options = { .config_file = "/dev/null", .run_directory = "/nonexistent", .instance = "" };

    if (argc > 1 && strcmp(argv[1], "--json") == 0) {
        options.json = true;
        argv[1] = argv[0];
        argv++;
        argc--;
    }
    return tool_registers(&options, argc, argv);
}
