/* SPDX-License-Identifier: MIT */
/* Changing one setting in the text of a configuration file. */
#include "device/config.h"
#include "device/config_edit.h"
#include "device/config_splice.h"

#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct errors *errors;
static struct errors *notes;
static char folder[64];

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
    strcpy(folder, "/tmp/springpark-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    static const char *const names[] = { "main.conf", "part.conf" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text_format("%s/%s", folder, names[i]);

        unlink(path);
        free(path);
    }
    rmdir(folder);
    errors_free(errors);
    errors_free(notes);
}

/* What stands in the file, what is set, and what stands there then. */
static const struct change {
    const char *before;
    const char *name;
    const char *value;
    const char *after;
} changes[] = {
    /* a setting that is there: only its value changes */
    { "mqtt: { port = 1; }; # why\n", "mqtt.port", "8883", "mqtt: { port = 8883; }; # why\n" },
    { "# mqtt: { port = 2; };\nmqtt =\n{\n\tport : 1 , // port = 3\n\tlogin = \"u\"\n}\n", "mqtt.port", "0x1F",
      "# mqtt: { port = 2; };\nmqtt =\n{\n\tport : 0x1F , // port = 3\n\tlogin = \"u\"\n}\n" },
    { "mqtt: { broker /* the old */ = /* one */ \"a\" \"b\"\n  \"c\" ; /* until May */ };", "mqtt.broker", "h",
      "mqtt: { broker /* the old */ = /* one */ \"h\" ; /* until May */ };" },
    { "device: { location = \"a } \\\" b\"; inventory = \"x\"; };", "device.location", "b",
      "device: { location = \"b\"; inventory = \"x\"; };" },
    { "mqtt: { tls: { sni = false } }", "mqtt.tls.sni", "true", "mqtt: { tls: { sni = true } }" },
    { "mqtt: { tls: { ca_slot = 0x9; }; };", "mqtt.tls.ca_slot", "8", "mqtt: { tls: { ca_slot = 8; }; };" },
    { "mqtt: { options: { keep_alive = 1; }; keep = { keep_alive = 2; }; };", "mqtt.options.keep_alive", "60",
      "mqtt: { options: { keep_alive = 60; }; keep = { keep_alive = 2; }; };" },
    { "pcsc_mode: { protocols = [ \"nfc-a\", # this\n \"nfc-b\" ]; };", "pcsc_mode.protocols", "nfc-v",
      "pcsc_mode: { protocols = [ \"nfc-v\" ]; };" },
    { "certificates: { slot_d = \"/a\"; };", "certificates.slot_D", "/b", "certificates: { slot_d = \"/b\"; };" },
    { "templates: ( { format = \"hex\"; }, { format = \"hex-4\"; } );", "templates[2].format", "hex-8",
      "templates: ( { format = \"hex\"; }, { format = \"hex-8\"; } );" },

    /* a setting that is new in its group: behind its place in the sample, else at the end */
    { "mqtt:\n{\n    # Port: of the broker.\n    #port = 0;\n    # Login\n    #login = \"\";\n};\n", "mqtt.port", "1",
      "mqtt:\n{\n    # Port: of the broker.\n    #port = 0;\n    port = 1;\n    # Login\n    #login = \"\";\n};\n" },
    { "mqtt:\n{\n  /*\n  #port = 0;\n  */\n  login = \"\"; # port\n};\n", "mqtt.port", "1",
      "mqtt:\n{\n  /*\n  #port = 0;\n  */\n  login = \"\"; # port\n  port = 1;\n};\n" },
    { "mqtt:\n{\n  tls:\n  {\n    #port = 0;\n  };\n};\n", "mqtt.port", "1",
      "mqtt:\n{\n  tls:\n  {\n    #port = 0;\n  };\n  port = 1;\n};\n" },
    { "mqtt:\n{\n\tlogin = \"\" # open\n}\n", "mqtt.port", "1", "mqtt:\n{\n\tlogin = \"\"; # open\n\tport = 1;\n}\n" },
    { "mqtt:\n{\n};\n", "mqtt.port", "1", "mqtt:\n{\n    port = 1;\n};\n" },
    { "mqtt: { login = \"\" };", "mqtt.port", "1", "mqtt: { login = \"\"; port = 1; };" },
    { "mqtt: {};", "mqtt.port", "1", "mqtt: { port = 1; };" },
    { "mqtt: {\n}; tls = 1;", "mqtt.port", "1", "mqtt: {\n    port = 1;\n}; tls = 1;" },
    { "mqtt:\r\n{\r\n  login = \"\";\r\n};\r\n", "mqtt.port", "1", "mqtt:\r\n{\r\n  login = \"\";\r\n  port = 1;\r\n};\r\n" },

    /* groups that are not there yet */
    { "", "mqtt.options.keep_alive", "60", "mqtt: { options: { keep_alive = 60; }; };\n" },
    { "# mine\ndevice: { };", "ui.sound_volume", "3", "# mine\ndevice: { };\n\nui: { sound_volume = 3; };\n" },
    { "mqtt: { port = 1; };\n", "mqtt.tls.sni", "false", "mqtt: { port = 1; tls: { sni = false; }; };\n" },
    { "mqtt:\n{\n    port = 1;\n};\n", "mqtt.tls.sni", "false",
      "mqtt:\n{\n    port = 1;\n    tls: { sni = false; };\n};\n" },
    { "keys: { };", "keys.slot_D", "/k", "keys: { slot_D = \"/k\"; };" },

    /* lists */
    { "", "templates[1].format", "hex", "templates: ( { format = \"hex\"; } );\n" },
    { "", "templates[1].key", "A0A1A2A3A4A5", "templates: ( { key = \"A0A1A2A3A4A5\"; } );\n" },
    { "templates: ( { type = \"mifare-classic\"; } );", "templates[1].aid", "0x4811",
      "templates: ( { type = \"mifare-classic\"; aid = 0x4811; } );" },
    { "templates: ( { } );", "templates[1].type", "iso-data", "templates: ( { type = \"iso-data\"; } );" },
    { "templates: ( { } );", "templates[1].long", "true", "templates: ( { long = true; } );" },
    { "templates: ( );", "templates[1].format", "hex", "templates: ( { format = \"hex\"; } );" },
    { "templates: ();", "templates[1].format", "hex", "templates: ( { format = \"hex\"; } );" },
    { "templates: ( { swap = \"all\"; } );", "templates[1].format", "hex",
      "templates: ( { swap = \"all\"; format = \"hex\"; } );" },
    { "templates =\n(\n  { swap = \"all\"; } # one\n);", "templates[2].format", "hex",
      "templates =\n(\n  { swap = \"all\"; }, { format = \"hex\"; } # one\n);" },
    { "readers: ( { label = \"a\"; } );", "readers[1].label", "door", "readers: ( { label = \"door\"; } );" },

    /* values as persons write them */
    { "", "mqtt.broker", "\"h\"", "mqtt: { broker = \"h\"; };\n" },
    { "", "device.location", "", "device: { location = \"\"; };\n" },
    { "", "device.location", " a\"b\\c=d ", "device: { location = \" a\\\"b\\\\c=d \"; };\n" },
    { "", "keyboard_mode.suffix", "\t\n", "keyboard_mode: { suffix = \"\\t\\n\"; };\n" },
    { "", "mqtt.port", " 8883 ", "mqtt: { port = 8883; };\n" },
    { "", "pcsc_mode.protocols", "nfc-a, nfc-b", "pcsc_mode: { protocols = [ \"nfc-a\", \"nfc-b\" ]; };\n" },
    { "", "pcsc_mode.protocols", "[ \"nfc-a\" , \"nfc-b\" ]", "pcsc_mode: { protocols = [ \"nfc-a\", \"nfc-b\" ]; };\n" },
    { "", "pcsc_mode.protocols", "", "pcsc_mode: { protocols = [ ]; };\n" },
    { "", "network.ipv4.address", "192.168.5.152", "network: { ipv4: { address = \"192.168.5.152\"; }; };\n" },
    { "", "nfc.vasup", "6A02", "nfc: { vasup = \"6A02\"; };\n" },
    { "", "journal.max_events", "5", "journal: { max_events = 5; };\n" },
    { "", "smart_reader.debounce_ms", "-1", "smart_reader: { debounce_ms = -1; };\n" }, /* the check's to refuse */
};

