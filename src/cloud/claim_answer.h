/* SPDX-License-Identifier: MIT */
/*
 * What AWS IoT Core answers to a box that asks for a certificate with a claim: the payloads of the "accepted" and
 * "rejected" topics of CreateCertificateFromCsr and RegisterThing, as the developer guide's page "Device provisioning
 * MQTT API" has them. They come from outside: nothing is taken that is not as it should be.
 *
 * Pure; any thread.
 */
#ifndef SPRINGPARK_CLOUD_CLAIM_ANSWER_H
#define SPRINGPARK_CLOUD_CLAIM_ANSWER_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Larger than any answer: a certificate and a token have some kilobytes. */
enum { CLAIM_ANSWER_MAX_BYTES = 65536, CLAIM_THING_MAX_BYTES = 128 };

struct claim_certificate {
    X509 *certificate;
    char *token;        /* shows AWS that it was made for this box: a secret for an hour, never logged */
};

/* The answer to create-from-csr. key: the certificate has to be for that one. now: it must not have expired then.
 * False: *problem says what is wrong, as the end of a sentence ("holds a CA's certificate"); the taker's. */
bool claim_answer_certificate(const void *payload, size_t size_bytes, const EVP_PKEY *key, time_t now,
                              struct claim_certificate *certificate, char **problem);
void claim_certificate_release(struct claim_certificate *certificate);

/* The answer to provision: the name of the thing, new memory; NULL: *problem as above. */
char *claim_answer_thing(const void *payload, size_t size_bytes, char **problem);

/* What a "rejected" says, for people and the log, "InvalidParameters (400): Hook denied"; new memory. Of any bytes. */
char *claim_answer_rejection(const void *payload, size_t size_bytes);

/* Whether that can be the name of a thing: 1 to 128 of A to Z, a to z, 0 to 9, ':', '_', '-' (API reference,
 * CreateThing). Each of them can stand in a topic. */
bool claim_is_thing_name(const char *text);

#endif
