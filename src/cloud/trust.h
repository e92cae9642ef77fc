/* SPDX-License-Identifier: MIT */
/*
 * What makes a broker trusted: the four values of register 0288, byte 0, bits 5-4, with its bits 6 (exact) and 2 (name).
 *
 *   any     nothing is verified, neither the certificate nor its name.
 *   server  the slot holds the broker's own certificate. Exact: the broker must show just that one. Otherwise: any with
 *           the same public key. Several certificates in the file are as good as one another, so that a broker can
 *           change over. Dates do not count, as in RFC 7671 section 5.1: they say how long a CA vouches, and none does
 *           here; a box with a wrong clock gets through. The name counts if it is to be verified.
 *   ca      a CA certificate in the slot must have signed the broker's, itself: what the broker sends along is not
 *           looked at. Dates and, if it is to be verified, the name count.
 *   pki     a chain must lead from the broker's certificate over what it sends along to a root in the slot. The same
 *           counts, for each link.
 *
 * Belongs to one SSL_CTX and to its thread.
 */
#ifndef SPRINGPARK_CLOUD_TRUST_H
#define SPRINGPARK_CLOUD_TRUST_H

#include "base/errors.h"
#include "cloud/cloud.h"

#include <openssl/ssl.h>

struct trust;

/* Makes ssl verify brokers at host so; the trust must live until nothing is connected with ssl any more. NULL: what is
 * wrong is in errors. notes, NULL if nobody reads them: that a pinned certificate's time is over or has not come. Blocks
 * on the disk. */
struct trust *trust_create(SSL_CTX *ssl, const struct cloud_tls_settings *settings, const char *host,
                           struct errors *errors, struct errors *notes);
void trust_free(struct trust *trust);

/* Why the last broker was not accepted, with the next step; new memory, and forgotten here. NULL: none was refused since
 * it was last asked. */
char *trust_take_failure(struct trust *trust);

#endif
