/* SPDX-License-Identifier: MIT */
#include "reader/nfc_usb_watch.h"

#include "base/memory.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

struct nfc_usb_watch {
    int fd;
};

static void watch_folder(int fd, const char *path)
{
    (void) inotify_add_watch(fd, path, IN_CREATE | IN_DELETE | IN_ATTRIB);
}

struct nfc_usb_watch *nfc_usb_watch_create(const char *usb_folder)
{
    struct nfc_usb_watch *watch = memory_zeroed(1, sizeof *watch);
    const struct dirent *entry;

    watch->fd = -1;
    DIR *folder = opendir(usb_folder);
    if (folder == NULL)
        return watch;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch_folder(watch->fd, usb_folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = text_format("%s/%s", usb_folder, entry->d_name);
        watch_folder(watch->fd, path);
        free(path);
    }
    closedir(folder);
    return watch;
}

void nfc_usb_watch_free(struct nfc_usb_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
}

int nfc_usb_watch_fd(const struct nfc_usb_watch *watch)
{
    return watch->fd;
}
