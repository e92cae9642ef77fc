/* SPDX-License-Identifier: MIT */
#include "base/activity.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/queue.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- hex ---- */

START_TEST(bytes_become_upper_case_hex)
{
    const uint8_t bytes[] = {0x00, 0x04, 0x7D, 0xAE, 0xFF};

    char *text = hex_from_bytes(bytes, sizeof bytes);
    ck_assert_str_eq(text, "00047DAEFF");
    free(text);
    text = hex_from_bytes(NULL, 0);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(hex_of_either_case_becomes_bytes)
{
    const uint8_t expected[] = {0x04, 0x7d, 0xAE};
    uint8_t bytes[3];

    ck_assert_int_eq(hex_to_bytes("047dAE", 6, bytes, sizeof bytes), 3);
    ck_assert_mem_eq(bytes, expected, 3);
    ck_assert_int_eq(hex_to_bytes("", 0, bytes, 0), 0);
    ck_assert_int_eq(hex_to_bytes("047dAEzz", 4, bytes, sizeof bytes), 2);
}
END_TEST

START_TEST(bad_hex_is_refused_and_writes_nothing)
{
    uint8_t bytes[2] = {0x5A, 0x5A};

    ck_assert_int_eq(hex_to_bytes("123", 3, bytes, sizeof bytes), -1);
    ck_assert_int_eq(hex_to_bytes("12G4", 4, bytes, sizeof bytes), -1);
    ck_assert_int_eq(hex_to_bytes("12 4", 4, bytes, sizeof bytes), -1);
    ck_assert_int_eq(hex_to_bytes("123456", 6, bytes, sizeof bytes), -1);
    ck_assert_uint_eq(bytes[0], 0x5A);
    ck_assert_uint_eq(bytes[1], 0x5A);
    for (int c = -128; c <= 127; c++) {
        const bool is_digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
        ck_assert_int_eq(hex_digit_value((char) c) >= 0, is_digit);
    }
}
END_TEST

/* ---- errors ---- */

START_TEST(errors_keep_every_complaint_in_order)
{
    struct errors *errors = errors_create();

    ck_assert_uint_eq(errors_count(errors), 0);
    for (unsigned i = 0; i < 100; i++)
        errors_add(errors, "line %u: %s", i, "unknown setting");
    ck_assert_uint_eq(errors_count(errors), 100);
    ck_assert_str_eq(errors_get(errors, 0), "line 0: unknown setting");
    ck_assert_str_eq(errors_get(errors, 99), "line 99: unknown setting");
    errors_free(errors);
    errors_free(NULL);
}
END_TEST

/* ---- memory, text ---- */

START_TEST(memory_is_zeroed_resized_and_copied)
{
    unsigned char *memory = memory_zeroed(4, 8);

    for (int i = 0; i < 32; i++)
        ck_assert_uint_eq(memory[i], 0);
    memory[31] = 7;
    memory = memory_resize(memory, 8, 8);
    ck_assert_uint_eq(memory[31], 7);
    unsigned char *copy = memory_copy(memory, 32);
    ck_assert_mem_eq(copy, memory, 32);
    free(copy);
    free(memory);
    copy = memory_copy(NULL, 0);
    ck_assert_ptr_nonnull(copy);
    free(copy);
}
END_TEST

START_TEST(texts_are_copied_formatted_and_replaced)
{
    char *text = text_format("%s-%d", "slot", 13);

    ck_assert_str_eq(text, "slot-13");
    ck_assert_ptr_null(text_copy(NULL));
    text_replace(&text, text + 5);
    ck_assert_str_eq(text, "13");
    text_replace(&text, NULL);
    ck_assert_ptr_null(text);
    text_replace(&text, "again");
    ck_assert_str_eq(text, "again");
    free(text);
}
END_TEST

/* A child asks for more than there is: it must end (by abort, or by a sanitizer's own allocator) and not go on. */
START_TEST(a_size_that_overflows_ends_the_process)
{
    volatile size_t half = SIZE_MAX / 2;
    int status = 0;
    const pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(STDERR_FILENO);
        free(memory_resize(NULL, half, 4));
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) != EXIT_SUCCESS);
}
END_TEST

