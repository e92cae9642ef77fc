/* SPDX-License-Identifier: MIT */
/*
 * The driver gpio, on a double of libgpiod that records what it is asked for: built twice, for both interfaces of the
 * library. What a real chip does with it is not shown here: that needs hardware, or the kernel's gpio-sim.
 */
#include "feedback/driver.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>

static char *told;          /* what the chip was asked for, and the log, joined by "; " */
static bool chip_there;
static int busy_line;       /* -1: none */
static bool set_fails;
static unsigned open_objects;
static uint64_t now_us;

static void tell(const char *what)
{
    char *longer = text_format("%s%s%s", told, *told == '\0' ? "" : "; ", what);

    free(told);
    told = longer;
}

static void tell_line(const char *what, unsigned offset, int value)
{
    char *line = text_format("%s %u %s", what, offset, value != 0 ? "high" : "low");

    tell(line);
    free(line);
}

/* ---- the double ---- */

struct gpiod_chip { int unused; };
static struct gpiod_chip the_chip;

struct gpiod_chip *gpiod_chip_open(const char *path)
{
    ck_assert_str_eq(path, "/dev/gpiochip0");
    errno = ENOENT;
    open_objects += chip_there;
    return chip_there ? &the_chip : NULL;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
    ck_assert_ptr_eq(chip, &the_chip);
    open_objects--;
}

static int offset_of(const char *name)
{
    errno = ENOENT;
    return strcmp(name, "RELAY") == 0 ? 27 : -1;
}

#ifdef HAVE_LIBGPIOD_2

struct gpiod_line_settings { int direction; int value; };
struct gpiod_line_config { unsigned offsets[32]; int values[32]; size_t count; };
struct gpiod_request_config { const char *consumer; };
struct gpiod_line_request { int unused; };
static struct gpiod_line_request the_request;

int gpiod_chip_get_line_offset_from_name(struct gpiod_chip *chip, const char *name)
{
    ck_assert_ptr_eq(chip, &the_chip);
    return offset_of(name);
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
    open_objects++;
    return memory_zeroed(1, sizeof(struct gpiod_line_settings));
}

void gpiod_line_settings_free(struct gpiod_line_settings *settings)
{
    open_objects--;
    free(settings);
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *settings, enum gpiod_line_direction direction)
{
    settings->direction = (int) direction;
    return 0;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *settings, enum gpiod_line_value value)
{
    settings->value = (int) value;
    return 0;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
    open_objects++;
    return memory_zeroed(1, sizeof(struct gpiod_line_config));
}

void gpiod_line_config_free(struct gpiod_line_config *config)
{
    open_objects--;
    free(config);
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *config, const unsigned int *offsets,
                                        size_t num_offsets, struct gpiod_line_settings *settings)
{
    ck_assert_uint_eq(num_offsets, 1);
    ck_assert_int_eq(settings->direction, GPIOD_LINE_DIRECTION_OUTPUT);
    config->offsets[config->count] = offsets[0];
    config->values[config->count++] = settings->value;
    return 0;
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
    open_objects++;
    return memory_zeroed(1, sizeof(struct gpiod_request_config));
}

void gpiod_request_config_free(struct gpiod_request_config *config)
{
    open_objects--;
    free(config);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *config, const char *consumer)
{
    config->consumer = consumer;
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip, struct gpiod_request_config *req_cfg,
                                                    struct gpiod_line_config *line_cfg)
{
    ck_assert_ptr_eq(chip, &the_chip);
    ck_assert_str_eq(req_cfg->consumer, "springparkd");
    for (size_t i = 0; i < line_cfg->count; i++) {
        if ((int) line_cfg->offsets[i] == busy_line) {
            errno = EBUSY;
            return NULL;
        }
    }
    for (size_t i = 0; i < line_cfg->count; i++)
        tell_line("take", line_cfg->offsets[i], line_cfg->values[i]);
    open_objects++;
    return &the_request;
}

int gpiod_line_request_set_value(struct gpiod_line_request *request, unsigned int offset, enum gpiod_line_value value)
{
    ck_assert_ptr_eq(request, &the_request);
    errno = EIO;
    if (set_fails)
        return -1;
    tell_line("set", offset, (int) value);
    return 0;
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
    ck_assert_ptr_eq(request, &the_request);
    open_objects--;
}

#else

struct gpiod_line { bool taken; };
static struct gpiod_line lines[64];

struct gpiod_line *gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset)
{
    ck_assert_ptr_eq(chip, &the_chip);
    errno = EINVAL;
    return offset < 64 ? &lines[offset] : NULL;
}

struct gpiod_line *gpiod_chip_find_line(struct gpiod_chip *chip, const char *name)
{
    ck_assert_ptr_eq(chip, &the_chip);
    return offset_of(name) < 0 ? NULL : &lines[offset_of(name)];
}

