/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"

#include <stdarg.h>
#include <stdlib.h>

/* The vendor's PLAY_SEQUENCE page, the $SCCMD page for 60. 61 is an assumption: the page ends before it. */
static const struct {
    uint8_t number;
    const char *name;
} sequences[] = {
    {0x01, "no mother board"},   {0x02, "no battery"},         {0x03, "hardware error"},
    {0x04, "not genuine"},       {0x05, "cancel"},             {0x06, "startup"},
    {0x07, "shutdown"},          {0x08, "please wait"},        {0x09, "bootloader waiting"},
    {0x0A, "firmware upgrading"}, {0x0B, "firmware upgraded"}, {0x0C, "config cleared"},
    {0x0D, "self-test"},         {0x0E, "wink"},               {0x0F, "blackout"},
    {0x10, "started, idle"},     {0x11, "started, active"},    {0x13, "suspended"},
    {0x20, "reader inactive"},   {0x21, "reader active"},      {0x22, "reading"},
    {0x23, "read success"},      {0x24, "read failed"},        {0x25, "read again"},
    {0x28, "tag insert"},        {0x29, "tag present"},        {0x2A, "tag active"},
    {0x2B, "tag error"},         {0x2C, "tag counterfeit"},    {0x2E, "listener idle"},
    {0x2F, "listener active"},   {0x60, "access granted"},     {0x61, "access denied"},
};

static const char *sequence_name(uint8_t number)
{
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        if (sequences[i].number == number)
            return sequences[i].name;
    }
    return "no known name";
}

/* Adds one part to the line, after a comma if it is not the first. */
static void add(char **line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char **line, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *part = text_format_list(format, list);
    va_end(list);
    char *longer = *line == NULL ? text_copy(part) : text_format("%s, %s", *line, part);
    free(part);
    free(*line);
    *line = longer;
}

static void add_relay(char **line, const struct feedback_action *action, unsigned index)
{
    switch (action->relays[index].action) {
    case FEEDBACK_RELAY_OPEN:
        add(line, "relay %u open", index + 1);
        return;
    case FEEDBACK_RELAY_CLOSE:
        add(line, "relay %u closed", index + 1);
        return;
    case FEEDBACK_RELAY_PULSE:
        add(line, "relay %u closed for %u ms", index + 1, action->relays[index].pulse_ms);
        return;
    }
    abort();
}

static void log_play(void *context, const struct feedback_action *action)
{
    char *line = NULL;

    (void) context;
    if (action->has_sequence)
        add(&line, "sequence %02X (%s)", action->sequence, sequence_name(action->sequence));
    if (action->has_leds)
        add(&line, "LEDs %02X %02X %02X %02X", action->leds[0], action->leds[1], action->leds[2], action->leds[3]);
    if (action->has_rgb_color)
        add(&line, "RGB colour %02X%02X%02X", action->rgb_color[0], action->rgb_color[1], action->rgb_color[2]);
    if (action->has_rgb_mode)
        add(&line, "RGB mode %02X", action->rgb_mode);
    if (action->has_buzzer)
        add(&line, "buzzer %u ms", action->buzzer_ms);
    for (unsigned i = 0; i < action->relays_count; i++)
        add_relay(&line, action, i);
    log_info("feedback", "%s", line != NULL ? line : "nothing to do");
    free(line);
}

const struct feedback_driver feedback_driver_log = {.name = "log", .open = NULL, .play = log_play, .close = NULL};
