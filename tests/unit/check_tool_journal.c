/* SPDX-License-Identifier: MIT */
/*
 * The journal for a person: what `springparkctl status` and `springparkctl journal` make of the daemon's answers.
 */
#include "base/memory.h"
#include "tool/display.h"
#include "tool/journal_view.h"
#include "tool/new_file.h"
#include "tool/report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef void view(FILE *stream, json_t *value);

static void expect(view *show, const char *json, const char *wanted)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);

    ck_assert_msg(value != NULL, "%s", json);
    show(stream, value);
    json_decref(value);
    fclose(stream);
    ck_assert_str_eq(text, wanted);
    free(text);
}

/* ---- status ---- */

START_TEST(a_journal_that_works_is_two_lines)
{
    expect(journal_view_status,
           "{\"state\":\"works\",\"detail\":null,\"directory\":\"/var/lib/springpark\",\"depth\":12,\"in_memory\":3,"
           "\"bytes\":1258291,\"oldest_age_s\":306,\"delivered\":7,\"dropped\":1,\"replayed\":5,\"set_aside\":0,"
           "\"gaps\":[]}",
           "  journal   works: 12 waiting (3 in memory), oldest 5 min 6 s, 1.2 MiB in /var/lib/springpark\n"
           "            7 delivered, 1 dropped, 5 replayed, 0 set aside\n");
    expect(journal_view_status,
           "{\"state\":\"works\",\"detail\":null,\"directory\":\"/d\",\"depth\":0,\"in_memory\":0,\"bytes\":900,"
           "\"oldest_age_s\":null,\"delivered\":0,\"dropped\":0,\"replayed\":0,\"set_aside\":0,\"gaps\":[]}",
           "  journal   works: 0 waiting, 900 bytes in /d\n"
           "            0 delivered, 0 dropped, 0 replayed, 0 set aside\n");
}
END_TEST

START_TEST(an_ill_journal_says_why)
{
    expect(journal_view_status,
           "{\"state\":\"degraded\",\"detail\":\"the disk is full; it is tried again every 5 s\",\"directory\":\"/d\","
           "\"depth\":2,\"in_memory\":2,\"bytes\":4096,\"oldest_age_s\":0,\"delivered\":0,\"dropped\":0,"
           "\"replayed\":0,\"set_aside\":0,\"gaps\":[]}",
           "  journal   degraded: 2 waiting (2 in memory), oldest 0 s, 4.0 KiB in /d\n"
           "            the disk is full; it is tried again every 5 s\n"
           "            0 delivered, 0 dropped, 0 replayed, 0 set aside\n");
}
END_TEST

START_TEST(a_journal_that_is_off_has_no_folder)
{
    expect(journal_view_status,
           "{\"state\":\"off\",\"directory\":\"/d\",\"depth\":2,\"in_memory\":2,\"bytes\":0,\"oldest_age_s\":3}",
           "  journal   off: 2 waiting (2 in memory), oldest 3 s\n"
           "            0 delivered, 0 dropped, 0 replayed, 0 set aside\n");
}
END_TEST

START_TEST(what_was_set_aside_has_its_next_step)
{
    expect(journal_view_status, "{\"state\":\"works\",\"depth\":0,\"set_aside\":2}",
           "  journal   works: 0 waiting\n"
           "            0 delivered, 0 dropped, 0 replayed, 2 set aside\n"
           "            next: springparkctl journal --set-aside shows what the broker refused, and why\n");
}
END_TEST

START_TEST(each_gap_is_a_line)
{
    expect(journal_view_status,
           "{\"state\":\"works\",\"gaps\":["
           "{\"First\":\"12:5\",\"Last\":\"12:90\",\"Count\":86,\"Reason\":\"journal full\"},"
           "{\"First\":\"12:91\",\"Reason\":\"unclean end\"},"
           "{\"First\":\"13:1\",\"Last\":\"13:1\",\"Count\":1,\"Reason\":\"too old\"},"
           "{\"Last\":\"13:9\",\"Count\":4,\"Reason\":\"damaged\"},"
           "{\"Reason\":\"damaged\"},{\"First\":\"14:1\",\"Last\":\"14:2\"}]}",
           "  journal   works: 0 waiting\n"
           "            0 delivered, 0 dropped, 0 replayed, 0 set aside\n"
           "  gap       12:5 to 12:90: 86 lost (journal full)\n"
           "  gap       from 12:91 on: perhaps lost (unclean end)\n"
           "  gap       13:1: 1 lost (too old)\n"
           "  gap       up to 13:9: 4 lost (damaged)\n"
           "  gap       unknown events: perhaps lost (damaged)\n"
           "  gap       14:1 to 14:2: perhaps lost\n");
}
END_TEST

