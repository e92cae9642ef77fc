/* SPDX-License-Identifier: MIT */
/*
 * The control socket, both ends: the server on a real loop in the test's main thread, the clients in a second thread
 * that ends the loop when its scenario is over. No test waits for time to pass.
 */
#include "base/log.h"
#include "base/memory.h"
#include "control/control.h"
#include "control/line_buffer.h"
#include "control/request.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

typedef void scenario(void);

/* What the tests' handler knows. One scenario at a time; set up by with_server. */
static struct {
    char *directory;
    struct loop *loop;
    struct control_server *server;
    struct control_client *slow;   /* asked "slow" and has no answer yet */
    scenario *run;
    int over_fd;
    atomic_int warnings;
} house;

static void count_warnings(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) text;
    if (level <= LOG_LEVEL_WARNING && strcmp(subsystem, "control") == 0)
        atomic_fetch_add(&house.warnings, 1);
}

static void broadcast_many(json_t *arguments)
{
    json_int_t count = json_integer_value(json_object_get(arguments, "count"));
    size_t size_bytes = (size_t) json_integer_value(json_object_get(arguments, "size"));
    char *filling = memory_zeroed(size_bytes + 1, 1);

    memset(filling, 'x', size_bytes);
    for (json_int_t index = 0; index < count; index++) {
        char *line = text_format("{\"event\":{\"Sequence\":%d,\"TagData\":\"%s\"}}", (int) index, filling);
        control_server_broadcast(house.server, line);
        free(line);
    }
    free(filling);
}

/* The daemon's part: requests that let a scenario steer the server from outside. */
static void on_request(void *context, struct control_client *client, const char *request, json_t *arguments,
                       bool privileged)
{
    (void) context;
    ck_assert(json_is_object(arguments));
    if (strcmp(request, "status") == 0) {
        control_answer(client, json_pack("{s:b}", "privileged", privileged));
    } else if (strcmp(request, "echo") == 0) {
        control_answer(client, json_incref(arguments));
    } else if (strcmp(request, "slow") == 0) {
        house.slow = client;
    } else if (strcmp(request, "release") == 0) {
        struct control_client *slow = house.slow;
        house.slow = NULL;
        if (slow != NULL)
            control_answer(slow, json_string("at last"));
        control_answer(client, json_boolean(slow != NULL));
    } else if (strcmp(request, "slow?") == 0) {
        control_answer(client, json_boolean(house.slow != NULL));
    } else if (strcmp(request, "watch") == 0) {
        control_answer(client, json_object());
        control_watch(client);
    } else if (strcmp(request, "watchers?") == 0) {
        control_answer(client, json_boolean(control_server_has_watchers(house.server)));
    } else if (strcmp(request, "broadcast") == 0) {
        broadcast_many(arguments);
        control_answer(client, NULL);
    } else {
        control_refuse(client, json_pack("[s,s]", "first complaint", "second complaint"));
    }
}

static void *run_scenario(void *context)
{
    uint64_t one = 1;

    house.run();
    ck_assert_int_eq(write(house.over_fd, &one, sizeof one), sizeof one);
    return context;
}

static void on_over(void *context, int fd, uint32_t events)
{
    (void) fd;
    (void) events;
    loop_exit(context, 0);
}

static void remove_directory(void)
{
    char *path = text_format("%s/control", house.directory);
    (void) unlink(path);
    free(path);
    ck_assert_int_eq(rmdir(house.directory), 0); /* the server left nothing else behind */
    free(house.directory);
}

static void make_directory(void)
{
    char name[] = "/tmp/check_control.XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(name));
    house.directory = text_copy(name);
    atomic_store(&house.warnings, 0);
    log_set_sink(count_warnings, NULL);
}

static void start_server(void)
{
    char *error = NULL;

    house.loop = loop_create();
    house.server = control_server_create(house.loop, house.directory, on_request, NULL, &error);
    ck_assert_msg(house.server != NULL, "%s", error);
}

static void with_server(scenario *run)
{
    pthread_t thread;

    make_directory();
    house.slow = NULL;
    house.run = run;
    house.over_fd = eventfd(0, EFD_CLOEXEC);
    start_server();
    struct loop_source *over = loop_add_io(house.loop, house.over_fd, EPOLLIN, on_over, house.loop);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_scenario, NULL), 0);
    ck_assert_int_eq(loop_run(house.loop), 0);
    pthread_join(thread, NULL);

    loop_source_free(over);
    control_server_free(house.server);
    if (house.slow != NULL)
        control_answer(house.slow, json_string("to nobody"));
    loop_free(house.loop);
    close(house.over_fd);
    remove_directory();
}

/* ---- a client made by hand, for what the tool's client would never do ---- */

static int call(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", house.directory, name);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *) &address, sizeof address), 0);
    return fd;
}

static void say_bytes(int fd, const void *bytes, size_t size_bytes)
{
    ck_assert_int_eq(send(fd, bytes, size_bytes, MSG_NOSIGNAL), (ssize_t) size_bytes);
}

static void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* The next line, which the caller frees; NULL at the end. Byte by byte, so that nothing is lost between calls. */
static char *hear(int fd)
{
    char *line = NULL;
    size_t size_bytes = 0;
    char byte = 0;

    for (;;) {
        ssize_t got = read(fd, &byte, 1);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) {
            ck_assert_ptr_null(line); /* never half a line */
            return NULL;
        }
        ck_assert_int_eq(got, 1);
        line = memory_resize(line, size_bytes + 1, 1);
        line[size_bytes] = byte == '\n' ? '\0' : byte;
        size_bytes++;
        if (byte == '\n')
            return line;
    }
}

