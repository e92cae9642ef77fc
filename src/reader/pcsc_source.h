/* SPDX-License-Identifier: MIT */
/*
 * Inside of the PC/SC driver: what its files share. pcsc.c has the start and the stop of a source; pcsc_hub.c the
 * thread that watches the readers for all sources; pcsc_readers.c what it does with the readers of each;
 * pcsc_reader.c the thread of one reader.
 *
 * A source enters the hub, whose thread is the only one that asks pcscd for the state of readers (pcsc_session_wait
 * says why). The hub starts a thread for each of the source's readers, hands it each look at its reader, and takes it
 * back once it has ended. Every thread counts in `running`, the hub's too, as long as it has the source; the one that
 * brings it to 0 writes done_fd. A source that was abandoned (a thread hangs inside libpcsclite) is never freed and
 * calls no sink any more.
 */
#ifndef SPRINGPARK_READER_PCSC_SOURCE_H
#define SPRINGPARK_READER_PCSC_SOURCE_H

#include "reader/pcsc_health.h"
#include "reader/pace.h"
#include "reader/pcsc_library.h"
#include "reader/pcsc_visit.h"
#include "reader/teller.h"

#include <pthread.h>
#include <stdatomic.h>

/* Limits of the calls into libpcsclite: beyond them main calls the reader overdue, nothing is interrupted. */
enum { PCSC_CALL_LIMIT_MS = 5000, PCSC_OWN_LIMIT_MS = 10000 };

/* For the join of a thread that has said its last word: no limit that it could reach. */
enum { PCSC_JOIN_LIMIT_MS = INT32_MAX };

/* A connection to pcscd that is kept alive by trying again. */
struct pcsc_link {
    struct pcsc_session *session;
    struct reader_pace pace;
    unsigned refusals;
};

/* What the hub tells a reader's thread. Only the newest look counts: its counter tells of what came between. */
struct pcsc_mailbox {
    pthread_mutex_t mutex;
    int kick_fd;               /* readable when there is something new */
    bool lost;                 /* the connection to pcscd was lost, before the look */
    enum pcsc_result lost_result;
    bool unwatched;            /* there is no place for it among those that are watched */
    bool has_look;
    struct pcsc_look look;
};

struct pcsc_reader {
    struct reader_source *source;
    struct pcsc_reader *next;
    char *name;
    struct reader_teller teller;
    struct pcsc_link link;
    struct pcsc_visit visit;
    bool access_refused;       /* pcscd lets us look at the reader and not at its cards */
    enum pcsc_result card_result; /* of the last call about a card */
    struct pcsc_look look;     /* the newest one that was taken out of the mailbox */
    struct pcsc_mailbox mailbox;
    struct thread *thread;
    struct pcsc_look seen;     /* the hub's own: what it handed over last */
    bool unwatched;            /* the hub's own: it was told that there is no place for it */
    atomic_bool look_again;    /* the hub is asked to forget that */
    atomic_bool leave;         /* the reader left the list */
    atomic_bool ended;         /* the thread needs nothing any more */
};

struct pcsc_hub;

struct reader_source {
    char *glob;
    char *label;
    const struct clock *clock;
    struct reader_sink sink;
    atomic_bool stop;
    atomic_bool abandoned;
    atomic_uint running;       /* threads */
    int stop_fd;               /* readable from the stop on */
    int done_fd;               /* readable when running is 0 */
    struct thread *usher;      /* pcsc_hub.c's, as all of these: short-lived ones that wait for the hub in its place */
    struct thread *canceller;
    struct pcsc_hub *hub;
    bool ready;                /* the hub may take it */
    bool let_go;               /* the hub has let it go */
    /* The hub's thread's, before it has taken the source the usher's. */
    struct reader_source *next;
    bool taken;
    struct reader_teller none;   /* stands for the source while it has no reader; its activity is the hub's, which
                                  those of the readers follow */
    struct pcsc_reader *readers;
    char **yielded;            /* names of readers that match and that an entry before this one has */
    size_t yielded_count;
};

/* pcsc_source.c: any thread of the source. The teller of one of its readers, or of `none`; takes the label. */
struct reader_teller pcsc_teller(struct reader_source *source, char *label);

/* Tells of `none`, if it is not told already, and takes it back. */
void pcsc_source_show_none(struct reader_source *source);
void pcsc_source_hide_none(struct reader_source *source);

/* Waits up to timeout_ms (PCSC_FOREVER_MS: no limit), less if the source stops or kick_fd is kicked. */
void pcsc_source_pause(struct reader_source *source, int kick_fd, uint32_t timeout_ms);

/* Opens the link if it is not; after a failure tells it and waits for the next attempt's turn. */
bool pcsc_link_open(struct pcsc_link *link, struct reader_source *source, struct reader_teller *teller, int kick_fd);

/* A thread of the source has ended: the last thing that it does with the source. */
void pcsc_source_thread_ended(struct reader_source *source);

/* pcsc_reader.c: the hub's. NULL if no thread can be started. */
struct pcsc_reader *pcsc_reader_start(struct reader_source *source, const char *name, const char *label);
void pcsc_reader_tell_look(struct pcsc_reader *reader, const struct pcsc_look *look);
void pcsc_reader_tell_lost(struct pcsc_reader *reader, enum pcsc_result result);
void pcsc_reader_tell_unwatched(struct pcsc_reader *reader);  /* for now there is no place for it */
void pcsc_reader_dismiss(struct pcsc_reader *reader);  /* its reader left the list */
void pcsc_reader_free(struct pcsc_reader *reader);  /* joins the thread, which has ended */

#endif
