/* SPDX-License-Identifier: MIT */
/*
 * How readers are told to light their own LEDs and to beep: the bytes, and nothing else. Any thread; no state.
 *
 * ACR122 (ACS, ACR122U Application Programming Interface 2.x, "Bi-color LED and Buzzer Control" and "Set buzzer output
 * during card detection"): pseudo-APDUs, taken by escape or, while a card lies there, like any APDU.
 * ACR1252 (ACS, ACR1252U Reference Manual, "LED Control" and "Buzzer Control"; the ACR1251U has the same): by escape.
 */
#ifndef SPRINGPARK_FEEDBACK_READER_LED_H
#define SPRINGPARK_FEEDBACK_READER_LED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reader_led_kind { READER_LED_NONE, READER_LED_ACR122, READER_LED_ACR1252 };

enum { READER_LED_COMMAND_MAX_BYTES = 9, READER_LED_COMMANDS_MAX = 2 };

struct reader_led_command {
    uint8_t bytes[READER_LED_COMMAND_MAX_BYTES];
    size_t size_bytes;
};

/* By the setting ("acr122", "acr1252", "auto") and, for "auto", the reader's PC/SC name. */
enum reader_led_kind reader_led_kind(const char *setting, const char *reader_name);

/* What sets the two LEDs and, if beep_ms is not 0, beeps. leds: whether the LEDs are meant at all; without them only the
 * beep is. Returns how many commands there are, 0 to READER_LED_COMMANDS_MAX. */
size_t reader_led_commands(enum reader_led_kind kind, bool leds, bool red, bool green, unsigned beep_ms,
                           struct reader_led_command commands[READER_LED_COMMANDS_MAX]);

/* Whether the reader beeps by itself when a card comes: false if it has no such command. */
bool reader_led_own_beep(enum reader_led_kind kind, bool on, struct reader_led_command *command);

/* Whether a command may also be sent to the reader as if it were for the card. */
bool reader_led_is_apdu(enum reader_led_kind kind);

#endif
