/* SPDX-License-Identifier: MIT */
#include "card/desfire_messaging.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_DONE = 0x00, PADDING = 0x80 };
enum { EV0_MAC_BYTES = 4, MAC_BYTES = 8 };
enum { CRC16_BYTES = 2, CRC32_BYTES = 4 };
/* Code, CmdCtr and TI before the content, AN12343. */
enum { EV2_PREFIX_BYTES = 1 + 2 + DESFIRE_TI_BYTES };

static bool is_ev1(const struct desfire_session *session)
{
    return session->authentication == DESFIRE_EV1_DES || session->authentication == DESFIRE_EV1_AES;
}

/* ISO/IEC 14443-3, type A: x^16 + x^12 + x^5 + 1, reflected, begins with 6363. */
static uint16_t crc16(const uint8_t *data, size_t size_bytes)
{
    uint16_t crc = 0x6363;

    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t) ((crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1);
    }
    return crc;
}

/* The polynomial of IEEE 802.3, reflected, begins with FFFFFFFF, not inverted at the end. */
static uint32_t crc32_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    return crc;
}

static uint32_t crc32_with_status(const uint8_t *data, size_t size_bytes)
{
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < size_bytes; i++)
        crc = crc32_byte(crc, data[i]);
    return crc32_byte(crc, STATUS_DONE);
}

static size_t crc_bytes_of(const struct desfire_session *session)
{
    return is_ev1(session) ? CRC32_BYTES : CRC16_BYTES;
}

/* Whether the CRC of that many bytes follows them. */
static bool has_crc(const struct desfire_session *session, const uint8_t *data, size_t size_bytes)
{
    const uint8_t *sent = data + size_bytes;
    uint32_t crc = is_ev1(session) ? crc32_with_status(data, size_bytes) : crc16(data, size_bytes);

    for (size_t i = 0; i < crc_bytes_of(session); i++) {
        if (sent[i] != (uint8_t) (crc >> 8 * i))
            return false;
    }
    return true;
}

static enum desfire_check strip_known(const struct desfire_session *session, const uint8_t *data, size_t *data_bytes,
                                      size_t known_bytes)
{
    const size_t block_bytes = desfire_block_bytes(session->cipher);
    const size_t used_bytes = known_bytes + crc_bytes_of(session);

    if (*data_bytes < used_bytes || *data_bytes - used_bytes >= block_bytes)
        return DESFIRE_BROKEN;
    for (size_t i = used_bytes; i < *data_bytes; i++) {
        if (data[i] != 0)
            return DESFIRE_BROKEN;
    }
    if (!has_crc(session, data, known_bytes))
        return DESFIRE_BROKEN;
    *data_bytes = known_bytes;
    return DESFIRE_GOOD;
}

static enum desfire_check strip_unknown(const struct desfire_session *session, const uint8_t *data, size_t *data_bytes)
{
    const size_t block_bytes = desfire_block_bytes(session->cipher);
    const size_t crc_bytes = crc_bytes_of(session);
    size_t end = *data_bytes;

    while (end > 0 && data[end - 1] == 0)
        end--;
    const bool marked = end > 0 && data[end - 1] == PADDING;
    if (marked && end - 1 >= crc_bytes && has_crc(session, data, end - 1 - crc_bytes)) {
        *data_bytes = end - 1 - crc_bytes;
        return DESFIRE_GOOD;
    }
    /* Without the mark: a CRC may end with zeros, and the first that fits is the one, for more zeros leave it right. */
    if (end < crc_bytes)
        end = crc_bytes;
    for (size_t last = end + crc_bytes; end <= *data_bytes && end <= last; end++) {
        if (!has_crc(session, data, end - crc_bytes))
            continue;
        if (*data_bytes - end >= block_bytes)
            return DESFIRE_BROKEN;
        *data_bytes = end - crc_bytes;
        return DESFIRE_GOOD;
    }
    return DESFIRE_BROKEN;
}

/* ISO/IEC 9797-1, padding method 2; EV2 has no CRC, for the MAC is over what was enciphered. */
static enum desfire_check strip_marked(const uint8_t *data, size_t *data_bytes)
{
    size_t end = *data_bytes;

