/* SPDX-License-Identifier: MIT */
/*
 * The secure messaging of a Mifare DESFire session: what a command gets before it is sent, and what is taken off the
 * data that comes back, and checked. Pure computation; the session moves on with each command.
 *
 * Each generation of cards has its own:
 *   EV0  plain: nothing. MAC: the data and 4 bytes of DES CBC-MAC. Encrypted: the data, CRC-16 (ISO/IEC 14443-3 type
 *        A), padding; the vector begins with zeros. Commands that read have nothing added.
 *   EV1  plain and MAC: the data and 8 bytes of CMAC over it and the status. Encrypted: the data, CRC-32 over it and
 *        the status, padding. The vector runs on from one message to the next, through the CMAC of each command too,
 *        which is not sent when reading.
 *   EV2  plain: nothing. MAC: commands and data with 8 bytes of CMAC (each second byte of it) over code, counter, TI
 *        and content. Encrypted: the same over enciphered data, padded with 80 00... NXP AN12343, "Secure messaging".
 * The whole data of a command is one message, in however many frames it came.
 */
#ifndef SPRINGPARK_CARD_DESFIRE_MESSAGING_H
#define SPRINGPARK_CARD_DESFIRE_MESSAGING_H

#include "card/desfire_session.h"

#include <stddef.h>
#include <stdint.h>

/* As register AUT has them; 2 is RFU. */
enum desfire_communication { DESFIRE_PLAIN = 0, DESFIRE_MAC = 1, DESFIRE_ENCRYPTED = 3 };

enum { DESFIRE_COMMAND_MAC_BYTES = 8 };

/*
 * A command that has no data of its own, only its code and parameters, before it is sent. command: *command_bytes bytes
 * and DESFIRE_COMMAND_MAC_BYTES of room. Without an authentication nothing is done. Never DESFIRE_BROKEN.
 */
enum desfire_check desfire_protect(struct desfire_session *session, enum desfire_communication communication,
                                   uint8_t *command, size_t *command_bytes) __attribute__((warn_unused_result));

/*
 * All that the card answered to that command, with status 00. data is deciphered in place; *data_bytes becomes what is
 * left of it. known_bytes: how much data is expected, or 0; the padding of EV0 and EV1 alone does not always say where
 * the data ends. It may be another number that comes out. DESFIRE_BROKEN: a MAC, a CRC or a padding is not right, or it
 * is too short for them.
 */
enum desfire_check desfire_open(struct desfire_session *session, enum desfire_communication communication,
                                uint8_t *data, size_t *data_bytes, size_t known_bytes)
    __attribute__((warn_unused_result));

/*
 * Takes CRC and padding off deciphered data, which is what desfire_open does last: for tests and fuzzing. A card pads
 * with zeros, or not at all, if the command said how much it wants; else with 80 00...
 */
enum desfire_check desfire_strip(const struct desfire_session *session, const uint8_t *data, size_t *data_bytes,
                                 size_t known_bytes) __attribute__((warn_unused_result));

#endif
