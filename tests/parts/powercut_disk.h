/* SPDX-License-Identifier: MIT */
/*
 * What powercut_vfs.c is built on: files and folders that remember what was synced. Of no use to others.
 */
#ifndef SPRINGPARK_TESTS_POWERCUT_DISK_H
#define SPRINGPARK_TESTS_POWERCUT_DISK_H

#include "powercut_vfs.h"

struct content {
    uint8_t *data;
    size_t size_bytes;
    size_t room_bytes;
};

/* What a file was told since it was last synced. data NULL = cut off from offset on (of what was there: size_bytes). */
struct change {
    uint64_t serial;
    bool is_given_up;        /* a sync of it failed: no later one will save it by itself */
    size_t offset;
    uint8_t *data;
    size_t size_bytes;
    size_t file_size_bytes;  /* the file's afterwards */
};

struct inode {
    unsigned users;          /* names and handles */
    struct content now;      /* as a process sees it */
    struct content durable;
    struct change *changes;
    size_t count;
    uint64_t serial;
    uint64_t *page_serials;  /* of each page: durable holds the changes up to this one */
    size_t page_count;
    bool is_new_to_folder;   /* its size or name changed since the last sync: the next one takes the folder along */
};

struct inode *inode_create(void);
void inode_use(struct inode *inode);
void inode_release(struct inode *inode);
void inode_write(struct inode *inode, size_t offset, const void *data, size_t size_bytes);
void inode_truncate(struct inode *inode, size_t size_bytes);
void inode_sync(struct inode *inode);
void inode_fail_sync(struct inode *inode);
/* What is left of it when the power comes back. */
struct content inode_survive(const struct inode *inode, enum powercut_survival survival, uint64_t *random);
/* A file that holds this, synced; takes the content over. */
struct inode *inode_from(struct content content);

struct entry {
    char *path;
    struct inode *inode;
};

struct folder {
    struct entry *entries;
    size_t count;
};

struct inode *folder_find(const struct folder *folder, const char *path);
/* inode NULL removes the name. */
void folder_set(struct folder *folder, const char *path, struct inode *inode);
void folder_clear(struct folder *folder);
void folder_copy(const struct folder *from, struct folder *to);

#endif
