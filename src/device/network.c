/* SPDX-License-Identifier: MIT */
#include "device/network.h"

#include "base/hex.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAC_BYTES = 6 };

char *network_default_interface(const char *route_table)
{
    FILE *file = fopen(route_table, "re");
    unsigned best = UINT_MAX;
    char *interface = NULL;
    char line[512];

    if (file == NULL)
        return NULL;
    while (fgets(line, sizeof line, file) != NULL) {
        char name[IF_NAMESIZE];
        unsigned destination, flags, metric, mask;

        /* Iface Destination Gateway Flags RefCnt Use Metric Mask */
        if (sscanf(line, "%15s %8x %*x %8x %*d %*d %10u %8x", name, &destination, &flags, &metric, &mask) != 5)
            continue;
        if (destination != 0 || mask != 0 || (flags & RTF_UP) == 0 || (flags & RTF_REJECT) != 0)
            continue;
        if (interface != NULL && metric >= best)
            continue;
        best = metric;
        text_replace(&interface, name);
    }
    fclose(file);
    return interface;
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
    char text[INET_ADDRSTRLEN];

    memcpy(&internet, address, sizeof internet);
    return text_copy(inet_ntop(AF_INET, &internet.sin_addr, text, sizeof text));
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
