/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_library.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <winscard.h>
/* SCARD_CTL_CODE; of pcsc-lite, not of this project */
#include <reader.h>

struct pcsc_session {
    /* Held while the context is opened, released or cancelled, so that a cancel never meets a context that another
     * thread is just releasing. Not held during waits. */
    pthread_mutex_t context_mutex;
    SCARDCONTEXT context;
    bool open;
    SCARDHANDLE card;
    bool connected;
    DWORD protocol;
    LONG code;
};

struct pcsc_session *pcsc_session_create(void)
{
    struct pcsc_session *session = memory_zeroed(1, sizeof *session);

    pthread_mutex_init(&session->context_mutex, NULL);
    return session;
}

void pcsc_session_free(struct pcsc_session *session)
{
    if (session == NULL)
        return;
    pcsc_session_close(session);
    pthread_mutex_destroy(&session->context_mutex);
    free(session);
}

bool pcsc_session_is_open(const struct pcsc_session *session)
{
    return session->open;
}

unsigned long pcsc_session_code(const struct pcsc_session *session)
{
    return (unsigned long) session->code & 0xFFFFFFFFUL;
}

/* Codes: pcsclite.h. */
static enum pcsc_result result_from_code(LONG code)
{
    switch (code) {
    case SCARD_S_SUCCESS: return PCSC_OK;
    case SCARD_E_TIMEOUT: return PCSC_TIMEOUT;
    case SCARD_E_CANCELLED: return PCSC_CANCELLED;
    case SCARD_E_NO_SERVICE:
    case SCARD_E_SERVICE_STOPPED:
    case SCARD_F_COMM_ERROR:
    case SCARD_E_INVALID_HANDLE: return PCSC_NO_SERVICE;
    case SCARD_W_SECURITY_VIOLATION: return PCSC_REFUSED;
    case SCARD_E_NO_READERS_AVAILABLE: return PCSC_NO_READERS;
    case SCARD_E_UNKNOWN_READER: return PCSC_UNKNOWN_READER;
    case SCARD_E_READER_UNAVAILABLE:
    case SCARD_E_READER_UNSUPPORTED: return PCSC_READER_TROUBLE;
    case SCARD_E_NO_SMARTCARD:
    case SCARD_W_REMOVED_CARD: return PCSC_CARD_GONE;
    case SCARD_W_UNRESPONSIVE_CARD:
    case SCARD_W_UNPOWERED_CARD: return PCSC_CARD_MUTE;
    case SCARD_E_NOT_TRANSACTED:
    case SCARD_E_PROTO_MISMATCH:
    case SCARD_E_INSUFFICIENT_BUFFER:
    case SCARD_E_NOT_READY:
    case SCARD_E_COMM_DATA_LOST:
    case SCARD_W_RESET_CARD: return PCSC_CARD_ERROR;
    case SCARD_E_SHARING_VIOLATION: return PCSC_CARD_BUSY;
    default: return PCSC_OTHER;
    }
}

static enum pcsc_result note(struct pcsc_session *session, LONG code)
{
    if (code != SCARD_S_SUCCESS)
        session->code = code;
    return result_from_code(code);
}

/* The same for a call about a card: there an invalid handle means that the reader went, and the card with it. */
static enum pcsc_result note_card(struct pcsc_session *session, LONG code)
{
    enum pcsc_result result = note(session, code);

    return code == SCARD_E_INVALID_HANDLE ? PCSC_CARD_GONE : result;
}

enum pcsc_result pcsc_session_open(struct pcsc_session *session)
{
    SCARDCONTEXT context = 0;

    pcsc_session_close(session);
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    if (code != SCARD_S_SUCCESS)
        return note(session, code);
    pthread_mutex_lock(&session->context_mutex);
    session->context = context;
    session->open = true;
    pthread_mutex_unlock(&session->context_mutex);
    return PCSC_OK;
}

void pcsc_session_close(struct pcsc_session *session)
{
    pcsc_session_disconnect(session);
    pthread_mutex_lock(&session->context_mutex);
    /* After a crash of pcscd this fails, and frees what the library holds all the same. */
    if (session->open)
        (void) SCardReleaseContext(session->context);
    session->open = false;
    session->context = 0;
    pthread_mutex_unlock(&session->context_mutex);
}

void pcsc_session_cancel(struct pcsc_session *session)
{
    pthread_mutex_lock(&session->context_mutex);
    if (session->open)
        (void) SCardCancel(session->context);
    pthread_mutex_unlock(&session->context_mutex);
}

/* A double-null-terminated list as pointers followed by the text, in one block. */
static char **names_from_pcsc(const char *list, size_t list_bytes)
{
    size_t count = 0;

    for (const char *at = list; at < list + list_bytes && *at != '\0'; at += strlen(at) + 1)
        count++;
    char **names = memory_zeroed(1, (count + 1) * sizeof *names + list_bytes);
    char *text = (char *) (names + count + 1);
    memcpy(text, list, list_bytes);
    for (size_t i = 0; i < count; i++, text += strlen(text) + 1)
        names[i] = text;
    return names;
}

enum pcsc_result pcsc_session_list(struct pcsc_session *session, char ***names)
{
    /* The library knows at most 16 readers, so that one call with room for all does. */
    char list[PCSCLITE_MAX_READERS_CONTEXTS * MAX_READERNAME + 2];
    DWORD list_bytes = sizeof list - 1;

