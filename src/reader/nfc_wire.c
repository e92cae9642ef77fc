/* SPDX-License-Identifier: MIT */
/*
 * Every field is written in every message, numbers with the high byte first, so that each message has one encoding:
 *
 *   request   verb 1, connection, technologies 4, polls 1, timeout 4, bytes
 *   answer    result 1, text, name, connection, technologies 4, poll_technologies 4,
 *             tag: technology 4, uid, ats, protocol_bytes; bytes, count of devices 1, devices
 *
 * Texts and bytes have their count in two bytes before them. Texts are printable ASCII: they end in log lines and JSON.
 */
#include "reader/nfc_wire.h"

#include <stdio.h>
#include <string.h>

enum { ALL_TECHNOLOGIES = CARD_INNOVATRON * 2 - 1 };

_Static_assert((int) NFC_MESSAGE_MAX_BYTES >= 1 + 2 * (2 + NFC_TEXT_MAX_BYTES)
               + (NFC_DEVICES_MAX + 1) * (2 + NFC_CONNECTION_MAX_BYTES) + 3 * 4
               + 4 * 2 + CARD_UID_MAX_BYTES + CARD_ATS_MAX_BYTES + CARD_PROTOCOL_MAX_BYTES + NFC_FRAME_MAX_BYTES + 1,
               "the longest message fits");

struct writing {
    uint8_t *bytes;
    size_t capacity_bytes;
    size_t at;
    bool good;
};

struct reading {
    const uint8_t *bytes;
    size_t size_bytes;
    size_t at;
    bool good;
};

static bool is_printable(char letter)
{
    return letter >= ' ' && letter <= '~';
}

static void put_bytes(struct writing *writing, const void *bytes, size_t count)
{
    if (!writing->good || count > writing->capacity_bytes - writing->at) {
        writing->good = false;
        return;
    }
    if (count > 0)
        memcpy(&writing->bytes[writing->at], bytes, count);
    writing->at += count;
}

static void put_u8(struct writing *writing, unsigned value)
{
    const uint8_t byte = (uint8_t) value;

    writing->good = writing->good && value <= UINT8_MAX;
    put_bytes(writing, &byte, 1);
}

static void put_u16(struct writing *writing, size_t value)
{
    const uint8_t bytes[] = {(uint8_t) (value >> 8), (uint8_t) value};

    writing->good = writing->good && value <= UINT16_MAX;
    put_bytes(writing, bytes, sizeof bytes);
}

static void put_u32(struct writing *writing, uint32_t value)
{
    put_u16(writing, value >> 16);
    put_u16(writing, value & UINT16_MAX);
}

static void put_counted(struct writing *writing, const uint8_t *bytes, size_t count, size_t capacity_bytes)
{
    writing->good = writing->good && count <= capacity_bytes;
    if (!writing->good)
        return;
    put_u16(writing, count);
    put_bytes(writing, bytes, count);
}

static void put_text(struct writing *writing, const char *text, size_t capacity_bytes)
{
    size_t length = strnlen(text, capacity_bytes);

    for (size_t i = 0; i < length; i++)
        writing->good = writing->good && is_printable(text[i]);
    put_counted(writing, (const uint8_t *) text, length, capacity_bytes - 1);
}

static void put_technologies(struct writing *writing, unsigned technologies)
{
    writing->good = writing->good && (technologies & ~(unsigned) ALL_TECHNOLOGIES) == 0;
    put_u32(writing, technologies);
}

static const uint8_t *get_bytes(struct reading *reading, size_t count)
{
    if (!reading->good || count > reading->size_bytes - reading->at) {
        reading->good = false;
        return NULL;
    }
    reading->at += count;
    return &reading->bytes[reading->at - count];
}

static unsigned get_u8(struct reading *reading)
{
    const uint8_t *byte = get_bytes(reading, 1);

    return byte != NULL ? *byte : 0;
}

static unsigned get_u16(struct reading *reading)
{
    unsigned high = get_u8(reading);

    return high << 8 | get_u8(reading);
}

static uint32_t get_u32(struct reading *reading)
{
    uint32_t high = get_u16(reading);

    return high << 16 | get_u16(reading);
}

static size_t get_counted(struct reading *reading, uint8_t *bytes, size_t capacity_bytes)
{
    size_t count = get_u16(reading);

    reading->good = reading->good && count <= capacity_bytes;
    const uint8_t *from = get_bytes(reading, count);
    if (from == NULL)
        return 0;
    if (count > 0)
        memcpy(bytes, from, count);
    return count;
}

/* capacity_bytes: with the final 0. */
static void get_text(struct reading *reading, char *text, size_t capacity_bytes)
{
    size_t length = get_counted(reading, (uint8_t *) text, capacity_bytes - 1);

    for (size_t i = 0; i < length; i++)
        reading->good = reading->good && is_printable(text[i]);
    text[length] = '\0';
}

static unsigned get_technologies(struct reading *reading)
{
    uint32_t technologies = get_u32(reading);

    reading->good = reading->good && (technologies & ~(uint32_t) ALL_TECHNOLOGIES) == 0;
    return technologies;
}

static bool is_whole(const struct reading *reading)
{
    return reading->good && reading->at == reading->size_bytes;
}

