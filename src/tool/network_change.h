/* SPDX-License-Identifier: MIT */
/*
 * A change of the network that ends in one of two states: as register 0280 says, with a gateway that answers, or as it
 * was. One thread; takes seconds. SIGINT and SIGTERM undo the change, SIGHUP does not end it: with the address of
 * the box the session from which it was started may go. Progress is said on standard error.
 */
#ifndef SPRINGPARK_TOOL_NETWORK_CHANGE_H
#define SPRINGPARK_TOOL_NETWORK_CHANGE_H

#include "device/settings.h"

enum network_end {
    NETWORK_CHANGED,
    NETWORK_REFUSED,       /* nothing was touched */
    NETWORK_BUSY,          /* nothing was touched: another one is under way */
    NETWORK_UNDONE,        /* it is as before */
    NETWORK_INTERRUPTED,   /* likewise, for somebody asked for it */
    NETWORK_BROKEN,        /* not even undoing it went through */
};

/* timeout_s: how long address and gateway may take. All that is to be said has been said. */
enum network_end network_change(const struct settings_ipv4 *plan, const char *interface, unsigned timeout_s);

#endif
