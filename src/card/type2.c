/* SPDX-License-Identifier: MIT */
#include "card/type2.h"

#include "card/capability.h"
#include "card/tlv.h"

enum { PAGE_BYTES = 4, CC_PAGE = 3, DATA_PAGE = 4, LEAST_BYTES = 16, AT_ONCE_BYTES = 252 };

/* As long as it is not known where the message is, this much more is likely to be needed. */
enum { GUESS_BYTES = 16 };

int type2_read_data_area(struct tag_memory *memory, size_t begin, size_t end, struct ndef_data *message)
{
    if (end < memory->end_bytes)
        memory->end_bytes = end;
    for (;;) {
        const struct tlv_memory known = {
            .bytes = memory->bytes, .known_bytes = memory->known_bytes, .begin = begin,
            .end = memory->end_bytes,
        };
        size_t needed_bytes = 0;
        enum tlv_result result = tlv_find_ndef(&known, message, &needed_bytes);
        if (result != TLV_MORE && result != TLV_MORE_MESSAGE)
            return result == TLV_FOUND ? TAG_READ_DONE : TAG_READ_NONE;
        size_t useful_bytes = result == TLV_MORE ? memory->known_bytes + GUESS_BYTES : needed_bytes;
        int fetched = tag_memory_fetch(memory, needed_bytes, useful_bytes);
        if (fetched != TAG_READ_DONE)
            return fetched;
    }
}

static int read_message(struct tag_memory *memory, struct ndef_data *message)
{
    const size_t begin = DATA_PAGE * PAGE_BYTES;
    size_t size_bytes = 0;
    int fetched = tag_memory_fetch(memory, begin, begin);

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
    tag_memory_begin(&memory, exchange, PAGE_BYTES, CC_PAGE, LEAST_BYTES, AT_ONCE_BYTES);
    int result = read_message(&memory, message);
    tag_memory_end(&memory);
    return result;
}
