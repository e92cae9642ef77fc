/* SPDX-License-Identifier: MIT */
/*
 * A listening socket with a name in the file system. Main thread; never blocks for long: it asks a socket that is
 * already there once whether somebody listens.
 */
#ifndef SPRINGPARK_CONTROL_LISTENER_H
#define SPRINGPARK_CONTROL_LISTENER_H

#include <sys/types.h>

struct listener {
    int fd;             /* -1 = none */
    char *path;
    dev_t device;       /* of the name that we made, so that only that is removed */
    ino_t inode;
};

/* Listens at directory/name with that mode, whatever the umask is. Returns NULL, or what is wrong (the caller frees it;
 * the listener needs no listener_close then). */
char *listener_open(struct listener *listener, const char *directory, const char *name, mode_t mode);
void listener_close(struct listener *listener);

#endif
