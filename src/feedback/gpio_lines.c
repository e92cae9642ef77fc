/* SPDX-License-Identifier: MIT */
#include "feedback/gpio_lines.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gpiod.h>

static const char consumer[] = "springparkd";

#ifdef HAVE_LIBGPIOD_2

struct gpio_lines {
    struct gpiod_chip *chip;
    struct gpiod_line_request *request;
    unsigned offsets[GPIO_LINES_MAX];
};

/* Adds one line to the request that is being made; -1 with errno. */
static int add_line(struct gpiod_line_config *config, unsigned offset, bool high)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    int result = -1;

    if (settings == NULL)
        return -1;
    if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) == 0 &&
        gpiod_line_settings_set_output_value(settings, high ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE) == 0)
        result = gpiod_line_config_add_line_settings(config, &offset, 1, settings);
    gpiod_line_settings_free(settings);
    return result;
}

static bool request(struct gpio_lines *lines, struct gpiod_line_config *config)
{
    struct gpiod_request_config *wanted = gpiod_request_config_new();

    if (wanted == NULL)
        return false;
    gpiod_request_config_set_consumer(wanted, consumer);
    lines->request = gpiod_chip_request_lines(lines->chip, wanted, config);
    const int error = errno;
    gpiod_request_config_free(wanted);
    errno = error;
    return lines->request != NULL;
}

/* Returns the index of the line that cannot be had, or count; errno says why. All are asked for at once: which of them
 * somebody else has the kernel does not say, and then it is the first. */
static size_t take_lines(struct gpio_lines *lines, const struct gpio_wish *wishes, size_t count)
{
    struct gpiod_line_config *config = gpiod_line_config_new();
    size_t taken = 0;

    if (config == NULL)
        return 0;
    for (; taken < count; taken++) {
        char *end;
        unsigned long offset = strtoul(wishes[taken].name, &end, 10);
        const int found = *end == '\0' ? (int) offset
                                       : gpiod_chip_get_line_offset_from_name(lines->chip, wishes[taken].name);
        if (found < 0 || add_line(config, (unsigned) found, wishes[taken].high) != 0)
            break;
        lines->offsets[taken] = (unsigned) found;
    }
    if (taken == count && !request(lines, config))
        taken = 0;
    const int error = errno;
    gpiod_line_config_free(config);
    errno = error;
    return taken;
}

bool gpio_lines_set(struct gpio_lines *lines, size_t index, bool high)
{
    return gpiod_line_request_set_value(lines->request, lines->offsets[index],
                                        high ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE) == 0;
}

static void give_back(struct gpio_lines *lines)
{
    if (lines->request != NULL)
        gpiod_line_request_release(lines->request);
}

#else

struct gpio_lines {
    struct gpiod_chip *chip;
    struct gpiod_line *lines[GPIO_LINES_MAX];
    size_t count;
};

/* Returns the index of the line that cannot be had, or count; errno says why. */
static size_t take_lines(struct gpio_lines *lines, const struct gpio_wish *wishes, size_t count)
{
    for (; lines->count < count; lines->count++) {
        const struct gpio_wish *wish = &wishes[lines->count];
        char *end;
        unsigned long offset = strtoul(wish->name, &end, 10);
        struct gpiod_line *line = *end == '\0' ? gpiod_chip_get_line(lines->chip, (unsigned) offset)
                                               : gpiod_chip_find_line(lines->chip, wish->name);
        if (line == NULL || gpiod_line_request_output(line, consumer, wish->high ? 1 : 0) != 0)
            return lines->count;
        lines->lines[lines->count] = line;
    }
    return count;
}

bool gpio_lines_set(struct gpio_lines *lines, size_t index, bool high)
{
    return gpiod_line_set_value(lines->lines[index], high ? 1 : 0) == 0;
}

static void give_back(struct gpio_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        gpiod_line_release(lines->lines[i]);
}

#endif

struct gpio_lines *gpio_lines_open(const char *chip, const struct gpio_wish *wishes, size_t count, char **error)
{
    struct gpio_lines *lines = memory_zeroed(1, sizeof *lines);
    char *path = *chip == '/' ? text_copy(chip) : text_format("/dev/%s", chip);

    assert(count <= GPIO_LINES_MAX);
    lines->chip = gpiod_chip_open(path);
    const size_t taken = lines->chip != NULL ? take_lines(lines, wishes, count) : 0;
    if (taken < count) {
        *error = lines->chip == NULL ? text_format("%s: %s", path, strerror(errno))
                                     : text_format("%s: line %s: %s", path, wishes[taken].name, strerror(errno));
        gpio_lines_close(lines);
        lines = NULL;
    }
    free(path);
    return lines;
}

void gpio_lines_close(struct gpio_lines *lines)
{
    if (lines == NULL)
        return;
    give_back(lines);
    if (lines->chip != NULL)
        gpiod_chip_close(lines->chip);
    free(lines);
}
