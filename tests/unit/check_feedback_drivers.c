/* SPDX-License-Identifier: MIT */
/* The drivers sysfs-leds, on a folder that looks like the kernel's, and command, with shell scripts as programs. */
#include "feedback/driver.h"

#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "feedback/outputs.h"
#include "feedback/reader_led.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEADLINE_MS = 10000 };

static char folder[64];
static char *lines;   /* of the log, since the last look */
static struct feedback_device device;

static void record_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    ck_assert_str_eq(subsystem, "feedback");
    char *longer = text_format("%s%s\n", lines, text);
    free(lines);
    lines = longer;
}

static void set_up(void)
{
    strcpy(folder, "/tmp/check-feedback-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    lines = text_copy("");
    log_set_sink(record_line, NULL);
    device = (struct feedback_device) {
        .driver = "", .reader = "*", .path = "", .time_limit_ms = 5000, .folder = folder, .chip = "", .name = "", .commands = "auto",
        .red = "", .green = "", .blue = "", .leds = "", .buzzer = "", .relays = "",
    };
}

static void tear_down(void)
{
    char *command = text_format("rm -rf '%s'", folder);

    ck_assert_int_eq(system(command), 0);
    free(command);
    free(lines);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    char *path = text_format("%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
    ck_assert_int_eq(close(fd), 0);
    free(path);
}

/* What is in the file, "" if it is not there; a static copy. */
static const char *read_file(const char *name)
{
    static char text[8192];
    char *path = text_format("%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    ck_assert_int_ge(size, 0);
    text[size] = '\0';
    if (fd >= 0)
        close(fd);
    free(path);
    return text;
}

static void make_led(const char *name, const char *max_brightness, const char *brightness, const char *trigger)
{
    char *path = text_format("%s/%s", folder, name);

    ck_assert_int_eq(mkdir(path, 0755), 0);
    free(path);
    const char *const files[][2] = {{"brightness", brightness}, {"max_brightness", max_brightness}, {"trigger", trigger}};
    for (size_t i = 0; i < 3; i++) {
        char *file = text_format("%s/%s", name, files[i][0]);
        write_file(file, files[i][1], 0644);
        free(file);
    }
}

START_TEST(outputs_are_named_in_the_settings)
{
    device.red = "!led-r";
    device.leds = " one two,  three,four five ";
    device.relays = "r1 !r2";
    struct outputs *outputs = outputs_create(&device);
    const struct feedback_lights lights = {.colour = {10, 0, 0}, .leds = {0, 0, 0, 255}, .relays = {true, true}};
    static const struct { const char *name; unsigned level; } expected[] = {
        {"led-r", 245}, {"one", 0}, {"two", 0}, {"three", 0}, {"four", 255}, {"r1", 255}, {"r2", 0},
    };

    ck_assert_uint_eq(outputs->count, 7);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_str_eq(outputs->list[i].name, expected[i].name);
        ck_assert_uint_eq(output_level(&outputs->list[i], &lights), expected[i].level);
    }
    outputs_free(outputs);
}
END_TEST

START_TEST(leds_of_the_kernel_are_lit_and_given_back)
{
    const struct feedback_driver *driver = feedback_driver_find("sysfs-leds");
    struct feedback_lights lights = {.colour = {255, 1, 0}, .leds = {255}};

    make_led("ACT", "255\n", "17\n", "none [mmc0] timer heartbeat\n");
    make_led("red:status", "1\n", "0\n", "[none] timer\n");
    make_led("low", "1\n", "1\n", "[none]\n");
    device.red = "ACT";
    device.green = "red:status";
    device.leds = "!low";
    void *context = driver->open(&device, clock_system());
    ck_assert_str_eq(read_file("ACT/trigger"), "none");
    ck_assert_str_eq(read_file("ACT/brightness"), "0");
    ck_assert_str_eq(read_file("low/brightness"), "1");
    driver->show(context, &lights);
    ck_assert_str_eq(read_file("ACT/brightness"), "255");
    ck_assert_str_eq(read_file("red:status/brightness"), "1");
    ck_assert_str_eq(read_file("low/brightness"), "0");
    lights = (struct feedback_lights) {.colour = {128, 0, 0}};
    driver->show(context, &lights);
    ck_assert_str_eq(read_file("ACT/brightness"), "128");
    ck_assert_str_eq(read_file("red:status/brightness"), "0");
    driver->close(context);
    ck_assert_str_eq(read_file("ACT/brightness"), "17");
    ck_assert_str_eq(read_file("ACT/trigger"), "mmc0");
    ck_assert_str_eq(read_file("red:status/trigger"), "none");
    ck_assert_str_eq(read_file("low/brightness"), "1");
    ck_assert_str_eq(lines, "");
}
END_TEST

START_TEST(a_led_that_is_not_there_is_said_once_and_used_when_it_comes)
{
    const struct feedback_driver *driver = feedback_driver_find("sysfs-leds");
    const struct feedback_lights lights = {.colour = {0, 255, 0}};

    device.green = "usb-led";
    void *context = driver->open(&device, clock_system());
    driver->show(context, &lights);
    ck_assert_str_eq(lines, "the LED usb-led cannot be used: No such file or directory; it is tried again at each signal; "
                     "next: check its name, ls /sys/class/leds\n");
    make_led("usb-led", "255\n", "0\n", "[none]\n");
    driver->show(context, &lights);
    ck_assert_str_eq(read_file("usb-led/brightness"), "255");
    ck_assert_ptr_nonnull(strstr(lines, "the LED usb-led can be used again\n"));
    driver->close(context);
}
END_TEST

/* ---- command ---- */

static void *open_program(const char *script, mode_t mode)
{
    static char path[128];

    write_file("program", script, mode);
    snprintf(path, sizeof path, "%s/program", folder);
    device.path = path;
    return feedback_driver_command.open(&device, clock_system());
}

/* Turns until the driver has nothing to wait for any more. */
static void run_out(void *context)
{
    const uint64_t end_ms = clock_monotonic_ms(clock_system()) + DEADLINE_MS;

    for (;;) {
        const uint64_t now_ms = clock_monotonic_ms(clock_system());
        uint64_t due_ms = end_ms;
        const int fd = feedback_driver_command.turn(context, now_ms, &due_ms);

        if (fd < 0)
            return;
        ck_assert_uint_lt(now_ms, end_ms);
        (void) poll(&(struct pollfd) {.fd = fd, .events = POLLIN}, 1, due_ms > now_ms ? (int) (due_ms - now_ms) : 0);
    }
}

#define SCRIPT(body) "#!/bin/sh\ncd \"${0%/*}\"\n" body

START_TEST(a_program_is_told_what_to_play)
{
    void *context = open_program(SCRIPT("echo \"$# $1\" >> out; env | grep ^SPRINGPARK_ | sort >> out\n"), 0755);

    feedback_driver_command.play(context, &(struct feedback_action) {
        .cause = FEEDBACK_READ_FAILED, .reader = "door", .has_sequence = true, .sequence = 0x24});
    feedback_driver_command.play(context, &(struct feedback_action) {
        .has_leds = true, .leds = {0x92, 0, 1, 2}, .has_buzzer = true, .buzzer_ms = 100, .has_rgb_color = true,
        .rgb_color = {1, 2, 0xFF}, .has_rgb_mode = true, .rgb_mode = 3, .relays_count = 3,
        .relays = {{FEEDBACK_RELAY_OPEN, 0}, {FEEDBACK_RELAY_CLOSE, 0}, {FEEDBACK_RELAY_PULSE, 500}}});
    run_out(context);
    ck_assert_str_eq(read_file("out"),
                     "1 read failed\nSPRINGPARK_CAUSE=read failed\nSPRINGPARK_READER=door\nSPRINGPARK_SEQUENCE=24\n"
                     "SPRINGPARK_SEQUENCE_NAME=read failed\n"
                     "1 command\nSPRINGPARK_BUZZER=100\nSPRINGPARK_CAUSE=command\nSPRINGPARK_LEDS=92000102\n"
                     "SPRINGPARK_RELAY_1=open\nSPRINGPARK_RELAY_2=closed\nSPRINGPARK_RELAY_3=500\n"
                     "SPRINGPARK_RGB_COLOR=0102FF\nSPRINGPARK_RGB_MODE=03\n");
    feedback_driver_command.close(context);
    ck_assert_str_eq(lines, "");
}
END_TEST

/* A secret in the daemon's environment, an open file, a blocked or ignored signal: nothing of it is the program's. */
START_TEST(a_program_gets_nothing_of_the_daemon)
{
    sigset_t all;

    sigfillset(&all);
    ck_assert_int_eq(setenv("SECRET", "x", 1), 0);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
    ck_assert(signal(SIGTERM, SIG_IGN) != SIG_ERR);
    int fd = open("/dev/null", O_RDONLY);    /* as a careless library would */
    void *context = open_program(SCRIPT("exec > out 2>&1\nenv | grep -c SECRET\nls /proc/self/fd | wc -l\n"
                                        "grep SigBlk /proc/self/status\nsh -c 'kill -TERM $$; echo ignored'\n"
                                        "read x; echo \"<$x>\"\n"), 0755);
    feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    close(fd);
    /* 0, 1, 2, and the folder that ls has open. */
    ck_assert_str_eq(read_file("out"), "0\n4\nSigBlk:\t0000000000000000\nTerminated\n<>\n");
    feedback_driver_command.close(context);
}
END_TEST

START_TEST(what_a_program_says_becomes_lines_of_the_log)
{
    void *context = open_program(SCRIPT("echo hello; echo oops >&2; printf 'bell\\007 no end'\n"), 0755);

    feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    ck_assert_str_eq(lines, "program says: hello\nprogram says: oops\nprogram says: bell? no end\n");
    feedback_driver_command.close(context);
}
END_TEST

START_TEST(one_that_talks_without_end_is_heard_for_20_lines)
{
    void *context = open_program(SCRIPT("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done\n"), 0755);
    unsigned count = 0;

    feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    for (const char *at = lines; *at != '\0'; at++)
        count += *at == '\n';
    ck_assert_uint_eq(count, 20);
    feedback_driver_command.close(context);
}
END_TEST

static bool lives(pid_t pid)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/%d/status", (int) pid);
    FILE *file = fopen(path, "re");
    char state = 'X';
    char line[128];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "State: %c", &state) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    return state != 'X' && state != 'Z';
}

