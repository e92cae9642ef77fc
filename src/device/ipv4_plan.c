/* SPDX-License-Identifier: MIT */
#include "device/ipv4_plan.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 32, LONGEST_WITH_BROADCAST = 30, LONGEST = 31 };

static const char address_path[] = "network.ipv4.address";
static const char netmask_path[] = "network.ipv4.netmask";
static const char gateway_path[] = "network.ipv4.gateway";

char *ipv4_text(uint32_t address)
{
    return text_format("%u.%u.%u.%u", address >> 24, address >> 16 & 0xFF, address >> 8 & 0xFF, address & 0xFF);
}

char *ipv4_text_with_prefix(uint32_t address, unsigned prefix)
{
    char *text = ipv4_text(address);
    char *whole = text_format("%s/%u", text, prefix);

    free(text);
    return whole;
}

int ipv4_plan_prefix(uint32_t netmask)
{
    int prefix = 0;

    while (prefix < BITS && (netmask >> (BITS - 1 - prefix) & 1) != 0)
        prefix++;
    return prefix == BITS || netmask << prefix == 0 ? prefix : -1;
}

bool ipv4_plan_is_dhcp(const struct settings_ipv4 *plan)
{
    return plan->address == 0;
}

/* ---- whether it can be ---- */

/* An address that one box has: not "this network", loopback, multicast or above. */
static bool is_of_a_host(uint32_t address)
{
    const uint32_t first = address >> 24;

    return first != 0 && first != 127 && first < 224;
}

/* The first or last of its subnet, which is the subnet itself, or all in it. */
static bool is_of_the_subnet(uint32_t address, uint32_t netmask)
{
    if (ipv4_plan_prefix(netmask) > LONGEST_WITH_BROADCAST)
        return false;
    return (address & ~netmask) == 0 || (address & ~netmask) == ~netmask;
}

static const char *address_problem(const struct settings_ipv4 *plan)
{
    if (!is_of_a_host(plan->address))
        return "this is no address that a box may have";
    if (plan->netmask == 0)
        return "a static address needs a mask; next: set network.ipv4.netmask";
    return NULL;
}

static const char *netmask_problem(const struct settings_ipv4 *plan)
{
    const int prefix = ipv4_plan_prefix(plan->netmask);

    if (prefix < 0)
        return "a mask has all its ones before its zeros, as 255.255.255.0";
    if (prefix > LONGEST)
        return "with this mask there is nobody else in the network; 255.255.255.254 is the longest";
    if (is_of_the_subnet(plan->address, plan->netmask))
        return "with this mask network.ipv4.address is the first or last address of its network, which no box may have";
    return NULL;
}

static const char *gateway_problem(const struct settings_ipv4 *plan)
{
    if (plan->gateway == 0)
        return NULL;
    if (plan->gateway == plan->address)
        return "this is the address of the box itself (network.ipv4.address)";
    if (((plan->gateway ^ plan->address) & plan->netmask) != 0)
        return "the gateway is not in the network of network.ipv4.address and netmask";
    if (is_of_the_subnet(plan->gateway, plan->netmask))
        return "this is the first or last address of the network, which no gateway may have";
    return NULL;
}

const char *ipv4_plan_problem(const struct settings_ipv4 *plan, const char **path)
{
    static const char *const server_paths[] = { "network.ipv4.nameserver_1", "network.ipv4.nameserver_2" };
    const char *problem;

    if (ipv4_plan_is_dhcp(plan))
        return NULL;
    *path = address_path;
    if ((problem = address_problem(plan)) != NULL)
        return problem;
    *path = netmask_path;
    if ((problem = netmask_problem(plan)) != NULL)
        return problem;
    *path = gateway_path;
    if ((problem = gateway_problem(plan)) != NULL)
        return problem;
    for (size_t i = 0; i < SETTINGS_NAMESERVER_COUNT; i++) {
        *path = server_paths[i];
        if (plan->nameservers[i] != 0 && plan->nameservers[i] >> 24 != 127 && !is_of_a_host(plan->nameservers[i]))
            return "this is no address that a name server may have";
    }
    return NULL;
}

/* ---- against what runs ---- */

const char *ipv4_plan_interface(const struct settings_ipv4 *plan, const struct running_network *network)
{
    const struct running_route *route = running_default_route(network, 0);
    const struct running_interface *only = NULL;

    for (size_t i = 0; plan->address != 0 && i < network->addresses_count; i++) {
        if (network->addresses[i].address == plan->address)
            return running_interface_name(network, network->addresses[i].index);
    }
    if (route != NULL)
        return running_interface_name(network, route->index);
    for (size_t i = 0; i < network->interfaces_count; i++) {
        if (network->interfaces[i].loopback)
            continue;
        if (only != NULL)
            return NULL;
        only = &network->interfaces[i];
    }
    return only != NULL ? only->name : NULL;
}

