/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the functions of libudev that pcscd uses, for LD_PRELOAD: readers are plugged and unplugged by
 * datagrams "add N" and "remove N" (N = 0 to 9) on the Unix socket named by FAKEUDEV_SOCKET. The devices have the
 * vendor and product numbers below, the serial number SN000N and the device node FAKEUDEV_NODES/N, which libifdsim
 * makes its socket.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define VENDOR "f0f0"
#define PRODUCT "0001"

struct udev_device {
    int number;
    bool added;
    char node[128];
    char name[16];
    char serial[16];
};

static int the_object;   /* what the opaque pointers point at */
static int the_socket = -1;

void *udev_new(void);
void *udev_unref(void *udev);
void *udev_enumerate_new(void *udev);
int udev_enumerate_add_match_subsystem(void *enumerate, const char *subsystem);
int udev_enumerate_scan_devices(void *enumerate);
void *udev_enumerate_get_list_entry(void *enumerate);
void *udev_enumerate_unref(void *enumerate);
void *udev_list_entry_get_next(void *entry);
const char *udev_list_entry_get_name(void *entry);
void *udev_monitor_new_from_netlink(void *udev, const char *name);
int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *subsystem, const char *type);
int udev_monitor_enable_receiving(void *monitor);
int udev_monitor_get_fd(void *monitor);
struct udev_device *udev_monitor_receive_device(void *monitor);
struct udev_device *udev_device_new_from_syspath(void *udev, const char *path);
struct udev_device *udev_device_unref(struct udev_device *device);
struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *device, const char *subsystem,
                                                                  const char *type);
const char *udev_device_get_action(struct udev_device *device);
const char *udev_device_get_devnode(struct udev_device *device);
const char *udev_device_get_sysname(struct udev_device *device);
const char *udev_device_get_sysattr_value(struct udev_device *device, const char *attribute);

void *udev_new(void)
{
    return &the_object;
}

void *udev_unref(void *udev)
{
    (void) udev;
    return NULL;
}

/* Nothing is plugged at the start. */
void *udev_enumerate_new(void *udev)
{
    (void) udev;
    return &the_object;
}

int udev_enumerate_add_match_subsystem(void *enumerate, const char *subsystem)
{
    (void) enumerate;
    (void) subsystem;
    return 0;
}

int udev_enumerate_scan_devices(void *enumerate)
{
    (void) enumerate;
    return 0;
}

void *udev_enumerate_get_list_entry(void *enumerate)
{
    (void) enumerate;
    return NULL;
}

void *udev_enumerate_unref(void *enumerate)
{
    (void) enumerate;
    return NULL;
}

void *udev_list_entry_get_next(void *entry)
{
    (void) entry;
    return NULL;
}

const char *udev_list_entry_get_name(void *entry)
{
    (void) entry;
    return NULL;
}

void *udev_monitor_new_from_netlink(void *udev, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("FAKEUDEV_SOCKET");

    (void) udev;
    (void) name;
    if (path == NULL || strlen(path) >= sizeof address.sun_path)
        return NULL;
    memcpy(address.sun_path, path, strlen(path));
    (void) unlink(path);
    the_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (the_socket < 0 || bind(the_socket, (struct sockaddr *) &address, sizeof address) != 0)
        return NULL;
    return &the_object;
}

int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *subsystem, const char *type)
{
    (void) monitor;
    (void) subsystem;
    (void) type;
    return 0;
}

int udev_monitor_enable_receiving(void *monitor)
{
    (void) monitor;
    return 0;
}

int udev_monitor_get_fd(void *monitor)
{
    (void) monitor;
    return the_socket;
}

struct udev_device *udev_monitor_receive_device(void *monitor)
{
    char text[32] = "";
    char action[8];
    int number;
    const char *nodes = getenv("FAKEUDEV_NODES");

    (void) monitor;
    if (recv(the_socket, text, sizeof text - 1, 0) <= 0 || sscanf(text, "%7s %d", action, &number) != 2
        || number < 0 || number > 9 || nodes == NULL)
        return NULL;
    struct udev_device *device = calloc(1, sizeof *device);
    if (device == NULL)
        abort();
    device->number = number;
    device->added = strcmp(action, "add") == 0;
    snprintf(device->node, sizeof device->node, "%s/%d", nodes, number);
    snprintf(device->name, sizeof device->name, "1-%d:1.0", number);
    snprintf(device->serial, sizeof device->serial, "SN%04d", number);
    return device;
}

struct udev_device *udev_device_new_from_syspath(void *udev, const char *path)
{
    (void) udev;
    (void) path;
    return NULL;
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
    free(device);
    return NULL;
}

struct udev_device *udev_device_get_parent_with_subsystem_devtype(struct udev_device *device, const char *subsystem,
                                                                  const char *type)
{
    (void) subsystem;
    (void) type;
    return device;
}

const char *udev_device_get_action(struct udev_device *device)
{
    return device->added ? "add" : "remove";
}

const char *udev_device_get_devnode(struct udev_device *device)
{
    return device->node;
}

const char *udev_device_get_sysname(struct udev_device *device)
{
    return device->name;
}

const char *udev_device_get_sysattr_value(struct udev_device *device, const char *attribute)
{
    if (strcmp(attribute, "idVendor") == 0)
        return VENDOR;
    if (strcmp(attribute, "idProduct") == 0)
        return PRODUCT;
    if (strcmp(attribute, "serial") == 0)
        return device->serial;
    if (strcmp(attribute, "bInterfaceNumber") == 0)
        return "00";
    return NULL;
}
