/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_source.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "card/atr.h"
#include "reader/pcsc_card.h"
#include "reader/pcsc_hub.h"
#include "reader/pcsc_identify.h"

#include <stdlib.h>
#include <string.h>

/*
 * A card that answers nonsense is asked again after 20, 40 and 80 ms; then a little time is given to pcscd to notice
 * that it has left.
 */
enum { RETRIES = 3, RETRY_FIRST_MS = 20, GONE_NOTICE_MS = 500 };

static bool ending(struct pcsc_reader *reader)
{
    return atomic_load(&reader->source->stop) || atomic_load(&reader->leave);
}

static void set_own(struct pcsc_reader *reader, const char *what)
{
    activity_set(reader->teller.activity, ACTIVITY_OWN, what, PCSC_OWN_LIMIT_MS);
}

static void set_foreign(struct pcsc_reader *reader, const char *what)
{
    activity_set(reader->teller.activity, ACTIVITY_FOREIGN, what, PCSC_CALL_LIMIT_MS);
}

static int error_from_pcsc(enum pcsc_result result)
{
    switch (result) {
    case PCSC_OK:
        return 0;
    case PCSC_CARD_GONE:
        return CARD_ERROR_GONE;
    case PCSC_CARD_MUTE:
    case PCSC_CARD_ERROR:
        return CARD_ERROR_MUTE;
    case PCSC_TIMEOUT:
    case PCSC_CANCELLED:
    case PCSC_NO_SERVICE:
    case PCSC_REFUSED:
    case PCSC_NO_READERS:
    case PCSC_UNKNOWN_READER:
    case PCSC_READER_TROUBLE:
    case PCSC_CARD_BUSY:
    case PCSC_OTHER:
        break;
    }
    return CARD_ERROR_READER;
}

/* struct card's transceive. */
static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t answer_capacity_bytes)
{
    struct pcsc_reader *reader = card->driver;
    size_t received_bytes = 0;

    if (ending(reader))
        return CARD_ERROR_READER;
    set_foreign(reader, "talking to the card");
    reader->card_result = pcsc_session_transmit(reader->link.session, command, command_bytes, answer,
                                                answer_capacity_bytes, &received_bytes);
    set_own(reader, "handling the card");
    return reader->card_result == PCSC_OK ? (int) received_bytes : error_from_pcsc(reader->card_result);
}

/* struct card's restart. */
static int restart(struct card *card)
{
    struct pcsc_reader *reader = card->driver;

    if (ending(reader))
        return CARD_ERROR_READER;
    set_foreign(reader, "resetting the card");
    reader->card_result = pcsc_session_reset(reader->link.session);
    set_own(reader, "handling the card");
    return reader->card_result == PCSC_OK ? 0 : error_from_pcsc(reader->card_result);
}

static int identify_once(struct pcsc_reader *reader, struct card *card, const struct atr_info *atr)
{
    set_foreign(reader, "connecting to the card");
    reader->card_result = pcsc_session_connect(reader->link.session, reader->name);
    set_own(reader, "handling the card");
    if (reader->card_result != PCSC_OK)
        return error_from_pcsc(reader->card_result);
    return pcsc_identify(card, atr);
}

static void disconnect(struct pcsc_reader *reader)
{
    set_foreign(reader, "letting the card go");
    pcsc_session_disconnect(reader->link.session);
    set_own(reader, "handling the card");
}

/* Only glitches that may pass by themselves are worth another attempt. */
static bool may_pass(struct pcsc_reader *reader, int error)
{
    return error == CARD_ERROR_MUTE || (error == CARD_ERROR_READER && reader->card_result == PCSC_CARD_BUSY);
}

/* Takes out what is new; true if there is a new look. *lost: the connection was lost before it. */
static bool open_mailbox(struct pcsc_reader *reader, bool *lost, enum pcsc_result *lost_result)
{
    struct pcsc_mailbox *mailbox = &reader->mailbox;

    pthread_mutex_lock(&mailbox->mutex);
    bool has_look = mailbox->has_look;
    *lost = mailbox->lost;
    *lost_result = mailbox->lost_result;
    if (has_look)
        reader->look = mailbox->look;
    mailbox->has_look = false;
    mailbox->lost = false;
    pthread_mutex_unlock(&mailbox->mutex);
    return has_look;
}

