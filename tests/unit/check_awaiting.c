/* SPDX-License-Identifier: MIT */
#include "cloud/awaiting.h"
#include "cloud/tls.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 600000 };

static struct awaiting awaiting;

static void create(void)
{
    awaiting = (struct awaiting) { .active = false };
}

static struct registration of(const char *host, uint8_t first)
{
    const uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES] = { first };

    return registration_of(host, 8883, fingerprint);
}

static enum awaiting_news drop(const char *host, uint8_t first, uint64_t now_ms)
{
    const struct registration registration = of(host, first);

    return awaiting_note_drop(&awaiting, &registration, now_ms, PATIENCE_MS);
}

static bool is_such_an_end(struct mqtt_end end, bool sent)
{
    end.tls = true;
    return awaiting_is_such_an_end(&end, sent, TLS_NO_ALERT);
}

START_TEST(the_three_ways)
{
    /* closed or reset in place of CONNACK */
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_CLOSED, .established = true }, true));
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_BROKEN, .established = true }, true));
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_BROKEN, .established = true,
                                                 .system_error = ECONNRESET }, true));
    /* broken off in the handshake, and refused by an alert */
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_CLOSED }, true));
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_BROKEN, .system_error = ECONNRESET }, true));
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_HANDSHAKE }, true));
    ck_assert(is_such_an_end((struct mqtt_end) { .cause = MQTT_END_HANDSHAKE, .system_error = EPROTO }, true));
}
END_TEST

START_TEST(other_ends_say_nothing_of_the_certificate)
{
    const struct mqtt_end plain = { .cause = MQTT_END_CLOSED };
    const struct mqtt_end refused = { .cause = MQTT_END_HANDSHAKE, .tls = true };

    ck_assert(awaiting_is_such_an_end(&refused, true, 48)); /* unknown CA */
    ck_assert(!awaiting_is_such_an_end(&refused, true, 45)); /* certificate expired */
    ck_assert(!awaiting_is_such_an_end(&plain, true, TLS_NO_ALERT)); /* no TLS */
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_CLOSED }, false)); /* not shown yet */
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_HANDSHAKE }, false));
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_CLOSED, .established = true, .accepted = true },
                              true));
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_UNCONNECTED, .system_error = ECONNREFUSED }, false));
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_BROKEN, .system_error = ETIMEDOUT }, true));
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_TIMEOUT, .established = true }, true));
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_REFUSED, .established = true }, true));
    ck_assert(!is_such_an_end((struct mqtt_end) { .cause = MQTT_END_NONSENSE, .established = true }, true));
}
END_TEST

START_TEST(it_is_told_at_its_beginning_and_once_when_it_takes_too_long)
{
    ck_assert_int_eq(drop("a.example", 1, 5000), AWAITING_BEGINS);
    ck_assert_int_eq(drop("a.example", 1, 9000), AWAITING_NO_NEWS);
    ck_assert_int_eq(drop("a.example", 1, 5000 + PATIENCE_MS - 1), AWAITING_NO_NEWS);
    ck_assert_int_eq(drop("a.example", 1, 5000 + PATIENCE_MS), AWAITING_TOO_LONG);
    ck_assert_int_eq(drop("a.example", 1, 5000 + 9 * (uint64_t) PATIENCE_MS), AWAITING_NO_NEWS);
    ck_assert_uint_eq(awaiting.since_ms, 5000);
}
END_TEST

START_TEST(another_certificate_or_broker_starts_the_time_anew)
{
    ck_assert_int_eq(drop("a.example", 1, 0), AWAITING_BEGINS);
    ck_assert_int_eq(drop("a.example", 2, PATIENCE_MS), AWAITING_BEGINS);
    ck_assert_int_eq(drop("a.example", 2, 2 * PATIENCE_MS - 1), AWAITING_NO_NEWS);
    ck_assert_int_eq(drop("b.example", 2, 2 * PATIENCE_MS), AWAITING_BEGINS);
}
END_TEST

START_TEST(a_connack_ends_it)
{
    ck_assert_int_eq(drop("a.example", 1, 0), AWAITING_BEGINS);
    awaiting_end(&awaiting);
    ck_assert_int_eq(drop("a.example", 1, PATIENCE_MS), AWAITING_BEGINS);
}
END_TEST

static void expect(const char *part, bool there)
{
    char *text = awaiting_text(&awaiting, "door-7", PATIENCE_MS);

    ck_assert_msg((strstr(text, part) != NULL) == there, "\"%s\": %s", text, part);
    free(text);
}

START_TEST(the_text_says_what_happens_next_and_then_what_to_check)
{
    static const char *const checks[] = { "10 min", "automatic registration", "region", "list-certificates-by-ca",
                                          "Lambda", "template", "policy", "thing", "\"door-7\"", "mqtt.tls.sni" };

    drop("a.example", 1, 0);
    expect("a.example port 8883", true);
    expect("next: it is tried again", true);
    expect("list-certificates-by-ca", false);
    drop("a.example", 1, PATIENCE_MS);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        expect(checks[i], true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("awaiting");
    TCase *cases = tcase_create("awaiting");

    tcase_add_checked_fixture(cases, create, NULL);
    tcase_add_test(cases, the_three_ways);
    tcase_add_test(cases, other_ends_say_nothing_of_the_certificate);
    tcase_add_test(cases, it_is_told_at_its_beginning_and_once_when_it_takes_too_long);
    tcase_add_test(cases, another_certificate_or_broker_starts_the_time_anew);
    tcase_add_test(cases, a_connack_ends_it);
    tcase_add_test(cases, the_text_says_what_happens_next_and_then_what_to_check);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
