/* SPDX-License-Identifier: MIT */
/* How long a message waited in the socket, and how long poll() may wait. */
#include "base/clock.h"
#include "cloud/arrival.h"
#include "cloud/poll_time.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INTERVAL_S = 3600, WAIT_MS = 100, TICK_MS = 20 /* more than one of the kernel's */ };

static uint64_t now_ms(void)
{
    return clock_elapsed_ms(clock_system());
}

/* Both ends of a TCP connection. */
static void connect_pair(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(listener, (struct sockaddr *) &address, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *) &address, &size), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(ends[0], (struct sockaddr *) &address, size), 0);
    ends[1] = accept(listener, NULL, NULL);
    ck_assert_int_ge(ends[1], 0);
    close(listener);
}

START_TEST(what_waited_in_the_socket_counts)
{
    const struct timespec wait = {.tv_nsec = WAIT_MS * 1000000L};
    struct arrival arrival;
    int ends[2];

    connect_pair(ends);
    struct pollfd readable = {.fd = ends[1], .events = POLLIN};
    arrival_note_wait(&arrival);
    ck_assert_int_eq(write(ends[0], "x", 1), 1);
    ck_assert_int_eq(poll(&readable, 1, 10000), 1);
    const uint64_t came_ms = now_ms();
    ck_assert_int_eq(nanosleep(&wait, NULL), 0);
    const uint64_t end_ms = arrival_end_ms(&arrival, ends[1], INTERVAL_S);
    ck_assert_uint_le(end_ms, came_ms + INTERVAL_S * 1000U + TICK_MS);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(where_the_kernel_knows_nothing_it_has_just_come)
{
    struct arrival arrival;
    const uint64_t before_ms = now_ms();

    arrival_note_wait(&arrival);
    ck_assert_uint_ge(arrival_end_ms(&arrival, -1, 5), before_ms + 5000);
    arrival_note_wait(&arrival);
    ck_assert_uint_ge(arrival_end_ms(&arrival, -1, UINT32_MAX), before_ms + UINT32_MAX * UINT64_C(1000));
}
END_TEST

START_TEST(the_nearest_deadline_limits_the_wait)
{
    ck_assert_int_eq(poll_time_until(-1, 1500, 1000), 500);
    ck_assert_int_eq(poll_time_until(200, 1500, 1000), 200);
    ck_assert_int_eq(poll_time_until(700, 1500, 1000), 500);
    ck_assert_int_eq(poll_time_until(-1, 1000, 1500), 0);
    ck_assert_int_eq(poll_time_limit(-1), -1);
    ck_assert_int_eq(poll_time_limit(INT64_C(5000000000)), INT32_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrival");
    TCase *test_case = tcase_create("arrival");

    tcase_add_test(test_case, what_waited_in_the_socket_counts);
    tcase_add_test(test_case, where_the_kernel_knows_nothing_it_has_just_come);
    tcase_add_test(test_case, the_nearest_deadline_limits_the_wait);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
