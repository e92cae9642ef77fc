/* SPDX-License-Identifier: MIT */
/*
 * The contract between a reader driver and the rest of the gateway.
 *
 * A driver finds readers, says when a card or tag comes and goes, lets the card be talked to, and heals what can be
 * healed by itself. It has no policy: debouncing, intervals and templates are above it.
 *
 * Starting. driver->start is called on the main thread, once for each entry of the setting `readers`. It must not
 * block: it checks its arguments, starts its threads and returns a source. There is one thread a reader; a driver
 * whose readers come and go by themselves may have one more that watches for them, which its sources may share, and
 * short-lived ones. Nothing that a driver calls may run on the main thread, except start and wake.
 *
 * Sources that were started with the same sink context are the entries of one configuration, in the order of their
 * start. Of those that match a reader the first one has it. During a reload the sources of two configurations run side
 * by side, and each of the two is told of every reader and card.
 *
 * Telling. A driver tells what happens through the reader_sink that start was given. Every function of the sink may be
 * called on any of the driver's threads; calls about one reader come from one thread at a time and in order:
 * appeared, then any number of health, described, card_arrived, card_left, card_failed, card_cleared, then gone. A sink
 * function may block while the main thread is behind (a full queue makes a reader wait and never drops); it returns at
 * once after stop.
 *
 * Cards. card_arrived is called with a struct card that lives until the call returns; inside the call the templates may
 * use card->transceive, on this thread. A driver calls card_arrived once for each visit, and card_left with the same
 * UID once the card has gone. A card that no template can use (a contact card, a SAM) is told by one log line and
 * gets no APDU. If a card leaves or mutes before its UID is known the driver calls card_failed; if the card that failed
 * stayed, card_cleared says that it has gone. A card that arrives, or a reader that is ill or gone, clears it as well.
 *
 * Reports of health. A reader that cannot work (its service is not running, it was unplugged, the device hangs) is
 * reported by health with READER_ILL and a reason that names the next step; when it works again, READER_WORKS. The
 * driver goes on trying for ever, with a bounded pace, and logs a change once, not each attempt. A reader that the
 * driver knows of only by its configuration (no PC/SC reader is plugged in yet) is told the same way: each source
 * always has at least one reader, whose name is then the configured one.
 *
 * Waiting. Each thread states in its activity what it does and until when. Waiting for a card is ACTIVITY_IDLE and
 * costs no wake-ups, but for those that are needed to find out that a service or a device hangs (some each minute).
 * While a reader waits, a hang of the thread that watches for it is its own (activity_follow).
 *
 * Stopping. wake makes every thread of the source see that it should end, without blocking the caller. join waits for
 * the threads up to limit_ms and releases everything; if a thread hangs in a foreign call it is abandoned, what it
 * uses is leaked on purpose, and join returns false.
 */
#ifndef SPRINGPARK_READER_READER_H
#define SPRINGPARK_READER_READER_H

#include "base/activity.h"
#include "base/clock.h"
#include "card/card.h"

#include <stdbool.h>
#include <stdint.h>

enum reader_health { READER_STARTING, READER_WORKS, READER_ILL };

/* What is told once when a reader appears. Valid during the call. */
struct reader_info {
    const char *driver;      /* "pcsc", "libnfc", "script" */
    const char *name;        /* the driver's own full name for it */
    const char *label;       /* the name in events, in `status` and in the log: unique in this process */
    struct activity *activity; /* of the reader's thread; valid until gone is called */
};

/* What a driver knows of the device behind a reader once it is open. Valid during the call. */
struct reader_device {
    const char *connection;  /* how it is reached: libnfc's connection string */
    const char *chip;        /* "PN532 v1.6" */
    unsigned technologies;   /* card_technology bits: what it can look for */
    const char *polling;     /* how tags are looked for: "select loop", "by the chip" */
};

/* Functions for drivers. `reader` is the label. */
struct reader_sink {
    void *context;
    void (*appeared)(void *context, const struct reader_info *info);
    void (*health)(void *context, const char *reader, enum reader_health health, const char *reason);
    void (*card_arrived)(void *context, const char *reader, struct card *card);
    void (*card_left)(void *context, const char *reader, const uint8_t *uid, size_t uid_bytes);
    void (*card_failed)(void *context, const char *reader, enum card_error error);
    void (*card_cleared)(void *context, const char *reader); /* NULL if nobody wants to know */
    void (*described)(void *context, const char *reader, const struct reader_device *device); /* NULL, too */
    void (*gone)(void *context, const char *reader);
};

struct reader_options {
    const char *name;        /* pcsc: glob on the reader's name; script: unused */
    const char *path;        /* script: file or FIFO */
    const char *connection;  /* libnfc: a connection string, or "*" for every device that libnfc finds */
    const char *label;       /* "" = the driver's name for the reader. When one entry matches several readers they are
                                LABEL, "LABEL 2", "LABEL 3"..., the lowest number that is free */
    const struct clock *clock;
    unsigned technologies;   /* card_technology bits that the templates ask for */
};

struct reader_source;        /* one entry of `readers`, running; each driver has its own structure behind it */

struct reader_driver {
    const char *name;
    /* NULL and *error (freed by the caller) if the options cannot work at all. options and sink are copied. */
    struct reader_source *(*start)(const struct reader_options *options, const struct reader_sink *sink, char **error);
    void (*wake)(struct reader_source *source);
    bool (*join)(struct reader_source *source, uint64_t limit_ms);
};

/* The driver of that name, or NULL. */
const struct reader_driver *reader_driver_find(const char *name);

/* The names of all drivers of this build, NULL at the end. */
const char *const *reader_driver_names(void);

extern const struct reader_driver reader_driver_pcsc;
extern const struct reader_driver reader_driver_nfc;  /* in the table only if springpark was built with libnfc */
extern const struct reader_driver reader_driver_script;

#endif