START_TEST(a_program_that_takes_too_long_is_ended_with_its_children)
{
    device.time_limit_ms = 300;
    void *context = open_program(SCRIPT("sleep 1000 & echo $! > child; wait\n"), 0755);
    const uint64_t begin_ms = clock_monotonic_ms(clock_system());

    feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    ck_assert_uint_ge(clock_monotonic_ms(clock_system()) - begin_ms, 300);
    ck_assert_ptr_nonnull(strstr(lines, "program ran too long and was ended; it is run again at the next signal"));
    const pid_t child = (pid_t) atoi(read_file("child"));
    ck_assert_int_gt(child, 1);
    while (lives(child))
        ck_assert_uint_lt(clock_monotonic_ms(clock_system()) - begin_ms, DEADLINE_MS);
    feedback_driver_command.close(context);
}
END_TEST

START_TEST(a_failure_is_said_once_and_so_is_its_end)
{
    void *context = open_program(SCRIPT("exit $(cat status)\n"), 0755);

    write_file("status", "3", 0644);
    for (unsigned i = 0; i < 3; i++)
        feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    write_file("status", "0", 0644);
    feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    char *expected = text_format("%s ended with status 3; it is run again at the next signal; next: run it by hand as the "
                                 "user springpark\n%s works again\n", device.path, device.path);
    ck_assert_str_eq(lines, expected);
    free(expected);
    feedback_driver_command.close(context);
}
END_TEST

