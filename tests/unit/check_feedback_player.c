/* SPDX-License-Identifier: MIT */
/* Sequences and what a host sets, as the lights that come of them, moment by moment. */
#include "feedback/player.h"

#include "base/memory.h"
#include "device/config_feedback.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { START_MS = 1000000 };

static struct player player;

static void set_up(void)
{
    player = (struct player) {.sound = true};
}

static void act(uint64_t at_ms, struct feedback_action action)
{
    player_act(&player, &action, START_MS + at_ms);
}

static void play(uint64_t at_ms, uint8_t sequence)
{
    act(at_ms, (struct feedback_action) {.has_sequence = true, .sequence = sequence});
}

static void add(char **text, const char *part)
{
    char *longer = text_format("%s%s", *text, part);

    free(*text);
    *text = longer;
}

/* "RGB L1234 K1 beep100": what is on, or "-". */
static char *describe(uint64_t at_ms)
{
    struct feedback_lights lights;
    char *text = text_copy("");

    player_lights(&player, START_MS + at_ms, &lights);
    for (size_t i = 0; i < 3; i++)
        add(&text, lights.colour[i] > 0 ? (const char *const[]) {"R", "G", "B"}[i] : "");
    for (size_t i = 0; i < FEEDBACK_LEDS_COUNT; i++)
        add(&text, lights.leds[i] > 0 ? (const char *const[]) {"1", "2", "3", "4"}[i] : "");
    for (size_t i = 0; i < FEEDBACK_RELAYS_MAX; i++) {
        char *relay = text_format(" relay%zu", i + 1);
        add(&text, lights.relays[i] ? relay : "");
        free(relay);
    }
    char *beep = text_format(" beep%u", lights.buzzer_ms);
    add(&text, lights.buzzer ? beep : "");
    free(beep);
    add(&text, *text == '\0' ? "-" : "");
    return text;
}

/* From from_ms on, all that is seen until it is the same for ever, or limit_ms: "0 G; 150 -". */
static void assert_trace(uint64_t from_ms, uint64_t limit_ms, const char *expected)
{
    char *trace = text_copy("");
    char *last = NULL;

    for (uint64_t at_ms = from_ms; at_ms <= limit_ms;) {
        char *now = describe(at_ms);
        if (last == NULL || strcmp(now, last) != 0) {
            char *part = text_format("%s%llu %s", last == NULL ? "" : "; ", (unsigned long long) at_ms, now);
            add(&trace, part);
            free(part);
        }
        free(last);
        last = now;
        const uint64_t next_ms = player_next_ms(&player, START_MS + at_ms);
        if (next_ms == PLAYER_NEVER)
            break;
        ck_assert_uint_gt(next_ms, START_MS + at_ms);
        at_ms = next_ms - START_MS;
    }
    free(last);
    ck_assert_str_eq(trace, expected);
    free(trace);
}

START_TEST(a_read_is_one_beep)
{
    play(0, 0x23);
    assert_trace(0, 10000, "0 G1234 beep150; 150 G1234; 500 -");
}
END_TEST

START_TEST(a_failed_read_sounds_different)
{
    play(0, 0x24);
    assert_trace(0, 10000, "0 R1234 beep400; 400 -; 600 R1234 beep400; 1000 -");
    play(20000, 0x08);
    assert_trace(20000, 40000, "20000 RG1234 beep100; 20100 RG1234; 20500 -; 21000 RG1234 beep100; 21100 RG1234; 21500 -");
}
END_TEST

START_TEST(a_later_sequence_replaces_one_that_runs)
{
    play(0, 0x61);
    play(100, 0x60);
    assert_trace(100, 10000, "100 G1234 beep300; 400 G1234; 3100 -");
    play(5000, 0x60);
    play(5100, 0x99);
    assert_trace(5100, 10000, "5100 -");
}
END_TEST

START_TEST(a_state_stays_until_something_else_is_played)
{
    play(0, 0x29);
    assert_trace(0, 1000000, "0 G1234");
    play(2000, 0x13);
    assert_trace(2000, 3500, "2000 RG1234; 2100 -; 3000 RG1234; 3100 -");
    play(4000, 0x0F);
    assert_trace(4000, 10000, "4000 -");
}
END_TEST

START_TEST(leds_of_the_host_stay_and_flash_as_the_vendor_says)
{
    act(0, (struct feedback_action) {.has_leds = true, .leds = {0x92, 0x01, 0x00, 0x55}});
    assert_trace(0, 210, "0 124; 20 24; 100 124; 120 24; 200 124");
    act(300, (struct feedback_action) {.has_leds = true, .leds = {0, 0, 1, 0}, .has_buzzer = true, .buzzer_ms = 100});
    assert_trace(300, 10000, "300 3 beep100; 400 3");
}
END_TEST

START_TEST(what_the_host_set_is_seen_again_after_a_sequence)
{
    act(0, (struct feedback_action) {.has_rgb_color = true, .rgb_color = {0, 0, 9}});
    play(100, 0x23);
    assert_trace(100, 10000, "100 G1234 beep150; 250 G1234; 600 B");
    play(1000, 0x60);
    act(1100, (struct feedback_action) {.has_buzzer = true, .buzzer_ms = 50});
    assert_trace(1100, 10000, "1100 B beep50; 1150 B");
    play(2000, 0x0F);
    assert_trace(2000, 10000, "2000 -");
}
END_TEST