    while (end > 0 && data[end - 1] == 0)
        end--;
    if (end == 0 || data[end - 1] != PADDING || *data_bytes - (end - 1) > DESFIRE_BLOCK_MAX_BYTES)
        return DESFIRE_BROKEN;
    *data_bytes = end - 1;
    return DESFIRE_GOOD;
}

enum desfire_check desfire_strip(const struct desfire_session *session, const uint8_t *data, size_t *data_bytes,
                                 size_t known_bytes)
{
    if (session->authentication == DESFIRE_EV2_AES)
        return strip_marked(data, data_bytes);
    if (known_bytes > 0 && strip_known(session, data, data_bytes, known_bytes) == DESFIRE_GOOD)
        return DESFIRE_GOOD;
    return strip_unknown(session, data, data_bytes);
}

/* The 8 bytes of EV2: each second one of the CMAC. code: of the command, or the status. */
static bool make_ev2_mac(const struct desfire_session *session, uint8_t code, const uint8_t *content,
                         size_t content_bytes, uint8_t mac[MAC_BYTES])
{
    uint8_t *message = memory_zeroed(EV2_PREFIX_BYTES + content_bytes, 1);
    uint8_t whole[DESFIRE_BLOCK_MAX_BYTES] = { 0 };

    message[0] = code;
    message[1] = (uint8_t) session->counter;
    message[2] = (uint8_t) (session->counter >> 8);
    memcpy(message + 3, session->transaction, DESFIRE_TI_BYTES);
    if (content_bytes > 0)
        memcpy(message + EV2_PREFIX_BYTES, content, content_bytes);
    bool good = desfire_cmac(DESFIRE_CIPHER_AES, session->mac_key, whole, message, EV2_PREFIX_BYTES + content_bytes, 1);
    for (size_t i = 0; i < MAC_BYTES; i++)
        mac[i] = whole[2 * i + 1];
    free(message);
    return good;
}

enum desfire_check desfire_protect(struct desfire_session *session, enum desfire_communication communication,
                                   uint8_t *command, size_t *command_bytes)
{
    if (is_ev1(session))
        return desfire_cmac(session->cipher, session->mac_key, session->iv, command, *command_bytes, 1)
                   ? DESFIRE_GOOD
                   : DESFIRE_NO_CIPHER;
    if (session->authentication != DESFIRE_EV2_AES || communication == DESFIRE_PLAIN)
        return DESFIRE_GOOD;
    if (!make_ev2_mac(session, command[0], command + 1, *command_bytes - 1, command + *command_bytes))
        return DESFIRE_NO_CIPHER;
    *command_bytes += MAC_BYTES;
    return DESFIRE_GOOD;
}

/* EV0: the first 4 bytes of the last block of the data, padded with zeros and enciphered. */
static enum desfire_check check_ev0_mac(const struct desfire_session *session, const uint8_t *data, size_t *data_bytes)
{
    const size_t block_bytes = desfire_block_bytes(session->cipher);
    uint8_t iv[DESFIRE_BLOCK_MAX_BYTES] = { 0 };

    if (*data_bytes <= EV0_MAC_BYTES)
        return DESFIRE_BROKEN;
    const size_t content_bytes = *data_bytes - EV0_MAC_BYTES;
    const size_t padded_bytes = (content_bytes + block_bytes - 1) / block_bytes * block_bytes;
    uint8_t *padded = memory_zeroed(padded_bytes, 1);
    memcpy(padded, data, content_bytes);
    bool good = desfire_encipher(session->cipher, session->mac_key, iv, padded, padded_bytes);
    free(padded);
    if (!good)
        return DESFIRE_NO_CIPHER;
    *data_bytes = content_bytes;
    return desfire_equal(iv, data + content_bytes, EV0_MAC_BYTES) ? DESFIRE_GOOD : DESFIRE_BROKEN;
}

