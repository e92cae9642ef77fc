/* SPDX-License-Identifier: MIT */
#include "message/command.h"

#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Parses text, which must be taken, and compares its canonical form. */
static struct command assert_taken(const char *text, const char *canonical)
{
    struct command command;
    struct command again;
    char *error;
    const bool taken = command_parse(text, strlen(text), &command, &error);

    ck_assert_msg(taken, "%s was refused: %s", text, taken ? "" : error);
    ck_assert_ptr_null(error);
    char *json = command_to_json(&command);
    ck_assert_str_eq(json, canonical);
    ck_assert(command_parse(json, strlen(json), &again, &error));
    free(json);
    json = command_to_json(&again);
    ck_assert_str_eq(json, canonical);
    free(json);
    return command;
}

/* size_bytes bytes must be refused with an error that holds part, and leave the command as it was. */
static void assert_bytes_refused(const void *bytes, size_t size_bytes, const char *part)
{
    struct command command;
    struct command before;
    char *error = NULL;

    memset(&before, 0x5A, sizeof before);
    command = before;
    ck_assert_msg(!command_parse(bytes, size_bytes, &command, &error), "taken: %.*s", (int) size_bytes,
                  (const char *) bytes);
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(error, part) != NULL, "the error for %.*s is: %s", (int) size_bytes, (const char *) bytes,
                  error);
    ck_assert_int_eq(memcmp(&command, &before, sizeof command), 0);
    ck_assert_uint_lt(strlen(error), 160);
    for (const char *at = error; *at != '\0'; at++)
        ck_assert(*at >= 0x20 && *at <= 0x7E);
    free(error);
}

static void assert_refused(const char *text, const char *part)
{
    assert_bytes_refused(text, strlen(text), part);
}

START_TEST(a_sequence_is_decimal_as_an_integer_and_hex_as_a_string)
{
    ck_assert_uint_eq(assert_taken("{\"Sequence\":60}", "{\"Sequence\":60}").sequence, 60);
    ck_assert_uint_eq(assert_taken("{\"Sequence\":\"60\"}", "{\"Sequence\":96}").sequence, 0x60);
    ck_assert_uint_eq(assert_taken("{\"Sequence\":\"e\"}", "{\"Sequence\":14}").sequence, 0x0E);
    ck_assert_uint_eq(assert_taken("{\"Sequence\" : 255 }\r\n", "{\"Sequence\":255}").sequence, 255);
    assert_refused("{\"Sequence\":256}", "Sequence must be an integer from 0 to 255");
    assert_refused("{\"Sequence\":-1}", "Sequence");
    assert_refused("{\"Sequence\":\"160\"}", "1 to 2 hex digits");
    assert_refused("{\"Sequence\":\"0x60\"}", "Sequence");
    assert_refused("{\"Sequence\":\"\"}", "Sequence");
    assert_refused("{\"Sequence\":\" 6\"}", "Sequence");
    assert_refused("{\"Sequence\":\"6g\"}", "Sequence");
    assert_refused("{\"Sequence\":96.0}", "Sequence");
    assert_refused("{\"Sequence\":true}", "Sequence");
    assert_refused("{\"Sequence\":null}", "Sequence");
    assert_refused("{\"Sequence\":[96]}", "Sequence");
    assert_refused("{\"Sequence\":99999999999999999999}", "not valid JSON");
}
END_TEST

START_TEST(active_starts_and_stops_reading_in_both_forms)
{
    struct command command = assert_taken("{\"Active\":true,\"Sequence\":6}", "{\"Active\":true,\"Sequence\":6}");

    ck_assert(command.has_active && command.active && command.has_sequence);
    command = assert_taken("{\"Active\":false}", "{\"Active\":false}");
    ck_assert(command.has_active && !command.active);
    ck_assert(assert_taken("$SCCMD;ACT=01", "{\"Active\":true}").active);
    ck_assert(!assert_taken("$SCCMD;SEQ=06;ACT=00\r\n", "{\"Active\":false,\"Sequence\":6}").active);
    ck_assert(!assert_taken("{}", "{}").has_active);
    assert_refused("{\"Active\":1}", "Active must be true or false");
    assert_refused("{\"Active\":\"01\"}", "Active must be true or false");
    assert_refused("{\"active\":true}", "unknown field");
    assert_refused("$SCCMD;ACT=02", "ACT must be 01 or 00");
    assert_refused("$SCCMD;ACT=1", "ACT must be 01 or 00");
    assert_refused("$SCCMD;ACT=0001", "ACT must be 01 or 00");
    assert_refused("$SCCMD;ACT=01;ACT=01", "comes twice");
}
END_TEST

