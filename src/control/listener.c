/* SPDX-License-Identifier: MIT */
#include "control/listener.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PENDING_CONNECTIONS = 16 };

/* What stands in the way at path: NULL if it was a socket that nobody listens to any more and is now removed. */
static char *remove_stale(const char *path, const struct sockaddr_un *address)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? NULL : text_format("%s: %s", path, strerror(errno));
    if (!S_ISSOCK(status.st_mode))
        return text_format("%s: in the way, and no socket; next: look what it is and remove it", path);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return text_format("%s: %s", path, strerror(errno));
    int result = connect(fd, (const struct sockaddr *) address, sizeof *address);
    int reason = errno;
    (void) close(fd);

    /* EAGAIN: somebody listens who has more callers than he can take. */
    if (result == 0 || reason == EAGAIN)
        return text_format("%s: another springparkd runs here; next: systemctl status springparkd", path);
    if (reason != ECONNREFUSED && reason != ENOENT)
        return text_format("%s: cannot tell whether another springparkd runs here: %s", path, strerror(reason));
    if (unlink(path) != 0 && errno != ENOENT)
        return text_format("%s: cannot remove the socket that an earlier run left: %s", path, strerror(errno));
    log_info("control", "%s was left by an earlier run; replaced", path);
    return NULL;
}

static char *bind_socket(int fd, const char *path, const struct sockaddr_un *address)
{
    /* Twice at most: a second EADDRINUSE means that somebody else was faster. */
    for (int attempt = 0; attempt < 2; attempt++) {
        if (bind(fd, (const struct sockaddr *) address, sizeof *address) == 0)
            return NULL;
        if (errno != EADDRINUSE || attempt > 0)
            break;
        char *error = remove_stale(path, address);
        if (error != NULL)
            return error;
    }
    return text_format("cannot make the socket %s: %s; next: is its folder there, and may this user write there?", path,
                       strerror(errno));
}

char *listener_open(struct listener *listener, const char *directory, const char *name, mode_t mode)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;
    char *path = text_format("%s/%s", directory, name);
    char *error = NULL;
    int fd = -1;

    *listener = (struct listener) {.fd = -1};
    if (strlen(path) >= sizeof address.sun_path) {
        error = text_format("%s: longer than a socket's name may be (%zu characters); next: choose a shorter folder",
                            path, sizeof address.sun_path - 1);
        goto failed;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* The mode of the descriptor bounds that of the name, so it is at no moment wider than wanted (unix(7)). */
    if (fd < 0 || fchmod(fd, mode) != 0) {
        error = text_format("cannot make the socket %s: %s", path, strerror(errno));
        goto failed;
    }
    error = bind_socket(fd, path, &address);
    if (error != NULL)
        goto failed;
    /* Before listen, so that nobody is refused by the umask that was. */
    if (chmod(path, mode) != 0 || lstat(path, &status) != 0 || listen(fd, PENDING_CONNECTIONS) != 0) {
        error = text_format("cannot make the socket %s: %s", path, strerror(errno));
        (void) unlink(path);
        goto failed;
    }
    *listener = (struct listener) {.fd = fd, .path = path, .device = status.st_dev, .inode = status.st_ino};
    return NULL;

failed:
    if (fd >= 0)
        (void) close(fd);
    free(path);
    return error;
}

void listener_close(struct listener *listener)
{
    struct stat status;

    if (listener->fd < 0)
        return;
    if (lstat(listener->path, &status) == 0 && status.st_dev == listener->device && status.st_ino == listener->inode)
        (void) unlink(listener->path);
    (void) close(listener->fd);
    free(listener->path);
    *listener = (struct listener) {.fd = -1};
}
