/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_card.h"

#include <string.h>

enum { SW_BYTES = 2, SW_SUCCESS = 0x9000 };
enum { KEY_STRUCTURE_VOLATILE = 0x00, KEY_SLOT = 0x00, KEY_TYPE_A = 0x60, KEY_TYPE_B = 0x61 };

/* Returns the status bytes, or a card_error. Nothing else may be in the answer. */
static int ask_status(struct card *card, const uint8_t *command, size_t command_bytes)
{
    uint8_t answer[256 + SW_BYTES];
    int received = card->transceive(card, command, command_bytes, answer, sizeof answer);

    if (received < 0)
        return received;
    return received == SW_BYTES ? answer[0] << 8 | answer[1] : CARD_ERROR_MUTE;
}

static int load_key(struct card *card, const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    uint8_t command[5 + CARD_CLASSIC_KEY_BYTES] = {
        0xFF, 0x82, KEY_STRUCTURE_VOLATILE, KEY_SLOT, CARD_CLASSIC_KEY_BYTES,
    };

    memcpy(command + 5, key, CARD_CLASSIC_KEY_BYTES);
    int status = ask_status(card, command, sizeof command);
    explicit_bzero(command, sizeof command);
    if (status < 0 || status == SW_SUCCESS)
        return status < 0 ? status : 0;
    return CARD_ERROR_READER;
}

static int error_from_status(int status)
{
    switch (status) {
    case SW_SUCCESS:
        return 0;
    case 0x6300:  /* no information */
    case 0x6581:  /* no such block */
    case 0x6981:  /* the command does not fit the card */
    case 0x6982:  /* security status not satisfied */
    case 0x6983:  /* authentication cannot be done */
        return CARD_ERROR_REFUSED;
    default:
        return status < 0 ? status : CARD_ERROR_READER;
    }
}

int pcsc_card_authenticate(struct card *card, uint8_t block, enum card_key kind,
                           const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    const uint8_t command[] = {
        0xFF, 0x86, 0x00, 0x00, 0x05, 0x01, 0x00, block, kind == CARD_KEY_A ? KEY_TYPE_A : KEY_TYPE_B, KEY_SLOT,
    };
    int error = load_key(card, key);

    return error != 0 ? error : error_from_status(ask_status(card, command, sizeof command));
}
