/* SPDX-License-Identifier: MIT */
/*
 * The control socket: what the server answers, to whom, and what it does not put up with.
 */
#include "control_house.h"

#include "base/memory.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- requests ---- */

static void ask_both_sockets(void)
{
    int fd = call("control");
    say(fd, "{\"request\":\"status\"}\n");
    expect(fd, "{\"ok\":true,\"result\":{\"privileged\":true}}");
    close(fd);
    fd = call("status");
    say(fd, "{\"request\":\"status\"}\n");
    expect(fd, "{\"ok\":true,\"result\":{\"privileged\":false}}");
    say(fd, "{\"request\":\"reload\"}\n");
    expect_refusal(fd, "group springpark");
    say(fd, "{\"request\":\"watch\"}\n");
    expect_refusal(fd, "only \\\"status\\\" is open");
    close(fd);
}

START_TEST(the_status_socket_answers_status_and_nothing_else)
{
    with_server(ask_both_sockets);
}
END_TEST

static void ask_nonsense(void)
{
    static const char with_nul[] = "{\"request\":\"sta\0tus\"}\n";
    int fd = call("control");

    say(fd, "\n");
    expect_refusal(fd, "no JSON");
    say(fd, "{\"request\":\n");
    expect_refusal(fd, "no JSON");
    say(fd, "[\"status\"]\n");
    expect_refusal(fd, "a JSON object");
    say(fd, "{}\n");
    expect_refusal(fd, "is missing");
    say(fd, "{\"request\":7}\n");
    expect_refusal(fd, "no text");
    say(fd, "{\"request\":\"status\",\"arguments\":[]}\n");
    expect_refusal(fd, "no JSON object");
    say(fd, "{\"request\":\"status\",\"argumnts\":{}}\n");
    expect_refusal(fd, "argumnts");
    say(fd, "{\"request\":\"status\",\"request\":\"reload\"}\n");
    expect_refusal(fd, "no JSON");
    say(fd, "{\"request\":\"\xff\xfe\"}\n");
    expect_refusal(fd, "no JSON");
    say_bytes(fd, with_nul, sizeof with_nul - 1);
    expect_refusal(fd, "no JSON");
    say(fd, "{\"request\":\"what?\"}\n");
    expect(fd, "{\"ok\":false,\"errors\":[\"first complaint\",\"second complaint\"]}");
    say(fd, "{\"request\":\"status\"}\n");
    expect(fd, "{\"ok\":true,\"result\":{\"privileged\":true}}"); /* and it is still served */
    close(fd);
}

START_TEST(nonsense_is_refused_with_its_reason_and_the_client_stays)
{
    with_server(ask_nonsense);
}
END_TEST

static void ask_in_pieces(void)
{
    static const char text[] = "{\"request\":\"echo\",\"arguments\":{\"a\":[1,2]}}\n{\"request\":\"status\"}\n";
    int fd = call("control");

    for (size_t at = 0; at < sizeof text - 1; at++)
        say_bytes(fd, text + at, 1);
    expect(fd, "{\"ok\":true,\"result\":{\"a\":[1,2]}}");
    expect(fd, "{\"ok\":true,\"result\":{\"privileged\":true}}");
    close(fd);
}

START_TEST(a_request_may_come_in_many_pieces)
{
    with_server(ask_in_pieces);
}
END_TEST

static void ask_many_at_once(void)
{
    int fd = call("control");
    char *all = text_copy("");

    for (int index = 0; index < 500; index++) {
        char *longer = text_format("%s{\"request\":\"echo\",\"arguments\":{\"n\":%d}}\n", all, index);
        free(all);
        all = longer;
    }
    say(fd, all);
    free(all);
    shutdown(fd, SHUT_WR); /* a client that has said all still hears all */
    for (int index = 0; index < 500; index++) {
        char *wanted = text_format("{\"ok\":true,\"result\":{\"n\":%d}}", index);
        expect(fd, wanted);
        free(wanted);
    }
    expect_end(fd);
}

START_TEST(many_requests_in_one_write_are_answered_in_order)
{
    with_server(ask_many_at_once);
}
END_TEST

static void ask_while_pending(void)
{
    int fd = call("control");
    int other = call("control");

    say(fd, "{\"request\":\"slow\"}\n{\"request\":\"status\"}\n");
    until("slow?", true);
    say(other, "{\"request\":\"status\"}\n");
    expect(other, "{\"ok\":true,\"result\":{\"privileged\":true}}"); /* others do not wait for it */
    say(other, "{\"request\":\"release\"}\n");
    expect(other, "{\"ok\":true,\"result\":true}");
    expect(fd, "{\"ok\":true,\"result\":\"at last\"}");
    expect(fd, "{\"ok\":true,\"result\":{\"privileged\":true}}");
    close(fd);
    close(other);
}

