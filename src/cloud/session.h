/* SPDX-License-Identifier: MIT */
/*
 * The cloud thread: one connection after the other (link.h), with a wait in between.
 */
#ifndef SPRINGPARK_CLOUD_SESSION_H
#define SPRINGPARK_CLOUD_SESSION_H

#include <stdint.h>

struct cloud;

/* Timings that are no setting of the device; tests bring their own. */
struct session_options {
    uint64_t response_floor_ms; /* the broker gets at least this long for SUBACK and PUBACK */
    uint64_t backoff_base_ms;   /* bound of the first wait */
    uint64_t good_session_ms;   /* a session that stood this long starts the backoff anew */
    uint64_t version_retry_ms;  /* a broker that refused MQTT 5 is asked again after this long */
    uint64_t registration_patience_ms; /* a certificate that is awaiting registration for so long is warned of */
    uint64_t hold_ms;           /* a connection that does without something holds if it has stood for so long */
    uint64_t again_ms;          /* and all is tried again after so long at first (diagnosis.h) */
    uint64_t (*random)(void);   /* 64 random bits */
};

/* What the daemon runs with. */
struct session_options session_options_default(void);

/* The thread's function: runs until the cloud is stopping. */
void session_run(struct cloud *cloud);

#endif
