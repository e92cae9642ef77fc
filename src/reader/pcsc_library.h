/* SPDX-License-Identifier: MIT */
/*
 * libpcsclite behind our own names: the one file that includes winscard.h is pcsc_library.c.
 *
 * A session is one SCARDCONTEXT and at most one card connection. It belongs to the thread that uses it, because
 * libpcsclite holds a lock of the context as long as a call blocks; only pcsc_session_cancel may be called by another
 * thread. A session must not be carried over a fork.
 *
 * API: PC/SC part 5 as pcsc-lite implements it (winscard.h, pcsclite.h of version 1.9.0 and later).
 */
#ifndef SPRINGPARK_READER_PCSC_LIBRARY_H
#define SPRINGPARK_READER_PCSC_LIBRARY_H

#include "card/card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pcsc_result {
    PCSC_OK,
    PCSC_TIMEOUT,         /* nothing changed in the time given */
    PCSC_CANCELLED,       /* by pcsc_session_cancel */
    PCSC_NO_SERVICE,      /* pcscd is not running, or the connection to it broke: the session must be opened again */
    PCSC_REFUSED,         /* pcscd refuses this user; also seen for a moment while pcscd dies */
    PCSC_NO_READERS,      /* the list is empty */
    PCSC_UNKNOWN_READER,  /* the reader is not in the list */
    PCSC_READER_TROUBLE,  /* pcscd cannot talk to the reader */
    PCSC_CARD_GONE,
    PCSC_CARD_MUTE,       /* the card does not answer its power-up */
    PCSC_CARD_ERROR,      /* one exchange failed, or another program reset the card */
    PCSC_CARD_BUSY,       /* another program holds the card for itself */
    PCSC_OTHER,           /* see pcsc_session_code */
};

enum { PCSC_FOREVER_MS = UINT32_MAX };

/* One look at a reader. Zeroed, it asks for an answer at once; handed in again, it asks for the next change. */
struct pcsc_look {
    bool unknown;         /* the reader left the list */
    bool unavailable;     /* the reader is in the list and fails */
    bool present;
    bool mute;            /* a card that did not answer its power-up */
    bool exclusive;       /* another program holds the card for itself */
    uint16_t counter;     /* goes up with each arrival and each departure; wraps */
    uint8_t atr[CARD_ATR_MAX_BYTES];
    size_t atr_bytes;
    unsigned long raw;    /* the library's own state word, to be handed in again */
};

struct pcsc_session;

struct pcsc_session *pcsc_session_create(void);

/* Closes as well. NULL is fine. */
void pcsc_session_free(struct pcsc_session *session);

/* Connects to pcscd. May block without limit if pcscd hangs. Closes a session that is open. */
enum pcsc_result pcsc_session_open(struct pcsc_session *session);
void pcsc_session_close(struct pcsc_session *session);
bool pcsc_session_is_open(const struct pcsc_session *session);

/* The names of all readers, NULL at the end, in one block that the caller frees with free; only for PCSC_OK. */
enum pcsc_result pcsc_session_list(struct pcsc_session *session, char ***names);

/* The library takes 16 states in one call, and the list of readers is one of them. */
enum { PCSC_WATCHED_MAX = 15 };

struct pcsc_watched {
    const char *reader;
    struct pcsc_look look;   /* zeroed: "answer at once"; filled again where changed is set */
    bool changed;
};

/* What one wait is for. */
struct pcsc_watch {
    unsigned long list_state; /* the library's word for the list of readers, 0 at first, kept between waits */
    bool list_changed;
    struct pcsc_watched readers[PCSC_WATCHED_MAX];
    size_t readers_count;
};

/*
 * Waits until the list of readers changes, or one of the readers differs from its look. Other programs that share a
 * card are no change.
 *
 * Only one thread of the process should be in this call or in pcsc_session_list at a time: libpcsclite keeps what it
 * knows of the readers in one array of the process, without a lock, so that of two threads that look at the same time
 * one can take the other's older answer for the newest, and sleep through an event (seen with 1.9.9, about once in
 * 1000 events when two readers have cards at the same moment). A card that does not answer its power-up makes each
 * look last 400 ms, also the others'.
 */
enum pcsc_result pcsc_session_wait(struct pcsc_session *session, struct pcsc_watch *watch, uint32_t timeout_ms);

/* Connects to the card, shared with other programs, by T=0 or T=1. */
enum pcsc_result pcsc_session_connect(struct pcsc_session *session, const char *reader);

/* Powers the card down and up again: it forgets what it was told. Other programs that share it are told by the service. */
enum pcsc_result pcsc_session_reset(struct pcsc_session *session);

/* Sends one APDU; *received_bytes of the answer, status bytes included. */
enum pcsc_result pcsc_session_transmit(struct pcsc_session *session, const uint8_t *command, size_t command_bytes,
                                       uint8_t *answer, size_t capacity_bytes, size_t *received_bytes);

/*
 * Connects to the reader itself, whether there is a card or not, beside whoever else is connected; a card is not
 * powered. Only for pcsc_session_escape.
 */
enum pcsc_result pcsc_session_connect_direct(struct pcsc_session *session, const char *reader);

/* Sends one command to the reader itself (SCardControl with the code of PC_to_RDR_Escape, USB CCID 1.1, 6.1.8);
 * *received_bytes of the answer. Any failure that is no pcscd's is PCSC_OTHER or PCSC_CARD_ERROR: the reader's driver
 * does not pass such commands on. */
enum pcsc_result pcsc_session_escape(struct pcsc_session *session, const uint8_t *command, size_t command_bytes,
                                     uint8_t *answer, size_t capacity_bytes, size_t *received_bytes);

/* Leaves the card as it is. Does nothing if not connected. */
void pcsc_session_disconnect(struct pcsc_session *session);

/*
 * Any thread: ends a wait that is under way. It is lost if the session does not wait at that moment, and it may block
 * without limit if pcscd hangs, because it goes over a new connection to pcscd.
 */
void pcsc_session_cancel(struct pcsc_session *session);

/* The library's own code of the last call that failed, for messages. */
unsigned long pcsc_session_code(const struct pcsc_session *session);

#endif
