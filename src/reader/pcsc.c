/* SPDX-License-Identifier: MIT */
/*
 * The driver for PC/SC readers: the source, the thread that watches the list of readers, the stop.
 *
 * While all is well the watcher waits inside libpcsclite without a limit and costs no wake-up. To end it, it is
 * cancelled by a short-lived thread, because a cancel may block for ever when pcscd hangs, and again and again, because
 * a cancel is lost on a thread that is not inside its wait at that moment. The readers' threads wait for the watcher's
 * word.
 */
#include "reader/pcsc_source.h"

#include "base/log.h"
#include "base/memory.h"
#include "reader/pcsc_labels.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * libpcsclite counts the readers when the wait for the list begins, so that a change between our look at the list and
 * that moment goes unseen. Hence the list is looked at once more SETTLE_MS after each change, before the wait without
 * a limit. REAP_MS: how often to look whether a thread whose reader left has ended.
 */
enum { SETTLE_MS = 1000, REAP_MS = 100, LOOK_AGAIN_MS = 1000, CANCEL_FIRST_MS = 2, CANCEL_MAX_MS = 50 };

/*
 * How many watchers there are in this process: the one thing that sources share, because libpcsclite's own memory of
 * the readers is the process's (pcsc_session_wait).
 */
static atomic_uint watchers;

static void show_none(struct reader_source *source)
{
    if (!source->none.shown)
        pcsc_teller_appeared(&source->none, source->glob);
}

static void hide_none(struct reader_source *source)
{
    if (source->none.shown)
        pcsc_teller_gone(&source->none);
}

static bool label_taken(const void *context, const char *label)
{
    const struct reader_source *source = context;

    for (const struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
        if (strcmp(reader->teller.label, label) == 0)
            return true;
    }
    return false;
}

static bool is_known(const struct reader_source *source, const char *name)
{
    for (const struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
        if (strcmp(reader->name, name) == 0)
            return true;
    }
    return false;
}

static bool is_listed(char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

/* Starts a thread for each new reader of the list that is meant; true if there was one. */
static bool add_new(struct reader_source *source, char *const *names)
{
    bool added = false;

    for (; *names != NULL; names++) {
        if (!pcsc_name_matches(source->glob, *names) || is_known(source, *names))
            continue;
        hide_none(source);
        char *label = pcsc_label_choose(source->label, *names, label_taken, source);
        struct pcsc_reader *reader = pcsc_reader_start(source, *names, label);
        free(label);
        if (reader == NULL)
            continue;
        reader->next = source->readers;
        source->readers = reader;
        added = true;
    }
    return added;
}

/* Tells the threads whose reader left the list; true if one left. */
static bool dismiss_gone(struct reader_source *source, char *const *names)
{
    bool left = false;

    for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
        if (!is_listed(names, reader->name) && !atomic_load(&reader->leave)) {
            pcsc_reader_dismiss(reader);
            left = true;
        }
    }
    return left;
}

/* Takes back the threads that have ended; true if some are still on their way. */
static bool reap(struct reader_source *source)
{
    bool some_left = false;

    for (struct pcsc_reader **at = &source->readers; *at != NULL;) {
        struct pcsc_reader *reader = *at;
        if (!atomic_load(&reader->ended)) {
            some_left = some_left || atomic_load(&reader->leave);
            at = &reader->next;
            continue;
        }
        *at = reader->next;
        pcsc_reader_free(reader);
    }
    return some_left;
}

/* Looks at the list; *changed if it did, *some_leaving if a thread is about to end. */
static enum pcsc_result look_at_list(struct reader_source *source, bool *changed, bool *some_leaving)
{
    static char *no_names[] = {NULL};
    char **names = NULL;

    activity_set(source->none.activity, ACTIVITY_FOREIGN, "asking pcscd for its readers", PCSC_CALL_LIMIT_MS);
    enum pcsc_result result = pcsc_session_list(source->link.session, &names);
    activity_set(source->none.activity, ACTIVITY_OWN, "looking at the list of readers", PCSC_OWN_LIMIT_MS);
    if (result != PCSC_OK && result != PCSC_NO_READERS)
        return result;
    char **listed = names != NULL ? names : no_names;
    *changed = dismiss_gone(source, listed);
    *some_leaving = reap(source);
    *changed = add_new(source, listed) || *changed;
    if (source->readers == NULL) {
        show_none(source);
        pcsc_teller_ill(&source->none, pcsc_reason_no_match(source->glob));
    }
    pcsc_pace_reset(&source->link.pace);
    free(names);
    return PCSC_OK;
}

