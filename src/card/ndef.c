/* SPDX-License-Identifier: MIT */
#include "card/ndef.h"

/* The first byte of a record (NDEF 1.0, 3.2). */
enum { MESSAGE_BEGIN = 0x80, MESSAGE_END = 0x40, CHUNK = 0x20, SHORT_RECORD = 0x10, HAS_ID = 0x08, TNF_MASK = 0x07 };
enum { TNF_UNCHANGED = 6, TNF_RESERVED = 7 };
enum { LONG_LENGTH_BYTES = 4 };

void ndef_begin(struct ndef_reader *reader, const uint8_t *message, size_t message_bytes)
{
    *reader = (struct ndef_reader) { .bytes = message, .size_bytes = message_bytes };
}

/* A number of count bytes, most significant first; false if the message ends before. */
static bool take_number(struct ndef_reader *reader, size_t count, size_t *number)
{
    if (reader->size_bytes - reader->at < count)
        return false;
    *number = 0;
    for (size_t i = 0; i < count; i++)
        *number = *number << 8 | reader->bytes[reader->at++];
    return true;
}

static bool take_bytes(struct ndef_reader *reader, size_t count, const uint8_t **bytes)
{
    if (reader->size_bytes - reader->at < count)
        return false;
    *bytes = reader->bytes + reader->at;
    reader->at += count;
    return true;
}

static bool take_record(struct ndef_reader *reader, uint8_t header, struct ndef_record *record)
{
    return take_number(reader, 1, &record->type_bytes) &&
           take_number(reader, (header & SHORT_RECORD) != 0 ? 1 : LONG_LENGTH_BYTES, &record->payload_bytes) &&
           ((header & HAS_ID) == 0 || take_number(reader, 1, &record->id_bytes)) &&
           take_bytes(reader, record->type_bytes, &record->type) &&
           take_bytes(reader, record->id_bytes, &record->id) &&
           take_bytes(reader, record->payload_bytes, &record->payload);
}

/* NDEF 1.0, 3.2.6: an empty record has nothing at all, one of unknown type has no type. */
static bool has_fitting_lengths(const struct ndef_record *record, uint8_t tnf)
{
    if (tnf == NDEF_EMPTY)
        return record->type_bytes == 0 && record->id_bytes == 0 && record->payload_bytes == 0;
    return tnf != NDEF_UNKNOWN || record->type_bytes == 0;
}

enum ndef_result ndef_next(struct ndef_reader *reader, struct ndef_record *record)
{
    bool is_first = reader->at == 0;

    if (reader->at == reader->size_bytes)
        return is_first || reader->has_ended ? NDEF_END : NDEF_MALFORMED;
    uint8_t header = reader->bytes[reader->at++];
    uint8_t tnf = header & TNF_MASK;
    if (reader->has_ended || ((header & MESSAGE_BEGIN) != 0) != is_first)
        return NDEF_MALFORMED;
    if ((header & CHUNK) != 0 || tnf == TNF_UNCHANGED)
        return NDEF_CHUNKED;
    *record = (struct ndef_record) { .tnf = tnf == TNF_RESERVED ? NDEF_UNKNOWN : (enum ndef_tnf) tnf };
    if (!take_record(reader, header, record) || !has_fitting_lengths(record, tnf))
        return NDEF_MALFORMED;
    reader->has_ended = (header & MESSAGE_END) != 0;
    return NDEF_RECORD;
}

enum ndef_result ndef_check(const uint8_t *message, size_t message_bytes)
{
    struct ndef_reader reader;
    struct ndef_record record;
    enum ndef_result result;

    ndef_begin(&reader, message, message_bytes);
    do {
        result = ndef_next(&reader, &record);
    } while (result == NDEF_RECORD);
    return result;
}
