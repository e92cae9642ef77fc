/* SPDX-License-Identifier: MIT */
/*
 * The language of the scripted reader: one command a line, `#` starts a comment, blank lines are fine.
 *
 *     insert PROTOCOL UID [ats=HEX]   a tag comes: PROTOCOL as in events (NFC-A, NFC-V...), UID 1 to 32 bytes in hex
 *     remove [UID]                    that tag leaves; without UID all of them do
 *     wait 250ms | wait 2s            nothing happens for so long
 *     repeat [N]                      start over with no tag, for ever, or until the script has been played N times;
 *                                     only as the last command of a file, and not in a FIFO
 *     fail mute|gone                  a card that does not answer, or leaves, before its identifier is known
 *     ill TEXT                        the reader stops working, TEXT is the reason; its tags are gone
 *     well                            it works again
 *
 * Messages never quote what a line says, because that may be a tag's identifier. Any thread; no state.
 */
#ifndef SPRINGPARK_READER_SCRIPT_PARSE_H
#define SPRINGPARK_READER_SCRIPT_PARSE_H

#include "base/errors.h"
#include "card/card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters of a line, without its end. */
enum { SCRIPT_LINE_MAX = 1024 };

enum script_verb {
    SCRIPT_NOTHING, /* blank, or a comment */
    SCRIPT_INSERT,
    SCRIPT_REMOVE,
    SCRIPT_WAIT,
    SCRIPT_REPEAT,
    SCRIPT_FAIL,
    SCRIPT_ILL,
    SCRIPT_WELL,
};

struct script_step {
    enum script_verb verb;
    unsigned line;                    /* 1 = the first */
    enum card_technology technology;  /* insert */
    uint8_t uid[CARD_UID_MAX_BYTES];  /* insert, remove */
    size_t uid_bytes;                 /* remove: 0 = all tags */
    uint8_t ats[CARD_ATS_MAX_BYTES];  /* insert */
    size_t ats_bytes;
    uint64_t wait_ms;                 /* wait, at least 1 */
    unsigned times;                   /* repeat: how often the script is played in all; 0 = for ever */
    enum card_error error;            /* fail */
    char *text;                       /* ill: the reason; freed by script_step_release */
};

/*
 * One line of line_bytes bytes without its end. False and *error (freed by the caller) if it is no command; the step
 * then owns nothing.
 */
bool script_parse_line(const char *line, size_t line_bytes, struct script_step *step, char **error);
void script_step_release(struct script_step *step);

struct script {
    struct script_step *steps;        /* without SCRIPT_NOTHING */
    size_t steps_count;
};

/*
 * A whole file. name: what messages call it, "NAME:LINE: ...". Everything that is wrong is added to errors; NULL then.
 * The script is the caller's.
 */
struct script *script_parse(const char *text, size_t text_bytes, const char *name, struct errors *errors);
void script_free(struct script *script);

#endif
