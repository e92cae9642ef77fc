/* SPDX-License-Identifier: MIT */
/*
 * The tool's parts that need neither a daemon nor a broker. The whole program is tested by tests/system/test_tool.py.
 */
#include "base/memory.h"
#include "tool/broker.h"
#include "tool/daemon.h"
#include "tool/display.h"
#include "tool/interrupt.h"
#include "tool/readers_scan.h"
#include "tool/report.h"
#include "tool/shortcut.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- display ---- */

static void expect_safe(const char *bytes, size_t size_bytes, const char *wanted)
{
    char *text = display_safe(bytes, size_bytes);

    ck_assert_str_eq(text, wanted);
    free(text);
}

START_TEST(plain_text_stays_as_it_is)
{
    expect_safe("", 0, "");
    expect_safe("{\"a\":\"\\u00e9\"}", 14, "{\"a\":\"\\u00e9\"}");
    expect_safe("B\xc3\xb6rse \xe2\x82\xac \xf0\x9f\x98\x80", 15, "B\xc3\xb6rse \xe2\x82\xac \xf0\x9f\x98\x80");
    expect_safe("\xc2\xa0", 2, "\xc2\xa0"); /* the first character that is no control */
}
END_TEST

START_TEST(nothing_that_a_terminal_obeys_gets_through)
{
    expect_safe("a\x1b[2J\x7f\0\r\n\t", 10, "a\\u001b[2J\\u007f\\u0000\\u000d\\u000a\\u0009");
    expect_safe("\xc2\x9b" "31m", 5, "\\u009b31m");
    expect_safe("\xc2", 1, "\\xc2");
    expect_safe("\x9b" "31m\xc2\x9b", 6, "\\x9b31m\\xc2\\x9b");
}
END_TEST

START_TEST(a_duration_has_its_two_largest_units)
{
    static const struct {
        uint64_t duration_ms;
        const char *text;
    } cases[] = {
        {0, "0 s"}, {999, "0 s"}, {59999, "59 s"}, {60000, "1 min 0 s"}, {3599999, "59 min 59 s"},
        {3600000, "1 h 0 min"}, {86399999, "23 h 59 min"}, {86400000, "1 d 0 h"}, {100 * 86400000ULL, "100 d 0 h"},
    };

    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        char *text = display_duration(cases[index].duration_ms);
        ck_assert_str_eq(text, cases[index].text);
        free(text);
    }
}
END_TEST

/* ---- what goes wrong ---- */

/* What a call said on standard error is not of interest here. */
static int quiet_failure(const char *text, int reason, int refused_status)
{
    int before = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(dup2(nowhere, STDERR_FILENO), STDERR_FILENO);
    int exit_status = daemon_say_failure(text_copy(text), reason, refused_status);
    ck_assert_int_eq(dup2(before, STDERR_FILENO), STDERR_FILENO);
    close(before);
    close(nowhere);
    return exit_status;
}

START_TEST(each_kind_of_failure_has_its_exit_status)
{
    ck_assert_int_eq(quiet_failure("a\nb", ECANCELED, EX_CONFIG), EX_CONFIG);
    ck_assert_int_eq(quiet_failure("a", EACCES, EX_CONFIG), EX_NOPERM);
    ck_assert_int_eq(quiet_failure("a", ETIMEDOUT, EX_CONFIG), EX_TEMPFAIL);
    ck_assert_int_eq(quiet_failure("a", EAGAIN, EX_CONFIG), EX_TEMPFAIL);
    ck_assert_int_eq(quiet_failure("a", EBADMSG, EX_CONFIG), EX_PROTOCOL);
    ck_assert_int_eq(quiet_failure("a", ECONNREFUSED, EX_CONFIG), EX_UNAVAILABLE);
    ck_assert_int_eq(quiet_failure("a", ENOENT, EX_CONFIG), EX_UNAVAILABLE);
    ck_assert_int_eq(quiet_failure("a", ECONNRESET, EX_CONFIG), EX_UNAVAILABLE);
    ck_assert_int_eq(broker_exit_status(BROKER_MISCONFIGURED), EX_CONFIG);
    ck_assert_int_eq(broker_exit_status(BROKER_UNTRUSTED), EX_UNAVAILABLE);
    ck_assert_int_eq(broker_exit_status(BROKER_UNREACHABLE), EX_UNAVAILABLE);
    ck_assert_int_eq(broker_exit_status(BROKER_REFUSED), EX_NOPERM);
    ck_assert_int_eq(broker_exit_status(BROKER_INTERRUPTED), EX_OK);
}
END_TEST

/* ---- reports ---- */

static char *status_text(const char *json)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);
    json_t *status = json_loads(json, 0, NULL);

    ck_assert_ptr_nonnull(status);
    report_status(stream, status);
    json_decref(status);
    fclose(stream);
    return text;
}

