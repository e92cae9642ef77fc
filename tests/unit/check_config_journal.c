/* SPDX-License-Identifier: MIT */
/*
 * The settings of the journal, and what is said of them. The rest of the file is tested by check_config.c.
 */
#include "device/config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct errors *errors, *notes;

static void setup(void)
{
    errors = errors_create();
    notes = errors_create();
}

static void teardown(void)
{
    errors_free(errors);
    errors_free(notes);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes);
}

static struct config *good(const char *text)
{
    struct config *config = parse(text);

    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
    return config;
}

START_TEST(an_empty_file_has_the_defaults)
{
    struct config *config = good("");
    const struct settings *settings = config_settings(config);

    ck_assert(settings->journal.enabled);
    ck_assert_uint_eq(settings->journal.max_events, 150000);
    ck_assert_uint_eq(settings->journal.max_bytes, 134217728);
    ck_assert_uint_eq(settings->journal.max_age_s, 0);
    ck_assert_uint_eq(settings->journal.replay_rate, 50);
    ck_assert_int_eq(settings->journal.order, SETTINGS_ORDER_LIVE_FIRST);
    ck_assert_uint_eq(settings->journal.memory_events, 10000);
    ck_assert_str_eq(settings->state_directory, SPRINGPARK_STATE_DIRECTORY);
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
}
END_TEST

START_TEST(every_setting_reaches_its_place)
{
    struct config *config = good(
        "journal: { enabled = false; directory = \"/state\"; max_events = 1; max_bytes = 1048576;\n"
        "           max_age = 2147483647; replay_rate = 0; order = \"oldest-first\"; memory_events = 5; };\n");
    const struct settings *settings = config_settings(config);

    ck_assert(!settings->journal.enabled);
    ck_assert_uint_eq(settings->journal.max_events, 1);
    ck_assert_uint_eq(settings->journal.max_bytes, 1048576);
    ck_assert_uint_eq(settings->journal.max_age_s, 2147483647);
    ck_assert_uint_eq(settings->journal.replay_rate, 0);
    ck_assert_int_eq(settings->journal.order, SETTINGS_ORDER_OLDEST_FIRST);
    ck_assert_uint_eq(settings->journal.memory_events, 5);
    ck_assert_str_eq(settings->state_directory, "/state");
    config_free(config);
}
END_TEST

START_TEST(the_largest_values_are_taken)
{
    struct config *config = good("journal: { max_events = 10000000; max_bytes = 2147483647; replay_rate = 10000;\n"
                                 "           memory_events = 1000000; order = \"live-first\"; };\n");
    const struct settings_journal *journal = &config_settings(config)->journal;

    ck_assert_uint_eq(journal->max_events, 10000000);
    ck_assert_uint_eq(journal->max_bytes, 2147483647);
    ck_assert_uint_eq(journal->replay_rate, 10000);
    ck_assert_uint_eq(journal->memory_events, 1000000);
    ck_assert_int_eq(journal->order, SETTINGS_ORDER_LIVE_FIRST);
    config_free(config);
}
END_TEST

static const struct mistake {
    const char *text;
    const char *message;
} mistakes[] = {
    { "mqtt: {\nqueue_events = 10; };", "t.conf:2: mqtt.queue_events: there is no such setting any more: events are"
      " stored on disk; next: write journal.max_events for how many, or journal.memory_events for how many in memory" },
    { "queue_events = 10;", "t.conf:1: queue_events: unknown setting" },
    { "journal: { memory_events = 0; };", "t.conf:1: journal.memory_events: 0 is not allowed: 1 to 1000000" },
    { "journal: { memory_events = 1000001; };",
      "t.conf:1: journal.memory_events: 1000001 is not allowed: 1 to 1000000" },
    { "journal: { max_events = 0; };", "t.conf:1: journal.max_events: 0 is not allowed: 1 to 10000000" },
    { "journal: { max_events = 10000001; };", "t.conf:1: journal.max_events: 10000001 is not allowed: 1 to 10000000" },
    { "journal: { max_bytes = 1048575; };", "t.conf:1: journal.max_bytes: 1048575 is not allowed: 1048576 to 2147483647"
      " bytes" },
    { "journal: { max_bytes = 2147483648; };", "t.conf:1: the number is too large" },
    { "journal: { max_age = -1; };", "t.conf:1: journal.max_age: -1 is not allowed: 0 to 2147483647 s" },
    { "journal: { replay_rate = 10001; };",
      "t.conf:1: journal.replay_rate: 10001 is not allowed: 0 to 10000 a second" },
    { "journal: { order = \"newest-first\"; };",
      "t.conf:1: journal.order: \"newest-first\" is not allowed: one of \"live-first\", \"oldest-first\"" },
    { "journal: { enabled = 0; };", "t.conf:1: journal.enabled: needs true or false (true or false), not a number" },
    { "journal: { max_event = 5; };",
      "t.conf:1: journal.max_event: unknown setting; did you mean journal.max_events?" },
};

START_TEST(each_mistake_is_said_with_file_line_setting_and_what_is_allowed)
{
    const struct mistake *mistake = &mistakes[_i];

    ck_assert_ptr_null(parse(mistake->text));
    ck_assert_uint_eq(errors_count(errors), 1);
    const char *said = errors_get(errors, 0);
    ck_assert_msg(strncmp(said, mistake->message, strlen(mistake->message)) == 0, "%s: %s", mistake->text, said);
}
END_TEST

START_TEST(events_that_are_kept_in_memory_only_are_noted)
{
    struct config *config = good("journal: { memory_events = 70;\nenabled = false; };");

    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_str_eq(errors_get(notes, 0),
                     "t.conf:2: journal.enabled is false: events are kept in memory only, at most 70 of them"
                     " (journal.memory_events); a power cut or a stop loses what the broker has not acknowledged");
    config_free(config);
    config = good("journal: { enabled = true; };");
    ck_assert_uint_eq(errors_count(notes), 1);
    config_free(config);
}
END_TEST

/* By name, and by the raw register. */
START_TEST(the_loss_that_qos_0_means_is_noted)
{
    struct config *config = good("mqtt: { options: {\npublish_qos = 0; }; };");

    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_str_eq(errors_get(notes, 0),
                     "t.conf:2: mqtt.options.publish_qos (register 0289) is 0: an event counts as delivered once it is"
                     " written to the connection; what is lost on the way is lost without a trace");
    config_free(config);
    config = good("\n\nregisters = [ \"0289=4214030A1E1E\" ];");
    ck_assert_uint_eq(errors_count(notes), 2);
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 1), "t.conf:3: mqtt.options.publish_qos (register 0289) is 0"));
    config_free(config);
    config = good("mqtt: { options: { publish_qos = 1; }; };");
    ck_assert_uint_eq(errors_count(notes), 2);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_journal");
    TCase *cases = tcase_create("config_journal");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, an_empty_file_has_the_defaults);
    tcase_add_test(cases, every_setting_reaches_its_place);
    tcase_add_test(cases, the_largest_values_are_taken);
    tcase_add_loop_test(cases, each_mistake_is_said_with_file_line_setting_and_what_is_allowed, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(cases, events_that_are_kept_in_memory_only_are_noted);
    tcase_add_test(cases, the_loss_that_qos_0_means_is_noted);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
