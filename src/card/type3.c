/* SPDX-License-Identifier: MIT */
#include "card/type3.h"

#include "base/memory.h"
#include "card/capability.h"

#include <string.h>

enum { BLOCK_BYTES = 16 };

/* The attribute block comes alone: how many blocks the tag gives at once is in it. */
static int read_attributes(struct tag_memory *memory, struct type3_attributes *attributes)
{
    int fetched = tag_memory_fetch(memory, BLOCK_BYTES, BLOCK_BYTES);

    if (fetched != TAG_READ_DONE)
        return fetched;
    return capability_type3(memory->bytes, attributes) ? TAG_READ_DONE : TAG_READ_NONE;
}

static int read_message(struct tag_memory *memory, struct ndef_data *message)
{
    struct type3_attributes attributes;
    int result = read_attributes(memory, &attributes);

    if (result != TAG_READ_DONE)
        return result;
    size_t end = BLOCK_BYTES + attributes.message_bytes;
    if (end > tag_memory_capacity_bytes(memory))
        return TAG_READ_NONE;
    memory->at_once_bytes = (size_t) attributes.blocks_at_once * BLOCK_BYTES;
    result = tag_memory_fetch(memory, end, end);
    if (result != TAG_READ_DONE)
        return result;
    message->size_bytes = attributes.message_bytes;
    message->bytes = memory_zeroed(message->size_bytes + 1, 1);
    memcpy(message->bytes, memory->bytes + BLOCK_BYTES, message->size_bytes);
    return TAG_READ_DONE;
}

int type3_read_ndef(struct exchange *exchange, struct ndef_data *message)
{
    /* PC/SC part 3, supplement for FeliCa: the service code has its low byte first. */
    static const uint8_t select_service[] = { 0xFF, 0xA4, 0x00, 0x01, 0x02, 0x0B, 0x00 };
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;
    struct tag_memory memory;

    *message = (struct ndef_data) { 0 };
    int status = exchange_apdu(exchange, select_service, sizeof select_service, data, sizeof data, &data_bytes);
    if (status != SW_SUCCESS)
        return tag_read_refusal(status, false);
    tag_memory_begin(&memory, exchange, BLOCK_BYTES, 0, BLOCK_BYTES, BLOCK_BYTES);
    int result = read_message(&memory, message);
    tag_memory_end(&memory);
    return result;
}