    memset(list, 0, sizeof list);
    LONG code = SCardListReaders(session->context, NULL, list, &list_bytes);
    if (code != SCARD_S_SUCCESS)
        return note(session, code);
    *names = names_from_pcsc(list, sizeof list);
    return PCSC_OK;
}

static DWORD timeout_to_pcsc(uint32_t timeout_ms)
{
    return timeout_ms == PCSC_FOREVER_MS ? INFINITE : timeout_ms;
}

static void look_from_pcsc(struct pcsc_look *look, const SCARD_READERSTATE *reader)
{
    DWORD state = reader->dwEventState;

    look->unknown = (state & SCARD_STATE_UNKNOWN) != 0;
    look->unavailable = (state & SCARD_STATE_UNAVAILABLE) != 0;
    look->present = (state & SCARD_STATE_PRESENT) != 0;
    look->mute = (state & SCARD_STATE_MUTE) != 0;
    look->exclusive = (state & SCARD_STATE_EXCLUSIVE) != 0;
    look->counter = (uint16_t) (state >> 16);
    look->atr_bytes = reader->cbAtr <= sizeof look->atr ? reader->cbAtr : 0;
    memcpy(look->atr, reader->rgbAtr, look->atr_bytes);
    /* Without INUSE the library does not return each time when some program connects to the card or lets it go. */
    look->raw = state & ~(DWORD) (SCARD_STATE_CHANGED | SCARD_STATE_INUSE);
}

enum pcsc_result pcsc_session_wait(struct pcsc_session *session, struct pcsc_watch *watch, uint32_t timeout_ms)
{
    SCARD_READERSTATE states[1 + PCSC_WATCHED_MAX] = {
        {.szReader = "\\\\?PnP?\\Notification", .dwCurrentState = watch->list_state},
    };

    assert(watch->readers_count <= PCSC_WATCHED_MAX);
    for (size_t i = 0; i < watch->readers_count; i++) {
        states[1 + i].szReader = watch->readers[i].reader;
        states[1 + i].dwCurrentState = watch->readers[i].look.raw;
        watch->readers[i].changed = false;
    }
    watch->list_changed = false;
    LONG code = SCardGetStatusChange(session->context, timeout_to_pcsc(timeout_ms), states, 1 + watch->readers_count);
    if (code != SCARD_S_SUCCESS)
        return note(session, code);
    watch->list_changed = (states[0].dwEventState & SCARD_STATE_CHANGED) != 0;
    watch->list_state = states[0].dwEventState & ~(DWORD) SCARD_STATE_CHANGED;
    for (size_t i = 0; i < watch->readers_count; i++) {
        watch->readers[i].changed = (states[1 + i].dwEventState & SCARD_STATE_CHANGED) != 0;
        if (watch->readers[i].changed)
            look_from_pcsc(&watch->readers[i].look, &states[1 + i]);
    }
    return PCSC_OK;
}

enum pcsc_result pcsc_session_connect(struct pcsc_session *session, const char *reader)
{
    assert(!session->connected);
    LONG code = SCardConnect(session->context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                             &session->card, &session->protocol);
    session->connected = code == SCARD_S_SUCCESS;
    return note_card(session, code);
}

enum pcsc_result pcsc_session_reset(struct pcsc_session *session)
{
    if (!session->connected)
        return PCSC_CARD_GONE;
    return note_card(session, SCardReconnect(session->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                                             SCARD_RESET_CARD, &session->protocol));
}

enum pcsc_result pcsc_session_transmit(struct pcsc_session *session, const uint8_t *command, size_t command_bytes,
                                       uint8_t *answer, size_t capacity_bytes, size_t *received_bytes)
{
    const SCARD_IO_REQUEST *header = session->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    DWORD received = capacity_bytes;

    if (!session->connected)
        return PCSC_CARD_GONE;
    LONG code = SCardTransmit(session->card, header, command, command_bytes, NULL, answer, &received);
    *received_bytes = code == SCARD_S_SUCCESS ? received : 0;
    return note_card(session, code);
}

enum pcsc_result pcsc_session_connect_direct(struct pcsc_session *session, const char *reader)
{
    assert(!session->connected);
    LONG code = SCardConnect(session->context, reader, SCARD_SHARE_DIRECT, 0, &session->card, &session->protocol);
    session->connected = code == SCARD_S_SUCCESS;
    return note(session, code);
}

enum pcsc_result pcsc_session_escape(struct pcsc_session *session, const uint8_t *command, size_t command_bytes,
                                     uint8_t *answer, size_t capacity_bytes, size_t *received_bytes)
{
    DWORD received = 0;

    if (!session->connected)
        return PCSC_READER_TROUBLE;
    LONG code = SCardControl(session->card, SCARD_CTL_CODE(1), command, command_bytes, answer, capacity_bytes, &received);
    *received_bytes = code == SCARD_S_SUCCESS ? received : 0;
    return note(session, code);
}

void pcsc_session_disconnect(struct pcsc_session *session)
{
    if (session->connected)
        (void) SCardDisconnect(session->card, SCARD_LEAVE_CARD);
    session->connected = false;
}