START_TEST(leds_are_exactly_eight_hex_digits)
{
    const struct command command = assert_taken("{\"Leds\":\"92a10001\"}", "{\"Leds\":\"92A10001\"}");
    const uint8_t expected[] = {0x92, 0xA1, 0x00, 0x01};

    ck_assert_mem_eq(command.leds, expected, 4);
    assert_refused("{\"Leds\":\"929292\"}", "Leds must be a string of 8 hex digits");
    assert_refused("{\"Leds\":\"9292929292\"}", "Leds");
    assert_refused("{\"Leds\":\"9292929x\"}", "Leds");
    assert_refused("{\"Leds\":92929292}", "Leds");
}
END_TEST

START_TEST(a_buzzer_lasts_up_to_65535_ms)
{
    ck_assert_uint_eq(assert_taken("{\"Buzzer\":100}", "{\"Buzzer\":100}").buzzer_ms, 100);
    ck_assert_uint_eq(assert_taken("{\"Buzzer\":\"0064\"}", "{\"Buzzer\":100}").buzzer_ms, 100);
    ck_assert_uint_eq(assert_taken("{\"Buzzer\":\"FFFF\"}", "{\"Buzzer\":65535}").buzzer_ms, 65535);
    ck_assert_uint_eq(assert_taken("{\"Buzzer\":0}", "{\"Buzzer\":0}").buzzer_ms, 0);
    assert_refused("{\"Buzzer\":65536}", "Buzzer must be an integer from 0 to 65535");
    assert_refused("{\"Buzzer\":\"10000\"}", "Buzzer");
    assert_refused("{\"Buzzer\":1e2}", "Buzzer");
}
END_TEST

START_TEST(an_rgb_colour_is_three_bytes_and_a_mode_is_one)
{
    struct command command = assert_taken("{\"RgbColor\":\"FF8001\",\"RgbMode\":2}",
                                          "{\"RgbColor\":\"FF8001\",\"RgbMode\":2}");

    ck_assert_uint_eq(command.rgb_color[0], 0xFF);
    ck_assert_uint_eq(command.rgb_color[1], 0x80);
    ck_assert_uint_eq(command.rgb_color[2], 0x01);
    command = assert_taken("{\"RgbColor\":255,\"RgbMode\":\"1F\"}", "{\"RgbColor\":\"0000FF\",\"RgbMode\":31}");
    ck_assert_uint_eq(command.rgb_color[2], 0xFF);
    ck_assert_uint_eq(command.rgb_mode, 0x1F);
    assert_taken("{\"RgbColor\":16777215}", "{\"RgbColor\":\"FFFFFF\"}");
    assert_refused("{\"RgbColor\":16777216}", "RgbColor");
    assert_refused("{\"RgbColor\":\"FFF\"}", "6 hex digits, RRGGBB");
    assert_refused("{\"RgbColor\":\"GG0000\"}", "RgbColor");
    assert_refused("{\"RgbColor\":\"Red\"}", "RgbColor");
    assert_refused("{\"RgbMode\":256}", "RgbMode");
}
END_TEST

START_TEST(a_relay_closes_opens_or_pulses)
{
    struct command command = assert_taken("{\"Relay\":true}", "{\"Relay\":true}");

    ck_assert_uint_eq(command.relays_count, 1);
    ck_assert_int_eq(command.relays[0].action, RELAY_CLOSE);
    ck_assert_int_eq(assert_taken("{\"Relay\":false}", "{\"Relay\":false}").relays[0].action, RELAY_OPEN);
    command = assert_taken("{\"Relay\":\"1F4\"}", "{\"Relay\":500}");
    ck_assert_int_eq(command.relays[0].action, RELAY_PULSE);
    ck_assert_uint_eq(command.relays[0].pulse_ms, 500);
    assert_refused("{\"Relay\":0}", "to open a relay say false");
    assert_refused("{\"Relay\":65536}", "Relay");
    assert_refused("{\"Relay\":\"on\"}", "Relay");
    assert_refused("{\"Relay\":null}", "Relay must be true, false, or the milliseconds of a pulse");
    assert_refused("{\"Relay\":[true]}", "Relay");
}
END_TEST