static char *longer(char *text, const char *separator, char *more)
{
    char *whole = text_format("%s%s%s", text, *text == '\0' ? "" : separator, more);

    free(text);
    free(more);
    return whole;
}

static char *addresses_text(const struct running_network *network, unsigned index)
{
    char *text = text_copy("");

    for (size_t i = 0; i < network->addresses_count; i++) {
        const struct running_address *address = &network->addresses[i];

        if (address->index != index)
            continue;
        text = longer(text, ", ", ipv4_text_with_prefix(address->address, address->prefix));
        if (running_address_is_leased(network, address))
            text = longer(text, " ", text_copy("(by DHCP)"));
    }
    return *text != '\0' ? text : longer(text, "", text_copy("none"));
}

static void compare_dhcp(const struct running_network *network, const char *interface, unsigned index,
                         struct errors *differences)
{
    bool any = false;

    for (size_t i = 0; i < network->addresses_count; i++) {
        if (network->addresses[i].index == index && running_address_is_leased(network, &network->addresses[i]))
            return;
        any = any || network->addresses[i].index == index;
    }
    char *has = addresses_text(network, index);
    if (any)
        errors_add(differences, "register 0280 asks for an address by DHCP, and %s has a static one: %s", interface,
                   has);
    else
        errors_add(differences, "register 0280 asks for an address by DHCP, and %s has none", interface);
    free(has);
}

static void compare_address(const struct settings_ipv4 *plan, const struct running_network *network,
                            const char *interface, unsigned index, struct errors *differences)
{
    const unsigned prefix = (unsigned) ipv4_plan_prefix(plan->netmask);

    for (size_t i = 0; i < network->addresses_count; i++) {
        const struct running_address *address = &network->addresses[i];

        if (address->index == index && address->address == plan->address && address->prefix == prefix)
            return;
    }
    char *wanted = ipv4_text_with_prefix(plan->address, prefix), *has = addresses_text(network, index);
    errors_add(differences, "register 0280 asks for the address %s, and %s has %s", wanted, interface, has);
    free(wanted);
    free(has);
}

static void compare_gateway(const struct settings_ipv4 *plan, const struct running_network *network,
                            const char *interface, unsigned index, struct errors *differences)
{
    const struct running_route *route = running_default_route(network, index);
    char *has = text_copy("");

    if ((route == NULL && plan->gateway == 0) || (route != NULL && route->gateway == plan->gateway)) {
        free(has);
        return;
    }
    for (size_t i = 0; i < network->routes_count; i++) {
        if (network->routes[i].index == index)
            has = longer(has, ", ", ipv4_text(network->routes[i].gateway));
    }
    char *wanted = plan->gateway != 0 ? ipv4_text(plan->gateway) : text_copy("none");
    errors_add(differences, "register 0280 asks for the gateway %s, and %s has %s", wanted, interface,
               *has != '\0' ? has : "none");
    free(wanted);
    free(has);
}

static bool has_server(const struct running_network *network, uint32_t server)
{
    for (size_t i = 0; i < network->servers_count; i++) {
        if (network->servers[i] == server)
            return true;
    }
    return false;
}

static void compare_servers(const struct settings_ipv4 *plan, const struct running_network *network,
                            struct errors *differences)
{
    for (size_t i = 0; i < SETTINGS_NAMESERVER_COUNT; i++) {
        char *has = text_copy("");

        if (plan->nameservers[i] == 0 || has_server(network, plan->nameservers[i])) {
            free(has);
            continue;
        }
        for (size_t k = 0; k < network->servers_count; k++)
            has = longer(has, ", ", ipv4_text(network->servers[k]));
        char *wanted = ipv4_text(plan->nameservers[i]);
        errors_add(differences, "register 0280 asks for the name server %s, and the box uses %s", wanted,
                   *has != '\0' ? has : "none");
        free(wanted);
        free(has);
    }
}

void ipv4_plan_compare(const struct settings_ipv4 *plan, const struct running_network *network, const char *interface,
                       struct errors *differences)
{
    if (!plan->stated)
        return;
    const struct running_interface *found = interface != NULL ? running_interface_named(network, interface) : NULL;
    if (found == NULL) {
        char *wanted = ipv4_plan_is_dhcp(plan) ? text_copy("an address by DHCP") : ipv4_text(plan->address);

        errors_add(differences, "register 0280 asks for %s, and no interface has it or a default route", wanted);
        free(wanted);
        return;
    }
    if (ipv4_plan_is_dhcp(plan)) {
        compare_dhcp(network, interface, found->index, differences);
        return;
    }
    compare_address(plan, network, interface, found->index, differences);
    compare_gateway(plan, network, interface, found->index, differences);
    compare_servers(plan, network, differences);
}
