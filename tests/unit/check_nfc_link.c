/* SPDX-License-Identifier: MIT */
/*
 * The helper process seen from its reader's thread. The helper is this program once more: SPRINGPARK_NFC_HELPER names
 * it, and STAND_IN says how it is to behave.
 */
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "reader/nfc_link.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOCKET_FD = 3, LIMIT_MS = 10000, SHORT_MS = 100 };

static struct activity *activity;
static int stop_fd;
static struct nfc_link *link_;
static struct nfc_answer answer;
static char *self_path;

/* ---- the stand-in ---- */

static void answer_with(const struct nfc_answer *given, const char *text)
{
    static uint8_t bytes[NFC_MESSAGE_MAX_BYTES];
    static struct nfc_answer copy;

    copy = *given;
    nfc_wire_copy_text(copy.text, sizeof copy.text, text);
    size_t size = nfc_wire_put_answer(&copy, bytes, sizeof bytes);
    if (send(SOCKET_FD, bytes, size, MSG_NOSIGNAL) < 0)
        exit(EXIT_FAILURE);
}

static void answer_well(const struct nfc_request *request)
{
    struct nfc_answer good = {.result = NFC_FINE};

    if (request->verb == NFC_SELECT) {
        good.tag.technology = (enum card_technology) request->technologies;
        good.tag.uid[0] = 0xAB;
        good.tag.uid_bytes = 1;
    }
    memcpy(good.bytes, request->bytes, request->bytes_count);
    good.bytes_count = request->bytes_count;
    answer_with(&good, request->connection);
}

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the directory itself */

    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* What the process was started with. */
static void answer_state(void)
{
    const struct nfc_answer good = {.result = NFC_FINE};
    struct stat input;
    struct stat output;
    struct stat null;
    struct sigaction action;
    sigset_t mask;
    char text[NFC_TEXT_MAX_BYTES + 1];

    sigprocmask(SIG_SETMASK, NULL, &mask);
    sigaction(SIGTERM, NULL, &action);
    fstat(STDIN_FILENO, &input);
    fstat(STDOUT_FILENO, &output);
    stat("/dev/null", &null);
    snprintf(text, sizeof text, "%d descriptors, SIGUSR1 %s, SIGTERM %s, input %s, output %s", count_descriptors(),
             sigismember(&mask, SIGUSR1) ? "blocked" : "open", action.sa_handler == SIG_DFL ? "default" : "other",
             input.st_rdev == null.st_rdev ? "null" : "other", output.st_rdev == null.st_rdev ? "null" : "other");
    answer_with(&good, text);
}

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static void send_junk(size_t size_bytes)
{
    char *junk = memory_zeroed(1, size_bytes);

    (void) send(SOCKET_FD, junk, size_bytes, MSG_NOSIGNAL);
    free(junk);
}

/* Not for what a test waits: it makes a close slow. */
static void rest_ms(int limit_ms)
{
    (void) poll(NULL, 0, limit_ms);
}

static void behave(const char *manner, const struct nfc_request *request)
{
    const bool closing = request->verb == NFC_CLOSE;

    if (strcmp(manner, "aborts") == 0)
        abort();
    if (strcmp(manner, "exits") == 0)
        exit(3);
    if (strcmp(manner, "hangs") == 0 || (closing && strcmp(manner, "never closes") == 0))
        wait_for_ever();
    if (closing && strcmp(manner, "closes slowly") == 0)
        rest_ms(SHORT_MS);
    if (closing) {
        answer_well(request);
        exit(EXIT_SUCCESS);
    }
    if (strcmp(manner, "garbage") == 0)
        send_junk(5);
    else if (strcmp(manner, "too much") == 0)
        send_junk(NFC_MESSAGE_MAX_BYTES + 1);
    else if (strcmp(manner, "no tag") == 0)
        answer_with(&(struct nfc_answer) {.result = NFC_FINE}, "");
    else if (strcmp(manner, "state") == 0)
        answer_state();
    else
        answer_well(request);
    if (strcmp(manner, "twice") == 0)
        answer_well(request);
}

