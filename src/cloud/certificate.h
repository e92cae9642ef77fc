/* SPDX-License-Identifier: MIT */
/*
 * Certificates from PEM files, with complaints that name the file and the next step. Blocks on the disk.
 */
#ifndef SPRINGPARK_CLOUD_CERTIFICATE_H
#define SPRINGPARK_CLOUD_CERTIFICATE_H

#include "base/errors.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <time.h>

/* All certificates of a PEM file in their order (at least one), freed with certificate_list_free; or NULL and a
 * complaint. what: what the file is for, for instance "the device's certificate". */
STACK_OF(X509) *certificate_list_read(const char *path, const char *what, struct errors *errors);
void certificate_list_free(STACK_OF(X509) *list);

/* Adds all certificates of a file, of the files of a folder, or of Amazon's roots ("amazon") to store.
 * Returns whether there was at least one and no complaint. */
bool certificate_add_trusted(X509_STORE *store, const char *source, struct errors *errors);

/* Complains if the certificate's time has not come or is over, by the system's clock. Returns whether it is valid. */
bool certificate_check_time(const X509 *certificate, const char *path, const char *what, struct errors *errors);

/* First and last second of the first certificate in a PEM file. False: it cannot be read. */
bool certificate_read_times(const char *path, time_t *not_before, time_t *not_after);

/* A time of a certificate for people, "2031-04-02 12:00:00 UTC"; new memory. */
char *certificate_time_text(const ASN1_TIME *time);

/* The subject or issuer for people, "CN=door-7, O=Example"; new memory. */
char *certificate_name_text(const X509_NAME *name);

/* The names that the certificate is made out to, comma separated; new memory. */
char *certificate_hosts_text(X509 *certificate);

#endif
