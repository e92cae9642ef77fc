/* SPDX-License-Identifier: MIT */
/*
 * The control socket: its names in the file system, the tool's end of it, and the parts that both ends share.
 */
#include "control_house.h"

#include "base/memory.h"
#include "control/line_buffer.h"
#include "control/request.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the sockets in the file system ---- */

static mode_t mode_of(const char *name)
{
    struct stat status;
    char *path = text_format("%s/%s", house.directory, name);

    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert(S_ISSOCK(status.st_mode));
    free(path);
    return status.st_mode & 07777;
}

START_TEST(the_modes_are_right_whatever_the_umask_is)
{
    static const mode_t masks[] = {0, 022, 077, 0777};

    for (size_t index = 0; index < sizeof masks / sizeof *masks; index++) {
        make_directory();
        mode_t before = umask(masks[index]);
        start_server();
        umask(before);
        ck_assert_int_eq(mode_of("control"), 0660);
        ck_assert_int_eq(mode_of("status"), 0666);
        stop_server();
        remove_directory();
    }
}
END_TEST

/* Leaves a socket file that nobody listens to. */
static void leave_stale(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", house.directory, name);
    ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof address), 0);
    close(fd);
}

START_TEST(a_stale_socket_is_replaced)
{
    make_directory();
    leave_stale("control");
    leave_stale("status");
    start_server();
    ck_assert_int_eq(mode_of("control"), 0660);
    int fd = call("control"); /* somebody listens */
    close(fd);
    stop_server();
    remove_directory();
}
END_TEST

START_TEST(a_second_daemon_is_refused_and_the_first_keeps_its_sockets)
{
    char *error = NULL;

    make_directory();
    start_server();
    struct loop *loop = loop_create();
    ck_assert_ptr_null(control_server_create(loop, house.directory, house_request, NULL, &error));
    ck_assert_msg(strstr(error, "another springparkd runs here") != NULL, "%s", error);
    free(error);
    loop_free(loop);
    int fd = call("control");
    close(fd);
    fd = call("status");
    close(fd);
    stop_server();
    remove_directory();
}
END_TEST

START_TEST(a_file_in_the_way_is_not_removed)
{
    char *error = NULL;

    make_directory();
    char *path = text_format("%s/control", house.directory);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    struct loop *loop = loop_create();
    ck_assert_ptr_null(control_server_create(loop, house.directory, house_request, NULL, &error));
    ck_assert_msg(strstr(error, "no socket") != NULL, "%s", error);
    free(error);
    ck_assert_int_eq(access(path, F_OK), 0);
    loop_free(loop);
    free(path);
    remove_directory();
}
END_TEST

START_TEST(sockets_that_another_daemon_made_since_are_left_alone)
{
    make_directory();
    start_server();
    char *path = text_format("%s/control", house.directory);
    ck_assert_int_eq(unlink(path), 0);
    leave_stale("control");
    stop_server();
    ck_assert_int_eq(access(path, F_OK), 0);
    free(path);
    remove_directory();
}
END_TEST

START_TEST(a_folder_that_is_missing_or_too_long_is_said)
{
    char *error = NULL;
    char *directory = memory_zeroed(201, 1);
    struct loop *loop = loop_create();

    memset(directory, 'd', 200);
    ck_assert_ptr_null(control_server_create(loop, "/nonexistent/springpark", house_request, NULL, &error));
    ck_assert_msg(strstr(error, "/nonexistent/springpark/control") != NULL, "%s", error);
    free(error);
    ck_assert_ptr_null(control_server_create(loop, directory, house_request, NULL, &error));
    ck_assert_msg(strstr(error, "shorter folder") != NULL, "%s", error);
    free(error);
    free(directory);
    loop_free(loop);
}
END_TEST

/* ---- the tool's client ---- */

static void use_client(void)
{
    char *error = NULL;
    struct control_connection *connection = control_connect(house.directory, false, &error);
    struct control_connection *other = control_connect(house.directory, false, &error);

    ck_assert_ptr_nonnull(connection);
    json_t *result = control_request_answer(connection, "echo", json_pack("{s:i}", "n", 7), PATIENCE_MS, &error);
    ck_assert_int_eq(json_integer_value(json_object_get(result, "n")), 7);
    json_decref(result);

    ck_assert_ptr_null(control_request_answer(connection, "what?", NULL, PATIENCE_MS, &error));
    ck_assert_int_eq(errno, ECANCELED);
    ck_assert_str_eq(error, "first complaint\nsecond complaint");
    free(error);

    result = control_request_answer(connection, "watch", NULL, PATIENCE_MS, &error);
    ck_assert(json_is_object(result));
    json_decref(result);
    ck_assert_ptr_null(control_next_line(connection, 0, &error));
    ck_assert_int_eq(errno, ETIMEDOUT);
    free(error);
    result = control_request_answer(other, "broadcast", json_pack("{s:i,s:i}", "count", 2, "size", 3), -1, &error);
    ck_assert(json_is_null(result));
    for (int index = 0; index < 2; index++) {
        json_t *line = control_next_line(connection, PATIENCE_MS, &error);
        json_t *event = json_object_get(line, "event");
        ck_assert_int_eq(json_integer_value(json_object_get(event, "Sequence")), index);
        json_decref(line);
    }
    ck_assert_ptr_null(control_request_answer(other, "slow", NULL, 20, &error));
    ck_assert_int_eq(errno, ETIMEDOUT);
    free(error);
    until("release", true);
    control_connection_free(connection);
    control_connection_free(other);
}

