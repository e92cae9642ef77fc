/* SPDX-License-Identifier: MIT */
/* Any bytes as what the kernel, networkctl, nmcli, resolv.conf and a .network file say; the first byte says which. */
#include "base/memory.h"
#include "device/ipv4_plan.h"
#include "device/running_network.h"
#include "tool/gateway_probe.h"
#include "tool/network_inside.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken is compared, too: with a plan that differs in all. */
static void try_network(const uint8_t *bytes, size_t size_bytes, bool servers)
{
    const struct settings_ipv4 plan = {.stated = true, .address = 0xC0A80598, .netmask = 0xFFFFFF00,
                                       .gateway = 0xC0A80501, .nameservers = {0x09090909, 0x08080808}};
    const struct settings_ipv4 dhcp = {.stated = true};
    struct running_network *network = memory_zeroed(1, sizeof *network);
    struct errors *differences = errors_create();

    if (servers)
        (void) running_network_take_servers(network, (const char *) bytes, size_bytes);
    else
        (void) running_network_take(network, bytes, size_bytes);
    if (network->interfaces_count > RUNNING_INTERFACES_MAX || network->addresses_count > RUNNING_ADDRESSES_MAX ||
        network->routes_count > RUNNING_ROUTES_MAX || network->servers_count > RUNNING_SERVERS_MAX)
        abort();
    ipv4_plan_compare(&plan, network, ipv4_plan_interface(&plan, network), differences);
    ipv4_plan_compare(&dhcp, network, ipv4_plan_interface(&dhcp, network), differences);
    for (size_t i = 0; i < network->interfaces_count; i++)
        ipv4_plan_compare(&plan, network, network->interfaces[i].name, differences);
    errors_free(differences);
    free(network);
}

static void try_managers(uint8_t which, const uint8_t *bytes, size_t size_bytes)
{
    const char *text = (const char *) bytes;
    struct networkd_link link;
    struct nm_device device = {0};

    if (which == 0) {
        (void) networkd_parse_link(text, size_bytes, &link);
        free(link.file);
    } else if (which == 1) {
        (void) networkd_tie_in(text, size_bytes);
    } else {
        (void) nm_parse_device(text, size_bytes, "eth0", &device);
        nm_device_free(&device);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint16_t state = 0;
    bool last = false;

    if (size == 0)
        return 0;
    uint8_t *exact = memory_copy(data + 1, size - 1);
    switch (data[0]) {
    case 'k':
        try_network(exact, size - 1, false);
        break;
    case 'r':
        try_network(exact, size - 1, true);
        break;
    case 'g':
        (void) gateway_probe_take(exact, size - 1, 2, 0x0A090001, &state, &last);
        break;
    case 'c':
        try_managers(0, exact, size - 1);
        break;
    case 'f':
        try_managers(1, exact, size - 1);
        break;
    default:
        try_managers(2, exact, size - 1);
        break;
    }
    free(exact);
    return 0;
}
