/* SPDX-License-Identifier: MIT */
/* What is known of a thread that hangs: the activity of a worker, what the main loop does, and who says that it is stuck. */
#include "base/activity.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/watchdog.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t the_time_us;

static uint64_t read_the_time(const struct clock *clock)
{
    (void) clock;
    return the_time_us;
}

static const struct clock test_clock = { .monotonic_us = read_the_time };

/* ---- activity ---- */

START_TEST(an_idle_follower_has_the_trouble_of_its_leader)
{
    the_time_us = 5000000;
    struct activity *leader = activity_create(&test_clock);
    struct activity *follower = activity_create(&test_clock);

    activity_set(follower, ACTIVITY_IDLE, "waiting for a card", 0);
    activity_follow(follower, leader);
    activity_set(leader, ACTIVITY_FOREIGN, "asking pcscd", 2000);
    ck_assert_str_eq(activity_look(follower).what, "waiting for a card");
    the_time_us += 2001000;
    struct activity_view view = activity_look(follower);
    ck_assert(view.overdue);
    ck_assert_int_eq(view.kind, ACTIVITY_FOREIGN);
    ck_assert_str_eq(view.what, "asking pcscd");
    /* Its own work is its own. */
    activity_set(follower, ACTIVITY_FOREIGN, "talking to the card", 1000);
    ck_assert(!activity_look(follower).overdue);
    activity_set(follower, ACTIVITY_IDLE, "waiting for a card", 0);
    ck_assert(activity_look(follower).overdue);
    activity_set(leader, ACTIVITY_IDLE, "waiting", 0);
    ck_assert(!activity_look(follower).overdue);
    activity_set(leader, ACTIVITY_FOREIGN, "asking pcscd", 2000);
    the_time_us += 2001000;
    activity_follow(follower, NULL);
    ck_assert(!activity_look(follower).overdue);
    activity_free(follower);
    activity_free(leader);
}
END_TEST

START_TEST(only_an_overdue_foreign_call_is_a_hang)
{
    the_time_us = 0;
    struct activity *activity = activity_create(&test_clock);

    activity_set(activity, ACTIVITY_FOREIGN, "connecting to pcscd", 5000);
    the_time_us = 5000000;
    struct activity_view view = activity_look(activity);
    ck_assert_ptr_null(activity_hang_text(&view, 5000));
    the_time_us = 7900000;
    view = activity_look(activity);
    char *text = activity_hang_text(&view, 7900);
    ck_assert_str_eq(text, "hangs while connecting to pcscd, since 7 s");
    free(text);
    activity_set(activity, ACTIVITY_OWN, "running templates", 1);
    the_time_us = 9000000;
    view = activity_look(activity);
    ck_assert(view.overdue);
    ck_assert_ptr_null(activity_hang_text(&view, 9000));
    activity_free(activity);
}
END_TEST

/* ---- the main loop and who watches it ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t said = PTHREAD_COND_INITIALIZER;
static char last_line[256];
static unsigned lines_count;

static void keep_line(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    pthread_mutex_lock(&mutex);
    strncpy(last_line, text, sizeof last_line - 1);
    lines_count++;
    pthread_cond_broadcast(&said);
    pthread_mutex_unlock(&mutex);
}

/* Check's own time limit ends a wait in vain. */
static void wait_for_line(unsigned count, const char *start)
{
    pthread_mutex_lock(&mutex);
    while (lines_count < count)
        pthread_cond_wait(&said, &mutex);
    ck_assert_uint_eq(lines_count, count);
    ck_assert_msg(strncmp(last_line, start, strlen(start)) == 0, "it says: %s", last_line);
    pthread_mutex_unlock(&mutex);
}

struct turn {
    struct loop *loop;
    struct watchdog *watchdog;
    struct loop_source *timer;
};

/* A turn of the main loop that does not end before the watchdog has spoken. */
static void on_stuck_timer(void *context)
{
    struct turn *turn = context;

    ck_assert_str_eq(loop_doing(turn->loop), "counting sheep");
    the_time_us += 3500000;
    wait_for_line(1, "the main loop has been stuck for 3.5 s while counting sheep; ");
    watchdog_pet(turn->watchdog);
    wait_for_line(2, "the main loop goes on");
    loop_source_free(turn->timer);  /* a callback may free its own source */
    loop_exit(turn->loop, 7);
}

START_TEST(a_stuck_main_loop_is_named_once_with_what_it_does)
{
    struct turn turn = { .loop = loop_create() };

    the_time_us = 1000000;
    log_set_sink(keep_line, NULL);
    /* The watchdog sleeps by the system's clock and judges by ours: it looks every few milliseconds. */
    turn.watchdog = watchdog_start(&test_clock, turn.loop, 20);
    ck_assert_ptr_nonnull(turn.watchdog);
    ck_assert_str_eq(loop_doing(turn.loop), "waiting for something to do");
    turn.timer = loop_add_timer(turn.loop, on_stuck_timer, &turn);
    loop_set_name(turn.timer, "counting sheep");
    loop_arm_timer(turn.timer, 0, 1);
    ck_assert_int_eq(loop_run(turn.loop), 7);
    ck_assert_str_eq(loop_doing(turn.loop), "waiting for something to do");
    watchdog_stop(turn.watchdog);
    log_set_sink(NULL, NULL);
    loop_free(turn.loop);
    ck_assert_uint_eq(lines_count, 2);
}
END_TEST

START_TEST(without_a_watchdog_nothing_is_watched)
{
    watchdog_pet(NULL);
    watchdog_stop(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watchdog");
    TCase *test_case = tcase_create("activity, loop, watchdog");

    tcase_set_timeout(test_case, 60); /* sanitizers and valgrind are slow */
    tcase_add_test(test_case, an_idle_follower_has_the_trouble_of_its_leader);
    tcase_add_test(test_case, only_an_overdue_foreign_call_is_a_hang);
    tcase_add_test(test_case, a_stuck_main_loop_is_named_once_with_what_it_does);
    tcase_add_test(test_case, without_a_watchdog_nothing_is_watched);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
