/* SPDX-License-Identifier: MIT */
#include "discovery/responder.h"

#include "base/log.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DATAGRAMS_A_TURN = 32, NO_INTERFACE = 0 };

/* Who is bound to this address hears what is sent to all of this box, and nothing from outside. */
#define LOOPBACK_BROADCAST 0x7FFFFFFFU

struct responder {
    struct responder_settings settings;
    const struct clock *clock;
    int fd;
    struct loop_source *source;
    uint64_t filled_ms;     /* up to when answers were allowed */
    unsigned allowed;       /* so many answers may go now */
};

/* ---- not too often ---- */

static bool may_answer(struct responder *responder)
{
    uint64_t now_ms = clock_monotonic_ms(responder->clock);
    uint64_t more = (now_ms - responder->filled_ms) * RESPONDER_A_SECOND / 1000;

    if (more > 0) {
        responder->filled_ms = now_ms;
        responder->allowed = responder->allowed + more > RESPONDER_BURST ? RESPONDER_BURST
                                                                         : responder->allowed + (unsigned) more;
    }
    if (responder->allowed == 0)
        return false;
    responder->allowed--;
    return true;
}

/* ---- one datagram ---- */

static unsigned interface_of(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        struct in_pktinfo info;

        if (part->cmsg_level != IPPROTO_IP || part->cmsg_type != IP_PKTINFO)
            continue;
        memcpy(&info, CMSG_DATA(part), sizeof info);
        return (unsigned) info.ipi_ifindex;
    }
    return NO_INTERFACE;
}

static void answer(struct responder *responder, unsigned interface_index, const struct sockaddr_in *to)
{
    struct nddu_device device = { 0 };

    responder->settings.describe(responder->settings.context, interface_index, &device);
    char *text = nddu_device_text(&device);
    /* Lost if it cannot go at once: who looks asks again. */
    if (sendto(responder->fd, text, strlen(text), MSG_DONTWAIT, (const struct sockaddr *) to, sizeof *to) < 0)
        log_debug("discovery", "a lookup is not answered: %s", strerror(errno));
    nddu_device_clear(&device);
    free(text);
}

/* False when there is none. */
static bool take_datagram(struct responder *responder)
{
    char datagram[NDDU_DATAGRAM_MAX_BYTES];
    char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct sockaddr_in from;
    struct iovec part = { .iov_base = datagram, .iov_len = sizeof datagram };
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
        .msg_control = control, .msg_controllen = sizeof control,
    };
    ssize_t size_bytes = recvmsg(responder->fd, &message, MSG_DONTWAIT);

    if (size_bytes < 0)
        return errno == EINTR;
    if ((message.msg_flags & MSG_TRUNC) == 0 && message.msg_namelen == sizeof from &&
        nddu_is_lookup(datagram, (size_t) size_bytes) && may_answer(responder))
        answer(responder, interface_of(&message), &from);
    return true;
}

static void on_datagrams(void *context, int fd, uint32_t events)
{
    struct responder *responder = context;

    (void) fd;
    (void) events;
    for (int i = 0; i < DATAGRAMS_A_TURN && take_datagram(responder); i++)
        continue;
}

/* ---- its socket ---- */

static bool set_option(int fd, int level, int name)
{
    const int on = 1;

    return setsockopt(fd, level, name, &on, sizeof on) == 0;
}

/* -1 with errno. SO_DONTROUTE: an answer that would have to leave by a router fails. */
static int open_socket(const struct responder_settings *settings)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t) settings->port),
        .sin_addr.s_addr = htonl(settings->beyond_loopback ? INADDR_ANY : LOOPBACK_BROADCAST),
    };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR) && set_option(fd, SOL_SOCKET, SO_DONTROUTE) &&
        set_option(fd, IPPROTO_IP, IP_PKTINFO) &&
        bind(fd, (const struct sockaddr *) &address, sizeof address) == 0)
        return fd;
    int reason = errno;
    (void) close(fd);
    errno = reason;
    return -1;
}

struct responder *responder_open(const struct responder_settings *settings, struct loop *loop, const struct clock *clock,
                                 char **error)
{
    int fd = open_socket(settings);

    if (fd < 0) {
        *error = text_format("UDP port %u: %s; nobody who looks for devices finds this one; next: ss -lunp, or set "
                             "ports.nddu", settings->port, strerror(errno));
        return NULL;
    }
    struct responder *responder = memory_zeroed(1, sizeof *responder);

    responder->settings = *settings;
    responder->clock = clock;
    responder->fd = fd;
    responder->allowed = RESPONDER_BURST;
    responder->filled_ms = clock_monotonic_ms(clock);
    responder->source = loop_add_io(loop, fd, EPOLLIN, on_datagrams, responder);
    loop_set_name(responder->source, "answering who looks for devices");
    return responder;
}

void responder_close(struct responder *responder)
{
    if (responder == NULL)
        return;
    loop_source_free(responder->source);
    (void) close(responder->fd);
    free(responder);
}
