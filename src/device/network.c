/* SPDX-License-Identifier: MIT */
#include "device/network.h"

#include "base/hex.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAC_BYTES = 6 };

struct route {
    char interface[IF_NAMESIZE];
    struct in_addr router;
    unsigned metric;
};

/* The default route of the lowest metric, of that interface (NULL = of any); false if there is none. */
static bool find_default_route(const char *route_table, const char *interface, struct route *best)
{
    FILE *file = fopen(route_table, "re");
    bool found = false;
    char line[512];

    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        struct route route;
        unsigned destination, flags, mask;

        /* Iface Destination Gateway Flags RefCnt Use Metric Mask; addresses in the order of the network */
        if (sscanf(line, "%15s %8x %8x %8x %*d %*d %10u %8x", route.interface, &destination, &route.router.s_addr, &flags,
                   &route.metric, &mask) != 6)
            continue;
        if (destination != 0 || mask != 0 || (flags & RTF_UP) == 0 || (flags & RTF_REJECT) != 0)
            continue;
        if ((found && route.metric >= best->metric) || (interface != NULL && strcmp(interface, route.interface) != 0))
            continue;
        *best = route;
        found = true;
    }
    fclose(file);
    return found;
}

char *network_default_interface(const char *route_table)
{
    struct route route;

    return find_default_route(route_table, NULL, &route) ? text_copy(route.interface) : NULL;
}

static char *text_of(struct in_addr address)
{
    char text[INET_ADDRSTRLEN];

    return text_copy(inet_ntop(AF_INET, &address, text, sizeof text));
}

char *network_router(const char *route_table, const char *interface)
{
    struct route route;

    return find_default_route(route_table, interface, &route) && route.router.s_addr != 0 ? text_of(route.router) : NULL;
}

static char *physical_from_sockaddr(const struct sockaddr *address)
{
    struct sockaddr_ll link;

    memcpy(&link, address, sizeof link);
    return link.sll_halen == MAC_BYTES ? hex_from_bytes(link.sll_addr, MAC_BYTES) : NULL;
}

static char *ip_from_sockaddr(const struct sockaddr *address)
{
    struct sockaddr_in internet;

    memcpy(&internet, address, sizeof internet);
    return text_of(internet.sin_addr);
}

void network_addresses(const char *interface, char **physical_address, char **ip_address)
{
    struct ifaddrs *list;

    *physical_address = NULL;
    *ip_address = NULL;
    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *one = list; one != NULL; one = one->ifa_next) {
        if (one->ifa_addr == NULL || strcmp(one->ifa_name, interface) != 0)
            continue;
        if (one->ifa_addr->sa_family == AF_PACKET && *physical_address == NULL)
            *physical_address = physical_from_sockaddr(one->ifa_addr);
        if (one->ifa_addr->sa_family == AF_INET && *ip_address == NULL)
            *ip_address = ip_from_sockaddr(one->ifa_addr);
    }
    freeifaddrs(list);
}

char *network_netmask(const char *interface)
{
    struct ifaddrs *list;
    char *netmask = NULL;

    if (getifaddrs(&list) != 0)
        return NULL;
    for (const struct ifaddrs *one = list; one != NULL && netmask == NULL; one = one->ifa_next) {
        if (one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET && one->ifa_netmask != NULL &&
            strcmp(one->ifa_name, interface) == 0)
            netmask = ip_from_sockaddr(one->ifa_netmask);
    }
    freeifaddrs(list);
    return netmask;
}

char *network_first_interface(void)
{
    char *interface = NULL;
    struct ifaddrs *list;

    if (getifaddrs(&list) != 0)
        return NULL;
    for (const struct ifaddrs *one = list; one != NULL && interface == NULL; one = one->ifa_next) {
        if (one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET && (one->ifa_flags & IFF_LOOPBACK) == 0 &&
            (one->ifa_flags & IFF_UP) != 0)
            interface = text_copy(one->ifa_name);
    }
    freeifaddrs(list);
    return interface;
}

char *network_interface_with(const char *ip_address)
{
    char *interface = NULL;
    struct ifaddrs *list;

    if (getifaddrs(&list) != 0)
        return NULL;
    for (const struct ifaddrs *one = list; one != NULL && interface == NULL; one = one->ifa_next) {
        if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET)
            continue;
        char *address = ip_from_sockaddr(one->ifa_addr);

        if (address != NULL && strcmp(address, ip_address) == 0)
            interface = text_copy(one->ifa_name);
        free(address);
    }
    freeifaddrs(list);
    return interface;
}