static int stand_in(const char *manner)
{
    static uint8_t bytes[NFC_MESSAGE_MAX_BYTES];
    static struct nfc_request request;
    const struct rlimit no_core = {0};

    setrlimit(RLIMIT_CORE, &no_core);
    for (;;) {
        ssize_t count = recv(SOCKET_FD, bytes, sizeof bytes, 0);
        if (count <= 0 || !nfc_wire_get_request(bytes, (size_t) count, &request))
            return EXIT_SUCCESS;
        behave(manner, &request);
    }
}

/* ---- the tests ---- */

static void set_up(void)
{
    activity = activity_create(clock_system());
    stop_fd = wakeup_create();
    link_ = nfc_link_create(clock_system(), activity, stop_fd);
    setenv("SPRINGPARK_NFC_HELPER", self_path, 1);
}

static void tear_down(void)
{
    nfc_link_free(link_);
    wakeup_close(stop_fd);
    activity_free(activity);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no child, and no zombie */
    ck_assert_int_eq(errno, ECHILD);
}

static void begin(const char *manner)
{
    char *reason = NULL;

    setenv("STAND_IN", manner, 1);
    ck_assert_msg(nfc_link_begin(link_, &reason), "%s", reason);
    ck_assert_ptr_null(reason);
}

static enum nfc_result ask(enum nfc_verb verb, uint64_t limit_ms)
{
    static struct nfc_request request;

    memset(&request, 0, sizeof request);
    request.verb = verb;
    request.technologies = verb == NFC_SELECT ? CARD_NFC_A : 0;
    snprintf(request.connection, sizeof request.connection, "hello");
    return nfc_link_ask(link_, &request, &answer, limit_ms);
}

/* After an end of whatever kind the next helper works. */
static void assert_works_again(void)
{
    begin("answers");
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
}

START_TEST(a_helper_answers)
{
    begin("answers");
    ck_assert_int_eq(ask(NFC_OPEN, LIMIT_MS), NFC_FINE);
    ck_assert_str_eq(answer.text, "hello");
    ck_assert_int_eq(ask(NFC_SELECT, LIMIT_MS), NFC_FINE);
    ck_assert_int_eq(answer.tag.technology, CARD_NFC_A);
    ck_assert_uint_eq(answer.tag.uid[0], 0xAB);
    char *reason = NULL;
    const pid_t pid = nfc_link_pid(link_);
    ck_assert(nfc_link_begin(link_, &reason)); /* it runs already */
    ck_assert_int_eq(nfc_link_pid(link_), pid);
    nfc_link_end(link_, LIMIT_MS);
    ck_assert_int_eq(nfc_link_pid(link_), 0);
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_DIED);
    assert_works_again();
}
END_TEST

static void block_and_ask(void *context)
{
    (void) context;
    begin("state");
    (void) ask(NFC_PRESENT, LIMIT_MS);
    nfc_link_end(link_, LIMIT_MS);
}

static void ignore(int signal_number)
{
    (void) signal_number;
}

START_TEST(a_helper_has_a_socket_and_nothing_else_of_the_daemon)
{
    /* A thread of the daemon blocks all signals; the main thread has handlers. */
    (void) signal(SIGTERM, ignore);
    struct thread *thread = thread_start("asks", block_and_ask, NULL);
    ck_assert(thread_join(thread, LIMIT_MS));
    ck_assert_int_eq(answer.result, NFC_FINE);
    ck_assert_str_eq(answer.text, "4 descriptors, SIGUSR1 open, SIGTERM default, input null, output null");
}
END_TEST

START_TEST(a_helper_that_aborts_is_told_by_its_signal)
{
    begin("aborts");
    ck_assert_int_eq(ask(NFC_SELECT, LIMIT_MS), NFC_DIED);
    ck_assert_str_eq(answer.text, "libnfc ended itself (signal 6, aborted)");
    ck_assert_int_eq(nfc_link_pid(link_), 0);
    assert_works_again();
}
END_TEST

START_TEST(a_helper_that_exits_is_told_by_its_status)
{
    begin("exits");
    ck_assert_int_eq(ask(NFC_SELECT, LIMIT_MS), NFC_DIED);
    ck_assert_str_eq(answer.text, "the helper process ended itself (exit status 3)");
    assert_works_again();
}
END_TEST

