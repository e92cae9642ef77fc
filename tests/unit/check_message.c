/* SPDX-License-Identifier: MIT */
#include "message/message.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* 2024-03-13 09:08:07 UTC */
static const time_t WALL_TIME = 1710320887;

/* The event of the vendor's READER EVENT page. */
static struct message_event sample_event(void)
{
    return (struct message_event) {
        .interface = "13.56",
        .protocol = "NFC-A",
        .template_number = 1,
        .tag_id = "047DAE02C84080",
        .tag_data = "00047DAE02C84080",
        .time = {.startup_counter = 699, .uptime_ms = 16850},
    };
}

static void assert_text(char *actual, const char *expected)
{
    ck_assert_str_eq(actual, expected);
    free(actual);
}

START_TEST(the_vendors_reader_event_comes_out_byte_for_byte)
{
    const struct message_event event = sample_event();

    assert_text(message_event_to_json(&event),
                "{\"Interface\":\"13.56\",\"Protocol\":\"NFC-A\",\"Template\":1,\"TagId\":\"047DAE02C84080\","
                "\"TagData\":\"00047DAE02C84080\",\"Uptime\":\"699:16.850\"}");
}
END_TEST

START_TEST(the_companions_fast_inventory_event_has_no_template_and_no_data)
{
    struct message_event event = sample_event();

    event.sequence = 1234;
    event.tag_id = "047C7B02C44080";
    event.template_number = 0;
    event.tag_data = NULL;
    assert_text(message_event_to_json(&event),
                "{\"Sequence\":1234,\"Interface\":\"13.56\",\"Protocol\":\"NFC-A\",\"TagId\":\"047C7B02C44080\","
                "\"Uptime\":\"699:16.850\"}");
}
END_TEST

START_TEST(a_full_event_has_its_members_in_the_order_of_the_design)
{
    struct message_event event = sample_event();

    event.sequence = 78;
    event.template_number = 4;
    event.move = "Insert,Remove";
    event.tag_details = "details";
    event.reader = "door";
    event.time.has_wall_time = true;
    event.time.wall_time_utc = WALL_TIME;
    assert_text(message_event_to_json(&event),
                "{\"Sequence\":78,\"Interface\":\"13.56\",\"Protocol\":\"NFC-A\",\"Template\":4,"
                "\"TagId\":\"047DAE02C84080\",\"Move\":\"Insert,Remove\",\"TagData\":\"00047DAE02C84080\","
                "\"TagDetails\":\"details\",\"Uptime\":\"699:16.850\",\"DateTime\":\"2024-03-13 09:08:07\","
                "\"Reader\":\"door\"}");
}
END_TEST

START_TEST(the_largest_sequence_is_printed_whole)
{
    struct message_event event = sample_event();

    event.sequence = INT64_MAX;
    char *text = message_event_to_json(&event);
    ck_assert_int_eq(strncmp(text, "{\"Sequence\":9223372036854775807,", 32), 0);
    free(text);
}
END_TEST

/* What TagData says in the event that is made from data, read back by a JSON parser. */
static void assert_tag_data(const char *data, const char *expected)
{
    struct message_event event = sample_event();

    event.tag_data = data;
    char *text = message_event_to_json(&event);
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(json_string_value(json_object_get(object, "TagData")), expected);
    json_decref(object);
    free(text);
}

