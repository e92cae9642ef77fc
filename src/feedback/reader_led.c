/* SPDX-License-Identifier: MIT */
#include "feedback/reader_led.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* The ACR122 answers only when its beep is over: 1.5 s is less than a driver may block. */
enum { ACR122_UNIT_MS = 100, ACR122_UNITS_MAX = 15, ACR1252_UNIT_MS = 10, ACR1252_UNITS_MAX = 254 };

enum reader_led_kind reader_led_kind(const char *setting, const char *reader_name)
{
    static const struct { const char *setting; const char *pattern; enum reader_led_kind kind; } kinds[] = {
        {"acr122", "*ACR122*", READER_LED_ACR122},
        {"acr1252", "*ACR125[12]*", READER_LED_ACR1252},
    };
    const bool automatic = strcmp(setting, "auto") == 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (automatic ? fnmatch(kinds[i].pattern, reader_name, 0) == 0 : strcmp(setting, kinds[i].setting) == 0)
            return kinds[i].kind;
    }
    return READER_LED_NONE;
}

static uint8_t units(unsigned ms, unsigned unit_ms, unsigned max)
{
    const unsigned count = (ms + unit_ms / 2) / unit_ms;

    return (uint8_t) (count < 1 ? 1 : count > max ? max : count);
}

static void set(struct reader_led_command *command, const uint8_t *bytes, size_t size_bytes)
{
    memcpy(command->bytes, bytes, size_bytes);
    command->size_bytes = size_bytes;
}

/* P2: final state of red and green, and whether each is to be changed. Then T1, T2, how often, buzzer in T1. */
static size_t acr122(bool leds, bool red, bool green, unsigned beep_ms, struct reader_led_command *commands)
{
    const unsigned states = leds ? 0x0CU | (red ? 1U : 0U) | (green ? 2U : 0U) : 0U;
    const bool beeps = beep_ms > 0;
    const uint8_t bytes[] = {
        0xFF, 0x00, 0x40, (uint8_t) states, 0x04, beeps ? units(beep_ms, ACR122_UNIT_MS, ACR122_UNITS_MAX) : 0, 0x00,
        beeps ? 1 : 0, beeps ? 1 : 0,
    };

    if (!leds && !beeps)
        return 0;
    set(&commands[0], bytes, sizeof bytes);
    return 1;
}

static size_t acr1252(bool leds, bool red, bool green, unsigned beep_ms, struct reader_led_command *commands)
{
    const uint8_t light[] = {0xE0, 0x00, 0x00, 0x29, 0x01, (uint8_t) ((red ? 1U : 0U) | (green ? 2U : 0U))};
    const uint8_t beep[] = {0xE0, 0x00, 0x00, 0x28, 0x01, units(beep_ms, ACR1252_UNIT_MS, ACR1252_UNITS_MAX)};
    size_t count = 0;

    if (leds)
        set(&commands[count++], light, sizeof light);
    if (beep_ms > 0)
        set(&commands[count++], beep, sizeof beep);
    return count;
}

size_t reader_led_commands(enum reader_led_kind kind, bool leds, bool red, bool green, unsigned beep_ms,
                           struct reader_led_command commands[READER_LED_COMMANDS_MAX])
{
    switch (kind) {
    case READER_LED_ACR122:
        return acr122(leds, red, green, beep_ms, commands);
    case READER_LED_ACR1252:
        return acr1252(leds, red, green, beep_ms, commands);
    case READER_LED_NONE:
        return 0;
    }
    abort();
}

bool reader_led_own_beep(enum reader_led_kind kind, bool on, struct reader_led_command *command)
{
    const uint8_t bytes[] = {0xFF, 0x00, 0x52, on ? 0xFF : 0x00, 0x00};

    if (kind != READER_LED_ACR122)
        return false;
    set(command, bytes, sizeof bytes);
    return true;
}

bool reader_led_is_apdu(enum reader_led_kind kind)
{
    return kind == READER_LED_ACR122;
}
