/* SPDX-License-Identifier: MIT */
#include "powercut_vfs.h"

#include "base/memory.h"
#include "powercut_disk.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct folder_change {
    char *path;
    struct inode *inode;   /* NULL = the name was removed */
};

struct powercut {
    sqlite3_vfs vfs;
    char *name;
    struct folder now;
    struct folder durable;
    struct folder_change *folder_changes;
    size_t folder_change_count;
    uint64_t operations;
    uint64_t syncs;
    uint64_t cut_at;
    bool is_off;
    uint64_t power;        /* counts how often it came on; a handle of an earlier time is dead */
    enum powercut_trouble trouble;
    uint64_t quota_bytes;
    uint64_t random;
};

struct handle {
    sqlite3_file base;
    struct powercut *disk;
    struct inode *inode;
    uint64_t power;
    char *delete_path;     /* to be removed when it is closed, or NULL */
};

/* ---- the folder ---- */

static void change_folder(struct powercut *disk, const char *path, struct inode *inode)
{
    folder_set(&disk->now, path, inode);
    if (inode != NULL)
        inode_use(inode);
    const size_t count = disk->folder_change_count++;
    disk->folder_changes = memory_resize(disk->folder_changes, count + 1, sizeof *disk->folder_changes);
    disk->folder_changes[count] = (struct folder_change) {.path = text_copy(path), .inode = inode};
}

static void forget_folder_changes(struct powercut *disk)
{
    for (size_t i = 0; i < disk->folder_change_count; i++) {
        inode_release(disk->folder_changes[i].inode);
        free(disk->folder_changes[i].path);
    }
    free(disk->folder_changes);
    disk->folder_changes = NULL;
    disk->folder_change_count = 0;
}

static void sync_folder(struct powercut *disk)
{
    for (size_t i = 0; i < disk->folder_change_count; i++)
        folder_set(&disk->durable, disk->folder_changes[i].path, disk->folder_changes[i].inode);
    forget_folder_changes(disk);
}

/* The file system's journal is written whole: with a new or larger file goes what was done in the folder before. */
static void sync_file(struct powercut *disk, struct inode *inode)
{
    if (inode->is_new_to_folder)
        sync_folder(disk);
    inode_sync(inode);
}

uint64_t powercut_size(const struct powercut *disk)
{
    uint64_t size_bytes = 0;

    for (size_t i = 0; i < disk->now.count; i++)
        size_bytes += disk->now.entries[i].inode->now.size_bytes;
    return size_bytes;
}

/* ---- operations ---- */

static bool is_dead(const struct handle *handle)
{
    return handle->disk->is_off || handle->power != handle->disk->power;
}

/* Counts one; true if this is the one at which the power goes. It may still be done: it then is not synced. */
static bool count_operation(struct powercut *disk)
{
    disk->operations++;
    if (disk->operations != disk->cut_at)
        return false;
    disk->is_off = true;
    return true;
}

