/* SPDX-License-Identifier: MIT */
/*
 * An NDEF message, record by record. Format: NFC Forum, NFC Data Exchange Format (NDEF) 1.0, chapter 3.
 *
 * The message is bytes from outside: whatever they are, nothing beyond them is read, and each call goes forward or
 * ends. Any thread; a reader owns nothing, and its records point into the bytes of the message.
 *
 * Chunked records are named and not put together: they are for senders that do not know the length beforehand, which a
 * tag's content always has, and no tag writer makes them.
 */
#ifndef SPRINGPARK_CARD_NDEF_H
#define SPRINGPARK_CARD_NDEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Type Name Format: what the type of a record means (NDEF 1.0, 3.2.6). */
enum ndef_tnf {
    NDEF_EMPTY = 0,
    NDEF_WELL_KNOWN = 1,    /* NFC Forum RTD: "T", "U", "Sp" */
    NDEF_MEDIA = 2,         /* RFC 2046: "text/plain" */
    NDEF_ABSOLUTE_URI = 3,  /* the type is a URI, RFC 3986 */
    NDEF_EXTERNAL = 4,      /* NFC Forum RTD: "example.com:name" */
    NDEF_UNKNOWN = 5,       /* no type; the reserved value 7 counts as this one, as NDEF 1.0 wants it */
};

/* Bytes in new memory, which the caller frees: a message, or what a record says. bytes is NULL for none. */
struct ndef_data {
    uint8_t *bytes;
    size_t size_bytes;
};

struct ndef_record {
    enum ndef_tnf tnf;
    const uint8_t *type;
    size_t type_bytes;      /* 0..255 */
    const uint8_t *id;
    size_t id_bytes;        /* 0..255 */
    const uint8_t *payload;
    size_t payload_bytes;
};

enum ndef_result {
    NDEF_RECORD,     /* here is one */
    NDEF_END,        /* there was the last one, or the message is empty */
    NDEF_CHUNKED,    /* the next record is a piece of one */
    NDEF_MALFORMED,  /* what comes is no record, or the message has no beginning or no end */
};

struct ndef_reader {
    const uint8_t *bytes;
    size_t size_bytes;
    size_t at;
    bool has_ended;
};

/* message may be NULL when message_bytes is 0. It must stay as it is while the reader is used. */
void ndef_begin(struct ndef_reader *reader, const uint8_t *message, size_t message_bytes);

/* *record is set for NDEF_RECORD. After any other result the reader is of no more use. */
enum ndef_result ndef_next(struct ndef_reader *reader, struct ndef_record *record);

/* The whole message at once: NDEF_END if all of it is records, else what is wrong with it. */
enum ndef_result ndef_check(const uint8_t *message, size_t message_bytes);

#endif
