/* SPDX-License-Identifier: MIT */
/*
 * The checks of `springparkctl doctor`. Each is a small function that looks at one thing and returns what it found.
 * They run in the order of cmd_doctor.c, in one thread; a later one uses what an earlier one left in struct doctor, and
 * is skipped, with the reason, where that makes it pointless. No finding ever holds a secret.
 */
#ifndef SPRINGPARK_TOOL_DOCTOR_H
#define SPRINGPARK_TOOL_DOCTOR_H

#include "base/errors.h"
#include "cloud/tls.h"
#include "gateway/plan.h"
#include "tool/broker.h"
#include "tool/tool.h"

#include <jansson.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* For each step over the network. */
enum { DOCTOR_LIMIT_MS = 10000 };

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILURE, DOCTOR_SKIPPED };

struct doctor_finding {
    enum doctor_verdict verdict;
    int exit_status;        /* of a failure: EX_CONFIG what this box has, EX_NOPERM what the broker forbids,
                               EX_TEMPFAIL interrupted, else EX_UNAVAILABLE */
    char *text;             /* one sentence, with "; next: ..." unless ok; the taker's */
};

enum doctor_daemon { DOCTOR_DAEMON_AWAY, DOCTOR_DAEMON_RUNS, DOCTOR_DAEMON_UNKNOWN };

struct doctor {
    const struct tool_options *options;
    struct plan *plan;              /* NULL: the configuration cannot be read */
    STACK_OF(X509) *certificate;    /* the device's, first, and what its file has besides; NULL: none */
    STACK_OF(X509) *chain;
    char *claim_client_id;          /* this box has no certificate of its own yet: plan->cloud is a connection with its
                                       claim, and so is all that follows; else NULL */
    X509_STORE *ca;
    EVP_PKEY *key;
    char **addresses;               /* the broker's, as digits, in the order in which they are tried */
    size_t addresses_count;
    const char *address;            /* the first of them that took a connection, or NULL */
    bool tls_done;                  /* or not needed */
    enum doctor_daemon daemon;
    json_t *status;                 /* the running daemon's, or NULL */
    struct interrupt *interrupt;
    struct broker_options broker_options;
    struct broker *broker;
    bool connected;
    int subscribed;                 /* the broker's reason code; -1: no answer yet */
    int published;
};

typedef struct doctor_finding doctor_check(struct doctor *doctor);

void doctor_free(struct doctor *doctor);

/* A finding with that text. */
struct doctor_finding doctor_found(enum doctor_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct doctor_finding doctor_failed(int exit_status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* EX_CONFIG with all of the errors, which are freed; next: what to do if they do not say it. */
struct doctor_finding doctor_failed_errors(struct errors *errors, const char *next);

/* Why there is nothing to look at in the certificate's files or at the broker, constant; NULL: there is. */
const char *doctor_no_device_files(const struct doctor *doctor);
const char *doctor_no_broker(const struct doctor *doctor);

/* The device's certificate, borrowed, or NULL; and the finding when that is so. */
X509 *doctor_device_certificate(const struct doctor *doctor);
struct doctor_finding doctor_skip_certificate(const struct doctor *doctor);

/* doctor_files.c */
doctor_check doctor_check_configuration;
doctor_check doctor_check_certificate_file;
doctor_check doctor_check_key_file;
doctor_check doctor_check_chain_file;
doctor_check doctor_check_ca_file;

/* doctor_certificate.c */
doctor_check doctor_check_pair;
doctor_check doctor_check_client_id;
doctor_check doctor_check_chain;

/* doctor_dates.c */
doctor_check doctor_check_expiry;
doctor_check doctor_check_ca_expiry;
doctor_check doctor_check_clock;

/* doctor_network.c */
doctor_check doctor_check_dns;
doctor_check doctor_check_tcp;

/* doctor_tls.c */
doctor_check doctor_check_tls;

/* doctor_daemon.c; the next three for a running daemon are its own word */
doctor_check doctor_check_daemon;
struct doctor_finding doctor_daemon_connect(const struct doctor *doctor);
struct doctor_finding doctor_daemon_subscribe(const struct doctor *doctor);
struct doctor_finding doctor_daemon_publish(const struct doctor *doctor);

/* doctor_readers.c: reader number index of the daemon, and its label (borrowed); without a daemon 0 says why there is
 * none. False: there are not so many. */
bool doctor_check_reader(const struct doctor *doctor, size_t index, const char **label, struct doctor_finding *finding);

/* doctor_mqtt.c */
doctor_check doctor_check_connect;
doctor_check doctor_check_subscribe;
doctor_check doctor_check_publish;

#endif
