/* SPDX-License-Identifier: MIT */
/* The group `feedback`: what it means, and what is said of a wrong one. */
#include "base/memory.h"
#include "device/config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct errors *errors;
static struct errors *notes;

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
}

static void tear_down(void)
{
    errors_free(errors);
    errors_free(notes);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "/etc/t.conf", false, "", errors, notes);
}

START_TEST(by_default_the_log_has_what_a_springpark_plays_by_itself)
{
    struct config *config = parse("");
    ck_assert_ptr_nonnull(config);
    const struct settings_feedback *feedback = &config_settings(config)->feedback;

    ck_assert(feedback->automatic);
    ck_assert(feedback->sound);
    ck_assert_uint_eq(feedback->confirm_timeout_s, 3);
    ck_assert_uint_eq(feedback->started, 0x11);
    ck_assert_uint_eq(feedback->read, 0x23);
    ck_assert_uint_eq(feedback->read_failed, 0x24);
    ck_assert_uint_eq(feedback->stored, 0);
    ck_assert_uint_eq(feedback->confirmed, 0);
    ck_assert_uint_eq(feedback->refused, 0x24);
    ck_assert_uint_eq(feedback->unconfirmed, 0x08);
    ck_assert_uint_eq(feedback->cloud_lost, 0);
    ck_assert_uint_eq(feedback->devices_count, 1);
    ck_assert_str_eq(feedback->devices[0].driver, "log");
    ck_assert_str_eq(feedback->devices[0].reader, "*");
    config_free(config);
}
END_TEST

START_TEST(each_setting_reaches_its_place)
{
    struct config *config = parse(
        "ui: { host_controlled = true; sound_volume = 0; };\n"
        "feedback: { confirm_timeout = 7; started = \"wink\"; read = \"none\";\n"
        "read_failed = \"tag-error\"; stored = \"read-success\"; confirmed = \"access-granted\"; refused = \"cancel\";\n"
        "unconfirmed = \"read-again\"; cloud_lost = \"suspended\"; devices = (\n"
        "{ driver = \"sysfs-leds\"; reader = \"door*\"; folder = \"leds\"; red = \"r\"; green = \"!g\"; blue = \"b\";\n"
        "  leds = \"1 2\"; buzzer = \"z\"; relays = \"k\"; },\n"
        "{ driver = \"command\"; path = \"signal\"; time_limit = 500; },\n"
        "{ driver = \"pcsc\"; name = \"ACS*\"; commands = \"acr1252\"; } ); };\n");
    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
    const struct settings_feedback *feedback = &config_settings(config)->feedback;
    const struct settings_feedback_device *leds = &feedback->devices[0], *command = &feedback->devices[1];

    ck_assert(!feedback->automatic);
    ck_assert(!feedback->sound);
    ck_assert_uint_eq(feedback->confirm_timeout_s, 7);
    ck_assert_uint_eq(feedback->started, 0x0E);
    ck_assert_uint_eq(feedback->read, 0);
    ck_assert_uint_eq(feedback->read_failed, 0x2B);
    ck_assert_uint_eq(feedback->stored, 0x23);
    ck_assert_uint_eq(feedback->confirmed, 0x60);
    ck_assert_uint_eq(feedback->refused, 0x05);
    ck_assert_uint_eq(feedback->unconfirmed, 0x25);
    ck_assert_uint_eq(feedback->cloud_lost, 0x13);
    ck_assert_uint_eq(feedback->devices_count, 3);
    ck_assert_str_eq(leds->driver, "sysfs-leds");
    ck_assert_str_eq(leds->reader, "door*");
    ck_assert_str_eq(leds->folder, "/etc/leds");
    ck_assert_str_eq(leds->red, "r");
    ck_assert_str_eq(leds->green, "!g");
    ck_assert_str_eq(leds->blue, "b");
    ck_assert_str_eq(leds->leds, "1 2");
    ck_assert_str_eq(leds->buzzer, "z");
    ck_assert_str_eq(leds->relays, "k");
    ck_assert_str_eq(command->path, "/etc/signal");
    ck_assert_uint_eq(command->time_limit_ms, 500);
    ck_assert_str_eq(feedback->devices[2].driver, "pcsc");
    ck_assert_str_eq(feedback->devices[2].name, "ACS*");
    ck_assert_str_eq(feedback->devices[2].commands, "acr1252");
    config_free(config);
}
END_TEST

START_TEST(an_empty_list_is_silence)
{
    struct config *config = parse("feedback: { devices = (); };");

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config_settings(config)->feedback.devices_count, 0);
    config_free(config);
}
END_TEST

