/* SPDX-License-Identifier: MIT */
#include "tool/network_inside.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct network_manager {
    const struct network_calls *calls;
    char *interface;
    void *state;
};

/* Where others that may manage an interface leave their traces; %s: its name. */
static const struct {
    const char *path, *who;
} others[] = {
    {"/run/dhcpcd/%s.pid", "dhcpcd"},
    {"/run/dhcpcd-%s.pid", "dhcpcd"},
    {"/run/dhcpcd/pid", "dhcpcd"},
    {"/run/dhcpcd.pid", "dhcpcd"},
    {"/run/network/ifstate.%s", "ifupdown (/etc/network/interfaces)"},
};

static char *path_for(const char *pattern, const char *interface)
{
    const char *gap = strstr(pattern, "%s");

    if (gap == NULL)
        return text_copy(pattern);
    return text_format("%.*s%s%s", (int) (gap - pattern), pattern, interface, gap + strlen("%s"));
}

static char *nobody_text(const char *interface)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *path = path_for(others[i].path, interface);
        const bool there = access(path, F_OK) == 0;

        free(path);
        if (there)
            return text_format("%s is managed by %s, which is not changed from here; next: set the address there, or "
                               "hand %s over to systemd-networkd or NetworkManager",
                               interface, others[i].who, interface);
    }
    return text_format("neither systemd-networkd nor NetworkManager manages %s; next: hand it over to one of them, or "
                       "set the address where it is set now", interface);
}

bool network_manager_takes_name(const char *interface)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return *interface != '\0' && *interface != '-' && *interface != '.' && interface[strspn(interface, plain)] == '\0';
}

struct network_manager *network_manager_find(const char *interface, char **problem)
{
    static const struct {
        enum network_claim (*claim)(const char *interface, void **state, char **problem);
        const struct network_calls *calls;
    } managers[] = {{networkd_claim, &networkd_calls}, {nm_claim, &nm_calls}};

    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++) {
        void *state = NULL;
        const enum network_claim claim = managers[i].claim(interface, &state, problem);

        if (claim == NETWORK_REFUSES)
            return NULL;
        if (claim == NETWORK_OWNS_NOT)
            continue;
        struct network_manager *manager = memory_zeroed(1, sizeof *manager);
        *manager = (struct network_manager) {managers[i].calls, text_copy(interface), state};
        return manager;
    }
    *problem = nobody_text(interface);
    return NULL;
}

void network_manager_free(struct network_manager *manager)
{
    if (manager == NULL)
        return;
    manager->calls->free_state(manager->state);
    free(manager->interface);
    free(manager);
}

const char *network_manager_name(const struct network_manager *manager)
{
    return manager->calls->name;
}

bool network_manager_try(struct network_manager *manager, const struct settings_ipv4 *plan, char **problem)
{
    return manager->calls->try(manager->state, manager->interface, plan, problem);
}

bool network_manager_keep(struct network_manager *manager, const struct settings_ipv4 *plan, char **problem)
{
    return manager->calls->keep(manager->state, manager->interface, plan, problem);
}

bool network_manager_undo(struct network_manager *manager, char **problem)
{
    return manager->calls->undo(manager->state, manager->interface, problem);
}

bool network_manager_follows(struct network_manager *manager)
{
    return manager->calls->follows(manager->state, manager->interface);
}

bool network_manager_has_leftover(const char *interface)
{
    return network_manager_takes_name(interface) && networkd_has_leftover(interface);
}
