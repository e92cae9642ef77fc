/* SPDX-License-Identifier: MIT */
#include "journal/file.h"

#include "base/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

    if (fd >= 0)
        (void) close(fd);
}

void file_remove(const char *path, const char *suffix)
{
    char *whole = text_format("%s%s", path, suffix);

    (void) unlink(whole);
    free(whole);
}

void file_sync_folder(const char *path)
{
    char *folder = text_copy(path);
    char *slash = strrchr(folder, '/');

    if (slash != NULL)
        *slash = '\0';
    int fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void) fsync(fd);
        (void) close(fd);
    }
    free(folder);
}
