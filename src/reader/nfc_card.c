/* SPDX-License-Identifier: MIT */
#include "reader/nfc_card.h"

#include <assert.h>
#include <string.h>

/* Status bytes: PC/SC part 3, the tables of 3.2.2.1.3 (Get Data) and 3.2.2.1.8 (Read Binary). */
enum {
    SW_SUCCESS = 0x9000,
    SW_END_OF_DATA = 0x6282,
    SW_WRONG_LENGTH = 0x6700,
    SW_SECURITY = 0x6982,
    SW_NO_FILE_SELECTED = 0x6986,
    SW_NOT_SUPPORTED = 0x6A81,
    SW_NOT_FOUND = 0x6A82,
    SW_CORRECT_LENGTH = 0x6C00,
    SW_BYTES = 2,
};

enum { CLASS_READER = 0xFF, SELECT_FILE = 0xA4, GET_DATA = 0xCA, READ_BINARY = 0xB0, PSEUDO_APDU_BYTES = 5 };
enum { SELECT_SERVICE_BYTES = 7, SELECT_SERVICE_DATA = 5 };

/* The tags' own commands (NFC Forum Type 2, Mifare Classic): READ gives 16 bytes. */
enum { TAG_READ = 0x30, TAG_AUTHENTICATE_A = 0x60, TAG_AUTHENTICATE_B = 0x61 };
enum { READ_BYTES = 16, PAGES_AT_ONCE = 4, BLOCKS = 256, AUTHENTICATION_UID_BYTES = 4 };

/* FeliCa: Read Without Encryption (JIS X 6319-4; NFC Forum Type 3 Tag Operation 1.1, 5.4). Frames have their own length
 * before them; a short block list element is 80 and a number. */
enum { FELICA_READ = 0x06, FELICA_READ_ANSWER = 0x07, FELICA_ID_BYTES = 8, FELICA_BLOCKS_AT_ONCE = 4,
       FELICA_SHORT_ELEMENT = 0x80 };
enum { FELICA_AT_STATUS = 10, FELICA_AT_COUNT = 12, FELICA_AT_DATA = 13 };

/* A memory tag answers within some milliseconds; a processor card may ask for more time again and again. */
enum { STORAGE_TIMEOUT_MS = 500, APDU_TIMEOUT_MS = 2000 };

/* Twice as many as there are tags in a field. */
enum { SELECTIONS_MAX = 16 };

enum storage { STORAGE_NONE, STORAGE_TYPE_2, STORAGE_CLASSIC, STORAGE_FELICA };

static enum storage storage_of(const struct nfc_tag *tag)
{
    if (tag->technology == CARD_NFC_F && tag->uid_bytes == FELICA_ID_BYTES)
        return STORAGE_FELICA;
    if (tag->technology != CARD_NFC_A || nfc_tag_has_iso14443_4(tag))
        return STORAGE_NONE;
    uint8_t sak = nfc_tag_sak(tag);
    if ((sak & NFC_SAK_CLASSIC) != 0)
        return STORAGE_CLASSIC;
    return sak == 0 ? STORAGE_TYPE_2 : STORAGE_NONE;
}

static enum nfc_result ask(struct nfc_card *nfc_card, const struct nfc_request *request, struct nfc_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    enum nfc_result result = nfc_card->ask(nfc_card->context, request, answer);
    if (result == NFC_TROUBLE || result == NFC_HUNG || result == NFC_DIED || result == NFC_STOPPED)
        nfc_card->lost = result;
    return result;
}

static int error_from_nfc(enum nfc_result result)
{
    switch (result) {
    case NFC_FINE:
        return 0;
    case NFC_NOTHING:
    case NFC_CARD_GONE:
        return CARD_ERROR_GONE;
    case NFC_CARD_MUTE:
    case NFC_CARD_REFUSED:
        return CARD_ERROR_MUTE;
    case NFC_UNSUPPORTED:
    case NFC_TROUBLE:
    case NFC_HUNG:
    case NFC_DIED:
    case NFC_STOPPED:
        break;
    }
    return CARD_ERROR_READER;
}

/* 0, or CARD_ERROR_READER. */
static int error_unless_done(const struct nfc_card *nfc_card, enum nfc_result result)
{
    return nfc_card->lost != 0 || result == NFC_UNSUPPORTED ? CARD_ERROR_READER : 0;
}