START_TEST(relays_are_at_most_eight_in_order)
{
    const struct command command = assert_taken("{\"Relays\":[true,false,250,\"A\"]}",
                                                "{\"Relays\":[true,false,250,10]}");

    ck_assert_uint_eq(command.relays_count, 4);
    ck_assert_int_eq(command.relays[1].action, RELAY_OPEN);
    ck_assert_uint_eq(command.relays[3].pulse_ms, 10);
    assert_taken("{\"Relays\":[true]}", "{\"Relays\":[true]}");
    assert_taken("{\"Relays\":[1,2,3,4,5,6,7,8]}", "{\"Relays\":[1,2,3,4,5,6,7,8]}");
    assert_taken("{\"Relays\":[]}", "{}");
    assert_refused("{\"Relays\":[1,2,3,4,5,6,7,8,9]}", "at most 8");
    assert_refused("{\"Relays\":true}", "Relays must be an array");
    assert_refused("{\"Relays\":[true,null]}", "Relays[1]");
    assert_refused("{\"Relays\":[[true]]}", "Relays[0]");
    assert_refused("{\"Relay\":true,\"Relays\":[true]}", "must not come together");
}
END_TEST

START_TEST(a_sequence_does_not_mix_with_leds_rgb_or_buzzer_but_does_with_relays)
{
    assert_refused("{\"Sequence\":96,\"Leds\":\"00000000\"}", "must not come with Leds");
    assert_refused("{\"RgbColor\":\"000000\",\"Sequence\":96}", "must not come with RgbColor");
    assert_refused("{\"Sequence\":96,\"RgbMode\":0}", "must not come with RgbMode");
    assert_refused("{\"Sequence\":96,\"Buzzer\":0}", "must not come with Buzzer");
    assert_refused("$SCCMD;SEQ=60;LEDS=92929292", "must not come with Leds");
    assert_refused("$SCCMD;BUZZ=0064;SEQ=60", "must not come with Buzzer");
    assert_taken("{\"Sequence\":96,\"Relay\":true}", "{\"Sequence\":96,\"Relay\":true}");
    assert_taken("{\"Relays\":[5],\"Sequence\":96}", "{\"Sequence\":96,\"Relays\":[5]}");
    assert_taken("{\"Buzzer\":1,\"RgbMode\":2,\"RgbColor\":3,\"Leds\":\"00000001\",\"Relay\":4}",
                 "{\"Leds\":\"00000001\",\"RgbColor\":\"000003\",\"RgbMode\":2,\"Buzzer\":1,\"Relay\":4}");
}
END_TEST

START_TEST(an_id_and_an_expiry_may_come_with_any_command)
{
    struct command command = assert_taken("{\"Id\":\"a 1\",\"Sequence\":96}", "{\"Sequence\":96,\"Id\":\"a 1\"}");

    ck_assert_str_eq(command.id, "a 1");
    ck_assert(!command.has_expires);
    command = assert_taken("{\"Expires\":1764360900}", "{\"Expires\":1764360900}");
    ck_assert(command.has_expires);
    assert_taken("{\"Expires\":0}", "{\"Expires\":0}");
    assert_taken("{\"Expires\":\"2025-11-28T20:15:00Z\",\"Id\":\"~\"}", "{\"Id\":\"~\",\"Expires\":1764360900}");
    assert_taken("{\"Id\":\"1234567890123456789012345678901234567890123456789012345678901234\"}",
                 "{\"Id\":\"1234567890123456789012345678901234567890123456789012345678901234\"}");
    assert_refused("{\"Id\":\"12345678901234567890123456789012345678901234567890123456789012345\"}", "Id must be");
    assert_refused("{\"Id\":\"\"}", "Id must be a string of 1 to 64 printable ASCII characters");
    assert_refused("{\"Id\":7}", "Id must be");
    assert_refused("{\"Id\":\"\\u00e9\"}", "Id must be");
    assert_refused("{\"Id\":\"\\n\"}", "Id must be");
    assert_refused("{\"Expires\":-1}", "Expires must be seconds since 1970 UTC, or a time such as");
    assert_refused("{\"Expires\":1.5}", "Expires must be");
    assert_refused("{\"Expires\":true}", "Expires must be");
    assert_refused("{\"Expires\":\"1764360900\"}", "Expires must be");
    assert_refused("$SCCMD;SEQ=60;ID=1", "unknown field");
}
END_TEST

START_TEST(a_command_without_parts_is_valid)
{
    assert_taken("{}", "{}");
    assert_taken("{ }\n", "{}");
    assert_taken("$SCCMD", "{}");
    assert_taken("$SCCMD\r\n", "{}");
}
END_TEST

