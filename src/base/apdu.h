/* SPDX-License-Identifier: MIT */
/*
 * The form of a command APDU, for whoever sends one and for whoever checks a configuration. Any thread; no state.
 */
#ifndef SPRINGPARK_BASE_APDU_H
#define SPRINGPARK_BASE_APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header, Lc, data, Le. */
enum { APDU_MAX_BYTES = 4 + 1 + 255 + 1 };

/*
 * Whether bytes are one short command APDU that a card can be sent (ISO/IEC 7816-4:2013, 5.1): a header of 4 bytes, then
 * nothing, Le, Lc and data, or Lc, data and Le; Lc is not 0 and says how many bytes of data there are. Class FF is
 * refused, which no card has (ISO/IEC 7816-4:2013, 5.4.1) and by which PC/SC speaks to the reader. No bytes are no APDU.
 */
bool apdu_is_command(const uint8_t *bytes, size_t size_bytes);

#endif
