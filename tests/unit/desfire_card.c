/* SPDX-License-Identifier: MIT */
#include "desfire_card.h"

#include "base/hex.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { TI_BYTES = 4 };
static const uint8_t transaction[TI_BYTES] = { 0x9D, 0x00, 0xC4, 0xDF };

struct bytes hex(const char *text)
{
    struct bytes bytes = { .count = 0 };
    int high = -1;

    for (const char *at = text; *at != '\0'; at++) {
        int value = hex_digit_value(*at);
        if (value < 0)
            continue;
        ck_assert_uint_lt(bytes.count, sizeof bytes.at);
        if (high < 0) {
            high = value;
        } else {
            bytes.at[bytes.count++] = (uint8_t) (high << 4 | value);
            high = -1;
        }
    }
    ck_assert_int_lt(high, 0);
    return bytes;
}

void expect_bytes(const uint8_t *bytes, size_t count, const char *hex_text)
{
    struct bytes expected = hex(hex_text);
    char *is = hex_from_bytes(bytes, count);
    char *should = hex_from_bytes(expected.at, expected.count);

    ck_assert_str_eq(is, should);
    free(is);
    free(should);
}

static void make_card(struct card *card, const uint8_t *uid, size_t uid_bytes,
                      int (*transceive)(struct card *, const uint8_t *, size_t, uint8_t *, size_t), void *driver)
{
    static const uint8_t protocol[] = { 0x03, 0x44, 0x20 };

    *card = (struct card) { .technology = CARD_NFC_A, .uid_bytes = uid_bytes, .transceive = transceive,
                            .driver = driver, .protocol_bytes_count = sizeof protocol };
    memcpy(card->uid, uid, uid_bytes);
    memcpy(card->protocol_bytes, protocol, sizeof protocol);
}

static int follow(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer, size_t capacity)
{
    struct script *script = card->driver;

    ck_assert_uint_lt(script->done, script->count);
    const struct step *step = &script->steps[script->done++];
    expect_bytes(command, command_bytes, step->command);
    if (step->answer == NULL)
        return CARD_ERROR_MUTE;
    struct bytes bytes = hex(step->answer);
    ck_assert_uint_le(bytes.count, capacity);
    memcpy(answer, bytes.at, bytes.count);
    return (int) bytes.count;
}

void script_card(struct card *card, struct script *script, const char *uid)
{
    struct bytes bytes = hex(uid);

    make_card(card, bytes.at, bytes.count, follow, script);
}

void expect_end(const struct script *script)
{
    ck_assert_uint_eq(script->done, script->count);
}

/* ---- the card that computes ---- */

static bool is_aes(uint8_t authentication)
{
    return authentication == 0xAA || authentication == 0x71;
}

static size_t block_of(uint8_t authentication)
{
    return is_aes(authentication) ? 16 : 8;
}

static void one_block(uint8_t authentication, const uint8_t *key, uint8_t *block, bool encipher)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = is_aes(authentication) ? EVP_aes_128_ecb() : EVP_des_ede_ecb();
    int done = 0;

    ck_assert_int_eq(EVP_CipherInit_ex2(context, cipher, key, NULL, encipher ? 1 : 0, NULL), 1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    ck_assert_int_eq(EVP_CipherUpdate(context, block, &done, block, (int) block_of(authentication)), 1);
    ck_assert_int_eq((size_t) done, block_of(authentication));
    EVP_CIPHER_CTX_free(context);
}

static void mix(uint8_t *to, const uint8_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] ^= from[i];
}

static void encipher(uint8_t authentication, const uint8_t *key, uint8_t *iv, uint8_t *data, size_t count)
{
    size_t block = block_of(authentication);

    for (size_t at = 0; at < count; at += block) {
        mix(data + at, iv, block);
        one_block(authentication, key, data + at, true);
        memcpy(iv, data + at, block);
    }
}

static void decipher(uint8_t authentication, const uint8_t *key, uint8_t *iv, uint8_t *data, size_t count)
{
    size_t block = block_of(authentication);

    for (size_t at = 0; at < count; at += block) {
        uint8_t last[16];
        memcpy(last, data + at, block);
        one_block(authentication, key, data + at, false);
        mix(data + at, iv, block);
        memcpy(iv, last, block);
    }
}

static void evp_cmac(uint8_t authentication, const uint8_t *key, const uint8_t *data, size_t count, uint8_t *mac)
{
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(algorithm);
    char name[16];
    size_t size = 0;
    uint8_t long_key[24];

    /* OpenSSL's CMAC takes triple DES with three keys: the third is the first. */
    memcpy(long_key, key, 16);
    memcpy(long_key + 16, key, 8);
    strcpy(name, is_aes(authentication) ? "AES-128-CBC" : "DES-EDE3-CBC");
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
                            OSSL_PARAM_construct_end() };
    ck_assert_int_eq(EVP_MAC_init(context, long_key, is_aes(authentication) ? 16 : 24, params), 1);
    ck_assert_int_eq(EVP_MAC_update(context, data, count), 1);
    ck_assert_int_eq(EVP_MAC_final(context, mac, &size, 16), 1);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
}

