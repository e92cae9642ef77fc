/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"
#include "feedback/sequence.h"

#include <stdarg.h>
#include <stdlib.h>

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

static char *describe(const struct feedback_action *action)
{
    char *line = NULL;

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
    return line != NULL ? line : text_copy("nothing to do");
}

static void log_play(void *context, const struct feedback_action *action)
{
    char *line = describe(action);

    (void) context;
    if (action->cause == FEEDBACK_COMMAND)
        log_info("feedback", "%s", line);
    else if (*action->reader == '\0')
        log_debug("feedback", "%s: %s", feedback_cause_name(action->cause), line);
    else
        log_debug("feedback", "reader %s, %s: %s", action->reader, feedback_cause_name(action->cause), line);
    free(line);
}

const struct feedback_driver feedback_driver_log = {.name = "log", .play = log_play};
