/* SPDX-License-Identifier: MIT */
#include "card/type5.h"

#include "card/capability.h"
#include "card/type2.h"

#include <string.h>

enum { BLOCK_MIN_BYTES = 4, BLOCK_MAX_BYTES = 64 };

static int read_message(struct tag_memory *memory, struct ndef_data *message)
{
    struct type5_capability capability;
    size_t needed_bytes = 0;
    bool is_fine = capability_type5(memory->bytes, memory->known_bytes, &capability, &needed_bytes);

    if (!is_fine && needed_bytes > memory->known_bytes) {
        int fetched = tag_memory_fetch(memory, needed_bytes, needed_bytes);
        if (fetched != TAG_READ_DONE)
            return fetched;
        is_fine = capability_type5(memory->bytes, memory->known_bytes, &capability, &needed_bytes);
    }
    if (!is_fine)
        return TAG_READ_NONE;
    return type2_read_data_area(memory, capability.cc_bytes, capability.cc_bytes + capability.size_bytes, message);
}

int type5_read_ndef(struct exchange *exchange, struct ndef_data *message)
{
    uint8_t block[EXCHANGE_ANSWER_MAX_BYTES];
    size_t block_bytes = 0;
    struct tag_memory memory;

    *message = (struct ndef_data) { 0 };
    int status = exchange_read_binary(exchange, 0, BLOCK_MIN_BYTES, block, sizeof block, &block_bytes);
    if (status != SW_SUCCESS)
        return tag_read_refusal(status, false);
    if (block_bytes < BLOCK_MIN_BYTES || block_bytes > BLOCK_MAX_BYTES)
        return TAG_READ_NONE;
    tag_memory_begin(&memory, exchange, block_bytes, 0, block_bytes, UINT8_MAX);
    memcpy(memory.bytes, block, block_bytes);
    memory.known_bytes = block_bytes;
    memory.has_begun = true;
    int result = read_message(&memory, message);
    tag_memory_end(&memory);
    return result;
}