START_TEST(any_text_of_a_tag_makes_an_event_and_bad_bytes_become_u_fffd)
{
    assert_tag_data("Ren\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\xAA", "Ren\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x9A\xAA");
    assert_tag_data("\xFF", "\xEF\xBF\xBD");
    assert_tag_data("a\x80z", "a\xEF\xBF\xBDz");
    assert_tag_data("cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD");
    assert_tag_data("\xC0\xAF overlong", "\xEF\xBF\xBD\xEF\xBF\xBD overlong");
    assert_tag_data("\xED\xA0\x80 surrogate", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD surrogate");
    assert_tag_data("\xC3\xA9\xFF\xC3\xA9", "\xC3\xA9\xEF\xBF\xBD\xC3\xA9");
    assert_tag_data("\"},\\{\n\x01\x7F", "\"},\\{\n\x01\x7F");
    assert_tag_data("", "");
}
END_TEST

START_TEST(an_event_is_one_line_of_compact_json_whatever_the_tag_says)
{
    struct message_event event = sample_event();

    event.tag_data = "a\nb\r\tc";
    char *text = message_event_to_json(&event);
    for (const char *at = text; *at != '\0'; at++)
        ck_assert_uint_ge((unsigned char) *at, 0x20);
    ck_assert_ptr_nonnull(strstr(text, "\"TagData\":\"a\\nb\\r\\tc\""));
    free(text);
}
END_TEST

START_TEST(the_vendors_status_comes_out_byte_for_byte)
{
    const struct message_time time = {.startup_counter = 145, .uptime_ms = 1860081};
    const struct message_status status = {.state = MESSAGE_ONLINE_READY, .time = &time};

    assert_text(message_status_to_json(&status), "{\"State\":\"online,ready\",\"Uptime\":\"145:1860.081\"}");
}
END_TEST

START_TEST(the_last_will_has_its_state_only)
{
    const struct message_status status = {.state = MESSAGE_OFFLINE_DEAD};

    assert_text(message_status_to_json(&status), "{\"State\":\"offline,dead\"}");
}
END_TEST

START_TEST(an_ill_gateway_is_busy_and_says_what_is_ill_last)
{
    const struct message_time time = {.startup_counter = 2, .uptime_ms = 5, .has_wall_time = true,
                                      .wall_time_utc = WALL_TIME};
    struct message_status status = {.state = MESSAGE_ONLINE_BUSY, .time = &time,
                                    .health = "door: pcscd is not running"};

    assert_text(message_status_to_json(&status),
                "{\"State\":\"online,busy\",\"Uptime\":\"2:0.005\",\"DateTime\":\"2024-03-13 09:08:07\","
                "\"Health\":\"door: pcscd is not running\"}");
    status = (struct message_status) {.state = MESSAGE_OFFLINE, .time = &time};
    assert_text(message_status_to_json(&status),
                "{\"State\":\"offline\",\"Uptime\":\"2:0.005\",\"DateTime\":\"2024-03-13 09:08:07\"}");
}
END_TEST

START_TEST(gaps_come_last_in_the_status_and_are_left_out_when_there_is_none)
{
    const struct message_time time = {.startup_counter = 13, .uptime_ms = 5};
    const struct message_gap gaps[] = {
        {.first = {12, 5}, .last = {12, 90}, .count = 86, .reason = "journal full"},
        {.first = {12, 91}, .reason = "unclean end"},
    };
    struct message_status status = {.state = MESSAGE_ONLINE_READY, .time = &time, .health = "door: ill",
                                    .gaps = gaps, .gaps_count = 2};

    assert_text(message_status_to_json(&status),
                "{\"State\":\"online,ready\",\"Uptime\":\"13:0.005\",\"Health\":\"door: ill\",\"Gaps\":["
                "{\"First\":\"12:5\",\"Last\":\"12:90\",\"Count\":86,\"Reason\":\"journal full\"},"
                "{\"First\":\"12:91\",\"Reason\":\"unclean end\"}]}");
    status.health = NULL;
    status.gaps_count = 1;
    assert_text(message_status_to_json(&status),
                "{\"State\":\"online,ready\",\"Uptime\":\"13:0.005\",\"Gaps\":["
                "{\"First\":\"12:5\",\"Last\":\"12:90\",\"Count\":86,\"Reason\":\"journal full\"}]}");
    status.gaps_count = 0;
    assert_text(message_status_to_json(&status), "{\"State\":\"online,ready\",\"Uptime\":\"13:0.005\"}");
}
END_TEST

START_TEST(a_gap_leaves_out_what_is_not_known)
{
    struct message_gap gap = {.first = {12, 5}, .last = {14, 3}, .count = INT64_MAX, .reason = "age"};

    assert_text(message_gap_to_json(&gap),
                "{\"First\":\"12:5\",\"Last\":\"14:3\",\"Count\":9223372036854775807,\"Reason\":\"age\"}");
    gap = (struct message_gap) {.last = {12, 9}, .count = 1, .reason = "damaged"};
    assert_text(message_gap_to_json(&gap), "{\"Last\":\"12:9\",\"Count\":1,\"Reason\":\"damaged\"}");
    gap = (struct message_gap) {.first = {12, 9}, .last = {14, 0}, .reason = "unclean end"};
    assert_text(message_gap_to_json(&gap), "{\"First\":\"12:9\",\"Last\":\"14:0\",\"Reason\":\"unclean end\"}");
    gap = (struct message_gap) {.first = {12, 9}, .last = {0, 7}, .reason = "unclean end"};
    assert_text(message_gap_to_json(&gap), "{\"First\":\"12:9\",\"Reason\":\"unclean end\"}");
    gap = (struct message_gap) {.reason = "damaged"};
    assert_text(message_gap_to_json(&gap), "{\"Reason\":\"damaged\"}");
}
END_TEST

START_TEST(an_identity_is_the_startup_counter_and_the_sequence)
{
    struct event_id id = {1, 1};

    assert_text(message_id_text((struct event_id) {12, 5}), "12:5");
    assert_text(message_id_text((struct event_id) {UINT32_MAX, INT64_MAX}), "4294967295:9223372036854775807");
    ck_assert(message_id_parse("12:5", &id));
    ck_assert(event_id_equal(id, (struct event_id) {12, 5}));
    ck_assert(message_id_parse("4294967295:9223372036854775807", &id));
    ck_assert(event_id_equal(id, (struct event_id) {UINT32_MAX, INT64_MAX}));
}
END_TEST

START_TEST(what_is_no_identity_is_refused)
{
    static const char *const texts[] = {
        "", ":", "12", "12:", ":5", "12:5:6", "12:5 ", " 12:5", "+12:5", "-12:5", "12:-5", "0:5", "12:0", "a:b",
        "12:5x", "4294967296:5", "12:9223372036854775808", "12:18446744073709551617", "99999999999999999999999:5",
    };
    struct event_id id = {3, 4};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!message_id_parse(texts[i], &id), "\"%s\" was taken", texts[i]);
    ck_assert(event_id_equal(id, (struct event_id) {3, 4}));
}
END_TEST

