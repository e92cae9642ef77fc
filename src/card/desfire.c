/* SPDX-License-Identifier: MIT */
#include "card/desfire.h"

#include "base/log.h"

#include <assert.h>
#include <string.h>

enum {
    SELECT_APPLICATION = 0x5A,
    GET_VERSION = 0x60,
    GET_CARD_UID = 0x51,
    ADDITIONAL_FRAME = 0xAF,
    READ_RECORDS = 0xBB,
    READ_RECORDS_EV2 = 0xAB,
};

/* Status bytes; NXP AN12343, "Command and response codes", and MF3ICD40 for the older ones. */
enum { STATUS_DONE = 0x00, STATUS_MORE = 0xAF };

/* ISO/IEC 7816-4: class and first status byte of a wrapped command; the first half of other status bytes. */
enum { CLASS_WRAPPED = 0x90, SW1_WRAPPED = 0x91, SW1_ISO = 0x60, SW1_ISO_MASK = 0xF0, SW_BYTES = 2 };

enum { COMMAND_MAX_BYTES = 64, FRAME_MAX_BYTES = COMMAND_MAX_BYTES + 6, ANSWER_MAX_BYTES = DESFIRE_DATA_MAX_BYTES + 2 };

/* GetVersion: hardware (7), software (7), then UID (7), batch (5), week, year; EV3 may have one byte more. */
enum { VERSION_UID_OFFSET = 14, VERSION_MIN_BYTES = 28 };

enum { EV2_CAPABILITIES_BYTES = 0 };

void desfire_begin(struct desfire *desfire, struct exchange *exchange, const struct desfire_options *options)
{
    *desfire = (struct desfire) { .exchange = exchange, .options = *options };
}

void desfire_end(struct desfire *desfire)
{
    desfire_session_wipe(&desfire->session);
}

/* What a card may say instead of doing it. */
static bool is_refusal(uint8_t status)
{
    static const uint8_t refusals[] = {
        0x0B, 0x0C, 0x0E, /* command not found, no changes, out of memory */
        0x1C, 0x1E, 0x40, /* illegal command, integrity error, no such key */
        0x7E, 0x9D, 0x9E, /* length error, permission denied, parameter error */
        0xA0, 0xA1, 0xAD, /* application not found, its integrity, authentication delay */
        0xAE, 0xBE, 0xC1, /* authentication error, boundary error, PICC integrity */
        0xCA, 0xCD, 0xCE, /* command aborted, PICC disabled, count error */
        0xDE, 0xEE, 0xF0, /* duplicate, memory error, file not found */
        0xF1,             /* its integrity */
    };

    return memchr(refusals, status, sizeof refusals) != NULL;
}

/* What a status means that is not the hoped for one. */
static int refuse(uint8_t command, uint8_t status)
{
    log_debug("desfire", "command %02X: the card answers with status %02X", command, status);
    return is_refusal(status) ? DESFIRE_REFUSED : CARD_ERROR_MUTE;
}

static int not_checked(enum desfire_check check)
{
    if (check == DESFIRE_NO_CIPHER) {
        log_error("desfire", "OpenSSL has not the cipher that the template needs; next: see which providers it loads");
        return CARD_ERROR_READER;
    }
    log_debug("desfire", "a MAC, CRC, padding or proof of the card is wrong; the card is asked again");
    return CARD_ERROR_MUTE;
}

static size_t wrap(const uint8_t *command, size_t command_bytes, uint8_t frame[FRAME_MAX_BYTES])
{
    size_t size = 0;

    frame[size++] = CLASS_WRAPPED;
    frame[size++] = command[0];
    frame[size++] = 0x00;
    frame[size++] = 0x00;
    if (command_bytes > 1) {
        frame[size++] = (uint8_t) (command_bytes - 1);
        memcpy(frame + size, command + 1, command_bytes - 1);
        size += command_bytes - 1;
    }
    frame[size++] = 0x00;
    return size;
}

/* Both leave the data alone in answer. They return the status, NO_DESFIRE if it is none of its, or a card_error. */
enum { NO_DESFIRE = 0x100 };

static int open_wrapped(const uint8_t *answer, size_t *answer_bytes)
{
    if (*answer_bytes < SW_BYTES)
        return CARD_ERROR_MUTE;
    *answer_bytes -= SW_BYTES;
    return answer[*answer_bytes] == SW1_WRAPPED ? answer[*answer_bytes + 1] : NO_DESFIRE;
}

static int open_native(uint8_t *answer, size_t *answer_bytes)
{
    if (*answer_bytes == 0)
        return CARD_ERROR_MUTE;
    if (*answer_bytes == SW_BYTES && (answer[0] & SW1_ISO_MASK) == SW1_ISO)
        return NO_DESFIRE;
    uint8_t status = answer[0];
    *answer_bytes -= 1;
    memmove(answer, answer + 1, *answer_bytes);
    return status;
}

/*
 * One frame there and one back. answer: ANSWER_MAX_BYTES; it becomes the data alone. Returns 0 and the status of the
 * card, or as the functions of the header.
 */
