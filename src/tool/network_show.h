/* SPDX-License-Identifier: MIT */
/* Register 0280 and the running network side by side, for a person and for programs. */
#ifndef SPRINGPARK_TOOL_NETWORK_SHOW_H
#define SPRINGPARK_TOOL_NETWORK_SHOW_H

#include "base/errors.h"
#include "device/running_network.h"
#include "device/settings.h"

#include <stdbool.h>
#include <stdio.h>

struct network_view {
    const struct settings_ipv4 *plan;
    struct running_network *network;
    char *interface;             /* NULL: it is not clear which one is meant */
    struct errors *differences;
    bool leftover;               /* a trial that was neither kept nor undone */
};

/* applied: what could be done has been done; what still differs has another next step. */
void network_show(FILE *stream, const struct network_view *view, bool applied);
void network_show_json(FILE *stream, const struct network_view *view);

#endif