START_TEST(a_program_that_cannot_be_started_is_said_once)
{
    void *context = open_program("", 0644);

    for (unsigned i = 0; i < 3; i++)
        feedback_driver_command.play(context, &(struct feedback_action) {0});
    run_out(context);
    char *expected = text_format("%s cannot be started: Permission denied; it is tried again at the next signal; next: "
                                 "check the path and its mode\n", device.path);
    ck_assert_str_eq(lines, expected);
    free(expected);
    feedback_driver_command.close(context);
}
END_TEST

START_TEST(a_slow_program_does_not_make_a_heap)
{
    void *context = open_program(SCRIPT("echo x >> out; until [ -e go ]; do sleep 0.05; done\n"), 0755);
    unsigned runs = 0;

    for (unsigned i = 0; i < 30; i++)
        feedback_driver_command.play(context, &(struct feedback_action) {0});
    ck_assert_ptr_nonnull(strstr(lines, "is too slow: signals are dropped; next: make it quicker\n"));
    write_file("go", "", 0644);
    run_out(context);
    for (const char *at = read_file("out"); *at != '\0'; at++)
        runs += *at == 'x';
    ck_assert_uint_eq(runs, 17);
    feedback_driver_command.close(context);
}
END_TEST

START_TEST(closing_runs_what_was_ordered_and_waits_for_nothing_else)
{
    void *context = open_program(SCRIPT("echo x >> out; [ -e hang ] && exec sleep 1000; exit 0\n"), 0755);

    for (unsigned i = 0; i < 3; i++)
        feedback_driver_command.play(context, &(struct feedback_action) {0});
    feedback_driver_command.close(context);
    ck_assert_str_eq(read_file("out"), "x\nx\nx\n");
    write_file("hang", "", 0644);
    const uint64_t begin_ms = clock_monotonic_ms(clock_system());
    context = feedback_driver_command.open(&device, clock_system());
    feedback_driver_command.play(context, &(struct feedback_action) {0});
    feedback_driver_command.close(context);
    ck_assert_uint_lt(clock_monotonic_ms(clock_system()) - begin_ms, FEEDBACK_PLAY_LIMIT_MS);
}
END_TEST