/* Fills in the readers whose thread wants to know of changes. */
static void prepare_watch(struct reader_source *source, struct pcsc_watch *watch)
{
    watch->readers_count = 0;
    for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
        if (atomic_exchange(&reader->look_again, false))
            reader->seen = (struct pcsc_look) {0};
        if (atomic_load(&reader->leave) || watch->readers_count == PCSC_WATCHED_MAX)
            continue;
        struct pcsc_watched *watched = &watch->readers[watch->readers_count++];
        *watched = (struct pcsc_watched) {.reader = reader->name, .look = reader->seen};
    }
}

/* Hands over what was seen; true if the list has to be looked at. */
static bool hand_over(struct reader_source *source, const struct pcsc_watch *watch)
{
    bool list_is_due = watch->list_changed;

    for (size_t i = 0; i < watch->readers_count; i++) {
        const struct pcsc_watched *watched = &watch->readers[i];
        struct pcsc_reader *reader = source->readers;
        while (reader != NULL && (!watched->changed || strcmp(reader->name, watched->reader) != 0))
            reader = reader->next;
        if (reader == NULL)
            continue;
        pcsc_reader_tell_look(reader, &watched->look);
        reader->seen = watched->look;
        if (watched->look.unknown) {
            reader->seen = (struct pcsc_look) {0};
            list_is_due = true;
        }
    }
    return list_is_due;
}

/* Several sources look at the same time, so that an event can be lost (pcsc_session_wait): they look every second. */
static uint32_t longest_wait_ms(void)
{
    return atomic_load(&watchers) > 1 ? LOOK_AGAIN_MS : PCSC_FOREVER_MS;
}

/* Until the connection to pcscd is lost, or the stop. */
static enum pcsc_result watch_readers(struct reader_source *source)
{
    struct pcsc_watch watch = {0};
    bool list_is_due = true;
    bool settled = false;
    bool some_leaving = false;

    for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next)
        reader->seen = (struct pcsc_look) {0};
    while (!atomic_load(&source->stop)) {
        bool changed = false;
        enum pcsc_result result = list_is_due ? look_at_list(source, &changed, &some_leaving) : PCSC_OK;
        if (result != PCSC_OK)
            return result;
        settled = settled && !changed;
        prepare_watch(source, &watch);
        activity_set(source->none.activity, ACTIVITY_IDLE, "waiting for readers and cards", 0);
        result = pcsc_session_wait(source->link.session, &watch,
                                   some_leaving ? REAP_MS : settled ? longest_wait_ms() : SETTLE_MS);
        activity_set(source->none.activity, ACTIVITY_OWN, "handing over what was seen", PCSC_OWN_LIMIT_MS);
        list_is_due = some_leaving || result != PCSC_OK || hand_over(source, &watch);
        if (result == PCSC_OK && list_is_due)
            settled = false;
        else if (result == PCSC_TIMEOUT)
            settled = !some_leaving;
        else if (result == PCSC_UNKNOWN_READER)
            pcsc_source_pause(source, -1, REAP_MS);  /* the list and the readers are about to agree again */
        else if (result != PCSC_OK && result != PCSC_CANCELLED)
            return result;
    }
    return PCSC_OK;
}

static void tell_all_lost(struct reader_source *source, enum pcsc_result result)
{
    for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next)
        pcsc_reader_tell_lost(reader, result);
}

static void *run_watcher(void *context)
{
    struct reader_source *source = context;
    struct pcsc_link *link = &source->link;

    atomic_fetch_add(&watchers, 1);
    show_none(source);
    while (!atomic_load(&source->stop)) {
        if (!pcsc_link_open(link, &source->none, -1))
            continue;
        enum pcsc_result result = watch_readers(source);
        if (result == PCSC_OK)
            break;
        tell_all_lost(source, result);
        pcsc_link_failed(link, &source->none, result, -1);
    }
    activity_set(source->none.activity, ACTIVITY_FOREIGN, "leaving pcscd", PCSC_CALL_LIMIT_MS);
    pcsc_session_close(link->session);
    activity_set(source->none.activity, ACTIVITY_OWN, "ending", PCSC_OWN_LIMIT_MS);
    atomic_fetch_sub(&watchers, 1);
    hide_none(source);
    pcsc_source_thread_ended(source);
    return NULL;
}

