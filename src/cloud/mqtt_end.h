/* SPDX-License-Identifier: MIT */
/*
 * Why an MQTT connection ended, in one sentence with the next step. Pure: mqtt.c brings the facts.
 */
#ifndef SPRINGPARK_CLOUD_MQTT_END_H
#define SPRINGPARK_CLOUD_MQTT_END_H

#include <stdbool.h>

enum mqtt_end_cause {
    MQTT_END_UNCONNECTED, /* there was no connection at all */
    MQTT_END_HANDSHAKE,  /* the TLS handshake failed at once */
    MQTT_END_ASKED,      /* by our own DISCONNECT */
    MQTT_END_TIMEOUT,    /* no CONNACK in time */
    MQTT_END_REFUSED,    /* CONNACK with a reason */
    MQTT_END_SAID,       /* DISCONNECT of MQTT 5 with a reason */
    MQTT_END_CLOSED,     /* closed without a word */
    MQTT_END_BROKEN,     /* reset, or a TLS error */
    MQTT_END_KEEP_ALIVE, /* no PINGRESP */
    MQTT_END_NONSENSE,   /* what came is not MQTT */
    MQTT_END_OTHER,
};

struct mqtt_end {
    enum mqtt_end_cause cause;
    int version;               /* 5 or 4 */
    int reason;                /* of CONNACK or DISCONNECT */
    int system_error;          /* errno with MQTT_END_BROKEN and _UNCONNECTED, or 0; UNCONNECTED: also those of dial.h */
    bool tls;
    bool established;          /* the TLS handshake was over */
    bool accepted;             /* CONNACK 0 had come */
    unsigned connect_timeout_ms;
    unsigned keep_alive_s;
    const char *host;
    const char *client_id;
    const char *reason_string; /* the broker's own words, or NULL */
    const char *library_text;  /* the library's words with MQTT_END_OTHER, _HANDSHAKE and _UNCONNECTED */
};

/* Copies end to kept, but for the texts, which belong to others; nothing if kept is NULL. */
void mqtt_end_keep(struct mqtt_end *kept, const struct mqtt_end *end);

/* A broker's words come from outside: one line, without control characters. In place. */
void mqtt_end_make_line(char *text);

/* New memory. */
char *mqtt_end_text(const struct mqtt_end *end);

/* Whether the peer ended an accepted connection in a way that one of our messages may be the cause of: it closed or
 * reset it, or said so for a reason that is about a message. A network that fails is no such end, nor is "server
 * shutting down". */
bool mqtt_end_is_drop(const struct mqtt_end *end);

#endif
