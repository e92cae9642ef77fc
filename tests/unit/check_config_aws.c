/* SPDX-License-Identifier: MIT */
/* A configuration that breaks a limit of AWS IoT Core is refused with its place: the whole way, as `check` goes it. */
#include "base/memory.h"
#include "gateway/plan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct errors *errors;
static char folder[64];
static char *file;
static const char *serial = "7813F597";

static void set_up(void)
{
    errors = errors_create();
    strcpy(folder, "/tmp/springpark-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    file = text_format("%s/main.conf", folder);
}

static void tear_down(void)
{
    errors_free(errors);
    unlink(file);
    rmdir(folder);
    free(file);
}

/* Lines 1 to 4 are these; what a test adds begins in line 5. The certificates are nowhere: another complaint. */
static struct plan *plan_with(const char *more)
{
    FILE *out = fopen(file, "w");

    ck_assert_ptr_nonnull(out);
    (void) fprintf(out, "device: { serial = \"%s\"; };\n"
                        "readers: ( { driver = \"script\"; path = \"x\"; } );\n"
                        "certificates: { slot_9 = \"/nowhere/ca.pem\"; slot_D = \"/nowhere/device.pem\"; };\n"
                        "keys: { slot_D = \"/nowhere/device.key\"; };\n%s", serial, more);
    ck_assert_int_eq(fclose(out), 0);
    return plan_create(file, "", errors);
}

/* Whether some error is "FILE<place><words>..." */
static void expect(const char *place, const char *words)
{
    char *start = text_format("%s%s", file, place);
    bool found = false;

    for (size_t i = 0; i < errors_count(errors); i++) {
        const char *error = errors_get(errors, i);
        found = found || (strncmp(error, start, strlen(start)) == 0 && strstr(error, words) != NULL);
    }
    for (size_t i = 0; !found && i < errors_count(errors); i++)
        (void) fprintf(stderr, "%s\n", errors_get(errors, i));
    ck_assert_msg(found, "no \"%s ... %s\"", start, words);
    free(start);
}

struct broken {
    const char *text, *place, *words;
};

#define BROKER "mqtt: { broker = \"x-ats.iot.eu-central-1.amazonaws.com\";\n"

static const struct broken broken[] = {
    { BROKER "port = 1883; };", ":6: mqtt.port (register 0285): ", "8883, or on 443" },
    { BROKER "topic_prefix = \"1/2/3/4/5/6\"; };", ":6: mqtt.topic_prefix (register 028E): ", "has 8 slashes" },
    { BROKER "client_id = \"$x\"; };", ":6: mqtt.client_id (register 028D): ", "begins with \"$\"" },
    { BROKER "tls: { enabled = false; }; };", ":6: mqtt.tls.enabled (register 0288): ", "over TLS only" },
    { BROKER "tls: {\nsni = false; }; };", ":7: mqtt.tls.sni (register 0288): ", "SNI" },
    { BROKER "tls: { client_auth = false; }; };", ":6: mqtt.tls.client_auth (register 0288): ", "by its cert" },
    { BROKER "};\njournal: { replay_rate = 200; };", ":7: journal.replay_rate: ", "100 publishes a second" },
    { "registers = [\n\"0288=3409800D8F\" ];\n" BROKER "};", ":6: mqtt.tls.enabled (register 0288): ", "over TLS" },
};

START_TEST(what_breaks_a_limit_is_refused_with_its_place)
{
    const struct broken *one = &broken[_i];

    ck_assert_ptr_null(plan_with(one->text));
    expect(one->place, one->words);
}
END_TEST

START_TEST(the_same_is_fine_with_another_broker)
{
    struct plan *plan = plan_with("mqtt: { broker = \"broker.example\"; port = 1883;\n"
                                  "topic_prefix = \"1/2/3/4/5/6\"; client_id = \"$x\"; tls: { enabled = false; }; };\n"
                                  "journal: { replay_rate = 200; };");

    ck_assert_msg(plan != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    plan_free(plan);
}
END_TEST

/* What nobody wrote has no line: the client id is the serial number by default. */
START_TEST(a_default_is_told_as_one)
{
    serial = "$x";
    ck_assert_ptr_null(plan_with(BROKER "};"));
    expect(": mqtt.client_id (register 028D), by default: ", "begins with \"$\"");
}
END_TEST

START_TEST(settings_have_their_place)
{
    struct config *config;
    struct errors *notes = errors_create();
    const char text[] = "mqtt: {\n client_id = \"door\";\n options: { keep_alive = 20; }; };\n"
                        "journal: { replay_rate = 3; };";

    config = config_parse_text(text, sizeof text - 1, "t.conf", false, "", errors, notes);
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(config_place(config, "mqtt.client_id"), "t.conf:2");
    ck_assert_str_eq(config_place(config, "mqtt.options.keep_alive"), "t.conf:3");
    ck_assert_str_eq(config_place(config, "journal.replay_rate"), "t.conf:4");
    ck_assert_ptr_null(config_place(config, "mqtt.port"));
    ck_assert_ptr_null(config_place(config, "no.such.thing"));
    config_free(config);
    errors_free(notes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config-aws");
    TCase *cases = tcase_create("config-aws");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, what_breaks_a_limit_is_refused_with_its_place, 0,
                        (int) (sizeof broken / sizeof broken[0]));
    tcase_add_test(cases, the_same_is_fine_with_another_broker);
    tcase_add_test(cases, a_default_is_told_as_one);
    tcase_add_test(cases, settings_have_their_place);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
