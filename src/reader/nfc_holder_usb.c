/* SPDX-License-Identifier: MIT */
/* Linux shows each USB device and its interfaces under /sys/bus/usb/devices, with the driver of each interface. */
#include "reader/nfc_holder.h"

#include "base/memory.h"
#include "reader/nfc_proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct usb_device {
    const char *name;      /* "1-1.4" */
    unsigned bus, device;
    char *node;            /* /dev/bus/usb/001/004 */
};

/* A number in a file of /sys; false if it is none. */
static bool read_number(const char *folder, const char *name, const char *file, int base, unsigned *number)
{
    char text[32], *end;
    char *path = text_format("%s/%s/%s", folder, name, file);

    (void) nfc_proc_read(path, text, sizeof text);
    free(path);
    unsigned long read = strtoul(text, &end, base);
    *number = (unsigned) read;
    return end != text && (*end == '\n' || *end == '\0') && read <= 0xFFFF;
}

/* Whether that entry is a device (and no interface) of the place. */
static bool read_device(const char *folder, const char *name, const struct nfc_place *place, struct usb_device *device)
{
    unsigned vendor, product;

    if (name[0] == '.' || !read_number(folder, name, "busnum", 10, &device->bus)
        || !read_number(folder, name, "devnum", 10, &device->device))
        return false;
    device->name = name;
    if (place->numbered)
        return device->bus == place->usb_bus && device->device == place->usb_device;
    return read_number(folder, name, "idVendor", 16, &vendor) && read_number(folder, name, "idProduct", 16, &product)
        && nfc_place_knows_usb(place, (uint16_t) vendor, (uint16_t) product);
}

/* The driver of the device's first interface that has one: 1-1.4:1.0, 1-1.4:1.1... */
static bool find_driver(const char *folder, const struct usb_device *device, char *driver, size_t size_bytes)
{
    size_t length = strlen(device->name);
    DIR *entries = opendir(folder);
    bool found = false;

    for (struct dirent *entry = NULL; entries != NULL && !found && (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, device->name, length) != 0 || entry->d_name[length] != ':')
            continue;
        char *path = text_format("%s/%s/driver", folder, entry->d_name);
        found = nfc_holder_read_link(path, driver, size_bytes);
        free(path);
    }
    if (entries != NULL)
        (void) closedir(entries);
    return found;
}

/* usbfs: a process has claimed it. Whose descriptors we may not see is guessed at by its name only if that is pcscd. */
static char *say_process(const struct nfc_roots *roots, const struct usb_device *device)
{
    struct nfc_process process = { 0 };
    struct stat status;
    bool seen = stat(device->node, &status) == 0 && S_ISCHR(status.st_mode)
        && nfc_proc_find_open(roots->proc, status.st_rdev, &process);

    if (!seen && !nfc_proc_find_name(roots->proc, "pcscd", &process))
        return text_format("another program has the USB device %03u:%03u; next: find it by fuser -v %s (as root)",
                           device->bus, device->device, device->node);
    if (strcmp(process.name, "pcscd") == 0)
        return text_format("pcscd (process %ld) %s the USB device %03u:%03u; next: read it with driver = \"pcsc\", or "
                           "systemctl disable --now pcscd.socket pcscd.service",
                           (long) process.pid, seen ? "has" : "probably has", device->bus, device->device);
    return text_format("%s (process %ld) has the USB device %03u:%03u; next: end it", process.name, (long) process.pid,
                       device->bus, device->device);
}

static char *say_device(const struct nfc_roots *roots, const char *folder, const struct usb_device *device)
{
    char driver[64];

    if (find_driver(folder, device, driver, sizeof driver)) {
        if (strcmp(driver, "usbfs") == 0)
            return say_process(roots, device);
        return text_format("the kernel module %s has the USB device %03u:%03u; next: modprobe -r %s, and see that "
                           "modprobe.d blocks it", driver, device->bus, device->device, driver);
    }
    if (access(device->node, R_OK | W_OK) == 0)
        return NULL;
    char *user = nfc_holder_user();
    char *said = text_format("the user %s may not open the USB device %03u:%03u (%s); next: see that the rules of udev "
                             "give it to a group of that user (60-springpark-nfc.rules), and that DeviceAllow= of the "
                             "service has char-usb_device", user, device->bus, device->device, device->node);
    free(user);
    return said;
}

char *nfc_holder_find_usb(const struct nfc_roots *roots, const struct nfc_place *place)
{
    char *folder = text_format("%s/bus/usb/devices", roots->sys), *said = NULL;
    DIR *entries = opendir(folder);

    for (struct dirent *entry = NULL; entries != NULL && said == NULL && (entry = readdir(entries)) != NULL;) {
        struct usb_device device = { 0 };
        if (!read_device(folder, entry->d_name, place, &device))
            continue;
        device.node = text_format("%s/bus/usb/%03u/%03u", roots->dev, device.bus, device.device);
        said = say_device(roots, folder, &device);
        free(device.node);
    }
    if (entries != NULL)
        (void) closedir(entries);
    free(folder);
    return said;
}
