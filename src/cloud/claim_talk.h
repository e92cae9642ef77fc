/* SPDX-License-Identifier: MIT */
/*
 * The conversation of fleet provisioning, from CONNECT to DISCONNECT: create-from-csr, then provision. Four topic
 * filters are subscribed to, as doc/aws/policy-claim.json has them, before anything is asked. Cloud thread only.
 */
#ifndef SPRINGPARK_CLOUD_CLAIM_TALK_H
#define SPRINGPARK_CLOUD_CLAIM_TALK_H

#include "cloud/cloud.h"
#include "cloud/link.h"

#include <openssl/x509.h>

#define CLAIM_CREATE_TOPIC "$aws/certificates/create-from-csr/json"

struct claim_talk_result {
    enum link_end end;     /* PROVISIONED: the certificate is this box's, and active; else as of link_run */
    X509 *certificate;     /* the taker's; NULL unless PROVISIONED */
    char *thing;           /* its name; the same */
    char *text;            /* FAILED, VERSION_REFUSED: one sentence, and what to check; the taker's */
};

/* settings: those of claim_connection. request: a CSR for key, PEM text. Each answer is waited for as long as any of
 * the broker's; new settings and stopping end it at once. */
struct claim_talk_result claim_talk(struct cloud *cloud, const struct cloud_settings *settings, int version,
                                    const EVP_PKEY *key, const char *request);

#endif
