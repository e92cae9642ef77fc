/* SPDX-License-Identifier: MIT */
/*
 * libnfc behind our own names: the one file that includes nfc/nfc.h is nfc_library.c. Only the helper process
 * springpark-nfc links it; the daemon does not.
 *
 * One device at most. One thread does everything; only nfc_library_stop may be called by another one. A call may block
 * without limit, and may end the process by abort(3) or by a segmentation fault when a chip answers nonsense: that is
 * what the helper process is for.
 *
 * API: libnfc 1.8.0 (nfc.h, nfc-types.h).
 */
#ifndef SPRINGPARK_READER_NFC_LIBRARY_H
#define SPRINGPARK_READER_NFC_LIBRARY_H

#include "reader/nfc_wire.h"

struct nfc_library;

/* NULL if libnfc has no memory. */
struct nfc_library *nfc_library_create(void);

/* Does not close: a device that is open is left as it is. NULL is fine. */
void nfc_library_free(struct nfc_library *library);

/* Does what is asked for; *answer as nfc_wire.h describes it. A request out of order (a select before the device is
 * open) is answered by NFC_TROUBLE. */
void nfc_library_do(struct nfc_library *library, const struct nfc_request *request, struct nfc_answer *answer);

/*
 * Any thread: nothing but NFC_CLOSE is done any more, and the call that is under way is aborted as far as libnfc can
 * do that: it waits for an answer of the chip, and the driver listens for aborts. Between two such waits an abort is
 * lost, so it is to be repeated until the call comes back.
 */
void nfc_library_stop(struct nfc_library *library);

#endif
