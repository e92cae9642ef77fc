/* SPDX-License-Identifier: MIT */
/* Whom TLS trusts, as it is written in a configuration; and certificates and keys that systemd hands over. */
#include "base/memory.h"
#include "device/config.h"
#include "gateway/plan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS "certificates: { slot_D = \"/c\"; }; keys: { slot_D = \"/k\"; };\n"

static struct errors *errors;
static struct errors *notes;
static char folder[64];
static char *file;

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
    strcpy(folder, "/tmp/springpark-trust-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    file = text_format("%s/main.conf", folder);
    ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void tear_down(void)
{
    errors_free(errors);
    errors_free(notes);
    unlink(file);
    rmdir(folder);
    free(file);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes);
}

static struct config *good(const char *text)
{
    struct config *config = parse(text);

    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "no config");
    return config;
}

/* Whether the one error there is begins so and holds those words. */
static void expect_error(const char *start, const char *words)
{
    ck_assert_uint_eq(errors_count(errors), 1);
    const char *text = errors_get(errors, 0);
    ck_assert_msg(strncmp(text, start, strlen(start)) == 0, "\"%s\" does not begin with \"%s\"", text, start);
    ck_assert_msg(strstr(text, words) != NULL, "\"%s\" does not say \"%s\"", text, words);
}

static void expect_note(const char *words)
{
    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_msg(strstr(errors_get(notes, 0), words) != NULL, "\"%s\" does not say \"%s\"", errors_get(notes, 0), words);
}

/* --- trust -------------------------------------------------------------------------------------------------------- */

START_TEST(any_is_refused_until_somebody_says_that_it_is_insecure)
{
    static const char *const texts[] = {
        "mqtt: { tls:\n{ trust = \"any\"; }; };",
        "mqtt: { tls:\n{ trust = \"any\"; allow_insecure = false; }; };",
        "\nregisters = [ \"0288=07098D4D8F\" ];",
    };

    ck_assert_ptr_null(parse(texts[_i]));
    expect_error("t.conf:2: mqtt.tls.trust (register 0288): \"any\" is refused: ", "mqtt.tls.allow_insecure = true");
}
END_TEST

START_TEST(any_with_a_promise_is_taken_and_noted_at_each_start)
{
    struct config *config = good("mqtt: { broker = \"h\"; tls:\n{ trust = \"any\"; allow_insecure = true; }; };\n" SLOTS);

    ck_assert_int_eq(config_settings(config)->mqtt.tls.trust, SETTINGS_TRUST_ANY);
    expect_note("t.conf:2: mqtt.tls.trust (register 0288) is \"any\": anybody can be the broker");
    config_free(config);
}
END_TEST

START_TEST(any_needs_no_slot_and_has_no_use_for_one)
{
    struct config *config = good("mqtt: { broker = \"h\"; tls: { trust = \"any\"; allow_insecure = true; ca_slot = 3; }; };"
                                 SLOTS);

    ck_assert_uint_eq(errors_count(notes), 1);
    config_free(config);
    config = good("mqtt: { broker = \"h\"; tls: { trust = \"any\"; allow_insecure = true; ca_slot = 3; }; };\n"
                  "certificates: { slot_D = \"/c\"; slot_3 = \"/x\"; }; keys: { slot_D = \"/k\"; };");
    ck_assert_uint_eq(errors_count(notes), 3);
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 2), "t.conf:2: certificates.slot_3: has no effect"));
    config_free(config);
}
END_TEST

START_TEST(without_tls_the_rest_of_the_register_is_left_alone)
{
    struct config *config = good("registers = [ \"0288=4600000000\" ];");

    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
}
END_TEST

START_TEST(the_other_kinds_are_taken)
{
    static const struct {
        const char *text;
        enum settings_trust trust;
        bool exact;
    } kinds[] = {
        { "mqtt: { tls: { trust = \"server\"; exact = true; }; };", SETTINGS_TRUST_SERVER, true },
        { "mqtt: { tls: { trust = \"server\"; }; };", SETTINGS_TRUST_SERVER, false },
        { "registers = [ \"0288=57098D4D8F\" ];", SETTINGS_TRUST_SERVER, true },
        { "mqtt: { tls: { trust = \"ca\"; }; };", SETTINGS_TRUST_CA, false },
        { "mqtt: { tls: { trust = \"pki\"; }; };", SETTINGS_TRUST_PKI, false },
    };
    struct config *config = good(kinds[_i].text);
    const struct settings_tls *tls = &config_settings(config)->mqtt.tls;

    ck_assert_int_eq(tls->trust, kinds[_i].trust);
    ck_assert(tls->exact == kinds[_i].exact);
    ck_assert(!tls->allow_insecure);
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
}
END_TEST

START_TEST(what_has_no_effect_there_is_noted)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "mqtt: { tls: {\nexact = true; }; };",
          "t.conf:2: mqtt.tls.exact (register 0288): true has no effect: mqtt.tls.trust is not \"server\"" },
        { "mqtt: { tls: {\nallow_insecure = true; }; };",
          "t.conf:2: mqtt.tls.allow_insecure: has no effect: mqtt.tls.trust is not \"any\"" },
        { "mqtt: { tls: { enabled = false;\nallow_insecure = true; }; };",
          "t.conf:2: mqtt.tls.allow_insecure: has no effect: mqtt.tls.enabled is false" },
    };
    struct config *config = good(cases[_i].text);

    expect_note(cases[_i].words);
    config_free(config);
}
END_TEST

