/* SPDX-License-Identifier: MIT */
/*
 * The cloud stage: one thread that owns the connection to the broker and carries the events that it was lent for this
 * connection. It keeps nothing: an event is the lender's again when it is CONFIRMED or REFUSED, and all of them are
 * when the connection is DISCONNECTED. Only the lender (the journal) decides what is kept, dropped or sent again.
 *
 * cloud_* functions are called on the main thread and never block, except cloud_stop. What the stage has to tell comes
 * as struct cloud_notice through the queue that it was given; notices belong to the taker (cloud_notice_free).
 *
 * One connection, as main sees it: CONNECTED -> cloud_submit_meta, cloud_accept -> events are taken, the first WANT
 * comes -> ... CONFIRMED, REFUSED, WANT ... -> DISCONNECTED. Nothing of a connection is told after its DISCONNECTED,
 * and nothing is taken for the next one before main has accepted it: so no event is ever lent twice.
 */
#ifndef SPRINGPARK_CLOUD_CLOUD_H
#define SPRINGPARK_CLOUD_CLOUD_H

#include "base/activity.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/event_id.h"
#include "base/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* How many events may wait for their turn: new ones, and replayed ones. At most CLOUD_WINDOW more are in flight. */
#define CLOUD_LIVE_LANE 512U
#define CLOUD_REPLAY_LANE 256U
#define CLOUD_WINDOW 20U

enum cloud_trust { CLOUD_TRUST_ANY, CLOUD_TRUST_SERVER, CLOUD_TRUST_CA, CLOUD_TRUST_PKI };
enum cloud_mqtt_version { CLOUD_MQTT_AUTO, CLOUD_MQTT_5, CLOUD_MQTT_3_1_1 };

/* Where certificates and keys are; texts are borrowed during the call that takes them. */
struct cloud_tls_settings {
    bool enabled;
    bool sni;
    bool verify_name;
    enum cloud_trust trust;       /* trust.h */
    bool exact;                   /* trust SERVER: the whole certificate counts, not its key alone */
    const char *ca;               /* file or folder of PEM certificates, or "amazon"; trust SERVER: a file with the
                                     broker's own; trust ANY: not looked at */
    bool client_auth;
    const char *certificate;      /* PEM file */
    const char *key;              /* PEM file, or "pkcs11:..." */
    const char *chain;            /* PEM file sent after the certificate, or "" */
    bool claim;                   /* certificate and key are a claim's: complaints say so */
};

/* A certificate of its own for a box that has only a claim: fleet provisioning of AWS IoT Core. */
struct cloud_claim_settings {
    bool enabled;                 /* while there is no file tls.certificate, one is obtained, and stored there */
    const char *certificate;      /* the claim's PEM file */
    const char *key;              /* and its key: PEM file, or "pkcs11:..." */
    const char *template_name;    /* of the fleet provisioning template */
    const char *serial;           /* its parameter SerialNumber, and the CN of the certificate that is asked for */
    const char *thing;            /* file in which the thing's name is kept (claim_thing.h) */
};

struct cloud_settings {
    const char *host;             /* "" = not configured: nothing is connected */
    uint16_t port;
    struct cloud_tls_settings tls;
    struct cloud_claim_settings claim;
    const char *registrations;    /* file in which it is kept who accepted which certificate (registration.h); "" = it is
                                     forgotten at the end */
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
    unsigned replay_rate;         /* replayed events a second, at most; 0 = as fast as they go */
    bool oldest_first;            /* replayed events go before new ones, instead of after them */
};

enum cloud_state {
    CLOUD_NOT_CONFIGURED,
    CLOUD_CONNECTING,
    CLOUD_ONLINE,          /* CONNACK 0 and the subscription is acknowledged */
    CLOUD_WAITING,         /* between two attempts */
    CLOUD_PROVISIONING,    /* asks for a certificate of its own, or waits before it asks again */
    CLOUD_AWAITING_REGISTRATION, /* as WAITING, but this broker has never accepted this certificate and drops it: a
                              broker that registers certificates when they come does that at first */
    CLOUD_STOPPED,
};

enum cloud_notice_kind {
    CLOUD_NOTICE_CONNECTED,    /* number: the link, which rises with each connection that the broker accepts: META may
                                  be sent, and cloud_accept called */
    CLOUD_NOTICE_ONLINE,       /* the subscription is acknowledged: STATUS may be sent */
    CLOUD_NOTICE_DISCONNECTED, /* text: why; at the end of a connection and of each attempt that failed. All events that
                                  were lent and are neither confirmed nor refused are given back */
    CLOUD_NOTICE_CONFIRMED,    /* id: the event has been acknowledged (QoS 0: written) */
    CLOUD_NOTICE_REFUSED,      /* id, text: the broker does not want this event, nor would it when it came again */
    CLOUD_NOTICE_WANT,         /* link, number: for how many more replayed events there is room */
    CLOUD_NOTICE_STATUS_CONFIRMED, /* number: the ticket of the STATUS that has been acknowledged (QoS 0: written) */
    CLOUD_NOTICE_PROVISIONED,  /* text: the name of the thing. Certificate and key are in their files: the settings are
                                  to be read anew */
    CLOUD_NOTICE_COMMAND,      /* payload, size_bytes: what came on topic_command; expires, expires_ms: the message expiry
                                  interval of MQTT 5, as in mqtt.h */
};

