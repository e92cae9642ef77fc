/* SPDX-License-Identifier: MIT */
/*
 * The outputs of a device that has each of its LEDs, its buzzer and its relays under a name of its own: which name is
 * which part. A name that begins with ! is inverted: it is on when it is low. Any thread; no state.
 */
#ifndef SPRINGPARK_FEEDBACK_OUTPUTS_H
#define SPRINGPARK_FEEDBACK_OUTPUTS_H

#include "feedback/player.h"

enum { OUTPUTS_MAX = 3 + FEEDBACK_LEDS_COUNT + 1 + FEEDBACK_RELAYS_MAX };

struct output {
    char *name;
    bool inverted;
    size_t level_offset;   /* in struct feedback_lights: a uint8_t 0 to 255, or a bool */
    bool is_switch;        /* it is a bool */
};

struct outputs {
    struct output list[OUTPUTS_MAX];
    size_t count;
};

/* The outputs that the device's red, green, blue, leds, buzzer and relays name; leds and relays are names with spaces or
 * commas between them, and those beyond the device's count are left out. Freed by outputs_free. */
struct outputs *outputs_create(const struct feedback_device *device);
void outputs_free(struct outputs *outputs);

/* How bright the output is to be, 0 to 255, inversion counted. */
uint8_t output_level(const struct output *output, const struct feedback_lights *lights);

/* The same for one that knows two levels: what is lit at all is lit. */
bool output_is_high(const struct output *output, const struct feedback_lights *lights);

#endif
