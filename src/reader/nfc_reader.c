/* SPDX-License-Identifier: MIT */
#include "reader/nfc_reader.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "reader/nfc_card.h"
#include "reader/nfc_field.h"
#include "reader/nfc_link.h"
#include "reader/nfc_lock.h"
#include "reader/pace.h"
#include "reader/teller.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/*
 * Limits of what the helper is asked, each well beyond what a chip on a slow line needs. Opening wakes the chip up and
 * talks some 15 frames with it. One poll of the chip takes 150 ms for each kind of tag, and NFC-A counts twice.
 */
enum {
    OPEN_LIMIT_MS = 8000,
    ASK_LIMIT_MS = 2000,
    POLL_MS = 150,
    POLL_KINDS_MAX = 8,
    CLOSE_LIMIT_MS = 1500,
    OWN_LIMIT_MS = 10000,
};

/*
 * During a reload the reader of the old configuration still has the device when that of the new one starts: for so long
 * that is no news, and it is tried again soon, so that a tag that lies there is seen again before the debounce says that
 * it has left. And a device that has worked for so long starts anew at once when it is lost.
 */
enum { START_GRACE_MS = 3000, START_PAUSE_MS = 50, SOUND_MS = 10000 };

struct nfc_reader {
    const struct nfc_shared *shared;
    char *connection;
    struct reader_teller teller;
    struct nfc_link *link;
    struct nfc_lock *lock;       /* while the device is open */
    struct nfc_field *field;
    struct reader_pace pace;
    uint64_t started_ms;
    uint64_t opened_ms;
    enum nfc_result lost;        /* what a request of a template ended with, in the turn under way; else 0 */
    char *lost_text;
    int stop_fd;                 /* readable from the stop on */
    atomic_bool stop;
    atomic_bool works;
    struct thread *thread;
};

static uint64_t now_ms(const struct nfc_reader *reader)
{
    return clock_monotonic_ms(reader->shared->clock);
}

static void set_own(struct nfc_reader *reader, const char *what)
{
    activity_set(reader->teller.activity, ACTIVITY_OWN, what, OWN_LIMIT_MS);
}

static void rest(struct nfc_reader *reader, const char *what, uint32_t pause_ms)
{
    struct pollfd stop = {.fd = reader->stop_fd, .events = POLLIN};

    if (pause_ms == 0)
        return;
    activity_set(reader->teller.activity, ACTIVITY_IDLE, what, 0);
    (void) poll(&stop, 1, (int) pause_ms);
    set_own(reader, "looking after the reader");
}

static uint64_t limit_ms(const struct nfc_request *request)
{
    if (request->verb == NFC_OPEN)
        return OPEN_LIMIT_MS;
    if (request->verb == NFC_POLL)
        return ASK_LIMIT_MS + (uint64_t) request->polls * POLL_MS * POLL_KINDS_MAX;
    return ASK_LIMIT_MS + request->timeout_ms;
}

static enum nfc_result ask(void *context, const struct nfc_request *request, struct nfc_answer *answer)
{
    struct nfc_reader *reader = context;

    return nfc_link_ask(reader->link, request, answer, limit_ms(request));
}

/* The same for a template; what loses the device ends the turn. */
static enum nfc_result ask_for_card(void *context, const struct nfc_request *request, struct nfc_answer *answer)
{
    struct nfc_reader *reader = context;
    enum nfc_result result = ask(reader, request, answer);

    if (result >= NFC_TROUBLE) {
        reader->lost = result;
        text_replace(&reader->lost_text, answer->text);
    }
    set_own(reader, "handling the tag");
    return result;
}

/* ---- what the field tells ---- */

static bool on_arrived(void *context, const struct nfc_tag *tag)
{
    struct nfc_reader *reader = context;
    const struct reader_sink *sink = &reader->shared->sink;
    struct nfc_card card;

    nfc_card_init(&card, tag, ask_for_card, reader);
    set_own(reader, "handling the tag");
    if (reader_teller_may_speak(&reader->teller))
        sink->card_arrived(sink->context, reader->teller.label, &card.card);
    return reader->lost == 0 && !atomic_load(&reader->stop);
}

