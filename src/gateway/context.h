/* SPDX-License-Identifier: MIT */
/*
 * The daemon's one context, and what its parts offer one another. Main thread only, all of it.
 *
 *   gateway.c   starts, stops, signals, watchdog
 *   inflow.c    sightings from the readers to presence, and the presence timer
 *   outflow.c   events, META, STATUS to the cloud and to watchers; notices back from the cloud
 *   commands.c  commands, from the broker or the control socket, to feedback
 *   signalling.c  what people at the readers are told of it
 *   keeping.c   the journal: what it is told, what it tells, and the gaps
 *   activation.c  whether tags are reported
 *   account.c    what `status` and `readers` say
 *   requests.c  the control socket's requests
 *   network_watch.c  whether the network is as register 0280 says
 *   reload.c    a new configuration, whole or not at all
 */
#ifndef SPRINGPARK_GATEWAY_CONTEXT_H
#define SPRINGPARK_GATEWAY_CONTEXT_H

#include "base/clock.h"
#include "base/loop.h"
#include "base/queue.h"
#include "base/watchdog.h"
#include "cloud/cloud.h"
#include "control/control.h"
#include "discovery/responder.h"
#include "feedback/feedback.h"
#include "feedback/policy.h"
#include "gateway.h"
#include "gateway/activation.h"
#include "gateway/expiry.h"
#include "gateway/intake.h"
#include "gateway/network_watch.h"
#include "gateway/plan.h"
#include "gateway/roster.h"
#include "journal/journal.h"
#include "message/command.h"
#include "message/command_gate.h"
#include "message/message.h"
#include "presence/presence.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct reload;

/* A STATUS that is on its way, and the gaps that were in it. */
struct told_gaps {
    uint64_t ticket;
    struct gaps *gaps;
};

enum { TOLD_GAPS_KEPT = 4 };

struct gateway {
    const struct gateway_options *options;
    const struct clock *clock;
    struct loop *loop;
    struct plan *plan;
    uint64_t start_ms;             /* monotonic */
    char *state_directory;         /* of the start: a reload does not move it */
    char *registrations_file;      /* in it */
    uint32_t startup_counter;
    char *startup_problem;         /* why the startup counter is a random one, or NULL */
    uint64_t sequence;             /* of the last event */
    uint64_t commands_accepted;
    uint64_t commands_refused;
    uint64_t commands_repeated;    /* with an Id that was carried out before */
    struct command_gate *commands; /* which Ids were */
    bool online;                   /* the broker takes STATUS */
    enum activation activation;    /* whether tags are reported */
    bool commanded;                /* that a host's command wants them, with explicit activation */
    bool stopping;
    char *told_meta;               /* the last META, or NULL */
    char *told_health;             /* State and Health of the last STATUS, so that a change is told at once */

    uint64_t link;                 /* the connection that is accepted, 0 = none */
    uint64_t generation;           /* of what is lent to it */
    uint64_t stored;               /* all events of this start up to this one are on disk, or were delivered */
    struct gaps *gaps;             /* what is lost and was not yet acknowledged; never NULL once the journal runs */
    uint64_t ticket;               /* of the last STATUS */
    struct told_gaps told_gaps[TOLD_GAPS_KEPT];
    char *expiry_trouble;          /* that the certificate of this box expires, in words, or NULL */
    enum expiry_stage expiry_stage; /* what of it was told */
    char *journal_trouble;         /* why the journal is degraded or hangs, or NULL */
    uint64_t set_aside;            /* events that the broker refused and that are kept, when that was last looked at */
    bool intake_paused;            /* the disk does not keep up */

    struct feedback *feedback;
    struct policy *policy;         /* what is signalled of which read */
    bool signals_armed;            /* the signals' timer runs */
    bool feedback_hangs;           /* and that was said */
    struct queue *journal_notices;
    struct journal *journal;
    struct queue *notices;
    struct cloud *cloud;
    struct roster *roster;
    struct presence *presence;
    struct intake *intake;
    struct control_server *control;
    struct reload *reload;
    struct responder *responder;   /* to who looks for devices, or NULL */
    struct settings_discovery found_by;
    struct network_watch *network;

    struct loop_source *notices_source;
    struct loop_source *journal_source;
    struct loop_source *intake_source;
    struct loop_source *presence_timer;
    struct loop_source *status_timer;
    struct loop_source *signals_timer;
    struct loop_source *watchdog_timer;
    struct watchdog *watchdog;     /* says when the main loop is stuck; NULL without a service manager's watchdog */
    bool cloud_hangs;              /* and that was said */
    struct loop_source *signals[3];
};

/* Where startup counter and journal are, for as long as this daemon runs. */
const char *gateway_state_directory(const struct gateway *gateway);

/* The plan's settings of the connection, with what is kept in that folder; texts are the plan's and the gateway's. */
struct cloud_settings gateway_cloud_settings(const struct gateway *gateway, const struct plan *plan);

/* ---- inflow.c ---- */

/* Makes this intake the one whose sightings count. */
void inflow_attach(struct gateway *gateway, struct intake *intake);
void inflow_detach(struct gateway *gateway);
/* Takes everything that is in the intake's queue now. */
void inflow_drain(struct gateway *gateway);
/* After a pause: goes on taking, if the journal keeps up again. */
void inflow_resume(struct gateway *gateway);
void inflow_presence_timer(void *context);
/* Looks at what the reader threads wait for; overdue foreign calls become states of their readers. Returns false if a
 * thread is overdue in our own code. */
bool inflow_supervise(struct gateway *gateway);

