/* SPDX-License-Identifier: MIT */
#include "device/running_network.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* ANSWER_BYTES: what the kernel fills at most for one read of a dump. It answers at once; the limit is for its bugs. */
enum { ANSWER_BYTES = 32768, ANSWER_LIMIT_S = 2, ANSWERS_MAX = 1000, FILE_MAX_BYTES = 65536 };

/* ---- messages of the kernel ---- */

/* Attributes may stand at any address of the answer. */
struct attribute {
    unsigned type;
    const uint8_t *data;
    size_t size_bytes;
};

/* Takes the next attribute off; false at the end, or where it is cut short. */
static bool next_attribute(const uint8_t **place, size_t *left_bytes, struct attribute *attribute)
{
    struct rtattr head;

    if (*left_bytes < sizeof head)
        return false;
    memcpy(&head, *place, sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > *left_bytes)
        return false;
    *attribute = (struct attribute) { head.rta_type, *place + sizeof head, head.rta_len - sizeof head };
    const size_t step = RTA_ALIGN((size_t) head.rta_len);
    const size_t taken = step < *left_bytes ? step : *left_bytes;
    *place += taken;
    *left_bytes -= taken;
    return true;
}

static uint32_t number_of(const struct attribute *attribute)
{
    uint32_t number = 0;

    if (attribute->size_bytes == sizeof number)
        memcpy(&number, attribute->data, sizeof number);
    return number;
}

static void take_interface(struct running_network *network, const uint8_t *body, size_t size_bytes)
{
    struct ifinfomsg head;
    struct attribute attribute;

    if (size_bytes < sizeof head || network->interfaces_count == RUNNING_INTERFACES_MAX)
        return;
    memcpy(&head, body, sizeof head);
    struct running_interface found = { .index = (unsigned) head.ifi_index,
                                       .loopback = (head.ifi_flags & IFF_LOOPBACK) != 0,
                                       .up = (head.ifi_flags & IFF_UP) != 0 };
    const uint8_t *place = body + NLMSG_ALIGN(sizeof head);
    size_t left_bytes = size_bytes - NLMSG_ALIGN(sizeof head);
    while (next_attribute(&place, &left_bytes, &attribute)) {
        if (attribute.type == IFLA_IFNAME && attribute.size_bytes > 0 && attribute.size_bytes <= sizeof found.name)
            memcpy(found.name, attribute.data, attribute.size_bytes - 1);
    }
    if (*found.name != '\0' && found.index != 0)
        network->interfaces[network->interfaces_count++] = found;
}

static void take_address(struct running_network *network, const uint8_t *body, size_t size_bytes)
{
    struct ifaddrmsg head;
    struct attribute attribute;
    uint32_t local = 0, peer = 0;

    if (size_bytes < sizeof head || network->addresses_count == RUNNING_ADDRESSES_MAX)
        return;
    memcpy(&head, body, sizeof head);
    uint32_t flags = head.ifa_flags;
    const uint8_t *place = body + NLMSG_ALIGN(sizeof head);
    size_t left_bytes = size_bytes - NLMSG_ALIGN(sizeof head);
    while (next_attribute(&place, &left_bytes, &attribute)) {
        if (attribute.type == IFA_LOCAL)
            local = ntohl(number_of(&attribute));
        else if (attribute.type == IFA_ADDRESS)
            peer = ntohl(number_of(&attribute));
        else if (attribute.type == IFA_FLAGS)
            flags = number_of(&attribute);
    }
    if (head.ifa_family != AF_INET || head.ifa_prefixlen > 32 || (local == 0 && peer == 0))
        return;
    network->addresses[network->addresses_count++] =
        (struct running_address) { .index = head.ifa_index, .address = local != 0 ? local : peer,
                                   .prefix = head.ifa_prefixlen, .leased = (flags & IFA_F_PERMANENT) == 0 };
}

static void take_route(struct running_network *network, const uint8_t *body, size_t size_bytes)
{
    struct rtmsg head;
    struct attribute attribute;

    if (size_bytes < sizeof head || network->routes_count == RUNNING_ROUTES_MAX)
        return;
    memcpy(&head, body, sizeof head);
    struct running_route found = { .leased = head.rtm_protocol == RTPROT_DHCP };
    uint32_t table = head.rtm_table;
    const uint8_t *place = body + NLMSG_ALIGN(sizeof head);
    size_t left_bytes = size_bytes - NLMSG_ALIGN(sizeof head);
    while (next_attribute(&place, &left_bytes, &attribute)) {
        if (attribute.type == RTA_OIF)
            found.index = number_of(&attribute);
        else if (attribute.type == RTA_GATEWAY)
            found.gateway = ntohl(number_of(&attribute));
        else if (attribute.type == RTA_PRIORITY)
            found.metric = number_of(&attribute);
        else if (attribute.type == RTA_TABLE)
            table = number_of(&attribute);
    }
    if (head.rtm_family == AF_INET && head.rtm_dst_len == 0 && head.rtm_type == RTN_UNICAST && table == RT_TABLE_MAIN &&
        found.index != 0)
        network->routes[network->routes_count++] = found;
}

bool running_network_take(struct running_network *network, const void *answer, size_t size_bytes)
{
    const uint8_t *place = answer;
    struct nlmsghdr head;

    while (size_bytes >= sizeof head) {
        memcpy(&head, place, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > size_bytes)
            return false;
        const uint8_t *body = place + NLMSG_HDRLEN;
        const size_t body_bytes = head.nlmsg_len - NLMSG_HDRLEN;
        if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR)
            return true;
        if (head.nlmsg_type == RTM_NEWLINK)
            take_interface(network, body, body_bytes);
        else if (head.nlmsg_type == RTM_NEWADDR)
            take_address(network, body, body_bytes);
        else if (head.nlmsg_type == RTM_NEWROUTE)
            take_route(network, body, body_bytes);
        const size_t step = NLMSG_ALIGN((size_t) head.nlmsg_len);
        if (step >= size_bytes)
            return false;
        place += step;
        size_bytes -= step;
    }
    return false;
}

