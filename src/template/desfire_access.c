/* SPDX-License-Identifier: MIT */
#include "template/desfire_access.h"

#include "base/log.h"
#include "card/an10922.h"
#include "card/kind.h"

#include <string.h>

/* Register AUT: byte 0 communication, diversification, key index; byte 1 key location, SAM, method; then the key. */
enum { AUTHENTICATION = 0x5, KEY_OFFSET = 2 };
enum { OPTION_WRAPPING = 0x20, OPTION_SELECT_NAME = 0x10 };
enum { COMMUNICATION_SHIFT = 6, DIVERSIFICATION_SHIFT = 4, LOCATION_SHIFT = 5 };
enum { DIVERSIFICATION_NONE = 0, DIVERSIFICATION_AN10922 = 1, COMMUNICATION_RFU = 2 };

/*
 * Assumption: the diversification input. AN10922 leaves it to the system; its example is the UID, the application and a
 * text of the system, and the registers have no place for a text. It is the UID of 7 bytes alone, as in the other
 * diversifications of the vendor's older readers, whose manuals name the master key and the UID and nothing else.
 *
 * Assumption: a card that hides its UID (random ID) gives it only to who has authenticated. Its key can so not depend
 * on the UID: a template with diversification does not match it.
 *
 * Assumption: choosing the PICC level (application 000000) costs no command, for a card begins there. Only if something
 * was said to the card before, by a template before this one, it is chosen again.
 */

static bool is_usable(unsigned communication, unsigned diversification, unsigned location, unsigned method)
{
    return communication != COMMUNICATION_RFU && diversification <= DIVERSIFICATION_AN10922 && location == 0 &&
           method <= DESFIRE_EV2_AES;
}

void desfire_access_init(struct desfire_access *access, const struct template_registers *registers)
{
    const uint8_t options = registers->at[TEMPLATE_OPTIONS].bytes[0];
    const uint8_t *location = registers->at[TEMPLATE_LOCATION].bytes;
    const uint8_t *authentication = registers->at[AUTHENTICATION].bytes;
    const unsigned communication = authentication[0] >> COMMUNICATION_SHIFT;
    const unsigned diversification = authentication[0] >> DIVERSIFICATION_SHIFT & 0x03;
    const unsigned method = authentication[1] & 0x0F;

    *access = (struct desfire_access) {
        .usable = is_usable(communication, diversification, authentication[1] >> LOCATION_SHIFT, method),
        .iso_wrapping = (options & OPTION_WRAPPING) != 0,
        .select_name = (options & OPTION_SELECT_NAME) != 0,
        .application = (uint32_t) location[0] << 16 | (uint32_t) location[1] << 8 | location[2],
        .authentication = (enum desfire_authentication) method,
        .communication = (enum desfire_communication) communication,
        .diversified = diversification == DIVERSIFICATION_AN10922,
        .key_index = authentication[0] & 0x0F,
    };
    memcpy(access->key, authentication + KEY_OFFSET, DESFIRE_KEY_BYTES);
}

void desfire_access_release(struct desfire_access *access)
{
    explicit_bzero(access, sizeof *access);
}

bool desfire_access_wants(const struct desfire_access *access, const struct card *card)
{
    return access->usable && card->technology == CARD_NFC_A && card_has_apdus(card);
}

static int diversify(const struct desfire_access *access, const struct card *card, uint8_t key[DESFIRE_KEY_BYTES])
{
    if (an10922_diversify(desfire_authentication_cipher(access->authentication), access->key, card->uid,
                          DESFIRE_UID_BYTES, key))
        return 0;
    return CARD_ERROR_READER;
}

static int authenticate(const struct desfire_access *access, struct exchange *exchange, struct desfire *desfire)
{
    uint8_t key[DESFIRE_KEY_BYTES];
    int result = 0;

    memcpy(key, access->key, sizeof key);
    if (access->diversified)
        result = diversify(access, exchange->card, key);
    if (result == 0)
        result = desfire_authenticate(desfire, access->authentication, access->key_index, key);
    explicit_bzero(key, sizeof key);
    return result;
}

/* Whether its key needs a UID that the card does not show. */
static bool lacks_uid(const struct desfire_access *access, const struct card *card)
{
    return access->authentication != DESFIRE_UNAUTHENTICATED && access->diversified &&
           card->uid_bytes != DESFIRE_UID_BYTES;
}

int desfire_access_open(const struct desfire_access *access, struct exchange *exchange, struct desfire *desfire)
{
    const struct desfire_options options = { .iso_wrapping = access->iso_wrapping, .random = desfire_random };
    const bool at_picc = exchange->commands_sent == 0 || access->select_name;
    int result = 0;

    desfire_begin(desfire, exchange, &options);
    if (lacks_uid(access, exchange->card)) {
        log_debug("desfire", "a key cannot be diversified for a card that hides its UID");
        return DESFIRE_REFUSED;
    }
    if (access->select_name)
        result = desfire_select_name(desfire);
    if (result == 0 && (access->application != 0 || !at_picc))
        result = desfire_select_application(desfire, access->application);
    if (result == 0 && access->authentication != DESFIRE_UNAUTHENTICATED)
        result = authenticate(access, exchange, desfire);
    return result;
}

enum template_result desfire_access_failed(int result, struct template_found *found)
{
    if (result == DESFIRE_REFUSED)
        return TEMPLATE_NO_MATCH;
    found->error = (enum card_error) result;
    return TEMPLATE_FAILED;
}
