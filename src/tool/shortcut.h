/* SPDX-License-Identifier: MIT */
/*
 * --wink, --accept and --deny: the answers of the vendor's own demo client, as READER COMMANDs that play a sequence.
 */
#ifndef SPRINGPARK_TOOL_SHORTCUT_H
#define SPRINGPARK_TOOL_SHORTCUT_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct shortcut {
    bool chosen;
    uint8_t sequence;   /* a PLAY_SEQUENCE number */
};

/* input: a struct shortcut, which at most one of the options sets. */
extern const struct argp shortcut_arguments;

/* The READER COMMAND as JSON, new memory; NULL if none was chosen. */
char *shortcut_payload(const struct shortcut *shortcut);

#endif