static bool ask_for_all(int fd, uint16_t type, struct running_network *network, uint8_t *answer)
{
    struct {
        struct nlmsghdr head;
        struct rtgenmsg body;
    } question = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof question.body), .nlmsg_type = type,
                             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                   .body = { .rtgen_family = type == RTM_GETLINK ? AF_UNSPEC : AF_INET } };

    if (send(fd, &question, question.head.nlmsg_len, 0) < 0)
        return false;
    for (int i = 0; i < ANSWERS_MAX; i++) {
        const ssize_t size = recv(fd, answer, ANSWER_BYTES, 0);

        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        if (running_network_take(network, answer, (size_t) size))
            return true;
    }
    return false;
}

static bool ask_kernel(struct running_network *network)
{
    const struct timeval limit = { .tv_sec = ANSWER_LIMIT_S };
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0)
        return false;
    uint8_t *answer = memory_zeroed(1, ANSWER_BYTES);
    const bool done = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
                      ask_for_all(fd, RTM_GETLINK, network, answer) && ask_for_all(fd, RTM_GETADDR, network, answer) &&
                      ask_for_all(fd, RTM_GETROUTE, network, answer);
    const int problem = errno;
    free(answer);
    (void) close(fd);
    errno = problem;
    return done;
}

/* ---- name servers ---- */

/* The address in a line "nameserver ADDRESS" of IPv4, else 0. */
static uint32_t server_of_line(const char *line, size_t size_bytes)
{
    static const char word[] = "nameserver";
    char text[INET_ADDRSTRLEN] = { 0 };
    struct in_addr address;
    size_t start = sizeof word - 1, end;

    if (size_bytes <= start || memcmp(line, word, start) != 0 || (line[start] != ' ' && line[start] != '\t'))
        return 0;
    while (start < size_bytes && (line[start] == ' ' || line[start] == '\t'))
        start++;
    for (end = start; end < size_bytes && strchr("0123456789.", line[end]) != NULL && line[end] != '\0';)
        end++;
    if (end - start >= sizeof text || (end < size_bytes && strchr(" \t\r", line[end]) == NULL))
        return 0;
    memcpy(text, line + start, end - start);
    return inet_pton(AF_INET, text, &address) == 1 ? ntohl(address.s_addr) : 0;
}

static void take_server(struct running_network *network, uint32_t server)
{
    for (size_t i = 0; i < network->servers_count; i++) {
        if (network->servers[i] == server)
            return;
    }
    if (network->servers_count < RUNNING_SERVERS_MAX)
        network->servers[network->servers_count++] = server;
}

bool running_network_take_servers(struct running_network *network, const char *text, size_t size_bytes)
{
    bool passes_on = false, others = false;

    while (size_bytes > 0) {
        const char *end = memchr(text, '\n', size_bytes);
        const size_t line_bytes = end != NULL ? (size_t) (end - text) : size_bytes;
        const uint32_t server = server_of_line(text, line_bytes);

        passes_on = passes_on || server >> 24 == IN_LOOPBACKNET;
        if (server != 0 && server >> 24 != IN_LOOPBACKNET) {
            take_server(network, server);
            others = true;
        }
        const size_t step = end != NULL ? line_bytes + 1 : line_bytes;
        text += step;
        size_bytes -= step;
    }
    return others || !passes_on;
}

static bool read_servers(struct running_network *network, const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return false;
    char *text = memory_zeroed(1, FILE_MAX_BYTES);
    const size_t size = fread(text, 1, FILE_MAX_BYTES, file);
    const bool there = running_network_take_servers(network, text, size);
    free(text);
    (void) fclose(file);
    return there;
}

struct running_network *running_network_read(char **error)
{
    /* Where systemd-resolved and NetworkManager keep those that they pass on to. */
    static const char *const files[] = { "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf",
                                         "/run/NetworkManager/no-stub-resolv.conf" };
    struct running_network *network = memory_zeroed(1, sizeof *network);

    if (!ask_kernel(network)) {
        *error = text_format("the kernel does not say how the network is: %s", strerror(errno));
        free(network);
        return NULL;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files && !read_servers(network, files[i]); i++)
        ;
    return network;
}

/* ---- looking things up ---- */

const struct running_interface *running_interface_named(const struct running_network *network, const char *name)
{
    for (size_t i = 0; i < network->interfaces_count; i++) {
        if (strcmp(network->interfaces[i].name, name) == 0)
            return &network->interfaces[i];
    }
    return NULL;
}

const char *running_interface_name(const struct running_network *network, unsigned index)
{
    for (size_t i = 0; i < network->interfaces_count; i++) {
        if (network->interfaces[i].index == index)
            return network->interfaces[i].name;
    }
    return NULL;
}

const struct running_route *running_default_route(const struct running_network *network, unsigned index)
{
    const struct running_route *best = NULL;

    for (size_t i = 0; i < network->routes_count; i++) {
        const struct running_route *route = &network->routes[i];

        if ((index == 0 || route->index == index) && (best == NULL || route->metric < best->metric))
            best = route;
    }
    return best;
}

bool running_address_is_leased(const struct running_network *network, const struct running_address *address)
{
    const struct running_route *route = running_default_route(network, address->index);

    return address->leased || (route != NULL && route->leased);
}
