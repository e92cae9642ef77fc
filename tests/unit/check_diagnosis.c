/* SPDX-License-Identifier: MIT */
#include "cloud/diagnosis.h"
#include "cloud/dial.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 2031-02-03: the clock of these tests; their certificate is valid a year around it. */
enum { NOW = 1927843200, HALF_A_YEAR = 15768000, AGAIN_MS = 1000 };

static const struct diagnosis_names names = {
    .host = "broker.example", .client_id = "door-7", .topic_meta = "t/meta", .topic_status = "t/status",
    .topic_event = "t/evt", .topic_command = "t/cmd",
};

static struct diagnosis diagnosis;
static uint64_t now_ms;

static void create(void)
{
    diagnosis_reset(&diagnosis, AGAIN_MS);
    now_ms = 0;
}

/* Facts of a connection with TLS, will and retain flag, that ended so. */
static struct diagnosis_facts facts_of(struct mqtt_end how)
{
    how.tls = true;
    how.established = true;
    return (struct diagnosis_facts) {
        .how = how, .will = true, .retained = true, .alert = TLS_NO_ALERT, .now = NOW,
        .not_before = NOW - HALF_A_YEAR, .not_after = NOW + HALF_A_YEAR, .without = diagnosis.without,
    };
}

/* Accepted, and closed without a word. */
static struct diagnosis_facts dropped(void)
{
    return facts_of((struct mqtt_end) { .cause = MQTT_END_CLOSED, .version = 4, .accepted = true });
}

static struct diagnosis_facts unanswered(void)
{
    struct diagnosis_facts facts = facts_of((struct mqtt_end) { .cause = MQTT_END_CLOSED, .version = 4 });

    facts.registered = facts.certificate_sent = true;
    return facts;
}

static enum diagnosis_cause note(struct diagnosis_facts facts)
{
    facts.without = diagnosis_begin(&diagnosis, now_ms);
    return diagnosis_note_end(&diagnosis, &facts, now_ms);
}

static void note_times(struct diagnosis_facts facts, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        (void) note(facts);
}

static void expect_advice(enum diagnosis_cause cause, const struct diagnosis_facts *facts, const char *part)
{
    char *advice = diagnosis_advice(&diagnosis, cause, facts, &names);

    ck_assert_msg(strstr(advice, part) != NULL, "\"%s\" does not say \"%s\"", advice, part);
    free(advice);
}

/* --- causes, each by its reason code and by its pattern ----------------------------------------------------------- */

struct row {
    const char *name;
    struct diagnosis_facts facts;
    unsigned times;              /* after so many it is known */
    enum diagnosis_cause cause;
    const char *says;
};

#define TLS_4(cause_) .how = { .cause = cause_, .version = 4, .tls = true, .established = true }
#define LOST_4 .how = { .cause = MQTT_END_CLOSED, .version = 4, .tls = true, .established = true, .accepted = true }
#define SAID_5(reason_) \
    .how = { .cause = MQTT_END_SAID, .version = 5, .reason = reason_, .tls = true, .established = true, .accepted = true }
#define REFUSED_5(reason_) \
    .how = { .cause = MQTT_END_REFUSED, .version = 5, .reason = reason_, .tls = true, .established = true }
#define KNOWN .registered = true, .certificate_sent = true
#define DATES .alert = TLS_NO_ALERT, .now = NOW, .not_before = NOW - HALF_A_YEAR, .not_after = NOW + HALF_A_YEAR

