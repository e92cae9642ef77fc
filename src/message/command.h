/* SPDX-License-Identifier: MIT */
/*
 * What a host may ask for on rdr/cmd: JSON READER COMMAND and $SCCMD text, parsed strictly. A command is taken whole
 * or not at all. No state; any thread.
 *
 * The first byte decides: '{' is JSON, '$' is $SCCMD, anything else (white space too) is refused.
 *
 * JSON (vendor: READER COMMAND message). The vendor's rule for numbers holds wherever a field may be integer or
 * string: an integer is decimal, a string is hex, without a prefix.
 *   Sequence   0 to 255, or 1 to 2 hex digits; refused with Leds, RgbColor, RgbMode or Buzzer
 *   Leds       8 hex digits
 *   Buzzer     0 to 65535 ms, or 1 to 4 hex digits
 *   Relay, Relays, RgbColor, RgbMode: below
 * Every field is optional, {} is valid. A field that is unknown, comes twice, or has another type is refused.
 *
 * $SCCMD (vendor: $SCCMD message): SEQ of 2, LEDS of 8, BUZZ of 4 hex digits; names in upper case, each once; the same
 * ban on SEQ with LEDS or BUZZ. The checksum is optional; the vendor's pages disagree on whether it takes in the $ and
 * the *, so both readings are accepted and anything else is refused. The end is CR LF, LF alone (what a shell's echo
 * sends) or nothing. The 255 characters count the end delimiter.
 *
 * Assumptions, where the vendor's pages say nothing (RGB is "to be written", relays are not described):
 *  - RgbColor is the 3 bytes R, G, B of SET_LED_RGB: a string of exactly 6 hex digits RRGGBB, or by the rule for
 *    numbers the same 24 bits as an integer, 0 to 16777215; never an index into a table of colours.
 *  - RgbMode is the mode byte of SET_LED_RGB: 0 to 255, or 1 to 2 hex digits.
 *  - Relay: true closes, false opens, a number closes for that many milliseconds (1 to 65535, or 1 to 4 hex digits). 0
 *    is refused, for who sends it most likely means false.
 *  - Relays: an array of such values, first relay first, at most 8; Relay and Relays together are refused.
 *  - Active, true or false, in $SCCMD ACT of 2 hex digits, 01 or 00, is an extension: 02A0 knows of a start command, and
 *    no page says how it comes over MQTT.
 *  - An unknown field or tuple refuses the command, because what it asks for would be lost silently.
 *
 * Extensions of this project, in JSON only (command_gate.h is what heeds them):
 *   Id         1 to 64 printable ASCII characters: a command that comes again with an Id acts once
 *   Expires    from when on the command must not act any more: an integer, in seconds since 1970 UTC, or a string, an
 *              RFC 3339 date-time ("2026-11-28T20:15:00Z")
 */
#ifndef SPRINGPARK_MESSAGE_COMMAND_H
#define SPRINGPARK_MESSAGE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* $SCCMD: "a longer one is discarded" at 256 characters (vendor); JSON: our own bound. */
enum { COMMAND_TEXT_MAX_BYTES = 255, COMMAND_JSON_MAX_BYTES = 4096, COMMAND_RELAYS_MAX = 8,
       COMMAND_ID_MAX_BYTES = 64 };

enum relay_action { RELAY_OPEN, RELAY_CLOSE, RELAY_PULSE };

struct relay_command {
    enum relay_action action;
    unsigned pulse_ms;           /* RELAY_PULSE: closed for that long */
};

/* Each part is there or not; a command without parts is valid and does nothing. */
struct command {
    bool has_active;             /* extension: reading starts or stops (register 02A0, explicit activation) */
    bool active;
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
    char id[COMMAND_ID_MAX_BYTES + 1]; /* "" = none; zeroes after it */
    bool has_expires;
    int64_t expires_unix_s;
};

/* Parses size_bytes bytes that came from outside. On success *error is NULL. On failure returns false, *command is
 * unchanged and *error says what is wrong in one line (the caller frees it): printable ASCII, with at most 40
 * characters of the input. */
bool command_parse(const void *payload, size_t size_bytes, struct command *command, char **error);

/* The canonical READER COMMAND as compact JSON, new memory: members in the vendor's order, then Id
 * and Expires, numbers as integers, bytes
 * (Leds, RgbColor) as hex. command_parse gives the same command back. */
char *command_to_json(const struct command *command);

#endif
