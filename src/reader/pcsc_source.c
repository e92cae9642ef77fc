/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_source.h"

#include "base/wakeup.h"

#include <poll.h>

struct reader_teller pcsc_teller(struct reader_source *source, char *label)
{
    return (struct reader_teller) {
        .sink = &source->sink, .abandoned = &source->abandoned, .driver = "pcsc", .label = label,
        .activity = activity_create(source->clock),
    };
}

void pcsc_source_show_none(struct reader_source *source)
{
    if (!source->none.shown)
        reader_teller_appeared(&source->none, source->glob);
}

void pcsc_source_hide_none(struct reader_source *source)
{
    if (source->none.shown)
        reader_teller_gone(&source->none);
}

void pcsc_source_pause(struct reader_source *source, int kick_fd, uint32_t timeout_ms)
{
    struct pollfd fds[] = {{.fd = source->stop_fd, .events = POLLIN}, {.fd = kick_fd, .events = POLLIN}};

    (void) poll(fds, 2, timeout_ms == PCSC_FOREVER_MS ? -1 : (int) timeout_ms);
    if ((fds[1].revents & POLLIN) != 0)
        wakeup_clear(kick_fd);
}

static void link_pause(struct pcsc_link *link, struct reader_source *source, struct reader_teller *teller, int kick_fd)
{
    activity_set(teller->activity, ACTIVITY_IDLE, "waiting to try pcscd again", 0);
    pcsc_source_pause(source, kick_fd, reader_pace_next_ms(&link->pace));
}

static void link_failed(struct pcsc_link *link, struct reader_source *source, struct reader_teller *teller,
                        enum pcsc_result result, int kick_fd)
{
    unsigned long code = pcsc_session_code(link->session);

    activity_set(teller->activity, ACTIVITY_FOREIGN, "leaving pcscd", PCSC_CALL_LIMIT_MS);
    pcsc_session_close(link->session);
    if (pcsc_result_is_worth_telling(result, &link->refusals))
        reader_teller_ill(teller, pcsc_reason(result, code));
    link_pause(link, source, teller, kick_fd);
}

bool pcsc_link_open(struct pcsc_link *link, struct reader_source *source, struct reader_teller *teller, int kick_fd)
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
    link_failed(link, source, teller, result, kick_fd);
    return false;
}

void pcsc_source_thread_ended(struct reader_source *source)
{
    int done_fd = source->done_fd;

    /* After the count is 0 the source may be freed at any moment; the descriptor is closed only after it was told. */
    if (atomic_fetch_sub(&source->running, 1) == 1)
        wakeup_signal(done_fd);
}