/* A CMAC that begins with a vector is the CMAC of what enciphers to that vector, followed by the message. */
static void running_cmac(struct desfire_card *card, const uint8_t *data, size_t count)
{
    uint8_t message[1200];
    size_t block = block_of(card->session);

    memcpy(message, card->iv, block);
    one_block(card->session, card->session_key, message, false);
    memcpy(message + block, data, count);
    evp_cmac(card->session, card->session_key, message, block + count, card->iv);
}

static void ev2_mac(const struct desfire_card *card, uint8_t code, const uint8_t *data, size_t count, uint8_t *mac)
{
    uint8_t message[1200] = { code, (uint8_t) card->counter, (uint8_t) (card->counter >> 8) };
    uint8_t whole[16];

    memcpy(message + 3, transaction, TI_BYTES);
    memcpy(message + 7, data, count);
    evp_cmac(0x71, card->mac_key, message, 7 + count, whole);
    for (size_t i = 0; i < 8; i++)
        mac[i] = whole[1 + 2 * i];
}

/* ISO/IEC 14443-3, annex B. */
static uint16_t crc_a(const uint8_t *data, size_t count)
{
    uint16_t crc = 0x6363;

    for (size_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t) (data[i] ^ crc);
        byte = (uint8_t) (byte ^ byte << 4);
        crc = (uint16_t) (crc >> 8 ^ byte << 8 ^ byte << 3 ^ byte >> 4);
    }
    return crc;
}

/* Adds CRC and padding. known: padded with zeros. */
static size_t pad(const struct desfire_card *card, uint8_t *data, size_t count, bool known)
{
    size_t block = block_of(card->session);

    if (card->session == 0x0A) {
        uint16_t crc = crc_a(data, count);
        data[count++] = (uint8_t) crc;
        data[count++] = (uint8_t) (crc >> 8);
    } else if (card->session != 0x71) {
        data[count] = 0x00;
        uint32_t crc = ~(uint32_t) crc32(crc32(0, NULL, 0), data, (unsigned) count + 1);
        for (int i = 0; i < 4; i++)
            data[count++] = (uint8_t) (crc >> 8 * i);
    }
    if (!known || card->session == 0x71)
        data[count++] = 0x80;
    while (count % block != 0)
        data[count++] = 0x00;
    return count;
}

/* The data of an answer as the session sends it. */
static void secure(struct desfire_card *card, uint8_t communication, const uint8_t *data, size_t count, bool known)
{
    uint8_t *out = card->pending;
    uint8_t zeros[16] = { 0 };

    memcpy(out, data, count);
    card->pending_bytes = count;
    if (card->session == 0)
        return;
    if (card->session == 0x71) {
        card->counter++;
        if (communication == 3) {
            uint8_t iv[16] = { 0x5A, 0xA5 };
            memcpy(iv + 2, transaction, TI_BYTES);
            iv[6] = (uint8_t) card->counter;
            one_block(0x71, card->session_key, iv, true);
            card->pending_bytes = pad(card, out, count, known);
            encipher(0x71, card->session_key, iv, out, card->pending_bytes);
        }
        if (communication != 0) {
            ev2_mac(card, 0x00, out, card->pending_bytes, out + card->pending_bytes);
            card->pending_bytes += 8;
        }
    } else if (communication == 3) {
        card->pending_bytes = pad(card, out, count, known);
        encipher(card->session, card->session_key, card->session == 0x0A ? zeros : card->iv, out,
                 card->pending_bytes);
    } else if (card->session != 0x0A) {
        out[count] = 0x00;
        running_cmac(card, out, count + 1);
        memcpy(out + count, card->iv, 8);
        card->pending_bytes += 8;
    } else if (communication == 1) {
        uint8_t padded[1024] = { 0 };
        memcpy(padded, data, count);
        encipher(0x0A, card->session_key, zeros, padded, (count + 7) / 8 * 8);
        memcpy(out + count, zeros, 4);
        card->pending_bytes += 4;
    }
}

