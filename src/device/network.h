/* SPDX-License-Identifier: MIT */
/*
 * Which interface leads out of the box, and its addresses: for META. Reads /proc and asks the kernel; any thread.
 */
#ifndef SPRINGPARK_DEVICE_NETWORK_H
#define SPRINGPARK_DEVICE_NETWORK_H

/*
 * The name of the interface with the IPv4 default route of the lowest metric, in new memory; NULL if there is none.
 * route_table: normally /proc/net/route (its form: proc(5)).
 */
char *network_default_interface(const char *route_table);

/* The MAC as 12 hex digits and the IPv4 address of an interface, in new memory; each NULL if it has none. */
void network_addresses(const char *interface, char **physical_address, char **ip_address);

#endif
