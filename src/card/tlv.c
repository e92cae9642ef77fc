/* SPDX-License-Identifier: MIT */
#include "card/tlv.h"

#include "base/memory.h"

enum { LONG_LENGTH = 0xFF, LENGTH_RESERVED = 0xFFFF, CONTROL_BYTES = 3, SIZE_OF_ZERO = 256 };

/* One search: a walk over the data bytes, which passes over the areas found so far. */
struct walk {
    const struct tlv_memory *memory;
    struct tlv_area areas[TLV_AREAS_MAX];
    size_t areas_count;
    size_t at;
    enum tlv_result failure;     /* why the last step was none */
    size_t needed_bytes;
};

bool tlv_area_from_control(uint8_t tag, const uint8_t value[3], struct tlv_area *area)
{
    size_t page_bytes = (size_t) 1 << (value[2] & 0x0F);
    size_t size = value[1] != 0 ? value[1] : SIZE_OF_ZERO;

    if ((value[2] & 0x0F) == 0)
        return false;
    area->first = (size_t) (value[0] >> 4) * page_bytes + (value[0] & 0x0F);
    area->count = tag == TLV_LOCK_CONTROL ? (size + 7) / 8 : size;
    return true;
}

/* The next address from `at` on that belongs to the data; an area may follow another, or begin inside it. */
static size_t pass_over(const struct walk *walk, size_t at)
{
    bool moved;

    do {
        moved = false;
        for (size_t i = 0; i < walk->areas_count; i++) {
            const struct tlv_area *area = &walk->areas[i];
            if (at >= area->first && at - area->first < area->count) {
                at = area->first + area->count;
                moved = true;
            }
        }
    } while (moved);
    return at;
}

/* The address of the data byte that is count - 1 data bytes behind the next one; false if the data area ends before. */
static bool find_last(const struct walk *walk, size_t count, size_t *last)
{
    size_t at = pass_over(walk, walk->at);

    for (size_t i = 1; i < count && at < walk->memory->end; i++)
        at = pass_over(walk, at + 1);
    *last = at;
    return at < walk->memory->end;
}

/* Whether the next count bytes can be taken. count is at least 1. */
static bool has(struct walk *walk, size_t count)
{
    size_t last = 0;

    if (!find_last(walk, count, &last)) {
        walk->failure = TLV_MALFORMED;
        return false;
    }
    if (last >= walk->memory->known_bytes) {
        walk->failure = TLV_MORE;
        walk->needed_bytes = last + 1;
        return false;
    }
    return true;
}

/* To be called after has(). */
static uint8_t take(struct walk *walk)
{
    size_t at = pass_over(walk, walk->at);

    walk->at = at + 1;
    return walk->memory->bytes[at];
}

static bool take_tag(struct walk *walk, uint8_t *tag)
{
    if (!has(walk, 1)) {
        /* Where a block may begin the area may as well end. */
        if (walk->failure == TLV_MALFORMED)
            walk->failure = TLV_NONE;
        return false;
    }
    *tag = take(walk);
    return true;
}

static bool take_length(struct walk *walk, size_t *length)
{
    if (!has(walk, 1))
        return false;
    *length = take(walk);
    if (*length != LONG_LENGTH)
        return true;
    if (!has(walk, 2))
        return false;
    *length = (size_t) take(walk) << 8;
    *length |= take(walk);
    walk->failure = TLV_MALFORMED;
    return *length != LENGTH_RESERVED;
}

static bool take_block(struct walk *walk, struct tlv_block *block)
{
    do {
        if (!take_tag(walk, &block->tag))
            return false;
    } while (block->tag == TLV_NULL);
    walk->failure = TLV_NONE;
    if (block->tag == TLV_TERMINATOR)
        return false;
    return take_length(walk, &block->value_bytes);
}

static bool take_control(struct walk *walk, const struct tlv_block *block)
{
    uint8_t value[CONTROL_BYTES];
    struct tlv_area area;

    walk->failure = TLV_MALFORMED;
    if (block->value_bytes != sizeof value || walk->areas_count == TLV_AREAS_MAX || !has(walk, sizeof value))
        return false;
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = take(walk);
    walk->failure = TLV_MALFORMED;
    if (!tlv_area_from_control(block->tag, value, &area))
        return false;
    walk->areas[walk->areas_count++] = area;
    return true;
}

static bool skip_value(struct walk *walk, const struct tlv_block *block)
{
    size_t last = 0;

    walk->failure = TLV_MALFORMED;
    if (block->value_bytes == 0)
        return true;
    if (!find_last(walk, block->value_bytes, &last))
        return false;
    walk->at = last + 1;
    return true;
}

static enum tlv_result take_message(struct walk *walk, const struct tlv_block *block, struct ndef_data *message)
{
    if (block->value_bytes > 0 && !has(walk, block->value_bytes))
        return walk->failure == TLV_MORE ? TLV_MORE_MESSAGE : walk->failure;
    message->bytes = memory_zeroed(block->value_bytes + 1, 1);
    while (message->size_bytes < block->value_bytes)
        message->bytes[message->size_bytes++] = take(walk);
    return TLV_FOUND;
}

enum tlv_result tlv_find_ndef(const struct tlv_memory *memory, struct ndef_data *message, size_t *needed_bytes)
{
    struct walk walk = { .memory = memory, .at = memory->begin };
    struct tlv_block block = { 0 };
    bool is_fine = true;

    *message = (struct ndef_data) { 0 };
    while (is_fine && take_block(&walk, &block)) {
        if (block.tag == TLV_NDEF) {
            walk.failure = take_message(&walk, &block, message);
            break;
        }
        is_fine = block.tag == TLV_LOCK_CONTROL || block.tag == TLV_MEMORY_CONTROL ? take_control(&walk, &block)
                                                                                   : skip_value(&walk, &block);
    }
    *needed_bytes = walk.needed_bytes;
    return walk.failure;
}