/* ---- a reader's own LEDs: the bytes ---- */

static void assert_commands(enum reader_led_kind kind, bool leds, bool red, bool green, unsigned beep_ms,
                            const char *expected)
{
    struct reader_led_command commands[READER_LED_COMMANDS_MAX];
    char *text = text_copy("");

    for (size_t i = 0, count = reader_led_commands(kind, leds, red, green, beep_ms, commands); i < count; i++) {
        char *hex = hex_from_bytes(commands[i].bytes, commands[i].size_bytes);
        char *longer = text_format("%s%s%s", text, i > 0 ? " " : "", hex);
        free(hex);
        free(text);
        text = longer;
    }
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(readers_are_told_in_the_makers_bytes)
{
    struct reader_led_command command;

    assert_commands(READER_LED_ACR122, true, true, false, 0, "FF00400D0400000000");
    assert_commands(READER_LED_ACR122, true, false, true, 150, "FF00400E0402000101");
    assert_commands(READER_LED_ACR122, true, true, true, 60000, "FF00400F040F000101");
    assert_commands(READER_LED_ACR122, true, false, false, 10, "FF00400C0401000101");
    assert_commands(READER_LED_ACR122, false, true, true, 100, "FF0040000401000101");
    assert_commands(READER_LED_ACR122, false, true, true, 0, "");
    assert_commands(READER_LED_ACR1252, true, false, true, 150, "E00000290102 E0000028010F");
    assert_commands(READER_LED_ACR1252, true, true, false, 0, "E00000290101");
    assert_commands(READER_LED_ACR1252, true, true, true, 60000, "E00000290103 E000002801FE");
    assert_commands(READER_LED_NONE, true, true, true, 100, "");
    ck_assert(reader_led_own_beep(READER_LED_ACR122, false, &command));
    ck_assert_mem_eq(command.bytes, "\xFF\x00\x52\x00\x00", 5);
    ck_assert(reader_led_own_beep(READER_LED_ACR122, true, &command));
    ck_assert_mem_eq(command.bytes, "\xFF\x00\x52\xFF\x00", 5);
    ck_assert(!reader_led_own_beep(READER_LED_ACR1252, true, &command));
}
END_TEST

START_TEST(a_reader_is_known_by_its_name_or_by_the_setting)
{
    ck_assert_int_eq(reader_led_kind("auto", "ACS ACR122U PICC Interface 00 00"), READER_LED_ACR122);
    ck_assert_int_eq(reader_led_kind("auto", "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00"), READER_LED_ACR1252);
    ck_assert_int_eq(reader_led_kind("auto", "ACS ACR1251 1S CL Reader 00 00"), READER_LED_ACR1252);
    ck_assert_int_eq(reader_led_kind("auto", "SpringCard Prox'N'Roll 00 00"), READER_LED_NONE);
    ck_assert_int_eq(reader_led_kind("acr122", "Touchatag 00 00"), READER_LED_ACR122);
    ck_assert_int_eq(reader_led_kind("acr1252", "ACS ACR122U 00 00"), READER_LED_ACR1252);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback drivers");
    TCase *test_case = tcase_create("feedback drivers");

    tcase_set_timeout(test_case, 30);
    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, outputs_are_named_in_the_settings);
    tcase_add_test(test_case, leds_of_the_kernel_are_lit_and_given_back);
    tcase_add_test(test_case, a_led_that_is_not_there_is_said_once_and_used_when_it_comes);
    tcase_add_test(test_case, a_program_is_told_what_to_play);
    tcase_add_test(test_case, a_program_gets_nothing_of_the_daemon);
    tcase_add_test(test_case, what_a_program_says_becomes_lines_of_the_log);
    tcase_add_test(test_case, one_that_talks_without_end_is_heard_for_20_lines);
    tcase_add_test(test_case, a_program_that_takes_too_long_is_ended_with_its_children);
    tcase_add_test(test_case, a_failure_is_said_once_and_so_is_its_end);
    tcase_add_test(test_case, a_program_that_cannot_be_started_is_said_once);
    tcase_add_test(test_case, a_slow_program_does_not_make_a_heap);
    tcase_add_test(test_case, closing_runs_what_was_ordered_and_waits_for_nothing_else);
    tcase_add_test(test_case, readers_are_told_in_the_makers_bytes);
    tcase_add_test(test_case, a_reader_is_known_by_its_name_or_by_the_setting);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
