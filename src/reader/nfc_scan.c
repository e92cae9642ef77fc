/* SPDX-License-Identifier: MIT */
#include "reader/nfc_scan.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "base/wakeup.h"
#include "reader/labels.h"
#include "reader/nfc_link.h"
#include "reader/nfc_usb_watch.h"
#include "reader/teller.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/*
 * A list costs a process and a talk with each USB device, so it is made anew when a USB device comes or goes; the long
 * time in between is for what was missed. A device that was just plugged in gets the time to become ready.
 */
enum { LIST_LIMIT_MS = 10000, LIST_END_LIMIT_MS = 1000, SETTLE_MS = 500, LIST_AGAIN_MS = 60000, OWN_LIMIT_MS = 10000 };

/* How long a reader whose device has gone may take to end: it has nothing to switch off any more. */
enum { READER_END_LIMIT_MS = 5000 };

struct nfc_scan {
    struct nfc_shared *shared;
    char *label;
    struct reader_teller none;     /* stands for the source while there is no reader; its activity is the thread's */
    struct nfc_link *link;
    struct nfc_reader *readers[NFC_DEVICES_MAX];
    size_t readers_count;
    int stop_fd;
    atomic_bool stop;
    bool left_behind;              /* a reader's thread hangs */
    struct thread *thread;
};

static bool is_taken(const void *context, const char *label)
{
    const struct nfc_scan *scan = context;

    for (size_t i = 0; i < scan->readers_count; i++) {
        if (strcmp(nfc_reader_label(scan->readers[i]), label) == 0)
            return true;
    }
    return false;
}

static bool has_reader(const struct nfc_scan *scan, const char *connection)
{
    for (size_t i = 0; i < scan->readers_count; i++) {
        if (strcmp(nfc_reader_connection(scan->readers[i]), connection) == 0)
            return true;
    }
    return false;
}

static bool is_listed(const struct nfc_answer *list, const char *connection)
{
    for (size_t i = 0; i < list->devices_count; i++) {
        if (strcmp(list->devices[i], connection) == 0)
            return true;
    }
    return false;
}

/* A device that a helper has open may be missing in the list: only one that does not work either has gone. */
static void dismiss_gone(struct nfc_scan *scan, const struct nfc_answer *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < scan->readers_count; i++) {
        struct nfc_reader *reader = scan->readers[i];
        if (nfc_reader_works(reader) || is_listed(list, nfc_reader_connection(reader))) {
            scan->readers[kept++] = reader;
            continue;
        }
        log_notice("libnfc", "reader %s was unplugged; it is used again when it comes back", nfc_reader_label(reader));
        nfc_reader_wake(reader);
        scan->left_behind = !nfc_reader_join(reader, READER_END_LIMIT_MS) || scan->left_behind;
    }
    scan->readers_count = kept;
}

static void greet_new(struct nfc_scan *scan, const struct nfc_answer *list)
{
    for (size_t i = 0; i < list->devices_count && scan->readers_count < NFC_DEVICES_MAX; i++) {
        const char *connection = list->devices[i];
        if (has_reader(scan, connection))
            continue;
        if (scan->none.shown)
            reader_teller_gone(&scan->none);
        char *label = reader_label_choose(scan->label, connection, is_taken, scan);
        log_info("libnfc", "reader %s is there: %s", label, connection);
        struct nfc_reader *reader = nfc_reader_start(scan->shared, connection, label);
        free(label);
        if (reader == NULL) {
            log_warning("libnfc", "no thread for %s could be started; next: raise the limit of tasks (TasksMax)",
                        connection);
            return;
        }
        scan->readers[scan->readers_count++] = reader;
    }
}

static void show_none(struct nfc_scan *scan, char *reason)
{
    if (!scan->none.shown)
        reader_teller_appeared(&scan->none, "*");
    reader_teller_ill(&scan->none, reason);
}

