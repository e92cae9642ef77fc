/* SPDX-License-Identifier: MIT */
/*
 * flock(2) on the device node keeps away whoever asks for it: another springparkd, pyserial (exclusive=True), picocom.
 * TIOCEXCL (ioctl_tty(2)) keeps everybody but root away from a serial line, even our own helper, which opens it by its
 * name; so it is set once the helper has it. libnfc's own mark, bit 31 of c_iflag, does not stick: a second libnfc
 * opens the line all the same.
 */
#include "reader/nfc_lock.h"

#include "base/memory.h"
#include "reader/nfc_holder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GID_UNKNOWN = 65534 };  /* "nogroup": what a user namespace shows for a group that it has not */

struct nfc_lock {
    int fd;       /* -1: no node */
    bool serial;
};

/* NULL if the group has no name. */
static char *group_name(gid_t gid)
{
    struct group entry, *found = NULL;
    char room[16384];

    if (getgrgid_r(gid, &entry, room, sizeof room, &found) != 0 || found == NULL)
        return NULL;
    return text_copy(found->gr_name);
}

static char *say_not_there(const struct nfc_place *place)
{
    static const char *const next[] = {
        [NFC_PLACE_SERIAL] = "plug it in, or switch the UART on (raspi-config), and see ls /dev/serial/by-id /dev/tty*",
        [NFC_PLACE_I2C] = "switch I2C on (raspi-config, or dtparam=i2c_arm=on), load i2c-dev, and see ls /dev/i2c-*",
        [NFC_PLACE_SPI] = "switch SPI on (raspi-config, or dtparam=spi=on), and see ls /dev/spidev*",
    };
    char *why = nfc_holder_absence(&nfc_roots_real, place);

    if (why != NULL)
        return why;
    if (place->colon)
        return text_format("%s is not there: libnfc ends the name of a device at a colon; next: write a name without "
                           "one (/dev/ttyUSB0, or a link of /dev/serial/by-id)", place->node);
    return text_format("%s is not there; next: %s", place->node, next[place->kind]);
}

static char *say_not_in_group(const char *user, const char *node, gid_t gid)
{
    char *group = group_name(gid);

    if (group == NULL)
        group = text_format("%lu", (unsigned long) gid);
    char *said = text_format("the user %s may not open %s, for it is not in the group %s; next: add the user to the "
                             "group %s (SupplementaryGroups= in the drop-in springparkd-libnfc.conf, or usermod -aG %s "
                             "%s) and restart the service", user, node, group, group, group, user);
    free(group);
    return said;
}

static char *say_not_allowed(const struct nfc_place *place)
{
    struct stat status;
    char *user = nfc_holder_user(), *said;

    if (stat(place->node, &status) < 0)
        said = text_format("the user %s may not look at %s: %s; next: let that user through the folders above it", user,
                           place->node, strerror(errno));
    else if (status.st_gid == GID_UNKNOWN)
        said = text_format("the user %s may not open %s, and which group may is not seen from here (systemd's "
                           "PrivateUsers=yes); next: see ls -l %s, and add that group to SupplementaryGroups= in the "
                           "drop-in springparkd-libnfc.conf", user, place->node, place->node);
    else if (status.st_gid == 0 || (status.st_mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP))
        said = text_format("the user %s may not open %s, for only root may; next: a rule of udev that gives it a group "
                           "(GROUP=\"springpark\", MODE=\"0660\")", user, place->node);
    else
        said = say_not_in_group(user, place->node, status.st_gid);
    free(user);
    return said;
}

static char *say_busy(const struct nfc_place *place, const char *what)
{
    char *who = nfc_holder_find(&nfc_roots_real, place);
    char *said;

    if (who != NULL)
        said = text_format("%s %s: %s", place->node, what, who);
    else
        said = text_format("%s %s, and /proc does not tell by whom; next: fuser -v %s (as root), and see that no other "
                           "reader of the configuration has it", place->node, what, place->node);
    free(who);
    return said;
}

static char *say_why_not(const struct nfc_place *place, int error)
{
    if (error == ENOENT)
        return say_not_there(place);
    if (error == EACCES)
        return say_not_allowed(place);
    if (error == EPERM)
        return text_format("the service may not open %s, whoever it belongs to; next: DeviceAllow= in the drop-in "
                           "springparkd-libnfc.conf", place->node);
    if (error == EBUSY)
        return say_busy(place, "is taken");
    if (error == ENXIO || error == ENODEV)
        return text_format("nothing is behind %s: the system knows no such device; next: see that it is plugged in and "
                           "switched on in the firmware's settings", place->node);
    if (error == EISDIR)
        return text_format("%s is no device; next: correct readers.connection", place->node);
    return text_format("%s cannot be opened: %s; next: correct readers.connection, or see the kernel's log",
                       place->node, strerror(error));
}

/* The descriptor of the node, locked; -1 and *reason if it is not to be had. */
static int take_node(const struct nfc_place *place, char **reason)
{
    struct stat status;
    int fd = open(place->node, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        *reason = say_why_not(place, errno);
        return -1;
    }
    if (fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode))
        *reason = say_why_not(place, EISDIR);
    else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        *reason = say_busy(place, "is locked");
    else
        *reason = nfc_holder_conflict(&nfc_roots_real, place);
    if (*reason == NULL)
        return fd;
    (void) close(fd);
    return -1;
}

struct nfc_lock *nfc_lock_take(const char *connection, char **reason)
{
    struct nfc_place place;
    int fd = -1;

    *reason = NULL;
    nfc_place_read(connection, &place);
    if (place.kind != NFC_PLACE_NOWHERE && place.kind != NFC_PLACE_USB && (fd = take_node(&place, reason)) < 0)
        return NULL;
    struct nfc_lock *lock = memory_zeroed(1, sizeof *lock);
    lock->fd = fd;
    lock->serial = fd >= 0 && isatty(fd);
    return lock;
}

/* A line that was unplugged refuses both; the helper notices that by itself. */
void nfc_lock_close_door(struct nfc_lock *lock)
{
    if (lock->serial)
        (void) ioctl(lock->fd, TIOCEXCL);
}

void nfc_lock_open_door(struct nfc_lock *lock)
{
    if (lock->serial)
        (void) ioctl(lock->fd, TIOCNXCL);
}

void nfc_lock_release(struct nfc_lock *lock)
{
    if (lock == NULL)
        return;
    nfc_lock_open_door(lock);
    if (lock->fd >= 0)
        (void) close(lock->fd);
    free(lock);
}

char *nfc_lock_holder(const char *connection)
{
    struct nfc_place place;

    nfc_place_read(connection, &place);
    return nfc_holder_find(&nfc_roots_real, &place);
}
