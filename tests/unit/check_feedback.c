/* SPDX-License-Identifier: MIT */
#include "feedback/driver.h"
#include "feedback/feedback.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 5000 };

static const struct feedback_device log_device = {
    .driver = "log", .reader = "*", .path = "", .folder = "", .chip = "", .name = "", .commands = "auto", .red = "", .green = "", .blue = "",
    .leds = "", .buzzer = "", .relays = "",
};
static const struct feedback_settings log_alone = {.devices = &log_device, .devices_count = 1, .sound = true};

/* What was logged: lines joined by '\n'. While held is set, the thread that logs at level info waits. */
struct record {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char *lines;
    bool held;
    bool waiting;
};

static struct record record = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void record_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    ck_assert_str_eq(subsystem, "feedback");
    pthread_mutex_lock(&record.mutex);
    char *lines = record.lines == NULL ? text_copy(text) : text_format("%s\n%s", record.lines, text);
    free(record.lines);
    record.lines = lines;
    while (record.held && level == LOG_LEVEL_INFO) {
        record.waiting = true;
        pthread_cond_broadcast(&record.changed);
        pthread_cond_wait(&record.changed, &record.mutex);
    }
    pthread_mutex_unlock(&record.mutex);
}

static void hold(bool held)
{
    pthread_mutex_lock(&record.mutex);
    record.held = held;
    pthread_cond_broadcast(&record.changed);
    pthread_mutex_unlock(&record.mutex);
}

static void wait_until_the_driver_is_held(void)
{
    pthread_mutex_lock(&record.mutex);
    while (!record.waiting)
        pthread_cond_wait(&record.changed, &record.mutex);
    pthread_mutex_unlock(&record.mutex);
}

static void start_record(void)
{
    free(record.lines);
    record.lines = NULL;
    record.waiting = false;
    log_set_sink(record_line, NULL);
}

/* What the log driver says of one action. */
static void assert_line(struct feedback_action action, const char *expected)
{
    feedback_driver_log.play(NULL, &action);
    ck_assert_str_eq(record.lines, expected);
    free(record.lines);
    record.lines = NULL;
}

START_TEST(the_log_driver_says_what_it_would_do_in_the_fields_words)
{
    assert_line((struct feedback_action) {.has_sequence = true, .sequence = 0x60}, "sequence 60 (access granted)");
    assert_line((struct feedback_action) {.has_sequence = true, .sequence = 0x61}, "sequence 61 (access denied)");
    assert_line((struct feedback_action) {.has_sequence = true, .sequence = 0x0E}, "sequence 0E (wink)");
    assert_line((struct feedback_action) {.has_sequence = true, .sequence = 0x99}, "sequence 99 (no known name)");
    assert_line((struct feedback_action) {.has_leds = true, .leds = {0x92, 0x92, 0, 1}, .has_buzzer = true,
                                          .buzzer_ms = 100}, "LEDs 92 92 00 01, buzzer 100 ms");
    assert_line((struct feedback_action) {.has_rgb_color = true, .rgb_color = {0xFF, 0x80, 1}, .has_rgb_mode = true,
                                          .rgb_mode = 2}, "RGB colour FF8001, RGB mode 02");
    assert_line((struct feedback_action) {.relays_count = 3, .relays = {{FEEDBACK_RELAY_CLOSE, 0},
                                          {FEEDBACK_RELAY_OPEN, 0}, {FEEDBACK_RELAY_PULSE, 500}}},
                "relay 1 closed, relay 2 open, relay 3 closed for 500 ms");
    assert_line((struct feedback_action) {0}, "nothing to do");
}
END_TEST

START_TEST(actions_accepted_before_the_stop_are_played_in_order)
{
    struct feedback *feedback = feedback_start(&log_alone, clock_system());
    struct feedback_action action = {.has_buzzer = true};

    for (action.buzzer_ms = 1; action.buzzer_ms <= 3; action.buzzer_ms++)
        ck_assert(feedback_play(feedback, &action));
    ck_assert(feedback_stop(feedback, LIMIT_MS));
    ck_assert_str_eq(record.lines, "buzzer 1 ms\nbuzzer 2 ms\nbuzzer 3 ms");
}
END_TEST