/* Asks libnfc for its list; false, and *reason, if it has none to give. */
static bool take_list(struct nfc_scan *scan, struct nfc_answer *list, char **reason)
{
    const struct nfc_request request = {.verb = NFC_LIST};

    if (!nfc_link_begin(scan->link, reason))
        return false;
    enum nfc_result result = nfc_link_ask(scan->link, &request, list, LIST_LIMIT_MS);
    activity_set(scan->none.activity, ACTIVITY_FOREIGN, "ending the search for devices", LIST_END_LIMIT_MS * 3);
    nfc_link_end(scan->link, LIST_END_LIMIT_MS);
    activity_set(scan->none.activity, ACTIVITY_OWN, "looking at the devices", OWN_LIMIT_MS + READER_END_LIMIT_MS);
    if (result == NFC_FINE)
        return true;
    *reason = text_format("libnfc cannot list its devices (%s); next: name the connection in the setting readers",
                          list->text);
    return false;
}

static void look(struct nfc_scan *scan)
{
    struct nfc_answer *list = memory_zeroed(1, sizeof *list);
    char *reason = NULL;
    bool listed = take_list(scan, list, &reason);

    if (listed) {
        dismiss_gone(scan, list);
        greet_new(scan, list);
        if (scan->readers_count == 0)
            reason = text_copy("libnfc finds no device; next: plug one in; a device on a serial line, I2C or SPI is "
                               "not looked for: name its connection in the setting readers (doc/libnfc.md)");
    }
    if (scan->readers_count == 0 && reason != NULL && !atomic_load(&scan->stop))
        show_none(scan, reason);
    else
        free(reason);
    free(list);
}

/* Until a USB device comes or goes, or it is time for another look, or the stop. */
static void wait_for_change(struct nfc_scan *scan, const struct nfc_usb_watch *watch)
{
    struct pollfd fds[] = {{.fd = scan->stop_fd, .events = POLLIN},
                           {.fd = nfc_usb_watch_fd(watch), .events = POLLIN}};

    activity_set(scan->none.activity, ACTIVITY_IDLE, "waiting for a device", 0);
    if (poll(fds, 2, LIST_AGAIN_MS) > 0 && fds[0].revents == 0)
        (void) poll(fds, 1, SETTLE_MS);
    activity_set(scan->none.activity, ACTIVITY_OWN, "looking for devices", OWN_LIMIT_MS);
}

static void end_readers(struct nfc_scan *scan)
{
    for (size_t i = 0; i < scan->readers_count; i++)
        nfc_reader_wake(scan->readers[i]);
    for (size_t i = 0; i < scan->readers_count; i++)
        scan->left_behind = !nfc_reader_join(scan->readers[i], READER_END_LIMIT_MS) || scan->left_behind;
    scan->readers_count = 0;
}

static void run(void *context)
{
    struct nfc_scan *scan = context;

    while (!atomic_load(&scan->stop)) {
        /* Before the look, so that nothing is missed between the two. */
        struct nfc_usb_watch *watch = nfc_usb_watch_create(NFC_USB_FOLDER);
        look(scan);
        if (!atomic_load(&scan->stop))
            wait_for_change(scan, watch);
        nfc_usb_watch_free(watch);
    }
    end_readers(scan);
    if (scan->none.shown)
        reader_teller_gone(&scan->none);
}

static void release(struct nfc_scan *scan)
{
    nfc_link_free(scan->link);
    reader_teller_release(&scan->none);
    wakeup_close(scan->stop_fd);
    free(scan->label);
    free(scan);
}

struct nfc_scan *nfc_scan_start(struct nfc_shared *shared, const char *label)
{
    struct nfc_scan *scan = memory_zeroed(1, sizeof *scan);

    scan->shared = shared;
    scan->label = text_copy(label);
    scan->none = (struct reader_teller) {
        .sink = &shared->sink, .abandoned = &shared->abandoned, .driver = "libnfc",
        .label = text_copy(label[0] != '\0' ? label : "libnfc"), .activity = activity_create(shared->clock),
    };
    scan->stop_fd = wakeup_create();
    scan->link = nfc_link_create(shared->clock, scan->none.activity, scan->stop_fd);
    scan->thread = thread_start("nfc-scan", run, scan);
    if (scan->thread != NULL)
        return scan;
    release(scan);
    return NULL;
}

void nfc_scan_wake(struct nfc_scan *scan)
{
    atomic_store(&scan->stop, true);
    wakeup_signal(scan->stop_fd);
}

bool nfc_scan_join(struct nfc_scan *scan, uint64_t limit_ms)
{
    nfc_scan_wake(scan);
    if (!thread_join(scan->thread, limit_ms))
        return false;
    bool whole = !scan->left_behind;
    if (whole)
        release(scan);
    return whole;
}