#define DEVICE(text) "feedback: { devices = ( { " text " } ); };"

static const struct { const char *text; const char *error; } mistakes[] = {
    { "feedback: { read = \"beep\"; };", "/etc/t.conf:1: feedback.read: \"beep\" is not allowed: one of " },
    { "feedback: { read = 23; };", "/etc/t.conf:1: feedback.read: needs a text" },
    { "feedback: { raed = \"none\"; };", "unknown setting; did you mean feedback.read?" },
    { "feedback = 1;", "/etc/t.conf:1: feedback: needs a group" },
    { "feedback: { confirm_timeout = 3601; };", "feedback.confirm_timeout: 3601 is not allowed: 0 to 3600 s" },
    { "feedback: { devices = 1; };", "feedback.devices: needs a list" },
    { "feedback: { devices = ( 1 ); };", "feedback.devices: needs a group" },
    { DEVICE("driver = \"led\";"), "feedback.devices[1].driver: \"led\" is not allowed: one of " },
    { DEVICE("drivr = \"log\";"), "feedback.devices[1].drivr: unknown setting; did you mean feedback.devices.driver?" },
    { DEVICE("path = \"/x\";"), "feedback.devices[1]: the driver \"log\" has no path; next: take it away, or write another"
                                " driver" },
    { DEVICE("driver = \"command\"; path = \"/x\"; red = \"r\";"), "the driver \"command\" has no red" },
    { DEVICE("driver = \"sysfs-leds\"; red = \"r\"; time_limit = 100;"), "the driver \"sysfs-leds\" has no time_limit" },
    { DEVICE("driver = \"log\"; name = \"x\";"), "the driver \"log\" has no name" },
    { DEVICE("driver = \"pcsc\"; commands = \"x\";"), "\"x\" is not allowed: one of \"auto\", \"acr122\", \"acr1252\"" },
    { DEVICE("driver = \"command\";"), "feedback.devices[1]: the driver \"command\" needs path, the program" },
    { DEVICE("driver = \"sysfs-leds\";"), "feedback.devices[1]: the driver \"sysfs-leds\" needs at least one of red, green,"
                                          " blue, leds, buzzer, relays" },
    { DEVICE("driver = \"command\"; path = \"/x\"; time_limit = 0;"), "feedback.devices[1].time_limit: 0 is not allowed" },
};

START_TEST(each_mistake_is_said_with_its_place)
{
    struct config *config = parse(mistakes[_i].text);

    ck_assert_msg(config == NULL, "%s: is taken", mistakes[_i].text);
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_msg(strstr(errors_get(errors, 0), mistakes[_i].error) != NULL, "%s: %s", mistakes[_i].text,
                  errors_get(errors, 0));
}
END_TEST

START_TEST(gpio_needs_a_build_with_libgpiod)
{
    struct config *config = parse(DEVICE("driver = \"gpio\"; chip = \"gpiochip1\"; relays = \"17 RELAY\";"));

#ifdef HAVE_LIBGPIOD
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(config_settings(config)->feedback.devices[0].chip, "gpiochip1");
    config_free(config);
#else
    ck_assert_ptr_null(config);
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "this springpark is built without libgpiod; next: install"));
#endif
}
END_TEST

START_TEST(gpio_needs_an_output)
{
    ck_assert_ptr_null(parse(DEVICE("driver = \"gpio\"; ")));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "the driver \"gpio\" needs at least one of red, green, blue,"));
}
END_TEST

START_TEST(there_are_at_most_16_devices)
{
    char *text = text_copy("feedback: { devices = ( {}");
    for (unsigned i = 0; i < 16; i++) {
        char *longer = text_format("%s, {}", text);
        free(text);
        text = longer;
    }
    char *whole = text_format("%s ); };", text);

    ck_assert_ptr_null(parse(whole));
    ck_assert_str_eq(errors_get(errors, 0), "/etc/t.conf:1: feedback.devices: too many entries: at most 16");
    free(whole);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config feedback");
    TCase *cases = tcase_create("config feedback");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, by_default_the_log_has_what_a_springpark_plays_by_itself);
    tcase_add_test(cases, each_setting_reaches_its_place);
    tcase_add_test(cases, an_empty_list_is_silence);
    tcase_add_loop_test(cases, each_mistake_is_said_with_its_place, 0, sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(cases, gpio_needs_a_build_with_libgpiod);
    tcase_add_test(cases, gpio_needs_an_output);
    tcase_add_test(cases, there_are_at_most_16_devices);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
