/* SPDX-License-Identifier: MIT */
/*
 * What is committed of the manual because it is made of the register table, for whoever changed that:
 *     print_manual --page > man/springpark.conf.5
 *     print_manual --completion > completions/settings.bash
 */
#include "device/manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

int main(int argc, char **argv)
{
    char *text = NULL;

    if (argc == 2 && strcmp(argv[1], "--page") == 0)
        text = manual_settings_page();
    else if (argc == 2 && strcmp(argv[1], "--completion") == 0)
        text = manual_completion();
    if (text == NULL) {
        fputs("usage: print_manual --page | --completion\n", stderr);
        return EX_USAGE;
    }
    fputs(text, stdout);
    free(text);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
