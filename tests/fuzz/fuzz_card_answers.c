/* SPDX-License-Identifier: MIT */
/*
 * Any answers of a card to the templates that read memory or send APDUs: a read ends, stays within its bounds, and what
 * it puts out is clean text, or it is nothing at all.
 *
 * The input: which template, which card, its registers (TOF, LOC), whether the answers begin again when they are used
 * up; then for each command a byte that says what kind of answer it is, and its bytes.
 */
#include "base/memory.h"
#include "card/exchange.h"
#include "template/template.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ATTEMPTS = 4, CLASS_READER = 0xFF };

struct input {
    struct card card;
    const uint8_t *data;
    size_t size;
    size_t at;
    size_t answers_at;       /* where the answers begin */
    bool again;
    unsigned asked;
};

static bool is_over(struct input *input)
{
    if (input->at >= input->size && input->again && input->answers_at < input->size)
        input->at = input->answers_at;
    return input->at >= input->size;
}

static uint8_t next(struct input *input)
{
    return is_over(input) ? 0 : input->data[input->at++];
}

static void count(struct input *input)
{
    if (++input->asked > ATTEMPTS * EXCHANGE_MAX_COMMANDS)
        abort();
}

static int choose_error(uint8_t choice)
{
    static const int errors[] = { 0, 0, CARD_ERROR_REFUSED, CARD_ERROR_GONE, CARD_ERROR_MUTE, CARD_ERROR_READER };

    return errors[choice % (sizeof errors / sizeof *errors)];
}

static size_t put_bytes(struct input *input, uint8_t *answer, size_t bytes_count)
{
    for (size_t i = 0; i < bytes_count; i++)
        answer[i] = next(input);
    return bytes_count;
}

static size_t put_status(uint8_t *answer, size_t bytes_count, unsigned status)
{
    answer[bytes_count] = (uint8_t) (status >> 8);
    answer[bytes_count + 1] = (uint8_t) status;
    return bytes_count + 2;
}

/* Without a look at the capacity. Returns the length, or a card_error. */
static int make_answer(struct input *input, size_t wanted_bytes, uint8_t *answer)
{
    static const uint16_t statuses[] = { 0x6A82, 0x6982, 0x6300, 0x6700, 0x6C04, 0x6C10, 0x6C00, 0x6100,
                                         0x6104, 0x6282, 0x6981, 0x6A81, 0x6C40, 0x6CFF, 0x9100, 0x6F00 };
    uint8_t kind = next(input);

    if (kind < 0x60) /* what was asked for */
        return (int) put_status(answer, put_bytes(input, answer, wanted_bytes), 0x9000);
    if (kind < 0x90) { /* so many bytes */
        size_t bytes_count = put_bytes(input, answer, (size_t) (kind - 0x60) * 4);
        return (int) put_status(answer, bytes_count, 0x9000);
    }
    if (kind < 0xC0) { /* some, and any status */
        size_t bytes_count = put_bytes(input, answer, kind - 0x90U);
        unsigned status = next(input);
        return (int) put_status(answer, bytes_count, status << 8 | next(input));
    }
    if (kind < 0xE0) /* a status */
        return (int) put_status(answer, 0, statuses[kind % (sizeof statuses / sizeof *statuses)]);
    if (kind < 0xF0) /* bytes without any */
        return (int) put_bytes(input, answer, kind - 0xE0U);
    int error = choose_error(kind);
    return error != 0 ? error : (int) put_status(answer, put_bytes(input, answer, 256), 0x9000);
}

static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t capacity_bytes)
{
    struct input *input = card->driver;
    uint8_t whole[EXCHANGE_ANSWER_MAX_BYTES + 2];

    count(input);
    if (command_bytes < 4 || command_bytes > 261)
        abort();
    if (is_over(input))
        return CARD_ERROR_GONE;
    uint8_t *exact = memory_copy(command, command_bytes);
    size_t wanted_bytes = exact[0] == CLASS_READER ? exact[command_bytes - 1] : 8;
    free(exact);
    int received = make_answer(input, wanted_bytes, whole);
    if (received > 0 && (size_t) received > capacity_bytes)
        return CARD_ERROR_MUTE;
    if (received > 0)
        memcpy(answer, whole, (size_t) received);
    return received;
}

