/* SPDX-License-Identifier: MIT */
/*
 * What a person is told when PC/SC does not work, and how often it is tried again. Any thread; no state of its own.
 */
#ifndef SPRINGPARK_READER_PCSC_HEALTH_H
#define SPRINGPARK_READER_PCSC_HEALTH_H

#include "reader/pcsc_library.h"

/* The reason, with the next step, why a reader cannot work. code: of the library. New memory, freed by the caller. */
char *pcsc_reason(enum pcsc_result result, unsigned long code) __attribute__((malloc, returns_nonnull));

/* The reason why a source has no reader at all. glob: the configured name. New memory, freed by the caller. */
char *pcsc_reason_no_match(const char *glob) __attribute__((malloc, returns_nonnull));

/* The same while each reader that matches belongs to an entry before. New memory, freed by the caller. */
char *pcsc_reason_all_taken(const char *glob) __attribute__((malloc, returns_nonnull));

/* The reason why a reader is left out. New memory, freed by the caller. */
char *pcsc_reason_unwatched(void) __attribute__((malloc, returns_nonnull));

/*
 * Whether a refusal is to be believed. pcscd answers "access denied" for a moment while it is dying, so that the
 * first one in a row is passed over in silence. refusals: a counter of the caller, 0 at first, kept by this function.
 * True if `result` should be told.
 */
bool pcsc_result_is_worth_telling(enum pcsc_result result, unsigned *refusals);

#endif