static bool take_unwatched(struct pcsc_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    bool unwatched = mailbox->unwatched;
    mailbox->unwatched = false;
    pthread_mutex_unlock(&mailbox->mutex);
    return unwatched;
}

/* Whether the mailbox says that the card of this visit has left; leaves everything in it. */
static bool is_gone(struct pcsc_reader *reader)
{
    struct pcsc_mailbox *mailbox = &reader->mailbox;

    pthread_mutex_lock(&mailbox->mutex);
    bool gone = mailbox->has_look &&
                (!mailbox->look.present || !pcsc_visit_is_counted(&reader->visit, &mailbox->look));
    pthread_mutex_unlock(&mailbox->mutex);
    return gone;
}

/* Returns 0 with the card connected, or a card_error with it disconnected. */
static int identify(struct pcsc_reader *reader, struct card *card, const struct atr_info *atr)
{
    int error = identify_once(reader, card, atr);

    for (uint32_t retry = 0; error != 0 && may_pass(reader, error) && retry < RETRIES; retry++) {
        disconnect(reader);
        activity_set(reader->teller.activity, ACTIVITY_IDLE, "waiting to ask the card again", 0);
        pcsc_source_pause(reader->source, reader->mailbox.kick_fd, (uint32_t) RETRY_FIRST_MS << retry);
        if (ending(reader))
            return CARD_ERROR_READER;
        if (is_gone(reader))
            return CARD_ERROR_GONE;
        error = identify_once(reader, card, atr);
    }
    if (error != 0)
        disconnect(reader);
    return error;
}

/* pcscd says "failed" when a card is pulled away in the middle of an exchange, and notices only then that it left. */
static bool left_meanwhile(struct pcsc_reader *reader)
{
    activity_set(reader->teller.activity, ACTIVITY_IDLE, "waiting whether the card left", 0);
    if (!is_gone(reader))
        pcsc_source_pause(reader->source, reader->mailbox.kick_fd, GONE_NOTICE_MS);
    set_own(reader, "handling the card");
    return is_gone(reader);
}

static void tell_failed(struct pcsc_reader *reader, enum card_error error)
{
    const struct reader_sink *sink = &reader->source->sink;

    reader->visit.failed = true;
    if (reader_teller_may_speak(&reader->teller))
        sink->card_failed(sink->context, reader->teller.label, error);
}

/* So that the next look shows whether the other program is still there. */
static void ask_for_look(struct pcsc_reader *reader)
{
    atomic_store(&reader->look_again, true);
    set_foreign(reader, "waking the thread that watches the readers");
    pcsc_hub_nudge(reader->source->hub);
    set_own(reader, "handling the card");
}

static void fail_visit(struct pcsc_reader *reader, int error)
{
    const char *label = reader->teller.label;

    if (error == CARD_ERROR_MUTE && left_meanwhile(reader))
        error = CARD_ERROR_GONE;
    if (error == CARD_ERROR_MUTE) {
        log_warning("pcsc", "reader %s: a card does not answer as a card should, %d attempts; next: take it away and "
                    "hold it still on the reader, or try another card", label, RETRIES + 1);
    } else if (error == CARD_ERROR_GONE) {
        log_info("pcsc", "reader %s: a card left before it was read", label);
    } else if (reader->card_result == PCSC_CARD_BUSY) {
        log_warning("pcsc", "reader %s: another program keeps the card for itself; next: end that program, or take "
                    "the reader away from it", label);
        reader->visit.busy = true;
        ask_for_look(reader);
    } else if (reader->card_result == PCSC_REFUSED) {
        reader->access_refused = true;
        reader_teller_ill(&reader->teller, pcsc_reason(PCSC_REFUSED, 0));
    } else if (!ending(reader)) {
        log_warning("pcsc", "reader %s: a card could not be read, pcscd's error is 0x%08lX; next: present it again",
                    label, pcsc_session_code(reader->link.session));
    }
    if (!atomic_load(&reader->source->stop))
        tell_failed(reader, (enum card_error) error);
}

