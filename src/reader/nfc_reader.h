/* SPDX-License-Identifier: MIT */
/*
 * One libnfc device as a reader: a thread that keeps it locked and open, looks after its field turn by turn, and opens
 * it anew when it was lost, as long as it takes. nfc.c or nfc_scan.c own it.
 */
#ifndef SPRINGPARK_READER_NFC_READER_H
#define SPRINGPARK_READER_NFC_READER_H

#include "reader/reader.h"

#include <stdatomic.h>

/* What all readers of one source share; must outlive them, and be leaked with one that is left behind. */
struct nfc_shared {
    struct reader_sink sink;
    atomic_bool abandoned;     /* a thread hangs and is left behind: the sink may be gone */
    const struct clock *clock;
    unsigned technologies;     /* card_technology bits that the templates ask for */
};

struct nfc_reader;

/* Starts the thread. connection and label are copied. NULL if the system gives no thread. */
struct nfc_reader *nfc_reader_start(const struct nfc_shared *shared, const char *connection, const char *label);

const char *nfc_reader_connection(const struct nfc_reader *reader);
const char *nfc_reader_label(const struct nfc_reader *reader);

/* Any thread: whether the device is open and answers. */
bool nfc_reader_works(struct nfc_reader *reader);

/* Any thread, never blocks: the thread begins to end. */
void nfc_reader_wake(struct nfc_reader *reader);

/* After nfc_reader_wake: waits up to limit_ms and frees it. False: the thread hangs, and the reader is left behind. */
bool nfc_reader_join(struct nfc_reader *reader, uint64_t limit_ms);

#endif
