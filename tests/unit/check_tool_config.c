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

static struct outcome *run(tool_command *command, bool json, const char *argument)
{
    static struct outcome outcome;
    struct tool_options options = { .config_file = path, .json = json };
    char *words[] = { text_copy("tool"), text_copy(argument), NULL };
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);

    fflush(stdout);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    outcome.status = command(&options, argument != NULL ? 2 : 1, words);
    fflush(stdout);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    read_back(out, outcome.out, sizeof outcome.out);
    read_back(err, outcome.err, sizeof outcome.err);
    free(words[0]);
    free(words[1]);
    return &outcome;
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
    ck_assert_uint_eq(json_array_size(list), 14 + 4 * 5);
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
    tcase_add_test(cases, registers_of_a_bad_file_end_with_78);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
