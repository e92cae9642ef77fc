/* SPDX-License-Identifier: MIT */
#include "base/stored_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const char *data, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t done = write(fd, data, size_bytes);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            errno = done == 0 ? ENOSPC : errno;
            return false;
        }
        data += done;
        size_bytes -= (size_t) done;
    }
    return true;
}

/* What an interrupted write left there goes: it may have other permissions. */
static int create(const char *path)
{
    (void) unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool write_new(const char *path, const void *data, size_t size_bytes, mode_t mode)
{
    int fd = create(path);

    if (fd < 0)
        return false;
    bool written = fchmod(fd, mode) == 0 && write_all(fd, data, size_bytes) && fsync(fd) == 0;
    int reason = errno;
    if (close(fd) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (!written)
        (void) unlink(path);
    errno = reason;
    return written;
}

/* The name is safe only once the folder is. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? text_copy(".") : text_format("%.*s", (int) (slash - path) + 1, path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int reason = errno;

    free(folder);
    if (fd >= 0)
        close(fd);
    errno = reason;
    return synced;
}

bool stored_file_write(const char *path, const void *data, size_t size_bytes, mode_t mode)
{
    char *new_path = text_format("%s.new", path);
    bool written = write_new(new_path, data, size_bytes, mode);

    if (written && rename(new_path, path) != 0) {
        int reason = errno;
        (void) unlink(new_path);
        errno = reason;
        written = false;
    }
    int reason = errno;
    free(new_path);
    errno = reason;
    return written && sync_folder(path);
}

static char *read_all(int fd, size_t limit_bytes, size_t *size_bytes)
{
    char *data = memory_zeroed(limit_bytes + 2, 1);
    size_t size = 0;
    ssize_t done = 1;

    /* one byte more than allowed, to see that there is more */
    while (size <= limit_bytes && done != 0) {
        done = read(fd, data + size, limit_bytes + 1 - size);
        if (done < 0 && errno != EINTR)
            break;
        size += done > 0 ? (size_t) done : 0;
    }
    if (done >= 0 && size <= limit_bytes) {
        *size_bytes = size;
        data[size] = '\0';
        return data;
    }
    errno = done >= 0 ? EFBIG : errno;
    int reason = errno;
    explicit_bzero(data, size);
    free(data);
    errno = reason;
    return NULL;
}

char *stored_file_read(const char *path, size_t limit_bytes, size_t *size_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a FIFO there must not hang us */

    if (fd < 0)
        return NULL;
    char *data = read_all(fd, limit_bytes, size_bytes);
    int reason = errno;
    close(fd);
    errno = reason;
    return data;
}
