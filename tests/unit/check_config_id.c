/* SPDX-License-Identifier: MIT */
#include "device/config.h"

#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>

static struct config *parse(const char *text)
{
    struct errors *errors = errors_create();
    struct errors *notes = errors_create();
    struct config *config = config_parse_text(text, strlen(text), "/t/t.conf", false, "", errors, notes);

    ck_assert_msg(config != NULL, "%s: %s", text, errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
    errors_free(errors);
    errors_free(notes);
    return config;
}

static char *id_of(const char *text)
{
    struct config *config = parse(text);
    char *id = text_copy(config_settings(config)->config_id);

    config_free(config);
    return id;
}

static void expect_id(const char *text, const char *expected)
{
    char *id = id_of(text);

    ck_assert_str_eq(id, expected);
    free(id);
}

static bool same_id(const char *one, const char *other)
{
    char *a = id_of(one);
    char *b = id_of(other);
    bool same = strcmp(a, b) == 0;

    free(a);
    free(b);
    return same;
}

START_TEST(the_register_comes_first_and_16_bytes_are_a_guid)
{
    expect_id("device: { config_id = \"377FB7F8CAB53824EB1174587EB54140\"; };", "377FB7F8-CAB5-3824-EB11-74587EB54140");
    expect_id("registers = [ \"0200=377fb7f8cab53824eb1174587eb54140\" ];", "377FB7F8-CAB5-3824-EB11-74587EB54140");
    expect_id("device: { config_id = \"00C0FFEE\"; };", "00C0FFEE");
}
END_TEST

/* The same on each box, and in later versions that have more settings. */
START_TEST(the_empty_configuration_has_a_constant_identity_of_version_8)
{
    expect_id("", "F1F1A02F-A1AE-8CC8-BABD-AFAB4B8FB24C");
}
END_TEST

START_TEST(words_and_order_and_defaults_do_not_matter)
{
    ck_assert(same_id("mqtt: { broker = \"b\"; port = 1; tls: { enabled = false; }; };\nmessages: { sequence = false; };",
                      "# a comment\nmessages: { sequence = false; date_time = true; };\n"
                      "smart_reader: { read_interval = 10; };\n"
                      "mqtt: { tls: { enabled = false; }; port = 0x1; broker = \"b\"; };"));
    ck_assert(same_id("smart_reader: { read_interval = 9; };", "registers = [ \"02A1=091E\" ];"));
    ck_assert(same_id("templates: ( { technologies = \"mifare-ultralight\"; } );",
                      "templates: ( { address = 0; type = \"mifare-ultralight\"; mode = \"raw\"; } );"));
    ck_assert(same_id("templates: ( { type = \"mifare-ultralight\"; address = 4; } );",
                      "registers = [ \"0313=040000\", \"0310=62\" ];"));
}
END_TEST

/* Each stands alone, so each differs from the empty one and from all others. */
static const char *const different[] = {
    "",
    "mqtt: { broker = \"b\"; tls: { enabled = false; }; };",
    "mqtt: { broker = \"c\"; tls: { enabled = false; }; };",
    "mqtt: { version = \"5\"; };",
    "smart_reader: { read_interval = 9; };",
    "smart_reader: { debounce_ms = 301; };",
    "device: { inventory = \"x\"; };",
    "device: { location = \"x\"; };",
    "device: { serial = \"x\"; };",
    "registers = [ \"02F0=00000001\" ];",
    "templates: ( { format = \"hex\"; } );",
    "templates: ( { format = \"hex\"; }, { format = \"hex\"; } );",
    "templates: ( { type = \"ndef-data\"; } );",
    "templates: ( { type = \"ndef-data\"; tnf = \"text\"; } );",
    "templates: ( { type = \"iso-data\"; apdu_1 = \"00A40000\"; } );",
    "templates: ( { type = \"mifare-ultralight\"; address = 4; } );",
    "templates: ( { type = \"iso15693-memory\"; address = 4; } );",
    "messages: { date_time = false; };",
    "messages: { scrdr_checksum = \"with-delimiters\"; };",
    "smart_reader: { network_format = \"scrdr\"; };",
    "smart_reader: { activation = \"broker\"; };",
    "journal: { max_events = 5; };",
    "journal: { directory = \"/x\"; };",
    "readers: ( { label = \"a\"; } );",
    "readers: ( { label = \"a\"; }, { name = \"b\"; label = \"c\"; } );",
    "readers: ( { driver = \"script\"; path = \"a\"; } );",
    "feedback: { devices = ( ); };",
    "feedback: { devices = ( { driver = \"log\"; } ); };",
    "feedback: { devices = ( { driver = \"log\"; reader = \"a\"; } ); };",
    "certificates: { slot_3 = \"a\"; };",
    "certificates: { slot_4 = \"a\"; };",
};

START_TEST(every_change_changes_it)
{
    enum { COUNT = sizeof different / sizeof *different };

    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = i + 1; k < COUNT; k++)
            ck_assert_msg(!same_id(different[i], different[k]), "%s | %s", different[i], different[k]);
    }
}
END_TEST

