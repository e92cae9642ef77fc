/* SPDX-License-Identifier: MIT */
#include "card/tag_memory.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void tag_memory_begin(struct tag_memory *memory, struct exchange *exchange, size_t block_bytes, size_t first_block,
                      size_t least_bytes, size_t at_once_max_bytes)
{
    assert(block_bytes > 0 && least_bytes >= block_bytes && at_once_max_bytes >= least_bytes);
    assert(at_once_max_bytes <= UINT8_MAX);
    *memory = (struct tag_memory) {
        .exchange = exchange,
        .bytes = memory_zeroed(TAG_MEMORY_BLOCKS, block_bytes),
        .block_bytes = block_bytes,
        .known_bytes = first_block * block_bytes,
        .end_bytes = TAG_MEMORY_BLOCKS * block_bytes,
        .least_bytes = least_bytes,
        .at_once_bytes = at_once_max_bytes - at_once_max_bytes % block_bytes,
    };
}

void tag_memory_end(struct tag_memory *memory)
{
    free(memory->bytes);
    memory->bytes = NULL;
}

size_t tag_memory_capacity_bytes(const struct tag_memory *memory)
{
    return TAG_MEMORY_BLOCKS * memory->block_bytes;
}

static size_t round_up(const struct tag_memory *memory, size_t count)
{
    return (count + memory->block_bytes - 1) / memory->block_bytes * memory->block_bytes;
}

/* How much to ask for: what is missing, but not less than costs the same, and not more than the reader gives. */
static size_t count_to_ask(const struct tag_memory *memory, size_t needed_bytes, size_t useful_bytes)
{
    size_t limit = round_up(memory, memory->end_bytes) - memory->known_bytes;
    size_t count = round_up(memory, needed_bytes > useful_bytes ? needed_bytes : useful_bytes) - memory->known_bytes;

    if (count < memory->least_bytes)
        count = memory->least_bytes;
    if (count > limit)
        count = limit;
    return count < memory->at_once_bytes ? count : memory->at_once_bytes;
}

int tag_read_refusal(int status, bool has_begun)
{
    if (status < 0)
        return status;
    switch (status >> 8) {
    case 0x63:
    case 0x64:
    case 0x6F:
    case 0x90: /* success, and no data */
        return has_begun ? CARD_ERROR_MUTE : TAG_READ_NONE;
    default:
        return TAG_READ_NONE;
    }
}

/* One command. A refused long one is no failure as long as a shorter one can be tried. */
static int fetch_once(struct tag_memory *memory, size_t count)
{
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t given_bytes = 0;
    uint8_t number = (uint8_t) (memory->known_bytes / memory->block_bytes);
    int status = exchange_read_binary(memory->exchange, number, (uint8_t) count, data, sizeof data, &given_bytes);

    if (given_bytes > count)
        given_bytes = count;
    given_bytes -= given_bytes % memory->block_bytes;
    if ((status != SW_SUCCESS && status != SW_END_OF_DATA) || given_bytes == 0) {
        if (status < 0 || count <= memory->least_bytes)
            return tag_read_refusal(status, memory->has_begun);
        memory->at_once_bytes = memory->least_bytes;
        return TAG_READ_DONE;
    }
    memcpy(memory->bytes + memory->known_bytes, data, given_bytes);
    memory->known_bytes += given_bytes;
    memory->has_begun = true;
    if (given_bytes < count)
        memory->at_once_bytes = given_bytes;
    return TAG_READ_DONE;
}

int tag_memory_fetch(struct tag_memory *memory, size_t needed_bytes, size_t useful_bytes)
{
    assert(needed_bytes <= memory->end_bytes && memory->end_bytes <= tag_memory_capacity_bytes(memory));
    while (memory->known_bytes < needed_bytes) {
        int result = fetch_once(memory, count_to_ask(memory, needed_bytes, useful_bytes));
        if (result != TAG_READ_DONE)
            return result;
    }
    return TAG_READ_DONE;
}
