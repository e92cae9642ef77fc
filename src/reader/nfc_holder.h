/* SPDX-License-Identifier: MIT */
/*
 * Who has a libnfc device, as far as the system tells it: other processes, kernel modules, a login on a serial line.
 * Linux only: /proc, /sys, the lock files of /run/lock. The reader's thread only; may block on the disk.
 */
#ifndef SPRINGPARK_READER_NFC_HOLDER_H
#define SPRINGPARK_READER_NFC_HOLDER_H

#include "reader/nfc_place.h"

/* Where to look; tests have trees of their own. */
struct nfc_roots {
    const char *dev;       /* /dev */
    const char *proc;      /* /proc */
    const char *sys;       /* /sys */
    const char *locks[2];  /* /run/lock, /var/lock */
};

extern const struct nfc_roots nfc_roots_real;

/*
 * Sentences for a log line, in new memory; NULL: nobody was found. Each names the next step. This process and its own
 * children do not count.
 */

/* Anybody who has it, or may have it: an open file, a kernel module, a lock file, a login, the kernel's console. For a
 * USB device that nobody has: that we may not open it. */
char *nfc_holder_find(const struct nfc_roots *roots, const struct nfc_place *place);

/* Who certainly wants the line for itself, so that it must not be used: the living owner of a lock file, a login. */
char *nfc_holder_conflict(const struct nfc_roots *roots, const struct nfc_place *place);

/* Why the node is not there: the kernel has the device, but this process may not see it; a kernel module took it. */
char *nfc_holder_absence(const struct nfc_roots *roots, const struct nfc_place *place);

/* nfc_holder_find of a USB device. */
char *nfc_holder_find_usb(const struct nfc_roots *roots, const struct nfc_place *place);

/* The last part of the path that the symbolic link leads to, the driver of a device in /sys; false if there is none. */
bool nfc_holder_read_link(const char *path, char *name, size_t size_bytes);

/* The name of the user that this process runs as, in new memory. */
char *nfc_holder_user(void);

#endif
