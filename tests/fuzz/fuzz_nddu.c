/* SPDX-License-Identifier: MIT */
/* Any datagram as a lookup and as an answer. What is understood can be said again, and means the same. */
#include "base/memory.h"
#include "discovery/nddu.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = memory_copy(data, size);
    struct nddu_device device;
    bool lookup = nddu_is_lookup(exact, size);
    bool answer = nddu_device_parse(exact, size, &device);

    free(exact);
    if (lookup && answer)
        abort();
    if (!answer)
        return 0;
    char *text = nddu_device_text(&device);
    struct nddu_device again;
    /* What was cut off at the limit of a datagram is a bit longer with all its separators. */
    if (strlen(text) <= NDDU_DATAGRAM_MAX_BYTES) {
        if (!nddu_device_parse(text, strlen(text), &again) || strcmp(again.mac, device.mac) != 0 ||
            again.locked != device.locked)
            abort();
        nddu_device_clear(&again);
    }
    nddu_device_clear(&device);
    free(text);
    return 0;
}
