/* SPDX-License-Identifier: MIT */
#include "feedback/setup.h"

#include "base/memory.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(member) offsetof(struct feedback_device, member)

/* Where the texts of a device are. */
static const size_t texts[] = {
    TEXT(driver), TEXT(reader), TEXT(path), TEXT(folder), TEXT(chip),   TEXT(name),
    TEXT(red),    TEXT(green),  TEXT(blue), TEXT(leds),   TEXT(buzzer), TEXT(relays), TEXT(commands),
};

enum { TEXTS_COUNT = sizeof texts / sizeof *texts };

static const char *text_of(const struct feedback_device *device, size_t index)
{
    const char *text;

    memcpy(&text, (const char *) device + texts[index], sizeof text);
    return text;
}

struct feedback_setup *feedback_setup_copy(const struct feedback_settings *settings)
{
    struct feedback_setup *setup = memory_zeroed(1, sizeof *setup);

    assert(settings->devices_count <= FEEDBACK_DEVICES_MAX);
    setup->sound = settings->sound;
    setup->devices_count = settings->devices_count;
    setup->devices = memory_zeroed(settings->devices_count + 1, sizeof *setup->devices);
    for (size_t i = 0; i < settings->devices_count; i++) {
        setup->devices[i] = settings->devices[i];
        for (size_t k = 0; k < TEXTS_COUNT; k++) {
            char *copy = text_copy(text_of(&settings->devices[i], k));

            memcpy((char *) &setup->devices[i] + texts[k], &copy, sizeof copy);
        }
    }
    return setup;
}

void feedback_setup_free(struct feedback_setup *setup)
{
    if (setup == NULL)
        return;
    for (size_t i = 0; i < setup->devices_count; i++) {
        for (size_t k = 0; k < TEXTS_COUNT; k++) {
            char *text;

            memcpy(&text, (const char *) &setup->devices[i] + texts[k], sizeof text);
            free(text);
        }
    }
    free(setup->devices);
    free(setup);
}

struct feedback_names *feedback_names_copy(const char *const *names, size_t count)
{
    struct feedback_names *copy = memory_zeroed(1, sizeof *copy);

    copy->names = memory_zeroed(count + 1, sizeof *copy->names);
    copy->count = count;
    for (size_t i = 0; i < count; i++)
        copy->names[i] = text_copy(names[i]);
    return copy;
}

void feedback_names_free(struct feedback_names *names)
{
    if (names == NULL)
        return;
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    free(names);
}

static bool same_device(const struct feedback_device *one, const struct feedback_device *other)
{
    bool same = one->time_limit_ms == other->time_limit_ms;

    for (size_t k = 0; k < TEXTS_COUNT && same; k++)
        same = strcmp(text_of(one, k), text_of(other, k)) == 0;
    return same;
}

bool feedback_settings_same(const struct feedback_settings *one, const struct feedback_settings *other)
{
    bool same = one->sound == other->sound && one->devices_count == other->devices_count;

    for (size_t i = 0; same && i < one->devices_count; i++)
        same = same_device(&one->devices[i], &other->devices[i]);
    return same;
}