/* ---- outflow.c ---- */

/* presence_emit: an event that counts. */
void outflow_event(void *context, const struct presence_event *event);
void outflow_notices(void *context, int fd, uint32_t events);
/* The journal has flushed all events of this start up to that one. */
void outflow_stored(struct gateway *gateway, struct event_id id);
/* After the cloud's end: what it still had to tell is of no use but for the journal. */
void outflow_last_notices(struct gateway *gateway);
/* Publishes STATUS if the broker is there and State or Health differ from what was told last. */
void outflow_health_changed(struct gateway *gateway);
/* Publishes META if the broker is there and it differs from what was told last. */
void outflow_meta_changed(struct gateway *gateway);
void outflow_status_timer(void *context);
void outflow_arm_status_timer(struct gateway *gateway);
/* The STATUS document for now; new memory. */
char *outflow_status_json(const struct gateway *gateway, enum message_state state);
/* What systemd shows. */
void outflow_tell_service(struct gateway *gateway);
/* Publishes STATUS if the broker is there. */
void outflow_publish_status(struct gateway *gateway);

struct message_time outflow_time(const struct gateway *gateway);
enum message_state outflow_state(const struct gateway *gateway);
/* What is ill, new memory, or NULL. */
char *outflow_health_text(const struct gateway *gateway);

/* ---- signalling.c ---- */

void signalling_start(struct gateway *gateway);
/* After the loop's end; false if a device hangs and is left behind. */
bool signalling_stop(struct gateway *gateway, uint64_t limit_ms);
void signalling_timer(void *context);
/* Says when a device hangs, and when it does not any more. */
void signalling_supervise(struct gateway *gateway);
/* Takes over a new plan, which is the gateway's already. */
void signalling_configure(struct gateway *gateway, const struct plan *old);
/* The PC/SC readers are others than before. */
void signalling_readers_changed(struct gateway *gateway);
/* What happened; reader: label. */
void signalling_started(struct gateway *gateway);
void signalling_read(struct gateway *gateway, uint64_t sequence, const char *reader);
void signalling_read_failed(struct gateway *gateway, const char *reader);
void signalling_stored(struct gateway *gateway, struct event_id id);
void signalling_confirmed(struct gateway *gateway, struct event_id id);
void signalling_refused(struct gateway *gateway, struct event_id id);
void signalling_cloud_lost(struct gateway *gateway);

/* ---- commands.c ---- */

/* Takes a command from the control socket; false and *error (freed by the caller) if it is refused. True, and nothing is
 * done, for one that is repeated. */
bool commands_say(struct gateway *gateway, const void *payload, size_t size_bytes, char **error);
/* The same for one from the broker; the log says if it is refused. */
void commands_take(struct gateway *gateway, const struct cloud_notice *notice);

/* ---- activation.c ---- */

/* Once presence is there. */
void activation_begin(struct gateway *gateway);
/* The connection to the broker is there, or gone. */
void activation_refresh(struct gateway *gateway);
/* A new plan is in the place of old. */
void activation_configure(struct gateway *gateway, const struct plan *old);
/* The part of a command that starts or stops reading, if there is one; false and *error if it is refused. */
bool activation_command(struct gateway *gateway, const struct command *command, char **error);

/* ---- keeping.c ---- */

void keeping_start(struct gateway *gateway);
/* After the cloud's end. */
void keeping_stop(struct gateway *gateway, uint64_t limit_ms);
/* Takes over the bounds of a new plan. */
void keeping_configure(struct gateway *gateway, const struct plan *plan);
/* Notices of the journal. */
void keeping_notices(void *context, int fd, uint32_t events);
/* An event of this start for the journal, and, if it may go before what is stored, for the cloud. */
void keeping_submit(struct gateway *gateway, uint64_t sequence, const char *payload);
/* The broker's connection is accepted, or gone. */
void keeping_connected(struct gateway *gateway, uint64_t link);
void keeping_disconnected(struct gateway *gateway);
void keeping_want(struct gateway *gateway, uint64_t link, uint64_t count);
/* The gaps for a STATUS under the ticket that is returned; *count of them, the caller's memory. */
struct message_gap *keeping_gaps(const struct gateway *gateway, size_t *count);
uint64_t keeping_ticket(struct gateway *gateway);
void keeping_status_confirmed(struct gateway *gateway, uint64_t ticket);
/* What the broker refused, in words, new memory; NULL if that is nothing. */
char *keeping_refused_text(const struct gateway *gateway);
/* Looks at what its thread waits for; false if it is overdue in our own code. */
bool keeping_supervise(struct gateway *gateway);

/* ---- account.c ---- */

json_t *account_status(struct gateway *gateway);
json_t *account_readers(struct gateway *gateway);
json_t *account_page(const struct journal_page *page);

/* ---- requests.c ---- */

void requests_handle(void *context, struct control_client *client, const char *request, json_t *arguments,
                     bool privileged);

/* ---- findable.c ---- */

/* Answers who looks for devices, as the plan says; with the same settings as before nothing changes. */
void findable_configure(struct gateway *gateway);

/* ---- reload.c ---- */

struct reload *reload_create(struct gateway *gateway);
/* After control_server_free: refuses who still waits for an answer, and waits for what is under way, up to limit_ms.
 * False: a thread hangs and is left behind; the plan must not be freed. */
bool reload_free(struct reload *reload, uint64_t limit_ms);
/* Begins; client (or NULL, for SIGHUP) gets the answer when it is through. */
void reload_begin(struct reload *reload, struct control_client *client);

#endif