static const struct row rows[] = {
    { "taken over, by code", { SAID_5(0x8E), DATES }, 1, DIAGNOSIS_TAKEN_OVER, "serial numbers" },
    { "taken over, by pattern", { LOST_4, DATES }, 3, DIAGNOSIS_TAKEN_OVER, "client id \"door-7\"" },
    { "topic, by code", { SAID_5(0x87), DATES, .meta = true }, 1, DIAGNOSIS_TOPIC, "publish on t/meta" },
    { "topic name, by code", { SAID_5(0x90), DATES, .status = true }, 1, DIAGNOSIS_TOPIC, "publish on t/status" },
    { "topic of META, by pattern", { LOST_4, DATES, .meta = true, .events = true }, 3, DIAGNOSIS_TOPIC, "t/meta" },
    { "topic of events, by pattern", { LOST_4, DATES, .events = true }, 3, DIAGNOSIS_TOPIC, "publish on t/evt" },
    { "subscription, by code", { SAID_5(0x87), DATES, .subscription = true }, 1, DIAGNOSIS_SUBSCRIPTION, "t/cmd" },
    { "topic filter, by code", { SAID_5(0x8F), DATES }, 1, DIAGNOSIS_SUBSCRIPTION, "t/cmd" },
    { "subscription, by pattern", { LOST_4, DATES, .subscription = true, .meta = true }, 3, DIAGNOSIS_SUBSCRIPTION,
      "iot:Subscribe" },
    { "will, by code", { REFUSED_5(0x90), DATES, .will = true }, 1, DIAGNOSIS_WILL, "t/status" },
    { "retain, by code", { SAID_5(0x9A), DATES, .retained = true }, 1, DIAGNOSIS_RETAIN, "mqtt.options.retained" },
    { "retain, by code of META", { SAID_5(0x87), DATES, .retained = true, .meta = true }, 1, DIAGNOSIS_RETAIN,
      "iot:RetainPublish" },
    { "retain, by pattern", { LOST_4, DATES, .retained = true, .meta = true }, 3, DIAGNOSIS_RETAIN, "iot:RetainPublish" },
    { "endpoint: no such name", { .how = { .cause = MQTT_END_UNCONNECTED, .system_error = DIAL_UNKNOWN_NAME }, DATES,
      .aws = true }, 1, DIAGNOSIS_ENDPOINT, "describe-endpoint" },
    { "endpoint: another name", { TLS_4(MQTT_END_BROKEN), DATES, .aws = true, .refusal = TLS_REFUSED_NAME }, 1,
      DIAGNOSIS_ENDPOINT, "broker.example is the endpoint" },
    { "endpoint: an old one", { TLS_4(MQTT_END_BROKEN), DATES, .aws = true, .refusal = TLS_REFUSED_ISSUER }, 1,
      DIAGNOSIS_ENDPOINT, "Data-ATS" },
    { "endpoint: unknown to the server", { .how = { .cause = MQTT_END_HANDSHAKE, .tls = true }, .alert = 112, .now = NOW,
      .aws = true }, 1, DIAGNOSIS_ENDPOINT, "region" },
    { "clock never set", { TLS_4(MQTT_END_BROKEN), .alert = TLS_NO_ALERT, .now = 86400, .refusal = TLS_REFUSED_EARLY }, 1,
      DIAGNOSIS_CLOCK, "1970-01-02" },
    { "clock before our certificate", { .gave_up = true, .alert = TLS_NO_ALERT, .now = NOW - 2 * HALF_A_YEAR,
      .not_before = NOW - HALF_A_YEAR, .not_after = NOW + HALF_A_YEAR }, 1, DIAGNOSIS_CLOCK, "timedatectl" },
    { "clock that is fast, at AWS", { TLS_4(MQTT_END_BROKEN), DATES, .aws = true, .refusal = TLS_REFUSED_LATE }, 1,
      DIAGNOSIS_CLOCK, "2031-02-03" },
    { "expired there, valid here", { .how = { .cause = MQTT_END_HANDSHAKE, .tls = true }, .alert = 45, .now = NOW,
      .not_before = NOW - HALF_A_YEAR, .not_after = NOW + HALF_A_YEAR, KNOWN }, 1, DIAGNOSIS_CLOCK,
      "clock of this box" },
    { "inactive, closed", { TLS_4(MQTT_END_CLOSED), DATES, KNOWN }, 1, DIAGNOSIS_INACTIVE, "deactivated" },
    { "inactive, reset", { .how = { .cause = MQTT_END_BROKEN, .system_error = ECONNRESET, .tls = true,
      .established = true }, DATES, KNOWN }, 1, DIAGNOSIS_INACTIVE, "describe-certificate" },
    { "inactive, closed in the handshake", { .how = { .cause = MQTT_END_CLOSED, .tls = true }, DATES, KNOWN },
      1, DIAGNOSIS_INACTIVE, "deactivated" },
    { "revoked", { .how = { .cause = MQTT_END_HANDSHAKE, .tls = true }, .alert = 44, .now = NOW, KNOWN }, 1,
      DIAGNOSIS_INACTIVE, "revoked" },
    { "certificate unknown", { .how = { .cause = MQTT_END_BROKEN, .tls = true, .established = true }, .alert = 46,
      .now = NOW, KNOWN }, 1, DIAGNOSIS_INACTIVE, "policy or thing" },
    { "inactive, or the will", { TLS_4(MQTT_END_CLOSED), DATES, KNOWN, .will = true }, 1, DIAGNOSIS_INACTIVE,
      "last will on t/status" },
    { "QoS 0 leaves nothing to know", { LOST_4, DATES, .qos_0 = true }, 3, DIAGNOSIS_TAKEN_OVER,
      "policy allows the topics" },
};

