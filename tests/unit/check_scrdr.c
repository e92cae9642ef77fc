/* SPDX-License-Identifier: MIT */
#include "message/scrdr.h"

#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The tag of the vendor's READER EVENT page. */
static struct message_event sample_event(void)
{
    return (struct message_event) {
        .sequence = 5,
        .interface = "13.56",
        .protocol = "NFC-A",
        .template_number = 1,
        .tag_id = "047DAE02C84080",
        .tag_data = "00047DAE02C84080",
        .reader = "door",
        .time = { .startup_counter = 699, .uptime_ms = 16850 },
    };
}

static void expect_line(const struct message_event *event, bool with_delimiters, const char *expected)
{
    char *line = scrdr_event_text(event, with_delimiters);

    ck_assert_str_eq(line, expected);
    free(line);
}

START_TEST(the_vendors_tag_is_one_line_with_either_checksum)
{
    const struct message_event event = sample_event();

    expect_line(&event, false, "$SCRDR;13;;01;;047DAE02C84080;;00047DAE02C84080;*57\r\n");
    expect_line(&event, true, "$SCRDR;13;;01;;047DAE02C84080;;00047DAE02C84080;*59\r\n");
}
END_TEST

START_TEST(each_move_has_its_letters)
{
    static const struct { const char *move; const char *line; } cases[] = {
        { "Insert", "$SCRDR;13;;01;;01020304;I;01020304;*1E\r\n" },
        { "Remove", "$SCRDR;13;;01;;01020304;R;01020304;*05\r\n" },
        { "Insert,Remove", "$SCRDR;13;;01;;01020304;IR;01020304;*4C\r\n" },
        { NULL, "$SCRDR;13;;01;;01020304;;01020304;*57\r\n" },
    };
    struct message_event event = sample_event();

    event.tag_id = event.tag_data = "01020304";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        event.move = cases[i].move;
        expect_line(&event, false, cases[i].line);
    }
}
END_TEST

START_TEST(fast_inventory_is_template_00_without_data)
{
    struct message_event event = sample_event();

    event.template_number = 0;
    event.tag_data = NULL;
    expect_line(&event, false, "$SCRDR;13;;00;;047DAE02C84080;;;*50\r\n");
}
END_TEST

/* The field of TagData in the line that is made from data. */
static void expect_data(const char *data, const char *expected)
{
    struct message_event event = sample_event();

    event.tag_id = "01";
    event.tag_data = data;
    event.tag_details = "more";
    char *line = scrdr_event_text(&event, false);
    char *wanted = text_format("$SCRDR;13;;01;;01;;%s;more*", expected);
    ck_assert_msg(strncmp(line, wanted, strlen(wanted)) == 0, "%s", line);
    ck_assert_uint_eq(strlen(line), strlen(wanted) + 4);
    free(wanted);
    free(line);
}

START_TEST(what_cannot_stand_in_a_line_goes_as_hex)
{
    expect_data("https://www.springcard.com", "https://www.springcard.com");
    expect_data(" ~", " ~");
    expect_data("", "");
    expect_data("a;b", "613B62");
    expect_data("$", "24");
    expect_data("*", "2A");
    expect_data("a\r\n", "610D0A");
    expect_data("\x1F", "1F");
    expect_data("\x7F", "7F");
    expect_data("\xC3\xA9", "C3A9");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scrdr");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, the_vendors_tag_is_one_line_with_either_checksum);
    tcase_add_test(cases, each_move_has_its_letters);
    tcase_add_test(cases, fast_inventory_is_template_00_without_data);
    tcase_add_test(cases, what_cannot_stand_in_a_line_goes_as_hex);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
