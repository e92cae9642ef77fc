/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "device/network.h"
#include "gateway/context.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK "lo"

/* Who looks from this box is told of the interface that leads out of it. */
static char *interface_to_tell(unsigned interface_index)
{
    char name[IF_NAMESIZE];

    if (if_indextoname(interface_index, name) != NULL && strcmp(name, LOOPBACK) != 0)
        return text_copy(name);
    char *interface = network_default_interface(NETWORK_ROUTE_TABLE);
    return interface != NULL ? interface : network_first_interface();
}

static void describe(void *context, unsigned interface_index, struct nddu_device *device)
{
    const struct gateway *gateway = context;
    const struct identity *identity = gateway->plan->identity;
    char *interface = interface_to_tell(interface_index);

    if (interface != NULL) {
        network_addresses(interface, &device->mac, &device->address);
        device->netmask = network_netmask(interface);
        device->gateway = network_router(NETWORK_ROUTE_TABLE, interface);
    }
    if (device->mac == NULL) /* the format needs one; a box without a network has none */
        device->mac = text_copy(identity->physical_address != NULL ? identity->physical_address : "000000000000");
    device->type = text_copy("SpringPark (springparkd " PACKAGE_VERSION ")");
    device->info = text_format("serial number %s%s%s", identity->serial, *gateway->plan->settings->location != '\0' ? ", " : "",
                               gateway->plan->settings->location);
    device->locked = true;
    free(interface);
}

void findable_configure(struct gateway *gateway)
{
    const struct settings_discovery *wanted = &gateway->plan->settings->discovery;
    char *error = NULL;

    if (gateway->responder != NULL && gateway->found_by.reach == wanted->reach && gateway->found_by.port == wanted->port)
        return;
    responder_close(gateway->responder);
    gateway->responder = NULL;
    gateway->found_by = *wanted;
    if (wanted->reach == SETTINGS_REACH_OFF)
        return;
    const struct responder_settings settings = {
        .beyond_loopback = wanted->reach == SETTINGS_REACH_NETWORK, .port = wanted->port,
        .describe = describe, .context = gateway,
    };
    gateway->responder = responder_open(&settings, gateway->loop, gateway->clock, &error);
    if (gateway->responder == NULL)
        log_warning("discovery", "%s", error);
    free(error);
}
