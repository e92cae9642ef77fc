/* SPDX-License-Identifier: MIT */
/*
 * Which broker has ever accepted which certificate, that is, answered its CONNECT with CONNACK 0. A broker that registers
 * certificates when they come (just-in-time registration and provisioning of AWS IoT Core) drops the first connections of
 * a new one; what was accepted once and is dropped later has another cause.
 *
 * It is kept in a small file, so that a restart forgets nothing. Its text, line by line:
 *
 *     springpark registrations 1
 *     FINGERPRINT PORT HOST          (the SHA-256 of the certificate's DER in hex; the oldest first)
 *     end
 *
 * A file that does not say just that is damaged, and nothing is known then. It is replaced whole: written beside, synced,
 * renamed. One thread; load and store block on the disk.
 */
#ifndef SPRINGPARK_CLOUD_REGISTRATION_H
#define SPRINGPARK_CLOUD_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTRATION_FINGERPRINT_BYTES 32U
/* So many are remembered; the one that was told the longest ago goes first. */
#define REGISTRATIONS_LIMIT 64U
#define REGISTRATION_HOST_BYTES 255U

/* One certificate at one broker. */
struct registration {
    uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES]; /* SHA-256 of the certificate */
    uint16_t port;
    char host[REGISTRATION_HOST_BYTES + 1];
};

struct registrations;

/* registration for these, a host of any length; what is longer than a name can be is cut. */
struct registration registration_of(const char *host, uint16_t port,
                                    const uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES]);

/* Whether both are the same certificate at the same broker; names differ by more than capitals. */
bool registration_equal(const struct registration *one, const struct registration *other);

/* Of nothing known. */
struct registrations *registrations_create(void);
void registrations_free(struct registrations *registrations);

/* What a file's text of size_bytes bytes says, or NULL: it is damaged. */
struct registrations *registrations_parse(const char *text, size_t size_bytes);

/* The text for a file; new memory. */
char *registrations_text(const struct registrations *registrations);

size_t registrations_count(const struct registrations *registrations);
bool registrations_know(const struct registrations *registrations, const struct registration *registration);

/* From now on it is known. False: it was, or it has no host that a line can hold, and nothing has changed. */
bool registrations_add(struct registrations *registrations, const struct registration *registration);

/* What the file at path says; a file that is not there knows nothing. Never NULL. *problem: what is wrong with the file
 * and what is done instead, new memory, or NULL. */
struct registrations *registrations_load(const char *path, char **problem);

/* Replaces the file at path. False: *problem says why, new memory. */
bool registrations_store(const struct registrations *registrations, const char *path, char **problem);

#endif
