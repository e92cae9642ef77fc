/* SPDX-License-Identifier: MIT */
/*
 * Text as the source of a manual page: what roff would take for a request or an escape is escaped, and long lines are
 * broken. Any thread; no state but the stream's.
 */
#ifndef SPRINGPARK_DEVICE_ROFF_H
#define SPRINGPARK_DEVICE_ROFF_H

#include <stdio.h>

/* text as lines of a paragraph, broken at spaces; what stands between two ` becomes bold. */
void roff_put_text(FILE *out, const char *text);

/* A line of a macro with one argument, ".B mqtt.broker"; argument: as it is to be read, any characters. */
void roff_put_macro(FILE *out, const char *macro, const char *argument);

/* Lines that stay as they are, indented, in letters of one width: .EX to .EE. */
void roff_put_example(FILE *out, const char *lines);

#endif
