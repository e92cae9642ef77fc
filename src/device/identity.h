/* SPDX-License-Identifier: MIT */
/*
 * Who this gateway is: serial number, startup counter, and what META says of the box. The functions that read files
 * block on the disk and belong to the start of the program.
 */
#ifndef SPRINGPARK_DEVICE_IDENTITY_H
#define SPRINGPARK_DEVICE_IDENTITY_H

#include "device/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct identity {
    char *serial;            /* device.serial, else the CN of the client certificate unless fleet provisioning made it,
                                else 8 hex digits of the machine */
    char *client_id;         /* register 028D, else the name of the thing, else serial */
    char *device_id;         /* register 028F, else the name of the thing, else serial */
    char *unique_id;         /* GUID form, derived from the machine id and the instance; never the machine id itself */
    char *hardware;          /* what the box is by its own word, "Raspberry Pi 4 Model B Rev 1.4"; NULL if it does not say */
    char *set_ip_address;    /* register 0280; NULL = the network's own affair */
    char *physical_address;  /* 12 hex digits, the MAC of the interface that has set_ip_address; if none has it, of the one
                                with the default route; NULL if there is none */
    char *ip_address;        /* of the same interface; NULL if there is none */
};

/* certificate_cn: the CN of the certificate in the client slot, or NULL. thing: the name that fleet provisioning gave
 * the thing of that certificate, or NULL; AWS's policies tie client id and topics to it. Such a certificate may have any
 * CN, and the serial number stays what it was before there was one. */
struct identity *identity_create(const struct settings *settings, const char *certificate_cn, const char *thing);
void identity_free(struct identity *identity);

/* The name in the first of these files that has one (paths ends with NULL), new memory, or NULL: printable ASCII, at most
 * 64 characters. Exposed for its test. */
char *identity_read_hardware(const char *const *paths);

/* Looks again at what can change while the daemon runs: addresses. */
void identity_refresh_network(struct identity *identity);

/* First value of the range from which a random startup counter is drawn when the file cannot be kept. */
enum { STARTUP_COUNTER_RESERVED_FIRST = 0x40000000 };

/*
 * Counts this start: reads DIRECTORY/startup-counter, adds one, writes a new file, syncs it, renames it over the old
 * one and syncs the folder. Returns the new value (1 at the very first start). If it cannot be stored, or the file is
 * damaged, returns a random value from the reserved range and sets *problem to what happened and what to do (the
 * caller frees it); otherwise *problem is NULL.
 */
uint32_t startup_counter_next(const char *directory, char **problem);

#endif
