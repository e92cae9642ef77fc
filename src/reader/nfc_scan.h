/* SPDX-License-Identifier: MIT */
/*
 * Every device that libnfc finds by itself, each as a reader: the connection "*". A thread asks libnfc for its list at
 * the start, whenever a USB device comes or goes, and from time to time; a device that comes gets a reader, one that
 * has gone loses it. libnfc finds what is on USB, and what /etc/nfc/libnfc.conf names; it probes no serial line, I2C or
 * SPI. nfc.c owns it.
 */
#ifndef SPRINGPARK_READER_NFC_SCAN_H
#define SPRINGPARK_READER_NFC_SCAN_H

#include "reader/nfc_reader.h"

struct nfc_scan;

/* shared as for nfc_reader_start; label, "" for none, is copied. NULL if the system gives no thread. */
struct nfc_scan *nfc_scan_start(struct nfc_shared *shared, const char *label);

/* Any thread, never blocks. */
void nfc_scan_wake(struct nfc_scan *scan);

/* After nfc_scan_wake: waits up to limit_ms for all its threads and frees it. False: one hangs, it is left behind. */
bool nfc_scan_join(struct nfc_scan *scan, uint64_t limit_ms);

#endif
