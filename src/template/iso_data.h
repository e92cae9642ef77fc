/* SPDX-License-Identifier: MIT */
/*
 * What the template "ISO Data" takes as a command APDU, for whoever checks a configuration. Any thread; no state.
 */
#ifndef SPRINGPARK_TEMPLATE_ISO_DATA_H
#define SPRINGPARK_TEMPLATE_ISO_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers 5, 6 and 7. */
enum { ISO_DATA_APDUS = 3, ISO_DATA_APDU_MAX_BYTES = 32 };

/*
 * Whether bytes are one short command APDU that a card can be sent (ISO/IEC 7816-4:2013, 5.1): a header of 4 bytes, then
 * nothing, Le, Lc and data, or Lc, data and Le; Lc is not 0 and says how many bytes of data there are. Class FF is
 * refused, which no card has (ISO/IEC 7816-4:2013, 5.4.1) and by which PC/SC speaks to the reader. size_bytes: 0 to 32;
 * no bytes are no APDU.
 */
bool iso_data_apdu_is_valid(const uint8_t *bytes, size_t size_bytes);

#endif
