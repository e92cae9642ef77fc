/* SPDX-License-Identifier: MIT */
/*
 * Where the NDEF message is in the memory of a tag that keeps it in TLV blocks. Formats: NFC Forum, Type 2 Tag
 * Operation 1.1, 2.3; Type 5 Tag 1.0, 4.4, whose blocks are the same without lock and memory control.
 *
 * A search looks at the part of the memory that was read so far, and says how much more of it is needed; the caller
 * reads that and searches again. Whatever the bytes are, nothing beyond known_bytes is looked at. Any thread; no state.
 */
#ifndef SPRINGPARK_CARD_TLV_H
#define SPRINGPARK_CARD_TLV_H

#include "card/ndef.h"

enum tlv_tag {
    TLV_NULL = 0x00,            /* this byte alone */
    TLV_LOCK_CONTROL = 0x01,    /* where lock bytes are */
    TLV_MEMORY_CONTROL = 0x02,  /* where reserved bytes are */
    TLV_NDEF = 0x03,
    TLV_PROPRIETARY = 0xFD,
    TLV_TERMINATOR = 0xFE,      /* this byte alone */
};

enum tlv_result {
    TLV_FOUND,         /* the message is a copy of its value, maybe empty */
    TLV_MORE,          /* needed_bytes of the memory, from address 0, must be known: there the next block goes on */
    TLV_MORE_MESSAGE,  /* the same, and then the whole message is there */
    TLV_NONE,          /* the terminator or the end of the data area came first */
    TLV_MALFORMED,     /* a block that leaves the data area, a length that there is not, lock bytes without a place */
};

/* Bytes of the memory that do not belong to the data, and are passed over. */
struct tlv_area {
    size_t first;
    size_t count;
};

/* More of them than any tag has. */
enum { TLV_AREAS_MAX = 8 };

/* One block: its tag, and its value's length. */
struct tlv_block {
    uint8_t tag;
    size_t value_bytes;
};

struct tlv_memory {
    const uint8_t *bytes;    /* from address 0 on; those before `begin` are not looked at */
    size_t known_bytes;
    size_t begin, end;       /* addresses: of the first byte of the data area, and of the first behind it */
};

/*
 * message: for TLV_FOUND, in new memory. needed_bytes: for TLV_MORE and TLV_MORE_MESSAGE, more than known_bytes, at most
 * memory->end. Only the first NDEF block counts, as both specifications say.
 */
enum tlv_result tlv_find_ndef(const struct tlv_memory *memory, struct ndef_data *message, size_t *needed_bytes);

/*
 * The area that the 3 bytes of a lock or memory control block describe (Type 2 Tag Operation 1.1, 2.3.2 and 2.3.3).
 * False if they give no place.
 */
bool tlv_area_from_control(uint8_t tag, const uint8_t value[3], struct tlv_area *area);

#endif