static int ask_plainly(struct nfc_card *nfc_card, enum nfc_verb verb)
{
    const struct nfc_request request = {.verb = verb};
    struct nfc_answer answer;

    return error_unless_done(nfc_card, ask(nfc_card, &request, &answer));
}

/*
 * Selects the tag again, which fell silent because it refused something. A tag that was put to sleep by that comes
 * forward only after the field was off; others that come forward in its place are sent to sleep. 0, CARD_ERROR_GONE or
 * CARD_ERROR_READER.
 */
static int select_again(struct nfc_card *nfc_card)
{
    const struct nfc_request request = {.verb = NFC_SELECT, .technologies = nfc_card->tag.technology};
    bool reset = false;

    for (int attempt = 0; attempt < SELECTIONS_MAX; attempt++) {
        struct nfc_answer answer;
        enum nfc_result result = ask(nfc_card, &request, &answer);
        int error = error_unless_done(nfc_card, result);
        if (error != 0)
            return error;
        if (result == NFC_FINE && nfc_tag_same_id(&answer.tag, &nfc_card->tag))
            return 0;
        if (result != NFC_FINE && reset)
            return CARD_ERROR_GONE;
        error = ask_plainly(nfc_card, result == NFC_FINE ? NFC_DESELECT : NFC_RESET_FIELD);
        if (error != 0)
            return error;
        reset = reset || result != NFC_FINE;
    }
    return CARD_ERROR_GONE;
}

/* One exchange with the tag. Returns the bytes received, at most capacity_bytes, or a card_error. */
static int exchange(struct nfc_card *nfc_card, const uint8_t *command, size_t command_bytes, uint8_t *bytes,
                    size_t capacity_bytes)
{
    bool long_time = nfc_tag_has_iso14443_4(&nfc_card->tag);
    struct nfc_request request = {.verb = NFC_EXCHANGE, .bytes_count = command_bytes,
                                  .timeout_ms = long_time ? APDU_TIMEOUT_MS : STORAGE_TIMEOUT_MS};
    struct nfc_answer answer;

    memcpy(request.bytes, command, command_bytes);
    enum nfc_result result = ask(nfc_card, &request, &answer);
    if (result != NFC_FINE)
        return error_from_nfc(result);
    if (answer.bytes_count > sizeof answer.bytes || answer.bytes_count > capacity_bytes)
        return CARD_ERROR_MUTE;
    memcpy(bytes, answer.bytes, answer.bytes_count);
    return (int) answer.bytes_count;
}

/* What is answered to a command of class FF, before it is known whether it fits in the caller's memory. */
struct reply {
    uint8_t data[UINT8_MAX + SW_BYTES];
    size_t data_bytes;
    uint16_t status;
};

static int give_reply(const struct reply *reply, uint8_t *answer, size_t answer_capacity_bytes)
{
    if (reply->data_bytes + SW_BYTES > answer_capacity_bytes)
        return CARD_ERROR_MUTE;
    memcpy(answer, reply->data, reply->data_bytes);
    answer[reply->data_bytes] = (uint8_t) (reply->status >> 8);
    answer[reply->data_bytes + 1] = (uint8_t) reply->status;
    return (int) reply->data_bytes + SW_BYTES;
}

/* Get Data: Le 00 is all; too short an Le is told the right one and gets nothing, too long a one gets what there is. */
static void reply_data(struct reply *reply, const uint8_t *data, size_t data_bytes, uint8_t le)
{
    if (le != 0 && le < data_bytes) {
        reply->status = (uint16_t) (SW_CORRECT_LENGTH | data_bytes);
        return;
    }
    memcpy(reply->data, data, data_bytes);
    reply->data_bytes = data_bytes;
    reply->status = le > data_bytes ? SW_END_OF_DATA : SW_SUCCESS;
}

static void get_data(const struct nfc_tag *tag, const uint8_t *command, struct reply *reply)
{
    uint8_t ats[1 + CARD_ATS_MAX_BYTES];

    if (command[2] == 0x00 && command[3] == 0x00) {
        reply_data(reply, tag->uid, tag->uid_bytes, command[4]);
    } else if (command[2] == 0x01 && command[3] == 0x00 && tag->technology == CARD_NFC_A &&
               nfc_tag_has_iso14443_4(tag)) {
        ats[0] = (uint8_t) (1 + tag->ats_bytes);
        memcpy(ats + 1, tag->ats, tag->ats_bytes);
        reply_data(reply, ats, 1 + tag->ats_bytes, command[4]);
    } else {
        reply->status = SW_NOT_SUPPORTED;
    }
}