START_TEST(a_request_waits_for_the_answer_to_the_one_before)
{
    with_server(ask_while_pending);
}
END_TEST

static void leave_while_pending(void)
{
    int fd = call("control");

    say(fd, "{\"request\":\"slow\"}\n{\"request\":\"status\"}\n");
    until("slow?", true);
    close(fd);
    until("release", true);
    until("slow?", false);
}

START_TEST(a_client_may_leave_before_its_answer)
{
    with_server(leave_while_pending);
}
END_TEST

static void stop_while_pending(void)
{
    int fd = call("control");

    say(fd, "{\"request\":\"slow\"}\n");
    until("slow?", true);
    close(fd);
}

START_TEST(an_answer_may_come_after_the_server_has_gone)
{
    with_server(stop_while_pending); /* with_server answers after control_server_free */
}
END_TEST

static void answer_needs_no_reader(void)
{
    int fd = call("control");

    say(fd, "{\"request\":\"slow\"}\n");
    close(fd); /* nobody waits, and the request counts all the same */
    until("slow?", true);
    until("release", true);
}

START_TEST(a_request_counts_even_if_its_sender_has_hung_up)
{
    with_server(answer_needs_no_reader);
}
END_TEST

static void send_long_lines(void)
{
    char *line = memory_zeroed(CONTROL_LINE_MAX_BYTES + 2, 1);
    int fd = call("control");

    /* the longest that is allowed */
    memset(line, ' ', CONTROL_LINE_MAX_BYTES);
    memcpy(line, "{\"request\":\"status\"}", 20);
    line[CONTROL_LINE_MAX_BYTES] = '\n';
    say_bytes(fd, line, CONTROL_LINE_MAX_BYTES + 1);
    expect(fd, "{\"ok\":true,\"result\":{\"privileged\":true}}");
    ck_assert_int_eq(atomic_load(&house.warnings), 0);

    line[CONTROL_LINE_MAX_BYTES] = ' ';
    say_bytes(fd, line, CONTROL_LINE_MAX_BYTES + 1);
    expect_refusal(fd, "too long");
    expect_end(fd);
    ck_assert_int_eq(atomic_load(&house.warnings), 1);
    free(line);
    until("slow?", false);
}

START_TEST(a_line_that_is_too_long_is_refused_and_its_sender_disconnected)
{
    with_server(send_long_lines);
}
END_TEST

/* ---- watching ---- */

static void watch_by_two(void)
{
    int first = call("control");
    int second = call("control");
    int other = call("control");

    until("watchers?", false);
    say(first, "{\"request\":\"watch\"}\n");
    expect(first, "{\"ok\":true,\"result\":{}}");
    say(second, "{\"request\":\"watch\"}\n");
    expect(second, "{\"ok\":true,\"result\":{}}");
    until("watchers?", true);
    say(other, "{\"request\":\"broadcast\",\"arguments\":{\"count\":2,\"size\":1}}\n");
    expect(other, "{\"ok\":true,\"result\":null}");
    expect(first, "{\"event\":{\"Sequence\":0,\"TagData\":\"x\"}}");
    expect(first, "{\"event\":{\"Sequence\":1,\"TagData\":\"x\"}}");
    close(first);
    expect(second, "{\"event\":{\"Sequence\":0,\"TagData\":\"x\"}}");
    expect(second, "{\"event\":{\"Sequence\":1,\"TagData\":\"x\"}}");
    until("watchers?", true);
    shutdown(second, SHUT_WR); /* it still listens */
    say(other, "{\"request\":\"broadcast\",\"arguments\":{\"count\":1,\"size\":1}}\n");
    expect(other, "{\"ok\":true,\"result\":null}");
    expect(second, "{\"event\":{\"Sequence\":0,\"TagData\":\"x\"}}");
    close(second);
    until("watchers?", false);
    close(other);
}

START_TEST(each_watcher_gets_each_line_until_it_closes)
{
    with_server(watch_by_two);
}
END_TEST