/* ---- queue ---- */

static bool is_readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, 0) == 1;
}

START_TEST(a_queue_gives_messages_in_order_and_its_descriptor_says_so)
{
    struct queue *queue = queue_create(3, NULL);
    int messages[4];

    ck_assert(!is_readable(queue_fd(queue)));
    ck_assert_ptr_null(queue_take(queue));
    for (int round = 0; round < 5; round++) {
        ck_assert(queue_push(queue, &messages[0]));
        ck_assert(queue_push(queue, &messages[1]));
        ck_assert(queue_push_waiting(queue, &messages[2]));
        ck_assert(!queue_push(queue, &messages[3]));
        ck_assert_uint_eq(queue_depth(queue), 3);
        ck_assert(is_readable(queue_fd(queue)));
        ck_assert_ptr_eq(queue_take(queue), &messages[0]);
        ck_assert(is_readable(queue_fd(queue)));
        ck_assert(queue_push(queue, &messages[3]));
        for (int i = 1; i < 4; i++)
            ck_assert_ptr_eq(queue_take(queue), &messages[i]);
        ck_assert(!is_readable(queue_fd(queue)));
    }
    queue_free(queue);
    queue_free(NULL);
}
END_TEST

static unsigned freed;

static void count_free(void *message)
{
    freed++;
    free(message);
}

START_TEST(what_is_left_in_a_queue_is_freed_with_it)
{
    struct queue *queue = queue_create(4, count_free);

    freed = 0;
    for (int i = 0; i < 4; i++)
        ck_assert(queue_push(queue, memory_zeroed(1, 1)));
    free(queue_take(queue));
    queue_free(queue);
    ck_assert_uint_eq(freed, 3);
}
END_TEST

START_TEST(a_closed_queue_takes_nothing_and_still_gives)
{
    struct queue *queue = queue_create(4, NULL);
    int message;

    ck_assert(queue_push(queue, &message));
    queue_close(queue);
    ck_assert(!queue_push(queue, &message));
    ck_assert(!queue_push_waiting(queue, &message));
    ck_assert_ptr_eq(queue_take(queue), &message);
    ck_assert_ptr_null(queue_take(queue));
    queue_free(queue);
}
END_TEST

enum { PUSHERS = 4, MESSAGES_PER_PUSHER = 5000 };

struct pusher {
    pthread_t thread;
    struct queue *queue;
    struct { unsigned pusher, number; } messages[MESSAGES_PER_PUSHER];
    unsigned index;
    bool refused;
};

static void *push_all(void *argument)
{
    struct pusher *pusher = argument;

    for (unsigned i = 0; i < MESSAGES_PER_PUSHER; i++) {
        pusher->messages[i].pusher = pusher->index;
        pusher->messages[i].number = i;
        if (!queue_push_waiting(pusher->queue, &pusher->messages[i]))
            pusher->refused = true;
    }
    return NULL;
}

START_TEST(threads_that_push_through_a_small_queue_lose_nothing_and_keep_their_order)
{
    struct queue *queue = queue_create(3, NULL);
    struct pusher *pushers = memory_zeroed(PUSHERS, sizeof *pushers);
    unsigned next[PUSHERS] = {0};
    unsigned taken = 0;

    for (unsigned i = 0; i < PUSHERS; i++) {
        pushers[i].queue = queue;
        pushers[i].index = i;
        ck_assert_int_eq(pthread_create(&pushers[i].thread, NULL, push_all, &pushers[i]), 0);
    }
    while (taken < PUSHERS * MESSAGES_PER_PUSHER) {
        struct pollfd wait = {.fd = queue_fd(queue), .events = POLLIN};
        const unsigned *message;

        ck_assert_int_eq(poll(&wait, 1, 10000), 1);
        while ((message = queue_take(queue)) != NULL) {
            ck_assert_uint_eq(message[1], next[message[0]]);
            next[message[0]]++;
            taken++;
        }
    }
    for (unsigned i = 0; i < PUSHERS; i++) {
        pthread_join(pushers[i].thread, NULL);
        ck_assert(!pushers[i].refused);
    }
    free(pushers);
    queue_free(queue);
}
END_TEST

