/* SPDX-License-Identifier: MIT */
#include "gateway/roster.h"
#include "gateway/sighting.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct roster *the_roster;

static void set_up(void)
{
    the_roster = roster_create();
}

static void tear_down(void)
{
    roster_free(the_roster);
}

START_TEST(a_reader_works_once_it_says_so_and_not_while_it_hangs)
{
    struct roster_entry *door = roster_add(the_roster, "door", "pcsc", "Reader A");

    ck_assert(!roster_works(the_roster));
    roster_set_health(door, READER_WORKS, NULL);
    ck_assert(roster_works(the_roster));
    door->hang = strdup("hangs");
    ck_assert(!roster_works(the_roster));
}
END_TEST

START_TEST(what_is_ill_is_named_with_its_reason)
{
    ck_assert_ptr_null(roster_health_text(the_roster));
    roster_set_health(roster_add(the_roster, "door", "pcsc", "A"), READER_ILL, "pcscd is not running");
    roster_set_health(roster_add(the_roster, "gate", "pcsc", "B"), READER_WORKS, NULL);
    roster_set_health(roster_add(the_roster, "yard", "pcsc", "C"), READER_ILL, NULL);
    char *text = roster_health_text(the_roster);
    ck_assert_str_eq(text, "door: pcscd is not running; yard: does not work");
    free(text);
    roster_find(the_roster, "door")->hang = strdup("hangs while connecting to pcscd");
    text = roster_health_text(the_roster);
    ck_assert_str_eq(text, "door: hangs while connecting to pcscd; yard: does not work");
    free(text);
}
END_TEST

START_TEST(a_reader_that_comes_back_keeps_its_counters_but_not_its_illness)
{
    struct roster_entry *door = roster_add(the_roster, "door", "pcsc", "A");

    door->reads = 7;
    roster_set_health(door, READER_ILL, "unplugged");
    roster_remove(the_roster, "door");
    ck_assert_uint_eq(roster_count(the_roster), 0);
    ck_assert_ptr_null(roster_find(the_roster, "door"));
    door = roster_add(the_roster, "door", "pcsc", "A again");
    ck_assert_uint_eq(door->reads, 7);
    ck_assert_int_eq(door->health, READER_STARTING);
    ck_assert_ptr_null(door->reason);
    ck_assert_str_eq(door->name, "A again");
}
END_TEST

START_TEST(two_readers_at_once_are_remembered_and_one_after_the_other_is_not_two)
{
    roster_add(the_roster, "one", "pcsc", "A");
    roster_remove(the_roster, "one");
    roster_add(the_roster, "other", "pcsc", "B");
    ck_assert(!roster_was_shared(the_roster));
    roster_add(the_roster, "one", "pcsc", "A");
    ck_assert(roster_was_shared(the_roster));
    roster_remove(the_roster, "one");
    ck_assert(roster_was_shared(the_roster));
}
END_TEST

static const struct reader_device pn532 = {
    .connection = "pn532_uart:/dev/ttyS0:115200", .chip = "PN532 v1.6",
    .technologies = CARD_NFC_A | CARD_NFC_B | CARD_PICOTAG_B | CARD_PICOTAG_V, .polling = "by the chip",
};

static void expect_json(const struct device_note *note, unsigned asked, const char *wanted)
{
    json_t *reader = json_object();

    device_note_add_json(note, asked, reader);
    char *text = json_dumps(reader, JSON_COMPACT | JSON_SORT_KEYS);
    ck_assert_str_eq(text, wanted);
    free(text);
    json_decref(reader);
}

#define NOTHING_KNOWN "{\"chip\":null,\"connection\":null,\"looks_for\":null,\"polling\":null,\"technologies\":null}"

START_TEST(what_a_driver_says_of_its_device_is_kept_until_the_reader_is_gone)
{
    struct roster_entry *door = roster_add(the_roster, "door", "libnfc", "PN532 on /dev/ttyS0");

    expect_json(&door->device, CARD_NFC_A, NOTHING_KNOWN);
    device_note_take(&door->device, &pn532);
    roster_set_health(door, READER_ILL, "unplugged");
    ck_assert_str_eq(door->device.connection, "pn532_uart:/dev/ttyS0:115200");
    ck_assert_str_eq(door->device.chip, "PN532 v1.6");
    roster_remove(the_roster, "door");
    door = roster_add(the_roster, "door", "libnfc", "another");
    expect_json(&door->device, CARD_NFC_A, NOTHING_KNOWN);
    device_note_take(&door->device, &pn532);
    door = roster_add(the_roster, "door", "libnfc", "one that appears anew"); /* as in a reload */
    expect_json(&door->device, CARD_NFC_A, NOTHING_KNOWN);
}
END_TEST

START_TEST(a_device_is_told_with_what_it_can_look_for_and_what_of_that_is_asked_for)
{
    struct device_note note = { 0 };

    device_note_take(&note, &pn532);
    expect_json(&note, CARD_NFC_A | CARD_NFC_V,
                "{\"chip\":\"PN532 v1.6\",\"connection\":\"pn532_uart:/dev/ttyS0:115200\",\"looks_for\":[\"NFC-A\"],"
                "\"polling\":\"by the chip\",\"technologies\":[\"NFC-A\",\"NFC-B\",\"Inside-Pico\"]}");
    device_note_take(&note, &(struct reader_device) { .connection = "pn53x_usb:001:004", .technologies = CARD_NFC_F });
    expect_json(&note, CARD_NFC_A, "{\"chip\":null,\"connection\":\"pn53x_usb:001:004\",\"looks_for\":[],"
                                   "\"polling\":null,\"technologies\":[\"NFC-F\"]}");
    device_note_clear(&note);
    expect_json(&note, CARD_NFC_A, NOTHING_KNOWN);
}
END_TEST

START_TEST(a_sighting_hands_its_device_over)
{
    struct sighting *sighting = sighting_create(SIGHTING_DESCRIBED, "door");
    struct roster_entry *door = roster_add(the_roster, "door", "libnfc", "a");

    device_note_take(&sighting->device, &pn532);
    device_note_move(&door->device, &sighting->device);
    ck_assert_ptr_null(sighting->device.chip);
    ck_assert_str_eq(door->device.polling, "by the chip");
    device_note_take(&sighting->device, &pn532);
    sighting_free(sighting); /* with what nobody took */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("roster");
    TCase *cases = tcase_create("roster");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_reader_works_once_it_says_so_and_not_while_it_hangs);
    tcase_add_test(cases, what_is_ill_is_named_with_its_reason);
    tcase_add_test(cases, a_reader_that_comes_back_keeps_its_counters_but_not_its_illness);
    tcase_add_test(cases, two_readers_at_once_are_remembered_and_one_after_the_other_is_not_two);
    tcase_add_test(cases, what_a_driver_says_of_its_device_is_kept_until_the_reader_is_gone);
    tcase_add_test(cases, a_device_is_told_with_what_it_can_look_for_and_what_of_that_is_asked_for);
    tcase_add_test(cases, a_sighting_hands_its_device_over);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
