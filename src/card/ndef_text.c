/* SPDX-License-Identifier: MIT */
#include "card/ndef_text.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The status byte of a Text record (RTD Text 1.0, 3.2.1). */
enum { TEXT_UTF16 = 0x80, TEXT_LANGUAGE_MASK = 0x3F };
enum { MARK = 0xFEFF, MARK_TURNED = 0xFFFE, UTF8_MARK_BYTES = 3 };
/* A UTF-16 unit of 2 bytes becomes 3 bytes of UTF-8 at most, a pair of them 4. */
enum { UNIT_BYTES = 2, UTF8_OF_UNIT_MAX_BYTES = 3 };
enum { HIGH_SURROGATE = 0xD800, LOW_SURROGATE = 0xDC00, SURROGATE_MASK = 0xFC00, SUPPLEMENTARY = 0x10000 };

/* RTD URI 1.0, table 3, from identifier code 0 on. */
static const char *const uri_prefixes[] = {
    "", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:", "ftp://anonymous:anonymous@",
    "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://", "ftp://", "dav://", "news:", "telnet://", "imap:",
    "rtsp://", "urn:", "pop:", "sip:", "sips:", "tftp:", "btspp://", "btl2cap://", "btgoep://", "tcpobex://",
    "irdaobex://", "file://", "urn:epc:id:", "urn:epc:tag:", "urn:epc:pat:", "urn:epc:raw:", "urn:epc:", "urn:nfc:",
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t) (byte - 'A' + 'a') : byte;
}

static bool same(const uint8_t *one, const uint8_t *other, size_t count, bool with_case)
{
    for (size_t i = 0; i < count; i++) {
        if (with_case ? one[i] != other[i] : lower(one[i]) != lower(other[i]))
            return false;
    }
    return true;
}

static bool is_well_known(const struct ndef_record *record, char type)
{
    return record->tnf == NDEF_WELL_KNOWN && record->type_bytes == 1 && record->type[0] == (uint8_t) type;
}

/* Up to the first parameter, and the blanks before it. */
static size_t media_bytes(const struct ndef_record *record)
{
    size_t count = 0;

    while (count < record->type_bytes && record->type[count] != ';')
        count++;
    while (count > 0 && record->type[count - 1] == ' ')
        count--;
    return count;
}

bool ndef_has_type(const struct ndef_record *record, const uint8_t *type, size_t type_bytes)
{
    bool with_case = record->tnf != NDEF_MEDIA && record->tnf != NDEF_EXTERNAL;
    size_t count = record->type_bytes;

    if (record->tnf == NDEF_MEDIA && (type_bytes == 0 || memchr(type, ';', type_bytes) == NULL))
        count = media_bytes(record);
    return count == type_bytes && same(record->type, type, count, with_case);
}

bool ndef_is_text(const struct ndef_record *record)
{
    static const uint8_t plain[] = { 't', 'e', 'x', 't', '/', 'p', 'l', 'a', 'i', 'n' };

    return is_well_known(record, 'T') || (record->tnf == NDEF_MEDIA && ndef_has_type(record, plain, sizeof plain));
}

bool ndef_is_uri(const struct ndef_record *record)
{
    return is_well_known(record, 'U') || record->tnf == NDEF_ABSOLUTE_URI;
}

bool ndef_is_external(const struct ndef_record *record, const char *begin)
{
    size_t count = strlen(begin);

    return record->tnf == NDEF_EXTERNAL && record->type_bytes >= count &&
           same(record->type, (const uint8_t *) begin, count, false);
}

static size_t put_utf8(uint8_t *to, uint32_t character)
{
    if (character < 0x80) {
        to[0] = (uint8_t) character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (uint8_t) (0xC0 | character >> 6);
        to[1] = (uint8_t) (0x80 | (character & 0x3F));
        return 2;
    }
    if (character < SUPPLEMENTARY) {
        to[0] = (uint8_t) (0xE0 | character >> 12);
        to[1] = (uint8_t) (0x80 | (character >> 6 & 0x3F));
        to[2] = (uint8_t) (0x80 | (character & 0x3F));
        return 3;
    }
    to[0] = (uint8_t) (0xF0 | character >> 18);
    to[1] = (uint8_t) (0x80 | (character >> 12 & 0x3F));
    to[2] = (uint8_t) (0x80 | (character >> 6 & 0x3F));
    to[3] = (uint8_t) (0x80 | (character & 0x3F));
    return 4;
}