static int close_file(sqlite3_file *file)
{
    struct handle *handle = (struct handle *) file;

    if (handle->delete_path != NULL && !is_dead(handle))
        change_folder(handle->disk, handle->delete_path, NULL);
    free(handle->delete_path);
    inode_release(handle->inode);
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *data, int size_bytes, sqlite3_int64 offset)
{
    const struct handle *handle = (const struct handle *) file;
    const struct content *content = &handle->inode->now;

    if (is_dead(handle) || handle->disk->trouble == POWERCUT_READ_ERROR)
        return SQLITE_IOERR_READ;
    const size_t from = (size_t) offset;
    const size_t there = from < content->size_bytes ? content->size_bytes - from : 0;
    const size_t count = there < (size_t) size_bytes ? there : (size_t) size_bytes;
    if (count > 0)
        memcpy(data, content->data + from, count);
    if (count == (size_t) size_bytes)
        return SQLITE_OK;
    memset((uint8_t *) data + count, 0, (size_t) size_bytes - count);
    return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *data, int size_bytes, sqlite3_int64 offset)
{
    struct handle *handle = (struct handle *) file;
    struct powercut *disk = handle->disk;
    const size_t end = (size_t) offset + (size_t) size_bytes;
    const size_t there = handle->inode->now.size_bytes;
    const size_t growth = end > there ? end - there : 0;

    if (is_dead(handle))
        return SQLITE_IOERR_WRITE;
    if (disk->trouble == POWERCUT_WRITE_ERROR || disk->trouble == POWERCUT_READ_ONLY)
        return SQLITE_IOERR_WRITE;
    if (growth > 0 && disk->trouble == POWERCUT_FULL)
        return SQLITE_FULL;
    if (growth > 0 && disk->quota_bytes != 0 && powercut_size(disk) + growth > disk->quota_bytes)
        return SQLITE_FULL;
    const bool is_last = count_operation(disk);
    inode_write(handle->inode, (size_t) offset, data, (size_t) size_bytes);
    return is_last ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size_bytes)
{
    struct handle *handle = (struct handle *) file;
    const enum powercut_trouble trouble = handle->disk->trouble;

    if (is_dead(handle) || trouble == POWERCUT_WRITE_ERROR || trouble == POWERCUT_READ_ONLY)
        return SQLITE_IOERR_TRUNCATE;
    const bool is_last = count_operation(handle->disk);
    inode_truncate(handle->inode, (size_t) size_bytes);
    return is_last ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int sync_handle(sqlite3_file *file, int flags)
{
    struct handle *handle = (struct handle *) file;
    struct powercut *disk = handle->disk;

    (void) flags;
    if (is_dead(handle))
        return SQLITE_IOERR_FSYNC;
    if (disk->trouble == POWERCUT_SYNC_ERROR || disk->trouble == POWERCUT_WRITE_ERROR) {
        inode_fail_sync(handle->inode);
        return SQLITE_IOERR_FSYNC;
    }
    if (count_operation(disk))
        return SQLITE_IOERR_FSYNC;
    disk->syncs++;
    sync_file(disk, handle->inode);
    return SQLITE_OK;
}

static int tell_size(sqlite3_file *file, sqlite3_int64 *size_bytes)
{
    const struct handle *handle = (const struct handle *) file;

    if (is_dead(handle))
        return SQLITE_IOERR_FSTAT;
    *size_bytes = (sqlite3_int64) handle->inode->now.size_bytes;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int level)
{
    const struct handle *handle = (const struct handle *) file;

    (void) level;
    if (is_dead(handle))
        return SQLITE_IOERR_LOCK;
    return handle->disk->trouble == POWERCUT_LOCKED ? SQLITE_BUSY : SQLITE_OK;
}

static int unlock_file(sqlite3_file *file, int level)
{
    (void) file;
    (void) level;
    return SQLITE_OK;
}

static int check_lock(sqlite3_file *file, int *is_locked)
{
    *is_locked = ((const struct handle *) file)->disk->trouble == POWERCUT_LOCKED;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *file, int operation, void *argument)
{
    (void) file;
    (void) operation;
    (void) argument;
    return SQLITE_NOTFOUND;
}

/* As SQLite's own VFS on Linux. */
static int tell_sector_size(sqlite3_file *file)
{
    (void) file;
    return 4096;
}

static int tell_characteristics(sqlite3_file *file)
{
    (void) file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_handle,
    .xFileSize = tell_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = tell_sector_size,
    .xDeviceCharacteristics = tell_characteristics,
};

/* ---- the VFS ---- */

/* A file for SQLite's own use, which has no name and is never synced. */
static int open_temporary(struct powercut *disk, struct handle *handle)
{
    *handle = (struct handle) {
        .base.pMethods = &methods, .disk = disk, .inode = inode_create(), .power = disk->power};
    return SQLITE_OK;
}

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *flags_given)
{
    struct powercut *disk = vfs->pAppData;
    struct handle *handle = (struct handle *) file;

    handle->base.pMethods = NULL;
    if (flags_given != NULL)
        *flags_given = flags;
    if (disk->is_off || disk->trouble == POWERCUT_NO_FOLDER)
        return SQLITE_CANTOPEN;
    if (path == NULL)
        return open_temporary(disk, handle);
    struct inode *inode = folder_find(&disk->now, path);
    if (disk->trouble == POWERCUT_READ_ONLY && (flags & SQLITE_OPEN_READWRITE) != 0) {
        if (inode == NULL)
            return SQLITE_CANTOPEN;
        if (flags_given != NULL)
            *flags_given = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    }
    if (inode == NULL) {
        if ((flags & SQLITE_OPEN_CREATE) == 0)
            return SQLITE_CANTOPEN;
        const bool is_last = count_operation(disk);
        inode = inode_create();
        change_folder(disk, path, inode);
        inode_release(inode);
        if (is_last)
            return SQLITE_CANTOPEN;
    }
    inode_use(inode);
    *handle = (struct handle) {.base.pMethods = &methods, .disk = disk, .inode = inode, .power = disk->power,
        .delete_path = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0 ? text_copy(path) : NULL};
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int with_sync)
{
    struct powercut *disk = vfs->pAppData;

    if (disk->is_off || disk->trouble == POWERCUT_READ_ONLY)
        return SQLITE_IOERR_DELETE;
    if (folder_find(&disk->now, path) == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    const bool is_last = count_operation(disk);
    change_folder(disk, path, NULL);
    if (is_last)
        return SQLITE_IOERR_DELETE;
    if (with_sync)
        sync_folder(disk);
    return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
    const struct powercut *disk = vfs->pAppData;
    const struct inode *inode = folder_find(&disk->now, path);

    if (disk->is_off)
        return SQLITE_IOERR_ACCESS;
    /* An empty journal is as good as none: so does SQLite's own. */
    *result = inode != NULL && (flags != SQLITE_ACCESS_EXISTS || inode->now.size_bytes > 0)
        && (flags != SQLITE_ACCESS_READWRITE || disk->trouble != POWERCUT_READ_ONLY);
    return SQLITE_OK;
}

static int make_full_path(sqlite3_vfs *vfs, const char *path, int room_bytes, char *full)
{
    (void) vfs;
    (void) sqlite3_snprintf(room_bytes, full, "%s", path);
    return SQLITE_OK;
}

static int make_random(sqlite3_vfs *vfs, int size_bytes, char *data)
{
    struct powercut *disk = vfs->pAppData;

    for (int i = 0; i < size_bytes; i++)
        data[i] = (char) powercut_random(&disk->random);
    return size_bytes;
}

static int sleep_not_at_all(sqlite3_vfs *vfs, int wanted_us)
{
    (void) vfs;
    return wanted_us;
}

static int tell_time(sqlite3_vfs *vfs, double *julian_day)
{
    (void) vfs;
    *julian_day = 2460000.5;
    return SQLITE_OK;
}

static int tell_last_error(sqlite3_vfs *vfs, int room_bytes, char *text)
{
    (void) vfs;
    (void) room_bytes;
    (void) text;
    return 0;
}

struct powercut *powercut_create(const char *vfs_name)
{
    struct powercut *disk = memory_zeroed(1, sizeof *disk);

    disk->name = text_copy(vfs_name);
    disk->vfs = (sqlite3_vfs) {
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 512,
        .zName = disk->name,
        .pAppData = disk,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = make_full_path,
        .xRandomness = make_random,
        .xSleep = sleep_not_at_all,
        .xCurrentTime = tell_time,
        .xGetLastError = tell_last_error,
    };
    if (sqlite3_vfs_register(&disk->vfs, 0) != SQLITE_OK)
        abort();
    return disk;
}

void powercut_free(struct powercut *disk)
{
    if (disk == NULL)
        return;
    (void) sqlite3_vfs_unregister(&disk->vfs);
    forget_folder_changes(disk);
    folder_clear(&disk->now);
    folder_clear(&disk->durable);
    free(disk->name);
    free(disk);
}

const char *powercut_vfs_name(const struct powercut *disk)
{
    return disk->name;
}

/* ---- power ---- */

uint64_t powercut_operations(const struct powercut *disk)
{
    return disk->operations;
}

uint64_t powercut_syncs(const struct powercut *disk)
{
    return disk->syncs;
}

void powercut_cut_at(struct powercut *disk, uint64_t operation)
{
    disk->cut_at = operation;
}

void powercut_cut_now(struct powercut *disk)
{
    disk->is_off = true;
}

bool powercut_is_off(const struct powercut *disk)
{
    return disk->is_off;
}

/* The folder's changes reach the disk in their order, so some of the first ones did. */
static struct folder surviving_folder(const struct powercut *disk, enum powercut_survival survival, uint64_t *random)
{
    struct folder folder = {0};
    size_t count = 0;

    if (survival == POWERCUT_KEEPS_ALL)
        count = disk->folder_change_count;
    else if (survival == POWERCUT_KEEPS_SOME)
        count = (size_t) (powercut_random(random) % (disk->folder_change_count + 1));
    folder_copy(&disk->durable, &folder);
    for (size_t i = 0; i < count; i++)
        folder_set(&folder, disk->folder_changes[i].path, disk->folder_changes[i].inode);
    return folder;
}

void powercut_power_on(const struct powercut *from, struct powercut *to, enum powercut_survival survival, uint64_t seed)
{
    uint64_t random = seed;
    struct folder old = surviving_folder(from, survival, &random);
    struct folder files = {0};

    for (size_t i = 0; i < old.count; i++) {
        struct inode *inode = inode_from(inode_survive(old.entries[i].inode, survival, &random));
        folder_set(&files, old.entries[i].path, inode);
        inode_release(inode);
    }
    folder_clear(&old);
    forget_folder_changes(to);
    folder_clear(&to->now);
    folder_clear(&to->durable);
    folder_copy(&files, &to->now);
    to->durable = files;
    to->operations = 0;
    to->syncs = 0;
    to->cut_at = 0;
    to->is_off = false;
    to->power++;
    to->trouble = POWERCUT_NO_TROUBLE;
    to->quota_bytes = 0;
}

/* ---- trouble, and files from outside ---- */

void powercut_set_trouble(struct powercut *disk, enum powercut_trouble trouble)
{
    disk->trouble = trouble;
}

void powercut_set_quota(struct powercut *disk, uint64_t size_bytes)
{
    disk->quota_bytes = size_bytes;
}

void powercut_put(struct powercut *disk, const char *path, const void *data, size_t size_bytes)
{
    struct inode *inode = inode_create();

    inode_write(inode, 0, data, size_bytes);
    change_folder(disk, path, inode);
    sync_file(disk, inode);
    inode_release(inode);
}

const uint8_t *powercut_get(const struct powercut *disk, const char *path, size_t *size_bytes)
{
    static const uint8_t nothing[1] = {0};
    const struct inode *inode = folder_find(&disk->now, path);

    if (inode == NULL)
        return NULL;
    *size_bytes = inode->now.size_bytes;
    return *size_bytes > 0 ? inode->now.data : nothing;
}

void powercut_remove(struct powercut *disk, const char *path)
{
    change_folder(disk, path, NULL);
    sync_folder(disk);
}

bool powercut_rename(struct powercut *disk, const char *from, const char *to)
{
    struct inode *inode = folder_find(&disk->now, from);

    if (inode == NULL)
        return false;
    change_folder(disk, to, inode);
    change_folder(disk, from, NULL);
    return true;
}

const char *powercut_path(const struct powercut *disk, size_t index)
{
    return index < disk->now.count ? disk->now.entries[index].path : NULL;
}