static void begin_session(struct desfire_card *card, const uint8_t *a, const uint8_t *b)
{
    uint8_t vector[32] = { 0xA5, 0x5A, 0x00, 0x01, 0x00, 0x80 };
    bool single = !is_aes(card->step) && memcmp(card->key, card->key + 8, 8) == 0;
    size_t last = single ? 0 : block_of(card->step) - 4;

    card->session = card->step;
    card->counter = 0;
    memset(card->iv, 0, sizeof card->iv);
    memcpy(card->session_key, a, 4);
    memcpy(card->session_key + 4, b, 4);
    memcpy(card->session_key + 8, a + last, 4);
    memcpy(card->session_key + 12, b + last, 4);
    if (card->step != 0x71)
        return;
    memcpy(vector + 6, a, 2);
    for (size_t i = 0; i < 6; i++)
        vector[8 + i] = a[2 + i] ^ b[i];
    memcpy(vector + 14, b + 6, 10);
    memcpy(vector + 24, a + 8, 8);
    evp_cmac(0x71, card->key, vector, 32, card->session_key);
    vector[0] = 0x5A;
    vector[1] = 0xA5;
    evp_cmac(0x71, card->key, vector, 32, card->mac_key);
}

static void rotate(const uint8_t *from, uint8_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[(i + 1) % count];
}

static uint8_t challenge(struct desfire_card *card, uint8_t code, const uint8_t *parameters)
{
    size_t size = block_of(code);

    if (code != card->authentication || parameters[0] != card->key_number)
        return code != card->authentication ? 0xAE : 0x40;
    for (size_t i = 0; i < size; i++)
        card->random_b[i] = (uint8_t) (0x31 * i + card->commands);
    memset(card->iv, 0, sizeof card->iv);
    memcpy(card->pending, card->random_b, size);
    encipher(code, card->key, card->iv, card->pending, size);
    card->pending_bytes = size;
    card->step = code;
    return 0xAF;
}

static uint8_t prove(struct desfire_card *card, const uint8_t *reply, size_t count)
{
    uint8_t plain[32];
    uint8_t rotated[16];
    uint8_t out[32] = { 0 };
    size_t size = block_of(card->step);
    size_t at = card->step == 0x71 ? TI_BYTES : 0;

    if (count != 2 * size)
        return 0x7E;
    memcpy(plain, reply, count);
    if (card->step == 0x0A) { /* what was deciphered to be sent is enciphered here */
        uint8_t before[8] = { 0 };
        for (size_t i = 0; i < count; i += 8) {
            uint8_t sent[8];
            memcpy(sent, plain + i, 8);
            one_block(0x0A, card->key, plain + i, true);
            mix(plain + i, before, 8);
            memcpy(before, sent, 8);
        }
    } else {
        if (card->step == 0x71)
            memset(card->iv, 0, sizeof card->iv);
        decipher(card->step, card->key, card->iv, plain, count);
    }
    rotate(card->random_b, rotated, size);
    if (memcmp(plain + size, rotated, size) != 0)
        return 0xAE;
    memcpy(out, transaction, at);
    rotate(plain, out + at, size);
    card->pending_bytes = card->step == 0x71 ? 32 : size;
    if (card->step == 0x71 || card->step == 0x0A)
        memset(card->iv, 0, sizeof card->iv);
    encipher(card->step, card->key, card->iv, out, card->pending_bytes);
    memcpy(card->pending, out, card->pending_bytes);
    begin_session(card, plain, card->random_b);
    card->step = 0;
    return 0x00;
}

/* The MAC of a command, EV1 and EV2. Returns how many bytes of parameters are left, or -1. */
static int check_command(struct desfire_card *card, uint8_t communication, uint8_t code, const uint8_t *parameters,
                         size_t count)
{
    uint8_t message[64] = { code };
    uint8_t mac[8];

    memcpy(message + 1, parameters, count);
    if (card->session == 0x1A || card->session == 0xAA)
        running_cmac(card, message, 1 + count);
    if (card->session != 0x71 || communication == 0)
        return (int) count;
    if (count < 8)
        return -1;
    ev2_mac(card, code, parameters, count - 8, mac);
    return memcmp(mac, parameters + count - 8, 8) == 0 ? (int) count - 8 : -1;
}

static uint8_t read_file(struct desfire_card *card, uint8_t code, const uint8_t *parameters, size_t count)
{
    int left = check_command(card, card->communication, code, parameters, count);
    bool is_record = code == 0xBB || code == 0xAB;

    if (left < 0)
        return 0x1E;
    if (left != 7)
        return 0x7E;
    size_t offset = parameters[1] | (size_t) parameters[2] << 8 | (size_t) parameters[3] << 16;
    size_t length = parameters[4] | (size_t) parameters[5] << 8 | (size_t) parameters[6] << 16;
    if (parameters[0] != card->file)
        return 0xF0;
    if (is_record != card->records || (card->authentication != 0 && card->session == 0))
        return is_record != card->records ? 0x1C : 0x9D;
    bool known = length != 0;
    if (is_record) {
        if (offset != 0 || length > 1)
            return 0xBE;
        length = card->content_bytes;
    } else if (offset + length > card->content_bytes) {
        return 0xBE;
    } else if (!known) {
        length = card->content_bytes - offset;
    }
    secure(card, card->communication, card->content + offset, length, known);
    return 0x00;
}