static struct plan *plan_of(const char *text)
{
    FILE *out = fopen(file, "w");

    ck_assert_ptr_nonnull(out);
    (void) fputs(text, out);
    ck_assert_int_eq(fclose(out), 0);
    struct plan *plan = plan_create(file, "", errors);
    ck_assert_msg(plan != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "no plan");
    return plan;
}

START_TEST(a_change_of_what_is_compared_makes_the_connection_anew)
{
    struct plan *exact = plan_of("mqtt: { tls: { trust = \"server\"; exact = true; }; };");
    struct plan *again = plan_of("mqtt: { tls: { trust = \"server\"; exact = true; }; };");
    struct plan *key = plan_of("mqtt: { tls: { trust = \"server\"; exact = false; }; };");

    ck_assert(exact->cloud.tls.exact && exact->cloud.tls.trust == CLOUD_TRUST_SERVER);
    ck_assert(plan_same_cloud(exact, again));
    ck_assert(!plan_same_cloud(exact, key));
    plan_free(exact);
    plan_free(again);
    plan_free(key);
}
END_TEST

/* --- credentials of systemd -------------------------------------------------------------------------------------- */

START_TEST(a_credential_is_the_file_that_systemd_hands_over)
{
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    struct plan *plan = plan_of("certificates: { slot_D = \"credential:main.conf\"; slot_9 = \"x.pem\"; };\n"
                                "keys: { slot_D = \"credential:main.conf\"; };\n"
                                "readers: ( { driver = \"script\"; path = \"x\"; } );");
    const struct settings *settings = config_settings(plan->config);

    ck_assert_str_eq(settings->certificates[13].source, file);
    ck_assert_str_eq(settings->keys[13].source, file);
    ck_assert_str_eq(plan->cloud.tls.key, file);
    plan_free(plan);
}
END_TEST

START_TEST(what_is_wrong_with_it_is_told_with_its_slot)
{
    plan_free(plan_of("mqtt: { broker = \"\"; };"));
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    FILE *out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    (void) fputs("mqtt: { broker = \"h\"; };\ncertificates: { slot_D = \"credential:main.conf\"; };\n"
                 "keys: { slot_D = \"credential:main.conf\"; };\n", out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_ptr_null(plan_create(file, "", errors));
    char *start = text_format("%s:3: keys.slot_D (register 0288): %s: ", file, file);
    bool found = false;
    for (size_t i = 0; i < errors_count(errors); i++)
        found = found || strncmp(errors_get(errors, i), start, strlen(start)) == 0;
    ck_assert_msg(found, "no \"%s\"", start);
    free(start);
}
END_TEST

START_TEST(without_systemd_there_is_no_credential)
{
    static const char *const folders[] = { NULL, "", "relative" };

    if (folders[_i] != NULL)
        ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folders[_i], 1), 0);
    ck_assert_ptr_null(parse("\nkeys: { slot_D = \"credential:device\"; };"));
    expect_error("t.conf:2: keys.slot_D: \"credential:device\": systemd handed over no credentials",
                 "next: systemctl edit springparkd, and write LoadCredential=device:FILE");
}
END_TEST

START_TEST(a_credential_that_is_not_handed_over_is_named)
{
    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    FILE *out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    (void) fputs("certificates: { slot_D = \"credential:device\"; };\n", out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_ptr_null(config_load(file, "", errors, notes));
    char *start = text_format("%s:1: certificates.slot_D: \"credential:device\": there is no %s/device; next: ", file,
                              folder);
    expect_error(start, "LoadCredential=device:FILE");
    free(start);
}
END_TEST

START_TEST(a_credential_has_a_name_and_stays_in_its_folder)
{
    static const char *const names[] = { "", "..", ".", "../main.conf", "/etc/passwd" };
    char *text = text_format("keys: { slot_D = \"credential:%s\"; };", names[_i]);

    ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    ck_assert_ptr_null(parse(text));
    expect_error("t.conf:1: keys.slot_D: \"credential:\" needs the name of one credential", "without '/'");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config trust");
    TCase *cases = tcase_create("trust");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, any_is_refused_until_somebody_says_that_it_is_insecure, 0, 3);
    tcase_add_test(cases, any_with_a_promise_is_taken_and_noted_at_each_start);
    tcase_add_test(cases, any_needs_no_slot_and_has_no_use_for_one);
    tcase_add_test(cases, without_tls_the_rest_of_the_register_is_left_alone);
    tcase_add_loop_test(cases, the_other_kinds_are_taken, 0, 5);
    tcase_add_loop_test(cases, what_has_no_effect_there_is_noted, 0, 3);
    tcase_add_test(cases, a_change_of_what_is_compared_makes_the_connection_anew);
    tcase_add_test(cases, a_credential_is_the_file_that_systemd_hands_over);
    tcase_add_test(cases, what_is_wrong_with_it_is_told_with_its_slot);
    tcase_add_loop_test(cases, without_systemd_there_is_no_credential, 0, 3);
    tcase_add_test(cases, a_credential_that_is_not_handed_over_is_named);
    tcase_add_loop_test(cases, a_credential_has_a_name_and_stays_in_its_folder, 0, 5);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
