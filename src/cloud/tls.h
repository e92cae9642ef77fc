/* SPDX-License-Identifier: MIT */
/*
 * TLS as register 0288 asks for it: an own SSL_CTX, for libmosquitto checks less. Blocks on the disk: a thread that may.
 *
 * The broker's certificate is verified against the CA and, unless verify_name is off, against the host, a name or an
 * address. The name that goes out in SNI is the host's, whatever the library was told to connect to.
 */
#ifndef SPRINGPARK_CLOUD_TLS_H
#define SPRINGPARK_CLOUD_TLS_H

#include "base/errors.h"
#include "cloud/cloud.h"

struct tls_context;

/* A new context that connects to host with these settings, or NULL: then every problem is in errors (missing or
 * unreadable file, key that does not match...), each with its file. That the device's own certificate has expired or is
 * not valid yet is an error too; with notes (else NULL) it goes there instead: the clock may be what is wrong. */
struct tls_context *tls_context_create(const struct cloud_tls_settings *settings, const char *host,
                                       struct errors *errors, struct errors *notes);
void tls_context_free(struct tls_context *context);

/* Offers that protocol by ALPN, at most 255 bytes; AWS IoT Core asks for it on port 443. */
void tls_context_offer_alpn(struct tls_context *context, const char *protocol);

/* The SSL_CTX, for mqtt_options.ssl_context; owned by the context. */
void *tls_context_ssl(struct tls_context *context);

/* What went wrong in the last handshake, in words with the next step ("the server's certificate is for another
 * name..."), or NULL if nothing did. Valid until the next handshake. */
const char *tls_context_failure(const struct tls_context *context);

/* Whether a handshake came to its end. ssl_context: from tls_context_ssl, never NULL; asked after the connection is gone,
 * too. */
bool tls_was_established(const void *ssl_context);

/* For whoever drives a connection; ssl: its SSL object, never NULL. */

/* The handshake is not over and waits for the peer: there is nothing to write, whatever is queued. */
bool tls_waits_for_peer(const void *ssl);

/* Bytes that were decrypted already: poll does not know of them. */
bool tls_has_pending(const void *ssl);

/* "TLSv1.3"; constant. */
const char *tls_version_text(const void *ssl);

#endif
