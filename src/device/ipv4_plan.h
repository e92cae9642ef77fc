/* SPDX-License-Identifier: MIT */
/*
 * What register 0280 asks of the network, whether that can be, and how it differs from the network that runs. Pure.
 * Addresses are numbers in the order of the host: 192.168.5.1 is 0xC0A80501; 0 = none.
 */
#ifndef SPRINGPARK_DEVICE_IPV4_PLAN_H
#define SPRINGPARK_DEVICE_IPV4_PLAN_H

#include "base/errors.h"
#include "device/running_network.h"
#include "device/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* What is wrong with it, constant, and in *path the setting that it is about; NULL if nothing is. By DHCP nothing
 * is. */
const char *ipv4_plan_problem(const struct settings_ipv4 *plan, const char **path);

/* By DHCP: the register has no address. */
bool ipv4_plan_is_dhcp(const struct settings_ipv4 *plan);

/* How many bits the mask has; -1 if they are not the first ones. */
int ipv4_plan_prefix(uint32_t netmask);

/* The interface that the plan is about: the one with its address, else the one with the default route, else the only
 * one that there is (but for loopback); NULL if that is none. network's. */
const char *ipv4_plan_interface(const struct settings_ipv4 *plan, const struct running_network *network);

/* Adds each difference between the plan and what that interface (NULL: there is none) has now, a sentence each. Nothing
 * for a plan that is not stated. Name servers count for the whole box, and only those that the plan names. */
void ipv4_plan_compare(const struct settings_ipv4 *plan, const struct running_network *network, const char *interface,
                       struct errors *differences);

/* "192.168.5.1", and "192.168.5.152/24"; new memory. */
char *ipv4_text(uint32_t address);
char *ipv4_text_with_prefix(uint32_t address, unsigned prefix);

#endif
