/* SPDX-License-Identifier: MIT */
#include "card/type4.h"

#include "base/memory.h"
#include "card/capability.h"

#include <stdlib.h>
#include <string.h>

enum { CC_FILE = 0xE103, LE_MAX = 0xFF };

/* READ BINARY has 15 bits for the offset (ISO/IEC 7816-4, 11.3.3). */
enum { REACHABLE_BYTES = 0x8000 };
enum { SELECT = 0xA4, READ_BINARY = 0xB0, NO_ANSWER_DATA = 0x0C };

/* One conversation with the application. */
struct type4 {
    struct exchange *exchange;
    bool is_version_1;         /* of the mapping: files are selected without asking for no answer data */
    struct type4_file file;
};

static int refusal_or_done(int status)
{
    return status == SW_SUCCESS ? TAG_READ_DONE : tag_read_refusal(status, false);
}

static int select_application(struct type4 *tag)
{
    uint8_t command[] = { 0x00, SELECT, 0x04, 0x00, 0x07, 0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01, 0x00 };
    const size_t at_version = sizeof command - 2;
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;
    int status = exchange_chained(tag->exchange, command, sizeof command, data, sizeof data, &data_bytes);

    if (status != SW_NOT_FOUND)
        return refusal_or_done(status);
    tag->is_version_1 = true;
    command[at_version] = 0x00;
    return refusal_or_done(exchange_chained(tag->exchange, command, sizeof command, data, sizeof data, &data_bytes));
}

static int select_file(struct type4 *tag, uint16_t id)
{
    const uint8_t command[] = {
        0x00, SELECT, 0x00, tag->is_version_1 ? 0x00 : NO_ANSWER_DATA, 0x02, (uint8_t) (id >> 8), (uint8_t) id,
    };
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;

    return refusal_or_done(exchange_chained(tag->exchange, command, sizeof command, data, sizeof data, &data_bytes));
}

/* count: 1 to LE_MAX. *given_bytes: at most count. Returns the status bytes or a card_error. */
static int read_part(struct type4 *tag, size_t offset, size_t count, uint8_t *data, size_t *given_bytes)
{
    const uint8_t command[] = {
        0x00, READ_BINARY, (uint8_t) (offset >> 8), (uint8_t) offset, (uint8_t) count,
    };

    return exchange_chained(tag->exchange, command, sizeof command, data, count, given_bytes);
}

static int read_capability(struct type4 *tag)
{
    uint8_t cc[TYPE4_CC_BYTES];
    size_t cc_bytes = 0;
    int result = select_file(tag, CC_FILE);

    if (result != TAG_READ_DONE)
        return result;
    int status = read_part(tag, 0, sizeof cc, cc, &cc_bytes);
    if (status != SW_SUCCESS)
        return tag_read_refusal(status, false);
    return capability_type4(cc, cc_bytes, &tag->file) ? TAG_READ_DONE : TAG_READ_NONE;
}

static size_t read_limit(const struct type4 *tag)
{
    return tag->file.read_max_bytes < LE_MAX ? tag->file.read_max_bytes : LE_MAX;
}

/* The length of the message, and as much of the message as comes with it. A file may be shorter than it may become; a
 * card that therefore refuses to give so much is asked for the length alone. */
static int read_begin(struct type4 *tag, uint8_t begin[LE_MAX], size_t *begin_bytes)
{
    size_t count = tag->file.size_bytes < read_limit(tag) ? tag->file.size_bytes : read_limit(tag);
    int status = read_part(tag, 0, count, begin, begin_bytes);

    if (status >= 0 && *begin_bytes < tag->file.length_bytes)
        status = read_part(tag, 0, tag->file.length_bytes, begin, begin_bytes);
    if (status != SW_SUCCESS && status != SW_END_OF_DATA)
        return tag_read_refusal(status, false);
    return *begin_bytes >= tag->file.length_bytes ? TAG_READ_DONE : TAG_READ_NONE;
}

/* Files begin with the length of the message; false if it is longer than the file, or than can be read. */
static bool get_length(const struct type4 *tag, const uint8_t *begin, size_t *length)
{
    size_t length_bytes = tag->file.length_bytes;

    *length = 0;
    for (size_t i = 0; i < length_bytes; i++)
        *length = *length << 8 | begin[i];
    return *length <= tag->file.size_bytes - length_bytes && *length <= REACHABLE_BYTES - length_bytes;
}

/* file: end_bytes of memory, at most REACHABLE_BYTES, known_bytes of which are there. */
static int read_rest(struct type4 *tag, uint8_t *file, size_t known_bytes, size_t end_bytes)
{
    while (known_bytes < end_bytes) {
        size_t missing_bytes = end_bytes - known_bytes;
        size_t given_bytes = 0;
        int status = read_part(tag, known_bytes, missing_bytes < read_limit(tag) ? missing_bytes : read_limit(tag),
                               file + known_bytes, &given_bytes);
        if ((status != SW_SUCCESS && status != SW_END_OF_DATA) || given_bytes == 0)
            return tag_read_refusal(status, true);
        known_bytes += given_bytes;
    }
    return TAG_READ_DONE;
}

static int read_message(struct type4 *tag, struct ndef_data *message)
{
    uint8_t begin[LE_MAX];
    size_t begin_bytes = 0;
    size_t length = 0;
    const size_t length_bytes = tag->file.length_bytes;
    int result = read_begin(tag, begin, &begin_bytes);

    if (result != TAG_READ_DONE)
        return result;
    if (!get_length(tag, begin, &length))
        return TAG_READ_NONE;
    size_t end_bytes = length_bytes + length;
    uint8_t *file = memory_zeroed(end_bytes, 1);
    if (begin_bytes > end_bytes)
        begin_bytes = end_bytes;
    memcpy(file, begin, begin_bytes);
    result = read_rest(tag, file, begin_bytes, end_bytes);
    if (result == TAG_READ_DONE) {
        message->bytes = memory_copy(file + length_bytes, length);
        message->size_bytes = length;
    }
    free(file);
    return result;
}

int type4_read_ndef(struct exchange *exchange, struct ndef_data *message)
{
    struct type4 tag = { .exchange = exchange };

    *message = (struct ndef_data) { 0 };
    int result = select_application(&tag);
    if (result == TAG_READ_DONE)
        result = read_capability(&tag);
    if (result == TAG_READ_DONE)
        result = select_file(&tag, tag.file.id);
    return result == TAG_READ_DONE ? read_message(&tag, message) : result;
}