START_TEST(bad_json_is_refused_whole)
{
    assert_refused("", "the command is empty");
    assert_refused(" {}", "neither JSON");
    assert_refused("[]", "neither JSON");
    assert_refused("\"Sequence\"", "neither JSON");
    assert_refused("\xEF\xBB\xBF{}", "neither JSON");
    assert_refused("{", "not valid JSON at line 1");
    assert_refused("{}{}", "not valid JSON");
    assert_refused("{} x", "not valid JSON");
    assert_refused("{\"Sequence\":1,}", "not valid JSON");
    assert_refused("{'Sequence':1}", "not valid JSON");
    assert_refused("{\"Buzzer\":1,\"Buzzer\":2}", "duplicate");
    assert_refused("{\"sequence\":1}", "unknown field \"sequence\"");
    assert_refused("{\"Sequence\":1,\"Device\":\"X\"}", "unknown field \"Device\"");
    assert_refused("{\"\\n\xC3\xA9\":1}", "unknown field \"???\"");
    assert_refused("{\"Leds\":\"\xFF\xFE\"}", "not valid JSON");
    assert_refused("{\"Leds\":\"\\u0000\"}", "not valid JSON");
    assert_bytes_refused("{}\0", 3, "NUL byte at offset 2");
    assert_bytes_refused("{\"Leds\0\":1}", 11, "NUL byte at offset 6");
}
END_TEST

START_TEST(too_long_a_command_is_refused_by_its_size)
{
    char json[COMMAND_JSON_MAX_BYTES + 2];
    char text[COMMAND_TEXT_MAX_BYTES + 2];
    struct command command;
    char *error;

    memset(json, ' ', sizeof json);
    json[0] = '{';
    json[COMMAND_JSON_MAX_BYTES - 1] = '}';
    ck_assert(command_parse(json, COMMAND_JSON_MAX_BYTES, &command, &error));
    assert_bytes_refused(json, COMMAND_JSON_MAX_BYTES + 1, "4097 bytes are too long; at most 4096");
    memset(text, 'A', sizeof text);
    memcpy(text, "$SCCMD", 6);
    assert_bytes_refused(text, 256, "256 bytes are too long; at most 255");
    assert_bytes_refused(text, 255, "there must be ;");
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    char json[COMMAND_JSON_MAX_BYTES];
    static const char start[] = "{\"Relays\":";

    memset(json, '[', sizeof json);
    memcpy(json, start, sizeof start - 1);
    assert_bytes_refused(json, sizeof json, "not valid JSON");
}
END_TEST

