/* SPDX-License-Identifier: MIT */
#include "cloud/dial.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* glibc tries each server for 5 s, twice; longer means that something is wrong with the resolver. */
#define RESOLVE_LIMIT_MS 30000U

/* An errno of our own range for "woken up": connect never gives it. */
#define WOKEN ECANCELED

bool dial_is_address(const char *host)
{
    struct in6_addr address;

    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static void set_activity(struct activity *activity, enum activity_kind kind, const char *what, uint64_t limit_ms)
{
    if (activity != NULL)
        activity_set(activity, kind, what, limit_ms);
}

static char *resolve_error(const char *host, int code)
{
    switch (code) {
    case EAI_NONAME:
        return text_format("the broker's name \"%s\" is not known to the resolver; check mqtt.broker", host);
    case EAI_AGAIN:
        return text_format("the broker's name \"%s\" cannot be resolved now: no name server answers; check the network "
                           "and /etc/resolv.conf", host);
    case EAI_SYSTEM:
        return text_format("the broker's name \"%s\" cannot be resolved: %s", host, strerror(errno));
    default:
        return text_format("the broker's name \"%s\" cannot be resolved: %s", host, gai_strerror(code));
    }
}

static char *connect_error(const char *host, uint16_t port, int code, uint64_t timeout_ms)
{
    switch (code) {
    case WOKEN:
        return text_format("the attempt to connect to %s was called off", host);
    case ECONNREFUSED:
        return text_format("%s port %u refused the connection: no broker listens there; check that it runs and "
                           "mqtt.port", host, (unsigned) port);
    case ETIMEDOUT:
        return text_format("%s port %u did not answer within %llu s; check the network, mqtt.broker and firewalls on "
                           "the way", host, (unsigned) port, (unsigned long long) ((timeout_ms + 999) / 1000));
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
        return text_format("%s port %u is unreachable (%s); check this machine's network and route", host,
                           (unsigned) port, strerror(code));
    default:
        return text_format("no connection to %s port %u: %s", host, (unsigned) port, strerror(code));
    }
}

/* Waits until the connection under way on fd is made. 0, or an errno. */
static int await_connection(int fd, uint64_t deadline_ms, int wake_fd)
{
    for (;;) {
        uint64_t now_ms = clock_monotonic_ms(clock_system());
        if (now_ms >= deadline_ms)
            return ETIMEDOUT;
        struct pollfd fds[2] = {
            { .fd = fd, .events = POLLOUT },
            { .fd = wake_fd, .events = POLLIN },
        };
        int ready = poll(fds, 2, (int) (deadline_ms - now_ms));
        if (ready < 0 && errno != EINTR)
            return errno;
        if (ready <= 0)
            continue;
        if (fds[1].revents != 0)
            return WOKEN;
        int code = 0;
        socklen_t size = sizeof code;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
            return errno;
        return code;
    }
}

static int try_address(const struct addrinfo *address, uint64_t deadline_ms, int wake_fd)
{
    int code = 0;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);

    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        code = errno == EINPROGRESS ? await_connection(fd, deadline_ms, wake_fd) : errno;
    close(fd);
    return code;
}

/* The address in digits, with its scope. */
static char *address_text(const struct addrinfo *address)
{
    char digits[NI_MAXHOST];

    if (getnameinfo(address->ai_addr, address->ai_addrlen, digits, sizeof digits, NULL, 0, NI_NUMERICHOST) != 0)
        return NULL;
    return text_copy(digits);
}

/* One address that never answers must not use up the time of those behind it. */
static uint64_t share_of_time_ms(uint64_t now_ms, uint64_t deadline_ms, const struct addrinfo *address)
{
    uint64_t left = 0;

    for (const struct addrinfo *at = address; at != NULL; at = at->ai_next)
        left++;
    return now_ms + (deadline_ms > now_ms ? deadline_ms - now_ms : 0) / left;
}

char *dial_find_address(const char *host, uint16_t port, uint64_t timeout_ms, int wake_fd, struct activity *activity,
                        uint64_t *left_ms, int *why, char **error)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *addresses = NULL;
    char service[8];
    char *found = NULL;
    int code = EHOSTUNREACH;

    (void) snprintf(service, sizeof service, "%u", (unsigned) port);
    set_activity(activity, ACTIVITY_FOREIGN, "resolving the broker's name", RESOLVE_LIMIT_MS);
    int resolved = getaddrinfo(host, service, &hints, &addresses);
    if (resolved != 0) {
        *error = resolve_error(host, resolved);
        *why = resolved == EAI_NONAME ? DIAL_UNKNOWN_NAME : DIAL_UNRESOLVED;
        return NULL;
    }
    set_activity(activity, ACTIVITY_OWN, "trying the broker's addresses", timeout_ms + 2000);
    uint64_t deadline_ms = clock_monotonic_ms(clock_system()) + timeout_ms;
    for (const struct addrinfo *at = addresses; at != NULL && found == NULL && code != WOKEN; at = at->ai_next) {
        uint64_t now_ms = clock_monotonic_ms(clock_system());
        code = try_address(at, share_of_time_ms(now_ms, deadline_ms, at), wake_fd);
        if (code == 0)
            found = address_text(at);
    }
    freeaddrinfo(addresses);
    if (found == NULL) {
        *error = connect_error(host, port, code, timeout_ms);
        *why = code;
        return NULL;
    }
    uint64_t now_ms = clock_monotonic_ms(clock_system());
    *left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
    return found;
}
