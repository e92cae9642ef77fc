/* SPDX-License-Identifier: MIT */
/*
 * Finds an address of the broker that answers, with a time limit, before libmosquitto is let loose on it: the library
 * resolves and connects without any limit but the kernel's, and does not tell which step failed.
 */
#ifndef SPRINGPARK_CLOUD_DIAL_H
#define SPRINGPARK_CLOUD_DIAL_H

#include "base/activity.h"

#include <stdbool.h>
#include <stdint.h>

/* In place of an errno: the resolver does not know the name, or could not be asked. */
#define DIAL_UNKNOWN_NAME (-1)
#define DIAL_UNRESOLVED (-2)

/* Whether host is an IPv4 or IPv6 address rather than a name. */
bool dial_is_address(const char *host);

/*
 * Resolves host (blocks as long as the resolver does) and tries a TCP connection to each of its addresses, timeout_ms
 * for all together. wake_fd: gives up once it is readable, or -1. activity: kept up to date, or NULL.
 * Returns the first address that took a connection, as digits, and *left_ms of the time; or NULL and *error: a sentence
 * with the next step, and *why: an errno or one of the above. Both texts are the caller's.
 */
char *dial_find_address(const char *host, uint16_t port, uint64_t timeout_ms, int wake_fd, struct activity *activity,
                        uint64_t *left_ms, int *why, char **error);

#endif