START_TEST(an_error_never_echoes_more_than_forty_characters)
{
    char name[200];
    char *text;

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    text = text_format("{\"%s\":1}", name);
    assert_refused(text, "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
    free(text);
    text = text_format("{\"Buzzer\":%s}", name);
    assert_refused(text, "not valid JSON");
    free(text);
    text = text_format("$SCCMD;BUZZ=%s", name);
    assert_refused(text, "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\"");
    free(text);
    assert_refused("\x1B[31m\xFFstrange", "\"?[31m?strange\"");
}
END_TEST

START_TEST(the_vendors_sccmd_examples_are_understood)
{
    const struct command command = assert_taken("$SCCMD;LEDS=92929292;BUZZ=0064\r\n",
                                                "{\"Leds\":\"92929292\",\"Buzzer\":100}");

    ck_assert_uint_eq(command.buzzer_ms, 100);
    assert_taken("$SCCMD;SEQ=60", "{\"Sequence\":96}");
    assert_taken("$SCCMD;SEQ=61\n", "{\"Sequence\":97}");
}
END_TEST

START_TEST(both_readings_of_the_checksum_are_accepted_and_no_other)
{
    const char *covered = "SCCMD;SEQ=60";
    uint8_t between = 0;
    char *text;

    for (const char *at = covered; *at != '\0'; at++)
        between = (uint8_t) (between ^ *at);
    for (unsigned checksum = 0; checksum <= 0xFF; checksum++) {
        text = text_format("$%s*%02X\r\n", covered, checksum);
        if (checksum == between || checksum == (between ^ 0x0EU))
            assert_taken(text, "{\"Sequence\":96}");
        else
            assert_refused(text, "wrong checksum");
        free(text);
    }
    /* S^C^C^M^D^;^S^E^Q^=^6^0 = 1D, counted by hand */
    ck_assert_uint_eq(between, 0x1D);
    assert_taken("$SCCMD;SEQ=60*1d", "{\"Sequence\":96}");
    assert_refused("$SCCMD;SEQ=60*00", "expected 1D (between $ and *) or 13 (with $ and *)");
    assert_refused("$SCCMD;SEQ=60*", "2 hex digits");
    assert_refused("$SCCMD;SEQ=60*4", "2 hex digits");
    assert_refused("$SCCMD;SEQ=60*1D0", "2 hex digits");
    assert_refused("$SCCMD;SEQ=60*4G", "2 hex digits");
    assert_refused("$SCCMD;SEQ=60*1D*1D", "2 hex digits");
}
END_TEST

START_TEST(bad_sccmd_is_refused_whole)
{
    assert_refused("$", "does not start with $SCCMD");
    assert_refused("$SCRDR;13", "does not start with $SCCMD");
    assert_refused("$sccmd;SEQ=60", "does not start with $SCCMD");
    assert_refused("$SCCMDSEQ=60", "there must be ;");
    assert_refused("$SCCMD;", "not NAME=VALUE");
    assert_refused("$SCCMD;;SEQ=60", "not NAME=VALUE");
    assert_refused("$SCCMD;SEQ=60;", "not NAME=VALUE");
    assert_refused("$SCCMD;SEQ", "not NAME=VALUE: \"SEQ\"");
    assert_refused("$SCCMD;SEQ=", "SEQ must be 2 hex digits");
    assert_refused("$SCCMD;SEQ=6", "SEQ must be 2 hex digits");
    assert_refused("$SCCMD;SEQ=060", "SEQ must be 2 hex digits");
    assert_refused("$SCCMD;SEQ=6G", "SEQ must be 2 hex digits");
    assert_refused("$SCCMD;LEDS=929292", "LEDS must be 8 hex digits");
    assert_refused("$SCCMD;LEDS=9292929292", "LEDS must be 8 hex digits");
    assert_refused("$SCCMD;BUZZ=64", "BUZZ must be 4 hex digits");
    assert_refused("$SCCMD;BUZZ=0064=1", "BUZZ must be 4 hex digits");
    assert_refused("$SCCMD;SEQ=60;SEQ=61", "twice: \"SEQ\"");
    assert_refused("$SCCMD;BUZZ=0001;BUZZ=0001", "twice: \"BUZZ\"");
    assert_refused("$SCCMD;LEDS=00000000;LEDS=00000000", "twice: \"LEDS\"");
    assert_refused("$SCCMD;seq=60", "unknown field, SEQ, LEDS, BUZZ and ACT are known: \"seq\"");
    assert_refused("$SCCMD;RELAY=01", "unknown field");
    assert_refused("$SCCMD;=60", "unknown field");
    assert_refused("$SCCMD;SEQ=60\r", "byte 0D at offset 13");
    assert_refused("$SCCMD;SEQ=60\n\n", "byte 0A");
    assert_refused("$SCCMD;\tSEQ=60", "byte 09 at offset 7");
    assert_refused("$SCCMD;SEQ=60\xE9", "byte E9");
    assert_refused("$SCCMD;SEQ=60\x7F", "byte 7F");
    assert_bytes_refused("$SCCMD\0", 7, "NUL byte");
    assert_bytes_refused("$SCCMD;SEQ=60\r\n", 1, "does not start with $SCCMD");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command");
    TCase *test_case = tcase_create("command");

    tcase_add_test(test_case, a_sequence_is_decimal_as_an_integer_and_hex_as_a_string);
    tcase_add_test(test_case, active_starts_and_stops_reading_in_both_forms);
    tcase_add_test(test_case, leds_are_exactly_eight_hex_digits);
    tcase_add_test(test_case, a_buzzer_lasts_up_to_65535_ms);
    tcase_add_test(test_case, an_rgb_colour_is_three_bytes_and_a_mode_is_one);
    tcase_add_test(test_case, a_relay_closes_opens_or_pulses);
    tcase_add_test(test_case, relays_are_at_most_eight_in_order);
    tcase_add_test(test_case, a_sequence_does_not_mix_with_leds_rgb_or_buzzer_but_does_with_relays);
    tcase_add_test(test_case, an_id_and_an_expiry_may_come_with_any_command);
    tcase_add_test(test_case, a_command_without_parts_is_valid);
    tcase_add_test(test_case, bad_json_is_refused_whole);
    tcase_add_test(test_case, too_long_a_command_is_refused_by_its_size);
    tcase_add_test(test_case, deep_nesting_is_refused);
    tcase_add_test(test_case, an_error_never_echoes_more_than_forty_characters);
    tcase_add_test(test_case, the_vendors_sccmd_examples_are_understood);
    tcase_add_test(test_case, both_readings_of_the_checksum_are_accepted_and_no_other);
    tcase_add_test(test_case, bad_sccmd_is_refused_whole);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
