/* SPDX-License-Identifier: MIT */
/* Any bytes as an answer of the helper process and as a request to it: what is taken is written as the same bytes. */
#include "base/memory.h"
#include "reader/nfc_wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t again[NFC_MESSAGE_MAX_BYTES];

static void check_text(const char *text, size_t capacity_bytes)
{
    if (strnlen(text, capacity_bytes) == capacity_bytes)
        abort();
}

static void check_answer(const uint8_t *exact, size_t size)
{
    static struct nfc_answer answer;

    if (!nfc_wire_get_answer(exact, size, &answer)) {
        if (answer.result != 0 || answer.devices_count != 0 || answer.tag.uid_bytes != 0)
            abort();
        return;
    }
    check_text(answer.text, sizeof answer.text);
    check_text(answer.name, sizeof answer.name);
    check_text(answer.connection, sizeof answer.connection);
    if (answer.result >= NFC_HUNG || answer.devices_count > NFC_DEVICES_MAX || answer.bytes_count > sizeof answer.bytes)
        abort();
    for (size_t i = 0; i < answer.devices_count; i++)
        check_text(answer.devices[i], sizeof answer.devices[i]);
    struct card card = {0};
    nfc_tag_to_card(&answer.tag, &card);
    if (nfc_wire_put_answer(&answer, again, sizeof again) != size || memcmp(again, exact, size) != 0)
        abort();
}

static void check_request(const uint8_t *exact, size_t size)
{
    static struct nfc_request request;

    if (!nfc_wire_get_request(exact, size, &request)) {
        if (request.verb != 0 || request.bytes_count != 0)
            abort();
        return;
    }
    check_text(request.connection, sizeof request.connection);
    if (nfc_wire_put_request(&request, again, sizeof again) != size || memcmp(again, exact, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = memory_copy(data, size);

    check_answer(exact, size);
    check_request(exact, size);
    free(exact);
    return 0;
}