START_TEST(the_client_asks_watches_and_says_what_failed)
{
    with_server(use_client);
}
END_TEST

START_TEST(a_daemon_that_is_not_there_is_named_with_the_next_step)
{
    char *error = NULL;

    make_directory();
    ck_assert_ptr_null(control_connect(house.directory, true, &error));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_nonnull(strstr(error, house.directory));
    ck_assert_ptr_nonnull(strstr(error, "systemctl start springparkd"));
    free(error);
    remove_directory();
}
END_TEST

START_TEST(a_watch_ends_when_the_daemon_goes)
{
    char *error = NULL;

    make_directory();
    start_server();
    struct control_connection *connection = control_connect(house.directory, false, &error);
    ck_assert_ptr_nonnull(connection);
    stop_server();
    ck_assert_ptr_null(control_next_line(connection, PATIENCE_MS, &error));
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert_ptr_nonnull(strstr(error, "closed the connection"));
    free(error);
    control_connection_free(connection);
    remove_directory();
}
END_TEST

/* ---- the parts ---- */

START_TEST(a_line_buffer_cuts_lines_and_is_bounded)
{
    int ends[2];
    size_t size_bytes = 0;
    struct line_buffer *buffer = line_buffer_create(4);

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    ck_assert_int_eq(line_buffer_read(buffer, ends[0]), LINE_READ_NOTHING);
    say(ends[1], "ab\n\ncdef\nghijk");
    ck_assert_int_eq(line_buffer_read(buffer, ends[0]), LINE_READ_SOME);
    const char *line = line_buffer_next(buffer, &size_bytes);
    ck_assert_mem_eq(line, "ab", 2);
    ck_assert_uint_eq(size_bytes, 2);
    ck_assert_ptr_nonnull(line_buffer_next(buffer, &size_bytes));
    ck_assert_uint_eq(size_bytes, 0);
    ck_assert_ptr_null(line_buffer_next(buffer, &size_bytes));
    ck_assert_int_eq(line_buffer_read(buffer, ends[0]), LINE_READ_SOME);
    line = line_buffer_next(buffer, &size_bytes);
    ck_assert_mem_eq(line, "cdef", 4);
    ck_assert_uint_eq(size_bytes, 4);
    ck_assert_int_eq(line_buffer_read(buffer, ends[0]), LINE_READ_SOME);
    ck_assert_ptr_null(line_buffer_next(buffer, &size_bytes));
    ck_assert(line_buffer_too_long(buffer));
    ck_assert_int_eq(line_buffer_read(buffer, ends[0]), LINE_READ_NOTHING);
    close(ends[0]);
    close(ends[1]);
    line_buffer_free(buffer);
}
END_TEST

START_TEST(an_error_text_that_is_no_utf_8_is_replaced)
{
    char *text = request_refusal_text(request_errors("cut in the middle: \xc3"));

    ck_assert_str_eq(text, "{\"ok\":false,\"errors\":[\"the request is no JSON in UTF-8\"]}");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_ends");
    TCase *tests = tcase_create("control_ends");

    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, the_modes_are_right_whatever_the_umask_is);
    tcase_add_test(tests, a_stale_socket_is_replaced);
    tcase_add_test(tests, a_second_daemon_is_refused_and_the_first_keeps_its_sockets);
    tcase_add_test(tests, a_file_in_the_way_is_not_removed);
    tcase_add_test(tests, sockets_that_another_daemon_made_since_are_left_alone);
    tcase_add_test(tests, a_folder_that_is_missing_or_too_long_is_said);
    tcase_add_test(tests, the_client_asks_watches_and_says_what_failed);
    tcase_add_test(tests, a_daemon_that_is_not_there_is_named_with_the_next_step);
    tcase_add_test(tests, a_watch_ends_when_the_daemon_goes);
    tcase_add_test(tests, a_line_buffer_cuts_lines_and_is_bounded);
    tcase_add_test(tests, an_error_text_that_is_no_utf_8_is_replaced);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
