/* SPDX-License-Identifier: MIT */
/* The limits of AWS IoT Core: which settings break one, and that the gateway keeps the others by itself. */
#include "base/memory.h"
#include "cloud/aws.h"
#include "cloud/throttle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ENDPOINT "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"

static struct errors *errors;
static struct errors *notes;

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
}

static void tear_down(void)
{
    errors_free(errors);
    errors_free(notes);
}

static struct cloud_settings good_settings(void)
{
    return (struct cloud_settings) {
        .host = ENDPOINT,
        .port = 8883,
        .tls = { .enabled = true, .sni = true, .verify_name = true, .trust = CLOUD_TRUST_PKI, .client_auth = true },
        .client_id = "7813F597",
        .topic_meta = "springcard/springcore/7813F597/meta",
        .topic_status = "springcard/springcore/7813F597/status",
        .topic_event = "springcard/springcore/7813F597/rdr/evt",
        .topic_command = "springcard/springcore/7813F597/rdr/cmd",
        .subscribe_qos = 1,
        .publish_qos = 1,
        .keep_alive_s = 60,
        .replay_rate = 50,
    };
}

static void check_settings(const struct cloud_settings *settings)
{
    aws_check_settings(settings, errors, notes);
}

/* One complaint, about that setting, with those words; and no note. */
static void expect(struct errors *list, const char *setting, const char *words)
{
    const struct errors *other = list == errors ? notes : errors;

    ck_assert_uint_eq(errors_count(other), 0);
    ck_assert_uint_eq(errors_count(list), 1);
    const char *complaint = errors_get(list, 0);
    size_t length = strlen(setting);
    ck_assert_msg(strncmp(complaint, setting, length) == 0 && complaint[length] == ':', "%s", complaint);
    ck_assert_msg(strstr(complaint, words) != NULL, "%s", complaint);
}

