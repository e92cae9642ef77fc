/* SPDX-License-Identifier: MIT */
/*
 * Asking and answering. Whoever wants something of the hub's thread (a source that comes or goes, a look that is due)
 * leaves it where the thread looks, and then nudges: `asked` is counted up. The thread notes at the top of each turn up
 * to where it has `answered`, and does not begin a wait while that is less. A wait that has begun is cancelled, again
 * and again, because a cancel is lost on a thread that is not inside the library's wait at that moment, and by a thread
 * that may block, because a cancel may block for ever when pcscd hangs: start and wake have short-lived ones for it.
 *
 * While all is well the hub waits inside libpcsclite for ASK_AGAIN_MS at a time. A wait without a limit would cost no
 * wake-up at all, but a pcscd that hangs would then never be noticed: at the end of each wait pcscd has to answer, and
 * if it does not, the call is overdue, of the hub and of the readers that follow it.
 */
#include "reader/pcsc_hub.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "reader/pcsc_readers.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

/*
 * libpcsclite counts the readers when the wait for the list begins, so that a change between our look at the list and
 * that moment goes unseen. Hence the list is looked at once more SETTLE_MS after each change, before the long wait.
 * REAP_MS: how often to look whether a thread whose reader left has ended.
 */
enum { SETTLE_MS = 1000, ASK_AGAIN_MS = 20000, REAP_MS = 100, CANCEL_FIRST_MS = 2, CANCEL_MAX_MS = 50 };

struct pcsc_hub {
    struct thread *thread;
    int nudge_fd;                    /* readable when something was asked; for pauses */
    struct pcsc_session *session;
    struct reader_source *sources;   /* the thread's, in the order of their start */
    struct reader_pace pace;           /* the thread's, as `refusals` */
    unsigned refusals;
    /* All of these under hub_mutex. */
    struct reader_source *arrivals;  /* started and not seen by the thread yet, in order */
    unsigned members;                /* sources that entered and were not let go */
    unsigned references;             /* sources that entered and were not released */
    uint64_t asked;
    uint64_t answered;
    bool waiting;                    /* in the library's wait, or about to be */
    bool silent;
};

/* The exception that pcsc_hub.h explains. The mutex is held for moments, never during a call of another part. */
static pthread_mutex_t hub_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct pcsc_hub *current_hub;

/* Says in the activity of each source what the thread does. */
static void set_activity(struct pcsc_hub *hub, enum activity_kind kind, const char *what, uint64_t limit_ms)
{
    for (struct reader_source *source = hub->sources; source != NULL; source = source->next) {
        if (source->taken)
            activity_set(source->none.activity, kind, what, limit_ms);
    }
}

static void set_own(struct pcsc_hub *hub, const char *what)
{
    set_activity(hub, ACTIVITY_OWN, what, PCSC_OWN_LIMIT_MS);
}

static void set_foreign(struct pcsc_hub *hub, const char *what)
{
    set_activity(hub, ACTIVITY_FOREIGN, what, PCSC_CALL_LIMIT_MS);
}

static void append(struct reader_source **list, struct reader_source *sources)
{
    while (*list != NULL)
        list = &(*list)->next;
    *list = sources;
}

/* True if there are newcomers. From now on the thread answers for everything that was asked so far. */
static bool take_newcomers(struct pcsc_hub *hub)
{
    bool some = false;

    pthread_mutex_lock(&hub_mutex);
    wakeup_clear(hub->nudge_fd);
    hub->answered = hub->asked;
    hub->silent = false;
    append(&hub->sources, hub->arrivals);
    hub->arrivals = NULL;
    for (struct reader_source *source = hub->sources; source != NULL; source = source->next) {
        some = some || (source->ready && !source->taken);
        source->taken = source->ready;
    }
    pthread_mutex_unlock(&hub_mutex);
    return some;
}

/* Lets the source at `at` go, which has stopped; false if it was the last and the hub ends. */
static bool let_go(struct pcsc_hub *hub, struct reader_source **at)
{
    struct reader_source *source = *at;

    *at = source->next;
    pthread_mutex_lock(&hub_mutex);
    bool last = --hub->members == 0;
    if (last && current_hub == hub)
        current_hub = NULL;
    if (!last)
        source->let_go = true;
    pthread_mutex_unlock(&hub_mutex);
    if (last) {
        activity_set(source->none.activity, ACTIVITY_FOREIGN, "leaving pcscd", PCSC_CALL_LIMIT_MS);
        pcsc_session_close(hub->session);
    }
    activity_set(source->none.activity, ACTIVITY_OWN, "ending", PCSC_OWN_LIMIT_MS);
    pcsc_source_hide_none(source);
    activity_set(source->none.activity, ACTIVITY_IDLE, "ended", 0);
    pcsc_source_thread_ended(source);
    return !last;
}

