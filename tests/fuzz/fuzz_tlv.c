/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a tag's memory in TLV blocks, and as what a tag says of itself. A search that is told the memory piece
 * by piece ends, asks for no more than there is, and finds the same as one that is told all of it.
 */
#include "base/memory.h"
#include "card/capability.h"
#include "card/tlv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_BYTES = 1024 };

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

/* known_bytes of the memory, and not one more. */
static enum tlv_result find(const uint8_t *bytes, size_t known_bytes, size_t begin, size_t end,
                            struct ndef_data *message, size_t *needed_bytes)
{
    uint8_t *exact = memory_copy(bytes, known_bytes);
    const struct tlv_memory memory = { .bytes = exact, .known_bytes = known_bytes, .begin = begin, .end = end };
    enum tlv_result result = tlv_find_ndef(&memory, message, needed_bytes);

    free(exact);
    must((result == TLV_FOUND) == (message->bytes != NULL));
    return result;
}

static void check_tlv(const uint8_t *bytes, size_t size)
{
    struct ndef_data message, whole;
    size_t begin = size > 0 ? bytes[0] % 17 : 0;
    size_t known_bytes = begin < size ? begin : size;
    size_t needed_bytes = 0;
    enum tlv_result result;

    if (size < begin)
        return;
    enum tlv_result expected = find(bytes, size, begin, size, &whole, &needed_bytes);
    must(expected != TLV_MORE && expected != TLV_MORE_MESSAGE);
    for (;;) {
        result = find(bytes, known_bytes, begin, size, &message, &needed_bytes);
        if (result != TLV_MORE && result != TLV_MORE_MESSAGE)
            break;
        must(needed_bytes > known_bytes && needed_bytes <= size);
        known_bytes = needed_bytes;
    }
    must(result == expected && message.size_bytes == whole.size_bytes);
    must(result != TLV_FOUND || memcmp(message.bytes, whole.bytes, whole.size_bytes) == 0);
    must(whole.size_bytes <= size);
    free(message.bytes);
    free(whole.bytes);
}

static void check_type4(const uint8_t *bytes, size_t size)
{
    struct type4_file file;

    if (!capability_type4(bytes, size, &file))
        return;
    must(size >= TYPE4_CC_BYTES && file.read_max_bytes >= 15 && file.size_bytes >= 5 && file.id != 0xE103);
    must(file.length_bytes == 2 || file.length_bytes == 4);
    must(file.length_bytes == 4 || file.size_bytes <= UINT16_MAX);
}

static void check_type5(const uint8_t *bytes, size_t size)
{
    struct type5_capability capability;
    size_t needed_bytes = 0;
    bool is_fine = capability_type5(bytes, size, &capability, &needed_bytes);

    must(needed_bytes == TYPE5_CC_BYTES || needed_bytes == TYPE5_LONG_CC_BYTES);
    must(!is_fine || (capability.cc_bytes == needed_bytes && needed_bytes <= size && capability.size_bytes > 0));
}

static void check_fixed(const uint8_t *bytes, size_t size)
{
    struct type3_attributes attributes;
    size_t size_bytes = 0;

    if (size >= TYPE2_CC_BYTES && capability_type2(bytes, &size_bytes))
        must(size_bytes > 0 && size_bytes <= 2040);
    if (size >= TYPE3_ATTRIBUTE_BYTES && capability_type3(bytes, &attributes))
        must(attributes.blocks_at_once >= 1 && attributes.blocks_at_once <= 15 &&
             attributes.message_bytes <= attributes.blocks * 16U);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SIZE_MAX_BYTES)
        return 0;
    uint8_t *exact = memory_copy(data, size);
    check_tlv(exact, size);
    check_type4(exact, size);
    check_type5(exact, size);
    check_fixed(exact, size);
    free(exact);
    return 0;
}
