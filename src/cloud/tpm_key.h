/* SPDX-License-Identifier: MIT */
/*
 * Private keys that a TPM 2.0 has made for itself alone, for key.c. Such a key lies in a PEM file, wrapped; OpenSSL's
 * provider "tpm2" (Debian's tpm2-openssl) has the TPM sign by it. Any thread; blocks on the TPM.
 *
 * Each key has a library context of its own, with that provider in it and nobody else's configuration. Seen with OpenSSL
 * 3.0.19 and tpm2-openssl 1.1.1: OpenSSL asks its own code to sign, which has no key, unless the property query is
 * "?tpm2.signature=yes"; with that query in force, signatures of others are verified by the TPM, too, which does not
 * know RSA of 4096 bits, and keys from files are given to the TPM, which cannot sign by them. So the query is in force
 * from tpm_key_let_sign on only. And a provider that has lost its resource manager never finds it again: a key that is
 * loaded anew has a new one.
 */
#ifndef SPRINGPARK_CLOUD_TPM_KEY_H
#define SPRINGPARK_CLOUD_TPM_KEY_H

#include "base/errors.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>

/* Whether the file is a PEM file with a TPM's key, "TSS2 PRIVATE KEY". Reads it; leaves it at its beginning. */
bool tpm_key_is_in(FILE *file);

/* The key in file, which is open at its beginning, freed with EVP_PKEY_free; or NULL and a complaint that says whether
 * the provider, the TPM or the key is missing, and what is next. path, what: for the complaint. */
EVP_PKEY *tpm_key_load(FILE *file, const char *path, const char *what, struct errors *errors);

/* The library context of a key that tpm_key_load returned, which lives as long as the key; NULL for all other keys. */
OSSL_LIB_CTX *tpm_key_library(const EVP_PKEY *key);

/* From now on the TPM is asked to sign in that context; or, again, OpenSSL's own code to verify. */
void tpm_key_let_sign(OSSL_LIB_CTX *library);
void tpm_key_let_verify(OSSL_LIB_CTX *library);

#endif