static void read_card(struct pcsc_reader *reader, const struct pcsc_look *look, const struct atr_info *atr)
{
    const struct reader_sink *sink = &reader->source->sink;
    struct card card = {.transceive = transceive, .authenticate = pcsc_card_authenticate, .restart = restart,
                        .driver = reader, .atr_bytes = look->atr_bytes};

    memcpy(card.atr, look->atr, look->atr_bytes);
    int error = identify(reader, &card, atr);
    if (error != 0) {
        fail_visit(reader, error);
        return;
    }
    if (reader->access_refused) {
        reader->access_refused = false;
        reader_teller_works(&reader->teller);
    }
    reader->visit.announced = true;
    reader->visit.uid_bytes = card.uid_bytes;
    memcpy(reader->visit.uid, card.uid, card.uid_bytes);
    if (reader_teller_may_speak(&reader->teller))
        sink->card_arrived(sink->context, reader->teller.label, &card);
    disconnect(reader);
}

static void begin_visit(struct pcsc_reader *reader, const struct pcsc_look *look, bool second)
{
    const char *label = reader->teller.label;

    reader->visit = (struct pcsc_visit) {.handled = true, .second = second, .counter = look->counter};
    if (look->mute || look->atr_bytes == 0) {
        reader->visit.mute = true;
        log_warning("pcsc", "reader %s: a card does not answer its power-up; next: take it away and hold it still on "
                    "the reader", label);
        tell_failed(reader, CARD_ERROR_MUTE);
        return;
    }
    const struct atr_info atr = atr_parse(look->atr, look->atr_bytes);
    if (atr.kind == ATR_CONTACT) {
        log_info("pcsc", "reader %s holds a contact card or a SAM, which is not read; next: if it is not meant to, "
                 "name the contactless reader in the setting readers", label);
        return;
    }
    read_card(reader, look, &atr);
}

static void end_visit(struct pcsc_reader *reader)
{
    const struct reader_sink *sink = &reader->source->sink;

    if (reader->visit.announced && reader_teller_may_speak(&reader->teller))
        sink->card_left(sink->context, reader->teller.label, reader->visit.uid, reader->visit.uid_bytes);
    if (reader->visit.failed && sink->card_cleared != NULL && reader_teller_may_speak(&reader->teller))
        sink->card_cleared(sink->context, reader->teller.label);
    reader->visit = (struct pcsc_visit) {0};
}

/* Whether the card that is there is still the one of the visit, with nothing new to do. */
static bool is_same_visit(struct pcsc_reader *reader, const struct pcsc_look *look)
{
    struct pcsc_visit *visit = &reader->visit;

    if (!visit->handled || !pcsc_visit_follow(visit, look))
        return false;
    if (visit->mute)
        return look->mute || look->atr_bytes == 0;  /* else another program powered it up after all */
    if (!visit->busy || look->exclusive) {
        visit->exclusive = look->exclusive;
        return true;
    }
    /* The other program let it go: since it was seen to hold it, or, which is believed once, before it was seen. */
    return !visit->exclusive && visit->second;
}

static void take_look(struct pcsc_reader *reader, const struct pcsc_look *look)
{
    if (look->unknown || look->unavailable) {
        end_visit(reader);
        reader_teller_ill(&reader->teller, pcsc_reason(look->unknown ? PCSC_UNKNOWN_READER : PCSC_READER_TROUBLE, 0));
        return;
    }
    reader_pace_reset(&reader->link.pace);
    if (!reader->access_refused)
        reader_teller_works(&reader->teller);
    if (!look->present) {
        end_visit(reader);
        return;
    }
    if (is_same_visit(reader, look))
        return;
    bool second = reader->visit.busy && reader->visit.counter == look->counter;
    end_visit(reader);
    begin_visit(reader, look, second);
}

/* One turn: what is new is handled, or waited for. *look_is_due: reader->look is not handled yet. */
static void take_turn(struct pcsc_reader *reader, bool *look_is_due)
{
    bool lost = false;
    enum pcsc_result lost_result = PCSC_OK;

    if (take_unwatched(&reader->mailbox))
        reader_teller_ill(&reader->teller, pcsc_reason_unwatched());
    bool has_look = open_mailbox(reader, &lost, &lost_result);
    if (lost) {
        end_visit(reader);
        reader->access_refused = false;
        set_foreign(reader, "leaving pcscd");
        pcsc_session_close(reader->link.session);
        set_own(reader, "ending the connection to pcscd");
        if (pcsc_result_is_worth_telling(lost_result, &reader->link.refusals))
            reader_teller_ill(&reader->teller, pcsc_reason(lost_result, 0));
    }
    *look_is_due = has_look || (*look_is_due && !lost);
    if (!*look_is_due) {
        activity_set(reader->teller.activity, ACTIVITY_IDLE, "waiting for a card", 0);
        pcsc_source_pause(reader->source, reader->mailbox.kick_fd, PCSC_FOREVER_MS);
        set_own(reader, "looking at the reader's state");
    } else if (pcsc_link_open(&reader->link, reader->source, &reader->teller, reader->mailbox.kick_fd)) {
        *look_is_due = false;
        take_look(reader, &reader->look);
    }
}