static void expect_nothing(void)
{
    ck_assert_msg(errors_count(errors) == 0, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    ck_assert_msg(errors_count(notes) == 0, "%s", errors_count(notes) > 0 ? errors_get(notes, 0) : "");
}

START_TEST(endpoints_are_known_by_their_names)
{
    ck_assert(aws_is_endpoint(ENDPOINT));
    ck_assert(aws_is_endpoint("A1B2C3-ATS.IoT.us-west-2.AmazonAWS.com"));
    ck_assert(aws_is_endpoint("a1b2c3.iot.us-east-1.amazonaws.com"));
    ck_assert(aws_is_endpoint("a1b2c3.ats.iot.cn-north-1.amazonaws.com.cn"));
    ck_assert(!aws_is_endpoint(""));
    ck_assert(!aws_is_endpoint("localhost"));
    ck_assert(!aws_is_endpoint("ec2-1-2-3-4.eu-central-1.compute.amazonaws.com"));
    ck_assert(!aws_is_endpoint("x.iot.eu-central-1.amazonaws.com.example"));
    ck_assert(!aws_is_endpoint("x.iot.eu-central-1.notamazonaws.com"));
    ck_assert(!aws_is_endpoint("iot.example.com"));
    ck_assert(!aws_is_endpoint(".amazonaws.com"));
}
END_TEST

START_TEST(only_port_443_is_told_the_protocol)
{
    ck_assert_str_eq(aws_alpn(443), "x-amzn-mqtt-ca");
    ck_assert_ptr_null(aws_alpn(8883));
    ck_assert_ptr_null(aws_alpn(1883));
    ck_assert_ptr_null(aws_alpn(8443));
}
END_TEST

START_TEST(good_settings_are_silent)
{
    struct cloud_settings settings = good_settings();

    check_settings(&settings);
    settings.port = 443;
    settings.replay_rate = 0;
    settings.keep_alive_s = 30;
    check_settings(&settings);
    settings.keep_alive_s = 1200;
    settings.replay_rate = 100;
    settings.publish_qos = settings.subscribe_qos = 0;
    check_settings(&settings);
    expect_nothing();
}
END_TEST

START_TEST(other_brokers_have_no_such_limits)
{
    struct cloud_settings settings = good_settings();

    settings.host = "broker.example";
    settings.port = 1883;
    settings.tls = (struct cloud_tls_settings) { 0 };
    settings.client_id = "$x";
    settings.topic_event = "a/b/c/d/e/f/g/h/i/j";
    settings.keep_alive_s = 5;
    settings.replay_rate = 1000;
    check_settings(&settings);
    expect_nothing();
}
END_TEST

START_TEST(ports_other_than_two_are_refused)
{
    static const uint16_t ports[] = { 1883, 8443, 444, 80 };
    struct cloud_settings settings = good_settings();

    settings.port = ports[_i];
    check_settings(&settings);
    expect(errors, "mqtt.port", "8883, or on 443");
}
END_TEST

START_TEST(without_tls_is_refused_and_nothing_else_of_tls_told)
{
    struct cloud_settings settings = good_settings();

    settings.tls = (struct cloud_tls_settings) { .enabled = false };
    check_settings(&settings);
    expect(errors, "mqtt.tls.enabled", "over TLS only");
}
END_TEST

START_TEST(without_sni_is_refused)
{
    struct cloud_settings settings = good_settings();

    settings.tls.sni = false;
    check_settings(&settings);
    expect(errors, "mqtt.tls.sni", "SNI");
}
END_TEST

START_TEST(without_a_client_certificate_is_refused)
{
    struct cloud_settings settings = good_settings();

    settings.tls.client_auth = false;
    check_settings(&settings);
    expect(errors, "mqtt.tls.client_auth", "by its certificate");
}
END_TEST

START_TEST(trust_without_a_chain_is_refused)
{
    struct cloud_settings settings = good_settings();

    settings.tls.trust = CLOUD_TRUST_CA;
    check_settings(&settings);
    expect(errors, "mqtt.tls.trust", "write \"pki\"");
}
END_TEST

START_TEST(trust_in_anybody_is_refused)
{
    struct cloud_settings settings = good_settings();

    settings.tls.trust = CLOUD_TRUST_ANY;
    check_settings(&settings);
    expect(errors, "mqtt.tls.trust", "anybody could take AWS IoT Core's place");
}
END_TEST

START_TEST(a_pinned_certificate_is_a_note)
{
    struct cloud_settings settings = good_settings();

    settings.tls.trust = CLOUD_TRUST_SERVER;
    settings.tls.verify_name = false;
    check_settings(&settings);
    expect(notes, "mqtt.tls.trust", "renews");
}
END_TEST

START_TEST(an_unchecked_name_is_a_note)
{
    struct cloud_settings settings = good_settings();

    settings.tls.verify_name = false;
    check_settings(&settings);
    expect(notes, "mqtt.tls.verify_name", "write true");
}
END_TEST

static const char **topic_of(struct cloud_settings *settings, int which)
{
    const char **const topics[] = { &settings->topic_meta, &settings->topic_status, &settings->topic_event,
                                    &settings->topic_command };

    return topics[which];
}

START_TEST(each_topic_has_seven_slashes_at_most)
{
    struct cloud_settings settings = good_settings();

    *topic_of(&settings, _i) = "1/2/3/4/5/6/7/8";
    check_settings(&settings);
    expect_nothing();
    *topic_of(&settings, _i) = "1/2/3/4/5/6/7/8/9/10";
    check_settings(&settings);
    expect(errors, "mqtt.topic_prefix", "has 9 slashes; AWS IoT Core takes 7 at most; take 2 levels out");
}
END_TEST

START_TEST(each_topic_has_256_bytes_at_most)
{
    struct cloud_settings settings = good_settings();
    char topic[258];

    memset(topic, 'x', 257);
    topic[256] = '\0';
    *topic_of(&settings, _i) = topic;
    check_settings(&settings);
    expect_nothing();
    topic[256] = 'x';
    topic[257] = '\0';
    check_settings(&settings);
    expect(errors, "mqtt.topic_prefix", "has 257 bytes; AWS IoT Core takes 256 at most");
}
END_TEST

START_TEST(topics_of_its_own_are_refused)
{
    struct cloud_settings settings = good_settings();

    *topic_of(&settings, _i) = "$aws/things/x/meta";
    check_settings(&settings);
    expect(errors, "mqtt.topic_prefix", "begins with \"$\"");
}
END_TEST

START_TEST(a_client_id_has_128_bytes_at_most)
{
    struct cloud_settings settings = good_settings();
    char client_id[130];

    memset(client_id, 'x', 129);
    client_id[128] = '\0';
    settings.client_id = client_id;
    check_settings(&settings);
    expect_nothing();
    client_id[128] = 'x';
    client_id[129] = '\0';
    check_settings(&settings);
    expect(errors, "mqtt.client_id", "129 bytes; AWS IoT Core takes 128 at most");
}
END_TEST

START_TEST(a_client_id_does_not_begin_with_a_dollar)
{
    struct cloud_settings settings = good_settings();

    settings.client_id = "$device";
    check_settings(&settings);
    expect(errors, "mqtt.client_id", "begins with \"$\"");
}
END_TEST

START_TEST(a_short_keep_alive_is_a_note)
{
    struct cloud_settings settings = good_settings();

    settings.keep_alive_s = 29;
    check_settings(&settings);
    expect(notes, "mqtt.options.keep_alive", "makes 30 s of 29 s");
}
END_TEST

START_TEST(a_long_keep_alive_is_refused)
{
    struct cloud_settings settings = good_settings();

    settings.keep_alive_s = 1201;
    check_settings(&settings);
    expect(errors, "mqtt.options.keep_alive", "30 to 1200");
}
END_TEST

START_TEST(qos_2_is_refused)
{
    struct cloud_settings settings = good_settings();

    settings.publish_qos = _i == 0 ? 2 : 1;
    settings.subscribe_qos = _i == 0 ? 1 : 2;
    check_settings(&settings);
    expect(errors, _i == 0 ? "mqtt.options.publish_qos" : "mqtt.options.subscribe_qos", "no QoS 2");
}
END_TEST

START_TEST(more_than_a_hundred_replayed_a_second_are_refused)
{
    struct cloud_settings settings = good_settings();

    settings.replay_rate = 101;
    check_settings(&settings);
    expect(errors, "journal.replay_rate", "100 publishes a second");
}
END_TEST

/* Every microsecond would be slow; what matters is who comes at once after a pause, which is the worst case. */
START_TEST(our_rate_stays_below_theirs_in_every_second)
{
    struct throttle throttle;
    static uint64_t passed_us[2000];
    size_t count = 0;

    throttle_init(&throttle, AWS_OUR_PUBLISH_RATE);
    for (uint64_t now_us = 5000000; now_us < 15000000; now_us += 250) {
        bool idle = now_us >= 9000000 && now_us < 11000000;
        while (!idle && throttle_wait_us(&throttle, now_us) == 0) {
            throttle_pass(&throttle, now_us);
            passed_us[count++] = now_us;
        }
    }
    for (size_t first = 0, last = 0; first < count; first++) {
        while (last < count && passed_us[last] - passed_us[first] < 1000000)
            last++;
        ck_assert_uint_le(last - first, AWS_OUR_PUBLISH_RATE + THROTTLE_BURST);
    }
    ck_assert_uint_ge(count, 8 * AWS_OUR_PUBLISH_RATE - 8);
    ck_assert_uint_lt(AWS_OUR_PUBLISH_RATE + THROTTLE_BURST, AWS_PUBLISH_RATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("aws");
    TCase *cases = tcase_create("aws");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, endpoints_are_known_by_their_names);
    tcase_add_test(cases, only_port_443_is_told_the_protocol);
    tcase_add_test(cases, good_settings_are_silent);
    tcase_add_test(cases, other_brokers_have_no_such_limits);
    tcase_add_loop_test(cases, ports_other_than_two_are_refused, 0, 4);
    tcase_add_test(cases, without_tls_is_refused_and_nothing_else_of_tls_told);
    tcase_add_test(cases, without_sni_is_refused);
    tcase_add_test(cases, without_a_client_certificate_is_refused);
    tcase_add_test(cases, trust_without_a_chain_is_refused);
    tcase_add_test(cases, trust_in_anybody_is_refused);
    tcase_add_test(cases, a_pinned_certificate_is_a_note);
    tcase_add_test(cases, an_unchecked_name_is_a_note);
    tcase_add_loop_test(cases, each_topic_has_seven_slashes_at_most, 0, 4);
    tcase_add_loop_test(cases, each_topic_has_256_bytes_at_most, 0, 4);
    tcase_add_loop_test(cases, topics_of_its_own_are_refused, 0, 4);
    tcase_add_test(cases, a_client_id_has_128_bytes_at_most);
    tcase_add_test(cases, a_client_id_does_not_begin_with_a_dollar);
    tcase_add_test(cases, a_short_keep_alive_is_a_note);
    tcase_add_test(cases, a_long_keep_alive_is_refused);
    tcase_add_loop_test(cases, qos_2_is_refused, 0, 2);
    tcase_add_test(cases, more_than_a_hundred_replayed_a_second_are_refused);
    tcase_add_test(cases, our_rate_stays_below_theirs_in_every_second);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