START_TEST(each_cause_is_known)
{
    const struct row *row = &rows[_i];
    enum diagnosis_cause cause = DIAGNOSIS_NONE;

    for (unsigned i = 1; i <= row->times; i++) {
        ck_assert_msg(cause == DIAGNOSIS_NONE, "%s: after %u", row->name, i - 1);
        cause = note(row->facts);
    }
    ck_assert_msg(cause == row->cause, "%s: %d, not %d", row->name, (int) cause, (int) row->cause);
    expect_advice(cause, &row->facts, row->says);
}
END_TEST

static const struct row innocent[] = {
    { "never accepted, closed", { TLS_4(MQTT_END_CLOSED), DATES, .awaiting = true }, 9, DIAGNOSIS_NONE, "" },
    { "no such name, not AWS", { .how = { .cause = MQTT_END_UNCONNECTED, .system_error = DIAL_UNKNOWN_NAME }, DATES }, 9,
      DIAGNOSIS_NONE, "" },
    { "no name server", { .how = { .cause = MQTT_END_UNCONNECTED, .system_error = DIAL_UNRESOLVED }, DATES, .aws = true },
      9, DIAGNOSIS_NONE, "" },
    { "refused TCP", { .how = { .cause = MQTT_END_UNCONNECTED, .system_error = ECONNREFUSED }, DATES, .aws = true,
      KNOWN }, 9, DIAGNOSIS_NONE, "" },
    { "another name, not AWS", { TLS_4(MQTT_END_BROKEN), DATES, .refusal = TLS_REFUSED_NAME }, 9, DIAGNOSIS_NONE, "" },
    { "expired here, too", { .gave_up = true, .alert = TLS_NO_ALERT, .now = NOW, .not_before = NOW - HALF_A_YEAR,
      .not_after = NOW - 1 }, 9, DIAGNOSIS_NONE, "" },
    { "the broker's has expired", { TLS_4(MQTT_END_BROKEN), DATES, .refusal = TLS_REFUSED_LATE }, 9, DIAGNOSIS_NONE, "" },
    { "a network that fails", { .how = { .cause = MQTT_END_BROKEN, .system_error = ETIMEDOUT, .tls = true,
      .established = true, .accepted = true }, DATES, .meta = true, .retained = true }, 9, DIAGNOSIS_NONE, "" },
    { "server shutting down", { SAID_5(0x8B), DATES }, 9, DIAGNOSIS_NONE, "" },
    { "reset before it saw the certificate", { .how = { .cause = MQTT_END_BROKEN, .system_error = ECONNRESET,
      .tls = true }, DATES, .registered = true }, 9, DIAGNOSIS_NONE, "" },
    { "our own deadline", { LOST_4, DATES, .gave_up = true, .subscription = true }, 9, DIAGNOSIS_NONE, "" },
    { "good sessions", { LOST_4, DATES, .good = true }, 9, DIAGNOSIS_NONE, "" },
    { "refused, with its reason", { REFUSED_5(0x86), DATES, .will = true, KNOWN }, 9, DIAGNOSIS_NONE, "" },
};

