/* SPDX-License-Identifier: MIT */
/* How a box comes to a certificate of its own, as it is written in a configuration, and what the plan makes of it. */
#include "base/memory.h"
#include "cloud/claim_thing.h"
#include "cloud/issue.h"
#include "gateway/plan.h"

#include <check.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct errors *errors;
static struct errors *notes;
static char folder[64];

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
    strcpy(folder, "/tmp/springpark-provisioning-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(unsetenv("STATE_DIRECTORY"), 0);
}

static void tear_down(void)
{
    static const char *const names[] = { "main.conf", "thing", "device.pem", "device.key", "claim.pem", "claim.key" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = text_format("%s/%s", folder, names[i]);
        unlink(path);
        free(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    errors_free(errors);
    errors_free(notes);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes);
}

#define BROKER "mqtt: { broker = \"h\"; tls: { ca_slot = 9; certificate_slot = 0xD; key_slot = 0xD; " \
    "client_auth = true; }; };\n"
#define CLAIM "certificates: { slot_C = \"/c\"; }; keys: { slot_C = \"/k\"; };\n"

START_TEST(a_claim_gives_the_box_slots_in_the_state_folder)
{
    struct config *config = parse(BROKER CLAIM "journal: { directory = \"/s\"; };"
                                  "provisioning: { template = \"springpark\"; };");
    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    const struct settings *settings = config_settings(config);

    ck_assert_str_eq(settings->provisioning.template_name, "springpark");
    ck_assert_uint_eq(settings->provisioning.certificate_slot, 0xC);
    ck_assert_uint_eq(settings->provisioning.key_slot, 0xC);
    ck_assert_str_eq(settings->certificates[0xD].source, "/s/device.pem");
    ck_assert_str_eq(settings->keys[0xD].source, "/s/device.key");
    ck_assert_uint_eq(errors_count(notes), 0); /* slot C is made use of */
    config_free(config);
}
END_TEST

START_TEST(the_folder_that_systemd_made_is_the_state_folder)
{
    ck_assert_int_eq(setenv("STATE_DIRECTORY", "/made", 1), 0);
    struct config *config = parse(BROKER CLAIM "provisioning: { template = \"springpark\"; };");

    ck_assert_str_eq(config_settings(config)->certificates[0xD].source, "/made/device.pem");
    config_free(config);
}
END_TEST

START_TEST(slots_that_are_named_stay)
{
    struct config *config = parse(BROKER "certificates: { slot_A = \"/c\"; slot_D = \"/x.pem\"; };"
                                  "keys: { slot_B = \"/k\"; slot_D = \"pkcs11:object=o\"; };"
                                  "provisioning: { template = \"t\"; certificate_slot = 0xA; key_slot = 0xB; };");
    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");

    ck_assert_str_eq(config_settings(config)->certificates[0xD].source, "/x.pem");
    ck_assert_str_eq(config_settings(config)->keys[0xD].source, "pkcs11:object=o");
    config_free(config);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} wrong[] = {
    { BROKER CLAIM "provisioning:\n{ template = \"a b\"; };",
      "t.conf:4: provisioning.template: only letters, digits, '_' and '-' are allowed: it is the name of a fleet "
      "provisioning template" },
    { BROKER CLAIM "provisioning: { template = \"0123456789012345678901234567890123456\"; };",
      "t.conf:3: provisioning.template: a text of 37 bytes is too long: at most 36" },
    { "mqtt: { broker = \"h\"; tls: { client_auth = false; }; };\n" CLAIM "provisioning: { template = \"t\"; };",
      "t.conf:3: provisioning.template: a claim is a client certificate, but mqtt.tls.enabled or mqtt.tls.client_auth "
      "(register 0288) is false; next: write true for both" },
    { "mqtt: { broker = \"h\"; tls: { enabled = false; }; };\n" CLAIM "provisioning: { template = \"t\"; };",
      "t.conf:3: provisioning.template: a claim is a client certificate, but mqtt.tls.enabled or mqtt.tls.client_auth "
      "(register 0288) is false; next: write true for both" },
    { BROKER "keys: { slot_C = \"/k\"; };\nprovisioning: { template = \"t\"; };",
      "t.conf:3: certificates.slot_C is not set, but provisioning.certificate_slot names it; next: name the claim's "
      "file there" },
    { BROKER "certificates: { slot_C = \"/c\"; };\nprovisioning: { template = \"t\"; };",
      "t.conf:3: keys.slot_C is not set, but provisioning.key_slot names it; next: name the claim's file there" },
    { BROKER CLAIM "provisioning: { template = \"t\";\ncertificate_slot = 0xD; };",
      "t.conf:4: provisioning.certificate_slot: slot D is this box's own, too (mqtt.tls, register 0288); next: put the "
      "claim's file into another slot, and name that one here" },
    { BROKER CLAIM "provisioning: { template = \"t\";\nkey_slot = 16; };",
      "t.conf:4: provisioning.key_slot: 16 is not allowed: 0 to 15" },
    { BROKER CLAIM "provisioning: { templat = \"t\"; };",
      "t.conf:3: provisioning.templat: unknown setting; did you mean provisioning.template?" },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    struct config *config = parse(wrong[_i].text);

    ck_assert_ptr_null(config);
    bool found = false;
    for (size_t i = 0; i < errors_count(errors); i++)
        found = found || strcmp(errors_get(errors, i), wrong[_i].error) == 0;
    ck_assert_msg(found, "%zu errors, the first \"%s\"", errors_count(errors), errors_get(errors, 0));
}
END_TEST

START_TEST(slots_without_a_template_are_noted)
{
    struct config *config = parse(BROKER "certificates: { slot_D = \"/c\"; }; keys: { slot_D = \"/k\"; };\n"
                                  "provisioning: { template = \"\"; key_slot = 3; };");

    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_str_eq(errors_get(notes, 0), "t.conf:3: provisioning.key_slot: has no effect while "
                                           "provisioning.template is empty");
    config_free(config);
}
END_TEST

/* --- the plan ----------------------------------------------------------------------------------------------------- */

static void write_pair(const char *name, EVP_PKEY *key, X509 *certificate)
{
    char *pem = text_format("%s/%s.pem", folder, name), *private = text_format("%s/%s.key", folder, name);

    FILE *out = fopen(pem, "w");
    ck_assert_int_eq(PEM_write_X509(out, certificate), 1);
    fclose(out);
    out = fopen(private, "w");
    ck_assert_int_eq(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(out);
    free(pem);
    free(private);
}

static X509 *make_pair(const char *name, const char *common_name)
{
    EVP_PKEY *key = issue_key(ISSUE_KEY_EC, errors);
    const struct issue_order order = { .purpose = ISSUE_CLIENT, .common_name = common_name, .days = 60, .key = key };
    X509 *certificate = issue_certificate(&order, clock_system(), errors);

    ck_assert_ptr_nonnull(certificate);
    write_pair(name, key, certificate);
    EVP_PKEY_free(key);
    return certificate;
}

static struct plan *plan_with(const char *template)
{
    char *file = text_format("%s/main.conf", folder);
    FILE *out = fopen(file, "w");

    /* The broker's CA may be any certificate that there is. */
    (void) fprintf(out, "mqtt: { broker = \"localhost\"; tls: { ca_slot = 8; certificate_slot = 0xD; "
                        "key_slot = 0xD; }; };\n"
                        "certificates: { slot_8 = \"claim.pem\"; slot_C = \"claim.pem\"; };\n"
                        "keys: { slot_C = \"claim.key\"; }; journal: { directory = \"%s\"; };\n"
                        "readers: ( { driver = \"script\"; path = \"x\"; } );\n"
                        "provisioning: { template = \"%s\"; }; device: { serial = \"7813F597\"; };\n", folder,
                   template);
    ck_assert_int_eq(fclose(out), 0);
    struct plan *plan = plan_create(file, "", errors);
    free(file);
    return plan;
}

static bool has_text(const struct errors *list, const char *words)
{
    for (size_t i = 0; i < errors_count(list); i++) {
        if (strstr(errors_get(list, i), words) != NULL)
            return true;
    }
    return false;
}

START_TEST(a_box_without_its_certificate_is_checked_by_its_claim)
{
    umask(0077);
    X509 *claim = make_pair("claim", "claim");
    struct plan *plan = plan_with("springpark");
    ck_assert_msg(plan != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");

    ck_assert(plan->cloud.claim.enabled);
    ck_assert_str_eq(plan->cloud.claim.serial, "7813F597");
    ck_assert_str_eq(plan->cloud.client_id, "7813F597");
    ck_assert(has_text(plan->notes, "main.conf:5: provisioning.template: this box has no certificate of its own yet"));
    plan_free(plan);
    X509_free(claim);

    char *private = text_format("%s/claim.key", folder);
    ck_assert_int_eq(chmod(private, 0644), 0);
    ck_assert_ptr_null(plan_with("springpark"));
    ck_assert(has_text(errors, "keys.slot_C (register 0288): "));
    ck_assert(has_text(errors, "the claim's private key is open to others (mode 0644)"));
    free(private);
}
END_TEST

START_TEST(the_thing_is_client_and_device_and_the_serial_number_stays)
{
    umask(0077);
    X509 *claim = make_pair("claim", "claim");
    struct plan *before = plan_with("springpark");
    X509 *own = make_pair("device", "AWS IoT Certificate");
    char *path = text_format("%s/thing", folder);
    ck_assert(claim_thing_store(path, "door-7", own));

    struct plan *plan = plan_with("springpark");
    ck_assert_msg(plan != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    ck_assert_str_eq(plan->identity->serial, "7813F597");
    ck_assert_str_eq(plan->cloud.client_id, "door-7");
    ck_assert_str_eq(plan->cloud.topic_event, "springcard/springcore/door-7/rdr/evt");
    ck_assert(!has_text(plan->notes, "provisioning"));
    ck_assert(!plan_same_cloud(before, plan));

    /* The claim has done its work, provisioning may be switched off, and nothing changes. */
    struct plan *again = plan_with("springpark"), *off = plan_with("");
    ck_assert_msg(off != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    ck_assert(plan_same_cloud(plan, again));
    ck_assert(plan_same_cloud(plan, off));
    ck_assert_str_eq(off->cloud.client_id, "door-7");
    plan_free(before);
    plan_free(plan);
    plan_free(again);
    plan_free(off);
    X509_free(claim);
    X509_free(own);
    free(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config provisioning");
    TCase *test_case = tcase_create("config provisioning");

    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, a_claim_gives_the_box_slots_in_the_state_folder);
    tcase_add_test(test_case, the_folder_that_systemd_made_is_the_state_folder);
    tcase_add_test(test_case, slots_that_are_named_stay);
    tcase_add_loop_test(test_case, what_is_wrong_is_said_with_its_place, 0, (int) (sizeof wrong / sizeof *wrong));
    tcase_add_test(test_case, slots_without_a_template_are_noted);
    tcase_add_test(test_case, a_box_without_its_certificate_is_checked_by_its_claim);
    tcase_add_test(test_case, the_thing_is_client_and_device_and_the_serial_number_stays);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
