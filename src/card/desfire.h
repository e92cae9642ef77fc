/* SPDX-License-Identifier: MIT */
/*
 * A Mifare DESFire (EV0 to EV3, and what emulates one) as a reader sees it: choose an application, authenticate, read.
 * Over struct exchange, which bounds it; on the card's reader thread, for the time of one read.
 *
 * Native commands are sent as they are, a code and its parameters, and the answer begins with the status byte; PC/SC
 * readers pass them on as they pass any class, and add no status bytes. In ISO wrapping (ISO/IEC 7816-4) a command has
 * the class 90, and the status is the second of the two bytes 91 XX at the end. Which of both a card gets is a setting;
 * nothing is tried out, for that would cost every other card a command.
 */
#ifndef SPRINGPARK_CARD_DESFIRE_H
#define SPRINGPARK_CARD_DESFIRE_H

#include "card/desfire_messaging.h"
#include "card/exchange.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one read may bring, MAC and padding included. */
enum { DESFIRE_DATA_MAX_BYTES = EXCHANGE_CHAINED_MAX_BYTES, DESFIRE_UID_BYTES = 7, DESFIRE_AID_BYTES = 3 };

/*
 * What a function returns: 0, or DESFIRE_REFUSED: the card answers, and not what was hoped for (no such application or
 * file, wrong key, no permission, no DESFire at all), or a negative card_error. CARD_ERROR_MUTE is also what no card
 * may answer: a MAC, CRC or padding that is wrong, a proof that is none, a frame that is too short. CARD_ERROR_READER
 * is also an OpenSSL that has not the cipher. Debug lines say why.
 */
enum { DESFIRE_REFUSED = 1 };

struct desfire_options {
    bool iso_wrapping;
    bool (*random)(uint8_t *bytes, size_t size_bytes);  /* desfire_random, unless a test knows better */
};

struct desfire {
    struct exchange *exchange;
    struct desfire_options options;
    struct desfire_session session;
};

/* The file that is read, and how. */
struct desfire_file {
    uint8_t command;          /* BD or AD: of a data file; BB or AB: one record */
    uint8_t number;
    uint32_t offset;          /* 24 bits; in bytes, or of a record file the number of the record, 0 the newest */
    uint32_t length_bytes;    /* how much data, 0: up to the end of the file; of a record file how long a record is, 0:
                                 as long as it is */
    enum desfire_communication communication;
};

/* Begins without an authentication. desfire_end wipes the session. */
void desfire_begin(struct desfire *desfire, struct exchange *exchange, const struct desfire_options *options);
void desfire_end(struct desfire *desfire);

/* ISO/IEC 7816-4 SELECT of the DESFire itself by its name D2760000850100: the PICC level. */
int desfire_select_name(struct desfire *desfire);

/* aid: 24 bits, 0: the PICC level. An authentication is over by that. */
int desfire_select_application(struct desfire *desfire, uint32_t aid);

/* Whatever fails leaves the session without an authentication. */
int desfire_authenticate(struct desfire *desfire, enum desfire_authentication authentication, uint8_t key_index,
                         const uint8_t key[DESFIRE_KEY_BYTES]);

/* GetVersion, of which only the UID is kept; zeros if the card hides it (random ID). */
int desfire_get_version(struct desfire *desfire, uint8_t uid[DESFIRE_UID_BYTES]);

/* GetCardUID: the UID of a card that hides it; only after an authentication, and always encrypted. */
int desfire_get_card_uid(struct desfire *desfire, uint8_t uid[DESFIRE_UID_BYTES]);

/* ReadData or ReadRecords. data: DESFIRE_DATA_MAX_BYTES; *data_bytes becomes what was read. */
int desfire_read(struct desfire *desfire, const struct desfire_file *file, uint8_t data[DESFIRE_DATA_MAX_BYTES],
                 size_t *data_bytes);

#endif