static enum desfire_check check_ev1_mac(struct desfire_session *session, const uint8_t *data, size_t *data_bytes)
{
    if (*data_bytes < MAC_BYTES)
        return DESFIRE_BROKEN;
    const size_t content_bytes = *data_bytes - MAC_BYTES;
    uint8_t *message = memory_zeroed(content_bytes + 1, 1);
    memcpy(message, data, content_bytes);
    message[content_bytes] = STATUS_DONE;
    bool good = desfire_cmac(session->cipher, session->mac_key, session->iv, message, content_bytes + 1, 1);
    free(message);
    if (!good)
        return DESFIRE_NO_CIPHER;
    *data_bytes = content_bytes;
    return desfire_equal(session->iv, data + content_bytes, MAC_BYTES) ? DESFIRE_GOOD : DESFIRE_BROKEN;
}

static enum desfire_check check_ev2_mac(const struct desfire_session *session, const uint8_t *data, size_t *data_bytes)
{
    uint8_t mac[MAC_BYTES];

    if (*data_bytes < MAC_BYTES)
        return DESFIRE_BROKEN;
    *data_bytes -= MAC_BYTES;
    if (!make_ev2_mac(session, STATUS_DONE, data, *data_bytes, mac))
        return DESFIRE_NO_CIPHER;
    return desfire_equal(mac, data + *data_bytes, MAC_BYTES) ? DESFIRE_GOOD : DESFIRE_BROKEN;
}

/* The vector of an enciphered EV2 answer: 5A A5, TI, CmdCtr and zeros, enciphered. */
static bool make_ev2_iv(const struct desfire_session *session, uint8_t iv[DESFIRE_BLOCK_MAX_BYTES])
{
    uint8_t zeros[DESFIRE_BLOCK_MAX_BYTES] = { 0 };

    memset(iv, 0, DESFIRE_BLOCK_MAX_BYTES);
    iv[0] = 0x5A;
    iv[1] = 0xA5;
    memcpy(iv + 2, session->transaction, DESFIRE_TI_BYTES);
    iv[6] = (uint8_t) session->counter;
    iv[7] = (uint8_t) (session->counter >> 8);
    return desfire_encipher(DESFIRE_CIPHER_AES, session->key, zeros, iv, DESFIRE_BLOCK_MAX_BYTES);
}

static enum desfire_check decipher(struct desfire_session *session, uint8_t *data, size_t *data_bytes,
                                   size_t known_bytes)
{
    if (*data_bytes % desfire_block_bytes(session->cipher) != 0)
        return DESFIRE_BROKEN;
    if (session->authentication == DESFIRE_EV0_DES)
        memset(session->iv, 0, sizeof session->iv);
    if (session->authentication == DESFIRE_EV2_AES && !make_ev2_iv(session, session->iv))
        return DESFIRE_NO_CIPHER;
    if (!desfire_decipher(session->cipher, session->key, session->iv, data, *data_bytes))
        return DESFIRE_NO_CIPHER;
    return desfire_strip(session, data, data_bytes, known_bytes);
}

static enum desfire_check open_ev2(struct desfire_session *session, enum desfire_communication communication,
                                   uint8_t *data, size_t *data_bytes)
{
    session->counter++; /* of each command, plain ones too */
    if (communication == DESFIRE_PLAIN)
        return DESFIRE_GOOD;
    enum desfire_check check = check_ev2_mac(session, data, data_bytes);
    if (check != DESFIRE_GOOD || communication == DESFIRE_MAC)
        return check;
    return decipher(session, data, data_bytes, 0);
}

enum desfire_check desfire_open(struct desfire_session *session, enum desfire_communication communication,
                                uint8_t *data, size_t *data_bytes, size_t known_bytes)
{
    if (session->authentication == DESFIRE_UNAUTHENTICATED)
        return DESFIRE_GOOD;
    if (session->authentication == DESFIRE_EV2_AES)
        return open_ev2(session, communication, data, data_bytes);
    if (communication == DESFIRE_ENCRYPTED)
        return decipher(session, data, data_bytes, known_bytes);
    if (is_ev1(session))
        return check_ev1_mac(session, data, data_bytes);
    return communication == DESFIRE_MAC ? check_ev0_mac(session, data, data_bytes) : DESFIRE_GOOD;
}