static void on_left(void *context, const struct nfc_tag *tag)
{
    struct nfc_reader *reader = context;
    const struct reader_sink *sink = &reader->shared->sink;

    set_own(reader, "telling that a tag left");
    if (reader_teller_may_speak(&reader->teller))
        sink->card_left(sink->context, reader->teller.label, tag->uid, tag->uid_bytes);
}

/* ---- opening and closing ---- */

static void close_device(struct nfc_reader *reader)
{
    atomic_store(&reader->works, false);
    if (reader->field != NULL && !atomic_load(&reader->stop))
        nfc_field_clear(reader->field);
    nfc_field_free(reader->field);
    reader->field = NULL;
    activity_set(reader->teller.activity, ACTIVITY_FOREIGN, "closing the device", CLOSE_LIMIT_MS * 2);
    nfc_link_end(reader->link, CLOSE_LIMIT_MS);
    nfc_lock_release(reader->lock);
    reader->lock = NULL;
    set_own(reader, "looking after the reader");
}

/* Whether the reader of the configuration before may still have the device. */
static bool is_starting(const struct nfc_reader *reader)
{
    return reader->opened_ms == 0 && now_ms(reader) - reader->started_ms < START_GRACE_MS;
}

/* Takes reason. */
static void fail(struct nfc_reader *reader, char *reason)
{
    if (is_starting(reader)) {
        free(reason);
        return;
    }
    reader_teller_ill(&reader->teller, reason);
}

static char *open_failed_text(const struct nfc_reader *reader, const char *text)
{
    char *holder = nfc_lock_holder(reader->connection);

    if (holder != NULL)
        return holder;
    return text_format("cannot open %s: %s; next: look at its plug, its wires and its switches, and compare the "
                       "connection with doc/libnfc.md", reader->connection, text);
}

static void describe(struct nfc_reader *reader, const struct nfc_answer *answer)
{
    const struct reader_sink *sink = &reader->shared->sink;
    const struct reader_device device = {
        .connection = answer->connection[0] != '\0' ? answer->connection : reader->connection,
        .chip = answer->text,
        .technologies = answer->technologies,
        .polling = nfc_field_polls(reader->field) ? "by the chip" : "select loop",
    };

    if (sink->described != NULL && reader_teller_may_speak(&reader->teller))
        sink->described(sink->context, reader->teller.label, &device);
}

static bool make_field(struct nfc_reader *reader, const struct nfc_answer *answer)
{
    const unsigned technologies = reader->shared->technologies & answer->technologies;
    const struct nfc_field_owner owner = {.context = reader, .ask = ask, .arrived = on_arrived, .left = on_left};

    if (technologies == 0) {
        reader_teller_ill(&reader->teller, text_format("the %s can look for none of the technologies that the "
                                                       "templates ask for (register 03t0, LKL); next: change "
                                                       "templates, or use another reader", answer->text));
        return false;
    }
    reader->field = nfc_field_create(technologies, answer->poll_technologies, &owner);
    return true;
}

/* Asks the helper to open the device, which is locked. False, and told, if it cannot be. */
static bool open_locked(struct nfc_reader *reader)
{
    struct nfc_request request = {.verb = NFC_OPEN};
    struct nfc_answer *answer = memory_zeroed(1, sizeof *answer);
    char *reason = NULL;
    bool open = false;

    (void) strncpy(request.connection, reader->connection, sizeof request.connection - 1);
    if (!nfc_link_begin(reader->link, &reason)) {
        fail(reader, reason);
    } else {
        enum nfc_result result = ask(reader, &request, answer);
        set_own(reader, "looking at the device");
        if (result == NFC_FINE)
            open = make_field(reader, answer);
        else if (result != NFC_STOPPED)
            fail(reader, open_failed_text(reader, answer->text));
    }
    if (open) {
        nfc_lock_close_door(reader->lock);
        log_info("libnfc", "reader %s is open: %s, %s", reader->teller.label, answer->text, reader->connection);
        describe(reader, answer);
    }
    free(answer);
    return open;
}

