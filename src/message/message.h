/* SPDX-License-Identifier: MIT */
/*
 * The JSON documents that the gateway publishes: READER EVENT, META, STATUS, in the newer dialect of the SpringCore
 * book plus the older pages' Sequence and DateTime. Compact, members in the vendor's order, upper-case hex; the
 * gateway's own extension members (Reader, Health, Gaps) come last.
 *
 * No state; any thread. Each function returns new text that the caller frees. Texts that are handed in are borrowed
 * during the call.
 *
 * Text. The documents are UTF-8; what is not ASCII is sent as it is, not as \u escapes. A text may come from a tag and
 * hold anything: each byte that belongs to no valid UTF-8 sequence becomes one U+FFFD, so that nothing that a tag says
 * can make an event fail. A reader of TagData that needs exact bytes sets a hex format in the template.
 *
 * Assumptions, where the vendor's documents are silent or would make us lie:
 *  - META says who really answers: VendorName "springpark" and Firmware "springpark/linux/springparkd", not the
 *    vendor's; ProductName stays "SpringPark", because that is what is emulated and what consumers look at, and
 *    ProductVariant "gateway" tells it from the device. Version and Revision are the gateway's version. Hardware
 *    is the box's own name for itself. ConfigId is there with register 0200 or without
 *    it: then it is made of the configuration (device/config_id.c).
 *  - Template is left out, not 0, in fast inventory, as Companion does it.
 *  - Numbers in Uptime are not padded, except the milliseconds: "699:16.850".
 */
#ifndef SPRINGPARK_MESSAGE_MESSAGE_H
#define SPRINGPARK_MESSAGE_MESSAGE_H

#include "base/event_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* When something happened, on both scales. */
struct message_time {
    uint32_t startup_counter;
    uint64_t uptime_ms;      /* since the gateway started */
    bool has_wall_time;      /* false: DateTime is left out */
    time_t wall_time_utc;
};

struct message_event {
    uint64_t sequence;       /* 1 to INT64_MAX; 0 = the member is left out */
    const char *interface;   /* "13.56" */
    const char *protocol;    /* "NFC-A"... */
    int template_number;     /* 1 to 7; 0 = fast inventory: Template is left out */
    const char *tag_id;      /* hex digits */
    const char *move;        /* "Insert", "Remove", "Insert,Remove" or NULL */
    const char *tag_data;    /* or NULL */
    const char *tag_details; /* or NULL */
    const char *reader;      /* extension Reader, or NULL */
    struct message_time time;
};

struct message_meta {
    const char *serial;
    const char *version;         /* the gateway's own, for instance "0.1.0" */
    const char *hardware;        /* or NULL */
    const char *unique_id;       /* or NULL */
    const char *config_id;       /* or NULL */
    const char *inventory;       /* "" = left out */
    const char *location;        /* "" = left out */
    const char *physical_address; /* or NULL */
    const char *ip_address;      /* or NULL */
    const char *protocol;        /* "RDR/JSON" or "$SCRDR" */
    bool open;                   /* META Open: all security settings are open */
};

/* State: the four values of the vendor's STATUS page. */
enum message_state { MESSAGE_ONLINE_READY, MESSAGE_ONLINE_BUSY, MESSAGE_OFFLINE, MESSAGE_OFFLINE_DEAD };

/* What was lost: a range of events, both ends included. */
struct message_gap {
    struct event_id first;   /* startup 0 = unknown: First is left out */
    struct event_id last;    /* startup 0 = unknown: Last is left out; sequence 0 = before the first of that start */
    uint64_t count;          /* at most INT64_MAX; 0 = unknown: Count is left out */
    const char *reason;      /* "journal full"... */
};

struct message_status {
    enum message_state state;
    const struct message_time *time; /* NULL for the last will */
    const char *health;              /* extension Health: what is ill; NULL = left out */
    const struct message_gap *gaps;  /* extension Gaps: what was lost; left out when there is none */
    size_t gaps_count;
};

char *message_event_to_json(const struct message_event *event);
char *message_meta_to_json(const struct message_meta *meta);
char *message_status_to_json(const struct message_status *status);

/* One element of Gaps: {"First":"12:5","Last":"12:90","Count":86,"Reason":"journal full"}. */
char *message_gap_to_json(const struct message_gap *gap);

/* "12:5": startup counter and Sequence, as in Gaps. */
char *message_id_text(struct event_id id);
/* The other way round: false, and nothing in *id, unless text is such an identity, with no number 0. */
bool message_id_parse(const char *text, struct event_id *id);

/* "CCC:SSS.MMM": startup counter, seconds and milliseconds since this start (vendor's STATUS page). */
char *message_uptime_text(const struct message_time *time);

/* "YYYY-MM-DD HH:MM:SS" in UTC (vendor's STATUS page); NULL for a time whose year is not within 0 to 9999, which the
 * documents then leave out as if the clock were not set. */
char *message_date_time_text(time_t utc);

#endif
