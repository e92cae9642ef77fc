/* SPDX-License-Identifier: MIT */
/* springpark.conf(5) and the completion, which are made of the tables, and the line that names a section. */
#include "device/manual.h"

#include "base/memory.h"
#include "device/config.h"
#include "device/config_extensions.h"
#include "device/config_feedback.h"
#include "device/config_paths.h"
#include "device/register_types.h"
#include "device/roff.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMITTED_MAX_BYTES = 1 << 19 };

static size_t count_of(const char *text, const char *wanted)
{
    size_t count = 0;

    for (const char *found = text; (found = strstr(found, wanted)) != NULL; found += strlen(wanted) - 1)
        count++;
    return count;
}

static char *committed(const char *name)
{
    const char *source = getenv("srcdir");
    char *path = text_format("%s/%s", source != NULL ? source : ".", name);
    FILE *file = fopen(path, "re");

    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    char *text = memory_zeroed(COMMITTED_MAX_BYTES, 1);
    ck_assert_uint_gt(fread(text, 1, COMMITTED_MAX_BYTES - 1, file), 0);
    fclose(file);
    free(path);
    return text;
}

START_TEST(what_is_committed_is_what_the_tables_say)
{
    char *page = committed("man/springpark.conf.5"), *completion = committed("completions/settings.bash");
    char *page_now = manual_settings_page(), *completion_now = manual_completion();

    ck_assert_msg(strcmp(page, page_now) == 0,
                  "man/springpark.conf.5 is old; next: tests/unit/print_manual --page > man/springpark.conf.5");
    ck_assert_msg(strcmp(completion, completion_now) == 0,
                  "completions/settings.bash is old; next: tests/unit/print_manual --completion >"
                  " completions/settings.bash");
    free(completion_now);
    free(page_now);
    free(completion);
    free(page);
}
END_TEST

/* A setting of 16 slots is one entry of the page. */
static char *tag_of(const char *path)
{
    const char *slot = strstr(path, ".slot_");

    return slot != NULL ? text_format("\n.TP\n.B %.*s.slot_X\n", (int) (slot - path), path)
                        : text_format("\n.TP\n.B %s\n", path);
}

/* A setting that means another thing for several types of templates has an entry for each. */
static void expect_tag(void *context, const char *path)
{
    char *tag = tag_of(path);
    const bool of_types = strncmp(path, "templates.", strlen("templates.")) == 0;
    const size_t count = count_of(context, tag);

    ck_assert_msg(of_types ? count >= 1 : count == 1, "%s stands %zu times in the page", path, count);
    free(tag);
}

START_TEST(every_setting_has_one_entry_in_the_page)
{
    char *page = manual_settings_page();

    config_visit_paths(expect_tag, page);
    free(page);
}
END_TEST

static void expect_section(void *context, const char *path)
{
    char *section = manual_section_of(path);

    ck_assert_msg(section != NULL, "%s is in no section", path);
    char *heading = text_format("\n.SS %s\n", section);
    const char *found = strstr(context, heading);

    ck_assert_msg(found != NULL && count_of(context, heading) == 1, "%s", section);
    char *tag = tag_of(path);
    const char *entry = strstr(found, tag), *next = strstr(found + 1, "\n.SS ");
    while (next != NULL && strncmp(next, "\n.SS \"templates: ", strlen("\n.SS \"templates: ")) == 0) /* those of its types */
        next = strstr(next + 1, "\n.SS ");
    ck_assert_msg(entry != NULL && (next == NULL || entry < next), "%s is not in the section %s", path, section);
    free(tag);
    free(heading);
    free(section);
}

START_TEST(every_setting_stands_in_the_section_that_messages_name)
{
    char *page = manual_settings_page();

    config_visit_paths(expect_section, page);
    free(page);
}
END_TEST

START_TEST(every_register_has_its_entry)
{
    char *page = manual_settings_page();
    const char *registers = strstr(page, "\n.SH REGISTERS\n");
    size_t count;
    const struct register_def *table = register_table(&count);

    ck_assert_ptr_nonnull(registers);
    for (size_t i = 0; i < count; i++) {
        char *tag = table[i].per_template ? text_format("\n.B \"%04X, ", table[i].address)
                                          : text_format("\n.B %04X\n", table[i].address);

        ck_assert_msg(count_of(registers, tag) == 1, "%04X", table[i].address);
        free(tag);
    }
    free(page);
}
END_TEST