static int send_frame(struct desfire *desfire, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t *answer_bytes, uint8_t *status)
{
    uint8_t frame[FRAME_MAX_BYTES];
    const bool wrapped = desfire->options.iso_wrapping;

    assert(command_bytes > 0 && command_bytes <= COMMAND_MAX_BYTES);
    size_t frame_bytes = wrapped ? wrap(command, command_bytes, frame) : command_bytes;
    int received = exchange_raw(desfire->exchange, wrapped ? frame : command, frame_bytes, answer, ANSWER_MAX_BYTES);
    if (received < 0)
        return received;
    *answer_bytes = (size_t) received;
    int opened = wrapped ? open_wrapped(answer, answer_bytes) : open_native(answer, answer_bytes);
    if (opened == NO_DESFIRE) {
        log_debug("desfire", "command %02X: no DESFire's answer%s", command[0],
                  wrapped ? "" : "; the card may want iso_wrapping");
        return DESFIRE_REFUSED;
    }
    if (opened < 0)
        return opened;
    *status = (uint8_t) opened;
    return 0;
}

/* A whole command, and all frames of its answer. data: DESFIRE_DATA_MAX_BYTES. */
static int run_command(struct desfire *desfire, const uint8_t *command, size_t command_bytes, uint8_t *data,
                       size_t *data_bytes)
{
    static const uint8_t more[] = { ADDITIONAL_FRAME };
    uint8_t answer[ANSWER_MAX_BYTES];
    size_t answer_bytes = 0;
    uint8_t status = STATUS_DONE;
    int result = send_frame(desfire, command, command_bytes, answer, &answer_bytes, &status);

    *data_bytes = 0;
    while (result == 0) {
        if (status != STATUS_DONE && status != STATUS_MORE)
            return refuse(command[0], status);
        if (answer_bytes > DESFIRE_DATA_MAX_BYTES - *data_bytes) {
            log_debug("desfire", "command %02X: more than %d bytes; a length may be set", command[0],
                      DESFIRE_DATA_MAX_BYTES);
            return DESFIRE_REFUSED;
        }
        memcpy(data + *data_bytes, answer, answer_bytes);
        *data_bytes += answer_bytes;
        if (status == STATUS_DONE)
            return 0;
        if (answer_bytes == 0)
            return CARD_ERROR_MUTE; /* it has more, and gives nothing */
        result = send_frame(desfire, more, sizeof more, answer, &answer_bytes, &status);
    }
    return result;
}

/* A command within the session, if there is one. */
static int run_secured(struct desfire *desfire, enum desfire_communication communication, const uint8_t *command,
                       size_t command_bytes, uint8_t *data, size_t *data_bytes, size_t known_bytes)
{
    uint8_t secured[COMMAND_MAX_BYTES];
    size_t secured_bytes = command_bytes;

    assert(command_bytes + DESFIRE_COMMAND_MAC_BYTES <= sizeof secured);
    memcpy(secured, command, command_bytes);
    enum desfire_check check = desfire_protect(&desfire->session, communication, secured, &secured_bytes);
    if (check != DESFIRE_GOOD)
        return not_checked(check);
    int result = run_command(desfire, secured, secured_bytes, data, data_bytes);
    if (result != 0)
        return result;
    check = desfire_open(&desfire->session, communication, data, data_bytes, known_bytes);
    return check == DESFIRE_GOOD ? 0 : not_checked(check);
}

int desfire_select_name(struct desfire *desfire)
{
    static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x07, 0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x00, 0x00 };
    uint8_t data[EXCHANGE_ANSWER_MAX_BYTES];
    size_t data_bytes = 0;
    int status = exchange_chained(desfire->exchange, select, sizeof select, data, sizeof data, &data_bytes);

    desfire_session_wipe(&desfire->session);
    if (status < 0 || status == SW_SUCCESS)
        return status < 0 ? status : 0;
    log_debug("desfire", "no DESFire by its name: %04X", (unsigned) status);
    return DESFIRE_REFUSED;
}

/* As it is sent, the least significant byte first. */
static void put_aid(uint8_t bytes[DESFIRE_AID_BYTES], uint32_t aid)
{
    for (size_t i = 0; i < DESFIRE_AID_BYTES; i++)
        bytes[i] = (uint8_t) (aid >> 8 * i);
}

int desfire_select_application(struct desfire *desfire, uint32_t aid)
{
    uint8_t command[1 + DESFIRE_AID_BYTES] = { SELECT_APPLICATION };
    uint8_t data[DESFIRE_DATA_MAX_BYTES];
    size_t data_bytes = 0;

    desfire_session_wipe(&desfire->session);
    put_aid(command + 1, aid);
    return run_command(desfire, command, sizeof command, data, &data_bytes);
}

