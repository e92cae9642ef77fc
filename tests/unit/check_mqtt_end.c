/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt.h"
#include "cloud/mqtt_end.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void expect(struct mqtt_end end, const char *part)
{
    end.host = "broker.example";
    end.client_id = "door-7";
    end.connect_timeout_ms = 5000;
    end.keep_alive_s = 60;
    end.library_text = "some words";
    char *text = mqtt_end_text(&end);
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" does not say \"%s\"", text, part);
    free(text);
}

START_TEST(each_end_has_its_own_words)
{
    expect((struct mqtt_end) { .cause = MQTT_END_UNCONNECTED, .system_error = EINTR }, "did not answer within 5 s");
    expect((struct mqtt_end) { .cause = MQTT_END_UNCONNECTED, .system_error = EPERM }, strerror(EPERM));
    expect((struct mqtt_end) { .cause = MQTT_END_UNCONNECTED }, "no connection to broker.example: some words");
    expect((struct mqtt_end) { .cause = MQTT_END_HANDSHAKE }, "broke during the TLS handshake (some words)");
    expect((struct mqtt_end) { .cause = MQTT_END_ASKED }, "disconnected");
    expect((struct mqtt_end) { .cause = MQTT_END_TIMEOUT, .tls = true }, "did not finish the TLS handshake within 5 s");
    expect((struct mqtt_end) { .cause = MQTT_END_TIMEOUT, .tls = true, .established = true }, "no CONNACK within 5 s");
    expect((struct mqtt_end) { .cause = MQTT_END_TIMEOUT }, "no CONNACK within 5 s");
    expect((struct mqtt_end) { .cause = MQTT_END_CLOSED, .tls = true }, "during the TLS handshake");
    expect((struct mqtt_end) { .cause = MQTT_END_CLOSED, .tls = true, .established = true }, "instead of sending CONNACK");
    expect((struct mqtt_end) { .cause = MQTT_END_BROKEN, .system_error = ECONNRESET }, strerror(ECONNRESET));
    expect((struct mqtt_end) { .cause = MQTT_END_BROKEN }, "broke off");
    expect((struct mqtt_end) { .cause = MQTT_END_KEEP_ALIVE }, "keep-alive of 60 s");
    expect((struct mqtt_end) { .cause = MQTT_END_NONSENSE }, "not MQTT");
    expect((struct mqtt_end) { .cause = MQTT_END_OTHER }, "some words");
}
END_TEST

START_TEST(a_lost_session_is_not_called_a_refusal)
{
    struct mqtt_end end = { .cause = MQTT_END_CLOSED, .tls = true, .established = true, .accepted = true };

    char *text = mqtt_end_text(&end);
    ck_assert_str_eq(text, "the broker closed the connection");
    free(text);
}
END_TEST

START_TEST(a_refusal_names_the_code_and_the_next_step)
{
    expect((struct mqtt_end) { .cause = MQTT_END_REFUSED, .version = 5, .reason = 0x87 }, "not authorized (0x87); check");
    expect((struct mqtt_end) { .cause = MQTT_END_REFUSED, .version = 5, .reason = 0x86 }, "mqtt.login");
    expect((struct mqtt_end) { .cause = MQTT_END_REFUSED, .version = 4, .reason = 5 }, "not authorized (code 5); check");
    expect((struct mqtt_end) { .cause = MQTT_END_REFUSED, .version = 4, .reason = 7 }, "(code 7)");
}
END_TEST

START_TEST(a_taken_over_session_names_the_client_id)
{
    expect((struct mqtt_end) { .cause = MQTT_END_SAID, .version = 5, .reason = 0x8E }, "uses the client id \"door-7\"");
    expect((struct mqtt_end) { .cause = MQTT_END_SAID, .version = 5, .reason = 0x8B }, "server shutting down (0x8B)");
}
END_TEST

START_TEST(the_brokers_own_words_are_added)
{
    expect((struct mqtt_end) { .cause = MQTT_END_SAID, .version = 5, .reason = 0x98, .reason_string = "go away" },
           "(the broker says: \"go away\")");
}
END_TEST

START_TEST(reason_codes_have_words_in_both_versions)
{
    ck_assert_str_eq(mqtt_reason_text(5, 0x97), "quota exceeded");
    ck_assert_str_eq(mqtt_reason_text(5, 0x87), "not authorized");
    ck_assert_str_eq(mqtt_reason_text(4, 5), "not authorized");
    ck_assert_str_eq(mqtt_reason_text(4, 0x80), "failure");
    ck_assert_str_eq(mqtt_reason_text(5, 0xFF), "unknown reason");
}
END_TEST

static bool is_drop(enum mqtt_end_cause cause, int reason, int system_error)
{
    const struct mqtt_end end = { .cause = cause, .version = 5, .reason = reason, .system_error = system_error,
                                  .accepted = true };

    return mqtt_end_is_drop(&end);
}

START_TEST(a_drop_is_what_a_message_of_ours_may_have_caused)
{
    ck_assert(is_drop(MQTT_END_CLOSED, 0, 0));
    ck_assert(is_drop(MQTT_END_BROKEN, 0, 0));
    ck_assert(is_drop(MQTT_END_BROKEN, 0, ECONNRESET));
    ck_assert(is_drop(MQTT_END_BROKEN, 0, EPIPE));
    ck_assert(is_drop(MQTT_END_SAID, 0x87, 0));
    ck_assert(is_drop(MQTT_END_SAID, 0x95, 0));
    ck_assert(is_drop(MQTT_END_SAID, 0x80, 0));
}
END_TEST

START_TEST(other_ends_are_no_drop)
{
    const struct mqtt_end early = { .cause = MQTT_END_CLOSED, .version = 5 };

    ck_assert(!mqtt_end_is_drop(&early));
    ck_assert(!is_drop(MQTT_END_BROKEN, 0, ETIMEDOUT));
    ck_assert(!is_drop(MQTT_END_BROKEN, 0, EHOSTUNREACH));
    ck_assert(!is_drop(MQTT_END_KEEP_ALIVE, 0, 0));
    ck_assert(!is_drop(MQTT_END_ASKED, 0, 0));
    ck_assert(!is_drop(MQTT_END_REFUSED, 0x87, 0));
    ck_assert(!is_drop(MQTT_END_SAID, 0x8B, 0));
    ck_assert(!is_drop(MQTT_END_SAID, 0x8E, 0));
    ck_assert(!is_drop(MQTT_END_SAID, 0x97, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mqtt_end");
    TCase *cases = tcase_create("mqtt_end");

    tcase_add_test(cases, each_end_has_its_own_words);
    tcase_add_test(cases, a_lost_session_is_not_called_a_refusal);
    tcase_add_test(cases, a_refusal_names_the_code_and_the_next_step);
    tcase_add_test(cases, a_taken_over_session_names_the_client_id);
    tcase_add_test(cases, the_brokers_own_words_are_added);
    tcase_add_test(cases, reason_codes_have_words_in_both_versions);
    tcase_add_test(cases, a_drop_is_what_a_message_of_ours_may_have_caused);
    tcase_add_test(cases, other_ends_are_no_drop);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