/* READ_SILENT: there was no answer, or a NAK, which is 4 bits long: both make the tag silent until it is selected. */
enum read_result { READ_FINE, READ_SILENT, READ_NONSENSE, READ_LOST };

static enum read_result read_16(struct nfc_card *nfc_card, uint8_t number, uint8_t bytes[READ_BYTES])
{
    const uint8_t command[] = {TAG_READ, number};
    uint8_t received[NFC_FRAME_MAX_BYTES];
    int count = exchange(nfc_card, command, sizeof command, received, sizeof received);

    if (count == CARD_ERROR_READER)
        return READ_LOST;
    if (count <= 1)
        return READ_SILENT;
    if (count != READ_BYTES)
        return READ_NONSENSE;
    memcpy(bytes, received, READ_BYTES);
    return READ_FINE;
}

/*
 * 4 pages; 0 or a card_error. A READ beyond the end is not answered, and neither is a disturbed one, so it is asked
 * twice. *end: the tag is there, and did not give them.
 */
static int read_pages(struct nfc_card *nfc_card, uint8_t page, uint8_t bytes[READ_BYTES], bool *end)
{
    enum read_result result = READ_SILENT;

    for (int attempt = 0; attempt < 2; attempt++) {
        result = read_16(nfc_card, page, bytes);
        if (result == READ_FINE || result == READ_LOST)
            return result == READ_FINE ? 0 : CARD_ERROR_READER;
        int lost = select_again(nfc_card);
        if (lost != 0)
            return lost;
    }
    *end = result == READ_SILENT;
    return *end ? 0 : CARD_ERROR_MUTE;
}

static int read_type_2(struct nfc_card *nfc_card, unsigned page, size_t wanted_bytes, struct reply *reply)
{
    bool end = false;

    while (reply->data_bytes < wanted_bytes) {
        uint8_t bytes[READ_BYTES];
        size_t missing_bytes = wanted_bytes - reply->data_bytes;
        end = page >= BLOCKS;
        int error = end ? 0 : read_pages(nfc_card, (uint8_t) page, bytes, &end);
        if (error != 0 || end) {
            reply->status = reply->data_bytes > 0 ? SW_END_OF_DATA : SW_NOT_FOUND;
            return error;
        }
        size_t taken_bytes = missing_bytes < sizeof bytes ? missing_bytes : sizeof bytes;
        memcpy(reply->data + reply->data_bytes, bytes, taken_bytes);
        reply->data_bytes += taken_bytes;
        page += PAGES_AT_ONCE;
    }
    reply->status = SW_SUCCESS;
    return 0;
}

/* A block of a sector that is not authenticated is answered by silence, and the card forgets its authentication. */
static int read_classic(struct nfc_card *nfc_card, unsigned block, size_t wanted_bytes, struct reply *reply)
{
    if (wanted_bytes % READ_BYTES != 0) {
        reply->status = SW_CORRECT_LENGTH | READ_BYTES;
        return 0;
    }
    while (reply->data_bytes < wanted_bytes) {
        if (block >= BLOCKS) {
            reply->status = SW_END_OF_DATA;
            return 0;
        }
        enum read_result result = read_16(nfc_card, (uint8_t) block++, reply->data + reply->data_bytes);
        if (result == READ_LOST || result == READ_NONSENSE)
            return result == READ_LOST ? CARD_ERROR_READER : CARD_ERROR_MUTE;
        if (result == READ_SILENT) {
            reply->data_bytes = 0;
            reply->status = SW_SECURITY;
            return select_again(nfc_card);
        }
        reply->data_bytes += READ_BYTES;
    }
    reply->status = SW_SUCCESS;
    return 0;
}

/* Whether the frame is the answer of that tag to a read of count blocks, and gives them. *is_refused: it is its answer,
 * and does not. */
static bool is_felica_answer(const struct nfc_card *nfc_card, const uint8_t *frame, size_t frame_bytes, size_t count,
                             bool *is_refused)
{
    if (frame_bytes < FELICA_AT_COUNT || frame[0] != frame_bytes || frame[1] != FELICA_READ_ANSWER ||
        memcmp(frame + 2, nfc_card->tag.uid, FELICA_ID_BYTES) != 0)
        return false;
    *is_refused = frame[FELICA_AT_STATUS] != 0;
    return !*is_refused && frame_bytes == FELICA_AT_DATA + count * READ_BYTES && frame[FELICA_AT_COUNT] == count;
}