START_TEST(what_is_no_pattern_is_called_none)
{
    const struct row *row = &innocent[_i];

    for (unsigned i = 0; i < row->times; i++)
        ck_assert_msg(note(row->facts) == DIAGNOSIS_NONE, "%s", row->name);
    ck_assert_uint_eq(diagnosis_begin(&diagnosis, now_ms), 0);
}
END_TEST

START_TEST(now_so_now_so_is_unstable)
{
    struct diagnosis_facts events = dropped();

    events.events = true;
    ck_assert_int_eq(note(dropped()), DIAGNOSIS_NONE);
    ck_assert_int_eq(note(events), DIAGNOSIS_NONE);
    ck_assert_int_eq(note(dropped()), DIAGNOSIS_UNSTABLE);
    const struct diagnosis_facts facts = dropped();
    expect_advice(DIAGNOSIS_UNSTABLE, &facts, "made and lost again and again");
    expect_advice(DIAGNOSIS_UNSTABLE, &facts, "size of what is published");
}
END_TEST

START_TEST(what_was_unacknowledged_each_time_is_named)
{
    struct diagnosis_facts facts = dropped();

    facts.events = true;
    facts.subscription = facts.meta = facts.status = true;
    (void) note(facts);
    facts.subscription = facts.meta = false;
    (void) note(facts);
    facts.status = false;
    ck_assert_int_eq(note(facts), DIAGNOSIS_TOPIC);
    expect_advice(DIAGNOSIS_TOPIC, &facts, "publish on t/evt");
}
END_TEST

START_TEST(a_failure_of_another_kind_does_not_break_a_pattern_but_a_good_session_does)
{
    struct diagnosis_facts good = dropped();
    const struct diagnosis_facts refused =
        facts_of((struct mqtt_end) { .cause = MQTT_END_UNCONNECTED, .system_error = ECONNREFUSED });

    good.good = true;
    note_times(dropped(), 2);
    (void) note(refused);
    ck_assert_int_eq(note(dropped()), DIAGNOSIS_TAKEN_OVER);
    (void) note(good);
    ck_assert_int_eq(note(dropped()), DIAGNOSIS_NONE);
}
END_TEST

/* --- doing without ------------------------------------------------------------------------------------------------ */

static void expect_without(unsigned without)
{
    ck_assert_uint_eq(diagnosis_begin(&diagnosis, now_ms), without);
}

START_TEST(a_refused_will_is_found_by_connecting_without_it)
{
    note_times(unanswered(), 2);
    expect_without(0);
    note_times(unanswered(), 1);
    expect_without(DIAGNOSIS_NO_WILL);
    ck_assert(diagnosis_note_hold(&diagnosis));
    ck_assert(!diagnosis_note_hold(&diagnosis));
    struct diagnosis_facts lost = dropped();
    lost.good = true;
    (void) note(lost);
    expect_without(DIAGNOSIS_NO_WILL);
}
END_TEST

START_TEST(a_connack_that_may_be_about_the_will_is_tried_without_it_too)
{
    struct diagnosis_facts facts = facts_of((struct mqtt_end) { .cause = MQTT_END_REFUSED, .version = 4, .reason = 5 });

    note_times(facts, 3);
    expect_without(DIAGNOSIS_NO_WILL);
}
END_TEST

START_TEST(an_inactive_certificate_is_tried_without_the_will_once)
{
    note_times(unanswered(), 3);
    expect_without(DIAGNOSIS_NO_WILL);
    struct diagnosis_facts facts = unanswered();
    ck_assert_int_eq(note(facts), DIAGNOSIS_INACTIVE);
    for (unsigned i = 0; i < 9; i++) {
        expect_without(0);
        ck_assert_int_eq(note(facts), DIAGNOSIS_INACTIVE);
    }
    char *advice = diagnosis_advice(&diagnosis, DIAGNOSIS_INACTIVE, &facts, &names);
    ck_assert_ptr_null(strstr(advice, "last will"));
    free(advice);
}
END_TEST

START_TEST(what_was_never_accepted_is_tried_without_the_will_only_once_that_is_no_longer_normal)
{
    struct diagnosis_facts facts = unanswered();

    facts.registered = false;
    facts.awaiting = true;
    note_times(facts, 9);
    expect_without(0);
    facts.awaiting = false;
    note_times(facts, 3);
    expect_without(DIAGNOSIS_NO_WILL);
}
END_TEST

