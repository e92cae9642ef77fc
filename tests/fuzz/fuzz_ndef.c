/* SPDX-License-Identifier: MIT */
/* Any bytes as an NDEF message: its records lie in it one behind the other, and what they say can be had. */
#include "base/memory.h"
#include "card/ndef_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

/* Reads each byte, so that a sanitizer sees one that is not there. */
static unsigned touch(const uint8_t *bytes, size_t count)
{
    unsigned sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

static void check_record(const struct ndef_record *record, const uint8_t *end)
{
    struct ndef_data said;

    must(record->type_bytes <= UINT8_MAX && record->id_bytes <= UINT8_MAX);
    must(record->type + record->type_bytes == record->id && record->id + record->id_bytes == record->payload);
    must((size_t) (end - record->payload) >= record->payload_bytes);
    must(record->tnf <= NDEF_UNKNOWN);
    must(ndef_has_type(record, record->type, record->type_bytes) || record->tnf == NDEF_MEDIA);
    (void) ndef_is_external(record, "springcard.com:");
    must(!(ndef_is_text(record) && ndef_is_uri(record)));
    bool is_said = ndef_data_of(record, &said);
    must(is_said == (said.bytes != NULL));
    must(said.size_bytes <= record->type_bytes + record->payload_bytes * 3 + 32);
    if (touch(record->payload, record->payload_bytes) + touch(said.bytes, said.size_bytes) == UINT32_MAX)
        abort();
    free(said.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = memory_copy(data, size);
    struct ndef_reader reader;
    struct ndef_record record;
    enum ndef_result result;
    size_t count = 0;

    ndef_begin(&reader, exact, size);
    while ((result = ndef_next(&reader, &record)) == NDEF_RECORD) {
        check_record(&record, exact + size);
        must(++count * 3 <= size);
    }
    must(result == ndef_check(exact, size));
    must(size > 0 || result == NDEF_END);
    free(exact);
    return 0;
}
