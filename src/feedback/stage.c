/* SPDX-License-Identifier: MIT */
#include "feedback/stage.h"

#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const struct feedback_driver *const drivers[] = {
    &feedback_driver_log,
    &feedback_driver_sysfs,
    &feedback_driver_command,
    &feedback_driver_pcsc,
#ifdef HAVE_LIBGPIOD
    &feedback_driver_gpio,
#endif
};

struct device {
    const struct feedback_driver *driver;
    const struct feedback_device *settings;
    void *context;
    struct player player;
    struct feedback_lights shown;
};

struct stage {
    struct activity *activity;
    const struct clock *clock;
    struct feedback_setup *setup;
    struct feedback_names *readers;
    struct device devices[FEEDBACK_DEVICES_MAX];
    size_t count;
};

const struct feedback_driver *feedback_driver_find(const char *name)
{
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    }
    return NULL;
}

static void set_foreign(struct stage *stage, const char *what)
{
    activity_set(stage->activity, ACTIVITY_FOREIGN, what, FEEDBACK_PLAY_LIMIT_MS);
}

struct stage *stage_create(struct activity *activity, const struct clock *clock)
{
    struct stage *stage = memory_zeroed(1, sizeof *stage);

    stage->activity = activity;
    stage->clock = clock;
    return stage;
}

static void close_all(struct stage *stage)
{
    while (stage->count > 0) {
        struct device *device = &stage->devices[--stage->count];

        set_foreign(stage, "closing a feedback device");
        if (device->driver->close != NULL)
            device->driver->close(device->context);
    }
    feedback_setup_free(stage->setup);
    stage->setup = NULL;
}

void stage_free(struct stage *stage)
{
    close_all(stage);
    feedback_names_free(stage->readers);
    free(stage);
}

static void tell_readers(struct stage *stage, struct device *device)
{
    if (device->driver->readers == NULL || stage->readers == NULL)
        return;
    set_foreign(stage, "looking at the readers' own LEDs");
    device->driver->readers(device->context, (const char *const *) stage->readers->names, stage->readers->count);
}

static void open_device(struct stage *stage, const struct feedback_device *settings)
{
    const struct feedback_driver *driver = feedback_driver_find(settings->driver);
    struct device *device = &stage->devices[stage->count];

    if (driver == NULL) {
        log_error("feedback", "this build has no feedback driver \"%s\"; the device is left out", settings->driver);
        return;
    }
    memset(device, 0, sizeof *device);
    device->driver = driver;
    device->settings = settings;
    device->player.sound = stage->setup->sound;
    set_foreign(stage, "opening a feedback device");
    device->context = driver->open != NULL ? driver->open(settings, stage->clock) : NULL;
    stage->count++;
    tell_readers(stage, device);
}

void stage_open(struct stage *stage, struct feedback_setup *setup)
{
    close_all(stage);
    stage->setup = setup;
    for (size_t i = 0; i < setup->devices_count; i++)
        open_device(stage, &setup->devices[i]);
}

void stage_set_readers(struct stage *stage, struct feedback_names *readers)
{
    feedback_names_free(stage->readers);
    stage->readers = readers;
    for (size_t i = 0; i < stage->count; i++)
        tell_readers(stage, &stage->devices[i]);
}

/* Brings the device to what its player says for now. */
static void show(struct stage *stage, struct device *device, uint64_t now_ms)
{
    struct feedback_lights lights;

    if (device->driver->show == NULL)
        return;
    player_lights(&device->player, now_ms, &lights);
    if (memcmp(&lights, &device->shown, sizeof lights) == 0)
        return;
    device->shown = lights;
    set_foreign(stage, "playing a command");
    device->driver->show(device->context, &lights);
}

static bool is_meant(const struct device *device, const struct feedback_action *action)
{
    return *action->reader == '\0' || fnmatch(device->settings->reader, action->reader, 0) == 0;
}

void stage_play(struct stage *stage, const struct feedback_action *action)
{
    for (size_t i = 0; i < stage->count; i++) {
        struct device *device = &stage->devices[i];

        if (!is_meant(device, action))
            continue;
        set_foreign(stage, "playing a command");
        if (device->driver->play != NULL)
            device->driver->play(device->context, action);
        const uint64_t now_ms = clock_monotonic_ms(stage->clock);
        player_act(&device->player, action, now_ms);
        show(stage, device, now_ms);
    }
}

size_t stage_turn(struct stage *stage, struct pollfd *waits, uint64_t *due_ms)
{
    size_t waits_count = 0;

    for (size_t i = 0; i < stage->count; i++) {
        struct device *device = &stage->devices[i];
        const uint64_t now_ms = clock_monotonic_ms(stage->clock);

        show(stage, device, now_ms);
        if (device->driver->show != NULL) {
            const uint64_t next_ms = player_next_ms(&device->player, now_ms);
            *due_ms = next_ms < *due_ms ? next_ms : *due_ms;
        }
        if (device->driver->turn == NULL)
            continue;
        set_foreign(stage, "looking after a feedback device");
        const int fd = device->driver->turn(device->context, now_ms, due_ms);
        if (fd >= 0)
            waits[waits_count++] = (struct pollfd) {.fd = fd, .events = POLLIN};
    }
    return waits_count;
}