/* The entry of a setting, up to the next one. */
static char *entry_of(const char *page, const char *path)
{
    char *tag = tag_of(path);
    const char *entry = strstr(page, tag);

    ck_assert_ptr_nonnull(entry);
    entry += strlen(tag);
    const char *end = entry;
    do
        end = strpbrk(end + 1, "\n");
    while (end != NULL && strncmp(end, "\n.TP", 4) != 0 && strncmp(end, "\n.S", 3) != 0 &&
           strncmp(end, "\n.RS", 4) != 0);
    char *text = text_format("%.*s", (int) (end - entry), entry);

    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    free(tag);
    return text;
}

static const struct {
    const char *path, *entry;
} entries[] = {
    { "mqtt.options.keep_alive",
      "Keep\\-alive interval: a dead link is noticed after twice as long at most. Allowed: 5 to 255 s; with 0 a dead"
      " link would never be noticed, and libmosquitto takes nothing from 1 to 4 s. Default: 10. Register 0289, bits"
      " 000000FF0000." },
    { "mqtt.tls.ca_slot",
      "Slot of the CA\\(aqs certificate: the slot in certificates with the CA of the broker, or for the trust"
      " \\(dqserver\\(dq with the broker\\(aqs own certificate. Allowed: 0 to 15. Default: 0x9. Register 0288, bits"
      " 000F000000." },
    { "mqtt.broker",
      "MQTT broker: name or address of the broker; empty = none, events then only show on \\fBspringparkctl watch\\fR."
      " Allowed: text of at most 253 bytes. Default: \\(dq\\(dq. Register 0286." },
    { "journal.directory",
      "State folder: where the startup counter and the journal are kept. Allowed: text of at most 1024 bytes. Default:"
      " \\(dq/var/lib/springpark\\(dq." },
    { "templates.shift_bits",
      "Leading bits to drop: after shift_bytes. Allowed: 0 to 7. Default: 0. Registers 0313, 0323, 0333, 0343, bits"
      " 00FF." },
    { "feedback.stored",
      "Stored: played when the event is on disk. Default: \\(dqnone\\(dq. The words are those of feedback.started." },
};

START_TEST(an_entry_says_what_the_table_says)
{
    char *page = manual_settings_page();
    char *entry = entry_of(page, entries[_i].path);

    ck_assert_str_eq(entry, entries[_i].entry);
    free(entry);
    free(page);
}
END_TEST

START_TEST(what_has_no_effect_or_is_refused_says_so)
{
    char *page = manual_settings_page();
    char *kept = entry_of(page, "ports.telnet"), *refused = entry_of(page, "network.disabled");

    ck_assert_msg(strstr(kept, ": kept for a device, without effect here: ") != NULL, "%s", kept);
    ck_assert_msg(strstr(refused, ": any value but the default is refused: ") != NULL, "%s", refused);
    ck_assert_ptr_nonnull(strstr(page, "Refused: it takes a contract with the schemes of the payment cards"));
    free(refused);
    free(kept);
    free(page);
}
END_TEST

/* The section of a type, up to the next. */
static char *section_of_type(const char *page, const char *type)
{
    char *heading = text_format("\n.SS \"templates: type %s\"\n", type);
    const char *found = strstr(page, heading);

    ck_assert_msg(found != NULL && count_of(page, heading) == 1, "%s", type);
    const char *end = strstr(found + 1, "\n.SS ");
    char *section = text_format("%.*s", (int) (end - found), found);

    free(heading);
    return section;
}

