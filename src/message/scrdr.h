/* SPDX-License-Identifier: MIT */
/*
 * READER EVENT as $SCRDR text (vendor: $SCRDR message, frame structure of $SCxxx), what register 02A0 calls SCRDR:
 *
 *   $SCRDR;<Interface>;<Protocol>;<Template>;<RSSI>;<TagId>;<Move>;<TagData>;<TagDetails>*<Checksum><CR><LF>
 *
 * What the format has no field for is lost: Sequence, Uptime, DateTime and Reader. META and STATUS are JSON always.
 * No state; any thread.
 *
 * Assumptions, where the vendor's pages are silent or disagree:
 *  - Interface is 13, as the one example begins, for "13.56"; no other is made here.
 *  - Protocol stays empty, for its codes are published nowhere, and a wrong one would be believed.
 *  - Template is 00 in fast inventory, as in TLV. RSSI is empty.
 *  - Only 20 to 7E may stand in a line, and $ * ; have a meaning. A TagData or TagDetails with anything else in it goes as
 *    the hex of its bytes; no field says which, so a reader of exact bytes sets a hex format in the template.
 *  - The checksum: the frame structure leaves $ and * out, as NMEA 0183 does, the page of the message takes them in. The
 *    caller says which; the two differ by 0E.
 */
#ifndef SPRINGPARK_MESSAGE_SCRDR_H
#define SPRINGPARK_MESSAGE_SCRDR_H

#include "message/message.h"

#include <stdbool.h>

/* The whole line, CR LF included, new memory. */
char *scrdr_event_text(const struct message_event *event, bool checksum_takes_delimiters);

#endif
