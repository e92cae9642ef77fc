/* SPDX-License-Identifier: MIT */
#include "powercut_disk.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The kernel writes pages, a disk writes sectors. */
enum { PAGE_BYTES = 4096, SECTOR_BYTES = 512 };

uint64_t powercut_random(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9E3779B97F4A7C15);

    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* ---- content ---- */

static void content_resize(struct content *content, size_t size_bytes)
{
    if (size_bytes > content->room_bytes) {
        content->room_bytes = size_bytes + size_bytes / 2 + PAGE_BYTES;
        content->data = memory_resize(content->data, content->room_bytes, 1);
    }
    if (size_bytes > content->size_bytes)
        memset(content->data + content->size_bytes, 0, size_bytes - content->size_bytes);
    content->size_bytes = size_bytes;
}

static struct content content_copy(const struct content *content)
{
    struct content copy = {0};

    content_resize(&copy, content->size_bytes);
    if (content->size_bytes > 0)
        memcpy(copy.data, content->data, content->size_bytes);
    return copy;
}

/* ---- one file ---- */

struct inode *inode_create(void)
{
    struct inode *inode = memory_zeroed(1, sizeof *inode);

    inode->users = 1;
    inode->is_new_to_folder = true;
    return inode;
}

struct inode *inode_from(struct content content)
{
    struct inode *inode = inode_create();

    inode->durable = content;
    inode->now = content_copy(&content);
    inode->is_new_to_folder = false;
    return inode;
}

void inode_use(struct inode *inode)
{
    inode->users++;
}

void inode_release(struct inode *inode)
{
    if (inode == NULL || --inode->users > 0)
        return;
    for (size_t i = 0; i < inode->count; i++)
        free(inode->changes[i].data);
    free(inode->changes);
    free(inode->page_serials);
    free(inode->now.data);
    free(inode->durable.data);
    free(inode);
}

static struct change *add_change(struct inode *inode, size_t offset, size_t size_bytes)
{
    inode->changes = memory_resize(inode->changes, inode->count + 1, sizeof *inode->changes);
    struct change *change = &inode->changes[inode->count++];
    *change = (struct change) {
        .serial = ++inode->serial, .offset = offset, .size_bytes = size_bytes,
        .file_size_bytes = inode->now.size_bytes};
    return change;
}

void inode_write(struct inode *inode, size_t offset, const void *data, size_t size_bytes)
{
    if (size_bytes == 0)
        return;
    if (offset + size_bytes > inode->now.size_bytes) {
        content_resize(&inode->now, offset + size_bytes);
        inode->is_new_to_folder = true;
    }
    memcpy(inode->now.data + offset, data, size_bytes);
    add_change(inode, offset, size_bytes)->data = memory_copy(data, size_bytes);
}

void inode_truncate(struct inode *inode, size_t size_bytes)
{
    const size_t before_bytes = inode->now.size_bytes;

    if (size_bytes == before_bytes)
        return;
    content_resize(&inode->now, size_bytes);
    inode->is_new_to_folder = true;
    const size_t cut_bytes = size_bytes < before_bytes ? before_bytes - size_bytes : 0;
    (void) add_change(inode, smaller(size_bytes, before_bytes), cut_bytes);
}

/* The serial up to which durable holds this byte's page. */
static uint64_t *page_serial(struct inode *inode, size_t page)
{
    if (page >= inode->page_count) {
        inode->page_serials = memory_resize(inode->page_serials, page + 1, sizeof *inode->page_serials);
        while (inode->page_count <= page)
            inode->page_serials[inode->page_count++] = 0;
    }
    return &inode->page_serials[page];
}

/* Whole pages, as the kernel writes them: with one byte changed again, the rest of its page is written too. */
static void save_pages(struct inode *inode, const struct change *change)
{
    if (change->size_bytes == 0)
        return;
    const size_t last = (change->offset + change->size_bytes - 1) / PAGE_BYTES;
    for (size_t page = change->offset / PAGE_BYTES; page <= last; page++) {
        const size_t from = page * PAGE_BYTES;
        *page_serial(inode, page) = inode->serial;
        if (from >= inode->now.size_bytes)
            continue;
        memcpy(inode->durable.data + from, inode->now.data + from, smaller(PAGE_BYTES, inode->now.size_bytes - from));
    }
}

void inode_sync(struct inode *inode)
{
    size_t kept = 0;

    content_resize(&inode->durable, inode->now.size_bytes);
    for (size_t i = 0; i < inode->count; i++) {
        if (inode->changes[i].is_given_up) {
            inode->changes[kept++] = inode->changes[i];
            continue;
        }
        save_pages(inode, &inode->changes[i]);
        free(inode->changes[i].data);
    }
    inode->count = kept;
    inode->is_new_to_folder = false;
}

void inode_fail_sync(struct inode *inode)
{
    for (size_t i = 0; i < inode->count; i++)
        inode->changes[i].is_given_up = true;
}

/* ---- when the power comes back ---- */

