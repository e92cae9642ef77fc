/* SPDX-License-Identifier: MIT */
/*
 * Tells when a USB device comes or goes, by the device nodes in the folders of the buses. One thread.
 */
#ifndef SPRINGPARK_READER_NFC_USB_WATCH_H
#define SPRINGPARK_READER_NFC_USB_WATCH_H

struct nfc_usb_watch;

/* Where the kernel puts them: one folder for each bus, in it one node for each device. */
#define NFC_USB_FOLDER "/dev/bus/usb"

/* For one wait; never NULL. usb_folder: NFC_USB_FOLDER, but for tests. On a system without USB it never tells anything. */
struct nfc_usb_watch *nfc_usb_watch_create(const char *usb_folder);
void nfc_usb_watch_free(struct nfc_usb_watch *watch);

/* Readable once a device came or went since the creation; -1 (which poll leaves out) without USB. */
int nfc_usb_watch_fd(const struct nfc_usb_watch *watch);

#endif