/* 0 or a card_error. *is_refused: the tag does not give them. */
static int read_felica_blocks(struct nfc_card *nfc_card, uint8_t block, size_t count, uint8_t *data, bool *is_refused)
{
    uint8_t command[1 + 1 + FELICA_ID_BYTES + 1 + 2 + 1 + 2 * FELICA_BLOCKS_AT_ONCE] = {0, FELICA_READ};
    uint8_t received[NFC_FRAME_MAX_BYTES];
    uint8_t *end = command + 2;

    memcpy(end, nfc_card->tag.uid, FELICA_ID_BYTES);
    end += FELICA_ID_BYTES;
    *end++ = 1; /* service */
    *end++ = nfc_card->service[0];
    *end++ = nfc_card->service[1];
    *end++ = (uint8_t) count;
    for (size_t i = 0; i < count; i++) {
        *end++ = FELICA_SHORT_ELEMENT;
        *end++ = (uint8_t) (block + i);
    }
    command[0] = (uint8_t) (end - command);
    int received_bytes = exchange(nfc_card, command, command[0], received, sizeof received);
    if (received_bytes < 0)
        return received_bytes;
    if (!is_felica_answer(nfc_card, received, (size_t) received_bytes, count, is_refused))
        return *is_refused ? 0 : CARD_ERROR_MUTE;
    memcpy(data, received + FELICA_AT_DATA, count * READ_BYTES);
    return 0;
}

static int read_felica(struct nfc_card *nfc_card, unsigned block, size_t wanted_bytes, struct reply *reply)
{
    if (!nfc_card->has_service || wanted_bytes % READ_BYTES != 0) {
        reply->status = nfc_card->has_service ? SW_CORRECT_LENGTH | READ_BYTES : SW_NO_FILE_SELECTED;
        return 0;
    }
    while (reply->data_bytes < wanted_bytes) {
        size_t count = (wanted_bytes - reply->data_bytes) / READ_BYTES;
        count = count < FELICA_BLOCKS_AT_ONCE ? count : FELICA_BLOCKS_AT_ONCE;
        bool is_refused = block + count > BLOCKS;
        int error = is_refused ? 0 : read_felica_blocks(nfc_card, (uint8_t) block, count,
                                                        reply->data + reply->data_bytes, &is_refused);
        if (error != 0 || is_refused) {
            reply->status = reply->data_bytes > 0 ? SW_END_OF_DATA : SW_NOT_FOUND;
            return error;
        }
        reply->data_bytes += count * READ_BYTES;
        block += (unsigned) count;
    }
    reply->status = SW_SUCCESS;
    return 0;
}

static void select_service(struct nfc_card *nfc_card, const uint8_t *command, size_t command_bytes,
                           struct reply *reply)
{
    if (storage_of(&nfc_card->tag) != STORAGE_FELICA || command[2] != 0x00 || command[3] != 0x01)
        return;
    if (command_bytes != SELECT_SERVICE_BYTES || command[4] != sizeof nfc_card->service) {
        reply->status = SW_WRONG_LENGTH;
        return;
    }
    memcpy(nfc_card->service, command + SELECT_SERVICE_DATA, sizeof nfc_card->service);
    nfc_card->has_service = true;
    reply->status = SW_SUCCESS;
}

static int read_binary(struct nfc_card *nfc_card, const uint8_t *command, struct reply *reply)
{
    enum storage storage = storage_of(&nfc_card->tag);
    size_t wanted_bytes = command[4] != 0 ? command[4] : READ_BYTES;

    if (storage == STORAGE_NONE)
        reply->status = SW_NOT_SUPPORTED;
    else if (command[2] != 0)
        reply->status = SW_NOT_FOUND;
    else if (storage == STORAGE_CLASSIC)
        return read_classic(nfc_card, command[3], wanted_bytes, reply);
    else if (storage == STORAGE_FELICA)
        return read_felica(nfc_card, command[3], wanted_bytes, reply);
    else
        return read_type_2(nfc_card, command[3], wanted_bytes, reply);
    return 0;
}