static void *push_one(void *argument)
{
    struct queue *queue = argument;

    return queue_push_waiting(queue, queue) ? queue : NULL;
}

START_TEST(closing_a_full_queue_lets_its_waiting_pusher_go)
{
    struct queue *queue = queue_create(1, NULL);
    pthread_t thread;
    void *pushed = queue;

    ck_assert(queue_push(queue, queue));
    ck_assert_int_eq(pthread_create(&thread, NULL, push_one, queue), 0);
    queue_close(queue); /* whether it waits already or not, the answer is no */
    ck_assert_int_eq(pthread_join(thread, &pushed), 0);
    ck_assert_ptr_null(pushed);
    ck_assert_uint_eq(queue_depth(queue), 1);
    queue_free(queue);
}
END_TEST

/* ---- activity ---- */

static uint64_t the_time_us;

static uint64_t read_the_time(const struct clock *clock)
{
    (void) clock;
    return the_time_us;
}

static const struct clock test_clock = {.monotonic_us = read_the_time};

START_TEST(the_elapsed_time_is_the_monotonic_one_and_what_the_box_slept)
{
    uint64_t before_ms = clock_monotonic_ms(clock_system());

    ck_assert_uint_ge(clock_elapsed_ms(clock_system()), before_ms);
    the_time_us = 7000000;
    ck_assert_uint_eq(clock_elapsed_ms(&test_clock), 7000);
}
END_TEST

START_TEST(only_a_wait_with_a_limit_can_be_overdue)
{
    the_time_us = 5000000;
    struct activity *activity = activity_create(&test_clock);

    struct activity_view view = activity_look(activity);
    ck_assert_int_eq(view.kind, ACTIVITY_IDLE);
    ck_assert_uint_eq(view.since_ms, 5000);
    activity_set(activity, ACTIVITY_FOREIGN, "SCardTransmit", 200);
    the_time_us += 200 * 1000;
    ck_assert(!activity_look(activity).overdue);
    the_time_us += 1000;
    view = activity_look(activity);
    ck_assert(view.overdue);
    ck_assert_int_eq(view.kind, ACTIVITY_FOREIGN);
    ck_assert_str_eq(view.what, "SCardTransmit");
    ck_assert_uint_eq(view.since_ms, 5000);
    activity_set(activity, ACTIVITY_OWN, "running templates", 10);
    ck_assert(!activity_look(activity).overdue);
    activity_set(activity, ACTIVITY_IDLE, "waiting for a card", 0);
    the_time_us += UINT64_C(3600000000);
    ck_assert(!activity_look(activity).overdue);
    activity_free(activity);
    activity_free(NULL);
}
END_TEST

START_TEST(the_systems_clock_does_not_go_back)
{
    const uint64_t before_us = clock_monotonic_us(clock_system());
    const uint64_t after_us = clock_monotonic_us(clock_system());
    time_t utc = 0;

    ck_assert_uint_ge(after_us, before_us);
    ck_assert_uint_ge(clock_monotonic_ms(clock_system()), after_us / 1000);
    (void) clock_wall_time(clock_system(), &utc);
    ck_assert_int_gt(utc, 1577836800); /* 2020: any machine that builds this */
}
END_TEST

/* ---- loop ---- */

struct fixture_loop {
    struct loop *loop;
    struct loop_source *first;
    struct loop_source *second;
    char order[16];
    int pipe[2];
};

static void note(struct fixture_loop *fixture, char what)
{
    const size_t length = strlen(fixture->order);

    ck_assert_uint_lt(length, sizeof fixture->order - 1);
    fixture->order[length] = what;
}

static void on_first(void *context)
{
    struct fixture_loop *fixture = context;

    note(fixture, '1');
    loop_disarm_timer(fixture->second);
}

static void on_second(void *context)
{
    note(context, '2');
}