START_TEST(what_the_gateway_signals_itself_is_said_at_level_debug)
{
    log_set_level(LOG_LEVEL_DEBUG);
    assert_line((struct feedback_action) {.cause = FEEDBACK_READ, .reader = "door", .has_sequence = true,
                                          .sequence = 0x23}, "reader door, read: sequence 23 (read success)");
    assert_line((struct feedback_action) {.cause = FEEDBACK_CLOUD_LOST, .has_sequence = true, .sequence = 0x25},
                "cloud lost: sequence 25 (read again)");
    log_set_level(LOG_LEVEL_INFO);
    feedback_driver_log.play(NULL, &(struct feedback_action) {.cause = FEEDBACK_READ, .has_sequence = true});
    ck_assert_ptr_null(record.lines);
}
END_TEST

START_TEST(a_device_hears_of_its_own_readers_and_of_all_commands)
{
    struct feedback_device devices[] = {log_device, log_device};
    const struct feedback_settings settings = {.devices = devices, .devices_count = 2, .sound = true};

    devices[1].reader = "gate*";
    struct feedback *feedback = feedback_start(&settings, clock_system());
    ck_assert(feedback_play(feedback, &(struct feedback_action) {.reader = "door", .has_buzzer = true, .buzzer_ms = 1}));
    ck_assert(feedback_play(feedback, &(struct feedback_action) {.reader = "gate 2", .has_buzzer = true, .buzzer_ms = 2}));
    ck_assert(feedback_play(feedback, &(struct feedback_action) {.has_buzzer = true, .buzzer_ms = 3}));
    ck_assert(feedback_stop(feedback, LIMIT_MS));
    ck_assert_str_eq(record.lines, "buzzer 1 ms\nbuzzer 2 ms\nbuzzer 2 ms\nbuzzer 3 ms\nbuzzer 3 ms");
}
END_TEST

START_TEST(new_settings_replace_the_devices)
{
    const struct feedback_settings none = {.sound = true};
    struct feedback *feedback = feedback_start(&none, clock_system());

    feedback_configure(feedback, &log_alone);
    feedback_configure(feedback, &none);
    feedback_configure(feedback, &log_alone);
    ck_assert(feedback_play(feedback, &(struct feedback_action) {.has_buzzer = true, .buzzer_ms = 1}));
    ck_assert(feedback_stop(feedback, LIMIT_MS));
    ck_assert_str_eq(record.lines, "buzzer 1 ms");
}
END_TEST

START_TEST(a_stage_that_never_played_stops_at_once)
{
    struct feedback *feedback = feedback_start(&log_alone, clock_system());

    ck_assert(feedback_stop(feedback, LIMIT_MS));
    ck_assert_ptr_null(record.lines);
}
END_TEST

START_TEST(a_full_queue_refuses_an_action_and_plays_the_others)
{
    struct feedback *feedback = feedback_start(&log_alone, clock_system());
    struct feedback_action action = {.has_buzzer = true};
    unsigned accepted = 0;

    hold(true);
    ck_assert(feedback_play(feedback, &action));
    wait_until_the_driver_is_held();
    while (accepted < 100 && feedback_has_room(feedback)) {
        ck_assert(feedback_play(feedback, &action));
        accepted++;
    }
    ck_assert_uint_eq(accepted, 16);
    ck_assert(!feedback_play(feedback, &action));
    hold(false);
    ck_assert(feedback_stop(feedback, LIMIT_MS));
    unsigned played = 1;
    for (const char *at = record.lines; *at != '\0'; at++)
        played += *at == '\n';
    ck_assert_uint_eq(played, 17);
}
END_TEST

/* A clock that the test sets. */
static uint64_t the_time_us;
static pthread_mutex_t the_time_mutex = PTHREAD_MUTEX_INITIALIZER;

static uint64_t read_the_time(const struct clock *clock)
{
    (void) clock;
    pthread_mutex_lock(&the_time_mutex);
    const uint64_t now_us = the_time_us;
    pthread_mutex_unlock(&the_time_mutex);
    return now_us;
}

