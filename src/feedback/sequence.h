/* SPDX-License-Identifier: MIT */
/*
 * The sequences that a SpringPark plays by number (vendor: PLAY_SEQUENCE, CONTROL INS 90), as data.
 *
 * Numbers and names are the vendor's; 61 is an assumption, for its page ends before it. Colours, lengths and beeps are
 * this project's own: the vendor's pages describe those of a SpringPark in pictures only. Constant data; any thread.
 */
#ifndef SPRINGPARK_FEEDBACK_SEQUENCE_H
#define SPRINGPARK_FEEDBACK_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

enum { SEQUENCE_BLACKOUT = 0x0F };

/* Bits of a step. */
enum { SEQUENCE_RED = 1, SEQUENCE_GREEN = 2, SEQUENCE_BLUE = 4, SEQUENCE_BEEP = 8 };

struct sequence_step {
    uint16_t ms;           /* 0: the end of the steps */
    uint8_t parts;         /* which are on; the LEDs of the ramp are lit with any colour */
};

struct sequence {
    uint8_t number;
    const char *name;      /* "access granted" */
    const struct sequence_step *steps;  /* NULL: nothing is lit */
    unsigned times;        /* 0: until something else is played */
};

/* The sequence with that number, or NULL. */
const struct sequence *sequence_find(uint8_t number);

/* Its name, or "no known name". */
const char *sequence_name(uint8_t number);

#endif
