/* SPDX-License-Identifier: MIT */
/*
 * TLS as register 0288 asks for it: an own SSL_CTX, for libmosquitto checks less. Blocks on the disk: a thread that may.
 *
 * The broker's certificate is verified as trust.h says, unless verify_name is off against the host, too, a name or an
 * address. The name that goes out in SNI is the host's, whatever the library was told to connect to.
 */
#ifndef SPRINGPARK_CLOUD_TLS_H
#define SPRINGPARK_CLOUD_TLS_H

#include "base/errors.h"
#include "cloud/cloud.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct tls_context;

#define TLS_FINGERPRINT_BYTES 32U
#define TLS_NO_ALERT (-1)

/* Why we did not accept the peer's certificate. */
enum tls_refusal {
    TLS_REFUSED_NOT,
    TLS_REFUSED_NAME,
    TLS_REFUSED_EARLY,  /* its time, or that of its CA, has not come by our clock */
    TLS_REFUSED_LATE,   /* or is over */
    TLS_REFUSED_ISSUER, /* no CA of ours vouches for it */
    TLS_REFUSED_OTHERWISE,
};

/* A new context that connects to host with these settings, or NULL: then every problem is in errors (missing or
 * unreadable file, key that does not match...), each with its file. That the device's own certificate has expired or is
 * not valid yet is an error too; with notes (else NULL) it goes there instead: the clock may be what is wrong. What
 * trust_create has to note goes there as well. */
struct tls_context *tls_context_create(const struct cloud_tls_settings *settings, const char *host,
                                       struct errors *errors, struct errors *notes);
void tls_context_free(struct tls_context *context);

/* Offers that protocol by ALPN, at most 255 bytes; AWS IoT Core asks for it on port 443. */
void tls_context_offer_alpn(struct tls_context *context, const char *protocol);

/* The last second of the device's certificate; 0 if the context has none. */
time_t tls_context_not_after(const struct tls_context *context);

/* What was refused in the last handshake. */
enum tls_refusal tls_context_refusal(const struct tls_context *context);

/* The SHA-256 of the device's certificate; false: the context has none. */
bool tls_context_fingerprint(const struct tls_context *context, uint8_t fingerprint[TLS_FINGERPRINT_BYTES]);

/* Whether the device's certificate was sent in the last handshake: what the peer did after that may be about it. */
bool tls_context_certificate_was_sent(const struct tls_context *context);

/* The fatal alert with which the peer ended the last connection (RFC 8446 section 6), or TLS_NO_ALERT. */
int tls_context_alert(const struct tls_context *context);

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
