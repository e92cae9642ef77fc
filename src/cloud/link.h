/* SPDX-License-Identifier: MIT */
/*
 * One connection to the broker, from reading the certificates to its end: what is published when, what is expected
 * until when. Cloud thread only.
 */
#ifndef SPRINGPARK_CLOUD_LINK_H
#define SPRINGPARK_CLOUD_LINK_H

#include "cloud/cloud.h"
#include "cloud/diagnosis.h"
#include "cloud/registration.h"

#include <stdbool.h>
#include <stdint.h>

struct cloud;

enum link_end {
    LINK_FAILED,           /* could not be made, or was lost; text says why */
    LINK_VERSION_REFUSED,  /* the broker does not speak that version of MQTT; text says so */
    LINK_RECONFIGURED,     /* there are new settings */
    LINK_FULL_AGAIN,       /* what it did without is tried again */
    LINK_STOPPED,          /* the cloud is stopping */
    LINK_PROVISIONED,      /* of claim_run only */
};

struct link_result {
    enum link_end end;
    char *text;            /* the taker's */
    bool accepted;         /* CONNACK 0 had come */
    uint64_t stood_ms;     /* how long it stood after that */
    struct diagnosis_facts facts; /* with LINK_FAILED */
    bool unregistered;     /* the end was as that of a certificate that waits to be registered (awaiting.h) */
    struct registration registration; /* this certificate at this broker */
};

/* version: 5 or 4. without: what to do without (diagnosis.h). */
struct link_result link_run(struct cloud *cloud, const struct cloud_settings *settings, int version, unsigned without);

/* What a diagnosis names of these settings; borrowed. */
struct diagnosis_names link_names(const struct cloud_settings *settings);

#endif