/* The bytes from `from` up to `to` of what the change says, into data. */
static void apply(const struct change *change, uint8_t *data, size_t from, size_t to)
{
    if (from < change->offset)
        from = change->offset;
    to = smaller(to, change->offset + change->size_bytes);
    if (from >= to)
        return;
    if (change->data != NULL)
        memcpy(data + from, change->data + (from - change->offset), to - from);
    else
        memset(data + from, 0, to - from);
}

static bool touches(const struct change *change, size_t from, size_t to)
{
    return change->offset < to && change->offset + change->size_bytes > from;
}

static void fill_with_garbage(uint8_t *data, size_t from, size_t to, uint64_t *random)
{
    for (size_t i = from; i < to; i++)
        data[i] = (uint8_t) powercut_random(random);
}

/* A write that the cut interrupted within a sector: new up to some byte, then old or garbage, but not a byte beyond what
 * it had to write (disks and file systems that break this are not those that SQLite promises anything for). */
static void tear(const struct change *change, uint8_t *data, size_t from, size_t to, uint64_t *random)
{
    const size_t first = change->offset > from ? change->offset : from;
    const size_t end = smaller(to, change->offset + change->size_bytes);

    if (first >= end)
        return;
    const size_t middle = first + (size_t) (powercut_random(random) % (end - first));
    apply(change, data, first, middle);
    if (powercut_random(random) % 2 == 0)
        fill_with_garbage(data, middle, end, random);
}

static void survive_sector(const struct inode *inode, uint8_t *data, size_t from, size_t to, uint64_t *random)
{
    const size_t page = from / PAGE_BYTES;
    const uint64_t saved = page < inode->page_count ? inode->page_serials[page] : 0;
    size_t open_count = 0;

    for (size_t i = 0; i < inode->count; i++)
        open_count += inode->changes[i].serial > saved && touches(&inode->changes[i], from, to);
    if (open_count == 0)
        return;
    const uint64_t dice = powercut_random(random) % 8;
    size_t wanted = dice < 3 ? 0 : dice < 6 ? open_count : (size_t) (powercut_random(random) % (open_count + 1));
    const bool is_torn = powercut_random(random) % 4 == 0;
    if (wanted == 0 && !is_torn && from >= inode->durable.size_bytes && powercut_random(random) % 4 == 0)
        fill_with_garbage(data, from, to, random);
    for (size_t i = 0; i < inode->count; i++) {
        const struct change *change = &inode->changes[i];
        if (change->serial <= saved || !touches(change, from, to))
            continue;
        if (wanted == 0) {
            if (is_torn)
                tear(change, data, from, to, random);
            return;
        }
        apply(change, data, from, to);
        wanted--;
    }
}

struct content inode_survive(const struct inode *inode, enum powercut_survival survival, uint64_t *random)
{
    if (survival == POWERCUT_KEEPS_ALL)
        return content_copy(&inode->now);
    struct content content = content_copy(&inode->durable);
    if (survival == POWERCUT_KEEPS_SYNCED || inode->count == 0)
        return content;

    size_t largest_bytes = content.size_bytes;
    for (size_t i = 0; i < inode->count; i++) {
        const size_t end_bytes = inode->changes[i].offset + inode->changes[i].size_bytes;
        largest_bytes = end_bytes > largest_bytes ? end_bytes : largest_bytes;
    }
    const size_t pick = (size_t) (powercut_random(random) % (inode->count + 2));
    const size_t size_bytes = pick < inode->count ? inode->changes[pick].file_size_bytes
        : pick == inode->count ? inode->now.size_bytes : inode->durable.size_bytes;
    content_resize(&content, largest_bytes);
    for (size_t from = 0; from < largest_bytes; from += SECTOR_BYTES)
        survive_sector(inode, content.data, from, smaller(from + SECTOR_BYTES, largest_bytes), random);
    content_resize(&content, size_bytes);
    return content;
}

/* ---- a folder ---- */

static struct entry *find_entry(const struct folder *folder, const char *path)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->entries[i].path, path) == 0)
            return &folder->entries[i];
    return NULL;
}

struct inode *folder_find(const struct folder *folder, const char *path)
{
    const struct entry *entry = find_entry(folder, path);

    return entry != NULL ? entry->inode : NULL;
}

void folder_set(struct folder *folder, const char *path, struct inode *inode)
{
    struct entry *entry = find_entry(folder, path);

    if (inode != NULL)
        inode_use(inode);
    if (entry != NULL) {
        inode_release(entry->inode);
        if (inode != NULL) {
            entry->inode = inode;
            return;
        }
        free(entry->path);
        *entry = folder->entries[--folder->count];
        return;
    }
    if (inode == NULL)
        return;
    folder->entries = memory_resize(folder->entries, folder->count + 1, sizeof *folder->entries);
    folder->entries[folder->count++] = (struct entry) {.path = text_copy(path), .inode = inode};
}

void folder_clear(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        inode_release(folder->entries[i].inode);
        free(folder->entries[i].path);
    }
    free(folder->entries);
    *folder = (struct folder) {0};
}

void folder_copy(const struct folder *from, struct folder *to)
{
    for (size_t i = 0; i < from->count; i++)
        folder_set(to, from->entries[i].path, from->entries[i].inode);
}
