/* SPDX-License-Identifier: MIT */
#include "card/exchange.h"

#include <assert.h>
#include <string.h>

enum { SW_BYTES = 2, HEADER_BYTES = 4, COMMAND_MAX_BYTES = 5 + 255 + 1 };
enum { SW1_MORE = 0x61, SW1_WRONG_LE = 0x6C };
enum { CLASS_READER = 0xFF, READ_BINARY = 0xB0, GET_RESPONSE = 0xC0 };

void exchange_begin(struct exchange *exchange, struct card *card, const struct clock *clock)
{
    *exchange = (struct exchange) {
        .card = card,
        .clock = clock,
        .end_ms = clock_monotonic_ms(clock) + EXCHANGE_LIMIT_MS,
        .commands_left = EXCHANGE_MAX_COMMANDS,
        .bytes_left = EXCHANGE_MAX_BYTES,
    };
}

/* Whether one more command may be sent; it is counted. */
static bool spend(struct exchange *exchange)
{
    if (exchange->commands_left == 0 || clock_monotonic_ms(exchange->clock) >= exchange->end_ms)
        return false;
    exchange->commands_left--;
    exchange->commands_sent++;
    return true;
}

int exchange_raw(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                 size_t capacity_bytes)
{
    if (!spend(exchange))
        return CARD_ERROR_MUTE;
    int received = exchange->card->transceive(exchange->card, command, command_bytes, answer, capacity_bytes);
    if (received < 0)
        return received;
    if ((size_t) received > capacity_bytes || (size_t) received > exchange->bytes_left)
        return CARD_ERROR_MUTE;
    exchange->bytes_left -= (size_t) received;
    return received;
}

int exchange_apdu(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t *data,
                  size_t capacity_bytes, size_t *data_bytes)
{
    uint8_t answer[EXCHANGE_ANSWER_MAX_BYTES + SW_BYTES];
    int received = exchange_raw(exchange, command, command_bytes, answer, sizeof answer);

    *data_bytes = 0;
    if (received < 0)
        return received;
    if (received < SW_BYTES || (size_t) received - SW_BYTES > capacity_bytes)
        return CARD_ERROR_MUTE;
    *data_bytes = (size_t) received - SW_BYTES;
    memcpy(data, answer, *data_bytes);
    return answer[*data_bytes] << 8 | answer[*data_bytes + 1];
}

/* Le in its place: the last byte of a command of 5 bytes or with data and Le; after data that ends the command. */
static size_t put_le(uint8_t *command, size_t command_bytes, uint8_t le)
{
    bool has_data = command_bytes > HEADER_BYTES + 1;
    bool ends_with_data = has_data && command_bytes == HEADER_BYTES + 1U + command[HEADER_BYTES];

    if (command_bytes == HEADER_BYTES || ends_with_data)
        command_bytes++;
    command[command_bytes - 1] = le;
    return command_bytes;
}

static int ask_with_le(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t le,
                       uint8_t *data, size_t capacity_bytes, size_t *data_bytes)
{
    uint8_t again[COMMAND_MAX_BYTES];

    if (command_bytes < HEADER_BYTES || command_bytes > sizeof again)
        return CARD_ERROR_MUTE;
    memcpy(again, command, command_bytes);
    size_t size = put_le(again, command_bytes, le);
    int status = exchange_apdu(exchange, again, size, data, capacity_bytes, data_bytes);
    explicit_bzero(again, sizeof again);
    return status;
}

/*
 * The class of the command with its logical channel, but without its bits for secure messaging and chaining, as far as
 * it is an interindustry one (ISO/IEC 7816-4, 5.4.1).
 */
static uint8_t class_of_get_response(uint8_t class)
{
    enum { FURTHER = 0x40, PROPRIETARY = 0x80, FIRST_CHANNELS = 0x03, FURTHER_CHANNELS = 0x4F };

    if (class >= PROPRIETARY)
        return class;
    return class & (class < FURTHER ? FIRST_CHANNELS : FURTHER_CHANNELS);
}

int exchange_chained(struct exchange *exchange, const uint8_t *command, size_t command_bytes, uint8_t *data,
                     size_t capacity_bytes, size_t *data_bytes)
{
    int status = exchange_apdu(exchange, command, command_bytes, data, capacity_bytes, data_bytes);

    if (status >> 8 == SW1_WRONG_LE)
        status = ask_with_le(exchange, command, command_bytes, (uint8_t) status, data, capacity_bytes, data_bytes);
    while (status >> 8 == SW1_MORE) {
        const uint8_t class = class_of_get_response(command[0]);
        const uint8_t get_response[] = { class, GET_RESPONSE, 0x00, 0x00, (uint8_t) status };
        size_t more_bytes = 0;
        status = exchange_apdu(exchange, get_response, sizeof get_response, data + *data_bytes,
                               capacity_bytes - *data_bytes, &more_bytes);
        if (more_bytes == 0 && status >> 8 == SW1_MORE)
            return CARD_ERROR_MUTE; /* it has more, and gives nothing */
        *data_bytes += more_bytes;
    }
    return status;
}

int exchange_read_binary(struct exchange *exchange, uint8_t number, uint8_t count, uint8_t *data,
                         size_t capacity_bytes, size_t *data_bytes)
{
    const uint8_t command[] = { CLASS_READER, READ_BINARY, 0x00, number, count };

    assert(count > 0);
    int status = exchange_apdu(exchange, command, sizeof command, data, capacity_bytes, data_bytes);
    if (status >> 8 != SW1_WRONG_LE)
        return status;
    return ask_with_le(exchange, command, sizeof command, (uint8_t) status, data, capacity_bytes, data_bytes);
}

int exchange_authenticate(struct exchange *exchange, uint8_t block, enum card_key kind,
                          const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    if (!spend(exchange))
        return CARD_ERROR_MUTE;
    return exchange->card->authenticate(exchange->card, block, kind, key);
}
