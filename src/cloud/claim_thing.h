/* SPDX-License-Identifier: MIT */
/*
 * Under which name AWS IoT Core knows this box, kept beside its certificate: fleet provisioning makes the thing, and
 * its template chooses the name, which has to be the client id from then on and stands in the policy's topics.
 *
 * The file says for which certificate that is (SHA-256 of its DER form), so that it means nothing for another one that
 * is put into the slot later, nor for one that did not come to be stored. Any thread; blocks on the disk.
 */
#ifndef SPRINGPARK_CLOUD_CLAIM_THING_H
#define SPRINGPARK_CLOUD_CLAIM_THING_H

#include <openssl/x509.h>
#include <stdbool.h>

/* Writes the file; false with errno. */
bool claim_thing_store(const char *path, const char *thing, const X509 *certificate);

/* The thing's name if the file is for the first certificate of certificate_path, new memory; NULL if not, or if there
 * is no such file. */
char *claim_thing_read(const char *path, const char *certificate_path);

#endif