START_TEST(without_a_will_there_is_nothing_to_try)
{
    struct diagnosis_facts facts = unanswered();

    facts.will = false;
    note_times(facts, 9);
    expect_without(0);
}
END_TEST

/* Drops of what it does, until it does without all of these; how many that took. */
static unsigned search(unsigned forbidden, bool suback_is_late)
{
    for (unsigned drops = 0; drops < 20; drops++) {
        unsigned left = forbidden & ~diagnosis_begin(&diagnosis, now_ms);
        bool subscribes = (diagnosis.without & DIAGNOSIS_NO_SUBSCRIPTION) == 0;
        struct diagnosis_facts facts = dropped();

        if (left == 0)
            return drops;
        facts.subscription = subscribes && ((left & DIAGNOSIS_NO_SUBSCRIPTION) != 0 || suback_is_late);
        facts.meta = true;
        (void) note(facts);
    }
    return 20;
}

START_TEST(whatever_is_refused_is_found)
{
    static const unsigned sets[] = { DIAGNOSIS_NO_SUBSCRIPTION, DIAGNOSIS_NO_RETAIN,
                                     DIAGNOSIS_NO_SUBSCRIPTION | DIAGNOSIS_NO_RETAIN };
    unsigned forbidden = sets[_i / 2];

    ck_assert_uint_lt(search(forbidden, _i % 2 == 1), 7);
    ck_assert_uint_eq(diagnosis.without & forbidden, forbidden);
    if (forbidden == DIAGNOSIS_NO_RETAIN) /* commands still come in */
        ck_assert_uint_eq(diagnosis.without, DIAGNOSIS_NO_RETAIN);
}
END_TEST

START_TEST(a_topic_that_is_refused_is_no_matter_of_the_retain_flag)
{
    struct diagnosis_facts facts = dropped();

    facts.meta = true;
    note_times(facts, 3);
    expect_without(DIAGNOSIS_NO_RETAIN);
    ck_assert_int_eq(note(facts), DIAGNOSIS_TOPIC);
    expect_without(0);
    ck_assert_int_eq(note(facts), DIAGNOSIS_TOPIC);
    expect_without(0);
}
END_TEST

START_TEST(an_end_before_connack_says_nothing_about_the_subscription)
{
    struct diagnosis_facts facts = dropped();

    facts.subscription = true;
    note_times(facts, 3);
    expect_without(DIAGNOSIS_NO_SUBSCRIPTION);
    (void) note(unanswered());
    expect_without(DIAGNOSIS_NO_SUBSCRIPTION);
    ck_assert(diagnosis_note_hold(&diagnosis));
}
END_TEST

START_TEST(a_will_that_is_refused_stays_out_while_something_else_is_tried)
{
    note_times(unanswered(), 3);
    expect_without(DIAGNOSIS_NO_WILL);
    (void) diagnosis_note_hold(&diagnosis);
    struct diagnosis_facts facts = dropped();
    facts.subscription = true;
    note_times(facts, 3);
    expect_without(DIAGNOSIS_NO_WILL | DIAGNOSIS_NO_SUBSCRIPTION);
    ck_assert(diagnosis_note_hold(&diagnosis));
}
END_TEST

START_TEST(all_is_tried_again_later_and_one_drop_leads_back)
{
    struct diagnosis_facts facts = dropped();

    facts.subscription = true;
    note_times(facts, 3);
    (void) diagnosis_note_hold(&diagnosis);
    now_ms += AGAIN_MS - 1;
    expect_without(DIAGNOSIS_NO_SUBSCRIPTION);
    now_ms += 1;
    expect_without(0);
    (void) note(facts);
    expect_without(DIAGNOSIS_NO_SUBSCRIPTION);
    ck_assert(!diagnosis_note_hold(&diagnosis)); /* that is known */
    now_ms += 2 * AGAIN_MS - 1; /* twice as long */
    expect_without(DIAGNOSIS_NO_SUBSCRIPTION);
    now_ms += 1;
    expect_without(0);
    facts.good = true;
    (void) note(facts); /* it works now */
    facts.good = false;
    (void) note(facts);
    expect_without(0);
}
END_TEST

