/* SPDX-License-Identifier: MIT */
/*
 * Private keys, wherever they are: in a PEM file, which may be one that only a TPM can read, or in a PKCS#11 token that a
 * URI (RFC 7512) names. Any thread; blocks on the disk, or on the token or the TPM, which may take a second.
 */
#ifndef SPRINGPARK_CLOUD_KEY_H
#define SPRINGPARK_CLOUD_KEY_H

#include "base/errors.h"

#include <openssl/evp.h>
#include <stdbool.h>

/*
 * The private key of source, freed with EVP_PKEY_free; or NULL and one complaint that names the place and what is next.
 * source: a PEM file without password that nobody but its owner and group can read, or "pkcs11:token=...;object=...".
 * The PIN of a token comes from the URI, pin-value=PIN or pin-source=file:PATH (a file with the same modes); it is in
 * no complaint. Nobody is ever asked for anything.
 * what: what the key is for, "the device's private key".
 */
EVP_PKEY *key_load(const char *source, const char *what, struct errors *errors);

/* What a TLS context needs that uses the key: key_library and key_properties for SSL_CTX_new_ex, and key_let_sign with
 * false before each handshake and with true as soon as this side is to sign. The library is NULL for OpenSSL's own; a
 * TPM's key has another, which lives as long as the key: whatever was made with it must go before the key. The
 * properties keep keys from files away from a TPM that OpenSSL's configuration may prefer for all signatures. */
OSSL_LIB_CTX *key_library(const EVP_PKEY *key);
const char *key_properties(const EVP_PKEY *key);
void key_let_sign(const EVP_PKEY *key, bool sign);

/* For X509_sign_ctx and X509_REQ_sign_ctx, with SHA-256; freed with EVP_MD_CTX_free, before the key. NULL, with the reason
 * in OpenSSL's queue, if the key cannot sign. */
EVP_MD_CTX *key_begin_signing(EVP_PKEY *key);

/* Whether source names a key in a token. */
bool key_is_in_token(const char *source);

/* source as it may be shown and logged: without a PIN; new memory. */
char *key_source_text(const char *source);

/* "EC P-256", "RSA 2048"; new memory. */
char *key_type_text(const EVP_PKEY *key);

/* Complains if AWS IoT Core would refuse a certificate with this key: it takes RSA of 2048 bits and more, and the
 * curves P-256, P-384 and P-521 (API reference, CreateCertificateFromCsr). Returns whether it is fine. */
bool key_check_type(const EVP_PKEY *key, const char *source, struct errors *errors);

#endif
