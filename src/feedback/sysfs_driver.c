/* SPDX-License-Identifier: MIT */
/*
 * LEDs of the kernel: FOLDER/NAME/brightness, max_brightness and trigger (Documentation/leds/leds-class.rst of Linux).
 * While the daemon has a LED its trigger is "none"; trigger and brightness are put back as they were at the end.
 */
#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"
#include "feedback/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 4096, LEVEL_MAX = 255 };

struct led {
    const struct output *output;
    unsigned max_brightness;
    char *found_brightness;    /* what it had before; NULL: it is not ours (yet) */
    char *found_trigger;
    int level;                 /* -1: not known */
    bool failing;              /* and that was said */
};

struct sysfs {
    char *folder;
    struct outputs *outputs;
    struct led leds[OUTPUTS_MAX];
};

static char *file_of(const struct sysfs *sysfs, const struct led *led, const char *file)
{
    return text_format("%s/%s/%s", sysfs->folder, led->output->name, file);
}

/* The first line of a file, new memory, or NULL with errno. */
static char *read_file(const struct sysfs *sysfs, const struct led *led, const char *file)
{
    char text[FILE_MAX_BYTES];
    char *path = file_of(sysfs, led, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    const int error = errno;

    free(path);
    if (fd >= 0)
        close(fd);
    errno = error;
    if (size < 0)
        return NULL;
    text[size] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return text_copy(text);
}

static bool write_file(const struct sysfs *sysfs, const struct led *led, const char *file, const char *text)
{
    char *path = file_of(sysfs, led, file);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    const bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);
    const int error = errno;

    free(path);
    if (fd >= 0)
        close(fd);
    errno = error;
    return written;
}

static const char *next_step(int error)
{
    if (error == ENOENT)
        return "check its name, ls /sys/class/leds";
    if (error == EROFS)
        return "the service must be allowed to write there: see springparkd-feedback.conf";
    return "the group springpark must be allowed to write there: see springparkd-feedback.conf";
}

static void say_failure(struct led *led, int error)
{
    if (!led->failing)
        log_warning("feedback", "the LED %s cannot be used: %s; it is tried again at each signal; next: %s",
                    led->output->name, strerror(error), next_step(error));
    led->failing = true;
}

/* "none [mmc0] timer": the name in brackets, new memory. */
static char *chosen_trigger(const char *list)
{
    const char *begin = strchr(list, '[');
    const char *end = begin != NULL ? strchr(begin, ']') : NULL;

    return end != NULL ? text_format("%.*s", (int) (end - begin - 1), begin + 1) : text_copy("none");
}

/* Takes the LED over from whatever has it. False with errno. */
static bool take_led(const struct sysfs *sysfs, struct led *led)
{
    char *brightness = read_file(sysfs, led, "brightness");
    char *max_brightness = brightness != NULL ? read_file(sysfs, led, "max_brightness") : NULL;
    char *triggers = max_brightness != NULL ? read_file(sysfs, led, "trigger") : NULL;
    bool taken = max_brightness != NULL;

    if (taken && triggers != NULL)   /* a kernel without triggers has no such file */
        taken = write_file(sysfs, led, "trigger", "none");
    const int error = errno;
    if (taken) {
        led->found_trigger = triggers != NULL ? chosen_trigger(triggers) : NULL;
        led->found_brightness = text_copy(brightness);
        led->max_brightness = (unsigned) strtoul(max_brightness, NULL, 10);
        led->level = -1;
    }
    free(triggers);
    free(max_brightness);
    free(brightness);
    errno = error;
    return taken;
}

static void set_level(const struct sysfs *sysfs, struct led *led, int level)
{
    char text[24];

    if (led->found_brightness == NULL && !take_led(sysfs, led)) {
        say_failure(led, errno);
        return;
    }
    if (led->level == level)
        return;
    /* What is lit at all is lit, however few steps the LED has. */
    const unsigned scaled = ((unsigned) level * led->max_brightness + LEVEL_MAX - 1) / LEVEL_MAX;
    (void) snprintf(text, sizeof text, "%u", scaled);
    if (!write_file(sysfs, led, "brightness", text)) {
        say_failure(led, errno);
        led->level = -1;
        return;
    }
    if (led->failing)
        log_notice("feedback", "the LED %s can be used again", led->output->name);
    led->failing = false;
    led->level = level;
}

static void sysfs_show(void *context, const struct feedback_lights *lights)
{
    struct sysfs *sysfs = context;

    for (size_t i = 0; i < sysfs->outputs->count; i++)
        set_level(sysfs, &sysfs->leds[i], output_level(sysfs->leds[i].output, lights));
}

static void *sysfs_open(const struct feedback_device *device, const struct clock *clock)
{
    static const struct feedback_lights dark;
    struct sysfs *sysfs = memory_zeroed(1, sizeof *sysfs);

    (void) clock;
    sysfs->folder = text_copy(device->folder);
    sysfs->outputs = outputs_create(device);
    for (size_t i = 0; i < sysfs->outputs->count; i++)
        sysfs->leds[i].output = &sysfs->outputs->list[i];
    sysfs_show(sysfs, &dark);
    return sysfs;
}

static void give_back(const struct sysfs *sysfs, struct led *led)
{
    if (led->found_brightness != NULL)
        (void) write_file(sysfs, led, "brightness", led->found_brightness);
    if (led->found_trigger != NULL)
        (void) write_file(sysfs, led, "trigger", led->found_trigger);
    free(led->found_brightness);
    free(led->found_trigger);
}

static void sysfs_close(void *context)
{
    struct sysfs *sysfs = context;

    for (size_t i = 0; i < sysfs->outputs->count; i++)
        give_back(sysfs, &sysfs->leds[i]);
    outputs_free(sysfs->outputs);
    free(sysfs->folder);
    free(sysfs);
}

const struct feedback_driver feedback_driver_sysfs = {
    .name = "sysfs-leds", .open = sysfs_open, .show = sysfs_show, .close = sysfs_close,
};
