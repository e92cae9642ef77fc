/* SPDX-License-Identifier: MIT */
/*
 * Both DESFire templates with a card whose answers are bytes of the input, in every way to authenticate: nothing may be
 * read beyond an answer, and no conversation may be without end. A card without the key gets no further than the proof
 * of it, so what comes after is fed by itself. Input: registers (OPT, AUT, LOC: 3 + 8 bytes), what to feed (0 the
 * templates, 1 deciphered text, 2 the data of a whole answer, 3 the frames of a read in a session), then answers, each
 * after its length, or the text.
 */
#include "base/memory.h"
#include "card/desfire.h"
#include "template/template.h"
#include "template/token.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 12 };

struct input {
    const uint8_t *bytes;
    size_t left;
};

static size_t take(struct input *input, uint8_t *to, size_t count)
{
    if (count > input->left)
        count = input->left;
    if (count > 0)
        memcpy(to, input->bytes, count);
    input->bytes += count;
    input->left -= count;
    return count;
}

static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer, size_t capacity)
{
    struct input *input = card->driver;
    uint8_t length = 0;
    uint8_t *exact = memory_copy(command, command_bytes); /* reads all of it */

    free(exact);
    if (take(input, &length, 1) == 0)
        return CARD_ERROR_MUTE;
    return (int) take(input, answer, length < capacity ? length : capacity);
}

static void run_templates(const uint8_t header[HEADER_BYTES], struct input *input)
{
    struct template_registers registers[TEMPLATE_COUNT] = { 0 };
    const struct template_limits limits = { .clock = clock_system() };
    struct card card = { .technology = CARD_NFC_A, .uid = { 4, 1, 2, 3, 4, 5, 6 }, .transceive = transceive,
                         .protocol_bytes = { 0x44, 0x03, 0x20 }, .protocol_bytes_count = 3, .driver = input };
    struct token *token = NULL;
    enum card_error error = CARD_ERROR_MUTE;

    card.uid_bytes = (header[0] & 0x80) != 0 ? 4 : 7;
    registers[0].at[TEMPLATE_LOOKUP].bytes[0] = 0x71;
    registers[1].at[TEMPLATE_LOOKUP].bytes[0] = 0x70;
    for (size_t i = 0; i < 2; i++) {
        registers[i].at[TEMPLATE_OUTPUT_FORMAT].bytes[0] = 0x0F;
        registers[i].at[TEMPLATE_OPTIONS].bytes[0] = header[0] & 0x30;
        registers[i].at[5].bytes[0] = header[1];
        registers[i].at[5].bytes[1] = header[2] % 5;
        registers[i].at[TEMPLATE_LOOKUP].size_bytes = 1;
    }
    memcpy(registers[0].at[TEMPLATE_LOCATION].bytes, header + 3, 8);
    memcpy(registers[1].at[TEMPLATE_LOCATION].bytes, header + 3, 3);
    struct template_set *set = template_set_create(registers);
    enum template_result result = template_set_run(set, &card, &limits, &token, &error);
    if ((result == TEMPLATE_MATCHED) != (token != NULL) || (token != NULL && token->tag_data[0] == '\0'))
        abort();
    token_free(token);
    template_set_free(set);
}

/* Text as a card with the key could make it: a stranger's answers never get that far. */
static void strip(const uint8_t header[HEADER_BYTES], const struct input *input)
{
    const enum desfire_authentication authentication = (enum desfire_authentication) (1 + header[2] % 4);
    const struct desfire_session session = { .authentication = authentication,
                                             .cipher = desfire_authentication_cipher(authentication) };
    size_t left = input->left;
    uint8_t *exact = memory_copy(input->bytes, input->left);

    if (desfire_strip(&session, exact, &left, header[3]) == DESFIRE_GOOD && left > input->left)
        abort();
    free(exact);
}

/* The same with the session's own way in, whose MAC and cipher the input will hardly fit, but its lengths will. */
static void open_session(const uint8_t header[HEADER_BYTES], const struct input *input)
{
    static const enum desfire_communication modes[] = { DESFIRE_PLAIN, DESFIRE_MAC, DESFIRE_ENCRYPTED };
    const enum desfire_authentication authentication = (enum desfire_authentication) (header[2] % 5);
    struct desfire_session session = { .authentication = authentication,
                                       .cipher = desfire_authentication_cipher(authentication) };
    size_t left = input->left;
    uint8_t *exact = memory_copy(input->bytes, input->left);

    if (desfire_open(&session, modes[header[1] % 3], exact, &left, header[3]) == DESFIRE_GOOD && left > input->left)
        abort();
    free(exact);
}

static void read_in_session(const uint8_t header[HEADER_BYTES], struct input *input)
{
    static const uint8_t commands[] = { 0xBD, 0xAD, 0xBB, 0xAB };
    static const enum desfire_communication modes[] = { DESFIRE_PLAIN, DESFIRE_MAC, DESFIRE_ENCRYPTED };
    const struct desfire_options options = { .iso_wrapping = (header[0] & 0x20) != 0, .random = desfire_random };
    const struct desfire_file file = { .command = commands[header[4] % 4], .length_bytes = header[3],
                                       .communication = modes[header[1] % 3] };
    struct card card = { .technology = CARD_NFC_A, .transceive = transceive, .driver = input };
    struct exchange exchange;
    struct desfire desfire;
    uint8_t data[DESFIRE_DATA_MAX_BYTES];
    size_t data_bytes = 0;

    exchange_begin(&exchange, &card, clock_system());
    desfire_begin(&desfire, &exchange, &options);
    desfire.session.authentication = (enum desfire_authentication) (header[2] % 5);
    desfire.session.cipher = desfire_authentication_cipher(desfire.session.authentication);
    if (desfire_read(&desfire, &file, data, &data_bytes) == 0 && data_bytes > sizeof data)
        abort();
    desfire_end(&desfire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t header[HEADER_BYTES] = { 0 };
    uint8_t *exact = memory_copy(data, size);
    struct input input = { .bytes = exact, .left = size };

    take(&input, header, sizeof header);
    switch (header[HEADER_BYTES - 1] % 4) {
    case 0:
        run_templates(header, &input);
        break;
    case 1:
        strip(header, &input);
        break;
    case 2:
        open_session(header, &input);
        break;
    default:
        read_in_session(header, &input);
        break;
    }
    free(exact);
    return 0;
}
