/* SPDX-License-Identifier: MIT */
/*
 * What a tag says of itself before its NDEF message: the capability containers (CC) of Type 2, 4 and 5, and the
 * attribute block of Type 3. Formats: NFC Forum, Type 2 Tag Operation 1.1, 6.1; Type 3 Tag Operation 1.1, 6.1; Type 4
 * Tag Operation 2.0, 5.1, and Type 4 Tag 1.0, whose mapping version is 3; Type 5 Tag 1.0, 4.3.
 *
 * Pure functions on bytes from outside. Each returns false if the tag has no NDEF message that this program reads: it
 * is not formatted, of another major version, may not be read, or the bytes contradict themselves. Any thread; no
 * state.
 */
#ifndef SPRINGPARK_CARD_CAPABILITY_H
#define SPRINGPARK_CARD_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TYPE2_CC_BYTES = 4, TYPE3_ATTRIBUTE_BYTES = 16, TYPE4_CC_BYTES = 15, TYPE5_CC_BYTES = 4,
       TYPE5_LONG_CC_BYTES = 8 };

/* Page 3: E1, version, size, access. *size_bytes: of the data area, from page 4 on. */
bool capability_type2(const uint8_t cc[TYPE2_CC_BYTES], size_t *size_bytes);

struct type3_attributes {
    unsigned blocks_at_once;   /* 1..15: how many a tag gives for one command (Nbr) */
    unsigned blocks;           /* that a message may have (Nmaxb) */
    size_t message_bytes;      /* Ln */
};

/* Block 0. A tag that was left in the middle of a write, and a message that is longer than its blocks, are refused. */
bool capability_type3(const uint8_t block[TYPE3_ATTRIBUTE_BYTES], struct type3_attributes *attributes);

struct type4_file {
    uint16_t read_max_bytes;   /* by one command (MLe), at least 15 */
    uint16_t id;               /* of the NDEF file */
    size_t size_bytes;         /* of the file, its length field included */
    size_t length_bytes;       /* of that field: 2, or 4 in an extended NDEF file */
};

/*
 * The CC file. cc_bytes: how many are there; more than the CC's own length are not looked at. Of an extended NDEF file
 * control TLV the last two bytes, which say who may read, may lack: TYPE4_CC_BYTES are always enough.
 */
bool capability_type4(const uint8_t *cc, size_t cc_bytes, struct type4_file *file);

struct type5_capability {
    size_t cc_bytes;           /* the data area begins behind the CC */
    size_t size_bytes;         /* of the data area */
};

/* Block 0, and block 1 if the CC has 8 bytes: *needed_bytes says how many it has, whatever is returned. */
bool capability_type5(const uint8_t *cc, size_t cc_bytes, struct type5_capability *capability, size_t *needed_bytes);

#endif
