/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JOURNAL_NOTICES_CAPACITY = 1024, NOTICES_A_TURN = 256 };

/* ---- beginning and end ---- */

static struct journal_settings settings_of(const struct gateway *gateway, const struct plan *plan)
{
    struct journal_settings settings = plan->journal;

    settings.directory = plan->settings->journal.enabled ? gateway_state_directory(gateway) : NULL;
    return settings;
}

void keeping_start(struct gateway *gateway)
{
    struct journal_settings settings = settings_of(gateway, gateway->plan);

    gateway->gaps = gaps_create();
    gateway->journal_notices = queue_create(JOURNAL_NOTICES_CAPACITY, journal_notice_free);
    gateway->journal = journal_start(&settings, gateway->startup_counter, gateway->clock, gateway->journal_notices);
}

void keeping_configure(struct gateway *gateway, const struct plan *plan)
{
    struct journal_settings settings = settings_of(gateway, plan);

    journal_configure(gateway->journal, &settings);
}

/* Who asked something of the journal is still waiting. */
static void refuse_last(struct gateway *gateway)
{
    struct journal_notice *notice;

    while ((notice = queue_take(gateway->journal_notices)) != NULL) {
        if (notice->token != NULL)
            control_refuse(notice->token, json_pack("[s]", "springparkd is stopping"));
        journal_notice_free(notice);
    }
}

void keeping_stop(struct gateway *gateway, uint64_t limit_ms)
{
    size_t lost = 0;

    if (journal_stop(gateway->journal, limit_ms, &lost)) {
        refuse_last(gateway);
    } else {
        log_warning("journal", "the disk hangs, and the journal is left behind");
        gateway->journal_notices = NULL; /* its thread may still tell something */
    }
    if (lost > 0)
        log_error("journal", "%zu events of start %" PRIu32 " were in memory only and not delivered; they are lost with "
                  "this stop", lost, gateway->startup_counter);
    gaps_free(gateway->gaps);
    for (size_t i = 0; i < TOLD_GAPS_KEPT; i++)
        gaps_free(gateway->told_gaps[i].gaps);
}

/* ---- events ---- */

void keeping_submit(struct gateway *gateway, uint64_t sequence, const char *payload)
{
    const struct event_id id = { gateway->startup_counter, sequence };
    /* What is stored goes first, if that is wanted: a new event then takes its place behind it. */
    bool must_wait = gateway->plan->cloud.oldest_first && journal_has_backlog(gateway->journal);
    bool lent = !must_wait && cloud_submit_event(gateway->cloud, id, payload);

    journal_submit(gateway->journal, sequence, payload, lent);
}

void keeping_connected(struct gateway *gateway, uint64_t link)
{
    gateway->link = link;
    cloud_accept(gateway->cloud, link);
}

void keeping_disconnected(struct gateway *gateway)
{
    gateway->link = 0;
    journal_take_back_all(gateway->journal, ++gateway->generation);
}

void keeping_want(struct gateway *gateway, uint64_t link, uint64_t count)
{
    if (link == gateway->link)
        journal_want(gateway->journal, gateway->generation, (size_t) count);
}

/* ---- gaps ---- */

struct message_gap *keeping_gaps(const struct gateway *gateway, size_t *count)
{
    *count = gaps_count(gateway->gaps);
    struct message_gap *list = memory_zeroed(*count + 1, sizeof *list);

    for (size_t i = 0; i < *count; i++) {
        const struct gap *gap = gaps_get(gateway->gaps, i);

        list[i] = (struct message_gap) { gap->first, gap->last, gap->count, gap_reason_text(gap->reason) };
    }
    return list;
}

/* The oldest STATUS that may be on its way is forgotten for this one: its gaps, if they are still there, are in this. */
uint64_t keeping_ticket(struct gateway *gateway)
{
    if (gaps_count(gateway->gaps) == 0)
        return 0;
    struct told_gaps *place = &gateway->told_gaps[++gateway->ticket % TOLD_GAPS_KEPT];

    gaps_free(place->gaps);
    place->ticket = gateway->ticket;
    place->gaps = gaps_copy(gateway->gaps);
    return gateway->ticket;
}

