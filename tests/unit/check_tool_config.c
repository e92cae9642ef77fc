/* SPDX-License-Identifier: MIT */
/* The subcommands check and registers, in this process, with their output caught. */
#include "tool/tool.h"

#include "base/memory.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static char path[64];

static void make_file(void)
{
    strcpy(path, "/tmp/springpark-check-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

static void write_config(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

struct outcome {
    int status;
    char out[1 << 18];
    char err[4096];
};

static void read_back(FILE *file, char *text, size_t size)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static struct outcome *run_two(tool_command *command, bool json, const char *argument, const char *second)
{
    static struct outcome outcome;
    struct tool_options options = { .config_file = path, .instance = "", .json = json };
    char *words[] = { text_copy("tool"), text_copy(argument), text_copy(second), NULL };
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);

    fflush(stdout);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    outcome.status = command(&options, argument == NULL ? 1 : second == NULL ? 2 : 3, words);
    fflush(stdout);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    read_back(out, outcome.out, sizeof outcome.out);
    read_back(err, outcome.err, sizeof outcome.err);
    free(words[0]);
    free(words[1]);
    free(words[2]);
    return &outcome;
}

static struct outcome *run(tool_command *command, bool json, const char *argument)
{
    return run_two(command, json, argument, NULL);
}

START_TEST(check_of_a_good_file_says_so_and_ends_with_0)
{
    write_config("ports: { telnet = 24; };\n");
    struct outcome *outcome = run(tool_check, false, path);
    char *expected = text_format("%s: no errors\nnote: %s:1: ports.telnet (register 0285): 24 has no effect", path, path);

    ck_assert_int_eq(outcome->status, 0);
    ck_assert_msg(strncmp(outcome->out, expected, strlen(expected)) == 0, "%s", outcome->out);
    ck_assert_str_eq(outcome->err, "");
    free(expected);
}
END_TEST

START_TEST(check_of_a_bad_file_says_each_mistake_and_ends_with_78)
{
    write_config("foo = 1;\nbar = 2;\n");
    struct outcome *outcome = run(tool_check, false, NULL);

    ck_assert_int_eq(outcome->status, 78);
    ck_assert_str_eq(outcome->out, "");
    ck_assert_ptr_nonnull(strstr(outcome->err, ":1: foo: unknown setting"));
    ck_assert_ptr_nonnull(strstr(outcome->err, ":2: bar: unknown setting"));
}
END_TEST

START_TEST(check_of_a_missing_file_ends_with_78)
{
    struct outcome *outcome = run(tool_check, false, "/nonexistent/springpark.conf");

    ck_assert_int_eq(outcome->status, 78);
    ck_assert_ptr_nonnull(strstr(outcome->err, "/nonexistent/springpark.conf: cannot be read"));
}
END_TEST

START_TEST(registers_in_json_have_address_name_title_size_default_value_and_fields)
{
    write_config("smart_reader: { read_interval = 5; };");
    struct outcome *outcome = run(tool_registers, true, NULL);
    json_t *list = json_loads(outcome->out, 0, NULL);
    bool seen = false;

    ck_assert_int_eq(outcome->status, 0);
    ck_assert_uint_eq(json_array_size(list), 101 + 4 * 12);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        ck_assert(json_is_string(json_object_get(one, "name")) && json_is_string(json_object_get(one, "title")));
        ck_assert(json_is_integer(json_object_get(one, "size")) && json_is_array(json_object_get(one, "fields")));
        if (strcmp(json_string_value(json_object_get(one, "address")), "02A1") != 0)
            continue;
        seen = true;
        ck_assert_str_eq(json_string_value(json_object_get(one, "default")), "0A1E");
        ck_assert_str_eq(json_string_value(json_object_get(one, "value")), "051E");
        const json_t *field = json_array_get(json_object_get(one, "fields"), 0);
        ck_assert_str_eq(json_string_value(json_object_get(field, "path")), "smart_reader.read_interval");
        ck_assert_str_eq(json_string_value(json_object_get(field, "meaning")), "0.5 s");
    }
    ck_assert(seen);
    json_decref(list);
}
END_TEST

START_TEST(registers_never_show_a_password)
{
    write_config("mqtt: { login = \"u\"; password = \"hunter2\"; };");
    for (int json = 0; json <= 1; json++) {
        struct outcome *outcome = run(tool_registers, json, "028C");

        ck_assert_int_eq(outcome->status, 0);
        ck_assert_ptr_nonnull(strstr(outcome->out, "(set)"));
        ck_assert_ptr_null(strstr(outcome->out, "hunter2"));
        ck_assert_ptr_null(strstr(outcome->out, "68756E74657232"));
    }
}
END_TEST

START_TEST(registers_never_show_a_key_or_a_console_password)
{
    static const char *const secrets[] = { "hunter22", "68756E7465723232", "00112233445566778899AABBCCDDEEFF", "CAFE0123" };

    write_config("security: { user_password = \"hunter22\"; admin_password = \"hunter22\";\n"
                 "master: { auth_key = \"00112233445566778899AABBCCDDEEFF\"; }; };\n"
                 "http_client: { hmac_key = \"CAFE0123\"; };\nregisters = [ \"0315=CAFE0123\" ];\n");
    for (int way = 0; way < 4; way++) {
        struct outcome *outcome = run(tool_registers, way & 1, way & 2 ? "--changed" : NULL);

        ck_assert_int_eq(outcome->status, 0);
        ck_assert_ptr_nonnull(strstr(outcome->out, "(set)"));
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
            ck_assert_ptr_null(strstr(outcome->out, secrets[i]));
    }
}
END_TEST

START_TEST(changed_shows_what_differs_from_the_default)
{
    write_config("smart_reader: { read_interval = 5; repeat_interval = 30; };\n"
                 "templates: ( { }, { format = \"hex\"; technologies = \"nfc-a\"; } );\n"
                 "pcsc_mode: { protocols = [ \"nfc-a\" ]; };\nregisters = [ \"0203=41\" ];\n");
    struct outcome *outcome = run(tool_registers, false, "--changed");

    ck_assert_str_eq(outcome->out,
                     "0203  (raw) = \"41\"  (default \"\")\n"
                     "0231  pcsc_mode.protocols = [ \"nfc-a\" ]  (default [ \"nfc-f\", \"nfc-t1t\", \"innovatron\","
                     " \"ask-cts\", \"st-sr\", \"nfc-v\", \"nfc-b\", \"nfc-a\" ])\n"
                     "02A1  smart_reader.read_interval = 5  (default 10)\n"
                     "0310  templates.technologies, template 1 = \"all\"  (default \"off\")\n"
                     "0320  templates.technologies, template 2 = \"nfc-a\"  (default \"off\")\n"
                     "0321  templates.format, template 2 = \"hex\"  (default \"decimal-10\")\n");
    outcome = run_two(tool_registers, false, "--changed", "02A1");
    ck_assert_str_eq(outcome->out, "02A1  smart_reader.read_interval = 5  (default 10)\n");
    outcome = run_two(tool_registers, false, "--changed", "ui");
    ck_assert_str_eq(outcome->out, "nothing differs from the defaults\n");
    json_t *list = json_loads(run(tool_registers, true, "--changed")->out, 0, NULL);
    ck_assert_uint_eq(json_array_size(list), 6);
    json_decref(list);
}
END_TEST

/* What the explanation of NAME or ADDRESS holds. */
static const struct explanation {
    const char *word;
    const char *says;
} explanations[] = {
    { "02A1", "02A1  Smart Reader timings (smart_reader_timings): 051E\n      Exactly 2 bytes.\n      Default: 0A1E.\n"
              "      smart_reader.read_interval = 5  (0.5 s)\n"
              "          Least time between two reads (bits FF00). Honoured: a tag that comes sooner after the one before\n" },
    { "smart_reader_timings", "      smart_reader.repeat_interval = 30  (3.0 s)\n" },
    { "smart_reader.read_interval", "          Allowed: 0 to 255 in units of 0.1 s.\n" },
    { "mqtt.tls", "      mqtt.tls.trust = \"pki\"  (A chain must lead to the CA in the slot)\n" },
    { "0x0288", "      Default: 37098D4D8F; a SpringPark has 0000000000. Why: plain MQTT only where it is written" },
    { "profile.network", "            \"tcp-server\" (2): TCP server; not allowed: this gateway is an MQTT client and" },
    { "ui.auxiliary_led_options", "No effect here: the lights and buzzers are those of" },
    { "nfc.poller", " Must stay as it is: this gateway only reads; a listener\n" },
    { "templates.swap", "0341  Output size and format (TOF), template 4 (template_output_format): 0000 (default)\n" },
    { "templates[2].swap", "0321  Output size and format (TOF), template 2 (template_output_format): 0000 (default)\n" },
    { "0333", "0333  Location of data (LOC), template 3 (template_location): 0000 (default)\n" },
    { "0203", "      Reserved. No effect here: kept for a device; the vendor's documents give it no meaning.\n"
              "          It can only be set raw: registers = [ \"0203=...\" ].\n" },
    { "mqtt.broker", "      At most 253 bytes; a SpringPark takes 48.\n      Default: empty.\n" },
    { "028c", "      A secret: it is never shown; \"file:PATH\" in its place takes it from a file.\n" },
    { "02FE", "02FE  Password of the user (user_password): (default)\n" },
    { "02D0", "      Reserved (bits FE): must stay as it is\n" },
};

START_TEST(a_name_or_an_address_is_explained)
{
    write_config("smart_reader: { read_interval = 5; };");
    for (size_t i = 0; i < sizeof explanations / sizeof explanations[0]; i++) {
        struct outcome *outcome = run(tool_registers, false, explanations[i].word);

        ck_assert_int_eq(outcome->status, 0);
        ck_assert_msg(strstr(outcome->out, explanations[i].says) != NULL, "%s: %s", explanations[i].word, outcome->out);
    }
    struct outcome *outcome = run(tool_registers, false, "smart_reader.read_interval");
    ck_assert_ptr_null(strstr(outcome->out, "repeat_interval"));
    outcome = run(tool_registers, false, "templates[2].swap");
    ck_assert(strstr(outcome->out, "template 1") == NULL && strstr(outcome->out, "templates.padding") == NULL);
    outcome = run_two(tool_registers, false, "ui.sound_volume", "02C0");
    ck_assert(strncmp(outcome->out, "02D8  Sound", 11) == 0 && strstr(outcome->out, "\n02C0  Profile (profile): 64") != NULL);
}
END_TEST

static const char four_types[] =
    "templates: ( { type = \"mifare-classic\"; aid = 0x4811; key = \"A0A1A2A3A4A5\"; key_type = \"b\"; },\n"
    "{ type = \"ndef-data\"; mode = \"string\"; tnf = \"text\"; },\n"
    "{ type = \"desfire-data\"; application = 0xF51BC0; authentication = \"aes-ev1\"; key ="
    " \"00112233445566778899AABBCCDDEEFF\"; }, { type = \"iso-data\"; apdu_1 = \"00A40400\"; } );\n";
static const char four_more[] =
    "templates: ( { type = \"mifare-ultralight\"; address = 4; }, { type = \"iso15693-memory\"; shift_bits = 3; },\n"
    "{ type = \"desfire-id\"; format = \"hex-7\"; }, { type = \"id-only\"; content = \"protocol\"; } );\n";

/* What `registers` says of instances of each type: the whole list, one explained, and what differs from the defaults. */
static const struct {
    const char *config, *word, *says;
} type_views[] = {
    { four_types, NULL,
      "0313  Location of data (LOC), template 1: 4811000000\n"
      "      templates.aid                            18449\n"
      "      templates.address                        0\n"
      "      templates.shift_bytes                    0\n"
      "      templates.shift_bits                     0\n" },
    { four_types, NULL,
      "0315  Authentication (AUT), template 1: (set)\n"
      "      templates.key_type                       \"b\"  (Key B)\n"
      "      templates.key                            \"(set)\"\n" },
    { four_types, NULL,
      "0321  Output size and format (TOF), template 2: 4000\n"
      "      templates.swap                           \"none\"  (As the card has it)\n"
      "      templates.mode                           \"string\"  (The data is text)\n"
      "      templates.fill_spaces                    false\n"
      "      templates.long                           false\n"
      "      templates.short_length                   0\n"
      "      templates.long_length                    0\n" },
    { four_types, NULL,
      "0325  Type name and format (TNF), template 2: 54\n"
      "      templates.tnf                            \"text\"" },
    { four_types, NULL,
      "0335  Authentication (AUT), template 3: (set)\n"
      "      templates.communication                  \"plain\"  (Plain)\n"
      "      templates.diversification                \"none\"  (None)\n"
      "      templates.key_index                      0\n"
      "      templates.key_location                   \"template\"  (In this template)\n"
      "      templates.authentication                 \"aes-ev1\"  (AES, of a Desfire EV1 (AuthenticateAES))\n"
      "      templates.key                            \"(set)\"\n" },
    { four_types, NULL,
      "0345  First APDU, template 4: 00A40400\n      templates.apdu_1                         \"00A40400\"\n" },
    { four_types, "0315",
      "0315  Authentication (AUT), template 1 (template_register_5): (set)\n      Exactly 7 bytes.\n" },
    { four_types, "0315", "          Key (bits 00FFFFFFFFFFFF). Honoured: of the sectors that are read; it must be written," },
    { four_types, "0315", "          Allowed: hex digits for exactly 6 bytes.\n" },
    { four_types, "templates.aid", "0313  Location of data (LOC), template 1 (template_location): 4811000000\n" },
    { four_types, "templates[3].application", "      templates.application = 16063424\n" },
    { four_types, "--changed",
      "0310  templates.technologies, template 1 = \"mifare-classic\"  (default \"off\")\n"
      "0313  templates.aid, template 1 = 18449  (default 0)\n"
      "0315  templates.key_type, template 1 = \"b\"  (default \"a\")\n"
      "0315  templates.key, template 1 = \"(set)\"  (default \"(default)\")\n"
      "0320  templates.technologies, template 2 = \"ndef-tags\"  (default \"off\")\n"
      "0321  templates.mode, template 2 = \"string\"  (default \"raw\")\n"
      "0325  templates.tnf, template 2 = \"text\"  (default \"default\")\n"
      "0330  templates.technologies, template 3 = \"desfire-data\"  (default \"off\")\n"
      "0333  templates.application, template 3 = 16063424  (default 0)\n"
      "0335  templates.authentication, template 3 = \"aes-ev1\"  (default \"none\")\n"
      "0335  templates.key, template 3 = \"(set)\"  (default \"(default)\")\n"
      "0340  templates.technologies, template 4 = \"iso-a+b\"  (default \"off\")\n"
      "0345  templates.apdu_1, template 4 = \"00A40400\"  (default \"\")\n" },
    { four_more, NULL, "0313  Location of data (LOC), template 1: 040000\n      templates.address                        4\n" },
    { four_more, NULL, "0323  Location of data (LOC), template 2: 000003\n" },
    { four_more, NULL,
      "0331  Output size and format (TOF), template 3: 0500\n"
      "      templates.swap                           \"none\"  (As the card sends it)\n"
      "      templates.format                         \"hex-7\"  (Hex, 7 bytes)\n" },
    { four_more, NULL, "      templates.content                        \"protocol\"  (All bytes of the protocol)\n" },
    { four_more, "0335", "0335  Authentication (AUT), template 3 (template_register_5): (default)\n" },
};

START_TEST(the_registers_of_a_template_are_shown_as_its_type_has_them)
{
    write_config(type_views[_i].config);
    struct outcome *outcome = run(tool_registers, false, type_views[_i].word);

    ck_assert_int_eq(outcome->status, 0);
    ck_assert_msg(strstr(outcome->out, type_views[_i].says) != NULL, "%s", outcome->out);
    ck_assert_ptr_null(strstr(outcome->out, "A0A1A2A3A4A5"));
    ck_assert_ptr_null(strstr(outcome->out, "00112233445566778899AABBCCDDEEFF"));
    outcome = run(tool_registers, true, type_views[_i].word);
    ck_assert_ptr_null(strstr(outcome->out, "A0A1A2A3A4A5"));
    ck_assert_ptr_null(strstr(outcome->out, "00112233445566778899AABBCCDDEEFF"));
}
END_TEST

START_TEST(a_setting_of_a_type_that_no_template_has_is_said_to_be_none)
{
    write_config(four_more);
    struct outcome *outcome = run(tool_registers, false, "templates.aid");

    ck_assert_int_eq(outcome->status, 0);
    ck_assert_str_eq(outcome->out, "");
    ck_assert_str_eq(outcome->err, "no template has such a setting; next: springpark.conf(5) says to which type it belongs\n");
}
END_TEST

START_TEST(registers_of_a_bad_file_end_with_78)
{
    write_config("foo = 1;");
    ck_assert_int_eq(run(tool_registers, false, NULL)->status, EX_CONFIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tool_config");
    TCase *cases = tcase_create("tool_config");

    tcase_add_checked_fixture(cases, make_file, remove_file);
    tcase_add_test(cases, check_of_a_good_file_says_so_and_ends_with_0);
    tcase_add_test(cases, check_of_a_bad_file_says_each_mistake_and_ends_with_78);
    tcase_add_test(cases, check_of_a_missing_file_ends_with_78);
    tcase_add_test(cases, registers_in_json_have_address_name_title_size_default_value_and_fields);
    tcase_add_test(cases, registers_never_show_a_password);
    tcase_add_test(cases, registers_never_show_a_key_or_a_console_password);
    tcase_add_test(cases, changed_shows_what_differs_from_the_default);
    tcase_add_test(cases, a_name_or_an_address_is_explained);
    tcase_add_loop_test(cases, the_registers_of_a_template_are_shown_as_its_type_has_them, 0,
                        sizeof type_views / sizeof type_views[0]);
    tcase_add_test(cases, a_setting_of_a_type_that_no_template_has_is_said_to_be_none);
    tcase_add_test(cases, registers_of_a_bad_file_end_with_78);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