START_TEST(a_daemon_of_another_version_does_not_upset_the_view)
{
    static const char *const lines = "            0 delivered, 0 dropped, 0 replayed, 0 set aside\n";
    char *unknown = text_format("  journal   unknown: 0 waiting\n%s", lines);
    char *gaps = text_format("%s  gap       unknown events: perhaps lost\n", unknown);

    expect(journal_view_status, "{}", unknown);
    expect(journal_view_status,
           "{\"state\":7,\"detail\":[],\"directory\":{},\"depth\":\"x\",\"gaps\":{\"a\":1}}", unknown);
    expect(journal_view_status, "{\"gaps\":[7]}", gaps);
    expect(journal_view_record, "7", "                  0 s                      cannot be read\n");
    free(gaps);
    free(unknown);
}
END_TEST

START_TEST(a_daemon_without_a_journal_has_no_such_lines)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *stream = open_memstream(&text, &size_bytes);
    json_t *status = json_loads("{\"version\":\"1\"}", 0, NULL);

    report_status(stream, status);
    fclose(stream);
    json_decref(status);
    ck_assert_ptr_null(strstr(text, "journal"));
    free(text);
}
END_TEST

/* ---- journal ---- */

static void show_heading(FILE *stream, json_t *unused)
{
    (void) unused;
    journal_view_heading(stream);
}

START_TEST(a_record_is_a_line_under_its_heading)
{
    expect(show_heading, "null", "ID                AGE           STATE      EVENT\n");
    expect(journal_view_record,
           "{\"position\":3,\"id\":\"12:5\",\"state\":\"pending\",\"reason\":null,\"age_s\":306,\"event\":{"
           "\"Sequence\":5,\"Protocol\":\"NFC-A\",\"Template\":1,\"TagId\":\"04A1B2C3D4E580\",\"Move\":\"Insert\","
           "\"TagData\":\"00\",\"Uptime\":\"12:1.000\",\"DateTime\":\"2024-03-13 09:08:07\",\"Reader\":\"door\"}}",
           "12:5              5 min 6 s     pending    NFC-A 04A1B2C3D4E580, Insert, door, 2024-03-13 09:08:07\n");
    expect(journal_view_record,
           "{\"position\":4,\"id\":\"4294967295:123456\",\"state\":\"in flight\",\"reason\":null,\"age_s\":0,"
           "\"event\":{\"Protocol\":\"NFC-A\",\"TagId\":\"01\"}}",
           "4294967295:123456  0 s           in flight  NFC-A 01\n");
}
END_TEST

START_TEST(what_was_set_aside_has_its_reason_below)
{
    expect(journal_view_record,
           "{\"id\":\"12:6\",\"state\":\"set aside\",\"reason\":\"Not authorized (0x87)\",\"age_s\":90000,"
           "\"event\":{\"Protocol\":\"NFC-V\",\"TagId\":\"E0\"}}",
           "12:6              1 d 1 h       set aside  NFC-V E0\n"
           "    Not authorized (0x87)\n");
}
END_TEST

START_TEST(nothing_of_a_tag_reaches_the_terminal_unseen)
{
    expect(journal_view_record,
           "{\"id\":\"1:1\",\"state\":\"pending\",\"age_s\":0,\"event\":{\"Protocol\":\"NFC-A\","
           "\"TagId\":\"\\u001b[2J\",\"Reader\":\"a\\nb\"}}",
           "1:1               0 s           pending    NFC-A \\u001b[2J, a\\u000ab\n");
}
END_TEST

static void show_export(FILE *stream, json_t *record)
{
    json_t *line = journal_view_export(record);

    display_put_json(stream, line);
    json_decref(line);
}

START_TEST(an_exported_record_is_one_line_of_json_with_the_event_as_it_was_sent)
{
    expect(show_export,
           "{\"position\":3,\"id\":\"12:5\",\"state\":\"pending\",\"reason\":null,\"age_s\":306,"
           "\"event\":{\"Sequence\":5,\"TagId\":\"04\",\"TagData\":\"\\u009b\\n\"}}",
           "{\"id\":\"12:5\",\"state\":\"pending\",\"reason\":null,\"age_s\":306,"
           "\"event\":{\"Sequence\":5,\"TagId\":\"04\",\"TagData\":\"\\u009b\\n\"}}\n");
    expect(show_export, "{}", "{\"id\":null,\"state\":null,\"reason\":null,\"age_s\":null,\"event\":null}\n");
}
END_TEST

