/* SPDX-License-Identifier: MIT */
/*
 * Private keys in PKCS#11 tokens, for key.c alone. The key stays in the token: what is returned signs by it, and holds
 * the token's module until it is freed. Any thread.
 */
#ifndef SPRINGPARK_CLOUD_TOKEN_KEY_H
#define SPRINGPARK_CLOUD_TOKEN_KEY_H

#include "base/errors.h"

#include <openssl/evp.h>

/*
 * The key that the URI (RFC 7512) names, freed with EVP_PKEY_free; or NULL and one complaint. By an OpenSSL provider
 * that knows pkcs11 if one is configured, else by the engine "pkcs11" of libp11. module-path=FILE in the URI names the
 * token's module; without it p11-kit's list of modules counts.
 */
EVP_PKEY *token_key_load(const char *uri, const char *what, struct errors *errors);

/* The URI without its query and without a PIN; new memory. */
char *token_key_text(const char *uri);

#endif
