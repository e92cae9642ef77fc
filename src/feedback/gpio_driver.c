/* SPDX-License-Identifier: MIT */
/* LEDs, a buzzer and relays on lines of one GPIO chip; a line knows only high and low, so that any brightness is lit. */
#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"
#include "feedback/gpio_lines.h"
#include "feedback/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TRY_AGAIN_MS = 5000 };

_Static_assert((int) GPIO_LINES_MAX >= (int) OUTPUTS_MAX, "each output may be a line");

struct gpio {
    const struct clock *clock;
    char *chip;
    struct outputs *outputs;
    struct gpio_lines *lines;  /* NULL: not ours (yet) */
    bool high[OUTPUTS_MAX];
    uint64_t tried_ms;
    bool failing;              /* and that was said */
};

static void say_failure(struct gpio *gpio, const char *problem)
{
    if (!gpio->failing)
        log_warning("feedback", "GPIO: %s; it is tried again; next: check chip and line with gpioinfo, and that the service "
                    "may open the chip, see springparkd-feedback.conf", problem);
    gpio->failing = true;
}

static void take_lines(struct gpio *gpio, const struct feedback_lights *lights)
{
    struct gpio_wish wishes[OUTPUTS_MAX];
    char *error = NULL;

    for (size_t i = 0; i < gpio->outputs->count; i++) {
        gpio->high[i] = output_is_high(&gpio->outputs->list[i], lights);
        wishes[i] = (struct gpio_wish) {.name = gpio->outputs->list[i].name, .high = gpio->high[i]};
    }
    gpio->tried_ms = clock_monotonic_ms(gpio->clock);
    gpio->lines = gpio_lines_open(gpio->chip, wishes, gpio->outputs->count, &error);
    if (gpio->lines == NULL) {
        say_failure(gpio, error);
        free(error);
        return;
    }
    if (gpio->failing)
        log_notice("feedback", "GPIO: %s can be used again", gpio->chip);
    gpio->failing = false;
}

static void set_lines(struct gpio *gpio, const struct feedback_lights *lights)
{
    for (size_t i = 0; i < gpio->outputs->count; i++) {
        const bool high = output_is_high(&gpio->outputs->list[i], lights);

        if (high == gpio->high[i])
            continue;
        if (!gpio_lines_set(gpio->lines, i, high)) {
            say_failure(gpio, strerror(errno));
            gpio_lines_close(gpio->lines);
            gpio->lines = NULL;
            return;
        }
        gpio->high[i] = high;
    }
}

static void gpio_show(void *context, const struct feedback_lights *lights)
{
    struct gpio *gpio = context;

    if (gpio->lines != NULL)
        set_lines(gpio, lights);
    else if (clock_monotonic_ms(gpio->clock) >= gpio->tried_ms + TRY_AGAIN_MS)
        take_lines(gpio, lights);
}

static void *gpio_open(const struct feedback_device *device, const struct clock *clock)
{
    static const struct feedback_lights dark;
    struct gpio *gpio = memory_zeroed(1, sizeof *gpio);

    gpio->clock = clock;
    gpio->chip = text_copy(device->chip);
    gpio->outputs = outputs_create(device);
    take_lines(gpio, &dark);
    return gpio;
}

static void gpio_close(void *context)
{
    static const struct feedback_lights dark;
    struct gpio *gpio = context;

    if (gpio->lines != NULL)
        set_lines(gpio, &dark);
    gpio_lines_close(gpio->lines);
    outputs_free(gpio->outputs);
    free(gpio->chip);
    free(gpio);
}

const struct feedback_driver feedback_driver_gpio = {
    .name = "gpio", .open = gpio_open, .show = gpio_show, .close = gpio_close,
};