START_TEST(a_drop_of_another_kind_does_not_lead_back)
{
    struct diagnosis_facts facts = dropped();

    facts.subscription = true;
    note_times(facts, 3);
    (void) diagnosis_note_hold(&diagnosis);
    now_ms += AGAIN_MS;
    expect_without(0);
    (void) note(dropped());
    expect_without(0);
}
END_TEST

START_TEST(it_is_tried_again_at_least_once_a_day)
{
    struct diagnosis_facts facts = dropped();

    diagnosis_reset(&diagnosis, DIAGNOSIS_AGAIN_MS);
    facts.subscription = true;
    note_times(facts, 3);
    for (unsigned i = 0; i < 20; i++) {
        (void) diagnosis_note_hold(&diagnosis);
        ck_assert_uint_le(diagnosis.again_ms - now_ms, DIAGNOSIS_AGAIN_CAP_MS);
        now_ms = diagnosis.again_ms;
        expect_without(0);
        (void) note(facts);
    }
    ck_assert_uint_eq(diagnosis.again_ms - now_ms, DIAGNOSIS_AGAIN_CAP_MS);
}
END_TEST

START_TEST(new_settings_forget)
{
    note_times(unanswered(), 3);
    (void) diagnosis_note_hold(&diagnosis);
    diagnosis_reset(&diagnosis, AGAIN_MS);
    expect_without(0);
}
END_TEST

static void expect_text(unsigned without, bool proven, const char *part)
{
    char *text = diagnosis_without_text(without, proven, &names);

    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" does not say \"%s\"", text, part);
    free(text);
}

START_TEST(what_it_does_without_is_named)
{
    expect_text(DIAGNOSIS_NO_WILL, true, "the broker refuses the last will on t/status; connected without it");
    expect_text(DIAGNOSIS_NO_SUBSCRIPTION, true, "no command can come in");
    expect_text(DIAGNOSIS_NO_RETAIN, true, "iot:RetainPublish");
    expect_text(DIAGNOSIS_NO_SUBSCRIPTION, false, "may refuse");
    expect_text(DIAGNOSIS_NO_WILL | DIAGNOSIS_NO_RETAIN, true, "last_will; the broker refuses retained");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnosis");
    TCase *cases = tcase_create("diagnosis");

    tcase_add_checked_fixture(cases, create, NULL);
    tcase_add_loop_test(cases, each_cause_is_known, 0, (int) (sizeof rows / sizeof rows[0]));
    tcase_add_loop_test(cases, what_is_no_pattern_is_called_none, 0, (int) (sizeof innocent / sizeof innocent[0]));
    tcase_add_test(cases, now_so_now_so_is_unstable);
    tcase_add_test(cases, what_was_unacknowledged_each_time_is_named);
    tcase_add_test(cases, a_failure_of_another_kind_does_not_break_a_pattern_but_a_good_session_does);
    tcase_add_test(cases, a_refused_will_is_found_by_connecting_without_it);
    tcase_add_test(cases, a_connack_that_may_be_about_the_will_is_tried_without_it_too);
    tcase_add_test(cases, an_inactive_certificate_is_tried_without_the_will_once);
    tcase_add_test(cases, what_was_never_accepted_is_tried_without_the_will_only_once_that_is_no_longer_normal);
    tcase_add_test(cases, without_a_will_there_is_nothing_to_try);
    tcase_add_loop_test(cases, whatever_is_refused_is_found, 0, 6);
    tcase_add_test(cases, a_topic_that_is_refused_is_no_matter_of_the_retain_flag);
    tcase_add_test(cases, an_end_before_connack_says_nothing_about_the_subscription);
    tcase_add_test(cases, a_will_that_is_refused_stays_out_while_something_else_is_tried);
    tcase_add_test(cases, all_is_tried_again_later_and_one_drop_leads_back);
    tcase_add_test(cases, a_drop_of_another_kind_does_not_lead_back);
    tcase_add_test(cases, it_is_tried_again_at_least_once_a_day);
    tcase_add_test(cases, new_settings_forget);
    tcase_add_test(cases, what_it_does_without_is_named);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
