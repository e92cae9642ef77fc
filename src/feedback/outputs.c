/* SPDX-License-Identifier: MIT */
#include "feedback/outputs.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char separators[] = " ,";

static void add(struct outputs *outputs, const char *name, size_t length, size_t level_offset, bool is_switch)
{
    struct output *output = &outputs->list[outputs->count];

    output->inverted = *name == '!';
    if (output->inverted) {
        name++;
        length--;
    }
    if (length == 0)
        return;
    output->name = text_format("%.*s", (int) length, name);
    output->level_offset = level_offset;
    output->is_switch = is_switch;
    outputs->count++;
}

static void add_list(struct outputs *outputs, const char *names, size_t max, size_t level_offset, bool is_switch)
{
    for (size_t i = 0; i < max; i++) {
        names += strspn(names, separators);
        const size_t length = strcspn(names, separators);
        if (length == 0)
            return;
        add(outputs, names, length, level_offset + i, is_switch);
        names += length;
    }
}

struct outputs *outputs_create(const struct feedback_device *device)
{
    struct outputs *outputs = memory_zeroed(1, sizeof *outputs);
    const size_t colour = offsetof(struct feedback_lights, colour);

    _Static_assert(sizeof(bool) == 1, "the relays are found by their number");
    add_list(outputs, device->red, 1, colour, false);
    add_list(outputs, device->green, 1, colour + 1, false);
    add_list(outputs, device->blue, 1, colour + 2, false);
    add_list(outputs, device->leds, FEEDBACK_LEDS_COUNT, offsetof(struct feedback_lights, leds), false);
    add_list(outputs, device->buzzer, 1, offsetof(struct feedback_lights, buzzer), true);
    add_list(outputs, device->relays, FEEDBACK_RELAYS_MAX, offsetof(struct feedback_lights, relays), true);
    return outputs;
}

void outputs_free(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        free(outputs->list[i].name);
    free(outputs);
}

uint8_t output_level(const struct output *output, const struct feedback_lights *lights)
{
    const uint8_t *at = (const uint8_t *) lights + output->level_offset;
    const uint8_t level = output->is_switch && *at != 0 ? 255 : *at;

    return output->inverted ? (uint8_t) (255 - level) : level;
}

bool output_is_high(const struct output *output, const struct feedback_lights *lights)
{
    const uint8_t *at = (const uint8_t *) lights + output->level_offset;

    return (*at > 0) != output->inverted;
}
