/* SPDX-License-Identifier: MIT */
/*
 * One attempt at an MQTT connection, from TCP to DISCONNECT: the only file that knows libmosquitto. A client object is
 * used for one connection and then freed; nothing of a dead session lives on.
 *
 * One thread owns a client and makes all calls; callbacks run on that thread, inside mqtt_client_turn. Used by the
 * daemon's cloud thread and by `springparkctl subscribe` and `command`.
 */
#ifndef SPRINGPARK_CLOUD_MQTT_H
#define SPRINGPARK_CLOUD_MQTT_H

#include "base/activity.h"
#include "cloud/mqtt_end.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mqtt_client;

struct mqtt_options {
    const char *host;
    uint16_t port;
    void *ssl_context;        /* an SSL_CTX from tls.h, or NULL for plain TCP; must outlive the client */
    int version;              /* 5 or 4 (= 3.1.1) */
    const char *client_id;
    const char *login;        /* "" = none */
    const char *password;
    unsigned keep_alive_s;    /* 0 or >= 5 */
    const char *will_topic;   /* NULL = no will */
    const char *will_payload;
    unsigned will_qos;
    bool will_retained;
    unsigned connect_timeout_ms; /* until CONNACK, name resolution not counted */
    unsigned window;          /* how many QoS 1 messages may be unacknowledged; 0 = 20 */
    struct activity *activity; /* kept up to date, or NULL */
    struct mqtt_end *end;     /* how it ended, once mqtt_client_connect has failed or the connection is over; without
                                 texts. Must outlive the client. NULL: nobody asks */
};

/* What came on a topic that was subscribed to. Texts and payload are the library's, until the callback returns. */
struct mqtt_message {
    const char *topic;
    const void *payload;
    size_t size_bytes;
    bool retained;
    bool expires;             /* it was sent with a message expiry interval (MQTT 5) */
    uint64_t expires_ms;      /* clock_elapsed_ms at which that is over, see arrival.h */
};

struct mqtt_events {
    void *context;
    /* reason: 0 = accepted, else the CONNACK code of that MQTT version. */
    void (*connected)(void *context, int reason);
    void (*subscribed)(void *context, int message_id, int reason);   /* >= 0x80 = refused */
    void (*published)(void *context, int message_id, int reason);    /* PUBACK, or sent for QoS 0; >= 0x80 = refused */
    void (*received)(void *context, const struct mqtt_message *message);
};

enum mqtt_result {
    MQTT_OK = 0,
    MQTT_LOST,            /* the connection is over; mqtt_client_reason says why */
    MQTT_FAILED,          /* it could not be made */
    MQTT_PROTOCOL_REFUSED,/* the broker does not speak this version */
};

/* Resolves, connects TCP with a bounded wait and starts the handshake. wake_fd: an eventfd that ends a wait early.
 * Blocks up to the connect timeout (and on name resolution). NULL on failure, *error says why (caller frees). */
struct mqtt_client *mqtt_client_connect(const struct mqtt_options *options, const struct mqtt_events *events,
                                        int wake_fd, char **error);
void mqtt_client_free(struct mqtt_client *client);

/* One turn: waits for traffic, wake_fd or timeout_ms (-1 = no limit but the library's own keep-alive needs), then reads,
 * writes, and runs callbacks. Clears wake_fd. */
enum mqtt_result mqtt_client_turn(struct mqtt_client *client, int timeout_ms);

/* What the broker or the library said when the connection ended, one sentence; valid until the client is freed. */
const char *mqtt_client_reason(const struct mqtt_client *client);

/* Once it has ended: whether by the peer, and one of our messages may be why (mqtt_end.h). */
bool mqtt_client_was_dropped(const struct mqtt_client *client);

/* Message id of the publish or subscribe under way; or -1 if it could not be handed over, for instance because the topic
 * is none; or one of these two. Not before CONNACK. Written at once if the socket takes it; the published callback comes with a later turn. QoS and retain are
 * lowered to what the broker said in CONNACK (MQTT 5) that it supports. */
#define MQTT_TOO_LARGE (-2) /* larger than the broker said that it takes */
#define MQTT_GONE (-3)      /* the connection is over: the next turn says so and why */
int mqtt_client_publish(struct mqtt_client *client, const char *topic, const void *payload, size_t size_bytes,
                        unsigned qos, bool retained);
int mqtt_client_subscribe(struct mqtt_client *client, const char *filter, unsigned qos);

/* How many QoS 1 messages may be unacknowledged: the window, or less if the broker said so in CONNACK. */
unsigned mqtt_client_window(const struct mqtt_client *client);

/* While held, nothing is read from the broker: for a reader whose own outlet is full. */
void mqtt_client_hold(struct mqtt_client *client, bool held);

/* "TLSv1.3", or NULL without TLS or before the handshake is over; constant. */
const char *mqtt_client_tls_version(const struct mqtt_client *client);

/* Sends DISCONNECT; go on with mqtt_client_turn until MQTT_LOST to see it out. */
void mqtt_client_disconnect(struct mqtt_client *client);

/* The words for a reason code of MQTT 5 (or a return code of 3.1.1, or 0x80 of its SUBACK); constant. */
const char *mqtt_reason_text(int version, int reason);

#endif