static void run(void *context)
{
    struct pcsc_reader *reader = context;
    struct reader_source *source = reader->source;

    log_info("pcsc", "reader %s is there: %s", reader->teller.label, reader->name);
    reader_teller_appeared(&reader->teller, reader->name);
    for (bool look_is_due = false; !ending(reader);)
        take_turn(reader, &look_is_due);
    set_foreign(reader, "leaving pcscd");
    pcsc_session_close(reader->link.session);
    set_own(reader, "ending");
    /* A stop of ours is no departure of the card. */
    if (!atomic_load(&source->stop)) {
        end_visit(reader);
        log_notice("pcsc", "reader %s was unplugged; it is used again when it comes back", reader->teller.label);
    }
    reader_teller_gone(&reader->teller);
    atomic_store(&reader->ended, true);
    pcsc_source_thread_ended(source);
}

static void release(struct pcsc_reader *reader)
{
    pcsc_session_free(reader->link.session);
    reader_teller_release(&reader->teller);
    wakeup_close(reader->mailbox.kick_fd);
    pthread_mutex_destroy(&reader->mailbox.mutex);
    free(reader->name);
    free(reader);
}

struct pcsc_reader *pcsc_reader_start(struct reader_source *source, const char *name, const char *label)
{
    struct pcsc_reader *reader = memory_zeroed(1, sizeof *reader);

    reader->source = source;
    reader->name = text_copy(name);
    reader->teller = pcsc_teller(source, text_copy(label));
    activity_follow(reader->teller.activity, source->none.activity);
    reader->link.session = pcsc_session_create();
    pthread_mutex_init(&reader->mailbox.mutex, NULL);
    reader->mailbox.kick_fd = wakeup_create();
    atomic_fetch_add(&source->running, 1);
    reader->thread = thread_start("pcsc-reader", run, reader);
    if (reader->thread == NULL) {
        atomic_fetch_sub(&source->running, 1);
        log_error("pcsc", "reader %s: no thread for it could be started; next: raise the limit of tasks (TasksMax)",
                  label);
        release(reader);
        return NULL;
    }
    return reader;
}

void pcsc_reader_tell_look(struct pcsc_reader *reader, const struct pcsc_look *look)
{
    pthread_mutex_lock(&reader->mailbox.mutex);
    reader->mailbox.look = *look;
    reader->mailbox.has_look = true;
    pthread_mutex_unlock(&reader->mailbox.mutex);
    wakeup_signal(reader->mailbox.kick_fd);
}

void pcsc_reader_tell_lost(struct pcsc_reader *reader, enum pcsc_result result)
{
    pthread_mutex_lock(&reader->mailbox.mutex);
    reader->mailbox.lost = true;
    reader->mailbox.lost_result = result;
    reader->mailbox.has_look = false;
    pthread_mutex_unlock(&reader->mailbox.mutex);
    wakeup_signal(reader->mailbox.kick_fd);
}

void pcsc_reader_tell_unwatched(struct pcsc_reader *reader)
{
    pthread_mutex_lock(&reader->mailbox.mutex);
    reader->mailbox.unwatched = true;
    pthread_mutex_unlock(&reader->mailbox.mutex);
    wakeup_signal(reader->mailbox.kick_fd);
}

void pcsc_reader_dismiss(struct pcsc_reader *reader)
{
    if (!atomic_exchange(&reader->leave, true))
        wakeup_signal(reader->mailbox.kick_fd);
}

void pcsc_reader_free(struct pcsc_reader *reader)
{
    (void) thread_join(reader->thread, PCSC_JOIN_LIMIT_MS);
    release(reader);
}
