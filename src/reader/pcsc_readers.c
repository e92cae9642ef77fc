/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_readers.h"

#include "base/log.h"
#include "base/memory.h"
#include "reader/labels.h"

#include <stdlib.h>
#include <string.h>

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

static bool is_yielded(const struct reader_source *source, const char *name)
{
    for (size_t i = 0; i < source->yielded_count; i++) {
        if (strcmp(source->yielded[i], name) == 0)
            return true;
    }
    return false;
}

/*
 * Whether an entry of the same configuration that comes before has the reader. Once it was so it stays so: when a
 * configuration ends, its sources stop one after the other, and no reader may change hands meanwhile.
 */
static bool yields(const struct reader_source *sources, struct reader_source *source, const char *name)
{
    if (is_yielded(source, name))
        return true;
    for (const struct reader_source *other = sources; other != source; other = other->next) {
        if (other->sink.context != source->sink.context || !reader_name_matches(other->glob, name))
            continue;
        log_notice("pcsc", "reader %s matches \"%s\" and \"%s\" of the setting readers: the first of them has it; "
                   "next: make the second name narrower, or leave that entry out", name, other->glob, source->glob);
        source->yielded = memory_resize(source->yielded, source->yielded_count + 1, sizeof *source->yielded);
        source->yielded[source->yielded_count++] = text_copy(name);
        return true;
    }
    return false;
}

/* Starts a thread for each new reader of the list that is the source's; true if there was one. */
static bool add_new(const struct reader_source *sources, struct reader_source *source, char *const *names)
{
    bool added = false;

    for (; *names != NULL; names++) {
        if (!reader_name_matches(source->glob, *names) || is_known(source, *names) || yields(sources, source, *names))
            continue;
        pcsc_source_hide_none(source);
        char *label = reader_label_choose(source->label, *names, label_taken, source);
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

static bool some_yielded_listed(const struct reader_source *source, char *const *names)
{
    for (; *names != NULL; names++) {
        if (is_yielded(source, *names))
            return true;
    }
    return false;
}

void pcsc_readers_follow(const struct reader_source *sources, struct reader_source *source, char *const *names,
                         bool *changed, bool *some_leaving)
{
    *changed = dismiss_gone(source, names) || *changed;
    *some_leaving = reap(source) || *some_leaving;
    *changed = add_new(sources, source, names) || *changed;
    if (source->readers != NULL)
        return;
    pcsc_source_show_none(source);
    reader_teller_ill(&source->none, some_yielded_listed(source, names) ? pcsc_reason_all_taken(source->glob)
                                                                      : pcsc_reason_no_match(source->glob));
}

void pcsc_readers_forget_looks(struct reader_source *sources)
{
    for (struct reader_source *source = sources; source != NULL; source = source->next) {
        for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
            reader->seen = (struct pcsc_look) {0};
            reader->unwatched = false;
        }
    }
}

/* The place of this reader in the watch, a new one if need be, or NULL if all are taken. */
static struct pcsc_watched *find_watched(struct pcsc_watch *watch, const struct pcsc_reader *reader)
{
    for (size_t i = 0; i < watch->readers_count; i++) {
        if (strcmp(watch->readers[i].reader, reader->name) == 0)
            return &watch->readers[i];
    }
    if (watch->readers_count == PCSC_WATCHED_MAX)
        return NULL;
    struct pcsc_watched *watched = &watch->readers[watch->readers_count++];
    *watched = (struct pcsc_watched) {.reader = reader->name, .look = reader->seen};
    return watched;
}

void pcsc_readers_prepare(struct reader_source *sources, struct pcsc_watch *watch)
{
    watch->readers_count = 0;
    for (struct reader_source *source = sources; source != NULL; source = source->next) {
        for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
            if (atomic_exchange(&reader->look_again, false))
                reader->seen = (struct pcsc_look) {0};
            if (atomic_load(&reader->leave))
                continue;
            struct pcsc_watched *watched = find_watched(watch, reader);
            if (watched == NULL && !reader->unwatched)
                pcsc_reader_tell_unwatched(reader);
            reader->unwatched = watched == NULL;
            /* Who has seen nothing yet makes the answer come at once; the others are not told what they know. */
            if (watched != NULL && reader->seen.raw != watched->look.raw)
                watched->look = (struct pcsc_look) {0};
        }
    }
}

/* True if the list of readers has to be looked at. */
static bool hand_to(struct pcsc_reader *reader, const struct pcsc_look *look)
{
    if (atomic_load(&reader->leave) || (reader->seen.raw != 0 && reader->seen.raw == look->raw))
        return false;
    pcsc_reader_tell_look(reader, look);
    reader->seen = *look;
    if (look->unknown)
        reader->seen = (struct pcsc_look) {0};
    return look->unknown;
}

bool pcsc_readers_hand_over(struct reader_source *sources, const struct pcsc_watch *watch)
{
    bool list_is_due = watch->list_changed;

    for (size_t i = 0; i < watch->readers_count; i++) {
        const struct pcsc_watched *watched = &watch->readers[i];
        if (!watched->changed)
            continue;
        for (struct reader_source *source = sources; source != NULL; source = source->next) {
            for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next) {
                if (strcmp(reader->name, watched->reader) == 0)
                    list_is_due = hand_to(reader, &watched->look) || list_is_due;
            }
        }
    }
    return list_is_due;
}

void pcsc_readers_tell_lost(struct reader_source *sources, enum pcsc_result result)
{
    for (struct reader_source *source = sources; source != NULL; source = source->next) {
        for (struct pcsc_reader *reader = source->readers; reader != NULL; reader = reader->next)
            pcsc_reader_tell_lost(reader, result);
    }
}
