/* SPDX-License-Identifier: MIT */
/*
 * The driver for PC/SC readers: the source, the thread that watches the list of readers, the stop.
 *
 * While all is well every thread waits inside libpcsclite without a limit and costs no wake-up. To end them they are
 * cancelled by a short-lived thread, because a cancel may block for ever when pcscd hangs, and again and again, because
 * a cancel is lost on a thread that is not inside its wait at that moment.
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
enum { SETTLE_MS = 1000, REAP_MS = 100, CANCEL_FIRST_MS = 2, CANCEL_MAX_MS = 50 };

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
        pthread_mutex_lock(&source->readers_mutex);
        reader->next = source->readers;
        source->readers = reader;
        pthread_mutex_unlock(&source->readers_mutex);
        added = true;
    }
    return added;
}

/* Tells the threads whose reader left the list, and wakes those that wait for a word; true if one left. */
static bool dismiss_gone(struct reader_source *source, char *const *names)
{
    bool left = false;

    for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
        if (!is_listed(names, reader->name) && !atomic_exchange(&reader->leave, true)) {
            pcsc_reader_kick(reader);
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
        pthread_mutex_lock(&source->readers_mutex);
        *at = reader->next;
        pthread_mutex_unlock(&source->readers_mutex);
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

/* Until the connection to pcscd is lost, or the stop. */
static enum pcsc_result watch_list(struct reader_source *source)
{
    unsigned long state = 0;
    bool settled = false;

    while (!atomic_load(&source->stop)) {
        bool changed = false;
        bool some_leaving = false;
        enum pcsc_result result = look_at_list(source, &changed, &some_leaving);
        if (result != PCSC_OK)
            return result;
        if (changed)
            settled = false;
        uint32_t timeout_ms = some_leaving ? REAP_MS : settled ? PCSC_FOREVER_MS : SETTLE_MS;
        activity_set(source->none.activity, ACTIVITY_IDLE, "waiting for readers to come or go", 0);
        result = pcsc_session_wait_list(source->link.session, &state, timeout_ms);
        if (result != PCSC_OK && result != PCSC_TIMEOUT && result != PCSC_CANCELLED)
            return result;
        settled = result == PCSC_TIMEOUT && !some_leaving;
    }
    return PCSC_OK;
}

static void *run_watcher(void *context)
{
    struct reader_source *source = context;
    struct pcsc_link *link = &source->link;

    show_none(source);
    while (!atomic_load(&source->stop)) {
        if (!pcsc_link_open(link, &source->none, -1))
            continue;
        enum pcsc_result result = watch_list(source);
        if (result != PCSC_OK)
            pcsc_link_failed(link, &source->none, result, -1);
    }
    activity_set(source->none.activity, ACTIVITY_FOREIGN, "leaving pcscd", PCSC_CALL_LIMIT_MS);
    pcsc_session_close(link->session);
    activity_set(source->none.activity, ACTIVITY_OWN, "ending", PCSC_OWN_LIMIT_MS);
    hide_none(source);
    pcsc_source_thread_ended(source);
    return NULL;
}

static void cancel_all(struct reader_source *source)
{
    pcsc_session_cancel(source->link.session);
    pthread_mutex_lock(&source->readers_mutex);
    for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next)
        pcsc_session_cancel(reader->link.session);
    pthread_mutex_unlock(&source->readers_mutex);
}

/* Runs from the stop until it is the last thread of the source. */
static void *run_canceller(void *context)
{
    struct reader_source *source = context;

    for (int pause_ms = CANCEL_FIRST_MS; atomic_load(&source->running) > 1;) {
        cancel_all(source);
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
    pthread_mutex_destroy(&source->readers_mutex);
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
    pthread_mutex_init(&source->readers_mutex, NULL);
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