static void expect_first_line(const char *state, const char *broker, const char *wanted)
{
    char *json = text_format("{\"version\":\"1\",\"serial\":\"S\","
                             "\"state\":\"%s\",\"broker\":{\"state\":\"%s\"}}", state, broker);
    char *text = status_text(json);

    *strchrnul(text, '\n') = '\0';
    ck_assert_str_eq(text, wanted);
    free(text);
    free(json);
}

START_TEST(the_first_line_says_the_state_in_words)
{
    expect_first_line("online,ready", "online", "springparkd 1 (S): ready, connected to the broker");
    expect_first_line("online,ready", "waiting", "springparkd 1 (S): ready, but not connected to the broker");
    expect_first_line("online,ready", "not configured", "springparkd 1 (S): ready, but no broker is configured");
    expect_first_line("online,busy", "not configured",
                      "springparkd 1 (S): no reader works, and no broker is configured");
    expect_first_line("online,busy", "connecting", "springparkd 1 (S): no reader works, connecting to the broker");
}
END_TEST

START_TEST(status_says_whether_tags_are_reported)
{
    static const struct { const char *reading; const char *line; } cases[] = {
        { "{\"active\":true,\"detail\":null}", "\n  reading   tags are reported\n" },
        { "{\"active\":false,\"detail\":\"waits for a start command\"}",
          "\n  reading   tags are not reported: the gateway waits for a start command\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *json = text_format("{\"reading\":%s}", cases[i].reading);
        char *text = status_text(json);

        ck_assert_msg(strstr(text, cases[i].line) != NULL, "%s", text);
        free(text);
        free(json);
    }
}
END_TEST

#define DEVICE "\"label\":\"door\",\"driver\":\"libnfc\",\"health\":\"works\",\"name\":\"PN532\"," \
    "\"connection\":\"pn532_uart:/dev/ttyS0\",\"chip\":\"PN532 v1.6\",\"polling\":\"by the chip\"," \
    "\"technologies\":[\"NFC-A\",\"NFC-B\",\"NFC-F\"]"
#define IN_WORDS "pn532_uart:/dev/ttyS0, PN532 v1.6, looks for"

static char *readers_text(const char *reader)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);
    char *json = text_format("[{%s},{\"label\":\"gate\",\"driver\":\"pcsc\",\"health\":\"works\",\"connection\":null}]",
                             reader);
    json_t *readers = json_loads(json, 0, NULL);

    ck_assert_ptr_nonnull(readers);
    report_readers(stream, readers);
    json_decref(readers);
    free(json);
    fclose(stream);
    return text;
}

/* reader: members of it; line: what `readers` and `status` say of its device. */
static void expect_device(const char *reader, const char *line)
{
    char *text = readers_text(reader);
    char *wanted = text_format("PN532\n  door: %s\ngate ", line);

    ck_assert_msg(strstr(text, wanted) != NULL, "%s is not in %s", wanted, text);
    free(wanted);
    free(text);
    char *json = text_format("{\"readers\":[{%s}]}", reader);
    text = status_text(json);
    wanted = text_format(" failures\n            %s\n", line);
    ck_assert_msg(strstr(text, wanted) != NULL, "%s is not in %s", wanted, text);
    free(wanted);
    free(text);
    free(json);
}

START_TEST(the_device_of_a_reader_is_said_in_one_line)
{
    expect_device(DEVICE, IN_WORDS " NFC-A NFC-B NFC-F (by the chip)");
    expect_device(DEVICE ",\"looks_for\":[\"NFC-A\",\"NFC-B\",\"NFC-F\"]", IN_WORDS " NFC-A NFC-B NFC-F (by the chip)");
    expect_device(DEVICE ",\"looks_for\":[\"NFC-B\"]",
                  IN_WORDS " NFC-B (by the chip); no template asks for NFC-A NFC-F");
    expect_device(DEVICE ",\"looks_for\":[]", IN_WORDS " nothing; no template asks for NFC-A NFC-B NFC-F");
    expect_device("\"label\":\"door\",\"name\":\"PN532\",\"connection\":\"pn53x_usb:001:004\"", "pn53x_usb:001:004");
    expect_device("\"label\":\"door\",\"name\":\"PN532\",\"chip\":\"PN5\\u001b[31m\",\"technologies\":[\"\\u009b\"]",
                  "PN5\\u001b[31m, looks for \\u009b");
}
END_TEST

START_TEST(a_device_stands_before_what_is_wrong_with_it)
{
    char *text = readers_text("\"label\":\"door\",\"name\":\"PN532\",\"chip\":\"PN532 v1.6\",\"reason\":\"unplugged\"");

    ck_assert_msg(strstr(text, "\n  door: PN532 v1.6\n  door: unplugged\n") != NULL, "%s", text);
    free(text);
}
END_TEST

