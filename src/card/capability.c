/* SPDX-License-Identifier: MIT */
#include "card/capability.h"

enum { MAGIC = 0xE1, MAGIC_LONG_ADDRESS = 0xE2, SIZE_UNIT_BYTES = 8 };

static size_t number_at(const uint8_t *bytes, size_t count)
{
    size_t number = 0;

    for (size_t i = 0; i < count; i++)
        number = number << 8 | bytes[i];
    return number;
}

bool capability_type2(const uint8_t cc[TYPE2_CC_BYTES], size_t *size_bytes)
{
    enum { MAJOR = 1 };

    *size_bytes = (size_t) cc[2] * SIZE_UNIT_BYTES;
    return cc[0] == MAGIC && cc[1] >> 4 == MAJOR && cc[3] >> 4 == 0 && *size_bytes > 0;
}

bool capability_type3(const uint8_t block[TYPE3_ATTRIBUTE_BYTES], struct type3_attributes *attributes)
{
    enum { MAJOR = 1, AT_NBR = 1, AT_NMAXB = 3, AT_WRITING = 9, WRITING = 0x0F, AT_LN = 11, AT_CHECKSUM = 14,
           BLOCK_BYTES = 16, NBR_MAX = 15 };
    unsigned sum = 0;

    for (size_t i = 0; i < AT_CHECKSUM; i++)
        sum += block[i];
    if (sum != number_at(block + AT_CHECKSUM, 2) || block[0] >> 4 != MAJOR || block[AT_WRITING] == WRITING)
        return false;
    *attributes = (struct type3_attributes) {
        .blocks_at_once = block[AT_NBR] < NBR_MAX ? block[AT_NBR] : NBR_MAX,
        .blocks = (unsigned) number_at(block + AT_NMAXB, 2),
        .message_bytes = number_at(block + AT_LN, 3),
    };
    return attributes->blocks_at_once > 0 && attributes->message_bytes <= (size_t) attributes->blocks * BLOCK_BYTES;
}

/* The NDEF file control TLV: file, size, read access, write access. */
static bool take_file(const uint8_t *value, size_t value_bytes, size_t size_width, struct type4_file *file)
{
    enum { AT_SIZE = 2, READ_FREE = 0x00, LENGTH_MIN = 5 };
    const size_t at_access = AT_SIZE + size_width;

    if (value_bytes < at_access || (value_bytes > at_access && value[at_access] != READ_FREE))
        return false;
    file->id = (uint16_t) number_at(value, AT_SIZE);
    file->size_bytes = number_at(value + AT_SIZE, size_width);
    file->length_bytes = size_width;
    return file->size_bytes >= LENGTH_MIN;
}

/* Files that no NDEF file may be: RFU, the CC file itself, the master file (Type 4 Tag Operation 2.0, 5.1.2.1). */
static bool is_file_id(uint16_t id)
{
    return id != 0x0000 && id != 0xE102 && id != 0xE103 && id != 0x3F00 && id != 0x3FFF && id != 0xFFFF;
}

bool capability_type4(const uint8_t *cc, size_t cc_bytes, struct type4_file *file)
{
    enum { AT_VERSION = 2, AT_MLE = 3, AT_TAG = 7, AT_LENGTH = 8, AT_VALUE = 9, MLE_MIN = 0x0F };
    enum { TAG_NDEF = 0x04, NDEF_BYTES = 6, TAG_EXTENDED = 0x06, EXTENDED_BYTES = 8 };

    *file = (struct type4_file) { 0 };
    if (cc_bytes < TYPE4_CC_BYTES || number_at(cc, 2) < TYPE4_CC_BYTES)
        return false;
    if (cc_bytes > number_at(cc, 2))
        cc_bytes = number_at(cc, 2);
    unsigned major = cc[AT_VERSION] >> 4;
    file->read_max_bytes = (uint16_t) number_at(cc + AT_MLE, 2);
    if (major < 1 || major > 3 || file->read_max_bytes < MLE_MIN)
        return false;
    bool is_extended = major == 3 && cc[AT_TAG] == TAG_EXTENDED && cc[AT_LENGTH] == EXTENDED_BYTES;
    if (!is_extended && (cc[AT_TAG] != TAG_NDEF || cc[AT_LENGTH] != NDEF_BYTES))
        return false;
    return take_file(cc + AT_VALUE, cc_bytes - AT_VALUE, is_extended ? 4 : 2, file) && is_file_id(file->id);
}

bool capability_type5(const uint8_t *cc, size_t cc_bytes, struct type5_capability *capability, size_t *needed_bytes)
{
    enum { MAJOR = 1, READ_ACCESS = 0x0C, AT_LONG_SIZE = 6 };
    bool is_long = cc_bytes >= TYPE5_CC_BYTES && cc[2] == 0;

    *needed_bytes = is_long ? TYPE5_LONG_CC_BYTES : TYPE5_CC_BYTES;
    *capability = (struct type5_capability) { .cc_bytes = *needed_bytes };
    if (cc_bytes < TYPE5_CC_BYTES || (cc[0] != MAGIC && cc[0] != MAGIC_LONG_ADDRESS))
        return false;
    if (cc[1] >> 6 != MAJOR || (cc[1] & READ_ACCESS) != 0 || cc_bytes < *needed_bytes)
        return false;
    capability->size_bytes = (is_long ? number_at(cc + AT_LONG_SIZE, 2) : cc[2]) * SIZE_UNIT_BYTES;
    return capability->size_bytes > 0;
}
