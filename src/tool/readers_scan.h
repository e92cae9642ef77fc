/* SPDX-License-Identifier: MIT */
/*
 * `springparkctl readers --scan`: the devices that libnfc finds by itself, now, whatever the daemon does. It asks the
 * helper process that the daemon asks, too (reader/nfc_link.h), so that libnfc stays out of this program.
 */
#ifndef SPRINGPARK_TOOL_READERS_SCAN_H
#define SPRINGPARK_TOOL_READERS_SCAN_H

#include "reader/nfc_wire.h"

#include <stdio.h>

/* Scans, and says what there is, or what is wrong: the whole subcommand. Returns a sysexits code. */
int readers_scan(bool json);

/* Lines for the setting `readers`, one for each device of an NFC_LIST. */
void readers_scan_put(FILE *stream, const struct nfc_answer *answer);

/* {"libnfc":["pn53x_usb:001:004"]}: the caller's memory. */
char *readers_scan_json(const struct nfc_answer *answer);

#endif
