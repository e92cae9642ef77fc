/* SPDX-License-Identifier: MIT */
#include "journal_image.h"

#include "../parts/powercut_vfs.h"
#include "base/memory.h"

#include <check.h>
#include <stdlib.h>

enum { EVENTS = 60 };

static void take_file(const struct powercut *disk, const char *name, uint8_t **data, size_t *size_bytes)
{
    const uint8_t *there = powercut_get(disk, name, size_bytes);

    *data = there != NULL ? memory_copy(there, *size_bytes) : NULL;
}

void image_make(struct image *image, bool ends_clean)
{
    struct powercut *disk = powercut_create("image");
    struct house house;

    house_build(&house, "/image", "image");
    house.settings.max_bytes = 1000000;
    for (unsigned start = 0; start < 2; start++) {
        house_open(&house);
        for (unsigned i = 0; i < EVENTS / 2; i++) {
            const struct event_id id = ledger_submit(&image->ledger, &house, i % 7 == 3);
            (void) house_turn(&house);
            if (i % 14 == 3)
                ledger_confirm(&image->ledger, &house, id);
        }
        house_settle(&house);
        ledger_note_stored(&image->ledger, &house);
        if (start == 0 || ends_clean)
            (void) house_end(&house, true);
    }
    take_file(disk, "/image/journal.db", &image->file, &image->file_bytes);
    take_file(disk, "/image/journal.db-wal", &image->log, &image->log_bytes);
    ck_assert_uint_gt(image->file_bytes, 40000);
    ck_assert(ends_clean || image->log_bytes > 4096);
    if (ends_clean)
        ck_assert_ptr_null(image->log);
    image->startup = house.startup;
    powercut_cut_now(disk);
    house_tear_down(&house);
    powercut_free(disk);
}

void image_free(struct image *image)
{
    free(image->file);
    free(image->log);
    ledger_clear(&image->ledger);
}