static void watch_slowly(void)
{
    int slow = call("control");
    int other = call("control");
    int lines = 0;
    char *line = NULL;

    say(slow, "{\"request\":\"watch\"}\n");
    expect(slow, "{\"ok\":true,\"result\":{}}");
    /* less than the backlog: all of it comes, in order, when the watcher reads at last */
    say(other, "{\"request\":\"broadcast\",\"arguments\":{\"count\":90,\"size\":10000}}\n");
    expect(other, "{\"ok\":true,\"result\":null}");
    for (int index = 0; index < 90; index++) {
        char *start = text_format("{\"event\":{\"Sequence\":%d,", index);
        line = hear(slow);
        ck_assert_ptr_nonnull(line);
        ck_assert_int_eq(strncmp(line, start, strlen(start)), 0);
        free(line);
        free(start);
    }
    ck_assert_int_eq(atomic_load(&house.warnings), 0);
    /* more: it is dropped, said once, and the others are served */
    say(other, "{\"request\":\"broadcast\",\"arguments\":{\"count\":300,\"size\":10000}}\n");
    expect(other, "{\"ok\":true,\"result\":null}");
    until("watchers?", false);
    ck_assert_int_eq(atomic_load(&house.warnings), 1);
    while (lines < 300) {
        char byte = 0;
        if (read(slow, &byte, 1) != 1)
            break;
        lines += byte == '\n' ? 1 : 0;
    }
    ck_assert_int_lt(lines, 300);
    close(slow);
    close(other);
}

START_TEST(a_watcher_that_does_not_read_is_dropped)
{
    with_server(watch_slowly);
}
END_TEST

/* ---- how many ---- */

static void fill_up(void)
{
    int status[CONTROL_CLIENTS_MAX];
    int control[CONTROL_CLIENTS_MAX];
    int half = CONTROL_CLIENTS_MAX / 2;

    for (int index = 0; index < half; index++) {
        status[index] = call("status");
        say(status[index], "{\"request\":\"status\"}\n");
        expect(status[index], "{\"ok\":true,\"result\":{\"privileged\":false}}");
    }
    int surplus = call("status");
    expect_refusal(surplus, "too many clients");
    expect_end(surplus);
    for (int index = 0; index < CONTROL_CLIENTS_MAX - half; index++) {
        control[index] = call("control");
        say(control[index], "{\"request\":\"status\"}\n");
        expect(control[index], "{\"ok\":true,\"result\":{\"privileged\":true}}");
    }
    surplus = call("control");
    expect_refusal(surplus, "too many clients");
    expect_end(surplus);

    char *error = NULL;
    struct control_connection *connection = control_connect(house.directory, false, &error);
    ck_assert_ptr_nonnull(connection);
    ck_assert_ptr_null(control_request_answer(connection, "status", NULL, PATIENCE_MS, &error));
    ck_assert_int_eq(errno, ECANCELED); /* the tool's client hears it, too */
    ck_assert_ptr_nonnull(strstr(error, "too many clients"));
    free(error);
    control_connection_free(connection);

    for (int index = 0; index < half; index++)
        close(status[index]);
    for (int index = 0; index < CONTROL_CLIENTS_MAX - half; index++)
        close(control[index]);
}

START_TEST(callers_beyond_the_limit_are_turned_away_and_status_cannot_fill_all)
{
    with_server(fill_up);
}
END_TEST

static void run_out_of_descriptors(void)
{
    int callers[8];

    atomic_store(&house.no_descriptors, true);
    for (int index = 0; index < 8; index++) {
        callers[index] = call("control");
        say(callers[index], "{\"request\":\"status\"}\n");
    }
    struct pollfd first = {.fd = callers[0], .events = POLLIN};
    ck_assert_int_eq(poll(&first, 1, 300), 0); /* nobody can be accepted, and it was tried more than once */
    atomic_store(&house.no_descriptors, false);
    for (int index = 0; index < 8; index++) {
        expect(callers[index], "{\"ok\":true,\"result\":{\"privileged\":true}}");
        close(callers[index]);
    }
    ck_assert_int_eq(atomic_load(&house.warnings), 1);
}

START_TEST(callers_wait_while_there_are_no_descriptors)
{
    with_server(run_out_of_descriptors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tests = tcase_create("control");

    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, the_status_socket_answers_status_and_nothing_else);
    tcase_add_test(tests, nonsense_is_refused_with_its_reason_and_the_client_stays);
    tcase_add_test(tests, a_request_may_come_in_many_pieces);
    tcase_add_test(tests, many_requests_in_one_write_are_answered_in_order);
    tcase_add_test(tests, a_request_waits_for_the_answer_to_the_one_before);
    tcase_add_test(tests, a_client_may_leave_before_its_answer);
    tcase_add_test(tests, an_answer_may_come_after_the_server_has_gone);
    tcase_add_test(tests, a_request_counts_even_if_its_sender_has_hung_up);
    tcase_add_test(tests, a_line_that_is_too_long_is_refused_and_its_sender_disconnected);
    tcase_add_test(tests, each_watcher_gets_each_line_until_it_closes);
    tcase_add_test(tests, a_watcher_that_does_not_read_is_dropped);
    tcase_add_test(tests, callers_beyond_the_limit_are_turned_away_and_status_cannot_fill_all);
    tcase_add_test(tests, callers_wait_while_there_are_no_descriptors);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
