/* SPDX-License-Identifier: MIT */
/*
 * The files of a box that comes to a certificate of its own: its key, which is there before anybody is asked, and the
 * certificate, whose existence says that all is done. A power cut in between leaves a key that is used again.
 *
 * Blocks on the disk or on the token: cloud thread, or a thread that may.
 */
#ifndef SPRINGPARK_CLOUD_CLAIM_FILES_H
#define SPRINGPARK_CLOUD_CLAIM_FILES_H

#include "base/errors.h"
#include "cloud/cloud.h"

#include <openssl/x509.h>
#include <stdbool.h>

/* Complains if tls.key is there and cannot be used. Makes nothing. */
void claim_files_check_key(const struct cloud_settings *settings, struct errors *errors);

/* The key of tls.key, freed with EVP_PKEY_free: that of the token or the file, or a new one, which is in its file (mode
 * 0600) then. NULL: errors says why; also when the certificate could not be stored afterwards. */
EVP_PKEY *claim_files_key(const struct cloud_settings *settings, struct errors *errors);

/* The request (CSR, RFC 2986) for a certificate with the serial number as CN, PEM text; NULL and a complaint. */
char *claim_files_request(EVP_PKEY *key, const char *serial, struct errors *errors);

/* Keeps the thing's name, and then the certificate (mode 0644). False and a complaint: there is no certificate. */
bool claim_files_store(const struct cloud_settings *settings, X509 *certificate, const char *thing,
                       struct errors *errors);

#endif
