/* SPDX-License-Identifier: MIT */
/*
 * TLS as register 0288 asks for it: an own SSL_CTX, for libmosquitto checks less. Blocks on the disk: a thread that may.
 */
#ifndef SPRINGPARK_CLOUD_TLS_H
#define SPRINGPARK_CLOUD_TLS_H

#include "base/errors.h"
#include "cloud/cloud.h"

struct tls_context;

/* A new context that connects to host with these settings, or NULL: then every problem is in errors (missing or
 * unreadable file, expired or not yet valid certificate, key that does not match...), each with its file. */
struct tls_context *tls_context_create(const struct cloud_tls_settings *settings, const char *host,
                                       struct errors *errors);
void tls_context_free(struct tls_context *context);

/* The SSL_CTX, for mqtt_options.ssl_context; owned by the context. */
void *tls_context_ssl(struct tls_context *context);

/* What went wrong in the last handshake, in words with the next step ("the server's certificate is for another
 * name..."), or NULL if nothing did. Valid until the next handshake. */
const char *tls_context_failure(const struct tls_context *context);

#endif
