/* SPDX-License-Identifier: MIT */
/*
 * A connection to an MQTT broker with a client certificate, for the subcommands that go past the daemon. One thread.
 */
#ifndef SPRINGPARK_TOOL_BROKER_H
#define SPRINGPARK_TOOL_BROKER_H

#include "cloud/cloud.h"
#include "cloud/mqtt.h"
#include "cloud/registration.h"
#include "tool/interrupt.h"

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct broker_options {
    const char *host;          /* --broker, NULL = not given */
    uint16_t port;
    const char *ca;            /* file, folder or "amazon" */
    const char *certificate;
    const char *key;
    const char *chain;         /* "" = none */
    const char *prefix;
    const char *device;        /* NULL = not given */
    const char *client_id;     /* NULL = one of our own */
    bool no_verify_name;
    const struct cloud_tls_settings *tls;   /* TLS as a configuration has it, instead of the files above; NULL = not */
    const char *login;         /* NULL = none */
    const char *password;
    enum cloud_mqtt_version version; /* CLOUD_MQTT_AUTO: 5, then 3.1.1 */
    unsigned connect_timeout_ms; /* 0 = 20 s */
    bool given;                /* one of the options was there */
};

/* --broker, --port, --ca, --cert, --key, --chain, --prefix, --device, --client-id, --no-verify-name.
 * input: a struct broker_options, which is set to the defaults first. */
extern const struct argp broker_arguments;

/* Ends with a usage error if --broker is given without what it needs, or without --broker one of the others.
 * For the parser of a subcommand, at ARGP_KEY_END. */
void broker_check_arguments(struct argp_state *state, const struct broker_options *options);

/* The topic PREFIX/DEVICE/BRANCH, new memory. */
char *broker_topic(const struct broker_options *options, const char *device, const char *branch);

enum broker_result {
    BROKER_CONNECTED,
    BROKER_INTERRUPTED,
    BROKER_MISCONFIGURED,   /* a file that is missing or wrong: nothing was sent */
    BROKER_UNTRUSTED,       /* the TLS handshake failed */
    BROKER_REFUSED,         /* CONNACK: not with these rights */
    BROKER_UNREACHABLE,     /* anything that may pass */
};

struct broker;

/* events.connected may be NULL; the struct is copied. */
struct broker *broker_create(const struct broker_options *options, const struct mqtt_events *events,
                             const struct interrupt *interrupt);
void broker_free(struct broker *broker);

/* One attempt, up to CONNACK, in MQTT 5 or what the broker speaks; a connection that was is given up. *error: what is
 * wrong and what to check, unless connected or interrupted (the caller frees it). */
enum broker_result broker_connect(struct broker *broker, char **error);

/* After BROKER_UNTRUSTED or BROKER_UNREACHABLE: whether it ended as with a broker that has not registered the certificate
 * yet (awaiting.h); *registration says which certificate at which broker. */
bool broker_drops_certificate(const struct broker *broker, struct registration *registration);

/* For BROKER_CONNECTED and after that, until broker_connect or broker_free. */
struct mqtt_client *broker_client(struct broker *broker);

/* What it calls itself; the broker's. */
const char *broker_client_id(const struct broker *broker);

/* "0x87, Not authorized" in words for the version that is spoken. New memory. */
char *broker_reason(const struct broker *broker, int reason);

/* Sends DISCONNECT and sees it out, for at most a second. */
void broker_disconnect(struct broker *broker);

/* The sysexits code for a result that is not BROKER_CONNECTED. */
int broker_exit_status(enum broker_result result);

#endif
