/* SPDX-License-Identifier: MIT */
#include "control_house.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct control_house house;

/* In place of the C library's, for the whole test program: descriptors run out when a scenario says so. */
int accept4(int fd, struct sockaddr *address, socklen_t *size_bytes, int flags)
{
    if (atomic_load(&house.no_descriptors)) {
        errno = EMFILE;
        return -1;
    }
    return (int) syscall(SYS_accept4, fd, address, size_bytes, flags);
}

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

void house_request(void *context, struct control_client *client, const char *request, json_t *arguments,
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

void remove_directory(void)
{
    char *path = text_format("%s/control", house.directory);
    (void) unlink(path);
    free(path);
    ck_assert_int_eq(rmdir(house.directory), 0); /* the server left nothing else behind */
    free(house.directory);
}

void make_directory(void)
{
    char name[] = "/tmp/check_control.XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(name));
    house.directory = text_copy(name);
    atomic_store(&house.warnings, 0);
    log_set_sink(count_warnings, NULL);
}

void start_server(void)
{
    char *error = NULL;

    house.loop = loop_create();
    house.server = control_server_create(house.loop, house.directory, house_request, NULL, &error);
    ck_assert_msg(house.server != NULL, "%s", error);
}

void with_server(scenario *run)
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

int call(const char *name)
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

void say_bytes(int fd, const void *bytes, size_t size_bytes)
{
    ck_assert_int_eq(send(fd, bytes, size_bytes, MSG_NOSIGNAL), (ssize_t) size_bytes);
}

void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* Byte by byte, so that nothing is lost between calls. */
char *hear(int fd)
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

void expect(int fd, const char *wanted)
{
    char *line = hear(fd);

    ck_assert_ptr_nonnull(line);
    ck_assert_str_eq(line, wanted);
    free(line);
}

void expect_refusal(int fd, const char *part)
{
    char *line = hear(fd);

    ck_assert_ptr_nonnull(line);
    ck_assert_msg(strncmp(line, "{\"ok\":false,\"errors\":[\"", 23) == 0, "%s", line);
    ck_assert_msg(strstr(line, part) != NULL, "%s", line);
    free(line);
}

void expect_end(int fd)
{
    char *line = hear(fd);

    ck_assert_msg(line == NULL, "%s", line);
    close(fd);
}

void until(const char *request, bool wanted)
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

void stop_server(void)
{
    control_server_free(house.server);
    loop_free(house.loop);
}
