/* SPDX-License-Identifier: MIT */
#include "reader/nfc_link.h"

#include "base/log.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    HELPER_FD = 3,          /* where the helper looks for its end of the socket */
    KILL_LIMIT_MS = 1000,   /* how long a process that was sent SIGKILL may take to be gone */
    REAP_PAUSE_MS = 2,
    SPAWN_LIMIT_MS = 5000,
    ACTIVITY_MARGIN_MS = 3000, /* what the thread's activity allows beyond a limit of ours, killing included */
    OWN_LIMIT_MS = 5000,
};

struct nfc_link {
    const struct clock *clock;
    struct activity *activity;
    int stop_fd;
    int socket_fd;          /* -1: no helper */
    pid_t pid;              /* of the helper, or of one that SIGKILL has not ended; 0: none */
    uint8_t bytes[NFC_MESSAGE_MAX_BYTES];
};

enum wait_end { WAIT_READABLE, WAIT_STOPPED, WAIT_TIMEOUT };

static const char *verb_words(enum nfc_verb verb)
{
    switch (verb) {
    case NFC_LIST:
        return "looking for devices";
    case NFC_OPEN:
        return "opening the device";
    case NFC_SELECT:
        return "selecting a tag";
    case NFC_POLL:
        return "letting the chip look for tags";
    case NFC_PRESENT:
        return "looking whether the tag is still there";
    case NFC_DESELECT:
        return "deselecting a tag";
    case NFC_RESET_FIELD:
        return "switching the field off and on";
    case NFC_EXCHANGE:
        return "talking to a tag";
    case NFC_CLOSE:
        break;
    }
    return "closing the device";
}

static const char *helper_path(void)
{
    const char *path = secure_getenv("SPRINGPARK_NFC_HELPER");

    return path != NULL && *path != '\0' ? path : SPRINGPARK_NFC_HELPER;
}

static void set_foreign(struct nfc_link *link, const char *what, uint64_t limit_ms)
{
    activity_set(link->activity, ACTIVITY_FOREIGN, what, limit_ms + ACTIVITY_MARGIN_MS);
}

static void set_own(struct nfc_link *link)
{
    activity_set(link->activity, ACTIVITY_OWN, "working with libnfc's answer", OWN_LIMIT_MS);
}

struct nfc_link *nfc_link_create(const struct clock *clock, struct activity *activity, int stop_fd)
{
    struct nfc_link *link = memory_zeroed(1, sizeof *link);

    link->clock = clock;
    link->activity = activity;
    link->stop_fd = stop_fd;
    link->socket_fd = -1;
    return link;
}

/* A helper that has ended is reaped: true, and *status as waitpid gives it (0 if somebody else has reaped it). */
static bool try_reap(struct nfc_link *link, int *status)
{
    pid_t ended;

    *status = 0;
    do
        ended = waitpid(link->pid, status, WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended == 0)
        return false;
    link->pid = 0;
    return true;
}

static bool reap_within(struct nfc_link *link, uint64_t limit_ms, int *status)
{
    const uint64_t end_ms = clock_monotonic_ms(link->clock) + limit_ms;

    while (!try_reap(link, status)) {
        if (clock_monotonic_ms(link->clock) >= end_ms)
            return false;
        (void) poll(NULL, 0, REAP_PAUSE_MS);
    }
    return true;
}

static void close_socket(struct nfc_link *link)
{
    if (link->socket_fd >= 0)
        close(link->socket_fd);
    link->socket_fd = -1;
}

/* There is no helper any more, or none that anybody talks to. */
static void kill_helper(struct nfc_link *link)
{
    int status;

    close_socket(link);
    if (link->pid == 0)
        return;
    (void) kill(link->pid, SIGKILL);
    if (!reap_within(link, KILL_LIMIT_MS, &status))
        log_warning("nfc", "the helper process %d hangs in the kernel, SIGKILL does not end it; next: it is left "
                    "behind until it ends", (int) link->pid);
}

