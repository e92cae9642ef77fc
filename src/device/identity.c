/* SPDX-License-Identifier: MIT */
#include "device/identity.h"

#include "base/hex.h"
#include "base/log.h"
#include "base/memory.h"
#include "device/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-id128.h>

enum { SERIAL_DIGITS = 8, HARDWARE_MAX_BYTES = 64 };

/* The device tree of a Raspberry Pi and its like, then what the maker of a PC wrote into its firmware. In /sys, for the
 * unit's /proc has no device tree. */
static const char *const hardware_files[] = {
    "/sys/firmware/devicetree/base/model", "/sys/class/dmi/id/product_name", NULL,
};

/* Random once, constant for ever: one for each thing that is derived from the machine id. */
static const sd_id128_t serial_application = { .bytes = { 0x5A, 0x1C, 0x90, 0xE7, 0x2F, 0x44, 0x4B, 0x0D, 0x9E, 0x63,
                                                          0x7B, 0xC2, 0x18, 0xF5, 0xA9, 0x31 } };
static const sd_id128_t unique_application = { .bytes = { 0xC4, 0x07, 0x3E, 0x5B, 0x81, 0xD9, 0x42, 0x6A, 0xB7, 0x2C,
                                                          0xF0, 0x1E, 0x95, 0x68, 0x33, 0xDE } };

/*
 * An id of this machine, this purpose and this instance; the machine id cannot be found from it. The instance's name
 * is folded into the application id, and systemd's keyed hash does the rest.
 */
static bool machine_id(sd_id128_t application, const char *instance, sd_id128_t *id)
{
    for (size_t i = 0; instance[i] != '\0'; i++)
        application.bytes[i % sizeof application.bytes] ^= (uint8_t) instance[i];
    return sd_id128_get_machine_app_specific(application, id) >= 0;
}

static sd_id128_t id_for(sd_id128_t application, const char *instance, const char *what)
{
    sd_id128_t id;

    if (machine_id(application, instance, &id))
        return id;
    log_warning("identity", "this machine has no machine id, so %s changes with each start; next: run"
                            " systemd-machine-id-setup", what);
    if (getrandom(id.bytes, sizeof id.bytes, 0) != (ssize_t) sizeof id.bytes)
        memset(id.bytes, 0, sizeof id.bytes);
    return id;
}

static char *serial_of_machine(const char *instance)
{
    sd_id128_t id = id_for(serial_application, instance, "the serial number (device.serial)");

    return hex_from_bytes(id.bytes, SERIAL_DIGITS / 2);
}

static char *unique_id_of_machine(const char *instance)
{
    sd_id128_t id = id_for(unique_application, instance, "the unique id");

    return hex_guid(id.bytes);
}

/* Whether a CN can stand in a topic: it becomes the device id. */
static bool usable_as_serial(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char) *c <= 0x20 || (unsigned char) *c > 0x7E || strchr("+#/", *c) != NULL)
            return false;
    }
    return *text != '\0';
}

static char *serial_for(const struct settings *settings, const char *certificate_cn)
{
    if (*settings->serial != '\0')
        return text_copy(settings->serial);
    if (certificate_cn != NULL && usable_as_serial(certificate_cn))
        return text_copy(certificate_cn);
    if (certificate_cn != NULL)
        log_warning("identity", "the client certificate's CN cannot stand in a topic, so the serial number comes from"
                                " the machine id; next: set device.serial");
    return serial_of_machine(settings->instance);
}

char *identity_read_hardware(const char *const *paths)
{
    char name[HARDWARE_MAX_BYTES + 1] = { 0 };

    for (; *paths != NULL && name[0] == '\0'; paths++) {
        FILE *file = fopen(*paths, "re");

        if (file == NULL)
            continue;
        size_t size_bytes = fread(name, 1, HARDWARE_MAX_BYTES, file);
        fclose(file);
        name[size_bytes] = '\0';
        name[strcspn(name, "\r\n")] = '\0';
    }
    for (char *c = name; *c != '\0'; c++) {
        if ((unsigned char) *c < 0x20 || (unsigned char) *c > 0x7E)
            *c = '?';
    }
    return name[0] == '\0' ? NULL : text_copy(name);
}

struct identity *identity_create(const struct settings *settings, const char *certificate_cn, const char *thing)
{
    struct identity *identity = memory_zeroed(1, sizeof *identity);

    identity->serial = serial_for(settings, thing == NULL ? certificate_cn : NULL);
    const char *name = thing != NULL ? thing : identity->serial;
    identity->client_id = text_copy(*settings->mqtt.client_id != '\0' ? settings->mqtt.client_id : name);
    identity->device_id = text_copy(*settings->mqtt.device_id != '\0' ? settings->mqtt.device_id : name);
    identity->unique_id = unique_id_of_machine(settings->instance);
    identity->hardware = identity_read_hardware(hardware_files);
    identity->set_ip_address = *settings->ipv4_address == '\0' ? NULL : text_copy(settings->ipv4_address);
    identity_refresh_network(identity);
    return identity;
}

void identity_free(struct identity *identity)
{
    if (identity == NULL)
        return;
    free(identity->serial);
    free(identity->client_id);
    free(identity->device_id);
    free(identity->unique_id);
    free(identity->hardware);
    free(identity->physical_address);
    free(identity->ip_address);
    free(identity->set_ip_address);
    free(identity);
}

void identity_refresh_network(struct identity *identity)
{
    const char *set = identity->set_ip_address;
    char *with_set = set == NULL ? NULL : network_interface_with(set);
    char *interface = with_set != NULL ? text_copy(with_set) : network_default_interface(NETWORK_ROUTE_TABLE);

    free(identity->physical_address);
    free(identity->ip_address);
    identity->physical_address = NULL;
    identity->ip_address = NULL;
    if (interface != NULL)
        network_addresses(interface, &identity->physical_address, &identity->ip_address);
    if (with_set != NULL) /* the interface may have others before it */
        text_replace(&identity->ip_address, set);
    free(with_set);
    free(interface);
}
