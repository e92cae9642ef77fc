/* SPDX-License-Identifier: MIT */
#include "card/card.h"

#include <string.h>

/* In the order of enum card_technology, but for PicoTag: the more common protocol of the shared name comes first. */
static const struct {
    enum card_technology technology;
    const char *name;
} protocols[] = {
    { CARD_NFC_A, "NFC-A" },
    { CARD_NFC_B, "NFC-B" },
    { CARD_NFC_V, "NFC-V" },
    { CARD_NFC_F, "NFC-F" },
    { CARD_KOVIO, "Kovio" },
    { CARD_NFC_T1T, "NFC-T1T" },
    { CARD_ST_SR, "ST-SR" },
    { CARD_ASK_CTS, "ASK-CTS" },
    { CARD_PICOTAG_V, "Inside-Pico" },
    { CARD_PICOTAG_B, "Inside-Pico" },
    { CARD_INNOVATRON, "Innovatron" },
};

const char *card_protocol_name(enum card_technology technology)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (protocols[i].technology == technology)
            return protocols[i].name;
    }
    return "unknown";
}

enum card_technology card_technology_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (strcmp(protocols[i].name, name) == 0)
            return protocols[i].technology;
    }
    return CARD_UNKNOWN;
}
