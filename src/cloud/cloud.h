/* SPDX-License-Identifier: MIT */
/*
 * The cloud stage: one thread that owns the connection to the broker and a bounded store of events in memory, from
 * which only the broker's acknowledgement (PUBACK) frees an event.
 *
 * cloud_* functions are called on the main thread and never block, except cloud_stop. What the stage has to tell comes
 * as struct cloud_notice through the queue that it was given; notices belong to the taker (cloud_notice_free).
 */
#ifndef SPRINGPARK_CLOUD_CLOUD_H
#define SPRINGPARK_CLOUD_CLOUD_H

#include "base/activity.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cloud_trust { CLOUD_TRUST_ANY, CLOUD_TRUST_SERVER, CLOUD_TRUST_CA, CLOUD_TRUST_PKI };
enum cloud_mqtt_version { CLOUD_MQTT_AUTO, CLOUD_MQTT_5, CLOUD_MQTT_3_1_1 };

/* Where certificates and keys are; texts are borrowed during the call that takes them. */
struct cloud_tls_settings {
    bool enabled;
    bool sni;
    bool verify_name;
    enum cloud_trust trust;
    const char *ca;               /* file or folder of PEM certificates, or "amazon" */
    bool client_auth;
    const char *certificate;      /* PEM file */
    const char *key;              /* PEM file */
    const char *chain;            /* PEM file sent after the certificate, or "" */
};

struct cloud_settings {
    const char *host;             /* "" = not configured: events are kept, nothing is connected */
    uint16_t port;
    struct cloud_tls_settings tls;
    enum cloud_mqtt_version version;
    const char *client_id;
    const char *login;            /* "" = none */
    const char *password;         /* "" = none */
    const char *topic_meta;       /* the four topics, whole */
    const char *topic_status;
    const char *topic_event;
    const char *topic_command;
    unsigned subscribe_qos;       /* 0 or 1 */
    unsigned publish_qos;         /* 0 or 1 */
    bool retained;                /* meta and status carry the retain flag */
    const char *will;             /* payload of the last will on topic_status, or NULL */
    unsigned connect_timeout_s;
    unsigned response_timeout_s;
    unsigned keep_alive_s;
    unsigned reconnect_interval_s; /* the cap of the backoff */
    unsigned queue_events;        /* capacity of the store */
};

enum cloud_state {
    CLOUD_NOT_CONFIGURED,
    CLOUD_CONNECTING,
    CLOUD_ONLINE,          /* CONNACK 0 and the subscription is acknowledged */
    CLOUD_WAITING,         /* between two attempts */
    CLOUD_STOPPED,
};

enum cloud_notice_kind {
    CLOUD_NOTICE_CONNECTED,    /* CONNACK 0: META may be sent */
    CLOUD_NOTICE_ONLINE,       /* the subscription is acknowledged: STATUS may be sent */
    CLOUD_NOTICE_DISCONNECTED, /* text: why; at the end of a connection and of each attempt that failed */
    CLOUD_NOTICE_CONFIRMED,    /* sequence: the event has been acknowledged */
    CLOUD_NOTICE_REFUSED,      /* sequence, text: the broker's reason code; the event was taken out of the store */
    CLOUD_NOTICE_DROPPED,      /* sequence: the store was full, this one (the oldest not in flight) is lost */
    CLOUD_NOTICE_COMMAND,      /* payload, size_bytes: what came on topic_command */
};

struct cloud_notice {
    enum cloud_notice_kind kind;
    uint64_t sequence;
    char *text;
    uint8_t *payload;
    size_t size_bytes;
};

void cloud_notice_free(void *notice);

/* For `status`. Texts are copies, freed by cloud_report_free. */
struct cloud_report {
    enum cloud_state state;
    char *detail;            /* one sentence: why it is in that state and what to check, or NULL */
    bool tls;
    int mqtt_version;        /* 5 or 4 (= 3.1.1) when online, else 0 */
    uint64_t delivered, dropped, refused, connects, attempts;
    size_t stored, in_flight;
};

struct cloud;

/* Looks at everything that the settings name (files of certificates and keys) as the thread will, and adds what is
 * wrong to errors. That the device's certificate has expired or is not valid yet goes to notes: with a wrong clock, which
 * may yet be set, that must not prevent a start. Blocks on the disk: call it where that is allowed. */
void cloud_check_settings(const struct cloud_settings *settings, struct errors *errors, struct errors *notes);

/* The CN of the certificate in a PEM file, new memory, or NULL if there is none. Blocks on the disk. */
char *cloud_certificate_cn(const char *path);

/* settings are copied. notices: where to tell; stays the caller's, must outlive the cloud, and should be large: while
 * it is full, confirmations wait inside the stage. */
struct cloud *cloud_start(const struct cloud_settings *settings, const struct clock *clock, struct queue *notices);

/* New settings: the connection is made anew with them; stored events stay. */
void cloud_reconfigure(struct cloud *cloud, const struct cloud_settings *settings);

/* One event with its sequence (rising). The payload is copied. Never fails: if the store is full its oldest event that
 * is not in flight is dropped, with a notice. */
void cloud_submit_event(struct cloud *cloud, uint64_t sequence, const char *payload);

/* For the present connection only; forgotten if there is none. */
void cloud_submit_meta(struct cloud *cloud, const char *payload);
void cloud_submit_status(struct cloud *cloud, const char *payload);

void cloud_report(struct cloud *cloud, struct cloud_report *report);
void cloud_report_free(struct cloud_report *report);
struct activity *cloud_activity(struct cloud *cloud);

/* Publishes final_status if online, waits up to a third of limit_ms for what is in flight, disconnects cleanly and ends
 * the thread; stored events go out as long as that third lasts. Returns false if the thread hangs in a foreign call: it
 * is then abandoned. Either way the cloud is gone afterwards. *unsent: how many events were still stored. */
bool cloud_stop(struct cloud *cloud, const char *final_status, uint64_t limit_ms, size_t *unsent);

#endif
