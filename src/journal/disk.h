/* SPDX-License-Identifier: MIT */
/*
 * The journal's file: the only file that knows SQLite. WAL mode, one connection with the lock held, so that no second
 * daemon can have it. Rows are kept by position, which rises in the order of arrival; each has a checksum over what it
 * says. Used by one thread at a time; everything here may block on the disk.
 *
 * Every call says how it went: DISK_OK; DISK_TROUBLE, the disk is full, read-only, failing or in use, which may pass:
 * disk_error says what, and the disk is to be closed and opened again later; DISK_DAMAGED, the file is not what we wrote.
 */
#ifndef SPRINGPARK_JOURNAL_DISK_H
#define SPRINGPARK_JOURNAL_DISK_H

#include "base/event_id.h"
#include "journal/gaps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_result { DISK_OK, DISK_END, DISK_TROUBLE, DISK_DAMAGED };

enum disk_state { DISK_PENDING = 0, DISK_SET_ASIDE = 1, DISK_DONE = 2 };

/* One event. Texts are borrowed: the caller's when it is stored, the disk's until the next call when it is read. */
struct disk_row {
    uint64_t position;
    struct event_id id;
    enum disk_state state;
    uint64_t elapsed_s;      /* on the journal's own clock, see disk_start */
    const char *reason;      /* why it was set aside, or NULL */
    const char *payload;
    size_t size_bytes;
    bool sound;              /* reading: the checksum is right */
};

/* One start of the gateway: its event with Sequence n has the position base + n. */
struct disk_start {
    uint64_t base;
    uint32_t startup;
    uint64_t elapsed_s;      /* how long the journal has been open in all, up to the clean end of this start, or its begin */
    bool clean;
};

struct disk_counts {
    uint64_t pending;
    uint64_t set_aside;
    uint64_t first_position; /* 0 = there is no row */
    uint64_t last_position;  /* also of a row that is done */
    uint64_t last_elapsed_s;
    bool last_done;          /* the last row only marks how far events were stored */
};

struct disk;

/* Opens or makes the file. vfs: NULL = SQLite's usual one. checked: look through the whole file for damage.
 * Never NULL; *result says whether it is open; if not, only disk_error and disk_close are allowed. */
struct disk *disk_open(const char *path, const char *vfs, bool checked, enum disk_result *result);

/* The same for reading what can still be read of a damaged file, without a look at whether it is ours. */
struct disk *disk_open_damaged(const char *path, const char *vfs, enum disk_result *result);
void disk_close(struct disk *disk);

/* What went wrong last, one sentence without what happens next; valid until the next call. */
const char *disk_error(const struct disk *disk);

/* Everything between is there after a crash, or nothing. flush: the commit returns once it is on the medium. After a
 * failure of any call in between, or of the commit, disk_rollback. The log is carried over to the file when it is longer
 * than log_pages; for changes that are not flushed only when it is four times that long. */
enum disk_result disk_begin(struct disk *disk, bool flush);
enum disk_result disk_commit(struct disk *disk, unsigned log_pages);
void disk_rollback(struct disk *disk);

enum disk_result disk_insert(struct disk *disk, const struct disk_row *row);
/* *existed: whether there was such a row. */
enum disk_result disk_delete(struct disk *disk, uint64_t position, bool *existed);
/* *changed: whether there was one in another state. reason may be NULL. */
enum disk_result disk_set_state(struct disk *disk, uint64_t position, enum disk_state state, const char *reason,
                                bool *changed);
/* The row only marks its position from now on. */
enum disk_result disk_empty(struct disk *disk, uint64_t position, bool *existed);

/* The first row after that position that is pending or set aside; DISK_END if there is none. */
enum disk_result disk_next(struct disk *disk, uint64_t after, struct disk_row *row);
/* The first row after, or the last before a position, of whatever state; for salvage. */
enum disk_result disk_next_any(struct disk *disk, uint64_t after, struct disk_row *row);
enum disk_result disk_previous_any(struct disk *disk, uint64_t before, struct disk_row *row);

enum disk_result disk_count(struct disk *disk, struct disk_counts *counts);

/* The starts, rising by base; new memory. */
enum disk_result disk_read_starts(struct disk *disk, struct disk_start **starts, size_t *count);
enum disk_result disk_write_start(struct disk *disk, const struct disk_start *start);
/* Forgets the starts with a base below that one. */
enum disk_result disk_forget_starts(struct disk *disk, uint64_t below_base);

enum disk_result disk_read_gaps(struct disk *disk, struct gaps *gaps);
enum disk_result disk_write_gaps(struct disk *disk, const struct gaps *gaps);

/* How much the file uses in pages of disk_page_bytes(), and how large the files are. */
enum disk_result disk_used_pages(struct disk *disk, uint64_t *pages);
uint64_t disk_file_bytes(struct disk *disk);
unsigned disk_page_bytes(void);

#endif
