/* SPDX-License-Identifier: MIT */
#include "feedback/sequence.h"

#include <stddef.h>

enum {
    RED = SEQUENCE_RED,
    GREEN = SEQUENCE_GREEN,
    BLUE = SEQUENCE_BLUE,
    YELLOW = SEQUENCE_RED | SEQUENCE_GREEN,
    WHITE = SEQUENCE_RED | SEQUENCE_GREEN | SEQUENCE_BLUE,
    BEEP = SEQUENCE_BEEP,
};

/* One that is meant for the ears, too, begins with its beep. */
static const struct sequence_step fault[] = {{500, RED}, {500, 0}, {0, 0}};
static const struct sequence_step cancel[] = {{200, RED | BEEP}, {200, RED}, {0, 0}};
static const struct sequence_step startup[] = {{200, RED}, {200, GREEN}, {200, BLUE}, {0, 0}};
static const struct sequence_step shutdown[] = {{200, BLUE}, {200, GREEN}, {200, RED}, {0, 0}};
static const struct sequence_step please_wait[] = {{100, YELLOW | BEEP}, {400, YELLOW}, {500, 0}, {0, 0}};
static const struct sequence_step blue_seldom[] = {{100, BLUE}, {900, 0}, {0, 0}};
static const struct sequence_step blue_busy[] = {{100, BLUE}, {100, 0}, {0, 0}};
static const struct sequence_step done[] = {{200, GREEN | BEEP}, {800, GREEN}, {0, 0}};
static const struct sequence_step cleared[] = {{200, YELLOW}, {200, 0}, {0, 0}};
static const struct sequence_step self_test[] = {{500, RED}, {500, GREEN}, {500, BLUE}, {200, WHITE | BEEP}, {0, 0}};
static const struct sequence_step wink[] = {{100, WHITE}, {100, 0}, {0, 0}};
static const struct sequence_step blue_short[] = {{200, BLUE}, {200, 0}, {0, 0}};
static const struct sequence_step yellow_seldom[] = {{100, YELLOW}, {900, 0}, {0, 0}};
static const struct sequence_step blue[] = {{1000, BLUE}, {0, 0}};
static const struct sequence_step green[] = {{1000, GREEN}, {0, 0}};
static const struct sequence_step read_success[] = {{150, GREEN | BEEP}, {350, GREEN}, {0, 0}};
static const struct sequence_step read_failed[] = {{400, RED | BEEP}, {200, 0}, {0, 0}};
static const struct sequence_step read_again[] = {{100, YELLOW | BEEP}, {100, 0}, {0, 0}};
static const struct sequence_step tag_insert[] = {{100, GREEN | BEEP}, {100, GREEN}, {0, 0}};
static const struct sequence_step tag_error[] = {{200, RED | BEEP}, {100, 0}, {0, 0}};
static const struct sequence_step granted[] = {{300, GREEN | BEEP}, {2700, GREEN}, {0, 0}};
static const struct sequence_step denied[] = {{150, RED | BEEP}, {100, RED}, {150, RED | BEEP}, {1600, RED}, {0, 0}};

static const struct sequence sequences[] = {
    {0x01, "no mother board", fault, 3},
    {0x02, "no battery", fault, 3},
    {0x03, "hardware error", fault, 3},
    {0x04, "not genuine", fault, 3},
    {0x05, "cancel", cancel, 1},
    {0x06, "startup", startup, 1},
    {0x07, "shutdown", shutdown, 1},
    {0x08, "please wait", please_wait, 2},
    {0x09, "bootloader waiting", blue_seldom, 0},
    {0x0A, "firmware upgrading", blue_busy, 0},
    {0x0B, "firmware upgraded", done, 1},
    {0x0C, "config cleared", cleared, 3},
    {0x0D, "self-test", self_test, 1},
    {0x0E, "wink", wink, 5},
    {SEQUENCE_BLACKOUT, "blackout", NULL, 1},
    {0x10, "started, idle", blue_short, 1},
    {0x11, "started, active", blue_short, 2},
    {0x13, "suspended", yellow_seldom, 0},
    {0x20, "reader inactive", NULL, 1},
    {0x21, "reader active", blue, 0},
    {0x22, "reading", blue_busy, 10},
    {0x23, "read success", read_success, 1},
    {0x24, "read failed", read_failed, 2},
    {0x25, "read again", read_again, 3},
    {0x28, "tag insert", tag_insert, 1},
    {0x29, "tag present", green, 0},
    {0x2A, "tag active", blue, 0},
    {0x2B, "tag error", tag_error, 2},
    {0x2C, "tag counterfeit", tag_error, 4},
    {0x2E, "listener idle", blue_seldom, 0},
    {0x2F, "listener active", blue, 0},
    {0x60, "access granted", granted, 1},
    {0x61, "access denied", denied, 1},
};

const struct sequence *sequence_find(uint8_t number)
{
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        if (sequences[i].number == number)
            return &sequences[i];
    }
    return NULL;
}

const char *sequence_name(uint8_t number)
{
    const struct sequence *sequence = sequence_find(number);

    return sequence != NULL ? sequence->name : "no known name";
}
