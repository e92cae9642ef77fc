/* SPDX-License-Identifier: MIT */
#include "device/register_text.h"
#include "device/registers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The facts of issue 2 once more, by hand: what the table says must be this. */
static const struct fact {
    uint16_t address;
    unsigned size;
    const char *device_default;
    const char *gateway_default;
} facts[] = {
    { 0x0201, 16, "", "" },
    { 0x0202, 16, "", "" },
    { 0x0285, 14, "0000000000000000000000000000", "0000000000000000000000000000" },
    { 0x0286, 48, "", "" },
    { 0x0288, 5, "0000000000", "37098D4D8F" },
    { 0x0289, 6, "5314030A1E1E", "5314030A1E1E" },
    { 0x028B, 16, "", "" },
    { 0x028C, 16, "", "" },
    { 0x028D, 24, "", "" },
    { 0x028E, 32, "737072696E67636172642F737072696E67636F7265", "737072696E67636172642F737072696E67636F7265" },
    { 0x028F, 24, "", "" },
    { 0x02A0, 5, "0003000200", "0003000200" },
    { 0x02A1, 2, "0A1E", "0A1E" },
    { 0x02C0, 1, "00", "64" },
    { 0x0310, 1, "", "" },
    { 0x0311, 2, "0000", "0000" },
    { 0x0312, 8, "", "" },
    { 0x0313, 2, "0000", "0000" },
    { 0x0314, 1, "00", "00" },
};

START_TEST(the_table_has_these_registers_sizes_and_defaults)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    ck_assert_uint_eq(count, sizeof facts / sizeof facts[0]);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(table[i].address, facts[i].address);
        ck_assert_uint_eq(table[i].size_bytes, facts[i].size);
        ck_assert_str_eq(table[i].device_default, facts[i].device_default);
        ck_assert_str_eq(register_default(&table[i]), facts[i].gateway_default);
        ck_assert_uint_eq(table[i].per_template, table[i].address >= 0x0300);
        ck_assert_uint_le(table[i].gateway_size_bytes, REGISTER_MAX_BYTES);
        if (table[i].gateway_default != NULL)
            ck_assert_ptr_nonnull(table[i].default_reason);
    }
}
END_TEST

START_TEST(the_fields_of_a_register_cover_each_bit_at_most_once)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        uint8_t seen[sizeof table[i].fields[0].mask] = { 0 };

        for (size_t k = 0; k < table[i].fields_count; k++) {
            const struct field_def *field = &table[i].fields[k];

            ck_assert_ptr_nonnull(field->title);
            ck_assert_int_eq(field->path == NULL, field->kind == FIELD_RESERVED);
            ck_assert(field->kind == FIELD_RESERVED || field->effect != NULL);
            ck_assert_int_eq(field->options != NULL, field->kind == FIELD_CHOICE);
            for (size_t b = 0; b < sizeof seen; b++) {
                ck_assert_uint_eq(seen[b] & field->mask[b], 0);
                ck_assert(field->mask[b] == 0 || b < table[i].size_bytes);
                seen[b] |= field->mask[b];
            }
        }
        for (size_t b = 0; b < table[i].size_bytes && table[i].fields[0].kind != FIELD_TEXT; b++)
            ck_assert_uint_eq(seen[b], 0xFF);
    }
}
END_TEST

START_TEST(each_setting_has_a_path_of_its_own)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            const struct register_def *def;

            if (table[i].fields[k].path != NULL)
                ck_assert_ptr_eq(register_find_field(table[i].fields[k].path, &def), &table[i].fields[k]);
        }
    }
}
END_TEST

START_TEST(template_registers_are_found_in_four_instances)
{
    unsigned instance = 9;

    ck_assert_uint_eq(register_find(0x0321, &instance)->address, 0x0311);
    ck_assert_uint_eq(instance, 1);
    ck_assert_uint_eq(register_find(0x0344, &instance)->address, 0x0314);
    ck_assert_uint_eq(instance, 3);
    ck_assert_uint_eq(register_find(0x02A1, &instance)->address, 0x02A1);
    ck_assert_uint_eq(instance, 0);
    ck_assert_ptr_null(register_find(0x0350, &instance));
    ck_assert_ptr_null(register_find(0x0301, &instance));
    ck_assert_ptr_null(register_find(0x02B1, &instance));
}
END_TEST

START_TEST(a_new_set_has_the_gateways_defaults)
{
    struct registers *registers = registers_create();
    size_t size;
    const uint8_t *bytes = registers_get(registers, 0x0288, &size);

    ck_assert_uint_eq(size, 5);
    ck_assert_mem_eq(bytes, "\x37\x09\x8D\x4D\x8F", 5);
    bytes = registers_get(registers, 0x0340, &size);
    ck_assert_uint_eq(size, 0);
    ck_assert_ptr_nonnull(bytes);
    registers_free(registers);
}
END_TEST

START_TEST(the_instances_of_a_template_register_are_apart)
{
    struct registers *registers = registers_create();
    size_t size;

    ck_assert(registers_set(registers, 0x0331, (const uint8_t *) "\x0F\x00", 2));
    ck_assert_uint_eq(registers_get(registers, 0x0321, &size)[0], 0x00);
    ck_assert_uint_eq(registers_get(registers, 0x0331, &size)[0], 0x0F);
    ck_assert_uint_eq(registers_get(registers, 0x0341, &size)[0], 0x00);
    registers_free(registers);
}
END_TEST