static void on_last(void *context)
{
    struct fixture_loop *fixture = context;

    note(fixture, '3');
    loop_exit(fixture->loop, 42);
}

START_TEST(timers_fire_once_in_order_and_not_when_disarmed)
{
    struct fixture_loop fixture = {.loop = loop_create()};
    const uint64_t now_us = clock_monotonic_us(clock_system());

    fixture.first = loop_add_timer(fixture.loop, on_first, &fixture);
    fixture.second = loop_add_timer(fixture.loop, on_second, &fixture);
    struct loop_source *last = loop_add_timer(fixture.loop, on_last, &fixture);
    struct loop_source *never = loop_add_timer(fixture.loop, on_second, &fixture);
    loop_arm_timer(last, now_us + 20000, 0);
    loop_arm_timer(fixture.second, now_us + 10000, 1);
    loop_arm_timer(fixture.first, 0, 1); /* long past: at once */
    ck_assert_int_eq(loop_run(fixture.loop), 42);
    ck_assert_str_eq(fixture.order, "13");
    ck_assert_uint_ge(clock_monotonic_us(clock_system()), now_us + 20000);
    loop_source_free(never);
    loop_source_free(last);
    loop_source_free(fixture.second);
    loop_source_free(fixture.first);
    loop_source_free(NULL);
    loop_free(fixture.loop);
    loop_free(NULL);
}
END_TEST

START_TEST(a_timer_can_be_armed_again)
{
    struct fixture_loop fixture = {.loop = loop_create()};

    fixture.second = loop_add_timer(fixture.loop, on_second, &fixture);
    struct loop_source *last = loop_add_timer(fixture.loop, on_last, &fixture);
    for (int i = 0; i < 3; i++) {
        loop_arm_timer(fixture.second, 0, 1);
        loop_arm_timer(last, clock_monotonic_us(clock_system()) + 5000, 1);
    }
    ck_assert_int_eq(loop_run(fixture.loop), 42);
    ck_assert_str_eq(fixture.order, "23");
    loop_source_free(last);
    loop_source_free(fixture.second);
    loop_free(fixture.loop);
}
END_TEST

static void on_readable(void *context, int fd, uint32_t events)
{
    struct fixture_loop *fixture = context;
    char byte;

    ck_assert(events & EPOLLIN);
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    note(fixture, byte);
    if (byte == 'z')
        loop_exit(fixture->loop, 0);
}

START_TEST(a_descriptor_is_told_while_it_is_wanted)
{
    struct fixture_loop fixture = {.loop = loop_create()};

    ck_assert_int_eq(pipe(fixture.pipe), 0);
    ck_assert_int_eq(write(fixture.pipe[1], "az", 2), 2);
    struct loop_source *io = loop_add_io(fixture.loop, fixture.pipe[0], 0, on_readable, &fixture);
    loop_set_io_events(io, EPOLLIN);
    ck_assert_int_eq(loop_run(fixture.loop), 0);
    ck_assert_str_eq(fixture.order, "az");
    loop_source_free(io);
    close(fixture.pipe[0]);
    close(fixture.pipe[1]);
    loop_free(fixture.loop);
}
END_TEST

static void on_signal(void *context, int signal_number)
{
    struct fixture_loop *fixture = context;

    note(fixture, signal_number == SIGHUP ? 'h' : '?');
    loop_exit(fixture->loop, 7);
}

START_TEST(a_blocked_signal_comes_as_an_event)
{
    struct fixture_loop fixture = {.loop = loop_create()};

    loop_block_signals();
    struct loop_source *hup = loop_add_signal(fixture.loop, SIGHUP, on_signal, &fixture);
    ck_assert_int_eq(raise(SIGPIPE), 0); /* ignored */
    ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
    ck_assert_int_eq(loop_run(fixture.loop), 7);
    ck_assert_str_eq(fixture.order, "h");
    loop_source_free(hup);
    loop_free(fixture.loop);
}
END_TEST

/* ---- log ---- */

static void keep_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    char **lines = context;
    char *line = text_format("%s%d %s: %s\n", *lines == NULL ? "" : *lines, (int) level, subsystem, text);

    free(*lines);
    *lines = line;
}

