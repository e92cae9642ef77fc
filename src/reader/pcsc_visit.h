/* SPDX-License-Identifier: MIT */
/*
 * One stay of one card on a PC/SC reader, and whether what pcscd says now is still about it. Any thread; no state.
 *
 * pcscd counts arrivals and departures, and tells the count with the state of the reader. It changes the two one after
 * the other, without a lock (seen in 1.9.9): first the card is there, a moment later it is counted. Who looks in that
 * moment sees the new card with the old count, and then the same card with the next one.
 */
#ifndef SPRINGPARK_READER_PCSC_VISIT_H
#define SPRINGPARK_READER_PCSC_VISIT_H

#include "reader/pcsc_library.h"

struct pcsc_visit {
    bool handled;              /* arrived, failed, or of no interest */
    bool announced;            /* card_arrived was called, card_left is due */
    bool failed;               /* card_failed was called, card_cleared is due */
    bool mute;                 /* it failed because it did not answer its power-up */
    bool busy;                 /* it failed because another program held it... */
    bool exclusive;            /* ...and was seen to hold it */
    bool second;               /* the same card was found busy before */
    bool counted_late;         /* counter has gone up by one since the first look, as it may once */
    uint16_t counter;          /* pcscd's count of arrivals and departures */
    uint8_t uid[CARD_UID_MAX_BYTES];
    size_t uid_bytes;
};

/*
 * Whether a look at a reader with a card on it is about this stay's card, by the count: it is the same, or, once, one
 * more. Any change of cards makes it two more at least; of a swap that is seen in the moment between card and count, the
 * next look, a moment later, tells.
 */
bool pcsc_visit_is_counted(const struct pcsc_visit *visit, const struct pcsc_look *look);

/* The same, and takes the new count over. */
bool pcsc_visit_follow(struct pcsc_visit *visit, const struct pcsc_look *look);

#endif
