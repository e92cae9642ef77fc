/* SPDX-License-Identifier: MIT */
/*
 * One libnfc device, one user: the lock on its device node, and who has it otherwise. libnfc itself takes no lock: two
 * programs on one serial line both get half of the answers.
 *
 * The node is that of the connection string: /dev/ttyS0 of "pn532_uart:/dev/ttyS0:115200", /dev/i2c-1, /dev/spidev0.0.
 * A USB device (pn53x_usb, acr122_usb) is claimed by the kernel for the one that opens it, and needs no lock of ours;
 * who has it is asked all the same when it cannot be opened. The reader's thread only; may block on the disk.
 */
#ifndef SPRINGPARK_READER_NFC_LOCK_H
#define SPRINGPARK_READER_NFC_LOCK_H

struct nfc_lock;

/*
 * Takes the lock, without waiting. NULL and *reason (the caller's to free) if the node is not there, may not be opened,
 * or somebody else has it (a lock, a living lock file, a login on it): who, and what to do next, as one sentence
 * without a full stop. A connection without a node of its own gives a lock that locks nothing.
 */
struct nfc_lock *nfc_lock_take(const char *connection, char **reason);

/* After the helper has opened the device: from now on nobody else can (TIOCEXCL, where it is a serial line). */
void nfc_lock_close_door(struct nfc_lock *lock);

/* Before a helper opens it again. */
void nfc_lock_open_door(struct nfc_lock *lock);

/* NULL is fine. */
void nfc_lock_release(struct nfc_lock *lock);

/*
 * Who has the device of that connection string, in words with the next step ("the kernel module pn533_usb has the USB
 * device 001:004; next: modprobe -r pn533_usb, and see that modprobe.d blocks it"), or that this process may not open
 * the USB device; in new memory, NULL if nobody was found. Of another user's processes only what /proc tells everybody
 * is seen. This process and its children do not count.
 */
char *nfc_lock_holder(const char *connection);

#endif