static void advance_the_time_ms(uint64_t ms)
{
    pthread_mutex_lock(&the_time_mutex);
    the_time_us += ms * 1000;
    pthread_mutex_unlock(&the_time_mutex);
}

START_TEST(a_driver_that_takes_too_long_is_overdue_in_a_foreign_call)
{
    const struct clock clock = {.monotonic_us = read_the_time};
    struct feedback *feedback = feedback_start(&log_alone, &clock);
    const struct feedback_action action = {.has_buzzer = true};

    hold(true);
    ck_assert(feedback_play(feedback, &action));
    wait_until_the_driver_is_held();
    struct activity_view view = activity_look(feedback_activity(feedback));
    ck_assert_int_eq(view.kind, ACTIVITY_FOREIGN);
    ck_assert_str_eq(view.what, "playing a command");
    ck_assert(!view.overdue);
    advance_the_time_ms(FEEDBACK_PLAY_LIMIT_MS + 1);
    ck_assert(activity_look(feedback_activity(feedback)).overdue);
    hold(false);
    ck_assert(feedback_stop(feedback, LIMIT_MS));
}
END_TEST

START_TEST(a_command_that_waited_for_a_hanging_driver_beyond_its_end_is_not_played)
{
    const struct clock clock = {.monotonic_us = read_the_time};
    struct feedback *feedback = feedback_start(&log_alone, &clock);
    const struct feedback_action first = {.has_buzzer = true, .buzzer_ms = 1};
    const struct feedback_action late = {.has_buzzer = true, .buzzer_ms = 2, .ends = true, .ends_ms = 2999};
    const struct feedback_action in_time = {.has_buzzer = true, .buzzer_ms = 3, .ends = true, .ends_ms = 3000};

    hold(true);
    ck_assert(feedback_play(feedback, &first));
    wait_until_the_driver_is_held();
    ck_assert(feedback_play(feedback, &late));
    ck_assert(feedback_play(feedback, &in_time));
    advance_the_time_ms(3000);
    hold(false);
    ck_assert(feedback_stop(feedback, LIMIT_MS));
    ck_assert_ptr_null(strstr(record.lines, "buzzer 2 ms"));
    ck_assert_ptr_nonnull(strstr(record.lines, "buzzer 3 ms"));
    ck_assert_ptr_nonnull(strstr(record.lines, "a command waited for a device that hangs and is late by 1 s; it is not "
                                               "played"));
}
END_TEST

START_TEST(a_driver_that_hangs_is_abandoned_and_named_in_the_log)
{
    struct feedback *feedback = feedback_start(&log_alone, clock_system());
    const struct feedback_action action = {.has_buzzer = true};

    hold(true);
    ck_assert(feedback_play(feedback, &action));
    wait_until_the_driver_is_held();
    ck_assert(!feedback_stop(feedback, 20));
    ck_assert_ptr_nonnull(strstr(record.lines, "did not end within 20 ms (it is playing a command); it is abandoned"));
    ck_assert_str_eq(activity_look(feedback_activity(feedback)).what, "playing a command");
    ck_assert(!feedback_play(feedback, &action));
    /* The stage stays, on purpose: the thread that uses it is still there. */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback");
    TCase *test_case = tcase_create("feedback");

    tcase_add_checked_fixture(test_case, start_record, NULL);
    tcase_add_test(test_case, the_log_driver_says_what_it_would_do_in_the_fields_words);
    tcase_add_test(test_case, actions_accepted_before_the_stop_are_played_in_order);
    tcase_add_test(test_case, what_the_gateway_signals_itself_is_said_at_level_debug);
    tcase_add_test(test_case, a_device_hears_of_its_own_readers_and_of_all_commands);
    tcase_add_test(test_case, new_settings_replace_the_devices);
    tcase_add_test(test_case, a_stage_that_never_played_stops_at_once);
    tcase_add_test(test_case, a_full_queue_refuses_an_action_and_plays_the_others);
    tcase_add_test(test_case, a_driver_that_takes_too_long_is_overdue_in_a_foreign_call);
    tcase_add_test(test_case, a_command_that_waited_for_a_hanging_driver_beyond_its_end_is_not_played);
    tcase_add_test(test_case, a_driver_that_hangs_is_abandoned_and_named_in_the_log);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
