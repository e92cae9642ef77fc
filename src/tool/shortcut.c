/* SPDX-License-Identifier: MIT */
#include "tool/shortcut.h"

#include "message/command.h"

/* Numbers of the vendor's PLAY_SEQUENCE page; that of "denied" is taken from the order of its $SCCMD examples. */
enum { SEQUENCE_WINK = 0x0E, SEQUENCE_ACCEPT = 0x60, SEQUENCE_DENY = 0x61 };

/* Keys beyond a byte, so that there are no short options; the sequence is in the low byte. */
enum { KEY_BASE = 0x200, KEY_MASK = 0xFF00 };

static const struct argp_option options[] = {
    {.name = "wink", .key = KEY_BASE | SEQUENCE_WINK, .doc = "Sequence 0E: show yourself"},
    {.name = "accept", .key = KEY_BASE | SEQUENCE_ACCEPT, .doc = "Sequence 60: access granted"},
    {.name = "deny", .key = KEY_BASE | SEQUENCE_DENY, .doc = "Sequence 61: access denied"},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct shortcut *shortcut = state->input;

    (void) arg;
    if ((key & KEY_MASK) != KEY_BASE || key > 0xFFFF)
        return ARGP_ERR_UNKNOWN;
    if (shortcut->chosen)
        argp_error(state, "choose one of --wink, --accept and --deny");
    shortcut->chosen = true;
    shortcut->sequence = (uint8_t) key;
    return 0;
}

const struct argp shortcut_arguments = {.options = options, .parser = parse};

char *shortcut_payload(const struct shortcut *shortcut)
{
    const struct command command = {.has_sequence = true, .sequence = shortcut->sequence};

    return shortcut->chosen ? command_to_json(&command) : NULL;
}