START_TEST(meta_tells_who_answers_in_the_vendors_order)
{
    const struct message_meta meta = {
        .serial = "DA1275B0",
        .version = "0.1.0",
        .hardware = "Raspberry Pi 4 Model B Rev 1.4",
        .unique_id = "8DC86AD9-0BDC-14B4-F908-75A717653899",
        .config_id = "377FB7F8-CAB5-3824-EB11-74587EB54140",
        .inventory = "box 7",
        .location = "gate",
        .physical_address = "749050007903",
        .ip_address = "192.168.16.212",
        .protocol = "RDR/JSON",
        .open = false,
    };

    assert_text(message_meta_to_json(&meta),
                "{\"VendorName\":\"springpark\",\"ProductName\":\"SpringPark\",\"ProductVariant\":\"gateway\","
                "\"SerialNumber\":\"DA1275B0\",\"Version\":\"0.1.0\",\"Firmware\":\"springpark/linux/springparkd\","
                "\"Revision\":\"0.1.0\",\"Hardware\":\"Raspberry Pi 4 Model B Rev 1.4\","
                "\"UniqueId\":\"8DC86AD9-0BDC-14B4-F908-75A717653899\",\"ConfigId\":\"377FB7F8-CAB5-3824-EB11-74587EB54140\","
                "\"Open\":false,"
                "\"Inventory\":\"box 7\",\"Location\":\"gate\",\"PhysAddress\":\"749050007903\","
                "\"IpAddress\":\"192.168.16.212\",\"Protocol\":\"RDR/JSON\",\"Interfaces\":\"13.56\"}");
}
END_TEST

