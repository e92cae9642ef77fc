/* SPDX-License-Identifier: MIT */
/*
 * Why connections fail, as far as can be told from what they end like, and what to do without so that events go out.
 *
 * A broker of MQTT 5 says a reason. One of 3.1.1, and AWS IoT Core with either, closes the connection on what it does not
 * allow and says nothing; but how far the connection had come, what of ours was unacknowledged, and that it is so again
 * and again, make a pattern:
 *
 *     closed in place of CONNACK                the certificate is not active, its policy or thing is detached; or the
 *                                               last will is not allowed
 *     lost while SUBSCRIBE is unacknowledged    the subscription is not allowed
 *     lost while META or STATUS is              its topic is not allowed, or not its retain flag
 *     lost while an event is                    its topic is not allowed, or that event (suspects.h)
 *     lost while nothing is                     another client uses the client id
 *
 * Where a pattern has two explanations, an attempt decides: after DIAGNOSIS_PATTERN drops of it one is made without the
 * last will, the subscription or the retain flag. If that one holds, the cause is known, and it stays so, for events
 * matter more. All of it is tried again after a while, at first after DIAGNOSIS_AGAIN_MS, then each time after twice as
 * long, up to a day, and with new settings: one drop is enough then to go back to what held.
 *
 * Pure: no clock, no socket. One thread.
 */
#ifndef SPRINGPARK_CLOUD_DIAGNOSIS_H
#define SPRINGPARK_CLOUD_DIAGNOSIS_H

#include "cloud/mqtt_end.h"
#include "cloud/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* So many drops of one kind in a row are a pattern. */
#define DIAGNOSIS_PATTERN 3U
#define DIAGNOSIS_AGAIN_MS 600000U
#define DIAGNOSIS_AGAIN_CAP_MS 86400000U

/* What a connection can do without; sets of them. */
#define DIAGNOSIS_NO_WILL 1U
#define DIAGNOSIS_NO_SUBSCRIPTION 2U
#define DIAGNOSIS_NO_RETAIN 4U

enum diagnosis_cause {
    DIAGNOSIS_NONE,          /* the end says it all, or nothing is known */
    DIAGNOSIS_TAKEN_OVER,    /* two clients with one client id */
    DIAGNOSIS_TOPIC,         /* what is published is not allowed there */
    DIAGNOSIS_SUBSCRIPTION,
    DIAGNOSIS_WILL,
    DIAGNOSIS_RETAIN,
    DIAGNOSIS_ENDPOINT,      /* another region or endpoint than that of the account */
    DIAGNOSIS_CLOCK,         /* of this box */
    DIAGNOSIS_INACTIVE,      /* the certificate, which was accepted once */
    DIAGNOSIS_UNSTABLE,      /* accepted and dropped again and again, now so, now so */
};

/* One attempt that failed. */
struct diagnosis_facts {
    struct mqtt_end how;       /* without texts */
    bool gave_up;              /* it was ended by us: a deadline, certificates that cannot be used; how says nothing */
    bool good;                 /* accepted, and stood long enough to be no part of a pattern */
    /* What was unacknowledged at its end. */
    bool subscription, meta, status, events;
    unsigned without;          /* what it did without */
    bool will, retained;       /* the settings want them */
    bool qos_0;                /* what is published is never acknowledged */
    bool registered;           /* this broker has accepted this certificate before */
    bool awaiting;             /* it has not, and that is normal yet (awaiting.h) */
    bool certificate_sent;     /* in this connection's handshake */
    int alert;                 /* the peer's TLS alert, or TLS_NO_ALERT */
    enum tls_refusal refusal;  /* of the broker's certificate, by us */
    time_t now;                /* by this box's clock */
    time_t not_before, not_after; /* of the box's certificate; 0, 0: there is none */
    bool aws;                  /* the host is the name of an AWS IoT Core endpoint */
};

/* What the texts name. */
struct diagnosis_names {
    const char *host, *client_id;
    const char *topic_meta, *topic_status, *topic_event, *topic_command;
};

/* How many drops in a row... */
struct diagnosis_rows {
    unsigned unanswered;       /* were in place of CONNACK */
    unsigned lost;             /* were of an accepted connection; and of these */
    unsigned subscription, meta, status, events; /* had that unacknowledged */
    unsigned idle;             /* had nothing */
};

struct diagnosis {
    struct diagnosis_rows rows;
    enum { DIAGNOSIS_META, DIAGNOSIS_STATUS, DIAGNOSIS_EVENT } item; /* what the last pattern is about, if it is one */
    unsigned without;          /* what the next attempt does without */
    bool proven;               /* and that holds */
    unsigned held;             /* what it did without when it held, of the time before all was tried again */
    unsigned told;             /* what was news last */
    unsigned tried;            /* sets that did not help: bit N for the set N */
    uint64_t again_ms;         /* all is tried again then, if anything is left out or was tried */
    uint64_t again_interval_ms;
};

/* New settings: nothing is known. again_ms: as DIAGNOSIS_AGAIN_MS. */
void diagnosis_reset(struct diagnosis *diagnosis, uint64_t again_ms);

/* Before an attempt: what to do without. */
unsigned diagnosis_begin(struct diagnosis *diagnosis, uint64_t now_ms);

/* The attempt failed, or its connection was lost. */
enum diagnosis_cause diagnosis_note_end(struct diagnosis *diagnosis, const struct diagnosis_facts *facts,
                                        uint64_t now_ms);

/* The connection holds, without what it does without: a matter of CONNACK for the will, of some seconds for the others.
 * True: that is news. */
bool diagnosis_note_hold(struct diagnosis *diagnosis);

/* What to check because of cause, as the rest of a sentence ("; ..."), new memory; "" if there is nothing to add. The
 * same facts have just been noted. */
char *diagnosis_advice(const struct diagnosis *diagnosis, enum diagnosis_cause cause,
                       const struct diagnosis_facts *facts, const struct diagnosis_names *names);

/* What a connection does without and why, a sentence, new memory; without is not 0. proven: it holds so. */
char *diagnosis_without_text(unsigned without, bool proven, const struct diagnosis_names *names);

#endif