/* One of the two steps of an authentication: the answer must have that status and that many bytes. */
static int send_step(struct desfire *desfire, const uint8_t *command, size_t command_bytes, uint8_t expected_status,
                     uint8_t *answer, size_t expected_bytes)
{
    size_t answer_bytes = 0;
    uint8_t status = STATUS_DONE;
    int result = send_frame(desfire, command, command_bytes, answer, &answer_bytes, &status);

    if (result != 0)
        return result;
    if (status != expected_status)
        return refuse(command[0], status);
    if (answer_bytes == expected_bytes)
        return 0;
    log_debug("desfire", "command %02X: %zu bytes instead of %zu", command[0], answer_bytes, expected_bytes);
    /* A key of three times 8 bytes has a longer challenge; the card is in order, the key is of another kind. */
    return command[0] != ADDITIONAL_FRAME && answer_bytes > expected_bytes ? DESFIRE_REFUSED : CARD_ERROR_MUTE;
}

static int exchange_proofs(struct desfire *desfire, struct desfire_handshake *handshake, uint8_t key_index)
{
    uint8_t begin[] = { desfire_authentication_command(handshake->authentication), key_index, EV2_CAPABILITIES_BYTES };
    const size_t begin_bytes = handshake->authentication == DESFIRE_EV2_AES ? sizeof begin : sizeof begin - 1;
    uint8_t reply[1 + DESFIRE_REPLY_MAX_BYTES] = { ADDITIONAL_FRAME };
    uint8_t answer[ANSWER_MAX_BYTES];
    int result = send_step(desfire, begin, begin_bytes, STATUS_MORE, answer, handshake->random_bytes);

    if (result != 0)
        return result;
    if (!desfire_handshake_reply(handshake, answer, reply + 1))
        return not_checked(DESFIRE_NO_CIPHER);
    result = send_step(desfire, reply, 1 + 2 * handshake->random_bytes, STATUS_DONE, answer,
                       desfire_handshake_proof_bytes(handshake));
    if (result != 0)
        return result;
    enum desfire_check check = desfire_handshake_finish(handshake, answer, &desfire->session);
    return check == DESFIRE_GOOD ? 0 : not_checked(check);
}

int desfire_authenticate(struct desfire *desfire, enum desfire_authentication authentication, uint8_t key_index,
                         const uint8_t key[DESFIRE_KEY_BYTES])
{
    struct desfire_handshake handshake;
    int result = CARD_ERROR_READER;

    desfire_session_wipe(&desfire->session);
    desfire_handshake_begin(&handshake, authentication, key);
    if (desfire->options.random(handshake.random_a, handshake.random_bytes))
        result = exchange_proofs(desfire, &handshake, key_index);
    desfire_handshake_wipe(&handshake);
    return result;
}

int desfire_get_version(struct desfire *desfire, uint8_t uid[DESFIRE_UID_BYTES])
{
    static const uint8_t command[] = { GET_VERSION };
    uint8_t data[DESFIRE_DATA_MAX_BYTES];
    size_t data_bytes = 0;
    int result = run_command(desfire, command, sizeof command, data, &data_bytes);

    if (result != 0)
        return result;
    if (data_bytes < VERSION_MIN_BYTES)
        return CARD_ERROR_MUTE;
    memcpy(uid, data + VERSION_UID_OFFSET, DESFIRE_UID_BYTES);
    return 0;
}

int desfire_get_card_uid(struct desfire *desfire, uint8_t uid[DESFIRE_UID_BYTES])
{
    static const uint8_t command[] = { GET_CARD_UID };
    uint8_t data[DESFIRE_DATA_MAX_BYTES];
    size_t data_bytes = 0;

    assert(desfire->session.authentication != DESFIRE_UNAUTHENTICATED);
    int result = run_secured(desfire, DESFIRE_ENCRYPTED, command, sizeof command, data, &data_bytes, DESFIRE_UID_BYTES);
    if (result != 0)
        return result;
    if (data_bytes != DESFIRE_UID_BYTES)
        return CARD_ERROR_MUTE;
    memcpy(uid, data, DESFIRE_UID_BYTES);
    return 0;
}

static void put_24(uint8_t *bytes, uint32_t number)
{
    for (size_t i = 0; i < 3; i++)
        bytes[i] = (uint8_t) (number >> 8 * i);
}

int desfire_read(struct desfire *desfire, const struct desfire_file *file, uint8_t data[DESFIRE_DATA_MAX_BYTES],
                 size_t *data_bytes)
{
    const bool record = file->command == READ_RECORDS || file->command == READ_RECORDS_EV2;
    uint8_t command[8] = { file->command, file->number };

    put_24(command + 2, file->offset);
    put_24(command + 5, record ? 1 : file->length_bytes);
    int result = run_secured(desfire, file->communication, command, sizeof command, data, data_bytes,
                             file->length_bytes);
    if (result != 0 || file->length_bytes == 0 || *data_bytes == file->length_bytes)
        return result;
    log_debug("desfire", "%zu bytes instead of %u", *data_bytes, (unsigned) file->length_bytes);
    return record ? DESFIRE_REFUSED : CARD_ERROR_MUTE;
}
