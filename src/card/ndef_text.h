/* SPDX-License-Identifier: MIT */
/*
 * What the records of an NDEF message say, where it is text: the NFC Forum's record type definitions (RTD) Text 1.0 and
 * URI 1.0. Any thread; no state.
 */
#ifndef SPRINGPARK_CARD_NDEF_TEXT_H
#define SPRINGPARK_CARD_NDEF_TEXT_H

#include "card/ndef.h"

/* The well-known type "T", and the media type text/plain, whatever parameters follow it. */
bool ndef_is_text(const struct ndef_record *record);

/* The well-known type "U", and any absolute URI. */
bool ndef_is_uri(const struct ndef_record *record);

/*
 * Whether the record has that type: type_bytes bytes as a person would write it, without a namespace before it.
 * Well-known types and URIs are compared as they are, media types and external types without regard to case (RFC 2045,
 * 5.1; RTD 1.0, 3.4). Parameters of a media type count only if the wanted type has some.
 */
bool ndef_has_type(const struct ndef_record *record, const uint8_t *type, size_t type_bytes);

/* Whether an external record's type begins with that, without regard to case. */
bool ndef_is_external(const struct ndef_record *record, const char *begin);

/*
 * What a record has to say:
 *   well-known T      the text in UTF-8, without its status byte, language and byte order mark. UTF-16 without a mark
 *                     has the high byte first. What is said to be UTF-8 is given as it is.
 *   well-known U      the whole URI; one of the 36 prefixes stands in its place, any other number stands for none
 *   absolute URI      the type: that is where the URI is
 *   all others        the payload
 * False if it is a Text or URI that cannot be read: no status byte, a language that is longer than the payload, UTF-16
 * with half a character.
 */
bool ndef_data_of(const struct ndef_record *record, struct ndef_data *data);

#endif
