/* SPDX-License-Identifier: MIT */
/*
 * The files of a journal that was made for it, in memory, to be damaged.
 */
#ifndef SPRINGPARK_TESTS_JOURNAL_IMAGE_H
#define SPRINGPARK_TESTS_JOURNAL_IMAGE_H

#include "journal_ledger.h"

struct image {
    uint8_t *file;
    size_t file_bytes;
    uint8_t *log;          /* NULL = the journal ended clean, and has none */
    size_t log_bytes;
    struct ledger ledger;
    uint32_t startup;
};

/* Two starts, the second of which ends clean or not; some of it was carried over from the log to the file. */
void image_make(struct image *image, bool ends_clean);
void image_free(struct image *image);

#endif
