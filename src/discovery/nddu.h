/* SPDX-License-Identifier: MIT */
/*
 * The datagrams by which SpringCard's utility finds devices on a network (NDDU): ASCII, "com.springcard.nddu.1:VERB:"
 * and then members "key=value;". No page of the vendor's documentation has the format; the facts are those of its public
 * SDK (nddu.cs), which is older than SpringCore. Two of its verbs stand here, `lookup` and its answer `device`; what would
 * set something (`set_address`) is not known to this module at all.
 *
 * Pure; any thread.
 */
#ifndef SPRINGPARK_DISCOVERY_NDDU_H
#define SPRINGPARK_DISCOVERY_NDDU_H

#include <stdbool.h>
#include <stddef.h>

/* Beyond that a datagram is none of these. */
enum { NDDU_DATAGRAM_MAX_BYTES = 1024 };

/* Where a lookup goes unless register 0285 says otherwise. */
#define NDDU_PORT 3999U

/* A member that is not there is NULL. */
struct nddu_device {
    char *mac;       /* 12 hex digits */
    char *type;      /* what it is, for people */
    char *address;   /* IPv4, dotted, as are the next two */
    char *netmask;
    char *gateway;
    char *info;      /* free text */
    bool locked;     /* nothing can be set without a password; through us, nothing at all */
};

/* Whether the datagram is a lookup. */
bool nddu_is_lookup(const char *datagram, size_t size_bytes);

/* The lookup that asks everybody; new memory. */
char *nddu_lookup_text(void);

/* The answer; new memory. ';' and whatever is not printable ASCII become blanks, as the format cannot carry them. */
char *nddu_device_text(const struct nddu_device *device);

/* Takes an answer apart, from anybody, into members in new memory (nddu_device_clear). False if it is none, or lacks its
 * MAC. */
bool nddu_device_parse(const char *datagram, size_t size_bytes, struct nddu_device *device);

/* Frees the members. */
void nddu_device_clear(struct nddu_device *device);

#endif