START_TEST(a_scan_gives_lines_for_the_settings)
{
    static struct nfc_answer answer = {.result = NFC_FINE, .devices_count = 2};
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);

    strcpy(answer.devices[0], "pn53x_usb:001:004");
    strcpy(answer.devices[1], "acr122_usb:002:003");
    readers_scan_put(stream, &answer);
    fclose(stream);
    ck_assert_str_eq(text, "{ driver = \"libnfc\"; connection = \"pn53x_usb:001:004\"; },\n"
                           "{ driver = \"libnfc\"; connection = \"acr122_usb:002:003\"; }\n");
    free(text);
    text = readers_scan_json(&answer);
    ck_assert_str_eq(text, "{\"libnfc\":[\"pn53x_usb:001:004\",\"acr122_usb:002:003\"]}");
    free(text);
    answer.devices_count = 0;
    text = readers_scan_json(&answer);
    ck_assert_str_eq(text, "{\"libnfc\":[]}");
    free(text);
}
END_TEST

START_TEST(a_daemon_of_another_version_does_not_upset_the_report)
{
    static const char *const documents[] = {
        "{}", "[]", "7", "null", "{\"health\":[1,[],{}],\"readers\":[1,null,{\"label\":7,\"present\":true}]}",
        "{\"broker\":{\"host\":\"h\",\"port\":\"x\",\"mqtt_version\":\"5.1\"},\"events\":{\"a_b_c\":\"x\"}}",
        "{\"uptime_ms\":-1}",
        "{\"readers\":[{\"connection\":7,\"chip\":\"c\",\"technologies\":[1,{},\"A\"],\"looks_for\":[null,\"A\",[]]}]}",
        "{\"readers\":[{\"chip\":\"c\",\"technologies\":{\"a\":1},\"looks_for\":\"x\"}]}",
    };

    for (size_t index = 0; index < sizeof documents / sizeof *documents; index++) {
        json_t *status = json_loads(documents[index], JSON_DECODE_ANY, NULL);
        char *text = NULL;
        size_t size_bytes = 0;
        FILE *stream = open_memstream(&text, &size_bytes);
        report_status(stream, status);
        report_readers(stream, status);
        report_readers(stream, json_object_get(status, "readers"));
        fclose(stream);
        ck_assert_int_eq(strncmp(text, "springparkd ", 12), 0);
        free(text);
        json_decref(status);
    }
}
END_TEST

/* ---- topics and answers ---- */

START_TEST(a_topic_is_prefix_device_branch)
{
    const struct broker_options options = {.prefix = "springcard/springcore"};
    char *topic = broker_topic(&options, "+", "rdr/evt");

    ck_assert_str_eq(topic, "springcard/springcore/+/rdr/evt");
    free(topic);
}
END_TEST

START_TEST(a_shortcut_is_a_reader_command_or_nothing)
{
    const struct shortcut none = {.sequence = 0x60};
    const struct shortcut accept = {.chosen = true, .sequence = 0x60};
    char *payload = shortcut_payload(&accept);

    ck_assert_ptr_null(shortcut_payload(&none));
    ck_assert_str_eq(payload, "{\"Sequence\":96}");
    free(payload);
}
END_TEST

/* ---- the end ---- */

START_TEST(a_signal_wakes_whoever_waits)
{
    struct interrupt *interrupt = interrupt_create();
    struct pollfd item = {.fd = interrupt_fd(interrupt), .events = POLLIN};

    ck_assert(!interrupt_asked(interrupt));
    ck_assert(!interrupt_wait(interrupt, 0));
    ck_assert_int_eq(poll(&item, 1, 0), 0);
    ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
    ck_assert(interrupt_wait(interrupt, -1));
    ck_assert_int_eq(poll(&item, 1, 0), 1);
    ck_assert(interrupt_asked(interrupt));
    ck_assert(interrupt_wait(interrupt, -1)); /* it stays so */
    interrupt_free(interrupt);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tool");
    TCase *tests = tcase_create("tool");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, plain_text_stays_as_it_is);
    tcase_add_test(tests, nothing_that_a_terminal_obeys_gets_through);
    tcase_add_test(tests, a_duration_has_its_two_largest_units);
    tcase_add_test(tests, each_kind_of_failure_has_its_exit_status);
    tcase_add_test(tests, the_first_line_says_the_state_in_words);
    tcase_add_test(tests, status_says_whether_tags_are_reported);
    tcase_add_test(tests, the_device_of_a_reader_is_said_in_one_line);
    tcase_add_test(tests, a_device_stands_before_what_is_wrong_with_it);
    tcase_add_test(tests, a_scan_gives_lines_for_the_settings);
    tcase_add_test(tests, a_daemon_of_another_version_does_not_upset_the_report);
    tcase_add_test(tests, a_topic_is_prefix_device_branch);
    tcase_add_test(tests, a_shortcut_is_a_reader_command_or_nothing);
    tcase_add_test(tests, a_signal_wakes_whoever_waits);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