struct utf16 {
    const uint8_t *bytes;
    size_t units_count;
    size_t at;              /* in units */
    bool is_turned;         /* low byte first */
};

static uint32_t take_unit(struct utf16 *text)
{
    const uint8_t *unit = text->bytes + text->at++ * UNIT_BYTES;

    return text->is_turned ? (uint32_t) (unit[1] << 8 | unit[0]) : (uint32_t) (unit[0] << 8 | unit[1]);
}

/* False if it is half of a pair. */
static bool take_character(struct utf16 *text, uint32_t *character)
{
    *character = take_unit(text);
    if ((*character & SURROGATE_MASK) == LOW_SURROGATE)
        return false;
    if ((*character & SURROGATE_MASK) != HIGH_SURROGATE)
        return true;
    if (text->at == text->units_count)
        return false;
    uint32_t low = take_unit(text);
    if ((low & SURROGATE_MASK) != LOW_SURROGATE)
        return false;
    *character = SUPPLEMENTARY + ((*character - HIGH_SURROGATE) << 10) + (low - LOW_SURROGATE);
    return true;
}

static void skip_mark(struct utf16 *text)
{
    if (text->units_count == 0)
        return;
    uint32_t first = take_unit(text);
    text->is_turned = first == MARK_TURNED;
    if (first != MARK && first != MARK_TURNED)
        text->at = 0;
}

static bool from_utf16(const uint8_t *bytes, size_t size_bytes, struct ndef_data *data)
{
    struct utf16 text = { .bytes = bytes, .units_count = size_bytes / UNIT_BYTES };

    if (size_bytes % UNIT_BYTES != 0)
        return false;
    skip_mark(&text);
    data->bytes = memory_zeroed(text.units_count + 1, UTF8_OF_UNIT_MAX_BYTES);
    while (text.at < text.units_count) {
        uint32_t character;
        if (!take_character(&text, &character)) {
            free(data->bytes);
            *data = (struct ndef_data) { 0 };
            return false;
        }
        data->size_bytes += put_utf8(data->bytes + data->size_bytes, character);
    }
    return true;
}

static void put_bytes(struct ndef_data *data, const char *begin, const uint8_t *bytes, size_t size_bytes)
{
    size_t begin_bytes = strlen(begin);

    data->size_bytes = begin_bytes + size_bytes;
    data->bytes = memory_zeroed(data->size_bytes + 1, 1);
    memcpy(data->bytes, begin, begin_bytes);
    if (size_bytes > 0)
        memcpy(data->bytes + begin_bytes, bytes, size_bytes);
}

static bool text_of(const struct ndef_record *record, struct ndef_data *data)
{
    static const uint8_t mark[UTF8_MARK_BYTES] = { 0xEF, 0xBB, 0xBF };

    if (record->payload_bytes == 0)
        return false;
    size_t skipped_bytes = 1U + (record->payload[0] & TEXT_LANGUAGE_MASK);
    if (skipped_bytes > record->payload_bytes)
        return false;
    const uint8_t *text = record->payload + skipped_bytes;
    size_t text_bytes = record->payload_bytes - skipped_bytes;
    if ((record->payload[0] & TEXT_UTF16) != 0)
        return from_utf16(text, text_bytes, data);
    if (text_bytes >= sizeof mark && memcmp(text, mark, sizeof mark) == 0) {
        text += sizeof mark;
        text_bytes -= sizeof mark;
    }
    put_bytes(data, "", text, text_bytes);
    return true;
}

static bool uri_of(const struct ndef_record *record, struct ndef_data *data)
{
    if (record->payload_bytes == 0)
        return false;
    uint8_t code = record->payload[0];
    bool is_known = code < sizeof uri_prefixes / sizeof *uri_prefixes;
    put_bytes(data, is_known ? uri_prefixes[code] : "", record->payload + 1, record->payload_bytes - 1);
    return true;
}

bool ndef_data_of(const struct ndef_record *record, struct ndef_data *data)
{
    *data = (struct ndef_data) { 0 };
    if (is_well_known(record, 'T'))
        return text_of(record, data);
    if (is_well_known(record, 'U'))
        return uri_of(record, data);
    if (record->tnf == NDEF_ABSOLUTE_URI)
        put_bytes(data, "", record->type, record->type_bytes);
    else
        put_bytes(data, "", record->payload, record->payload_bytes);
    return true;
}
