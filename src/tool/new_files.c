/* SPDX-License-Identifier: MIT */
#include "tool/new_files.h"

#include "base/memory.h"
#include "tool/display.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct one_file {
    FILE *stream;
    char *path;         /* where it is to be */
    char *temporary;    /* where it is; a name that begins with a dot */
};

struct new_files {
    char *folder;
    struct one_file *list;
    size_t count;
    sigset_t mask;      /* as it was */
};

/* --- the folder and the signals ----------------------------------------------------------------------------------- */

static bool make_folder(const char *folder)
{
    struct stat status;

    if (mkdir(folder, 0700) == 0 && chmod(folder, 0700) == 0) /* whatever the umask says */
        return true;
    if (errno == EEXIST && stat(folder, &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    display_error("%s: this folder cannot be made: %s; next: %s", folder,
                  errno == EEXIST ? "a file of that name is there" : strerror(errno),
                  errno == ENOENT ? "make the folder above it" : "name another one with --directory");
    return false;
}

struct new_files *new_files_create(const char *folder)
{
    sigset_t wait;

    if (!make_folder(folder))
        return NULL;
    struct new_files *files = memory_zeroed(1, sizeof *files);
    files->folder = text_copy(folder);
    sigemptyset(&wait);
    sigaddset(&wait, SIGINT);
    sigaddset(&wait, SIGTERM);
    sigaddset(&wait, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &wait, &files->mask);
    return files;
}

static void set_free(struct new_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->list[i].path);
        free(files->list[i].temporary);
    }
    pthread_sigmask(SIG_SETMASK, &files->mask, NULL);
    free(files->list);
    free(files->folder);
    free(files);
}

/* --- the files ---------------------------------------------------------------------------------------------------- */

static void complain(const char *path, int reason)
{
    if (reason == EEXIST)
        display_error("%s: is there already and stays as it is; next: move it away, or name another --directory", path);
    else
        display_error("%s: cannot be written: %s", path, strerror(reason));
}

static bool open_temporary(struct one_file *file, mode_t mode)
{
    int fd = mkostemp(file->temporary, O_CLOEXEC);

    if (fd < 0)
        return false;
    if (fchmod(fd, mode) == 0)
        file->stream = fdopen(fd, "w");
    if (file->stream != NULL)
        return true;
    int reason = errno;
    close(fd);
    unlink(file->temporary);
    errno = reason;
    return false;
}

FILE *new_files_add(struct new_files *files, const char *name, mode_t mode)
{
    struct one_file file = { .path = text_format("%s/%s", files->folder, name),
                             .temporary = text_format("%s/.%s.XXXXXX", files->folder, name) };
    struct stat status;
    bool there = lstat(file.path, &status) == 0; /* seen early; what counts is the rename at the end */

    if (!there && open_temporary(&file, mode)) {
        files->list = memory_resize(files->list, files->count + 1, sizeof *files->list);
        files->list[files->count++] = file;
        return file.stream;
    }
    complain(file.path, there ? EEXIST : errno);
    free(file.path);
    free(file.temporary);
    return NULL;
}

/* Its content is safe on the disk after this. */
static bool close_written(struct one_file *file)
{
    bool written = ferror(file->stream) == 0 && fflush(file->stream) == 0 && fsync(fileno(file->stream)) == 0;
    int reason = errno;

    if (fclose(file->stream) != 0 && written) {
        written = false;
        reason = errno;
    }
    file->stream = NULL;
    if (!written)
        complain(file->path, reason);
    return written;
}

/* Without overwriting, which not each file system can do in a rename; link does the same in two steps. */
static bool put_in_place(const struct one_file *file)
{
    if (renameat2(AT_FDCWD, file->temporary, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
        return true;
    if ((errno == EINVAL || errno == ENOSYS) && link(file->temporary, file->path) == 0) {
        unlink(file->temporary);
        return true;
    }
    complain(file->path, errno);
    return false;
}

static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void) fsync(fd);
    close(fd);
}

bool new_files_finish(struct new_files *files)
{
    size_t placed = 0;
    bool good = true;

    for (size_t i = 0; i < files->count; i++)
        good = close_written(&files->list[i]) && good;
    while (good && placed < files->count) {
        good = put_in_place(&files->list[placed]);
        placed += good;
    }
    for (size_t i = 0; !good && i < files->count; i++)
        unlink(i < placed ? files->list[i].path : files->list[i].temporary);
    sync_folder(files->folder);
    set_free(files);
    return good;
}

void new_files_discard(struct new_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        (void) fclose(files->list[i].stream);
        unlink(files->list[i].temporary);
    }
    set_free(files);
}