START_TEST(a_helper_that_died_between_two_requests_is_noticed)
{
    begin("answers");
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
    const pid_t pid = nfc_link_pid(link_);
    kill(pid, SIGKILL);
    siginfo_t ended;
    ck_assert_int_eq(waitid(P_PID, (id_t) pid, &ended, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_DIED);
    ck_assert_ptr_nonnull(strstr(answer.text, "signal 9"));
    assert_works_again();
}
END_TEST

START_TEST(a_helper_that_hangs_is_ended)
{
    begin("hangs");
    const pid_t pid = nfc_link_pid(link_);
    ck_assert_int_eq(ask(NFC_SELECT, SHORT_MS), NFC_HUNG);
    ck_assert_str_eq(answer.text, "libnfc did not come back from selecting a tag in 100 ms");
    ck_assert_int_eq(kill(pid, 0), -1);
    assert_works_again();
}
END_TEST

START_TEST(a_stopped_helper_is_ended_too)
{
    begin("answers");
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
    kill(nfc_link_pid(link_), SIGSTOP);
    ck_assert_int_eq(ask(NFC_OPEN, SHORT_MS), NFC_HUNG);
    ck_assert_str_eq(answer.text, "libnfc did not come back from opening the device in 100 ms");
    assert_works_again();
}
END_TEST

static const char *const nonsense[] = {"garbage", "too much", "no tag"};

START_TEST(a_helper_that_answers_nonsense_is_ended)
{
    begin(nonsense[_i]);
    ck_assert_int_eq(ask(NFC_SELECT, LIMIT_MS), NFC_DIED);
    ck_assert_str_eq(answer.text, "the helper process answered nonsense, and was ended");
    ck_assert_int_eq(answer.tag.technology, CARD_UNKNOWN);
    ck_assert_int_eq(nfc_link_pid(link_), 0);
    assert_works_again();
}
END_TEST

START_TEST(an_answer_to_nothing_is_nonsense)
{
    begin("twice");
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
    /* One that comes only after the next request was sent passes for its answer; but there is one more each time. */
    const uint64_t end_ms = clock_monotonic_ms(clock_system()) + LIMIT_MS;
    enum nfc_result result = NFC_FINE;
    while (result == NFC_FINE && clock_monotonic_ms(clock_system()) < end_ms)
        result = ask(NFC_PRESENT, LIMIT_MS);
    ck_assert_int_eq(result, NFC_DIED);
    ck_assert_str_eq(answer.text, "the helper process spoke without being asked, and was ended");
    assert_works_again();
}
END_TEST

struct stopper {
    int fd;
};

static void stop_soon(void *context)
{
    const struct stopper *stopper = context;

    rest_ms(SHORT_MS);
    wakeup_signal(stopper->fd);
}

START_TEST(the_wait_ends_when_the_reader_is_to_stop)
{
    struct stopper stopper = {.fd = stop_fd};

    begin("hangs");
    struct thread *thread = thread_start("stops", stop_soon, &stopper);
    ck_assert_int_eq(ask(NFC_SELECT, LIMIT_MS), NFC_STOPPED);
    ck_assert(thread_join(thread, LIMIT_MS));
    ck_assert_int_eq(ask(NFC_SELECT, LIMIT_MS), NFC_STOPPED); /* and no request begins any more */
    const uint64_t start_ms = clock_monotonic_ms(clock_system());
    nfc_link_end(link_, SHORT_MS);
    ck_assert_uint_ge(clock_monotonic_ms(clock_system()) - start_ms, SHORT_MS);
    ck_assert_int_eq(nfc_link_pid(link_), 0);
}
END_TEST

START_TEST(the_end_waits_for_the_helper_even_when_the_reader_is_to_stop)
{
    begin("closes slowly");
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
    wakeup_signal(stop_fd);
    const uint64_t start_ms = clock_monotonic_ms(clock_system());
    nfc_link_end(link_, LIMIT_MS);
    const uint64_t took_ms = clock_monotonic_ms(clock_system()) - start_ms;
    ck_assert_uint_ge(took_ms, SHORT_MS - 10);
    ck_assert_uint_lt(took_ms, LIMIT_MS);
}
END_TEST

START_TEST(a_helper_that_does_not_close_is_ended)
{
    begin("never closes");
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
    const pid_t pid = nfc_link_pid(link_);
    nfc_link_end(link_, SHORT_MS);
    ck_assert_int_eq(kill(pid, 0), -1);
    assert_works_again();
}
END_TEST

START_TEST(no_helper_is_a_reason)
{
    char *reason = NULL;

    setenv("SPRINGPARK_NFC_HELPER", "/nonexistent/springpark-nfc", 1);
    ck_assert(!nfc_link_begin(link_, &reason));
    ck_assert_ptr_nonnull(strstr(reason, "/nonexistent/springpark-nfc: No such file or directory; next: "));
    free(reason);
    ck_assert_int_eq(nfc_link_pid(link_), 0);
    setenv("SPRINGPARK_NFC_HELPER", self_path, 1);
    assert_works_again();
}
END_TEST

START_TEST(a_connection_that_cannot_be_sent_is_trouble)
{
    struct nfc_request request = {.verb = NFC_OPEN, .connection = "pn532_uart:/dev/tty\xC3\xA4"};

    begin("answers");
    ck_assert_int_eq(nfc_link_ask(link_, &request, &answer, LIMIT_MS), NFC_TROUBLE);
    ck_assert_int_eq(ask(NFC_PRESENT, LIMIT_MS), NFC_FINE);
}
END_TEST

static void look_at_activity(void *context)
{
    struct activity_view *view = context;

    do {
        *view = activity_look(activity);
        rest_ms(1);
    } while (view->kind != ACTIVITY_FOREIGN || strcmp(view->what, "talking to a tag") != 0);
}

START_TEST(the_activity_says_what_the_helper_is_asked)
{
    struct activity_view view;

    begin("hangs");
    struct thread *thread = thread_start("looks", look_at_activity, &view);
    ck_assert_int_eq(ask(NFC_EXCHANGE, SHORT_MS), NFC_HUNG);
    ck_assert(thread_join(thread, LIMIT_MS));
    ck_assert(!view.overdue);
    ck_assert_int_eq(activity_look(activity).kind, ACTIVITY_OWN);
    ck_assert(!activity_look(activity).overdue);
}
END_TEST

START_TEST(nothing_is_left_of_many_helpers)
{
    static const char *const manners[] = {"answers", "aborts", "exits", "hangs", "garbage", "twice", "never closes"};
    const int before = count_descriptors();

    for (size_t i = 0; i < 21; i++) {
        begin(manners[i % 7]);
        (void) ask(NFC_SELECT, SHORT_MS);
        nfc_link_end(link_, i % 2 == 0 ? 0 : SHORT_MS);
        ck_assert_int_eq(nfc_link_pid(link_), 0);
        ck_assert_int_eq(count_descriptors(), before);
    }
}
END_TEST

int main(void)
{
    const char *manner = getenv("STAND_IN");

    if (manner != NULL)
        return stand_in(manner);
    self_path = realpath("/proc/self/exe", NULL);

    Suite *suite = suite_create("nfc_link");
    TCase *tests = tcase_create("nfc_link");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_helper_answers);
    tcase_add_test(tests, a_helper_has_a_socket_and_nothing_else_of_the_daemon);
    tcase_add_test(tests, a_helper_that_aborts_is_told_by_its_signal);
    tcase_add_test(tests, a_helper_that_exits_is_told_by_its_status);
    tcase_add_test(tests, a_helper_that_died_between_two_requests_is_noticed);
    tcase_add_test(tests, a_helper_that_hangs_is_ended);
    tcase_add_test(tests, a_stopped_helper_is_ended_too);
    tcase_add_loop_test(tests, a_helper_that_answers_nonsense_is_ended, 0, 3);
    tcase_add_test(tests, an_answer_to_nothing_is_nonsense);
    tcase_add_test(tests, the_wait_ends_when_the_reader_is_to_stop);
    tcase_add_test(tests, the_end_waits_for_the_helper_even_when_the_reader_is_to_stop);
    tcase_add_test(tests, a_helper_that_does_not_close_is_ended);
    tcase_add_test(tests, no_helper_is_a_reason);
    tcase_add_test(tests, a_connection_that_cannot_be_sent_is_trouble);
    tcase_add_test(tests, the_activity_says_what_the_helper_is_asked);
    tcase_add_test(tests, nothing_is_left_of_many_helpers);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    free(self_path);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