START_TEST(only_the_setting_changes)
{
    const struct change *change = &changes[_i];
    char *after = config_edit(change->before, "t.conf", change->name, change->value, errors);

    ck_assert_msg(after != NULL, "%s: %s", change->before, errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
    ck_assert_str_eq(after, change->after);
    ck_assert_uint_eq(errors_count(errors), 0);
    /* Once more, and nothing is left to change. */
    char *again = config_edit(after, "t.conf", change->name, change->value, errors);
    ck_assert_ptr_nonnull(again);
    ck_assert_str_eq(again, after);
    free(again);
    free(after);
}
END_TEST

static const struct refusal {
    const char *before;
    const char *name;
    const char *value;
    const char *message;
} refusals[] = {
    { "", "mqtt.keep_alive", "60", "mqtt.keep_alive: unknown setting; did you mean mqtt.options.keep_alive?" },
    { "", "weather", "fine", "weather: unknown setting; next: see `springparkctl registers` and its --sample for what there is" },
    { "", "mqtt.tls", "true", "mqtt.tls: is a group of settings; next: name one of them" },
    { "", "mqtt.queue_events", "5", "mqtt.queue_events: there is no such setting any more: events are stored on disk; next: "
      "write journal.max_events for how many, or journal.memory_events for how many in memory while the disk takes none" },
    { "", "registers", "02A1=0A1E", "registers: is the list of what is set raw; next: change it in an editor, or set each"
      " setting by its name" },
    { "", "templates.format", "hex", "templates.format: belongs to each entry of a list; next: say which, for instance"
      " templates[1].format" },
    { "", "templates[0].format", "hex", "templates[0].format: is no name of a setting; the first entry of a list is"
      " templates[1]" },
    { "", "templates[1.format", "hex", "templates[1.format: unknown setting; did you mean templates.format?" },
    { "", "mqtt[1].port", "1", "mqtt[1].port: is no name of a setting; the first entry of a list is templates[1]" },
    { "", "templates.format[1]", "hex", "templates.format[1]: is no name of a setting; the first entry of a list is"
      " templates[1]" },
    { "templates: ( { } );", "templates[3].format", "hex", "templates[3].format: templates has 1 entry; next: name one of"
      " them, or the next one, templates[2]" },
    { "", "readers[2].label", "a", "readers[2].label: readers has 0 entries; next: name one of them, or the next one,"
      " readers[1]" },
    { "", "certificates.slot_G", "/a", "certificates.slot_G: unknown setting; did you mean certificates.slot_0?" },
    { "", "mqtt.port", "http", "mqtt.port: \"http\" is not allowed: 0 to 65535" },
    { "", "mqtt.port", "", "mqtt.port: \"\" is not allowed: 0 to 65535" },
    { "", "mqtt.port", "99999999999", "mqtt.port: \"99999999999\" is not allowed: 0 to 65535" },
    { "", "mqtt.tls.sni", "yes", "mqtt.tls.sni: \"yes\" is not allowed: true or false" },
    { "mqtt: {\n port = ;\n};", "mqtt.port", "1", "t.conf:2: syntax error; next: look for a missing semicolon, quote or"
      " bracket here or in the line before" },
    { "mqtt = 5;", "mqtt.port", "1", "mqtt.port: t.conf is written in a way that is not safe to change here; next: change it in"
      " an editor" },
    { "templates = [ ];", "templates[1].format", "hex", "templates[1].format: t.conf is written in a way that is not safe to"
      " change here; next: change it in an editor" },
};

START_TEST(what_cannot_be_set_is_said_with_the_next_step)
{
    const struct refusal *refusal = &refusals[_i];

    ck_assert_ptr_null(config_edit(refusal->before, "t.conf", refusal->name, refusal->value, errors));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_str_eq(errors_get(errors, 0), refusal->message);
}
END_TEST

static char *write_file(const char *name, const char *text)
{
    char *path = text_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

START_TEST(what_stands_in_an_included_file_is_changed_there)
{
    char *part = write_file("part.conf", "\nmqtt: { port = 1; };\n");
    char *file = write_file("main.conf", "device: { };\n@include \"part.conf\"\n");
    char *text = config_edit_read(file, errors);

    ck_assert_ptr_null(config_edit(text, file, "mqtt.port", "2", errors));
    ck_assert_ptr_null(config_edit(text, file, "mqtt.login", "u", errors));
    char *expected = text_format("mqtt.port: its group begins in %s:2, which %s includes; next: change it there", part, file);
    ck_assert_str_eq(errors_get(errors, 0), expected);
    free(expected);
    char *after = config_edit(text, file, "device.location", "L", errors);
    ck_assert_str_eq(after, "device: { location = \"L\"; };\n@include \"part.conf\"\n");
    free(after);
    free(text);
    free(write_file("part.conf", "port = 1;\n"));
    text = text_copy("mqtt:\n{\n  @include \"part.conf\"\n};\n");
    ck_assert_ptr_null(config_edit(text, file, "mqtt.port", "2", errors));
    expected = text_format("mqtt.port: is set in %s:1, which %s includes; next: change it there", part, file);
    ck_assert_str_eq(errors_get(errors, 2), expected);
    free(expected);
    after = config_edit(text, file, "mqtt.login", "u", errors);
    ck_assert_str_eq(after, "mqtt:\n{\n  @include \"part.conf\"\n    login = \"u\";\n};\n");
    free(after);
    free(text);
    free(file);
    free(part);
}
END_TEST

/* One after the other, in a file that is empty at first. */
START_TEST(every_setting_of_the_tables_can_be_set)
{
    char *text = text_copy("");
    size_t count, set = 0;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            const struct field_def *field = &table[i].fields[k];

            if (field->path == NULL || table[i].per_template)
                continue;
            const char *value = field->kind == FIELD_NUMBER    ? "1"
                                : field->kind == FIELD_BOOLEAN ? "true"
                                : field->kind == FIELD_CHOICE  ? field->options[0].name
                                : field->kind == FIELD_ADDRESS ? "1.2.3.4"
                                                               : "";
            char *changed = config_edit(text, "t.conf", field->path, value, errors);

            ck_assert_msg(changed != NULL, "%s: %s", field->path, errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
            free(text);
            text = changed;
            set++;
        }
    }
    ck_assert_uint_gt(set, 200);
    config_free(config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes));
    for (size_t i = 0; i < errors_count(errors); i++)
        ck_assert_ptr_null(strstr(errors_get(errors, i), "unknown setting"));
    free(text);
}
END_TEST

START_TEST(a_list_may_stand_in_a_group)
{
    static const struct splice_step steps[] = { { .name = "a" }, { .name = "list" }, { .index = 0 }, { .name = "b" } };
    static const struct splice_step second[] = { { .name = "a" }, { .name = "list" }, { .index = 1 }, { .name = "b" } };
    char *text = config_splice("", steps, 4, "1");

    ck_assert_str_eq(text, "a: { list: ( { b = 1; } ); };\n");
    char *changed = config_splice(text, second, 4, "2");
    ck_assert_str_eq(changed, "a: { list: ( { b = 1; }, { b = 2; } ); };\n");
    ck_assert_ptr_null(config_splice("", second, 4, "2"));
    ck_assert_ptr_null(config_splice("a: { list: ( { b = 1; } )", second, 4, "2"));
    free(changed);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_edit");
    TCase *cases = tcase_create("config_edit");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, only_the_setting_changes, 0, sizeof changes / sizeof changes[0]);
    tcase_add_loop_test(cases, what_cannot_be_set_is_said_with_the_next_step, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(cases, what_stands_in_an_included_file_is_changed_there);
    tcase_add_test(cases, a_list_may_stand_in_a_group);
    tcase_add_test(cases, every_setting_of_the_tables_can_be_set);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