static int answer_for_reader(struct nfc_card *nfc_card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                             size_t answer_capacity_bytes)
{
    struct reply reply = {.status = SW_NOT_SUPPORTED};
    bool known = command_bytes > 1 && (command[1] == GET_DATA || command[1] == READ_BINARY);
    int error = 0;

    if (command_bytes < 4 || (known && command_bytes != PSEUDO_APDU_BYTES))
        reply.status = SW_WRONG_LENGTH;
    else if (known && command[1] == GET_DATA)
        get_data(&nfc_card->tag, command, &reply);
    else if (known)
        error = read_binary(nfc_card, command, &reply);
    else if (command[1] == SELECT_FILE)
        select_service(nfc_card, command, command_bytes, &reply);
    return error != 0 ? error : give_reply(&reply, answer, answer_capacity_bytes);
}

/* struct card's transceive. */
static int transceive(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t answer_capacity_bytes)
{
    struct nfc_card *nfc_card = card->driver;

    if (nfc_card->lost != 0 || command_bytes == 0 || command_bytes > NFC_FRAME_MAX_BYTES)
        return CARD_ERROR_READER;
    if (command[0] == CLASS_READER)
        return answer_for_reader(nfc_card, command, command_bytes, answer, answer_capacity_bytes);
    return exchange(nfc_card, command, command_bytes, answer, answer_capacity_bytes);
}

/* Of a UID of 7 bytes the last 4 count, those of the last cascade level (NXP AN10927). */
static enum nfc_result ask_authentication(struct nfc_card *nfc_card, uint8_t block, enum card_key kind,
                                          const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    const struct nfc_tag *tag = &nfc_card->tag;
    struct nfc_request request = {.verb = NFC_EXCHANGE, .timeout_ms = STORAGE_TIMEOUT_MS};
    struct nfc_answer answer;
    uint8_t *end = request.bytes;

    *end++ = kind == CARD_KEY_A ? TAG_AUTHENTICATE_A : TAG_AUTHENTICATE_B;
    *end++ = block;
    memcpy(end, key, CARD_CLASSIC_KEY_BYTES);
    end += CARD_CLASSIC_KEY_BYTES;
    memcpy(end, tag->uid + tag->uid_bytes - AUTHENTICATION_UID_BYTES, AUTHENTICATION_UID_BYTES);
    request.bytes_count = (size_t) (end + AUTHENTICATION_UID_BYTES - request.bytes);
    enum nfc_result result = ask(nfc_card, &request, &answer);
    explicit_bzero(&request, sizeof request);
    return result;
}

/* struct card's authenticate. */
static int authenticate(struct card *card, uint8_t block, enum card_key kind, const uint8_t key[CARD_CLASSIC_KEY_BYTES])
{
    struct nfc_card *nfc_card = card->driver;

    if (nfc_card->lost != 0)
        return CARD_ERROR_READER;
    if (storage_of(&nfc_card->tag) != STORAGE_CLASSIC || nfc_card->tag.uid_bytes < AUTHENTICATION_UID_BYTES)
        return CARD_ERROR_REFUSED;
    enum nfc_result result = ask_authentication(nfc_card, block, kind, key);
    int error = error_from_nfc(result);
    if (error == 0 || error == CARD_ERROR_READER)
        return error;
    /* Whatever it was, the card is silent now: select it, so that another key can be tried. */
    int lost = select_again(nfc_card);
    return lost != 0 ? lost : result == NFC_CARD_REFUSED ? CARD_ERROR_REFUSED : CARD_ERROR_MUTE;
}

/* struct card's restart: without the field a card forgets everything. */
static int restart(struct card *card)
{
    struct nfc_card *nfc_card = card->driver;

    if (nfc_card->lost != 0)
        return CARD_ERROR_READER;
    nfc_card->has_service = false;
    int error = ask_plainly(nfc_card, NFC_RESET_FIELD);
    return error != 0 ? error : select_again(nfc_card);
}

void nfc_card_init(struct nfc_card *nfc_card, const struct nfc_tag *tag, nfc_card_ask *ask_tag, void *context)
{
    assert(tag->uid_bytes <= sizeof tag->uid && tag->ats_bytes <= sizeof tag->ats);
    *nfc_card = (struct nfc_card) {.tag = *tag, .ask = ask_tag, .context = context};
    nfc_tag_to_card(tag, &nfc_card->card);
    nfc_card->card.transceive = transceive;
    nfc_card->card.authenticate = authenticate;
    nfc_card->card.restart = restart;
    nfc_card->card.driver = nfc_card;
}
