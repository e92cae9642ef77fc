/* SPDX-License-Identifier: MIT */
/*
 * One conversation with a card: what templates talk through, over struct card's transceive. It bounds the whole read in
 * time, in commands and in bytes, so that a card that answers for ever, or slowly, cannot hold a reader; and it knows
 * the parts of ISO/IEC 7816-4 that every card of that kind needs.
 *
 * Lives on the reader's thread, for the time of one read; owns nothing. A single exchange may take as long as the driver
 * lets it; the bounds are looked at between two of them.
 */
#ifndef SPRINGPARK_CARD_EXCHANGE_H
#define SPRINGPARK_CARD_EXCHANGE_H

#include "base/clock.h"
#include "card/card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest read that a template can ask for is a Mifare Classic's or an NDEF message of some kilobytes. */
enum { EXCHANGE_MAX_COMMANDS = 1024, EXCHANGE_MAX_BYTES = 64 * 1024, EXCHANGE_LIMIT_MS = 5000 };

/* An answer of a short APDU: data without its status bytes. */
enum { EXCHANGE_ANSWER_MAX_BYTES = 256, EXCHANGE_CHAINED_MAX_BYTES = 4096 };

enum {
    SW_SUCCESS = 0x9000,
    SW_END_OF_DATA = 0x6282,
    SW_AUTHENTICATION_FAILED = 0x6300,
    SW_WRONG_LENGTH = 0x6700,
    SW_SECURITY = 0x6982,
    SW_NOT_SUPPORTED = 0x6A81,
    SW_NOT_FOUND = 0x6A82,
};

struct exchange {
    struct card *card;
    const struct clock *clock;
    uint64_t end_ms;          /* monotonic */
    unsigned commands_left;
    size_t bytes_left;        /* of answers */
    unsigned commands_sent;   /* so far */
};

/* Begins a conversation with the bounds above. */
void exchange_begin(struct exchange *exchange, struct card *card, const struct clock *clock);

/*
 * One command as it is, and the whole answer as it is. Returns the number of bytes received, at most capacity_bytes, or a
 * negative card_error; CARD_ERROR_MUTE also when a bound is reached.
 */
int exchange_raw(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                 size_t capacity_bytes);

/*
 * One short command APDU, exactly as given. data: capacity_bytes of memory, *data_bytes becomes what the answer has
 * without status bytes. Returns the status bytes (0x9000...), or a negative card_error: CARD_ERROR_MUTE for an answer
 * that has none or is longer than the capacity.
 */
int exchange_apdu(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t *data,
                  size_t capacity_bytes, size_t *data_bytes);

/*
 * The same, following ISO/IEC 7816-4, 5.3.4 and 5.6: 61 XX is followed by GET RESPONSE until all of the answer is
 * there, 6C XX by the same command once with the right Le. What is longer than the capacity is CARD_ERROR_MUTE.
 */
int exchange_chained(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t *data,
                     size_t capacity_bytes, size_t *data_bytes);

/*
 * FF B0 00 NUMBER COUNT, see card.h: count 1 to 255 bytes. Returns the status bytes or a card_error; a reader that
 * answers 6C XX is asked once more for XX bytes.
 */
int exchange_read_binary(struct exchange *exchange, uint8_t number, uint8_t count, uint8_t *data,
                         size_t capacity_bytes, size_t *data_bytes);

/* struct card's authenticate, counted as one command. */
int exchange_authenticate(struct exchange *exchange, uint8_t block, enum card_key kind,
                          const uint8_t key[CARD_CLASSIC_KEY_BYTES]);

#endif
