/* SPDX-License-Identifier: MIT */
/*
 * Certificates: what names one, and the signing of a request. A certificate's id is its SHA-256 fingerprint in 64 hex
 * digits, as AWS has it. Texts that are returned belong to the caller, who frees them.
 */
#ifndef STANDIN_X509_H
#define STANDIN_X509_H

#include <openssl/x509.h>
#include <stdbool.h>

char *x509_id(const X509 *certificate);

/* The first CN of the subject; NULL if it has none. */
char *x509_common_name(const X509 *certificate);

char *x509_to_pem(const X509 *certificate);
X509 *x509_from_pem(const char *pem);

/* The first certificate of a file, or NULL. */
X509 *x509_load(const char *path);

/* Whether the holder of ca's key has signed it. */
bool x509_is_signed_by(X509 *certificate, const X509 *ca);

/* A certificate for a request in PEM; the CA's files are FOLDER/issuing-ca.pem and .key. NULL if it cannot be, with why
 * in *error (a constant). Keys that AWS takes: RSA of 2048 bits or more, P-256, P-384, P-521; API reference,
 * CreateCertificateFromCsr. */
X509 *x509_sign_request(const char *pem, const char *folder, const char **error);

#endif
