/* SPDX-License-Identifier: MIT */
/*
 * What a host may ask for on rdr/cmd: JSON READER COMMAND and $SCCMD text, parsed strictly. A command is taken whole
 * or not at all. No state; any thread.
 */
#ifndef SPRINGPARK_MESSAGE_COMMAND_H
#define SPRINGPARK_MESSAGE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* $SCCMD: "a longer one is discarded" at 256 characters (vendor); JSON: our own bound. */
enum { COMMAND_TEXT_MAX_BYTES = 255, COMMAND_JSON_MAX_BYTES = 4096, COMMAND_RELAYS_MAX = 8 };

enum relay_action { RELAY_OPEN, RELAY_CLOSE, RELAY_PULSE };

struct relay_command {
    enum relay_action action;
    unsigned pulse_ms;           /* RELAY_PULSE: closed for that long */
};

/* Each part is there or not; a command without parts is valid and does nothing. */
struct command {
    bool has_sequence;
    uint8_t sequence;            /* PLAY_SEQUENCE number */
    bool has_leds;
    uint8_t leds[4];             /* SET_LEDS codes, first LED first */
    bool has_rgb_color;
    uint8_t rgb_color[3];
    bool has_rgb_mode;
    uint8_t rgb_mode;
    bool has_buzzer;
    unsigned buzzer_ms;
    unsigned relays_count;
    struct relay_command relays[COMMAND_RELAYS_MAX];
    bool relays_single;          /* it came as Relay, not as Relays */
};

/* Parses size_bytes bytes that came from outside. On failure returns false, *command is unchanged and *error says
 * what is wrong in one line (the caller frees it). */
bool command_parse(const void *payload, size_t size_bytes, struct command *command, char **error);

/* The READER COMMAND as compact JSON, new memory. */
char *command_to_json(const struct command *command);

#endif