START_TEST(every_type_of_template_has_a_section_with_its_settings)
{
    char *page = manual_settings_page();
    size_t count, rows;
    const struct register_type *types = register_types(&count);
    const struct register_def *table = register_table(&rows);

    for (size_t i = 0; i < count && types[i].refused_because == NULL; i++) {
        char *section = section_of_type(page, types[i].name);

        ck_assert_ptr_nonnull(strstr(section, types[i].name));
        ck_assert_msg(strstr(section, " }\n.EE\n") != NULL, "%s", section);
        for (size_t k = 0; k < rows; k++) {
            const struct register_def *def = register_variant(&types[i], &table[k], false);

            /* LKL, PFX and what several types have in common stand before them. */
            const bool own = def->per_template && def->address > 0x0312 && def->address != 0x0314;

            for (size_t f = 0; own && f < def->fields_count; f++) {
                char *tag = def->fields[f].path != NULL ? tag_of(def->fields[f].path) : text_copy("");

                ck_assert_msg(strstr(section, tag) != NULL, "%s: %s", types[i].name, tag);
                free(tag);
            }
        }
        free(section);
    }
    free(page);
}
END_TEST

START_TEST(every_type_that_is_refused_is_in_a_table_with_the_reason)
{
    char *page = manual_settings_page();
    const char *table = strstr(page, "\n.SS \"templates: types that a SpringPark has and this gateway has not\"\n");
    size_t count, refused = 0;
    const struct register_type *types = register_types(&count);

    ck_assert_ptr_nonnull(table);
    for (size_t i = 0; i < count; i++) {
        char *entry = text_format("\n%s, LKL %02X: ", types[i].title, types[i].lookups[0]);
        const char *found = strstr(table, entry);

        ck_assert_int_eq(found != NULL, types[i].refused_because != NULL);
        refused += found != NULL;
        free(entry);
    }
    ck_assert_uint_eq(refused, 11);
    ck_assert_ptr_nonnull(strstr(table, "Calypso, LKL 78: there is no published description by which such cards could be"));
    free(page);
}
END_TEST

START_TEST(no_secret_is_in_the_page)
{
    char *page = manual_settings_page();
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        const char *secret = table[i].device_default;

        /* Another register's value may begin with it. */
        for (const char *found = page; table[i].secret && secret[strspn(secret, "0")] != '\0' &&
                                       (found = strstr(found, secret)) != NULL;)
            ck_assert_msg(isxdigit((unsigned char) *(found += strlen(secret))), "%04X", table[i].address);
    }
    ck_assert_ptr_null(strstr(page, "springcardmaster"));
    ck_assert_ptr_nonnull(strstr(page, "Default: that of every SpringPark."));
    free(page);
}
END_TEST

START_TEST(the_examples_are_right)
{
    const char *example;
    size_t count = 0;

    for (; (example = manual_example(count)) != NULL; count++) {
        struct errors *errors = errors_create(), *notes = errors_create();
        struct config *config = config_parse_text(example, strlen(example), "example", false, "", errors, notes);

        /* A password in a file of its own cannot be read here, and nothing else may be wrong. */
        for (size_t i = 0; i < errors_count(errors); i++) {
            const char *error = errors_get(errors, i);

            ck_assert_msg(strstr(error, "\"file:\" is not allowed here") != NULL ||
                              strstr(error, "without libnfc") != NULL, "example %zu: %s", count, error);
        }
        config_free(config);
        errors_free(notes);
        errors_free(errors);
    }
    ck_assert_uint_ge(count, 3);
}
END_TEST

static const struct {
    const char *text, *roff;
} texts[] = {
    { "a-b 'c' \"d\" \\e", "a\\-b \\(aqc\\(aq \\(dqd\\(dq \\(rse\n" },
    { ".so /etc/passwd", "\\&.so /etc/passwd\n" },
    { "'dn", "\\(aqdn\n" },
    { "run `x -y` now", "run \\fBx \\-y\\fR now\n" },
    { "  ", "" },
    { "0123456789012345678901234567890123456789 a", "01234567890123456789012345678901\\:23456789 a\n" },
};

START_TEST(text_is_no_request_and_no_escape)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    roff_put_text(out, texts[_i].text);
    fclose(out);
    ck_assert_str_eq(text, texts[_i].roff);
    free(text);
}
END_TEST

