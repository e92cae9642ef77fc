/* SPDX-License-Identifier: MIT */
#include "discovery/seeker.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKETS_MAX = 32 };

#define LOOPBACK_BROADCAST 0x7FFFFFFFU
#define EVERYBODY 0xFFFFFFFFU

struct way {
    int fd;
    struct sockaddr_in to;
};

struct seeker {
    unsigned port;
    struct way ways[SOCKETS_MAX];
    size_t count;
};

static struct sockaddr_in address_with(in_addr_t network_order, unsigned port)
{
    return (struct sockaddr_in) {
        .sin_family = AF_INET, .sin_port = htons((uint16_t) port), .sin_addr.s_addr = network_order,
    };
}

static bool set_option(int fd, int name, const void *value, size_t size_bytes)
{
    return setsockopt(fd, SOL_SOCKET, name, value, (socklen_t) size_bytes) == 0;
}

static bool bind_to(int fd, in_addr_t address, unsigned port)
{
    const struct sockaddr_in wanted = address_with(address, port);
    const struct sockaddr_in any_port = address_with(address, 0);

    return bind(fd, (const struct sockaddr *) &wanted, sizeof wanted) == 0 ||
           bind(fd, (const struct sockaddr *) &any_port, sizeof any_port) == 0;
}

/* -1 if this address is of no use. Bound to it, so that the broadcast leaves by its interface; SO_REUSEADDR, as a daemon
 * may listen on that port at all addresses: what is sent to this very address comes here. */
static int open_socket(in_addr_t address, unsigned port)
{
    const int on = 1;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && set_option(fd, SO_REUSEADDR, &on, sizeof on) && set_option(fd, SO_BROADCAST, &on, sizeof on) &&
        set_option(fd, SO_DONTROUTE, &on, sizeof on) && bind_to(fd, address, port))
        return fd;
    if (fd >= 0)
        (void) close(fd);
    return -1;
}

static void add_way(struct seeker *seeker, const struct ifaddrs *one)
{
    bool loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
    struct sockaddr_in own;

    if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_UP) == 0 ||
        (!loopback && (one->ifa_flags & IFF_BROADCAST) == 0) || seeker->count == SOCKETS_MAX)
        return;
    memcpy(&own, one->ifa_addr, sizeof own);
    struct way *way = &seeker->ways[seeker->count];
    way->fd = open_socket(own.sin_addr.s_addr, seeker->port);
    /* The broadcast to everybody, as the vendor's tool does: it reaches devices whose address is of another network. */
    way->to = address_with(htonl(loopback ? LOOPBACK_BROADCAST : EVERYBODY), seeker->port);
    seeker->count += way->fd >= 0 ? 1 : 0;
}

struct seeker *seeker_create(unsigned port, char **error)
{
    struct seeker *seeker = memory_zeroed(1, sizeof *seeker);
    struct ifaddrs *list = NULL;

    seeker->port = port;
    if (getifaddrs(&list) == 0) {
        for (const struct ifaddrs *one = list; one != NULL; one = one->ifa_next)
            add_way(seeker, one);
        freeifaddrs(list);
    }
    if (seeker->count > 0)
        return seeker;
    *error = text_format("no network interface is up; next: ip address");
    free(seeker);
    return NULL;
}

void seeker_free(struct seeker *seeker)
{
    if (seeker == NULL)
        return;
    for (size_t i = 0; i < seeker->count; i++)
        (void) close(seeker->ways[i].fd);
    free(seeker);
}

unsigned seeker_ask(struct seeker *seeker, char **error)
{
    char *text = nddu_lookup_text();
    unsigned sent = 0;
    int reason = 0;

    for (size_t i = 0; i < seeker->count; i++) {
        const struct way *way = &seeker->ways[i];

        if (sendto(way->fd, text, strlen(text), 0, (const struct sockaddr *) &way->to, sizeof way->to) >= 0)
            sent++;
        else
            reason = errno;
    }
    free(text);
    if (sent == 0)
        *error = text_format("no lookup could be sent: %s; next: ip address", strerror(reason));
    return sent;
}

static void take_answers(int fd, seeker_found *found, void *context)
{
    for (;;) {
        char datagram[NDDU_DATAGRAM_MAX_BYTES];
        char from_text[INET_ADDRSTRLEN];
        struct nddu_device device;
        struct sockaddr_in from;
        socklen_t from_bytes = sizeof from;
        ssize_t size_bytes = recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr *) &from, &from_bytes);

        if (size_bytes < 0)
            return;
        if (from_bytes != sizeof from || !nddu_device_parse(datagram, (size_t) size_bytes, &device))
            continue;
        if (inet_ntop(AF_INET, &from.sin_addr, from_text, sizeof from_text) != NULL)
            found(context, &device, from_text);
        nddu_device_clear(&device);
    }
}

void seeker_listen(struct seeker *seeker, uint64_t wait_ms, int stop_fd, seeker_found *found, void *context)
{
    const struct clock *clock = clock_system();
    const uint64_t end_ms = clock_monotonic_ms(clock) + wait_ms;
    struct pollfd items[SOCKETS_MAX + 1];

    for (size_t i = 0; i < seeker->count; i++)
        items[i] = (struct pollfd) { .fd = seeker->ways[i].fd, .events = POLLIN };
    items[seeker->count] = (struct pollfd) { .fd = stop_fd, .events = POLLIN };
    for (uint64_t now_ms = end_ms - wait_ms; now_ms < end_ms; now_ms = clock_monotonic_ms(clock)) {
        if (poll(items, seeker->count + 1, (int) (end_ms - now_ms)) < 0 && errno != EINTR)
            return;
        for (size_t i = 0; i < seeker->count; i++) {
            if (items[i].revents != 0)
                take_answers(items[i].fd, found, context);
        }
        if (stop_fd >= 0 && items[seeker->count].revents != 0)
            return;
    }
}