/* Takes up the sources that came (then *list_is_due) and lets those go that stopped; false: the hub ends. */
static bool attend(struct pcsc_hub *hub, bool *list_is_due)
{
    if (take_newcomers(hub)) {
        *list_is_due = true;
        for (struct reader_source *source = hub->sources; source != NULL; source = source->next) {
            if (source->taken && source->readers == NULL)
                pcsc_source_show_none(source);
        }
    }
    for (struct reader_source **at = &hub->sources; *at != NULL;) {
        if (!(*at)->taken || !atomic_load(&(*at)->stop))
            at = &(*at)->next;
        else if (!let_go(hub, at))
            return false;
    }
    return true;
}

/* Less if something is asked. */
static void pause_hub(struct pcsc_hub *hub, uint32_t pause_ms)
{
    struct pollfd nudge = {.fd = hub->nudge_fd, .events = POLLIN};

    (void) poll(&nudge, 1, (int) pause_ms);
}

/* Closes the session, tells it, and waits for the next attempt's turn. */
static void connection_failed(struct pcsc_hub *hub, enum pcsc_result result)
{
    unsigned long code = pcsc_session_code(hub->session);

    /* With each attempt: of several reasons in a row the readers may believe a later one only. */
    pcsc_readers_tell_lost(hub->sources, result);
    set_foreign(hub, "leaving pcscd");
    pcsc_session_close(hub->session);
    set_own(hub, "telling that pcscd cannot be used");
    bool tell = pcsc_result_is_worth_telling(result, &hub->refusals);
    for (struct reader_source *source = hub->sources; tell && source != NULL; source = source->next) {
        if (source->taken)
            reader_teller_ill(&source->none, pcsc_reason(result, code));
    }
    set_activity(hub, ACTIVITY_IDLE, "waiting to try pcscd again", 0);
    pause_hub(hub, reader_pace_next_ms(&hub->pace));
}

static bool open_session(struct pcsc_hub *hub)
{
    set_foreign(hub, "connecting to pcscd");
    enum pcsc_result result = pcsc_session_open(hub->session);
    set_own(hub, "looking at pcscd's answer");
    if (result == PCSC_OK)
        hub->refusals = 0;
    else
        connection_failed(hub, result);
    return result == PCSC_OK;
}

/* Looks at the list; *changed if it did for a source, *some_leaving if a thread is about to end. */
static enum pcsc_result look_at_list(struct pcsc_hub *hub, bool *changed, bool *some_leaving)
{
    static char *no_names[] = {NULL};
    char **names = NULL;

    set_foreign(hub, "asking pcscd for its readers");
    enum pcsc_result result = pcsc_session_list(hub->session, &names);
    set_own(hub, "looking at the list of readers");
    if (result != PCSC_OK && result != PCSC_NO_READERS)
        return result;
    *some_leaving = false;
    for (struct reader_source *source = hub->sources; source != NULL; source = source->next) {
        if (source->taken)
            pcsc_readers_follow(hub->sources, source, names != NULL ? names : no_names, changed, some_leaving);
    }
    reader_pace_reset(&hub->pace);
    free(names);
    return PCSC_OK;
}

/* Waits, unless something was asked since the thread last attended to it: then PCSC_CANCELLED at once. */
static enum pcsc_result wait_for_change(struct pcsc_hub *hub, struct pcsc_watch *watch, uint32_t timeout_ms)
{
    enum pcsc_result result = PCSC_CANCELLED;

    pthread_mutex_lock(&hub_mutex);
    hub->waiting = hub->asked == hub->answered;
    bool may_wait = hub->waiting;
    pthread_mutex_unlock(&hub_mutex);
    set_activity(hub, ACTIVITY_FOREIGN, "asking pcscd for readers and cards", timeout_ms + PCSC_CALL_LIMIT_MS);
    if (may_wait)
        result = pcsc_session_wait(hub->session, watch, timeout_ms);
    set_own(hub, "handing over what was seen");
    pthread_mutex_lock(&hub_mutex);
    hub->waiting = false;
    pthread_mutex_unlock(&hub_mutex);
    return result;
}

/* Until the connection to pcscd is lost, or PCSC_OK when the hub ends. */
static enum pcsc_result watch_readers(struct pcsc_hub *hub)
{
    struct pcsc_watch watch = {0};
    bool list_is_due = true;
    bool settled = false;
    bool some_leaving = false;

    pcsc_readers_forget_looks(hub->sources);
    while (attend(hub, &list_is_due)) {
        bool changed = false;
        enum pcsc_result result = list_is_due ? look_at_list(hub, &changed, &some_leaving) : PCSC_OK;
        if (result != PCSC_OK)
            return result;
        settled = settled && !changed;
        pcsc_readers_prepare(hub->sources, &watch);
        result = wait_for_change(hub, &watch, some_leaving ? REAP_MS : settled ? ASK_AGAIN_MS : SETTLE_MS);
        list_is_due = some_leaving || result != PCSC_OK || pcsc_readers_hand_over(hub->sources, &watch);
        if (result == PCSC_OK && list_is_due)
            settled = false;
        else if (result == PCSC_TIMEOUT)
            settled = !some_leaving;
        else if (result == PCSC_UNKNOWN_READER)
            pause_hub(hub, REAP_MS);  /* the list and the readers are about to agree again */
        else if (result != PCSC_OK && result != PCSC_CANCELLED)
            return result;
    }
    return PCSC_OK;
}

