/* SPDX-License-Identifier: MIT */
#include "tool/new_file.h"

#include "base/memory.h"
#include "tool/display.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct new_file {
    FILE *stream;
    char *path;         /* where it is to be */
    char *temporary;    /* where it is; NULL = it is written in its place */
};

static void file_free(struct new_file *file)
{
    free(file->path);
    free(file->temporary);
    free(file);
}

static bool open_beside(struct new_file *file)
{
    file->temporary = text_format("%s.XXXXXX", file->path);
    int fd = mkostemp(file->temporary, O_CLOEXEC);

    if (fd < 0)
        return false;
    file->stream = fdopen(fd, "w");
    if (file->stream == NULL) {
        close(fd);
        unlink(file->temporary);
    }
    return file->stream != NULL;
}

struct new_file *new_file_create(const char *path)
{
    struct new_file *file = memory_zeroed(1, sizeof *file);
    char *target = realpath(path, NULL);
    struct stat status;
    bool in_place = target != NULL && stat(target, &status) == 0 && !S_ISREG(status.st_mode);

    file->path = text_copy(target != NULL ? target : path);
    free(target);
    if (in_place)
        file->stream = fopen(file->path, "we");
    if (in_place ? file->stream != NULL : open_beside(file))
        return file;
    display_error("%s: cannot be written: %s", path, strerror(errno));
    file_free(file);
    return NULL;
}

FILE *new_file_stream(const struct new_file *file)
{
    return file->stream;
}

bool new_file_keep_access(const struct new_file *file)
{
    struct stat status;

    if (file->temporary == NULL || stat(file->path, &status) != 0)
        return true;
    int fd = fileno(file->stream);
    /* The owner first: a change of it takes bits of the mode away. */
    if (fchown(fd, status.st_uid, status.st_gid) == 0 && fchmod(fd, status.st_mode & 07777) == 0)
        return true;
    display_error("%s: a new one cannot have its owner and mode: %s; next: run this as its owner or as root", file->path,
                  strerror(errno));
    return false;
}

/* The name is safe only once the folder is; a file system that cannot do that has done what it can. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? text_copy(".") : text_format("%.*s", (int) (slash - path) + 1, path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    free(folder);
    if (fd < 0)
        return;
    (void) fsync(fd);
    close(fd);
}

bool new_file_finish(struct new_file *file)
{
    bool written = ferror(file->stream) == 0 && fflush(file->stream) == 0;

    if (file->temporary != NULL)
        written = written && fsync(fileno(file->stream)) == 0;
    int reason = errno;
    if (fclose(file->stream) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written && file->temporary != NULL && rename(file->temporary, file->path) != 0) {
        written = false;
        reason = errno;
    }
    if (!written)
        display_error("%s: cannot be written: %s", file->path, strerror(reason));
    if (!written && file->temporary != NULL)
        unlink(file->temporary);
    if (written && file->temporary != NULL)
        sync_folder(file->path);
    file_free(file);
    return written;
}

void new_file_discard(struct new_file *file)
{
    (void) fclose(file->stream);
    if (file->temporary != NULL)
        unlink(file->temporary);
    file_free(file);
}