static void tell(struct nfc_answer *answer, enum nfc_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(struct nfc_answer *answer, enum nfc_result result, const char *format, ...)
{
    va_list list;

    memset(answer, 0, sizeof *answer);
    answer->result = result;
    va_start(list, format);
    vsnprintf(answer->text, sizeof answer->text, format, list);
    va_end(list);
}

static void tell_status(struct nfc_answer *answer, int status)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigdescr_np(WTERMSIG(status));
        char first = name != NULL ? (char) tolower((unsigned char) *name) : '?';
        tell(answer, NFC_DIED, "libnfc ended itself (signal %d, %c%s)", WTERMSIG(status), first,
             name != NULL ? name + 1 : "");
    } else {
        tell(answer, NFC_DIED, "the helper process ended itself (exit status %d)", WEXITSTATUS(status));
    }
}

/* The socket has ended: the process has, or is about to. */
static void bury_helper(struct nfc_link *link, struct nfc_answer *answer)
{
    int status;

    if (reap_within(link, KILL_LIMIT_MS, &status)) {
        tell_status(answer, status);
        close_socket(link);
        return;
    }
    kill_helper(link);
    tell(answer, NFC_DIED, "the helper process closed its socket and did not end");
}

static void refuse_nonsense(struct nfc_link *link, struct nfc_answer *answer, const char *what)
{
    kill_helper(link);
    tell(answer, NFC_DIED, "the helper process %s, and was ended", what);
}

/* What the helper has of the daemon: one end of the socket, standard error, and nothing else, also not what a library
 * opened without close-on-exec: a connection that ends in the daemon must end for its peer. */
