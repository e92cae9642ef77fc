/* SPDX-License-Identifier: MIT */
#include "reader/nfc_holder.h"

#include "base/memory.h"
#include "reader/nfc_proc.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const struct nfc_roots nfc_roots_real = {
    .dev = "/dev",
    .proc = "/proc",
    .sys = "/sys",
    .locks = { "/run/lock", "/var/lock" },
};

/* A node with all that is asked of it. */
struct node {
    const char *path;   /* as the connection has it */
    char *real;         /* without symbolic links; path if there is no such file */
    const char *name;   /* the last part of real */
    dev_t device;       /* 0: not there, or no character device */
    dev_t system;       /* the file system that the node itself is in, */
    ino_t inode;        /* and its number there */
};

static void node_open(struct node *node, const struct nfc_place *place)
{
    struct stat status;

    node->path = place->node;
    node->real = realpath(place->node, NULL);
    if (node->real == NULL)
        node->real = text_copy(place->node);
    const char *slash = strrchr(node->real, '/');
    node->name = slash != NULL ? slash + 1 : node->real;
    bool there = stat(node->real, &status) == 0;
    node->device = there && S_ISCHR(status.st_mode) ? status.st_rdev : 0;
    node->system = there ? status.st_dev : 0;
    node->inode = there ? status.st_ino : 0;
}

static void node_close(struct node *node)
{
    free(node->real);
}

bool nfc_holder_read_link(const char *path, char *name, size_t size_bytes)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);

    if (length <= 0)
        return false;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    (void) snprintf(name, size_bytes, "%s", slash != NULL ? slash + 1 : target);
    return name[0] != '\0';
}

char *nfc_holder_user(void)
{
    struct passwd entry, *found = NULL;
    char room[4096];

    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found != NULL)
        return text_copy(found->pw_name);
    return text_format("with number %lu", (unsigned long) geteuid());
}

/*
 * The process number in a UUCP lock file (FHS 3.0, 5.9): ten characters in ASCII and a line feed, or, as older
 * programs have it, an int of this machine. 0: neither.
 */
static pid_t pid_of_lock(const char *bytes, size_t count)
{
    int binary;
    char *end;
    long number = strtol(bytes, &end, 10);

    if (end != bytes && (*end == '\n' || *end == ' ' || *end == '\0'))
        return number > 0 && number <= INT_MAX ? (pid_t) number : 0;
    if (count != sizeof binary)
        return 0;
    memcpy(&binary, bytes, sizeof binary);
    return binary > 0 ? binary : 0;
}

/* Signal 0 is answered for processes that /proc does not show to us as well: EPERM. */
static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

static char *find_lock_by_name(const struct nfc_roots *roots, const char *folder, const char *name,
                               const struct node *node)
{
    char bytes[64], *said = NULL;
    struct nfc_process process;
    char *path = text_format("%s/LCK..%s", folder, name);
    size_t count = nfc_proc_read(path, bytes, sizeof bytes);
    pid_t pid = pid_of_lock(bytes, count);

    if (pid != 0 && pid != getpid() && is_alive(pid)) {
        nfc_proc_name(roots->proc, pid, &process);
        said = text_format("%s (process %ld) has locked %s by the file %s; next: end it", process.name, (long) pid,
                           node->path, path);
    }
    free(path);
    return said;
}

/* Programs name the file after the node that they were given, which may be a link to it. */
static char *find_lock_file(const struct nfc_roots *roots, const struct node *node)
{
    const char *slash = strrchr(node->path, '/');
    const char *names[] = { node->name, slash != NULL ? slash + 1 : node->path };
    char *said = NULL;

    for (size_t folder = 0; folder < sizeof roots->locks / sizeof roots->locks[0]; folder++)
        for (size_t name = 0; name < sizeof names / sizeof names[0] && said == NULL; name++)
            said = find_lock_by_name(roots, roots->locks[folder], names[name], node);
    return said;
}

static char *find_login(const struct nfc_roots *roots, const struct node *node)
{
    struct nfc_process process;

    if (node->device == 0 || !nfc_proc_find_terminal(roots->proc, node->device, &process))
        return NULL;
    return text_format("a login runs on %s (%s, process %ld); next: systemctl disable --now serial-getty@%s, and take "
                       "console= of this line from the kernel's command line",
                       node->path, process.name, (long) process.pid, node->name);
}

/* A line of /proc/consoles: "ttyS0 -W- (EC p a) 4:64". */
static char *find_console(const struct nfc_roots *roots, const struct node *node)
{
    char text[2048];
    char *path = text_format("%s/consoles", roots->proc), *rest = NULL;

    (void) nfc_proc_read(path, text, sizeof text);
    free(path);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        unsigned first, second;
        const char *numbers = strrchr(line, ' ');
        if (numbers != NULL && sscanf(numbers, " %u:%u", &first, &second) == 2 && node->device != 0
            && makedev(first, second) == node->device)
            return text_format("the kernel writes its messages to %s; next: take console= of this line from the "
                               "kernel's command line", node->path);
    }
    return NULL;
}

static char *find_lock(const struct nfc_roots *roots, const struct node *node)
{
    struct nfc_process process;

    if (node->inode == 0 || !nfc_proc_find_lock(roots->proc, node->system, node->inode, &process))
        return NULL;
    return text_format("%s (process %ld) has locked %s; next: end it, or give one of the two another line", process.name,
                       (long) process.pid, node->path);
}