void keeping_status_confirmed(struct gateway *gateway, uint64_t ticket)
{
    struct told_gaps *place = &gateway->told_gaps[ticket % TOLD_GAPS_KEPT];

    if (place->ticket != ticket || place->gaps == NULL)
        return;
    for (size_t i = 0; i < gaps_count(place->gaps); i++)
        journal_confirm_gaps(gateway->journal, gaps_get(place->gaps, i), 1);
    gaps_free(place->gaps);
    place->gaps = NULL;
}

static void take_gaps(struct gateway *gateway, struct journal_notice *notice)
{
    gaps_free(gateway->gaps);
    gateway->gaps = notice->gaps;
    notice->gaps = NULL;
    if (gaps_count(gateway->gaps) > 0)
        outflow_publish_status(gateway);
}

/* ---- health ---- */

static void set_trouble(struct gateway *gateway, const char *trouble)
{
    bool same = trouble == NULL || gateway->journal_trouble == NULL ? trouble == gateway->journal_trouble
                                                                    : strcmp(trouble, gateway->journal_trouble) == 0;

    if (same)
        return;
    text_replace(&gateway->journal_trouble, trouble);
    outflow_health_changed(gateway);
}

static void set_refused(struct gateway *gateway, uint64_t set_aside)
{
    if (set_aside == gateway->set_aside)
        return;
    gateway->set_aside = set_aside;
    outflow_health_changed(gateway);
}

char *keeping_refused_text(const struct gateway *gateway)
{
    if (gateway->set_aside == 0)
        return NULL;
    return text_format("%" PRIu64 " %s refused by the broker and set aside; see springparkctl journal --set-aside",
                       gateway->set_aside, gateway->set_aside == 1 ? "event was" : "events were");
}

bool keeping_supervise(struct gateway *gateway)
{
    const struct activity_view view = activity_look(journal_activity(gateway->journal));
    char *hang = activity_hang_text(&view, clock_monotonic_ms(gateway->clock));
    struct journal_report report;

    journal_report(gateway->journal, &report);
    if (hang != NULL && gateway->journal_trouble == NULL)
        log_warning("journal", "the disk %s; events stay in memory, and readers and connection go on", hang);
    /* The words without how long it has been: a state that is new each second is none. */
    if (hang != NULL)
        set_trouble(gateway, "the disk does not answer; events stay in memory. Check the disk and its mount");
    else
        set_trouble(gateway, report.state == JOURNAL_DEGRADED ? report.detail : NULL);
    set_refused(gateway, report.set_aside);
    journal_report_free(&report);
    free(hang);
    inflow_resume(gateway);
    if (!view.overdue || view.kind != ACTIVITY_OWN)
        return true;
    log_error("daemon", "the journal thread is stuck while %s", view.what);
    return false;
}

/* ---- what the journal tells ---- */

static void take_notice(struct gateway *gateway, struct journal_notice *notice)
{
    switch (notice->kind) {
    case JOURNAL_NOTICE_STORED:
        outflow_stored(gateway, notice->id);
        inflow_resume(gateway);
        break;
    case JOURNAL_NOTICE_REPLAY:
        /* Not taken: that connection is over, and its DISCONNECTED takes this event back, too. */
        if (notice->generation == gateway->generation)
            (void) cloud_submit_replay(gateway->cloud, gateway->link, notice->id, notice->payload);
        break;
    case JOURNAL_NOTICE_GAPS:
        take_gaps(gateway, notice);
        break;
    case JOURNAL_NOTICE_STATE:
        (void) keeping_supervise(gateway);
        break;
    case JOURNAL_NOTICE_PAGE:
        control_answer(notice->token, account_page(notice->page));
        break;
    case JOURNAL_NOTICE_RELEASED:
        control_answer(notice->token, json_pack("{s:I}", "released", (json_int_t) notice->count));
        break;
    }
}

void keeping_notices(void *context, int fd, uint32_t events)
{
    struct gateway *gateway = context;
    struct journal_notice *notice;

    (void) fd;
    (void) events;
    for (int i = 0; i < NOTICES_A_TURN && (notice = queue_take(gateway->journal_notices)) != NULL; i++) {
        take_notice(gateway, notice);
        journal_notice_free(notice);
    }
}