/* Runs from the stop until it is the last thread of the source. */
static void *run_canceller(void *context)
{
    struct reader_source *source = context;

    for (int pause_ms = CANCEL_FIRST_MS; atomic_load(&source->running) > 1;) {
        pcsc_session_cancel(source->link.session);
        (void) poll(NULL, 0, pause_ms);
        pause_ms = pause_ms * 2 > CANCEL_MAX_MS ? CANCEL_MAX_MS : pause_ms * 2;
    }
    pcsc_source_thread_ended(source);
    return NULL;
}

static void release(struct reader_source *source)
{
    while (source->readers != NULL) {
        struct pcsc_reader *reader = source->readers;
        source->readers = reader->next;
        pcsc_reader_free(reader);
    }
    pcsc_session_free(source->link.session);
    activity_free(source->none.activity);
    free(source->none.label);
    free(source->none.reason);
    free(source->glob);
    free(source->label);
    close(source->stop_fd);
    close(source->done_fd);
    free(source);
}

static struct reader_source *start(const struct reader_options *options, const struct reader_sink *sink, char **error)
{
    if (options->name == NULL || options->name[0] == '\0') {
        *error = text_copy("a reader with the driver pcsc needs a name; next: set name = \"*\" for every PC/SC reader");
        return NULL;
    }
    struct reader_source *source = memory_zeroed(1, sizeof *source);
    source->glob = text_copy(options->name);
    source->label = text_copy(options->label != NULL ? options->label : "");
    source->clock = options->clock;
    source->sink = *sink;
    source->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    source->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    source->link.session = pcsc_session_create();
    source->none = (struct pcsc_teller) {
        .source = source, .label = text_copy(source->label[0] != '\0' ? source->label : source->glob),
        .activity = activity_create(source->clock),
    };
    atomic_store(&source->running, 1);
    if (source->stop_fd < 0 || source->done_fd < 0
        || pthread_create(&source->watcher, NULL, run_watcher, source) != 0) {
        *error = text_copy("no thread for PC/SC readers could be started; next: raise the limits of tasks and files");
        release(source);
        return NULL;
    }
    (void) pthread_setname_np(source->watcher, "pcsc-watcher");
    return source;
}

static void wake(struct reader_source *source)
{
    const uint64_t one = 1;

    if (atomic_exchange(&source->stop, true))
        return;
    if (write(source->stop_fd, &one, sizeof one) != (ssize_t) sizeof one)
        abort();
    atomic_fetch_add(&source->running, 1);
    if (pthread_create(&source->canceller, NULL, run_canceller, source) == 0) {
        source->canceller_started = true;
        return;
    }
    log_error("pcsc", "the threads of the readers %s cannot be ended in order, because no other thread can be started",
              source->glob);
    pcsc_source_thread_ended(source);
}

/* False once monotonic time reaches deadline_ms. */
static bool wait_until_done(struct reader_source *source, uint64_t deadline_ms)
{
    struct pollfd done = {.fd = source->done_fd, .events = POLLIN};

    for (;;) {
        uint64_t now_ms = clock_monotonic_ms(source->clock);
        uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
        int count = poll(&done, 1, left_ms > INT32_MAX ? INT32_MAX : (int) left_ms);
        if (count > 0)
            return true;
        if (count == 0 && left_ms == 0)
            return false;
        assert(count == 0 || errno == EINTR);
    }
}

static bool join(struct reader_source *source, uint64_t limit_ms)
{
    wake(source);
    if (!wait_until_done(source, clock_monotonic_ms(source->clock) + limit_ms)) {
        atomic_store(&source->abandoned, true);
        log_warning("pcsc", "pcscd did not let go of the readers %s in %llu ms; their threads are left behind",
                    source->glob, (unsigned long long) limit_ms);
        return false;
    }
    (void) pthread_join(source->watcher, NULL);
    if (source->canceller_started)
        (void) pthread_join(source->canceller, NULL);
    release(source);
    return true;
}

const struct reader_driver reader_driver_pcsc = {.name = "pcsc", .start = start, .wake = wake, .join = join};