static int authenticate(struct card *card, uint8_t block, enum card_key kind, const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    struct input *input = card->driver;

    (void) block;
    (void) kind;
    (void) key;
    count(input);
    return is_over(input) ? CARD_ERROR_GONE : choose_error(next(input));
}

static int restart(struct card *card)
{
    struct input *input = card->driver;
    int error = choose_error(next(input));

    return error == CARD_ERROR_REFUSED ? CARD_ERROR_GONE : error;
}

static uint64_t no_time(const struct clock *clock)
{
    (void) clock;
    return 0;
}

static void make_card(struct input *input, uint8_t lookup)
{
    static const uint8_t saks[] = { 0x08, 0x18, 0x09 };
    struct card *card = &input->card;
    uint8_t choice = next(input);

    *card = (struct card) { .technology = lookup == 0x54 ? CARD_NFC_V : CARD_NFC_A, .transceive = transceive,
                            .authenticate = authenticate, .restart = (choice & 0x80) != 0 ? NULL : restart,
                            .driver = input };
    card->uid_bytes = 1 + choice % 8U;
    for (size_t i = 0; i < card->uid_bytes; i++)
        card->uid[i] = next(input);
    card->protocol_bytes[2] = lookup == 0x61 ? saks[choice % 3] : lookup == 0x13 ? 0x20 : 0x00;
    card->protocol_bytes_count = 3;
}

static void put(struct input *input, struct template_register *to, size_t size_bytes)
{
    to->size_bytes = put_bytes(input, to->bytes, size_bytes);
}

static void check_text(const char *text)
{
    for (const unsigned char *at = (const unsigned char *) text; *at != 0; at++) {
        if (*at < 0x20 || *at == 0x7F || *at == 0xC0 || *at == 0xC1 || *at > 0xF4)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t lookups[] = { 0x62, 0x54, 0x61, 0x13 };
    static const uint8_t apdus[] = { 0x00, 0xB0, 0x00, 0x00, 0x08 };
    const struct clock clock = { .monotonic_us = no_time };
    const struct template_limits limits = { .clock = &clock, .retry_ms = 1 };
    uint8_t *exact = memory_copy(data, size);
    struct input input = { .data = exact, .size = size };
    struct template_registers registers[TEMPLATE_COUNT] = { 0 };
    struct token *token = NULL;
    enum card_error error;

    uint8_t choice = next(&input);
    uint8_t lookup = lookups[choice % 4];
    make_card(&input, lookup);
    registers[0].at[TEMPLATE_LOOKUP] = (struct template_register) { .bytes = { lookup }, .size_bytes = 1 };
    put(&input, &registers[0].at[TEMPLATE_OUTPUT_FORMAT], 2);
    put(&input, &registers[0].at[TEMPLATE_LOCATION], 5);
    for (size_t i = 5; i < 8 && lookup == 0x13; i++) {
        memcpy(registers[0].at[i].bytes, apdus, sizeof apdus);
        registers[0].at[i].size_bytes = sizeof apdus;
    }
    input.answers_at = input.at;
    input.again = (choice & 0x80) != 0;

    struct template_set *set = template_set_create(registers);
    enum template_result result = template_set_run(set, &input.card, &limits, &token, &error);
    if ((result == TEMPLATE_MATCHED) != (token != NULL))
        abort();
    if (token != NULL)
        check_text(token->tag_data);
    if (result == TEMPLATE_FAILED && (error < CARD_ERROR_REFUSED || error > CARD_ERROR_GONE))
        abort();
    token_free(token);
    template_set_free(set);
    free(exact);
    return 0;
}
