/* SPDX-License-Identifier: MIT */
/* Any answers of a tag to the commands of templates: what comes out fits, and is an answer or an error of the card. */
#include "base/memory.h"
#include "reader/nfc_card.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ASKED_MAX = 2048, COMMANDS_MAX = 64 };

struct input {
    const uint8_t *data;
    size_t left;
    size_t asked;
};

static uint8_t next(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->data++;
}

/* At most as many as there are. */
static size_t take(struct input *input, uint8_t *bytes, size_t count)
{
    size_t taken = count < input->left ? count : input->left;

    for (size_t i = 0; i < taken; i++)
        bytes[i] = next(input);
    return taken;
}

static void make_tag(struct input *input, struct nfc_tag *tag)
{
    static const enum card_technology technologies[] = {CARD_NFC_A, CARD_NFC_A, CARD_NFC_A, CARD_NFC_B, CARD_NFC_F,
                                                        CARD_ST_SR};

    *tag = (struct nfc_tag) {.technology = technologies[next(input) % (sizeof technologies / sizeof *technologies)]};
    tag->uid_bytes = take(input, tag->uid, next(input) % (sizeof tag->uid + 1));
    tag->ats_bytes = take(input, tag->ats, next(input) % (sizeof tag->ats + 1));
    tag->protocol_bytes_count = take(input, tag->protocol_bytes, next(input) % (sizeof tag->protocol_bytes + 1));
}

static void check_request(const struct nfc_request *request)
{
    if (request->bytes_count > sizeof request->bytes)
        abort();
    if ((request->verb == NFC_EXCHANGE) != (request->bytes_count > 0))
        abort();
    if ((request->verb == NFC_EXCHANGE) != (request->timeout_ms > 0))
        abort();
}

static enum nfc_result play(void *context, const struct nfc_request *request, struct nfc_answer *answer)
{
    struct input *input = context;

    check_request(request);
    /* Whatever the tag says, one command leads to a bounded number of questions. */
    if (++input->asked > ASKED_MAX)
        abort();
    answer->result = input->left > 0 ? NFC_FINE + next(input) % NFC_STOPPED : NFC_STOPPED;
    if (request->verb == NFC_SELECT)
        make_tag(input, &answer->tag);
    /* Often the 16 bytes that a READ gives, or the 14 to 77 of a FeliCa's answer. */
    size_t count = next(input);
    answer->bytes_count = take(input, answer->bytes, count < 0x80   ? 16
                                                     : count < 0xC0 ? count - 0x80 + 14
                                                                    : count + (size_t) (next(input) & 7));
    return answer->result;
}

static void check_result(int result, size_t capacity_bytes)
{
    if (result < CARD_ERROR_REFUSED || (result > 0 && (size_t) result > capacity_bytes))
        abort();
}

static void send(struct input *input, struct card *card, const uint8_t *command, size_t command_bytes)
{
    /* Exactly as large as it is said to be, so that a sanitizer sees a byte too many. */
    uint8_t *exact = memory_copy(command, command_bytes);
    size_t capacity_bytes = next(input) + (next(input) & 3U);
    uint8_t *answer = memory_zeroed(1, capacity_bytes + 1);
    answer = memory_resize(answer, 1, capacity_bytes > 0 ? capacity_bytes : 1);

    int result = card->transceive(card, exact, command_bytes, answer, capacity_bytes);
    check_result(result, capacity_bytes);
    if (result == CARD_ERROR_REFUSED)
        abort();
    free(answer);
    free(exact);
}

static void do_command(struct input *input, struct card *card)
{
    uint8_t command[NFC_FRAME_MAX_BYTES + 8] = {0xFF};
    uint8_t key[CARD_CLASSIC_KEY_BYTES] = {0};
    uint8_t choice = next(input);

    switch (choice % 4) {
    case 0:
    case 1:
        command[1] = choice % 4 == 0 ? 0xCA : 0xB0;
        (void) take(input, command + 2, 3);
        send(input, card, command, 5);
        break;
    case 2:
        send(input, card, command, take(input, command, next(input) + (next(input) & 15U)));
        break;
    default:
        (void) take(input, key, sizeof key);
        check_result(card->authenticate(card, next(input), choice & 4 ? CARD_KEY_A : CARD_KEY_B, key), 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.data = data, .left = size};
    struct nfc_card card;
    struct nfc_tag tag;

    make_tag(&input, &tag);
    nfc_card_init(&card, &tag, play, &input);
    for (int i = 0; i < COMMANDS_MAX && input.left > 0; i++) {
        input.asked = 0;
        bool lost = card.lost != 0;
        do_command(&input, &card.card);
        if (lost && input.asked > 0)
            abort();
    }
    return 0;
}
