/* SPDX-License-Identifier: MIT */
/*
 * What the texts that libnfc has for a device say about its chip. Any thread; no state.
 */
#ifndef SPRINGPARK_READER_NFC_CHIP_H
#define SPRINGPARK_READER_NFC_CHIP_H

#include <stdbool.h>
#include <stddef.h>

/* "PN532 v1.6" of the line "chip: PN532 v1.6" in the text of nfc_device_get_information_about; "" without one. */
void nfc_chip_name(const char *information, char *name, size_t capacity_bytes);

/* Whether the chip looks for tags by itself (InAutoPoll, PN532 user manual, 7.3.13): a PN532 that is reached directly.
 * The one in an ACR122 is behind a microcontroller that does not let it wait. */
bool nfc_chip_can_poll(const char *name, const char *connection);

#endif
