/* SPDX-License-Identifier: MIT */
/* Any bytes as an ATR: what comes out must be consistent, and nothing beyond the bytes may be read. */
#include "base/memory.h"
#include "card/atr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = memory_copy(data, size);
    struct atr_info info = atr_parse(exact, size);
    bool known = info.technology != CARD_UNKNOWN;

    free(exact);
    if (known && (info.kind == ATR_CONTACT || info.kind == ATR_ISO14443_4_AB))
        abort();
    if (info.kind == ATR_ISO14443_4 && info.technology != CARD_NFC_A && info.technology != CARD_NFC_B)
        abort();
    if ((strcmp(card_protocol_name(info.technology), "unknown") != 0) != known)
        abort();
    return 0;
}