START_TEST(a_line_that_is_broken_before_a_period_is_no_request)
{
    char *text = NULL, *long_text = text_format("%0109d .TH x", 0);
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    roff_put_text(out, long_text);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "\n\\&.TH x\n"));
    free(long_text);
    free(text);
}
END_TEST

static const struct {
    const char *place, *section;
} places[] = {
    { "mqtt.tls.sni", "mqtt.tls" },       { "mqtt.tls.foo", "mqtt.tls" },  { "mqtt.tls", "mqtt.tls" },
    { "mqtt.foo", "mqtt" },               { "readers[2].path", "readers" }, { "readers", "readers" },
    { "templates[1].swap", "templates" }, { "keys.slot_D", "keys" },        { "registers", "registers" },
    { "feedback.devices[3].red", "feedback.devices" },                      { "feedback.devices", "feedback.devices" },
    { "foo", NULL },                      { "", NULL },                     { "foo.bar[", NULL },
};

START_TEST(a_place_has_its_section)
{
    char *section = manual_section_of(places[_i].place);

    if (places[_i].section == NULL)
        ck_assert_ptr_null(section);
    else
        ck_assert_str_eq(section, places[_i].section);
    free(section);
}
END_TEST

static const struct {
    const char *complaints[6], *hint;
} hints[] = {
    { { "/etc/springpark.conf:7: mqtt.options.keep_alive (register 0289): 2 is not allowed: 5 to 255 s" },
      "next: see springpark.conf(5), section mqtt.options" },
    { { "a:b.conf:7: mqtt.foo: unknown setting", "x:9: readers[1].driver: ...", "x:10: mqtt.bar: unknown setting" },
      "next: see springpark.conf(5), sections mqtt and readers" },
    { { "x:1: keys.slot_D: a", "x:2: mqtt: b", "x:3: ui.foo: c", "x:4: device.foo: d", "x:5: journal.foo: e" },
      "next: see springpark.conf(5), sections keys, mqtt, ui and device" },
    { { "x:1: foo: unknown setting" }, "next: see springpark.conf(5)" },
    { { "mqtt.foo: unknown setting; did you mean mqtt.port?", "weather: unknown setting" },
      "next: see springpark.conf(5), section mqtt" },
    { { "x:1: syntax error" }, "next: see springpark.conf(5)" },
    { { "/nonexistent: cannot be read: No such file or directory" }, NULL },
    { { NULL }, NULL },
};

START_TEST(complaints_lead_to_their_sections)
{
    struct errors *errors = errors_create();

    for (size_t i = 0; hints[_i].complaints[i] != NULL; i++)
        errors_add(errors, "%s", hints[_i].complaints[i]);
    char *hint = manual_hint(errors);

    if (hints[_i].hint == NULL)
        ck_assert_ptr_null(hint);
    else
        ck_assert_str_eq(hint, hints[_i].hint);
    free(hint);
    errors_free(errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manual");
    TCase *cases = tcase_create("manual");

    tcase_add_test(cases, what_is_committed_is_what_the_tables_say);
    tcase_add_test(cases, every_setting_has_one_entry_in_the_page);
    tcase_add_test(cases, every_setting_stands_in_the_section_that_messages_name);
    tcase_add_test(cases, every_register_has_its_entry);
    tcase_add_loop_test(cases, an_entry_says_what_the_table_says, 0, sizeof entries / sizeof entries[0]);
    tcase_add_test(cases, what_has_no_effect_or_is_refused_says_so);
    tcase_add_test(cases, every_type_of_template_has_a_section_with_its_settings);
    tcase_add_test(cases, every_type_that_is_refused_is_in_a_table_with_the_reason);
    tcase_add_test(cases, no_secret_is_in_the_page);
    tcase_add_test(cases, the_examples_are_right);
    tcase_add_loop_test(cases, text_is_no_request_and_no_escape, 0, sizeof texts / sizeof texts[0]);
    tcase_add_test(cases, a_line_that_is_broken_before_a_period_is_no_request);
    tcase_add_loop_test(cases, a_place_has_its_section, 0, sizeof places / sizeof places[0]);
    tcase_add_loop_test(cases, complaints_lead_to_their_sections, 0, sizeof hints / sizeof hints[0]);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