static void run_hub(void *context)
{
    struct pcsc_hub *hub = context;
    bool list_is_due = true;

    while (attend(hub, &list_is_due)) {
        if (!open_session(hub))
            continue;
        enum pcsc_result result = watch_readers(hub);
        if (result == PCSC_OK)
            break;
        connection_failed(hub, result);
    }
}

/* Under hub_mutex. Ends no wait of the library. */
static uint64_t ask(struct pcsc_hub *hub)
{
    wakeup_signal(hub->nudge_fd);
    return ++hub->asked;
}

void pcsc_hub_nudge(struct pcsc_hub *hub)
{
    pthread_mutex_lock(&hub_mutex);
    uint64_t ticket = ask(hub);
    for (int pause_ms = CANCEL_FIRST_MS; hub->waiting && hub->answered < ticket;) {
        pthread_mutex_unlock(&hub_mutex);
        pcsc_session_cancel(hub->session);
        (void) poll(NULL, 0, pause_ms);
        pause_ms = pause_ms * 2 > CANCEL_MAX_MS ? CANCEL_MAX_MS : pause_ms * 2;
        pthread_mutex_lock(&hub_mutex);
    }
    pthread_mutex_unlock(&hub_mutex);
}

/* Runs from the start of a source that finds a hub: the hub may be in a call that lasts, or hang. */
static void run_usher(void *context)
{
    struct reader_source *source = context;

    pcsc_source_show_none(source);
    activity_set(source->none.activity, ACTIVITY_FOREIGN, "waiting for the thread that watches the readers",
                 PCSC_CALL_LIMIT_MS);
    pthread_mutex_lock(&hub_mutex);
    source->ready = true;
    pthread_mutex_unlock(&hub_mutex);
    pcsc_hub_nudge(source->hub);
    pcsc_source_thread_ended(source);
}

/* Runs from the stop of a source. */
static void run_canceller(void *context)
{
    struct reader_source *source = context;

    pcsc_hub_nudge(source->hub);
    pcsc_source_thread_ended(source);
}

/* A thread that source->running counts. */
static bool start_helper(struct reader_source *source, struct thread **helper, const char *name, thread_run *run)
{
    atomic_fetch_add(&source->running, 1);
    *helper = thread_start(name, run, source);
    if (*helper == NULL)
        pcsc_source_thread_ended(source);
    return *helper != NULL;
}

static void free_hub(struct pcsc_hub *hub)
{
    pcsc_session_free(hub->session);
    wakeup_close(hub->nudge_fd);
    free(hub);
}

/* Under hub_mutex: a hub that begins with this source, or NULL. */
static struct pcsc_hub *start_hub(struct reader_source *source)
{
    struct pcsc_hub *hub = memory_zeroed(1, sizeof *hub);

    hub->session = pcsc_session_create();
    hub->nudge_fd = wakeup_create();
    hub->thread = thread_start("pcsc-watcher", run_hub, hub);
    if (hub->thread == NULL) {
        free_hub(hub);
        return NULL;
    }
    source->ready = true;
    return hub;
}

bool pcsc_hub_enter(struct reader_source *source)
{
    atomic_fetch_add(&source->running, 1);
    pthread_mutex_lock(&hub_mutex);
    if (current_hub == NULL || current_hub->silent) {
        source->hub = start_hub(source);
    } else {
        source->hub = current_hub;
        if (!start_helper(source, &source->usher, "pcsc-usher", run_usher))
            source->hub = NULL;
    }
    bool entered = source->hub != NULL;
    if (entered) {
        current_hub = source->hub;
        append(&current_hub->arrivals, source);
        current_hub->members++;
        current_hub->references++;
    }
    pthread_mutex_unlock(&hub_mutex);
    return entered;
}

void pcsc_hub_leave(struct reader_source *source)
{
    if (start_helper(source, &source->canceller, "pcsc-canceller", run_canceller))
        return;
    log_error("pcsc", "the threads of the readers %s cannot be ended in order, because no other thread can be started",
              source->glob);
    pthread_mutex_lock(&hub_mutex);
    ask(source->hub);
    pthread_mutex_unlock(&hub_mutex);
}

void pcsc_hub_give_up(struct reader_source *source)
{
    pthread_mutex_lock(&hub_mutex);
    /* The hub's memory stays as long as this source is not released, that is for ever. */
    if (!source->let_go)
        source->hub->silent = true;
    pthread_mutex_unlock(&hub_mutex);
}

void pcsc_hub_release(struct reader_source *source)
{
    struct pcsc_hub *hub = source->hub;

    if (source->usher != NULL)
        (void) thread_join(source->usher, PCSC_JOIN_LIMIT_MS);
    if (source->canceller != NULL)
        (void) thread_join(source->canceller, PCSC_JOIN_LIMIT_MS);
    pthread_mutex_lock(&hub_mutex);
    bool last = --hub->references == 0;
    pthread_mutex_unlock(&hub_mutex);
    if (!last)
        return;
    (void) thread_join(hub->thread, PCSC_JOIN_LIMIT_MS);
    free_hub(hub);
}