static void log_one_of_each(void)
{
    log_error("a", "error %d", 1);
    log_warning("b", "warning %s", "two");
    log_notice("c", "notice");
    log_info("d", "info");
    log_debug("e", "debug");
}

START_TEST(the_sink_gets_lines_up_to_the_level)
{
    char *lines = NULL;

    log_set_sink(keep_line, &lines);
    ck_assert_int_eq(log_get_level(), LOG_LEVEL_INFO);
    log_one_of_each();
    ck_assert_str_eq(lines, "3 a: error 1\n4 b: warning two\n5 c: notice\n6 d: info\n");
    text_replace(&lines, NULL);
    log_set_level(LOG_LEVEL_DEBUG);
    log_one_of_each();
    ck_assert_str_eq(lines, "3 a: error 1\n4 b: warning two\n5 c: notice\n6 d: info\n7 e: debug\n");
    text_replace(&lines, NULL);
    log_set_level(LOG_LEVEL_ERROR);
    log_one_of_each();
    ck_assert_str_eq(lines, "3 a: error 1\n");
    free(lines);
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
}
END_TEST

START_TEST(without_a_sink_lines_go_to_standard_error)
{
    char text[64] = {0};
    int ends[2];
    const int before = dup(STDERR_FILENO);

    ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    log_info("pcsc", "reader %s works", "door");
    ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
    close(before);
    close(ends[1]);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    close(ends[0]);
    ck_assert_str_eq(text, "pcsc: reader door works\n");
}
END_TEST

static TCase *plain_case(void)
{
    TCase *test_case = tcase_create("hex, errors, memory");

    tcase_add_test(test_case, bytes_become_upper_case_hex);
    tcase_add_test(test_case, hex_of_either_case_becomes_bytes);
    tcase_add_test(test_case, bad_hex_is_refused_and_writes_nothing);
    tcase_add_test(test_case, errors_keep_every_complaint_in_order);
    tcase_add_test(test_case, memory_is_zeroed_resized_and_copied);
    tcase_add_test(test_case, texts_are_copied_formatted_and_replaced);
    tcase_add_test(test_case, a_size_that_overflows_ends_the_process);
    return test_case;
}

static TCase *queue_case(void)
{
    TCase *test_case = tcase_create("queue, activity, clock");

    tcase_set_timeout(test_case, 60); /* sanitizers and valgrind are slow */
    tcase_add_test(test_case, a_queue_gives_messages_in_order_and_its_descriptor_says_so);
    tcase_add_test(test_case, what_is_left_in_a_queue_is_freed_with_it);
    tcase_add_test(test_case, a_closed_queue_takes_nothing_and_still_gives);
    tcase_add_test(test_case, threads_that_push_through_a_small_queue_lose_nothing_and_keep_their_order);
    tcase_add_test(test_case, closing_a_full_queue_lets_its_waiting_pusher_go);
    tcase_add_test(test_case, the_elapsed_time_is_the_monotonic_one_and_what_the_box_slept);
    tcase_add_test(test_case, only_a_wait_with_a_limit_can_be_overdue);
    tcase_add_test(test_case, the_systems_clock_does_not_go_back);
    return test_case;
}

static TCase *loop_case(void)
{
    TCase *test_case = tcase_create("loop, log");

    tcase_add_test(test_case, timers_fire_once_in_order_and_not_when_disarmed);
    tcase_add_test(test_case, a_timer_can_be_armed_again);
    tcase_add_test(test_case, a_descriptor_is_told_while_it_is_wanted);
    tcase_add_test(test_case, a_blocked_signal_comes_as_an_event);
    tcase_add_test(test_case, the_sink_gets_lines_up_to_the_level);
    tcase_add_test(test_case, without_a_sink_lines_go_to_standard_error);
    return test_case;
}

int main(void)
{
    Suite *suite = suite_create("base");

    suite_add_tcase(suite, plain_case());
    suite_add_tcase(suite, queue_case());
    suite_add_tcase(suite, loop_case());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
