/* SPDX-License-Identifier: MIT */
/*
 * The watcher of PC/SC readers: one thread for all sources of the process.
 *
 * The exception to "no global state": pcsc_hub.c keeps one pointer to the running hub, under one mutex. Its reason is
 * libpcsclite's own global state: it keeps what it knows of the readers in one array of the process, without a lock, so
 * that two threads that look at the same time lose events (pcsc_session_wait). Whoever starts a source cannot know of
 * the others (a reload starts new ones beside the old ones), so they have to find each other here.
 *
 * The first source that enters starts the hub. Its thread asks pcscd for the list of readers, starts and dismisses the
 * reader threads of each source, waits for all readers at once, and hands over what it saw. When the last source leaves
 * it ends; the release of the last one joins it and frees it.
 *
 * A reader that several entries of one configuration match belongs to the first of them; the others say so once in the
 * log and leave it alone from then on. Sources with the same sink context are one configuration. Sources of different
 * ones, as they run side by side during a reload, may have the same reader: each gets its own looks at it.
 *
 * A hub on which a join ran out of time is silent until it is seen again. A source that is started meanwhile gets a
 * fresh hub; the silent one is left behind, and ends by itself if it ever comes back and its sources have left.
 */
#ifndef SPRINGPARK_READER_PCSC_HUB_H
#define SPRINGPARK_READER_PCSC_HUB_H

#include "reader/pcsc_source.h"

/*
 * Gives the source to the hub, which counts as one of source->running until it lets it go; sets source->hub. Does not
 * block. The order of the calls is the order of the entries. False: no thread can be started, nothing has happened.
 */
bool pcsc_hub_enter(struct reader_source *source);

/* source->stop was set: makes the hub let the source go. Does not block. */
void pcsc_hub_leave(struct reader_source *source);

/* The source did not end in time: unless the hub has let it go, the hub is silent. */
void pcsc_hub_give_up(struct reader_source *source);

/* The source has ended, every thread of it: waits for the short-lived ones, and ends the hub with its last source. */
void pcsc_hub_release(struct reader_source *source);

/*
 * Makes the hub's thread look at everything anew. Blocks until it does, or at least is about to; without limit if pcscd
 * hangs. Any thread that source->running counts.
 */
void pcsc_hub_nudge(struct pcsc_hub *hub);

#endif
