/* SPDX-License-Identifier: MIT */
/*
 * What the hub's thread does with the readers of its sources: who takes which, and who is told of which look.
 * `sources` is the hub's list; those that are not taken yet only count when it is decided whose a reader is. The hub's
 * thread only.
 */
#ifndef SPRINGPARK_READER_PCSC_READERS_H
#define SPRINGPARK_READER_PCSC_READERS_H

#include "reader/pcsc_source.h"

/*
 * Starts a thread for each new reader of the list that is the source's, tells those to end whose reader left it, and
 * takes back those that have ended. Sets *changed if there was one of them, *some_leaving if one is still on its way.
 */
void pcsc_readers_follow(const struct reader_source *sources, struct reader_source *source, char *const *names,
                         bool *changed, bool *some_leaving);

/* The next look at each reader counts as new: the connection to pcscd is. */
void pcsc_readers_forget_looks(struct reader_source *sources);

/* Fills in the readers whose threads want to know of changes, each once. */
void pcsc_readers_prepare(struct reader_source *sources, struct pcsc_watch *watch);

/* Hands over what was seen to everyone to whom it is new; true if the list of readers has to be looked at. */
bool pcsc_readers_hand_over(struct reader_source *sources, const struct pcsc_watch *watch);

/* The connection to pcscd was lost. */
void pcsc_readers_tell_lost(struct reader_source *sources, enum pcsc_result result);

#endif
