/* SPDX-License-Identifier: MIT */
/* What of libgpiod 1 is used, for a double of it; declared by its documentation. */
#ifndef FAKE_GPIOD_1_H
#define FAKE_GPIOD_1_H

struct gpiod_chip;
struct gpiod_line;

struct gpiod_chip *gpiod_chip_open(const char *path);
void gpiod_chip_close(struct gpiod_chip *chip);
struct gpiod_line *gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset);
struct gpiod_line *gpiod_chip_find_line(struct gpiod_chip *chip, const char *name);
int gpiod_line_request_output(struct gpiod_line *line, const char *consumer, int default_val);
int gpiod_line_set_value(struct gpiod_line *line, int value);
void gpiod_line_release(struct gpiod_line *line);

#endif
