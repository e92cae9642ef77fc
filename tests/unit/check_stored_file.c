/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "base/stored_file.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *path;

static void set_up(void)
{
    folder = text_copy("/tmp/springpark-stored-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = text_format("%s/file", folder);
}

static void tear_down(void)
{
    char *new_path = text_format("%s.new", path);

    chmod(folder, 0700);
    unlink(new_path);
    unlink(path);
    rmdir(new_path);
    rmdir(folder);
    free(new_path);
    free(path);
    free(folder);
}

static void assert_content(const char *expected)
{
    size_t size = 0;
    char *text = stored_file_read(path, 100, &size);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(size, strlen(expected));
    free(text);
}

START_TEST(a_new_one_takes_the_place_of_the_old_one_with_its_own_mode)
{
    struct stat status;
    mode_t mask = umask(0077);

    ck_assert(stored_file_write(path, "one", 3, 0600));
    assert_content("one");
    ck_assert(stored_file_write(path, "two2", 4, 0644));
    assert_content("two2");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0644);
    umask(mask);
}
END_TEST

START_TEST(what_an_interrupted_write_left_does_no_harm)
{
    char *new_path = text_format("%s.new", path);

    ck_assert(stored_file_write(new_path, "half", 4, 0666)); /* by the same means */
    ck_assert(stored_file_write(path, "whole", 5, 0600));
    assert_content("whole");
    ck_assert_int_ne(access(new_path, F_OK), 0);
    free(new_path);
}
END_TEST

START_TEST(a_failure_leaves_the_old_one_and_says_why)
{
    char *new_path = text_format("%s.new", path);

    ck_assert(stored_file_write(path, "old", 3, 0600));
    ck_assert_int_eq(mkdir(new_path, 0700), 0); /* also for root there is no way past that */
    ck_assert(!stored_file_write(path, "new", 3, 0600));
    ck_assert_int_eq(errno, EEXIST);
    assert_content("old");
    free(new_path);
    ck_assert(!stored_file_write("/nonexistent/file", "x", 1, 0600));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(reading_keeps_to_its_limit_and_follows_no_link)
{
    size_t size = 0;

    ck_assert(stored_file_write(path, "12345", 5, 0600));
    char *text = stored_file_read(path, 5, &size);
    ck_assert_str_eq(text, "12345");
    free(text);
    ck_assert_ptr_null(stored_file_read(path, 4, &size));
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_ptr_null(stored_file_read("/nonexistent/file", 4, &size));
    ck_assert_int_eq(errno, ENOENT);
    char *link = text_format("%s.new", path);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_ptr_null(stored_file_read(link, 100, &size));
    ck_assert_int_eq(errno, ELOOP);
    free(link);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stored file");
    TCase *test_case = tcase_create("stored file");

    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, a_new_one_takes_the_place_of_the_old_one_with_its_own_mode);
    tcase_add_test(test_case, what_an_interrupted_write_left_does_no_harm);
    tcase_add_test(test_case, a_failure_leaves_the_old_one_and_says_why);
    tcase_add_test(test_case, reading_keeps_to_its_limit_and_follows_no_link);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