START_TEST(rgb_modes_are_those_of_02D2)
{
    act(0, (struct feedback_action) {.has_rgb_color = true, .rgb_color = {1, 0, 0}, .has_rgb_mode = true, .rgb_mode = 3});
    assert_trace(0, 1050, "0 R; 100 -; 1000 R");
    act(2000, (struct feedback_action) {.has_rgb_mode = true, .rgb_mode = 2});
    assert_trace(2000, 4000, "2000 R; 3000 -; 4000 R");
    act(5000, (struct feedback_action) {.has_rgb_mode = true, .rgb_mode = 0});
    assert_trace(5000, 9000, "5000 -");
    act(9000, (struct feedback_action) {.has_rgb_mode = true, .rgb_mode = 1});
    assert_trace(9000, 20000, "9000 R");
}
END_TEST

START_TEST(relays_are_nobody_elses_business)
{
    act(0, (struct feedback_action) {.relays_count = 2, .relays = {{FEEDBACK_RELAY_PULSE, 500}, {FEEDBACK_RELAY_CLOSE, 0}}});
    play(100, 0x23);
    act(200, (struct feedback_action) {0});
    assert_trace(100, 10000, "100 G1234 relay1 relay2 beep150; 250 G1234 relay1 relay2; 500 G1234 relay2; 600  relay2");
    act(1000, (struct feedback_action) {.relays_count = 2, .relays = {{FEEDBACK_RELAY_OPEN, 0}, {FEEDBACK_RELAY_OPEN, 0}}});
    assert_trace(1000, 10000, "1000 -");
    play(2000, 0x23);
    act(2100, (struct feedback_action) {.relays_count = 1, .relays = {{FEEDBACK_RELAY_PULSE, 100}}});
    assert_trace(2100, 10000, "2100 G1234 relay1 beep150; 2150 G1234 relay1; 2200 G1234; 2500 -");
}
END_TEST

START_TEST(a_later_pulse_counts_from_its_own_beginning)
{
    act(0, (struct feedback_action) {.relays_count = 1, .relays = {{FEEDBACK_RELAY_PULSE, 500}}});
    act(400, (struct feedback_action) {.relays_count = 1, .relays = {{FEEDBACK_RELAY_PULSE, 500}}});
    assert_trace(400, 10000, "400  relay1; 900 -");
}
END_TEST

START_TEST(without_sound_nothing_beeps)
{
    player.sound = false;
    play(0, 0x23);
    assert_trace(0, 10000, "0 G1234; 500 -");
    act(1000, (struct feedback_action) {.has_buzzer = true, .buzzer_ms = 100});
    assert_trace(1000, 10000, "1000 -");
}
END_TEST

/* The settings know the sequences by the names of the table. */
START_TEST(the_settings_have_the_names_of_all_sequences)
{
    size_t known = 0, named = 0;

    for (unsigned number = 0; number <= 0xFF; number++)
        known += sequence_find((uint8_t) number) != NULL;
    ck_assert_uint_eq(config_sequence_options[0].value, 0);
    for (const struct field_option *option = &config_sequence_options[1]; option->name != NULL; option++, named++) {
        char *name = text_copy(sequence_name((uint8_t) option->value));
        for (char *at = name; (at = strpbrk(at, ", ")) != NULL;) {
            if (*at == ',')
                memmove(at, at + 1, strlen(at));
            *at = '-';
        }
        ck_assert_str_eq(option->name, name);
        free(name);
    }
    ck_assert_uint_eq(named, known);
}
END_TEST

/* A step of no length would never be left; the first moment of a sequence has its beep, if it has any. */
START_TEST(each_sequence_ends_or_goes_on_in_bounded_steps)
{
    for (unsigned number = 0; number <= 0xFF; number++) {
        const struct sequence *sequence = sequence_find((uint8_t) number);
        if (sequence == NULL || sequence->steps == NULL)
            continue;
        unsigned steps = 0, whole_ms = 0;
        for (const struct sequence_step *step = sequence->steps; step->ms > 0; step++, steps++)
            whole_ms += step->ms;
        ck_assert_uint_gt(steps, 0);
        ck_assert_uint_le(whole_ms * sequence->times, 5000);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback player");
    TCase *test_case = tcase_create("feedback player");

    tcase_add_checked_fixture(test_case, set_up, NULL);
    tcase_add_test(test_case, a_read_is_one_beep);
    tcase_add_test(test_case, a_failed_read_sounds_different);
    tcase_add_test(test_case, a_later_sequence_replaces_one_that_runs);
    tcase_add_test(test_case, a_state_stays_until_something_else_is_played);
    tcase_add_test(test_case, leds_of_the_host_stay_and_flash_as_the_vendor_says);
    tcase_add_test(test_case, what_the_host_set_is_seen_again_after_a_sequence);
    tcase_add_test(test_case, rgb_modes_are_those_of_02D2);
    tcase_add_test(test_case, relays_are_nobody_elses_business);
    tcase_add_test(test_case, a_later_pulse_counts_from_its_own_beginning);
    tcase_add_test(test_case, without_sound_nothing_beeps);
    tcase_add_test(test_case, the_settings_have_the_names_of_all_sequences);
    tcase_add_test(test_case, each_sequence_ends_or_goes_on_in_bounded_steps);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