START_TEST(a_value_of_the_wrong_size_or_address_changes_nothing)
{
    struct registers *registers = registers_create();
    uint8_t long_value[REGISTER_MAX_BYTES] = { 0 };
    size_t size;

    ck_assert(!registers_set(registers, 0x02A1, long_value, 1));
    ck_assert(!registers_set(registers, 0x02A1, long_value, 3));
    ck_assert(!registers_set(registers, 0x0299, long_value, 1));
    ck_assert(!registers_set(registers, 0x0286, long_value, 254));
    ck_assert(registers_set(registers, 0x0286, long_value, 253));
    ck_assert(registers_set(registers, 0x0286, long_value, 0));
    ck_assert_mem_eq(registers_get(registers, 0x02A1, &size), "\x0A\x1E", 2);
    registers_free(registers);
}
END_TEST

START_TEST(bits_are_read_and_written_where_the_mask_is)
{
    struct registers *registers = registers_create();
    static const uint8_t port[20] = { [10] = 0xFF, 0xFF };
    static const uint8_t trust[20] = { 0x30 };
    static const uint8_t lookup[20] = { 0xFF };
    size_t size;

    registers_set_bits(registers, 0x0285, port, 8883);
    ck_assert_uint_eq(registers_get_bits(registers, 0x0285, port), 8883);
    ck_assert_mem_eq(registers_get(registers, 0x0285, &size), "\0\0\0\0\0\0\0\0\0\0\x22\xB3\0\0", 14);
    ck_assert_uint_eq(registers_get_bits(registers, 0x0288, trust), 3);
    registers_set_bits(registers, 0x0288, trust, 1);
    ck_assert_mem_eq(registers_get(registers, 0x0288, &size), "\x17\x09\x8D\x4D\x8F", 5);
    ck_assert_uint_eq(registers_get_bits(registers, 0x0310, lookup), 0);
    registers_set_bits(registers, 0x0310, lookup, 0xFF);
    registers_get(registers, 0x0310, &size);
    ck_assert_uint_eq(size, 1);
    registers_free(registers);
}
END_TEST

static const struct field_def *field(const char *path)
{
    const struct register_def *def;

    return register_find_field(path, &def);
}

START_TEST(a_keep_alive_below_5_s_is_refused_with_the_reason)
{
    char *text = field_problem(field("mqtt.options.keep_alive"), 3, 10);

    ck_assert_str_eq(text, "3 is not allowed: 5 to 255 s; with 0 a dead link would never be noticed, and libmosquitto"
                           " takes nothing from 1 to 4 s");
    free(text);
    ck_assert_ptr_null(field_problem(field("mqtt.options.keep_alive"), 5, 10));
    ck_assert_ptr_null(field_problem(field("mqtt.options.keep_alive"), 255, 10));
}
END_TEST

START_TEST(timeouts_of_0_s_are_refused)
{
    static const char *const paths[] = { "mqtt.options.connect_timeout", "mqtt.options.response_timeout",
                                         "mqtt.options.reconnect_interval" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *text = field_problem(field(paths[i]), 0, 1);

        ck_assert_ptr_nonnull(strstr(text, "0 is not allowed: 1 to 255 s; "));
        free(text);
        ck_assert_ptr_null(field_problem(field(paths[i]), 1, 1));
    }
}
END_TEST

START_TEST(texts_must_be_printable_utf_8)
{
    static const char *const bad[] = { "a\x01", "\x7F", "\xFF", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF5\x80\x80\x80",
                                       "\xC2\x80", "a\nb" };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *text = field_text_problem(bad[i], strlen(bad[i]), 100);

        ck_assert_msg(text != NULL, "text %zu is taken", i);
        free(text);
    }
    ck_assert_ptr_null(field_text_problem("T\xC3\xBCr 3 \xE2\x82\xAC \xF0\x9F\x90\x9F", 15, 15));
    char *text = field_text_problem("abc", 3, 2);
    ck_assert_str_eq(text, "a text of 3 bytes is too long: at most 2");
    free(text);
}
END_TEST

START_TEST(a_password_is_never_shown)
{
    struct registers *registers = registers_create();
    unsigned instance;
    const struct register_def *def = register_find(0x028C, &instance);

    registers_set(registers, 0x028C, (const uint8_t *) "hunter2", 7);
    char *value = register_value_text(registers, def, 0);
    char *text = field_value_text(registers, def, 0, &def->fields[0]);
    char *meaning = field_value_meaning(registers, def, 0, &def->fields[0]);
    ck_assert_str_eq(value, "(set)");
    ck_assert_str_eq(text, "\"(set)\"");
    ck_assert_str_eq(meaning, "(set)");
    free(meaning);
    free(text);
    free(value);
    registers_free(registers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registers");
    TCase *cases = tcase_create("registers");

    tcase_add_test(cases, the_table_has_these_registers_sizes_and_defaults);
    tcase_add_test(cases, the_fields_of_a_register_cover_each_bit_at_most_once);
    tcase_add_test(cases, each_setting_has_a_path_of_its_own);
    tcase_add_test(cases, template_registers_are_found_in_four_instances);
    tcase_add_test(cases, a_new_set_has_the_gateways_defaults);
    tcase_add_test(cases, the_instances_of_a_template_register_are_apart);
    tcase_add_test(cases, a_value_of_the_wrong_size_or_address_changes_nothing);
    tcase_add_test(cases, bits_are_read_and_written_where_the_mask_is);
    tcase_add_test(cases, a_keep_alive_below_5_s_is_refused_with_the_reason);
    tcase_add_test(cases, timeouts_of_0_s_are_refused);
    tcase_add_test(cases, texts_must_be_printable_utf_8);
    tcase_add_test(cases, a_password_is_never_shown);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