static void expect(int fd, const char *wanted)
{
    char *line = hear(fd);

    ck_assert_ptr_nonnull(line);
    ck_assert_str_eq(line, wanted);
    free(line);
}

static void expect_refusal(int fd, const char *part)
{
    char *line = hear(fd);

    ck_assert_ptr_nonnull(line);
    ck_assert_msg(strncmp(line, "{\"ok\":false,\"errors\":[\"", 23) == 0, "%s", line);
    ck_assert_msg(strstr(line, part) != NULL, "%s", line);
    free(line);
}

static void expect_end(int fd)
{
    char *line = hear(fd);

    ck_assert_msg(line == NULL, "%s", line);
    close(fd);
}

/* Asks again until the daemon says so: what a client did is seen by the loop in its own time. */
static void until(const char *request, bool wanted)
{
    int fd = call("control");
    bool is = !wanted;

    while (is != wanted) {
        char *question = text_format("{\"request\":\"%s\"}\n", request);
        say(fd, question);
        free(question);
        char *line = hear(fd);
        ck_assert_ptr_nonnull(line);
        is = strcmp(line, "{\"ok\":true,\"result\":true}") == 0;
        free(line);
    }
    close(fd);
}

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
    struct rlimit limit;
    struct rlimit none_left;
    int callers[8];
    int spare = open("/dev/null", O_RDONLY | O_CLOEXEC);

    for (int index = 0; index < 8; index++)
        callers[index] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    int next = dup(spare);
    close(next);
    none_left = limit;
    none_left.rlim_cur = (rlim_t) next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none_left), 0);
    for (int index = 0; index < 8; index++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s/control", house.directory);
        ck_assert_int_eq(connect(callers[index], (struct sockaddr *) &address, sizeof address), 0);
        say(callers[index], "{\"request\":\"status\"}\n");
    }
    struct pollfd first = {.fd = callers[0], .events = POLLIN};
    ck_assert_int_eq(poll(&first, 1, 100), 0); /* nobody can be accepted */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int index = 0; index < 8; index++) {
        expect(callers[index], "{\"ok\":true,\"result\":{\"privileged\":true}}");
        close(callers[index]);
    }
    ck_assert_int_eq(atomic_load(&house.warnings), 1);
    close(spare);
}

START_TEST(callers_wait_while_there_are_no_descriptors)
{
    with_server(run_out_of_descriptors);
}
END_TEST

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

static void stop_server(void)
{
    control_server_free(house.server);
    loop_free(house.loop);
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
    ck_assert_ptr_null(control_server_create(loop, house.directory, on_request, NULL, &error));
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
    ck_assert_ptr_null(control_server_create(loop, house.directory, on_request, NULL, &error));
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
    ck_assert_ptr_null(control_server_create(loop, "/nonexistent/springpark", on_request, NULL, &error));
    ck_assert_msg(strstr(error, "/nonexistent/springpark/control") != NULL, "%s", error);
    free(error);
    ck_assert_ptr_null(control_server_create(loop, directory, on_request, NULL, &error));
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
    Suite *suite = suite_create("control");
    TCase *requests = tcase_create("requests");
    TCase *sockets = tcase_create("sockets");

    tcase_set_timeout(requests, 60);
    suite_add_tcase(suite, requests);
    tcase_add_test(requests, the_status_socket_answers_status_and_nothing_else);
    tcase_add_test(requests, nonsense_is_refused_with_its_reason_and_the_client_stays);
    tcase_add_test(requests, a_request_may_come_in_many_pieces);
    tcase_add_test(requests, many_requests_in_one_write_are_answered_in_order);
    tcase_add_test(requests, a_request_waits_for_the_answer_to_the_one_before);
    tcase_add_test(requests, a_client_may_leave_before_its_answer);
    tcase_add_test(requests, an_answer_may_come_after_the_server_has_gone);
    tcase_add_test(requests, a_request_counts_even_if_its_sender_has_hung_up);
    tcase_add_test(requests, a_line_that_is_too_long_is_refused_and_its_sender_disconnected);
    tcase_add_test(requests, each_watcher_gets_each_line_until_it_closes);
    tcase_add_test(requests, a_watcher_that_does_not_read_is_dropped);
    tcase_add_test(requests, callers_beyond_the_limit_are_turned_away_and_status_cannot_fill_all);
    tcase_add_test(requests, callers_wait_while_there_are_no_descriptors);
    suite_add_tcase(suite, sockets);
    tcase_add_test(sockets, the_modes_are_right_whatever_the_umask_is);
    tcase_add_test(sockets, a_stale_socket_is_replaced);
    tcase_add_test(sockets, a_second_daemon_is_refused_and_the_first_keeps_its_sockets);
    tcase_add_test(sockets, a_file_in_the_way_is_not_removed);
    tcase_add_test(sockets, sockets_that_another_daemon_made_since_are_left_alone);
    tcase_add_test(sockets, a_folder_that_is_missing_or_too_long_is_said);
    tcase_add_test(sockets, the_client_asks_watches_and_says_what_failed);
    tcase_add_test(sockets, a_daemon_that_is_not_there_is_named_with_the_next_step);
    tcase_add_test(sockets, a_watch_ends_when_the_daemon_goes);
    tcase_add_test(sockets, a_line_buffer_cuts_lines_and_is_bounded);
    tcase_add_test(sockets, an_error_text_that_is_no_utf_8_is_replaced);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