int gpiod_line_request_output(struct gpiod_line *line, const char *consumer, int default_val)
{
    ck_assert_str_eq(consumer, "springparkd");
    ck_assert(!line->taken);
    errno = EBUSY;
    if (line - lines == busy_line)
        return -1;
    line->taken = true;
    open_objects++;
    tell_line("take", (unsigned) (line - lines), default_val);
    return 0;
}

int gpiod_line_set_value(struct gpiod_line *line, int value)
{
    ck_assert(line->taken);
    errno = EIO;
    if (set_fails)
        return -1;
    tell_line("set", (unsigned) (line - lines), value);
    return 0;
}

void gpiod_line_release(struct gpiod_line *line)
{
    ck_assert(line->taken);
    line->taken = false;
    open_objects--;
}

#endif

/* ---- the tests ---- */

static uint64_t read_time(const struct clock *clock)
{
    (void) clock;
    return now_us;
}

static const struct clock test_clock = {.monotonic_us = read_time};

static void record_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    ck_assert_str_eq(subsystem, "feedback");
    tell(text);
}

static const struct feedback_device device = {
    .driver = "gpio", .reader = "*", .path = "", .folder = "", .chip = "gpiochip0", .name = "", .commands = "",
    .red = "17", .green = "!22", .blue = "", .leds = "", .buzzer = "", .relays = "RELAY",
};
static const struct feedback_lights green_and_relay = {.colour = {0, 9, 0}, .relays = {true}};

static void set_up(void)
{
    told = text_copy("");
    chip_there = true;
    busy_line = -1;
    set_fails = false;
    now_us = 1000000000;
    log_set_sink(record_line, NULL);
}

static void tear_down(void)
{
    ck_assert_uint_eq(open_objects, 0);
    free(told);
}

static void assert_told(const char *expected)
{
    ck_assert_str_eq(told, expected);
    free(told);
    told = text_copy("");
}

START_TEST(lines_are_taken_dark_set_and_left_dark)
{
    void *context = feedback_driver_gpio.open(&device, &test_clock);

    assert_told("take 17 low; take 22 high; take 27 low");
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("set 22 low; set 27 high");
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("");
    feedback_driver_gpio.close(context);
    assert_told("set 22 high; set 27 low");
}
END_TEST

#define NEXT "; it is tried again; next: check chip and line with gpioinfo, and that the service may open the chip, see" \
    " springparkd-feedback.conf"

START_TEST(a_chip_that_is_not_there_is_said_once_and_tried_again_at_a_pace)
{
    chip_there = false;
    void *context = feedback_driver_gpio.open(&device, &test_clock);

    assert_told("GPIO: /dev/gpiochip0: No such file or directory" NEXT);
    chip_there = true;
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("");
    now_us += 5000000;
    chip_there = false;
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("");
    now_us += 5000000;
    chip_there = true;
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("take 17 low; take 22 low; take 27 high; GPIO: gpiochip0 can be used again");
    feedback_driver_gpio.close(context);
    assert_told("set 22 high; set 27 low");
}
END_TEST

START_TEST(a_line_that_somebody_else_has_is_named)
{
    busy_line = 17;
    void *context = feedback_driver_gpio.open(&device, &test_clock);

    assert_told("GPIO: /dev/gpiochip0: line 17: Device or resource busy" NEXT);
    feedback_driver_gpio.close(context);
    assert_told("");
}
END_TEST

START_TEST(a_name_that_the_chip_does_not_know_is_said)
{
    struct feedback_device other = device;

    other.red = "";
    other.green = "";
    other.relays = "RELAI";
    void *context = feedback_driver_gpio.open(&other, &test_clock);
    assert_told("GPIO: /dev/gpiochip0: line RELAI: No such file or directory" NEXT);
    feedback_driver_gpio.close(context);
}
END_TEST

START_TEST(a_chip_that_goes_is_taken_anew)
{
    void *context = feedback_driver_gpio.open(&device, &test_clock);

    set_fails = true;
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("take 17 low; take 22 high; take 27 low; GPIO: Input/output error" NEXT);
    set_fails = false;
    now_us += 5000000;
    feedback_driver_gpio.show(context, &green_and_relay);
    assert_told("take 17 low; take 22 low; take 27 high; GPIO: gpiochip0 can be used again");
    feedback_driver_gpio.close(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpio");
    TCase *test_case = tcase_create("gpio");

    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, lines_are_taken_dark_set_and_left_dark);
    tcase_add_test(test_case, a_chip_that_is_not_there_is_said_once_and_tried_again_at_a_pace);
    tcase_add_test(test_case, a_line_that_somebody_else_has_is_named);
    tcase_add_test(test_case, a_name_that_the_chip_does_not_know_is_said);
    tcase_add_test(test_case, a_chip_that_goes_is_taken_anew);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
