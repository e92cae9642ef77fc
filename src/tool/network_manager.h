/* SPDX-License-Identifier: MIT */
/*
 * Who manages an interface of this box, and how it is asked to have another IPv4 address: systemd-networkd or
 * NetworkManager, by their own programs (networkctl, nmcli). A change has three steps, so that there is no moment in
 * which a power cut leaves something that nobody has tried:
 *
 *   try    changes the interface, but nothing that outlives a restart of the box
 *   keep   makes what was tried last
 *   undo   after either: the settings of before count again
 *
 * One thread; all of it blocks for seconds.
 */
#ifndef SPRINGPARK_TOOL_NETWORK_MANAGER_H
#define SPRINGPARK_TOOL_NETWORK_MANAGER_H

#include "device/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct network_manager;

/* The one that manages the interface now. NULL: *problem (the caller's) names who does instead, and the next step. */
struct network_manager *network_manager_find(const char *interface, char **problem);
void network_manager_free(struct network_manager *manager);

/* "systemd-networkd"; constant. */
const char *network_manager_name(const struct network_manager *manager);

/* Each false with *problem, the caller's. After a step that failed undo is to be called, too. */
bool network_manager_try(struct network_manager *manager, const struct settings_ipv4 *plan, char **problem);
bool network_manager_keep(struct network_manager *manager, const struct settings_ipv4 *plan, char **problem);
bool network_manager_undo(struct network_manager *manager, char **problem);

/* Whether the interface goes by what was asked for last. */
bool network_manager_follows(struct network_manager *manager);

/* Whether a change of that interface was tried and neither kept nor undone: somebody killed it. */
bool network_manager_has_leftover(const char *interface);

/* Names that have a meaning of their own in the files and words of managers are not dealt with. */
bool network_manager_takes_name(const char *interface);

#endif
