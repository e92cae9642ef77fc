/* SPDX-License-Identifier: MIT */
/*
 * Makes private keys, certificates and certificate requests (CSRs), in memory. Any thread; takes no input from outside
 * but names that the caller has checked. An RSA key takes a second or more.
 */
#ifndef SPRINGPARK_CLOUD_ISSUE_H
#define SPRINGPARK_CLOUD_ISSUE_H

#include "base/clock.h"
#include "base/errors.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A CN has at most so many characters (RFC 5280, ub-common-name). */
enum { ISSUE_NAME_MAX = 64 };

enum issue_key_type { ISSUE_KEY_EC, ISSUE_KEY_RSA };    /* P-256; 3072 bits */

enum issue_purpose {
    ISSUE_CA,               /* signs certificates, and no other CA */
    ISSUE_CLIENT,           /* a TLS client's */
    ISSUE_VERIFICATION,     /* shows AWS that one has the CA's key; good for nothing else */
};

struct issue_order {
    enum issue_purpose purpose;
    const char *common_name;    /* UTF-8, 1 to ISSUE_NAME_MAX characters */
    unsigned days;              /* how long it is valid, at least 1, from now on and a little before */
    EVP_PKEY *key;              /* whose certificate it is; borrowed */
    X509 *ca;                   /* whose key signs it, borrowed; NULL: its own key does */
    EVP_PKEY *ca_key;           /* borrowed; NULL if ca is */
};

/* A new key, freed with EVP_PKEY_free; or NULL and a complaint if OpenSSL cannot. */
EVP_PKEY *issue_key(enum issue_key_type type, struct errors *errors);

/* A certificate with a random serial number of 128 bits, freed with X509_free; or NULL and a complaint. It ends with
 * its CA at the latest. */
X509 *issue_certificate(const struct issue_order *order, const struct clock *clock, struct errors *errors);

/* A request for a certificate with that name, freed with X509_REQ_free; or NULL and a complaint. key is borrowed. */
X509_REQ *issue_request(EVP_PKEY *key, const char *common_name, struct errors *errors);

#endif
