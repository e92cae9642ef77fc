/* SPDX-License-Identifier: MIT */
/*
 * springpark-nfc: libnfc for one reader, in a process of its own. springparkd starts it with a SOCK_SEQPACKET socket as
 * descriptor 3 and talks to it as reader/nfc_wire.h describes; reader/nfc_link.c is the other end.
 *
 * The main thread reads requests, a worker does them one after the other. So NFC_CLOSE or the end of the socket is seen
 * while a call into libnfc is under way: the call is aborted, the field is switched off and the device closed, and if
 * the call does not come back the process ends all the same.
 */
#include "base/clock.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "reader/nfc_library.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum { SOCKET_FD = 3, ABORT_LIMIT_MS = 500, ABORT_AGAIN_MS = 20, CLOSE_LIMIT_MS = 1000 };

struct helper {
    struct nfc_library *library;
    int wanted_fd;                /* the main thread has put a request */
    int done_fd;                  /* the worker has put an answer */
    struct nfc_request request;   /* these two are the worker's from wanted_fd to done_fd */
    struct nfc_answer answer;
    bool busy;                    /* the main thread's */
    int said_fd;                  /* what libnfc prints to standard error, in memory; -1: that is left as it is */
};

const char *argp_program_version = "springpark-nfc " PACKAGE_VERSION;

/* Waits until fd is readable, at most limit_ms (-1: for ever). */
static bool wait_for(int fd, int limit_ms)
{
    struct pollfd waited = {.fd = fd, .events = POLLIN};
    int count;

    do
        count = poll(&waited, 1, limit_ms);
    while (count < 0 && errno == EINTR);
    return count > 0;
}

/*
 * The reason why a device cannot be opened is in no return value of libnfc, only in what it prints: log lines
 * ("error", its own category and the text, with tabs between them), and perror in its I2C code. The last one is taken.
 */
static void add_what_it_said(const struct helper *helper, struct nfc_answer *answer)
{
    char said[1024];
    const off_t end = lseek(helper->said_fd, 0, SEEK_CUR);
    const off_t start = end > (off_t) sizeof said - 1 ? end - ((off_t) sizeof said - 1) : 0;
    const ssize_t count = end > 0 ? pread(helper->said_fd, said, sizeof said - 1, start) : 0;

    if (count <= 0)
        return;
    said[count] = '\0';
    char *line = said;
    for (char *next = strtok(said, "\t\r\n"); next != NULL; next = strtok(NULL, "\t\r\n"))
        line = next;
    const size_t at = strlen(answer->text);
    nfc_wire_copy_text(&answer->text[at], sizeof answer->text - at, ": ");
    const size_t text_at = strlen(answer->text);
    nfc_wire_copy_text(&answer->text[text_at], sizeof answer->text - text_at, line);
}

static void hear_what_it_said(const struct helper *helper, struct nfc_answer *answer)
{
    if (helper->said_fd < 0)
        return;
    if (answer->result == NFC_TROUBLE)
        add_what_it_said(helper, answer);
    if (ftruncate(helper->said_fd, 0) == 0)
        (void) lseek(helper->said_fd, 0, SEEK_SET);
}

static void work(void *context)
{
    struct helper *helper = context;
    bool closed = false;

    while (!closed) {
        (void) wait_for(helper->wanted_fd, -1);
        wakeup_clear(helper->wanted_fd);
        nfc_library_do(helper->library, &helper->request, &helper->answer);
        hear_what_it_said(helper, &helper->answer);
        closed = helper->request.verb == NFC_CLOSE;
        wakeup_signal(helper->done_fd);
    }
}

static void hand_over(struct helper *helper, const struct nfc_request *request)
{
    helper->request = *request;
    helper->busy = true;
    wakeup_signal(helper->wanted_fd);
}

static void take_back(struct helper *helper)
{
    wakeup_clear(helper->done_fd);
    explicit_bzero(&helper->request, sizeof helper->request); /* an exchange may hold a key */
    helper->busy = false;
}

static void send_answer(const struct nfc_answer *answer)
{
    static uint8_t bytes[NFC_MESSAGE_MAX_BYTES];
    size_t size_bytes = nfc_wire_put_answer(answer, bytes, sizeof bytes);

    /* Nothing to be done if it does not go: the end of the socket is seen next. */
    if (send(SOCKET_FD, bytes, size_bytes, MSG_NOSIGNAL) < 0)
        return;
}

/* Aborts what is under way, closes the device, and ends the process, in any case. */
static void leave(struct helper *helper, bool tell)
{
    const struct nfc_request close_request = {.verb = NFC_CLOSE};
    const uint64_t end_ms = clock_monotonic_ms(clock_system()) + ABORT_LIMIT_MS;

    while (helper->busy) {
        nfc_library_stop(helper->library);
        if (wait_for(helper->done_fd, ABORT_AGAIN_MS))
            take_back(helper);
        else if (clock_monotonic_ms(clock_system()) > end_ms)
            _exit(EX_UNAVAILABLE);
    }
    hand_over(helper, &close_request);
    if (!wait_for(helper->done_fd, CLOSE_LIMIT_MS))
        _exit(EX_UNAVAILABLE);
    if (tell)
        send_answer(&helper->answer);
    _exit(EX_OK); /* not exit: the destructors of libnfc's own libraries may wait for a device, too */
}