struct cloud_notice {
    enum cloud_notice_kind kind;
    struct event_id id;
    uint64_t number;
    uint64_t link;             /* which connection; with WANT */
    char *text;
    uint8_t *payload;
    size_t size_bytes;
    bool expires;
    uint64_t expires_ms;       /* clock_elapsed_ms */
};

void cloud_notice_free(void *notice);

/* For `status`. Texts are copies, freed by cloud_report_free. */
struct cloud_report {
    enum cloud_state state;
    char *detail;            /* one sentence: why it is in that state and what to check, or NULL */
    uint64_t since_ms;       /* monotonic: since when it is online, or awaits registration, or is neither */
    bool tls;
    time_t certificate_not_after; /* the last second of the device's certificate, as it was last read and could be used;
                                     0 = none */
    int mqtt_version;        /* 5 or 4 (= 3.1.1) when online, else 0 */
    uint64_t delivered, refused; /* events */
    uint64_t replayed;       /* of the delivered ones, those that came by cloud_submit_replay */
    uint64_t connects, attempts;
    size_t waiting, in_flight; /* events that are lent now */
};

struct cloud;

/* Looks at everything that the settings name (files of certificates and keys) as the thread will, and adds what is
 * wrong to errors; so it does with what the broker's limits forbid where they are known (aws.h). That the device's
 * certificate has expired or is not valid yet goes to notes: with a wrong clock, which may yet be set, that must not
 * prevent a start. A complaint begins with the file or the setting ("mqtt.port: ..."). Blocks on the disk: call it
 * where that is allowed. */
void cloud_check_settings(const struct cloud_settings *settings, struct errors *errors, struct errors *notes);

/* Complains if the device's certificate has expired or is not valid yet: no connection can be made with it now. For who
 * has one that stands. Blocks on the disk. */
void cloud_check_dates(const struct cloud_settings *settings, struct errors *errors);

/* The place of a key as complaints begin with it, without a PIN; new memory. */
char *cloud_key_text(const char *source);

/* The CN of the certificate in a PEM file, new memory, or NULL if there is none. Blocks on the disk. */
char *cloud_certificate_cn(const char *path);

/* The name of the thing that fleet provisioning made with the certificate of that file, by the file claim.thing; new
 * memory, or NULL if there is none. Blocks on the disk. */
char *cloud_thing_name(const char *thing_path, const char *certificate_path);

/* settings are copied. notices: where to tell; stays the caller's, must outlive the cloud, and should be large: while
 * it is full, nothing is read from the broker. */
struct cloud *cloud_start(const struct cloud_settings *settings, const struct clock *clock, struct queue *notices);

/* New settings: the connection is made anew with them. */
void cloud_reconfigure(struct cloud *cloud, const struct cloud_settings *settings);

/* Main has dealt with CONNECTED of that link, and so with the DISCONNECTED before it: from now on events are taken.
 * Ignored if that connection is over. */
void cloud_accept(struct cloud *cloud, uint64_t link);

/* A new event. True: it is lent to the cloud. False, not now: no connection is accepted, the cloud is stopping, or the
 * live lane is full. The payload is copied. */
bool cloud_submit_event(struct cloud *cloud, struct event_id id, const char *payload);

/* An event that was asked for by WANT of that link. False: that connection is over, and the event is not lent. The
 * payload is copied. */
bool cloud_submit_replay(struct cloud *cloud, uint64_t link, struct event_id id, const char *payload);

/* For the present connection only; forgotten if there is none. One of each is under way at a time; a newer one replaces
 * one that has not been sent. ticket: STATUS_CONFIRMED brings it when this STATUS has been acknowledged; it never comes
 * if the STATUS was replaced or refused or the connection ended. 0 = nobody asks. */
void cloud_submit_meta(struct cloud *cloud, const char *payload);
void cloud_submit_status(struct cloud *cloud, const char *payload, uint64_t ticket);

void cloud_report(struct cloud *cloud, struct cloud_report *report);
void cloud_report_free(struct cloud_report *report);
struct activity *cloud_activity(struct cloud *cloud);

/* Sends what waits and hears what is in flight for up to a third of limit_ms, publishes final_status, disconnects
 * cleanly and ends the thread. Returns false if the thread hangs in a foreign call: it is then abandoned. Either way the
 * cloud is gone afterwards; its last notices are in the queue, and what was not confirmed is the lender's. */
bool cloud_stop(struct cloud *cloud, const char *final_status, uint64_t limit_ms);

#endif