START_TEST(a_size_has_the_unit_that_fits)
{
    static const struct {
        uint64_t size_bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"}, {1023, "1023 bytes"}, {1024, "1.0 KiB"}, {1536, "1.5 KiB"}, {1048575, "1.0 MiB"},
        {134217728, "128.0 MiB"}, {3221225472, "3.0 GiB"}, {1ULL << 50, "1024.0 TiB"},
    };

    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        char *text = display_size(cases[index].size_bytes);
        ck_assert_str_eq(text, cases[index].text);
        free(text);
    }
}
END_TEST

/* ---- a file that is there whole or not at all ---- */

static char folder[] = "/tmp/springpark-check-XXXXXX";

static char *in_folder(const char *name)
{
    return text_format("%s/%s", folder, name);
}

static void write_text(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

static void expect_file(const char *path, const char *wanted)
{
    char text[64] = "";
    FILE *stream = fopen(path, "r");

    ck_assert_ptr_nonnull(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    ck_assert_str_eq(text, wanted);
}

/* names: all that the folder has, a space after each. */
static void expect_only(const char *names)
{
    char *command = text_format("test \"$(ls -A %s | tr '\\n' ' ')\" = '%s'", folder, names);

    ck_assert_int_eq(system(command), 0);
    free(command);
}

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char *command = text_format("rm -r %s", folder);

    ck_assert_int_eq(system(command), 0);
    free(command);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

START_TEST(a_file_appears_when_it_is_finished)
{
    char *path = in_folder("out");
    struct stat status;

    write_text(path, "old");
    struct new_file *file = new_file_create(path);
    fputs("new", new_file_stream(file));
    fflush(new_file_stream(file));
    expect_file(path, "old");
    ck_assert(new_file_finish(file));
    expect_file(path, "new");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    expect_only("out ");
    free(path);
}
END_TEST

START_TEST(a_file_that_is_discarded_leaves_no_trace)
{
    char *path = in_folder("out");
    struct new_file *file = new_file_create(path);

    fputs("new", new_file_stream(file));
    new_file_discard(file);
    expect_only("");
    free(path);
}
END_TEST

START_TEST(a_link_stays_and_what_it_points_to_is_replaced)
{
    char *path = in_folder("out"), *link = in_folder("link");
    struct stat status;

    write_text(path, "old");
    ck_assert_int_eq(symlink("out", link), 0);
    struct new_file *file = new_file_create(link);
    fputs("new", new_file_stream(file));
    ck_assert(new_file_finish(file));
    expect_file(path, "new");
    ck_assert_int_eq(lstat(link, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    free(path);
    free(link);
}
END_TEST

START_TEST(a_device_is_written_to_and_not_replaced)
{
    struct stat status;
    struct new_file *file = new_file_create("/dev/null");

    fputs("new", new_file_stream(file));
    ck_assert(new_file_finish(file));
    ck_assert_int_eq(stat("/dev/null", &status), 0);
    ck_assert(S_ISCHR(status.st_mode));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tool_journal");
    TCase *tests = tcase_create("view");
    TCase *files = tcase_create("files");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_journal_that_works_is_two_lines);
    tcase_add_test(tests, an_ill_journal_says_why);
    tcase_add_test(tests, a_journal_that_is_off_has_no_folder);
    tcase_add_test(tests, what_was_set_aside_has_its_next_step);
    tcase_add_test(tests, each_gap_is_a_line);
    tcase_add_test(tests, a_daemon_of_another_version_does_not_upset_the_view);
    tcase_add_test(tests, a_daemon_without_a_journal_has_no_such_lines);
    tcase_add_test(tests, a_record_is_a_line_under_its_heading);
    tcase_add_test(tests, what_was_set_aside_has_its_reason_below);
    tcase_add_test(tests, nothing_of_a_tag_reaches_the_terminal_unseen);
    tcase_add_test(tests, an_exported_record_is_one_line_of_json_with_the_event_as_it_was_sent);
    tcase_add_test(tests, a_size_has_the_unit_that_fits);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, a_file_appears_when_it_is_finished);
    tcase_add_test(files, a_file_that_is_discarded_leaves_no_trace);
    tcase_add_test(files, a_link_stays_and_what_it_points_to_is_replaced);
    tcase_add_test(files, a_device_is_written_to_and_not_replaced);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
