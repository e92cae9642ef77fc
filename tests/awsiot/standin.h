/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the plugin share. mosquitto has one thread, and everything here is called by it.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include "standin_packet.h"
#include "standin_record.h"
#include "standin_registry.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A client that was let in. It stays known after its connection has ended, because its will is judged then and messages
 * are kept for its session; a new one of the same client id takes its place. */
struct connection {
    struct connection *next;
    const struct mosquitto *client;
    char *client_id;
    char *certificate_id;
    int version;             /* of MQTT: 4 is 3.1.1 */
    SSL *ssl;                /* while it is online; NULL if the plugin was not preloaded */
    bool online;
    json_t *filters;         /* what it has subscribed to */
    int64_t window_ms;       /* when the second began in which "publishes" are counted */
    unsigned publishes;
};

struct standin {
    mosquitto_plugin_id_t *identifier;
    char *folder;
    X509 *ca;                /* the customer's, whose certificates may register themselves */
    char *ca_id;
    struct registry registry;
    struct record record;
    struct connection *connections;
    json_t *latest_connects; /* client id: when, in ms of CLOCK_MONOTONIC */
    const struct mosquitto *wildcard_subscriber; /* whose SUBSCRIBE with a wildcard is being worked on */
    off_t control_read;      /* how far FOLDER/control.jsonl has been read */
    unsigned control_count;
};

/* standin_connect.c: who is let in. MOSQ_ERR_SUCCESS, or MOSQ_ERR_CONN_LOST: mosquitto closes without a word. */
int connect_judge(struct standin *standin, struct mosquitto *client);

/* Certificates whose time to become active by the template has come. */
void connect_register_due(struct standin *standin);

/* standin_connection.c */
struct connection *connection_find(const struct standin *standin, const struct mosquitto *client);
struct connection *connection_add(struct standin *standin, const struct mosquitto *client, const char *client_id,
                                  const char *certificate_id);
void connection_free_all(struct standin *standin);

/* Whether the client may: an action ("iot:Publish") on kind and name ("topic", "a/b"). */
bool connection_may(const struct standin *standin, const char *client_id, const char *certificate_id,
                    const char *action, const char *kind, const char *name);

/* Closes the connections that came with that certificate. */
void connection_kick_certificate(struct standin *standin, const char *certificate_id);

/* standin_acl.c: what a client may do. A value of enum mosq_err_t; MOSQ_ERR_CONN_LOST closes the connection. */
int acl_judge(struct standin *standin, const struct mosquitto_evt_acl_check *check);

/* Counts a message of that connection, in or out. */
void acl_count(const struct standin *standin, struct connection *connection);

/* standin_fleet.c: answers a publish on a topic of fleet provisioning; others are left alone. */
void fleet_answer(struct standin *standin, const struct connection *connection,
                  const struct mosquitto_evt_message *message);

/* standin_control.c: does what has been added to FOLDER/control.jsonl. */
void control_follow(struct standin *standin);

#endif