static uint8_t tell_uid(struct desfire_card *card, const uint8_t *parameters, size_t count)
{
    if (card->session == 0)
        return 0xAE;
    if (check_command(card, 3, 0x51, parameters, count) != 0)
        return 0x1E;
    secure(card, 3, card->uid, sizeof card->uid, true);
    return 0x00;
}

static uint8_t tell_version(struct desfire_card *card)
{
    uint8_t *version = card->pending;

    memset(version, 0x01, 28);
    if (card->random_id)
        memset(version + 14, 0, 7);
    else
        memcpy(version + 14, card->uid, 7);
    card->pending_bytes = 28;
    return 0x00;
}

static uint8_t select_aid(struct desfire_card *card, const uint8_t *parameters)
{
    uint32_t aid = parameters[0] | (uint32_t) parameters[1] << 8 | (uint32_t) parameters[2] << 16;

    card->session = 0;
    if (aid != 0 && aid != card->application)
        return 0xA0;
    card->selected = aid != 0;
    return 0x00;
}

static uint8_t execute(struct desfire_card *card, uint8_t code, const uint8_t *parameters, size_t count)
{
    if (code == 0xAF && card->step != 0)
        return prove(card, parameters, count);
    if (code == 0xAF)
        return card->pending_bytes > 0 ? 0x00 : 0x1C;
    card->pending_bytes = 0;
    card->step = 0;
    if (code == 0x5A)
        return count == 3 ? select_aid(card, parameters) : 0x7E;
    if (code == 0x60)
        return tell_version(card);
    if (code == 0x51)
        return tell_uid(card, parameters, count);
    if (code == 0x0A || code == 0x1A || code == 0xAA || code == 0x71)
        return count == (code == 0x71 ? 2U : 1U) ? challenge(card, code, parameters) : 0x7E;
    if (code == 0xBD || code == 0xAD || code == 0xBB || code == 0xAB)
        return read_file(card, code, parameters, count);
    return 0x1C;
}

static int answer_with(struct desfire_card *card, uint8_t status, uint8_t *answer)
{
    size_t count = card->pending_bytes;
    size_t start = card->wrapped ? 0 : 1;

    if (status != 0x00 && status != 0xAF)
        count = 0;
    if (status == 0x00 && count > card->frame_bytes) {
        count = card->frame_bytes;
        status = 0xAF;
    }
    memcpy(answer + start, card->pending, count);
    memmove(card->pending, card->pending + count, card->pending_bytes - count);
    card->pending_bytes -= count;
    if (card->commands == card->break_at)
        answer[start] ^= 0x10;
    if (card->commands == card->cut_at)
        count--;
    if (!card->wrapped) {
        answer[0] = status;
        return (int) count + 1;
    }
    answer[count] = 0x91;
    answer[count + 1] = status;
    return (int) count + 2;
}

static int compute(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer, size_t capacity)
{
    static const uint8_t select_name[] = { 0x00, 0xA4, 0x04, 0x00, 0x07, 0xD2, 0x76,
                                           0x00, 0x00, 0x85, 0x01, 0x00, 0x00 };
    struct desfire_card *desfire = card->driver;

    desfire->commands++;
    ck_assert_uint_ge(capacity, desfire->frame_bytes + 2);
    if (command_bytes == sizeof select_name && memcmp(command, select_name, command_bytes) == 0) {
        answer[0] = 0x90;
        answer[1] = 0x00;
        return 2;
    }
    if (desfire->wrapped != (command[0] == 0x90)) {
        answer[0] = 0x6E;
        answer[1] = 0x00;
        return 2;
    }
    if (!desfire->wrapped)
        return answer_with(desfire, execute(desfire, command[0], command + 1, command_bytes - 1), answer);
    ck_assert_uint_ge(command_bytes, 5);
    size_t count = command_bytes > 5 ? command[4] : 0;
    ck_assert_uint_eq(command_bytes, count > 0 ? 6 + count : 5);
    ck_assert_uint_eq(command[command_bytes - 1], 0);
    return answer_with(desfire, execute(desfire, command[1], command + 5, count), answer);
}

void compute_card(struct card *card, struct desfire_card *desfire)
{
    static const uint8_t random_id[] = { 0x08, 0x11, 0x22, 0x33 };

    if (desfire->random_id)
        make_card(card, random_id, sizeof random_id, compute, desfire);
    else
        make_card(card, desfire->uid, sizeof desfire->uid, compute, desfire);
}
