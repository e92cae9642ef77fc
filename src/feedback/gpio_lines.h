/* SPDX-License-Identifier: MIT */
/*
 * Output lines of one GPIO chip, behind our own names: the one file that includes gpiod.h is gpio_lines.c, for both of
 * libgpiod's interfaces, 1 (1.6, Debian 12) and 2 (Debian 13). One thread at a time.
 */
#ifndef SPRINGPARK_FEEDBACK_GPIO_LINES_H
#define SPRINGPARK_FEEDBACK_GPIO_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { GPIO_LINES_MAX = 16 };

struct gpio_wish {
    const char *name;      /* of the line, or its offset in decimal */
    bool high;             /* how it begins */
};

struct gpio_lines;

/* chip: "gpiochip0" or a path. Takes all lines as outputs, or none: NULL and *error (freed by the caller). */
struct gpio_lines *gpio_lines_open(const char *chip, const struct gpio_wish *wishes, size_t count, char **error);

/* index: of its wish. False with errno. */
bool gpio_lines_set(struct gpio_lines *lines, size_t index, bool high);

/* Gives the lines back as they are; what becomes of their level is the chip's business. NULL is fine. */
void gpio_lines_close(struct gpio_lines *lines);

#endif
