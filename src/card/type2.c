/* SPDX-License-Identifier: MIT */
#include "card/type2.h"

#include "card/capability.h"
#include "card/tlv.h"

enum { PAGE_BYTES = 4, CC_PAGE = 3, DATA_PAGE = 4, AT_ONCE_BYTES = 252 };

int type2_read_data_area(struct tag_memory *memory, size_t begin, size_t end, struct ndef_data *message)
{
    if (end > tag_memory_capacity_bytes(memory))
        end = tag_memory_capacity_bytes(memory);
    for (;;) {
        const struct tlv_memory known = {
            .bytes = memory->bytes, .known_bytes = memory->known_bytes, .begin = begin, .end = end,
        };
        size_t needed_bytes = 0;
        enum tlv_result result = tlv_find_ndef(&known, message, &needed_bytes);
        if (result != TLV_MORE)
            return result == TLV_FOUND ? TAG_READ_DONE : TAG_READ_NONE;
        int fetched = tag_memory_fetch(memory, needed_bytes, end);
        if (fetched != TAG_READ_DONE)
            return fetched;
    }
}

static int read_message(struct tag_memory *memory, struct ndef_data *message)
{
    const size_t begin = DATA_PAGE * PAGE_BYTES;
    size_t size_bytes = 0;
    int fetched = tag_memory_fetch(memory, begin, tag_memory_capacity_bytes(memory));

    if (fetched != TAG_READ_DONE)
        return fetched;
    if (!capability_type2(memory->bytes + CC_PAGE * PAGE_BYTES, &size_bytes))
        return TAG_READ_NONE;
    return type2_read_data_area(memory, begin, begin + size_bytes, message);
}

int type2_read_ndef(struct exchange *exchange, struct ndef_data *message)
{
    struct tag_memory memory;

    *message = (struct ndef_data) { 0 };
    tag_memory_begin(&memory, exchange, PAGE_BYTES, CC_PAGE, AT_ONCE_BYTES);
    int result = read_message(&memory, message);
    tag_memory_end(&memory);
    return result;
}