/* One technology and an identifier, or no tag at all. */
static bool is_tag(const struct nfc_tag *tag)
{
    const unsigned technology = tag->technology;

    if (technology == CARD_UNKNOWN)
        return tag->uid_bytes == 0 && tag->ats_bytes == 0 && tag->protocol_bytes_count == 0;
    return (technology & (technology - 1)) == 0 && tag->uid_bytes > 0;
}

static void put_tag(struct writing *writing, const struct nfc_tag *tag)
{
    writing->good = writing->good && is_tag(tag);
    put_technologies(writing, tag->technology);
    put_counted(writing, tag->uid, tag->uid_bytes, sizeof tag->uid);
    put_counted(writing, tag->ats, tag->ats_bytes, sizeof tag->ats);
    put_counted(writing, tag->protocol_bytes, tag->protocol_bytes_count, sizeof tag->protocol_bytes);
}

static void get_tag(struct reading *reading, struct nfc_tag *tag)
{
    tag->technology = (enum card_technology) get_technologies(reading);
    tag->uid_bytes = get_counted(reading, tag->uid, sizeof tag->uid);
    tag->ats_bytes = get_counted(reading, tag->ats, sizeof tag->ats);
    tag->protocol_bytes_count = get_counted(reading, tag->protocol_bytes, sizeof tag->protocol_bytes);
    reading->good = reading->good && is_tag(tag);
}

size_t nfc_wire_put_request(const struct nfc_request *request, uint8_t *bytes, size_t capacity_bytes)
{
    struct writing writing = {.bytes = bytes, .capacity_bytes = capacity_bytes, .good = true};

    writing.good = request->verb >= NFC_LIST && request->verb <= NFC_CLOSE;
    put_u8(&writing, request->verb);
    put_text(&writing, request->connection, sizeof request->connection);
    put_technologies(&writing, request->technologies);
    put_u8(&writing, request->polls);
    put_u32(&writing, request->timeout_ms);
    put_counted(&writing, request->bytes, request->bytes_count, sizeof request->bytes);
    return writing.good ? writing.at : 0;
}

bool nfc_wire_get_request(const uint8_t *bytes, size_t size_bytes, struct nfc_request *request)
{
    struct reading reading = {.bytes = bytes, .size_bytes = size_bytes, .good = true};

    memset(request, 0, sizeof *request);
    unsigned verb = get_u8(&reading);
    reading.good = reading.good && verb >= NFC_LIST && verb <= NFC_CLOSE;
    request->verb = (enum nfc_verb) verb;
    get_text(&reading, request->connection, sizeof request->connection);
    request->technologies = get_technologies(&reading);
    request->polls = get_u8(&reading);
    request->timeout_ms = get_u32(&reading);
    request->bytes_count = get_counted(&reading, request->bytes, sizeof request->bytes);
    if (is_whole(&reading))
        return true;
    memset(request, 0, sizeof *request);
    return false;
}

size_t nfc_wire_put_answer(const struct nfc_answer *answer, uint8_t *bytes, size_t capacity_bytes)
{
    struct writing writing = {.bytes = bytes, .capacity_bytes = capacity_bytes, .good = true};

    writing.good = answer->result >= NFC_FINE && answer->result <= NFC_TROUBLE
                   && answer->devices_count <= NFC_DEVICES_MAX;
    put_u8(&writing, answer->result);
    put_text(&writing, answer->text, sizeof answer->text);
    put_text(&writing, answer->name, sizeof answer->name);
    put_text(&writing, answer->connection, sizeof answer->connection);
    put_technologies(&writing, answer->technologies);
    put_technologies(&writing, answer->poll_technologies);
    put_tag(&writing, &answer->tag);
    put_counted(&writing, answer->bytes, answer->bytes_count, sizeof answer->bytes);
    put_u8(&writing, (unsigned) answer->devices_count);
    for (size_t i = 0; writing.good && i < answer->devices_count; i++)
        put_text(&writing, answer->devices[i], sizeof answer->devices[i]);
    return writing.good ? writing.at : 0;
}

bool nfc_wire_get_answer(const uint8_t *bytes, size_t size_bytes, struct nfc_answer *answer)
{
    struct reading reading = {.bytes = bytes, .size_bytes = size_bytes, .good = true};

    memset(answer, 0, sizeof *answer);
    unsigned result = get_u8(&reading);
    reading.good = reading.good && result >= NFC_FINE && result <= NFC_TROUBLE;
    answer->result = (enum nfc_result) result;
    get_text(&reading, answer->text, sizeof answer->text);
    get_text(&reading, answer->name, sizeof answer->name);
    get_text(&reading, answer->connection, sizeof answer->connection);
    answer->technologies = get_technologies(&reading);
    answer->poll_technologies = get_technologies(&reading);
    get_tag(&reading, &answer->tag);
    answer->bytes_count = get_counted(&reading, answer->bytes, sizeof answer->bytes);
    answer->devices_count = get_u8(&reading);
    reading.good = reading.good && answer->devices_count <= NFC_DEVICES_MAX;
    for (size_t i = 0; reading.good && i < answer->devices_count; i++)
        get_text(&reading, answer->devices[i], sizeof answer->devices[i]);
    if (is_whole(&reading))
        return true;
    memset(answer, 0, sizeof *answer);
    return false;
}

void nfc_wire_copy_text(char *to, size_t capacity_bytes, const char *text)
{
    snprintf(to, capacity_bytes, "%s", text != NULL ? text : "");
    for (char *letter = to; *letter != '\0'; letter++) {
        if (!is_printable(*letter))
            *letter = '?';
    }
}
