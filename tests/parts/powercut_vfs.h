/* SPDX-License-Identifier: MIT */
/*
 * A disk whose power can go, for SQLite: a VFS that keeps its files in memory and knows of each what was written and
 * what was synced. Everything that changes a file or the folder is an operation and counted; at a chosen one the
 * power goes, and from then on all fails. With the power back, the disk holds what was synced and, as the seed wills, any of the
 * rest: sector by sector the old or a newer state, some torn, and garbage where a file has grown.
 *
 * The folder is that of ext4: its changes reach the disk in their order, and the sync of a file whose size or name is
 * new takes all that came before along. After a sync that failed, later ones do not save what it had to save: the kernel
 * tells an error once and calls the pages clean.
 *
 * One disk is used by one thread. Shared memory is not offered: WAL needs locking_mode=EXCLUSIVE here.
 */
#ifndef SPRINGPARK_TESTS_POWERCUT_VFS_H
#define SPRINGPARK_TESTS_POWERCUT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct powercut;

/* Registers a VFS of that name, which is copied; its folder is empty. */
struct powercut *powercut_create(const char *vfs_name);
void powercut_free(struct powercut *disk);
const char *powercut_vfs_name(const struct powercut *disk);

/* ---- power ---- */

/* How many operations there were since the power came on. */
uint64_t powercut_operations(const struct powercut *disk);
/* How many of these were syncs of files. */
uint64_t powercut_syncs(const struct powercut *disk);

/* The power goes at that operation, counted as above from 1, which may still happen in part; 0 = never. */
void powercut_cut_at(struct powercut *disk, uint64_t operation);
void powercut_cut_now(struct powercut *disk);
bool powercut_is_off(const struct powercut *disk);

enum powercut_survival {
    POWERCUT_KEEPS_SYNCED,  /* nothing but what was synced */
    POWERCUT_KEEPS_SOME,    /* and any of the rest */
    POWERCUT_KEEPS_ALL,     /* all that was written: not the power went, the process was killed */
};

/* `to` becomes what `from` holds after the power came back; they may be the same. What `to` had is gone, and who has a
 * file of it still open gets errors. Trouble and quota of `to` end. */
void powercut_power_on(const struct powercut *from, struct powercut *to, enum powercut_survival survival,
                       uint64_t seed);

/* ---- trouble ---- */

enum powercut_trouble {
    POWERCUT_NO_TROUBLE,
    POWERCUT_FULL,          /* no write that needs new room succeeds */
    POWERCUT_WRITE_ERROR,   /* no write succeeds */
    POWERCUT_SYNC_ERROR,    /* writes do, syncs do not */
    POWERCUT_READ_ONLY,     /* nothing can be opened for writing, and no write succeeds */
    POWERCUT_READ_ERROR,    /* nothing can be read */
    POWERCUT_LOCKED,        /* somebody else holds the locks */
    POWERCUT_NO_FOLDER,     /* nothing can be opened */
};

void powercut_set_trouble(struct powercut *disk, enum powercut_trouble trouble);
/* How large all files may be together; 0 = no limit. */
void powercut_set_quota(struct powercut *disk, uint64_t size_bytes);
uint64_t powercut_size(const struct powercut *disk);

/* ---- files, from outside ---- */

/* Makes or replaces the file, synced. Nobody may have it open. */
void powercut_put(struct powercut *disk, const char *path, const void *data, size_t size_bytes);
/* The file as a process sees it, valid until the next operation; NULL if there is none. */
const uint8_t *powercut_get(const struct powercut *disk, const char *path, size_t *size_bytes);
void powercut_remove(struct powercut *disk, const char *path);
bool powercut_rename(struct powercut *disk, const char *from, const char *to);
/* The paths there are: index 0 up; NULL after the last. */
const char *powercut_path(const struct powercut *disk, size_t index);

/* A small generator of random numbers that gives the same everywhere for a seed; *state is the seed at first. */
uint64_t powercut_random(uint64_t *state);

#endif
