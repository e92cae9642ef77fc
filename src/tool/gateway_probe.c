/* SPDX-License-Identifier: MIT */
#include "tool/gateway_probe.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* DISCARD_PORT: RFC 863; what arrives there is thrown away, and so it does not matter that nobody listens. */
enum { ANSWER_BYTES = 32768, ANSWER_LIMIT_S = 2, ANSWERS_MAX = 1000, DISCARD_PORT = 9 };

static bool is_neighbour(const uint8_t *body, size_t size_bytes, unsigned interface_index, uint32_t gateway,
                         uint16_t *state)
{
    struct ndmsg head;
    struct rtattr attribute;
    size_t place = NLMSG_ALIGN(sizeof head);

    if (size_bytes < sizeof head)
        return false;
    memcpy(&head, body, sizeof head);
    if (head.ndm_family != AF_INET || (unsigned) head.ndm_ifindex != interface_index)
        return false;
    while (place + sizeof attribute <= size_bytes) {
        uint32_t address;

        memcpy(&attribute, body + place, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > size_bytes - place)
            return false;
        if (attribute.rta_type == NDA_DST && attribute.rta_len == sizeof attribute + sizeof address) {
            memcpy(&address, body + place + sizeof attribute, sizeof address);
            *state = head.ndm_state;
            return ntohl(address) == gateway;
        }
        place += RTA_ALIGN((size_t) attribute.rta_len);
    }
    return false;
}

bool gateway_probe_take(const void *answer, size_t size_bytes, unsigned interface_index, uint32_t gateway,
                        uint16_t *state, bool *last)
{
    const uint8_t *place = answer;
    struct nlmsghdr head;

    *last = false;
    while (size_bytes >= sizeof head) {
        memcpy(&head, place, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > size_bytes)
            return false;
        *last = head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR;
        if (*last)
            return false;
        if (head.nlmsg_type == RTM_NEWNEIGH &&
            is_neighbour(place + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN, interface_index, gateway, state))
            return true;
        const size_t step = NLMSG_ALIGN((size_t) head.nlmsg_len);
        if (step >= size_bytes)
            return false;
        place += step;
        size_bytes -= step;
    }
    return false;
}

static int open_kernel(void)
{
    const struct timeval limit = {.tv_sec = ANSWER_LIMIT_S};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd >= 0)
        (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

/* NUD_NONE: the kernel knows of no such neighbour. */
static uint16_t state_of(unsigned interface_index, uint32_t gateway)
{
    struct {
        struct nlmsghdr head;
        struct ndmsg body;
    } question = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof question.body), .nlmsg_type = RTM_GETNEIGH,
                           .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                  .body = {.ndm_family = AF_INET}};
    uint16_t state = NUD_NONE;
    bool found = false, last = false;
    const int fd = open_kernel();

    if (fd < 0)
        return NUD_NONE;
    uint8_t *answer = memory_zeroed(1, ANSWER_BYTES);
    if (send(fd, &question, question.head.nlmsg_len, 0) > 0) {
        for (int i = 0; i < ANSWERS_MAX && !found && !last; i++) {
            const ssize_t size = recv(fd, answer, ANSWER_BYTES, 0);

            if (size < 0 && errno == EINTR)
                continue;
            if (size <= 0)
                break;
            found = gateway_probe_take(answer, (size_t) size, interface_index, gateway, &state, &last);
        }
    }
    free(answer);
    (void) close(fd);
    return found ? state : NUD_NONE;
}

void gateway_probe_forget(unsigned interface_index, uint32_t gateway)
{
    struct {
        struct nlmsghdr head;
        struct ndmsg body;
        struct rtattr attribute;
        uint32_t address;
    } order = {.head = {.nlmsg_len = sizeof order, .nlmsg_type = RTM_DELNEIGH, .nlmsg_flags = NLM_F_REQUEST},
               .body = {.ndm_family = AF_INET, .ndm_ifindex = (int) interface_index},
               .attribute = {.rta_len = RTA_LENGTH(sizeof order.address), .rta_type = NDA_DST},
               .address = htonl(gateway)};

    if ((state_of(interface_index, gateway) & (NUD_PERMANENT | NUD_NOARP)) != 0)
        return;
    const int fd = open_kernel();
    if (fd < 0)
        return;
    (void) send(fd, &order, sizeof order, 0);
    (void) close(fd);
}

static void make_kernel_ask(const char *interface, uint32_t gateway)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DISCARD_PORT),
                                   .sin_addr.s_addr = htonl(gateway)};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return;
    /* Out of this interface, whichever way the routes lead. */
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t) strlen(interface) + 1) == 0)
        (void) sendto(fd, "", 0, MSG_NOSIGNAL, (const struct sockaddr *) &to, sizeof to);
    (void) close(fd);
}

bool gateway_probe_answers(const char *interface, unsigned interface_index, uint32_t gateway)
{
    if ((state_of(interface_index, gateway) & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP)) != 0)
        return true;
    make_kernel_ask(interface, gateway);
    return false;
}
