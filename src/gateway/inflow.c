/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <sys/epoll.h>

enum { SIGHTINGS_A_TURN = 64 };

static uint64_t now_ms(const struct gateway *gateway)
{
    return clock_monotonic_ms(gateway->clock);
}

static void arm_presence_timer(struct gateway *gateway)
{
    uint64_t deadline_ms = presence_next_deadline_ms(gateway->presence);

    if (gateway->stopping) /* the loop has ended, and with it its timers */
        return;
    if (deadline_ms == PRESENCE_NEVER)
        loop_disarm_timer(gateway->presence_timer);
    else
        loop_arm_timer(gateway->presence_timer, deadline_ms * 1000U, 1000U);
}

void inflow_presence_timer(void *context)
{
    struct gateway *gateway = context;

    presence_advance(gateway->presence, now_ms(gateway));
    arm_presence_timer(gateway);
}

static void take_health(struct gateway *gateway, const struct sighting *sighting)
{
    struct roster_entry *entry = roster_find(gateway->roster, sighting->reader);

    if (entry == NULL)
        return;
    roster_set_health(entry, sighting->health, sighting->text);
    outflow_health_changed(gateway);
}

static void take_device(struct gateway *gateway, struct sighting *sighting)
{
    struct roster_entry *entry = roster_find(gateway->roster, sighting->reader);

    if (entry != NULL)
        device_note_move(&entry->device, &sighting->device);
}

/* What `status` says while the card lies there; a card that left is no trouble any more. */
static const char *card_trouble(enum card_error error)
{
    switch (error) {
    case CARD_ERROR_MUTE:
        return "a card on it does not answer; next: take it away and hold it still on the reader, or try another card";
    case CARD_ERROR_READER:
        return "a card on it could not be read; next: read the log, and present it again";
    case CARD_ERROR_REFUSED:
        return "a card on it refuses the key; next: check the key of the template, or try another card";
    case CARD_ERROR_GONE:
        break;
    }
    return NULL;
}

/* A card was read, or the one that could not be read has gone. */
static void clear_card_trouble(struct gateway *gateway, const struct sighting *sighting)
{
    struct roster_entry *entry = roster_find(gateway->roster, sighting->reader);

    if (entry != NULL)
        entry->card_trouble = NULL;
}

static void take_failure(struct gateway *gateway, const struct sighting *sighting)
{
    struct roster_entry *entry = roster_find(gateway->roster, sighting->reader);

    if (entry != NULL) {
        entry->failures++;
        entry->card_trouble = card_trouble(sighting->error);
    }
    signalling_read_failed(gateway, sighting->reader);
    log_debug("reader", "%s: a card could not be read; its next visit is read anew", sighting->reader);
}

static void take_no_match(struct gateway *gateway, const struct sighting *sighting)
{
    struct roster_entry *entry = roster_find(gateway->roster, sighting->reader);

    if (entry != NULL)
        entry->no_match++;
    signalling_read_failed(gateway, sighting->reader);
    log_debug("reader", "%s: no template wants this card; see `technologies` of the templates", sighting->reader);
}

static void take_gone(struct gateway *gateway, const struct sighting *sighting)
{
    presence_reader_lost(gateway->presence, sighting->reader, now_ms(gateway));
    roster_remove(gateway->roster, sighting->reader);
    signalling_readers_changed(gateway);
    outflow_health_changed(gateway);
}

static void take_sighting(struct gateway *gateway, struct sighting *sighting)
{
    switch (sighting->kind) {
    case SIGHTING_APPEARED:
        roster_add(gateway->roster, sighting->reader, sighting->driver, sighting->name);
        signalling_readers_changed(gateway);
        break;
    case SIGHTING_HEALTH:
        take_health(gateway, sighting);
        break;
    case SIGHTING_DESCRIBED:
        take_device(gateway, sighting);
        break;
    case SIGHTING_CLEARED:
        clear_card_trouble(gateway, sighting);
        break;
    case SIGHTING_ARRIVED:
        clear_card_trouble(gateway, sighting);
        presence_arrived(gateway->presence, sighting->reader, sighting->token, now_ms(gateway));
        break;
    case SIGHTING_LEFT:
        presence_left(gateway->presence, sighting->reader, sighting->text, now_ms(gateway));
        break;
    case SIGHTING_NO_MATCH:
        take_no_match(gateway, sighting);
        break;
    case SIGHTING_FAILED:
        take_failure(gateway, sighting);
        break;
    case SIGHTING_GONE:
        take_gone(gateway, sighting);
        break;
    }
}

void inflow_drain(struct gateway *gateway)
{
    struct sighting *sighting;

    while ((sighting = intake_take(gateway->intake)) != NULL) {
        take_sighting(gateway, sighting);
        sighting_free(sighting);
    }
    arm_presence_timer(gateway);
}

/* A few at a time, so that a flood of them leaves room for everything else; and none while the disk does not keep up: the
 * queue is then full soon, and the readers wait. */
static void on_sightings(void *context, int fd, uint32_t events)
{
    struct gateway *gateway = context;
    struct sighting *sighting;

    (void) fd;
    (void) events;
    for (int i = 0; i < SIGHTINGS_A_TURN && (sighting = intake_take(gateway->intake)) != NULL; i++) {
        take_sighting(gateway, sighting);
        sighting_free(sighting);
    }
    arm_presence_timer(gateway);
    if (!journal_is_behind(gateway->journal))
        return;
    gateway->intake_paused = true;
    loop_set_io_events(gateway->intake_source, 0);
}

void inflow_resume(struct gateway *gateway)
{
    if (!gateway->intake_paused || gateway->intake_source == NULL || journal_is_behind(gateway->journal))
        return;
    gateway->intake_paused = false;
    loop_set_io_events(gateway->intake_source, EPOLLIN);
}

void inflow_attach(struct gateway *gateway, struct intake *intake)
{
    gateway->intake = intake;
    gateway->intake_paused = false;
    gateway->intake_source = loop_add_io(gateway->loop, intake_fd(intake), EPOLLIN, on_sightings, gateway);
    loop_set_name(gateway->intake_source, "taking the news of the readers");
}

void inflow_detach(struct gateway *gateway)
{
    loop_source_free(gateway->intake_source);
    gateway->intake_source = NULL;
    gateway->intake = NULL;
}

static void set_hang(struct gateway *gateway, struct roster_entry *entry, const struct activity_view *view)
{
    free(entry->hang_now);
    entry->hang_now = activity_hang_text(view, now_ms(gateway));
    if (entry->hang_now == NULL && entry->hang != NULL) {
        log_notice("reader", "%s: answers again", entry->label);
        text_replace(&entry->hang, NULL);
    } else if (entry->hang_now != NULL && entry->hang == NULL) {
        log_warning("reader", "%s: %s; the other readers go on. Check the reader and its service", entry->label,
                    entry->hang_now);
        entry->hang = text_format("hangs while %s", view->what);
    }
}

bool inflow_supervise(struct gateway *gateway)
{
    bool sound = true;

    for (size_t i = 0; i < roster_count(gateway->roster); i++) {
        struct roster_entry *entry = roster_get(gateway->roster, i);
        struct activity_view view;

        if (!intake_look(gateway->intake, entry->label, &view))
            continue;
        set_hang(gateway, entry, &view);
        if (view.overdue && view.kind == ACTIVITY_OWN) {
            log_error("reader", "%s: its thread is stuck while %s", entry->label, view.what);
            sound = false;
        }
    }
    outflow_health_changed(gateway);
    return sound;
}
