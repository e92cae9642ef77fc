/* SPDX-License-Identifier: MIT */
/*
 * Which interface leads out of the box, and its addresses: for META. Reads /proc and asks the kernel; any thread.
 */
#ifndef SPRINGPARK_DEVICE_NETWORK_H
#define SPRINGPARK_DEVICE_NETWORK_H

/* Not /proc/net/route: the unit has ProcSubset=pid, which leaves only what is under a process. */
#define NETWORK_ROUTE_TABLE "/proc/self/net/route"

/*
 * The name of the interface with the IPv4 default route of the lowest metric, in new memory; NULL if there is none.
 * route_table: normally NETWORK_ROUTE_TABLE (its form: proc(5)).
 */
char *network_default_interface(const char *route_table);

/* The MAC as 12 hex digits and the IPv4 address of an interface, in new memory; each NULL if it has none. */
void network_addresses(const char *interface, char **physical_address, char **ip_address);

/* The IPv4 netmask of an interface, and the router of its default route ("192.168.5.1"), in new memory; NULL if it has
 * none. route_table as above. */
char *network_netmask(const char *interface);
char *network_router(const char *route_table, const char *interface);

/* The name of the first interface, loopback aside, that is up and has an IPv4 address, in new memory; NULL if none has. */
char *network_first_interface(void);

/* The name of the interface that has that IPv4 address ("192.168.5.152") now, in new memory; NULL if none has. */
char *network_interface_with(const char *ip_address);

#endif
