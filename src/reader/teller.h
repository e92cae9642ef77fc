/* SPDX-License-Identifier: MIT */
/*
 * What a driver tells of one reader: the sink, and one log line for each change of its health. One thread at a time,
 * but for reader_teller_may_speak.
 */
#ifndef SPRINGPARK_READER_TELLER_H
#define SPRINGPARK_READER_TELLER_H

#include "reader/reader.h"

#include <stdatomic.h>
#include <stdbool.h>

struct reader_teller {
    const struct reader_sink *sink;
    const atomic_bool *abandoned;  /* once it is true nothing is told any more: the sink may be gone */
    const char *driver;            /* a constant text */
    char *label;                   /* the teller's own, as the reason */
    struct activity *activity;     /* the teller's own */
    bool shown;                    /* between appeared and gone; otherwise no health is told */
    enum reader_health health;
    char *reason;                  /* while READER_ILL */
};

/* Frees what the teller holds, not the teller. */
void reader_teller_release(struct reader_teller *teller);

bool reader_teller_may_speak(const struct reader_teller *teller);
void reader_teller_appeared(struct reader_teller *teller, const char *name);
void reader_teller_gone(struct reader_teller *teller);
void reader_teller_works(struct reader_teller *teller);

/* Takes reason; what is told already is not told again. */
void reader_teller_ill(struct reader_teller *teller, char *reason);

#endif