START_TEST(meta_leaves_out_what_is_not_known)
{
    const struct message_meta meta = {.serial = "A", .version = "0.1.0", .inventory = "", .location = "", .open = true,
                                      .protocol = "$SCRDR"};

    assert_text(message_meta_to_json(&meta),
                "{\"VendorName\":\"springpark\",\"ProductName\":\"SpringPark\",\"ProductVariant\":\"gateway\","
                "\"SerialNumber\":\"A\",\"Version\":\"0.1.0\",\"Firmware\":\"springpark/linux/springparkd\","
                "\"Revision\":\"0.1.0\",\"Open\":true,\"Protocol\":\"$SCRDR\",\"Interfaces\":\"13.56\"}");
}
END_TEST

START_TEST(uptime_pads_the_milliseconds_only_and_holds_years)
{
    struct message_time time = {.startup_counter = 0, .uptime_ms = 0};

    assert_text(message_uptime_text(&time), "0:0.000");
    time = (struct message_time) {.startup_counter = UINT32_MAX, .uptime_ms = 1000000000007};
    assert_text(message_uptime_text(&time), "4294967295:1000000000.007");
}
END_TEST

START_TEST(date_time_is_utc_in_any_time_zone_and_null_beyond_the_calendar)
{
    ck_assert_int_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
    tzset();
    assert_text(message_date_time_text(0), "1970-01-01 00:00:00");
    assert_text(message_date_time_text(951782399), "2000-02-28 23:59:59");
    assert_text(message_date_time_text(951782400), "2000-02-29 00:00:00");
    ck_assert_ptr_null(message_date_time_text((time_t) INT64_MAX));
    ck_assert_ptr_null(message_date_time_text((time_t) 253402300800));
}
END_TEST

START_TEST(an_impossible_date_is_left_out_of_the_event)
{
    struct message_event event = sample_event();

    event.time.has_wall_time = true;
    event.time.wall_time_utc = (time_t) INT64_MAX;
    char *text = message_event_to_json(&event);
    ck_assert_ptr_null(strstr(text, "DateTime"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *test_case = tcase_create("message");

    tcase_add_test(test_case, the_vendors_reader_event_comes_out_byte_for_byte);
    tcase_add_test(test_case, the_companions_fast_inventory_event_has_no_template_and_no_data);
    tcase_add_test(test_case, a_full_event_has_its_members_in_the_order_of_the_design);
    tcase_add_test(test_case, the_largest_sequence_is_printed_whole);
    tcase_add_test(test_case, any_text_of_a_tag_makes_an_event_and_bad_bytes_become_u_fffd);
    tcase_add_test(test_case, an_event_is_one_line_of_compact_json_whatever_the_tag_says);
    tcase_add_test(test_case, the_vendors_status_comes_out_byte_for_byte);
    tcase_add_test(test_case, the_last_will_has_its_state_only);
    tcase_add_test(test_case, an_ill_gateway_is_busy_and_says_what_is_ill_last);
    tcase_add_test(test_case, gaps_come_last_in_the_status_and_are_left_out_when_there_is_none);
    tcase_add_test(test_case, a_gap_leaves_out_what_is_not_known);
    tcase_add_test(test_case, an_identity_is_the_startup_counter_and_the_sequence);
    tcase_add_test(test_case, what_is_no_identity_is_refused);
    tcase_add_test(test_case, meta_tells_who_answers_in_the_vendors_order);
    tcase_add_test(test_case, meta_leaves_out_what_is_not_known);
    tcase_add_test(test_case, uptime_pads_the_milliseconds_only_and_holds_years);
    tcase_add_test(test_case, date_time_is_utc_in_any_time_zone_and_null_beyond_the_calendar);
    tcase_add_test(test_case, an_impossible_date_is_left_out_of_the_event);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