/* True: a request. Otherwise the daemon has gone, or sent what is none. */
static bool receive_request(struct nfc_request *request)
{
    static uint8_t bytes[NFC_MESSAGE_MAX_BYTES];
    ssize_t count;

    do
        count = recv(SOCKET_FD, bytes, sizeof bytes, MSG_TRUNC);
    while (count < 0 && errno == EINTR);
    bool understood = count > 0 && (size_t) count <= sizeof bytes
                      && nfc_wire_get_request(bytes, (size_t) count, request);
    explicit_bzero(bytes, count > 0 && (size_t) count <= sizeof bytes ? (size_t) count : 0);
    return understood;
}

static void serve(struct helper *helper)
{
    static struct nfc_request request;

    for (;;) {
        struct pollfd waited[] = {
            {.fd = helper->done_fd, .events = POLLIN},
            {.fd = SOCKET_FD, .events = POLLIN},
        };
        if (poll(waited, 2, -1) < 0)
            continue;
        if (waited[0].revents != 0) {
            take_back(helper);
            send_answer(&helper->answer);
        }
        if (waited[1].revents == 0)
            continue;
        bool understood = receive_request(&request);
        if (!understood || request.verb == NFC_CLOSE || helper->busy)
            leave(helper, understood && request.verb == NFC_CLOSE);
        hand_over(helper, &request);
        explicit_bzero(&request, sizeof request);
    }
}

/* Without LIBNFC_LOG_LEVEL nothing of libnfc's goes to the journal: what it prints is kept for a reason text. */
static int keep_standard_error(void)
{
    if (getenv("LIBNFC_LOG_LEVEL") != NULL)
        return -1;
    (void) setenv("LIBNFC_LOG_LEVEL", "1", 0);
    int said_fd = memfd_create("libnfc", MFD_CLOEXEC);
    if (said_fd >= 0)
        (void) dup2(said_fd, STDERR_FILENO);
    return said_fd;
}

static bool is_started_by_daemon(void)
{
    int type = 0;
    socklen_t size_bytes = sizeof type;

    return getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size_bytes) == 0 && type == SOCK_SEQPACKET;
}

/*
 * When the daemon dies this process is to be gone at once, not after a tidy end: the next daemon takes the lock on the
 * device and opens it, and libnfc has no lock that would keep the two apart. The kernel does it for a thread that ends,
 * the one that started this process, which is the reader's own. False: the daemon died before the kernel was told.
 */
static bool die_with_daemon(void)
{
    struct ucred daemon = {0};
    socklen_t size_bytes = sizeof daemon;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return false;
    /* Of a socket pair the peer is who made it. */
    return getsockopt(SOCKET_FD, SOL_SOCKET, SO_PEERCRED, &daemon, &size_bytes) == 0 && getppid() == daemon.pid;
}

/* systemd sends SIGTERM to the whole control group, a terminal SIGINT and SIGHUP: the daemon is to have the field
 * switched off first, and ends the socket then. */
static void ignore_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void) signal(signals[i], SIG_IGN);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "\"%s\" is no option; springpark-nfc takes no other words", argument);
    return 0;
}

static void parse_arguments(int argc, char **argv)
{
    static const struct argp parser = {
        .parser = parse_option,
        .doc = "Talks to one libnfc reader for springparkd, which starts it by itself.\v"
               "It is of no use by hand. What libnfc prints is kept for its error texts; with LIBNFC_LOG_LEVEL (0 to "
               "3) in the environment of springparkd it goes to standard error.",
    };

    argp_err_exit_status = EX_USAGE;
    argp_parse(&parser, argc, argv, 0, NULL, NULL);
}

int main(int argc, char **argv)
{
    const struct rlimit no_core = {0};
    static struct helper helper;

    parse_arguments(argc, argv);
    if (!is_started_by_daemon()) {
        fputs("springpark-nfc: springparkd starts this program for its libnfc readers; it is of no use by hand\n",
              stderr);
        return EX_USAGE;
    }
    ignore_signals();
    if (!die_with_daemon())
        return EX_UNAVAILABLE;
    (void) setrlimit(RLIMIT_CORE, &no_core); /* libnfc may abort as often as a chip answers nonsense */
    helper.said_fd = keep_standard_error();
    helper.library = nfc_library_create();
    helper.wanted_fd = wakeup_create();
    helper.done_fd = wakeup_create();
    if (helper.library == NULL || thread_start("libnfc", work, &helper) == NULL)
        return EX_OSERR;
    serve(&helper);
    return EX_SOFTWARE;
}