static int spawn_helper(const char *path, int helper_end, pid_t *pid)
{
    char *const arguments[] = {(char[]) {"springpark-nfc"}, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, helper_end, HELPER_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, HELPER_FD + 1);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    /* The threads of the daemon block all signals, and its main thread has handlers. */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    int failed = posix_spawn(pid, path, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* The kernel ends the helper when the thread that runs this ends (PR_SET_PDEATHSIG is tied to the thread, not to the
 * process): a link must stay with the one thread, and end before it. */
bool nfc_link_begin(struct nfc_link *link, char **reason)
{
    const char *path = helper_path();
    int ends[2];
    int status;

    *reason = NULL;
    if (link->socket_fd >= 0)
        return true;
    if (link->pid != 0 && !try_reap(link, &status)) {
        *reason = text_format("the helper process %d hangs in the kernel and has the device; next: unplug the "
                              "device, or restart the computer", (int) link->pid);
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        *reason = text_format("no socket for the helper process: %s", strerror(errno));
        return false;
    }
    set_foreign(link, "starting the helper process of libnfc", SPAWN_LIMIT_MS);
    int failed = spawn_helper(path, ends[1], &link->pid);
    set_own(link);
    close(ends[1]);
    if (failed == 0) {
        link->socket_fd = ends[0];
        return true;
    }
    close(ends[0]);
    link->pid = 0;
    *reason = text_format("cannot start %s: %s; next: see that springpark was built and installed with libnfc", path,
                          strerror(failed));
    return false;
}

static bool is_readable(int fd)
{
    struct pollfd looked = {.fd = fd, .events = POLLIN};

    return poll(&looked, 1, 0) > 0;
}

/* stop_fd: -1 to wait for the socket alone. */
static enum wait_end wait_for_answer(const struct nfc_link *link, int stop_fd, uint64_t end_ms)
{
    for (;;) {
        struct pollfd waited[] = {{.fd = link->socket_fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
        const uint64_t now_ms = clock_monotonic_ms(link->clock);
        const int left_ms = end_ms <= now_ms ? 0 : end_ms - now_ms > INT32_MAX ? INT32_MAX : (int) (end_ms - now_ms);
        const int count = poll(waited, 2, left_ms);

        if (count > 0)
            return waited[1].revents != 0 ? WAIT_STOPPED : WAIT_READABLE;
        if (count == 0 && left_ms == 0)
            return WAIT_TIMEOUT;
    }
}

/* Whether the answer has what its verb promises. */
static bool fits(const struct nfc_request *request, const struct nfc_answer *answer)
{
    const bool finds = request->verb == NFC_SELECT || request->verb == NFC_POLL;

    if (answer->result != NFC_FINE || !finds)
        return answer->tag.technology == CARD_UNKNOWN;
    return (answer->tag.technology & request->technologies) != 0;
}

static void receive_answer(struct nfc_link *link, const struct nfc_request *request, struct nfc_answer *answer)
{
    ssize_t count;

    do
        count = recv(link->socket_fd, link->bytes, sizeof link->bytes, MSG_DONTWAIT | MSG_TRUNC);
    while (count < 0 && errno == EINTR);
    if (count <= 0)
        bury_helper(link, answer);
    else if ((size_t) count > sizeof link->bytes || !nfc_wire_get_answer(link->bytes, (size_t) count, answer)
             || !fits(request, answer))
        refuse_nonsense(link, answer, "answered nonsense");
}

/* False: *answer says why. */
static bool send_request(struct nfc_link *link, const struct nfc_request *request, struct nfc_answer *answer)
{
    size_t size_bytes = nfc_wire_put_request(request, link->bytes, sizeof link->bytes);

    if (size_bytes == 0) {
        tell(answer, NFC_TROUBLE, "the connection string has letters that libnfc cannot take");
        return false;
    }
    /* Each request has its one answer before the next one is sent, so nothing can be there yet but the end. */
    uint8_t byte;
    if (recv(link->socket_fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) > 0) {
        refuse_nonsense(link, answer, "spoke without being asked");
        return false;
    }
    bool sent = send(link->socket_fd, link->bytes, size_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t) size_bytes;
    explicit_bzero(link->bytes, size_bytes); /* an exchange may hold a key */
    if (!sent)
        bury_helper(link, answer);
    return sent;
}

static void wait_and_receive(struct nfc_link *link, const struct nfc_request *request, struct nfc_answer *answer,
                             uint64_t limit_ms)
{
    switch (wait_for_answer(link, link->stop_fd, clock_monotonic_ms(link->clock) + limit_ms)) {
    case WAIT_READABLE:
        receive_answer(link, request, answer);
        return;
    case WAIT_STOPPED:
        tell(answer, NFC_STOPPED, "the reader is to stop");
        return;
    case WAIT_TIMEOUT:
        kill_helper(link);
        tell(answer, NFC_HUNG, "libnfc did not come back from %s in %" PRIu64 " ms", verb_words(request->verb),
             limit_ms);
        return;
    }
}

enum nfc_result nfc_link_ask(struct nfc_link *link, const struct nfc_request *request, struct nfc_answer *answer,
                             uint64_t limit_ms)
{
    if (is_readable(link->stop_fd)) {
        tell(answer, NFC_STOPPED, "the reader is to stop");
        return NFC_STOPPED;
    }
    if (link->socket_fd < 0) {
        tell(answer, NFC_DIED, "no helper process runs");
        return NFC_DIED;
    }
    set_foreign(link, verb_words(request->verb), limit_ms);
    if (send_request(link, request, answer))
        wait_and_receive(link, request, answer, limit_ms);
    set_own(link);
    return answer->result;
}

/* Until the helper has closed its end; answers that come meanwhile, also to what was asked before, are of no use. */
static void wait_for_end(struct nfc_link *link, uint64_t limit_ms)
{
    const uint64_t end_ms = clock_monotonic_ms(link->clock) + limit_ms;

    while (wait_for_answer(link, -1, end_ms) == WAIT_READABLE) {
        if (recv(link->socket_fd, link->bytes, sizeof link->bytes, MSG_DONTWAIT) <= 0)
            return;
    }
}

void nfc_link_end(struct nfc_link *link, uint64_t limit_ms)
{
    const struct nfc_request request = {.verb = NFC_CLOSE};

    if (link->socket_fd >= 0) {
        size_t size_bytes = nfc_wire_put_request(&request, link->bytes, sizeof link->bytes);

        set_foreign(link, verb_words(NFC_CLOSE), limit_ms);
        if (send(link->socket_fd, link->bytes, size_bytes, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t) size_bytes)
            wait_for_end(link, limit_ms);
    }
    kill_helper(link);
    set_own(link);
}

pid_t nfc_link_pid(const struct nfc_link *link)
{
    return link->pid;
}

void nfc_link_free(struct nfc_link *link)
{
    enum { CLOSE_LIMIT_MS = 1500 };

    if (link == NULL)
        return;
    nfc_link_end(link, CLOSE_LIMIT_MS);
    free(link);
}