/* A machine without an identity has no key to seal them with. */
START_TEST(a_secret_changes_it_if_this_machine_can_seal_it)
{
    static const char *const pairs[][2] = {
        { "mqtt: { login = \"u\"; password = \"one\"; };", "mqtt: { login = \"u\"; password = \"two\"; };" },
        { "templates: ( { type = \"mifare-classic\"; key = \"FFFFFFFFFFFF\"; } );",
          "templates: ( { type = \"mifare-classic\"; key = \"FFFFFFFFFFFE\"; } );" },
        { "keys: { slot_2 = \"pkcs11:token=a?pin-value=1\"; };", "keys: { slot_2 = \"pkcs11:token=a?pin-value=2\"; };" },
    };
    sd_id128_t machine;
    bool sealed = sd_id128_get_machine(&machine) >= 0;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        ck_assert(same_id(pairs[i][0], pairs[i][0]));
        ck_assert_int_eq(same_id(pairs[i][0], pairs[i][1]), !sealed);
    }
}
END_TEST

START_TEST(open_means_that_nothing_is_closed_in_02f0)
{
    static const struct { const char *text; bool open; } cases[] = {
        { "", true },
        { "security: { remote: { usage = \"secure\"; }; };", false },
        { "registers = [ \"02F0=80000000\" ];", false },
        { "registers = [ \"02F0=00000001\" ];", false },
        { "registers = [ \"02F0=00000000\" ];", true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *config = parse(cases[i].text);

        ck_assert_int_eq(config_settings(config)->open, cases[i].open);
        config_free(config);
    }
}
END_TEST

START_TEST(the_address_of_0280_is_a_text_or_dhcp)
{
    static const struct { const char *text; const char *address; } cases[] = {
        { "", "" },
        { "network: { ipv4: { address = \"192.168.5.152\"; netmask = \"255.255.255.0\"; }; };", "192.168.5.152" },
        { "registers = [ \"0280=0A000001FFFFFF00000000000000000000000000\" ];", "10.0.0.1" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config *config = parse(cases[i].text);

        ck_assert_str_eq(config_settings(config)->ipv4_address, cases[i].address);
        ck_assert_int_eq(config_settings(config)->ipv4.stated, i > 0);
        ck_assert_uint_eq(config_settings(config)->ipv4.netmask, i > 0 ? 0xFFFFFF00 : 0);
        config_free(config);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config id");
    TCase *cases = tcase_create("all");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, the_register_comes_first_and_16_bytes_are_a_guid);
    tcase_add_test(cases, the_empty_configuration_has_a_constant_identity_of_version_8);
    tcase_add_test(cases, words_and_order_and_defaults_do_not_matter);
    tcase_add_test(cases, every_change_changes_it);
    tcase_add_test(cases, a_secret_changes_it_if_this_machine_can_seal_it);
    tcase_add_test(cases, open_means_that_nothing_is_closed_in_02f0);
    tcase_add_test(cases, the_address_of_0280_is_a_text_or_dhcp);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
