/* SPDX-License-Identifier: MIT */
/*
 * The network of this box as it is now: interfaces, IPv4 addresses, default routes from the kernel (rtnetlink(7)), name
 * servers from resolv.conf(5). running_network_read reads files, which may block; the rest is pure. Any thread.
 * Addresses are numbers in the order of the host, 0 = none.
 */
#ifndef SPRINGPARK_DEVICE_RUNNING_NETWORK_H
#define SPRINGPARK_DEVICE_RUNNING_NETWORK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any gateway has; what is beyond is left out. */
enum { RUNNING_INTERFACES_MAX = 64, RUNNING_ADDRESSES_MAX = 128, RUNNING_ROUTES_MAX = 64, RUNNING_SERVERS_MAX = 8 };

struct running_interface {
    unsigned index;
    char name[IF_NAMESIZE];
    bool loopback;
    bool up;
};

struct running_address {
    unsigned index;          /* of its interface */
    uint32_t address;
    unsigned prefix;         /* 0..32 */
    bool leased;             /* it has an end: DHCP gave it */
};

struct running_route {       /* a default route */
    unsigned index;
    uint32_t gateway;        /* 0: straight to the link */
    uint32_t metric;
    bool leased;             /* by DHCP */
};

struct running_network {
    struct running_interface interfaces[RUNNING_INTERFACES_MAX];
    size_t interfaces_count;
    struct running_address addresses[RUNNING_ADDRESSES_MAX];
    size_t addresses_count;
    struct running_route routes[RUNNING_ROUTES_MAX];
    size_t routes_count;
    uint32_t servers[RUNNING_SERVERS_MAX];
    size_t servers_count;
};

/* New memory, to be released with free(); NULL and *error (the caller's) if the kernel does not say. */
struct running_network *running_network_read(char **error);

/* Takes the interfaces, addresses and default routes that stand in an answer of the kernel (struct nlmsghdr...).
 * Anything may be in it; what is no whole message is left out. Returns true once its last message was there. */
bool running_network_take(struct running_network *network, const void *answer, size_t size_bytes);

/* Takes the name servers of the text of a resolv.conf, but for those of this box itself (127.0.0.0/8), which only pass
 * on. Returns false if there was none but such: they stand somewhere else. */
bool running_network_take_servers(struct running_network *network, const char *text, size_t size_bytes);

const struct running_interface *running_interface_named(const struct running_network *network, const char *name);
const char *running_interface_name(const struct running_network *network, unsigned index);
/* The route of the lowest metric, of that interface (0 = any); NULL if there is none. */
const struct running_route *running_default_route(const struct running_network *network, unsigned index);
/* Whether that address, or its default route, is from DHCP. */
bool running_address_is_leased(const struct running_network *network, const struct running_address *address);

#endif
