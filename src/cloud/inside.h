/* SPDX-License-Identifier: MIT */
/*
 * What the files of the cloud stage share and nobody else sees. Main thread and cloud thread meet in struct cloud; what
 * both touch is under its mutex, which is never held across a call that may block.
 */
#ifndef SPRINGPARK_CLOUD_INSIDE_H
#define SPRINGPARK_CLOUD_INSIDE_H

#include "base/thread.h"
#include "cloud/awaiting.h"
#include "cloud/cloud.h"
#include "cloud/diagnosis.h"
#include "cloud/lanes.h"
#include "cloud/outbox.h"
#include "cloud/registration.h"
#include "cloud/session.h"
#include "cloud/suspects.h"

#include <pthread.h>

struct cloud {
    /* Constant while the thread runs. */
    struct session_options options;
    const struct clock *clock;
    struct activity *activity;
    struct outbox *outbox;
    int wake_fd;                       /* eventfd; readable = look at what is below */
    struct thread *thread;

    struct suspects suspects;          /* these are the cloud thread's */
    struct registrations *registrations; /* who has accepted which certificate, of registrations_file; or NULL */
    char *registrations_file;
    struct awaiting awaiting;
    struct diagnosis diagnosis;

    pthread_mutex_t mutex;             /* all that follows */
    struct lanes *lanes;
    struct cloud_settings *next;       /* new settings that the thread has not taken yet, or NULL */
    uint64_t link;                     /* the number of the present connection, or of the last one */
    bool linked;                       /* CONNACK 0 has come and the connection stands */
    bool accepted;                     /* and main is ready to lend: cloud_accept */
    size_t promised;                   /* replayed events that were asked for and have not come yet */
    char *meta;                        /* to be published on the present connection, or NULL */
    char *status;
    uint64_t status_ticket;            /* of status, or 0 */
    bool stopping;
    char *final_status;
    uint64_t stop_started_ms;
    uint64_t stop_limit_ms;
    struct cloud_report facts;         /* waiting and in_flight are filled in when it is asked for */
};

/* As cloud_start, with other timings than the usual ones. */
struct cloud *cloud_start_with(const struct cloud_settings *settings, const struct clock *clock, struct queue *notices,
                               const struct session_options *options);

/* Cloud thread: what `status` shows from now on; detail may be NULL. It counts since when it is so; for a state that is
 * there while another one would be expected again and again, that is since it was not online. */
void cloud_set_state(struct cloud *cloud, enum cloud_state state, const char *detail);

/* Cloud thread: one more attempt begins, with the claim or with the certificate. The state is PROVISIONING or CONNECTING,
 * but for one that says more; the detail stays visible until there is news. */
void cloud_note_attempt(struct cloud *cloud, bool claiming);

/* Cloud thread: the last second of the device's certificate that is used now; 0 = there is none. */
void cloud_note_certificate(struct cloud *cloud, time_t not_after);

#endif