static char *find_open(const struct nfc_roots *roots, const struct node *node, const char *next)
{
    struct nfc_process process;

    if (node->device == 0 || !nfc_proc_find_open(roots->proc, node->device, &process))
        return NULL;
    return text_format("%s (process %ld) has %s open; next: %s", process.name, (long) process.pid, node->path, next);
}

/* The chip as a device of the kernel: NUMBER-0024 on the bus i2c-NUMBER. */
static char *find_i2c_driver(const struct nfc_roots *roots, const struct node *node)
{
    char driver[64];
    unsigned bus;

    if (sscanf(node->name, "i2c-%u", &bus) != 1)
        return NULL;
    char *path = text_format("%s/bus/i2c/devices/%u-%04x/driver", roots->sys, bus, (unsigned) NFC_I2C_ADDRESS);
    bool found = nfc_holder_read_link(path, driver, sizeof driver);
    free(path);
    if (!found)
        return NULL;
    return text_format("the kernel module %s has the chip at address %02Xh of %s; next: modprobe -r %s, and see that "
                       "modprobe.d blocks it", driver, (unsigned) NFC_I2C_ADDRESS, node->path, driver);
}

static char *find_line_holder(const struct nfc_roots *roots, const struct node *node)
{
    char *said = find_lock_file(roots, node);

    if (said == NULL)
        said = find_login(roots, node);
    if (said == NULL)
        said = find_lock(roots, node);
    if (said == NULL)
        said = find_open(roots, node, "end it, or give one of the two another line");
    if (said == NULL)
        said = find_console(roots, node);
    return said;
}

char *nfc_holder_find(const struct nfc_roots *roots, const struct nfc_place *place)
{
    struct node node;
    char *said = NULL;

    if (place->kind == NFC_PLACE_NOWHERE)
        return NULL;
    if (place->kind == NFC_PLACE_USB)
        return nfc_holder_find_usb(roots, place);
    node_open(&node, place);
    if (place->kind == NFC_PLACE_SERIAL)
        said = find_line_holder(roots, &node);
    if (place->kind == NFC_PLACE_I2C)
        said = find_i2c_driver(roots, &node);
    if (said == NULL && place->kind != NFC_PLACE_SERIAL)
        said = find_lock(roots, &node);
    /* A bus is made to be shared; that somebody has it open need not be the trouble. */
    if (said == NULL && place->kind != NFC_PLACE_SERIAL)
        said = find_open(roots, &node, "end it if it is for the same chip");
    node_close(&node);
    return said;
}

char *nfc_holder_conflict(const struct nfc_roots *roots, const struct nfc_place *place)
{
    struct node node;

    if (place->kind != NFC_PLACE_SERIAL)
        return NULL;
    node_open(&node, place);
    char *said = find_lock_file(roots, &node);
    if (said == NULL)
        said = find_login(roots, &node);
    node_close(&node);
    return said;
}

/* Serial lines that the kernel gave to one of its own drivers (serdev) have no node at all. */
static char *find_serdev(const struct nfc_roots *roots, const struct node *node)
{
    char *folder = text_format("%s/bus/serial/devices", roots->sys), *said = NULL;
    DIR *entries = opendir(folder);

    for (struct dirent *entry = NULL; entries != NULL && said == NULL && (entry = readdir(entries)) != NULL;) {
        char driver[64];
        char *path = text_format("%s/%s/driver", folder, entry->d_name);
        if (entry->d_name[0] != '.' && nfc_holder_read_link(path, driver, sizeof driver))
            said = text_format("%s is not there, and the kernel driver %s has a serial line (%s) for itself; next: %s",
                               node->path, driver, entry->d_name,
                               strncmp(driver, "pn5", 3) == 0 ? "take the chip out of the device tree"
                               : strncmp(driver, "hci_uart", 8) == 0
                               ? "where that is a Raspberry Pi's Bluetooth: dtoverlay=disable-bt in "
                                 "/boot/firmware/config.txt, and reboot"
                               : "see what it is for");
        free(path);
    }
    if (entries != NULL)
        (void) closedir(entries);
    free(folder);
    return said;
}

char *nfc_holder_absence(const struct nfc_roots *roots, const struct nfc_place *place)
{
    static const char *const classes[] = {
        [NFC_PLACE_SERIAL] = "tty", [NFC_PLACE_I2C] = "i2c-dev", [NFC_PLACE_SPI] = "spidev" };
    struct node node;
    char *said = NULL;

    if (place->kind == NFC_PLACE_NOWHERE || place->kind == NFC_PLACE_USB)
        return NULL;
    node_open(&node, place);
    char *path = text_format("%s/class/%s/%s", roots->sys, classes[place->kind], node.name);
    if (access(path, F_OK) == 0)
        said = text_format("the kernel has %s, but this process does not see it, as with systemd's PrivateDevices=yes; "
                           "next: the drop-in springparkd-libnfc.conf", node.path);
    else if (place->kind == NFC_PLACE_SERIAL)
        said = find_serdev(roots, &node);
    free(path);
    node_close(&node);
    return said;
}
