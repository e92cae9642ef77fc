/* SPDX-License-Identifier: MIT */
/*
 * Any answers of a device, however unlikely, to what nfc_field asks: two bytes of the input an answer. What is told must
 * be in order all the same, and each turn must end.
 */
#include "reader/nfc_field.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REQUESTS_OF_TURN_LIMIT = 400, TURNS_MAX = 200 };

struct device {
    const uint8_t *data;
    size_t size;
    struct nfc_tag told[NFC_TAGS_MAX];
    size_t told_count;
    unsigned requests_of_turn;
    bool is_lost;
};

static uint8_t next_byte(struct device *device)
{
    if (device->size == 0)
        return 0;
    device->size--;
    return *device->data++;
}

/* One of 16 ids, of two kinds; some random. */
static void make_tag(struct nfc_tag *tag, unsigned technology, uint8_t byte)
{
    *tag = (struct nfc_tag) { .technology = technology, .uid_bytes = 4, .protocol_bytes_count = 3 };
    tag->uid[0] = (byte & 0x10) != 0 ? 0x08 : 0x04;
    tag->uid[1] = byte & 0x0F;
    tag->protocol_bytes[0] = (byte & 0x20) != 0;
}

static enum nfc_result ask(void *context, const struct nfc_request *request, struct nfc_answer *answer)
{
    static const enum nfc_result results[] = { NFC_NOTHING, NFC_FINE, NFC_FINE, NFC_FINE, NFC_NOTHING, NFC_CARD_MUTE,
                                               NFC_CARD_GONE, NFC_UNSUPPORTED };
    struct device *device = context;
    uint8_t kind = next_byte(device);
    uint8_t byte = next_byte(device);

    if (device->is_lost || ++device->requests_of_turn > REQUESTS_OF_TURN_LIMIT)
        abort();
    memset(answer, 0, sizeof *answer);
    answer->result = kind >= 0xFC ? NFC_TROUBLE + kind % 4 : results[kind % 8];
    device->is_lost = answer->result >= NFC_TROUBLE;
    if (answer->result == NFC_FINE && (request->verb == NFC_SELECT || request->verb == NFC_POLL))
        make_tag(&answer->tag, (kind & 0x40) != 0 ? 1U << (kind >> 3 & 7) : request->technologies & -request->technologies,
                 byte);
    return answer->result;
}

static size_t find_told(const struct device *device, const struct nfc_tag *tag)
{
    size_t i = 0;

    while (i < device->told_count && !nfc_tag_same_id(&device->told[i], tag))
        i++;
    return i;
}

static bool take_arrived(void *context, const struct nfc_tag *tag)
{
    struct device *device = context;

    if (device->is_lost || device->told_count == NFC_TAGS_MAX || find_told(device, tag) < device->told_count)
        abort();
    device->told[device->told_count++] = *tag;
    device->is_lost = next_byte(device) == 0xFF;
    return !device->is_lost;
}

static void take_left(void *context, const struct nfc_tag *tag)
{
    struct device *device = context;
    size_t index = find_told(device, tag);

    if (device->is_lost || index == device->told_count)
        abort();
    device->told[index] = device->told[--device->told_count];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct device device = { .data = data, .size = size };
    struct nfc_field_owner owner = { .context = &device, .ask = ask, .arrived = take_arrived, .left = take_left };
    unsigned polls = next_byte(&device) % 2 == 0 ? 0 : 0xFFFF;
    struct nfc_field *field = nfc_field_create(CARD_NFC_A | CARD_NFC_B | CARD_NFC_F | CARD_ST_SR, polls, &owner);
    enum nfc_result result = NFC_FINE;
    uint64_t now_ms = 0;

    for (unsigned turn = 0; turn < TURNS_MAX && device.size > 0 && result == NFC_FINE; turn++) {
        uint32_t pause_ms = 0;
        const char *trouble = NULL;

        device.requests_of_turn = 0;
        result = nfc_field_turn(field, now_ms, &pause_ms, &trouble);
        if (trouble == NULL || pause_ms > 1000 || (device.is_lost && result == NFC_FINE))
            abort();
        if (nfc_field_count(field) != device.told_count)
            abort();
        now_ms += pause_ms + 50;
    }
    device.is_lost = false;
    nfc_field_clear(field);
    if (device.told_count != 0)
        abort();
    nfc_field_free(field);
    return 0;
}
