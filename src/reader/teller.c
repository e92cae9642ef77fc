/* SPDX-License-Identifier: MIT */
#include "reader/teller.h"

#include "base/log.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void reader_teller_release(struct reader_teller *teller)
{
    activity_free(teller->activity);
    free(teller->label);
    free(teller->reason);
}

bool reader_teller_may_speak(const struct reader_teller *teller)
{
    return !atomic_load(teller->abandoned);
}

void reader_teller_appeared(struct reader_teller *teller, const char *name)
{
    const struct reader_info info = {
        .driver = teller->driver, .name = name, .label = teller->label, .activity = teller->activity,
    };

    teller->shown = true;
    teller->health = READER_STARTING;
    text_replace(&teller->reason, NULL);
    if (reader_teller_may_speak(teller))
        teller->sink->appeared(teller->sink->context, &info);
}

void reader_teller_gone(struct reader_teller *teller)
{
    teller->shown = false;
    if (reader_teller_may_speak(teller))
        teller->sink->gone(teller->sink->context, teller->label);
}

static void tell_health(const struct reader_teller *teller)
{
    if (reader_teller_may_speak(teller))
        teller->sink->health(teller->sink->context, teller->label, teller->health, teller->reason);
}

void reader_teller_works(struct reader_teller *teller)
{
    if (!teller->shown || teller->health == READER_WORKS)
        return;
    if (teller->health == READER_ILL)
        log_notice(teller->driver, "reader %s works again", teller->label);
    teller->health = READER_WORKS;
    text_replace(&teller->reason, NULL);
    tell_health(teller);
}

void reader_teller_ill(struct reader_teller *teller, char *reason)
{
    if (!teller->shown || (teller->health == READER_ILL && strcmp(teller->reason, reason) == 0)) {
        free(reason);
        return;
    }
    teller->health = READER_ILL;
    free(teller->reason);
    teller->reason = reason;
    log_warning(teller->driver, "reader %s does not work: %s (it is tried again until it does)", teller->label, reason);
    tell_health(teller);
}
