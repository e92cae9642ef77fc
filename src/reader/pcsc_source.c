/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_source.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/wakeup.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

bool pcsc_teller_may_speak(const struct pcsc_teller *teller)
{
    return !atomic_load(&teller->source->abandoned);
}

void pcsc_teller_appeared(struct pcsc_teller *teller, const char *name)
{
    const struct reader_sink *sink = &teller->source->sink;
    const struct reader_info info = {
        .driver = "pcsc", .name = name, .label = teller->label, .activity = teller->activity,
    };

    teller->shown = true;
    teller->health = READER_STARTING;
    text_replace(&teller->reason, NULL);
    if (pcsc_teller_may_speak(teller))
        sink->appeared(sink->context, &info);
}

void pcsc_teller_gone(struct pcsc_teller *teller)
{
    const struct reader_sink *sink = &teller->source->sink;

    teller->shown = false;
    if (pcsc_teller_may_speak(teller))
        sink->gone(sink->context, teller->label);
}

static void tell_health(const struct pcsc_teller *teller)
{
    const struct reader_sink *sink = &teller->source->sink;

    if (pcsc_teller_may_speak(teller))
        sink->health(sink->context, teller->label, teller->health, teller->reason);
}

void pcsc_teller_works(struct pcsc_teller *teller)
{
    if (!teller->shown || teller->health == READER_WORKS)
        return;
    if (teller->health == READER_ILL)
        log_notice("pcsc", "reader %s works again", teller->label);
    teller->health = READER_WORKS;
    text_replace(&teller->reason, NULL);
    tell_health(teller);
}

void pcsc_teller_ill(struct pcsc_teller *teller, char *reason)
{
    if (!teller->shown || (teller->health == READER_ILL && strcmp(teller->reason, reason) == 0)) {
        free(reason);
        return;
    }
    teller->health = READER_ILL;
    free(teller->reason);
    teller->reason = reason;
    log_warning("pcsc", "reader %s does not work: %s (it is tried again until it does)", teller->label, reason);
    tell_health(teller);
}

void pcsc_source_show_none(struct reader_source *source)
{
    if (!source->none.shown)
        pcsc_teller_appeared(&source->none, source->glob);
}

void pcsc_source_hide_none(struct reader_source *source)
{
    if (source->none.shown)
        pcsc_teller_gone(&source->none);
}

void pcsc_source_pause(struct reader_source *source, int kick_fd, uint32_t timeout_ms)
{
    struct pollfd fds[] = {{.fd = source->stop_fd, .events = POLLIN}, {.fd = kick_fd, .events = POLLIN}};

    (void) poll(fds, 2, timeout_ms == PCSC_FOREVER_MS ? -1 : (int) timeout_ms);
    if ((fds[1].revents & POLLIN) != 0)
        wakeup_clear(kick_fd);
}

static void link_pause(struct pcsc_link *link, struct pcsc_teller *teller, int kick_fd)
{
    activity_set(teller->activity, ACTIVITY_IDLE, "waiting to try pcscd again", 0);
    pcsc_source_pause(teller->source, kick_fd, pcsc_pace_next_ms(&link->pace));
}

static void link_failed(struct pcsc_link *link, struct pcsc_teller *teller, enum pcsc_result result, int kick_fd)
{
    unsigned long code = pcsc_session_code(link->session);

    activity_set(teller->activity, ACTIVITY_FOREIGN, "leaving pcscd", PCSC_CALL_LIMIT_MS);
    pcsc_session_close(link->session);
    if (pcsc_result_is_worth_telling(result, &link->refusals))
        pcsc_teller_ill(teller, pcsc_reason(result, code));
    link_pause(link, teller, kick_fd);
}

bool pcsc_link_open(struct pcsc_link *link, struct pcsc_teller *teller, int kick_fd)
{
    if (pcsc_session_is_open(link->session))
        return true;
    activity_set(teller->activity, ACTIVITY_FOREIGN, "connecting to pcscd", PCSC_CALL_LIMIT_MS);
    enum pcsc_result result = pcsc_session_open(link->session);
    activity_set(teller->activity, ACTIVITY_OWN, "looking at pcscd's answer", PCSC_OWN_LIMIT_MS);
    if (result == PCSC_OK) {
        link->refusals = 0;
        return true;
    }
    link_failed(link, teller, result, kick_fd);
    return false;
}

void pcsc_source_thread_ended(struct reader_source *source)
{
    int done_fd = source->done_fd;

    /* After the count is 0 the source may be freed at any moment; the descriptor is closed only after it was told. */
    if (atomic_fetch_sub(&source->running, 1) == 1)
        wakeup_signal(done_fd);
}