static bool open_device(struct nfc_reader *reader)
{
    char *reason = NULL;

    activity_set(reader->teller.activity, ACTIVITY_FOREIGN, "locking the device", OWN_LIMIT_MS);
    reader->lock = nfc_lock_take(reader->connection, &reason);
    set_own(reader, "looking after the reader");
    if (reader->lock == NULL) {
        fail(reader, reason);
        return false;
    }
    if (!open_locked(reader)) {
        close_device(reader);
        return false;
    }
    reader->opened_ms = now_ms(reader);
    atomic_store(&reader->works, true);
    reader_teller_works(&reader->teller);
    return true;
}

/* ---- the thread ---- */

/* The device was lost in a turn. */
static void lose_device(struct nfc_reader *reader, enum nfc_result result, const char *trouble)
{
    const char *text = reader->lost != 0 ? reader->lost_text : trouble;
    const char *what = result == NFC_TROUBLE ? "the device does not answer as it should: " : "";

    if (!atomic_load(&reader->stop))
        reader_teller_ill(&reader->teller, text_format("%s%s; next: it is opened anew; if that goes on, look at its "
                                                       "plug, its wires and its power", what, text));
    close_device(reader);
    reader->lost = 0;
    if (now_ms(reader) - reader->opened_ms >= SOUND_MS)
        reader_pace_reset(&reader->pace);
    else
        rest(reader, "waiting to open the device again", reader_pace_next_ms(&reader->pace));
}

static void look_after_device(struct nfc_reader *reader)
{
    uint32_t pause_ms = 0;
    const char *trouble = NULL;

    while (!atomic_load(&reader->stop)) {
        enum nfc_result result = nfc_field_turn(reader->field, now_ms(reader), &pause_ms, &trouble);
        if (result != NFC_FINE || reader->lost != 0) {
            set_own(reader, "looking after the reader");
            lose_device(reader, reader->lost != 0 ? reader->lost : result, trouble);
            return;
        }
        set_own(reader, "looking after the reader");
        rest(reader, nfc_field_count(reader->field) > 0 ? "a tag is there" : "waiting for a tag", pause_ms);
    }
}

static void run(void *context)
{
    struct nfc_reader *reader = context;

    set_own(reader, "starting");
    reader_teller_appeared(&reader->teller, reader->connection);
    while (!atomic_load(&reader->stop)) {
        if (open_device(reader))
            look_after_device(reader);
        else
            rest(reader, "waiting to open the device again",
                 is_starting(reader) ? START_PAUSE_MS : reader_pace_next_ms(&reader->pace));
    }
    close_device(reader);
    reader_teller_gone(&reader->teller);
    activity_set(reader->teller.activity, ACTIVITY_IDLE, "ended", 0);
}

/* ---- the owner's side ---- */

static void release(struct nfc_reader *reader)
{
    nfc_link_free(reader->link);
    reader_teller_release(&reader->teller);
    wakeup_close(reader->stop_fd);
    free(reader->connection);
    free(reader->lost_text);
    free(reader);
}

struct nfc_reader *nfc_reader_start(const struct nfc_shared *shared, const char *connection, const char *label)
{
    struct nfc_reader *reader = memory_zeroed(1, sizeof *reader);

    reader->shared = shared;
    reader->connection = text_copy(connection);
    reader->teller = (struct reader_teller) {
        .sink = &shared->sink, .abandoned = &shared->abandoned, .driver = "libnfc", .label = text_copy(label),
        .activity = activity_create(shared->clock),
    };
    reader->stop_fd = wakeup_create();
    reader->link = nfc_link_create(shared->clock, reader->teller.activity, reader->stop_fd);
    reader->started_ms = now_ms(reader);
    reader->thread = thread_start("nfc-reader", run, reader);
    if (reader->thread != NULL)
        return reader;
    release(reader);
    return NULL;
}

const char *nfc_reader_connection(const struct nfc_reader *reader)
{
    return reader->connection;
}

const char *nfc_reader_label(const struct nfc_reader *reader)
{
    return reader->teller.label;
}

bool nfc_reader_works(struct nfc_reader *reader)
{
    return atomic_load(&reader->works);
}

void nfc_reader_wake(struct nfc_reader *reader)
{
    atomic_store(&reader->stop, true);
    wakeup_signal(reader->stop_fd);
}

bool nfc_reader_join(struct nfc_reader *reader, uint64_t limit_ms)
{
    nfc_reader_wake(reader);
    if (!thread_join(reader->thread, limit_ms))
        return false;
    release(reader);
    return true;
}
