/* SPDX-License-Identifier: MIT */
/*
 * The template NDEF Data, with any registers, against a card that answers anything: it ends within its bounds, and what
 * comes out is text that may go on.
 *
 * The input: which card (1 byte), registers (16 bytes), then answers; each begins with a byte that says what it is.
 */
#include "base/memory.h"
#include "template/type.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t left;
    unsigned commands;
};

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static uint8_t next(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->data++;
}

/* 1 ms for each question, so that a run does not depend on the machine. */
static uint64_t tick(const struct clock *clock)
{
    static uint64_t now_us;

    (void) clock;
    return now_us += 1000;
}

/*
 * The first byte of an answer: 0 to 3 an error, 4 as many bytes as were asked for, 5 none; of all others the low 6 bits
 * are how many bytes it has. From 80 on the status bytes are in the input, too; before, they are 90 00. BF is cut.
 */
static int answer_anything(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                           size_t capacity_bytes)
{
    static const int errors[] = { CARD_ERROR_GONE, CARD_ERROR_MUTE, CARD_ERROR_READER, CARD_ERROR_MUTE };
    struct input *input = card->driver;
    uint8_t kind = next(input);

    must(command_bytes >= 5 && command_bytes <= 13 && ++input->commands <= EXCHANGE_MAX_COMMANDS);
    if (input->left == 0)
        return CARD_ERROR_MUTE;
    if (kind < sizeof errors / sizeof *errors)
        return errors[kind];
    bool has_status = kind >= 0x80;
    size_t count = kind == 4 ? command[4] : kind == 5 ? 0 : kind & 0x3F;
    if (count + 2 > capacity_bytes)
        return CARD_ERROR_MUTE;
    for (size_t i = 0; i < count; i++)
        answer[i] = next(input);
    answer[count] = has_status ? next(input) : 0x90;
    answer[count + 1] = has_status ? next(input) : 0x00;
    return (int) count + 2 - (kind == 0xBF ? 1 : 0);
}

static void make_card(struct input *input, struct card *card)
{
    static const struct { enum card_technology technology; uint8_t protocol[3]; } cards[] = {
        { CARD_NFC_A, { 0x00, 0x44, 0x00 } }, { CARD_NFC_A, { 0x03, 0x44, 0x20 } }, { CARD_NFC_B, { 0 } },
        { CARD_NFC_F, { 0 } }, { CARD_NFC_V, { 0 } },
    };
    size_t which = next(input) % (sizeof cards / sizeof *cards);

    *card = (struct card) { .technology = cards[which].technology, .uid_bytes = 4, .transceive = answer_anything,
                            .driver = input };
    memcpy(card->protocol_bytes, cards[which].protocol, sizeof cards[which].protocol);
    card->protocol_bytes_count = sizeof cards[which].protocol;
}

static void make_registers(struct input *input, struct template_registers *registers)
{
    static const struct { uint8_t offset, count; } fields[] = { { 1, 2 }, { 3, 2 }, { 4, 1 }, { 5, 1 }, { 6, 10 } };

    *registers = (struct template_registers) { 0 };
    registers->at[TEMPLATE_LOOKUP].bytes[0] = 0x4E;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct template_register *at = &registers->at[fields[i].offset];
        for (size_t k = 0; k < fields[i].count; k++)
            at->bytes[k] = next(input);
        at->size_bytes = fields[i].count;
    }
    struct template_register *type = &registers->at[6];
    type->size_bytes = strnlen((const char *) type->bytes, type->size_bytes);
    registers->at[TEMPLATE_LOCATION].bytes[1] &= 0x07;
}

static void check_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        must((unsigned char) *at >= 0x20 && *at != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct clock clock = { .monotonic_us = tick };
    const struct template_type *type = &template_ndef_data;
    struct input input = { .data = data, .left = size };
    struct template_registers registers;
    struct template_found found = { 0 };
    struct exchange exchange;
    struct card card;

    make_card(&input, &card);
    make_registers(&input, &registers);
    void *instance = type->create(&registers);
    must(type->wants(instance, &card));
    exchange_begin(&exchange, &card, &clock);
    enum template_result result = type->run(instance, &exchange, &found);
    must((result == TEMPLATE_MATCHED) == (found.tag_data != NULL) && found.tag_details == NULL);
    must((result == TEMPLATE_FAILED) == (found.error != 0));
    if (found.tag_data != NULL)
        check_text(found.tag_data);
    free(found.tag_data);
    type->free(instance);
    return 0;
}
