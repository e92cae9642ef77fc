/* SPDX-License-Identifier: MIT */
/*
 * The cryptography of a DESFire against values that others have published. Each test names its source:
 *   NIST      SP 800-38B, examples of CMAC; "TDES_CMAC.pdf" of the same series for triple DES
 *   AN10922   NXP, Symmetric key diversifications, 2.2.1 and 2.4.1, and AN10957, pages 13 and 14, as libfreefare's test
 *             (test_mifare_key_deriver_an10922.c) and proxmark3's (desfiretest.c) have them
 *   AN12196   NXP, NTAG 424 DNA features and hints
 *   AN12343   NXP, MIFARE DESFire Light features and hints
 *   Elmue     "DESFire EV1 Communication Examples", github.com/sotechcllc/RFDoorLock: what a real card said
 *   mifare.net forum, "Desfire Ev1 diverse questions", 16 August 2018: what a real card said to Authenticate (0A)
 *   proxmark3 desfiretest.c, the plain text of two GetCardUID
 */
#include "card/an10922.h"
#include "card/desfire.h"
#include "desfire_card.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char zero_key[] = "00000000000000000000000000000000";

static void expect_cmac(enum desfire_cipher cipher, const char *key, const char *message, const char *mac)
{
    struct bytes data = hex(message);
    uint8_t iv[DESFIRE_BLOCK_MAX_BYTES] = { 0 };

    ck_assert(desfire_cmac(cipher, hex(key).at, iv, data.at, data.count, 1));
    expect_bytes(iv, desfire_block_bytes(cipher), mac);
}

START_TEST(cmac_gives_the_examples_of_nist)
{
    static const char aes_key[] = "2b7e151628aed2a6abf7158809cf4f3c";
    static const char des_key[] = "0123456789abcdef23456789abcdef01";
    static const char text[] = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51";

    expect_cmac(DESFIRE_CIPHER_AES, aes_key, "", "bb1d6929e95937287fa37d129b756746");
    expect_cmac(DESFIRE_CIPHER_AES, aes_key, "6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c");
    expect_cmac(DESFIRE_CIPHER_AES, aes_key,
                "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
                "dfa66747de9ae63030ca32611497c827");
    expect_cmac(DESFIRE_CIPHER_DES, des_key, "", "79ce52a7f786a960");
    expect_cmac(DESFIRE_CIPHER_DES, des_key, "6bc1bee22e409f96e93d7e117393172a", "cc18a0b79af2413b");
    expect_cmac(DESFIRE_CIPHER_DES, des_key, "6bc1bee22e409f96e93d7e117393172aae2d8a57", "c06d377ecd101969");
    expect_cmac(DESFIRE_CIPHER_DES, des_key, text, "9cd33580f9b64dfb");
}
END_TEST

static void expect_diversified(enum desfire_cipher cipher, const char *key, const char *input, const char *result)
{
    struct bytes data = hex(input);
    uint8_t diversified[DESFIRE_KEY_BYTES];

    ck_assert(an10922_diversify(cipher, hex(key).at, data.at, data.count, diversified));
    expect_bytes(diversified, sizeof diversified, result);
}

START_TEST(keys_are_diversified_as_an10922_has_it)
{
    static const char key[] = "00112233445566778899AABBCCDDEEFF";

    expect_diversified(DESFIRE_CIPHER_AES, key, "04782E21801D80 3042F5 4E585020416275",
                       "A8DD63A3B89D54B37CA802473FDA9175");
    expect_diversified(DESFIRE_CIPHER_DES, key, "04782E21801D80 3042F5 4E58502041",
                       "16F8597C9E8910C86B9648D006107DD7");
}
END_TEST

/* Ours is as short: UID and application are 10 bytes. */
START_TEST(an_input_of_less_than_a_block_is_padded_to_two_as_an10957_has_it)
{
    expect_diversified(DESFIRE_CIPHER_AES, "f3f9377698707b688eaf84abe39e3791", "04deadbeeffeed",
                       "0bb408baff98b6ee9f2e1585777f6a51");
}
END_TEST

struct vector {
    enum desfire_authentication authentication;
    const char *key;
    const char *random_a;
    const char *challenge;
    const char *reply;
    const char *proof;
    const char *session_key;
};

/* Runs a handshake with a random number that is given, and checks each message; the session is left. */
static void shake_hands(const struct vector *vector, struct desfire_session *session)
{
    struct desfire_handshake handshake;
    uint8_t reply[DESFIRE_REPLY_MAX_BYTES];
    struct bytes random_a = hex(vector->random_a);
    struct bytes proof = hex(vector->proof);

    desfire_handshake_begin(&handshake, vector->authentication, hex(vector->key).at);
    ck_assert_uint_eq(random_a.count, handshake.random_bytes);
    memcpy(handshake.random_a, random_a.at, random_a.count);
    ck_assert(desfire_handshake_reply(&handshake, hex(vector->challenge).at, reply));
    expect_bytes(reply, 2 * handshake.random_bytes, vector->reply);
    ck_assert_uint_eq(desfire_handshake_proof_bytes(&handshake), proof.count);
    ck_assert_int_eq(desfire_handshake_finish(&handshake, proof.at, session), DESFIRE_GOOD);

    proof.at[proof.count - 1] ^= 1;
    struct desfire_session none;
    static const struct desfire_session zeros;
    ck_assert_int_eq(desfire_handshake_finish(&handshake, proof.at, &none), DESFIRE_BROKEN);
    ck_assert_mem_eq(&none, &zeros, sizeof none);
}

/* Of DES keys the parity bits do not count; the published ones have none. */
static void expect_key(const uint8_t *key, enum desfire_cipher cipher, const char *expected)
{
    struct bytes bytes = hex(expected);

    for (size_t i = 0; i < DESFIRE_KEY_BYTES; i++) {
        uint8_t mask = cipher == DESFIRE_CIPHER_DES ? 0xFE : 0xFF;
        ck_assert_uint_eq(key[i] & mask, bytes.at[i] & mask);
    }
}

static const struct vector aes_zero = {
    DESFIRE_EV1_AES, zero_key, "F44B26F5686F3A391CD38EBD10772281", "B969FDFE56FD91FC9DE6F6F213B8FD1E",
    "36AAD7DF6E436BA08D18613830A70D5A D43E3D3F4A8D47541EEE623A934E4774", "800DB680BC146BD121D6578F2D2E2059",
    "F44B26F5C05DDD7110772281C4D066E8",
};
static const struct vector aes_key = {
    DESFIRE_EV1_AES, "10182028303840485058606870788088", "90F7A201C4DB760538FF8A49EC63DECD",
    "3E2BE626C05E7798EE518355A751648E", "FABF71BB0DC45B8F31BAEDDFF7F3439652D4094DF12C17EF0C94353E6D7770C8",
    "1CE6C574E24923D404E18B6A240C1B08", "90F7A20191036845EC63DECD544B9931",
};
static const struct vector aes_last = {
    DESFIRE_EV1_AES, "10182028303840485058606870788088", "40E7D27174CBA675E8EFBAB99C530E3D",
    "B351CB2465D4F33AC627FD6E87A168F2", "044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0",
    "A2EE144B1012FBEB7B2F11132D95A454", "40E7D271626FFBD49C530E3D304F5B17",
};
static const struct vector des_zero = {
    DESFIRE_EV1_DES, zero_key, "849B36C5F8BF4A09", "5D994CE085F24089", "21D0AD5F2FD97454A746CC80567F1B1C",
    "913C6DED84221C41", "849A36C44ED0B658849A36C44ED0B658",
};
static const struct vector des_settings = {
    DESFIRE_EV1_DES, zero_key, "49EC63DECDE00772", "8476D1CF3024B7C7", "DAC67AB743763DC9FAF8A0AE504E80C5",
    "13E9E4FA4388BF16", "48EC62DE3A3CFE6248EC62DE3A3CFE62",
};
static const struct vector des_two_keys = {
    DESFIRE_EV1_DES, "00102031405060708090A0B0B0A09080", "530E3D90F7A201C4", "B2955799 26155AE3",
    "70F349740C945DAE159BA9FEDBCC461A", "B8FD7FE56B241FC4", "520E3C90BCD82896F6A200C446322CAE",
};
static const struct vector des_two_keys_more = {
    DESFIRE_EV1_DES, "10182029303840485058606870788088", "DDB097C2A1E47B96", "9414819CC8BB62C3",
    "937E6B1854A6D92E0FD975D9909001E8", "E055D11DD9535060", "DCB096C2A40E78E0A0E47A96F42E62AE",
};

START_TEST(authenticate_aes_and_iso_are_those_of_real_cards)
{
    static const struct vector *const vectors[] = { &aes_zero, &aes_key, &aes_last, &des_zero, &des_settings,
                                                    &des_two_keys, &des_two_keys_more };

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct desfire_session session;
        shake_hands(vectors[i], &session);
        expect_key(session.key, session.cipher, vectors[i]->session_key);
        expect_key(session.mac_key, session.cipher, vectors[i]->session_key);
    }
}
END_TEST

START_TEST(halves_that_differ_in_parity_alone_are_two_keys)
{
    struct vector vector = des_zero;
    struct desfire_session session;

    vector.key = "00000000000000000101010101010101";
    shake_hands(&vector, &session);
    expect_key(session.key, session.cipher, "849A36C44ED0B658 F8BE4A08 42A8B8E0");
}
END_TEST

/* mifare.net; what RndB was follows from the challenge: the zero key is a weak one, whose E and D are the same. */
START_TEST(authenticate_ev0_is_that_of_a_real_card)
{
    static const struct vector vector = {
        DESFIRE_EV0_DES, zero_key, "0000000000000000", "a48300fb5e29fd78", "8ca64de9c1b123a7edbfce53486b6d00",
        "8ca64de9c1b123a7", NULL,
    };
    struct desfire_session session;

    shake_hands(&vector, &session);
}
END_TEST

/* AN12196, 6.6 and 6.10. */
START_TEST(authenticate_ev2_is_that_of_an12196)
{
    static const struct vector first = {
        DESFIRE_EV2_AES, zero_key, "13C5DB8A5930439FC3DEF9A4C675360F", "A04C124213C186F22399D33AC2A30215",
        "35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D",
        "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663", "1309C877509E5A215007FF0ED19CA564",
    };
    static const struct vector second = {
        DESFIRE_EV2_AES, zero_key, "B98F4C50CF1C2E084FD150E33992B048", "B875CEB0E66A6C5CD00898DC371F92D1",
        "FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B1",
        "0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A", "7A93D6571E4B180FCA6AC90C9A7488D4",
    };
    struct desfire_session session;

    shake_hands(&first, &session);
    expect_bytes(session.key, 16, first.session_key);
    expect_bytes(session.mac_key, 16, "4C6626F5E72EA694202139295C7A7FC7");
    expect_bytes(session.transaction, 4, "9D00C4DF");
    ck_assert_uint_eq(session.counter, 0);
    shake_hands(&second, &session);
    expect_bytes(session.key, 16, second.session_key);
    expect_bytes(session.mac_key, 16, "FC4AF159B62E549B5812394CAB1918CC");
    expect_bytes(session.transaction, 4, "7614281A");
}
END_TEST

/* One command and its answer within a session: what the vector is after each, and that the answer's MAC is right. */
static void expect_maced(struct desfire_session *session, const char *command, const char *sent_mac, const char *answer,
                         const char *content)
{
    struct bytes bytes = hex(command);
    struct bytes data = hex(answer);
    size_t command_bytes = bytes.count;

    ck_assert_int_eq(desfire_protect(session, DESFIRE_MAC, bytes.at, &command_bytes), DESFIRE_GOOD);
    ck_assert_uint_eq(command_bytes, bytes.count); /* nothing is added in EV1 */
    expect_bytes(session->iv, desfire_block_bytes(session->cipher), sent_mac);
    struct desfire_session copy = *session;
    struct bytes broken = data;
    size_t broken_bytes = broken.count;
    broken.at[broken.count - 1] ^= 1;
    ck_assert_int_eq(desfire_open(&copy, DESFIRE_MAC, broken.at, &broken_bytes, 0), DESFIRE_BROKEN);
    ck_assert_int_eq(desfire_open(session, DESFIRE_MAC, data.at, &data.count, 0), DESFIRE_GOOD);
    expect_bytes(data.at, data.count, content);
}

/* Elmue: the session of des_zero, GetVersion to GetApplicationIDs. */
START_TEST(ev1_macs_run_on_through_a_des_session)
{
    struct desfire_session session;

    shake_hands(&des_zero, &session);
    expect_maced(&session, "60", "5020EC826086DF12",
                 "04010101001A05 04010101041A05 04063F72633480BA4519E3204913 CDC810BAFA401759",
                 "04010101001A05 04010101041A05 04063F72633480BA4519E3204913");
    expect_maced(&session, "FC", "0D89CA4BFBE69072", "9C2C813A065C45F7", "");
    expect_maced(&session, "CA16DE000F02", "EEE9BE1051A406F3", "0A1379B01D85AD47", "");
    expect_maced(&session, "CA24DE000F42", "EE60B21ACA1A5B1A", "5D73AE5287A1BBE4", "");
    expect_maced(&session, "CA16AE000F82", "75F04D6FF8742DCA", "3B68D72A3BE0D20C", "");
    expect_maced(&session, "CACCBBAA0F01", "CDDE90476639581F", "F11AC0738EF83878", "");
    expect_maced(&session, "6A", "D0566D1BDB788AC3", "16DE0024DE0016AE00CCBBAA 2739154E2630D650",
                 "16DE0024DE0016AE00CCBBAA");
}
END_TEST

START_TEST(ev1_macs_are_right_with_two_des_keys_and_with_aes)
{
    struct desfire_session session;

    shake_hands(&des_two_keys_more, &session);
    expect_maced(&session, "6400", "8CB24F61B814A956", "10 3345AA95F2D956CF", "10");
    shake_hands(&aes_key, &session);
    expect_maced(&session, "6400", "257FC538618A944A3A20967B6F314348", "10 8A8FA36F55CD210D", "10");
}
END_TEST

/* Elmue, ChangeKeySettings and ChangeKey: an EV1 cryptogram begins with the vector that the last MAC left. */
START_TEST(ev1_ciphers_run_on_from_the_last_mac)
{
    struct desfire_session session;
    struct bytes settings = hex("0DED09401E000000");
    struct bytes key = hex("00000000000000000000000000000000 00 0A0F861B 0000000000000000000000");

    shake_hands(&des_settings, &session);
    expect_maced(&session, "45", "D9C6E0637401B752", "0F02 25DD8D7731B1CFD5", "0F02");
    ck_assert(desfire_encipher(session.cipher, session.key, session.iv, settings.at, settings.count));
    expect_bytes(settings.at, settings.count, "27882805FC3FD49D");
    struct bytes answer = hex("A6283783 74270ACD");
    ck_assert_int_eq(desfire_open(&session, DESFIRE_PLAIN, answer.at, &answer.count, 0), DESFIRE_GOOD);
    expect_maced(&session, "45", "030BA66FE3620600", "0D02 613FB2D3F453D2E4", "0D02");

    shake_hands(&aes_key, &session);
    expect_maced(&session, "6400", "257FC538618A944A3A20967B6F314348", "10 8A8FA36F55CD210D", "10");
    struct desfire_session reading = session;
    ck_assert(desfire_encipher(session.cipher, session.key, session.iv, key.at, key.count));
    expect_bytes(key.at, key.count, "635375E4919F8AF2E9E86B1C1BA55B0C0807EAF484D7A7EF6E0C3084160F5A61");
    ck_assert(desfire_decipher(reading.cipher, reading.key, reading.iv, key.at, key.count));
    expect_bytes(key.at, key.count, "00000000000000000000000000000000 00 0A0F861B 0000000000000000000000");
    ck_assert_mem_eq(session.iv, reading.iv, 16);
}
END_TEST

/* AN12196, 5.3, and AN12343, the session of its page 54. */
START_TEST(ev2_macs_are_those_of_an12196_and_an12343)
{
    struct desfire_session session = { .authentication = DESFIRE_EV2_AES, .cipher = DESFIRE_CIPHER_AES };
    struct bytes command = hex("F5 02");
    struct bytes answer = hex("0040EEEE000100D1FE001F00004400004400002000006A00002A474282E7A47986");

    memcpy(session.mac_key, hex("8248134A386E86EB7FAF54A52E536CB6").at, 16);
    memcpy(session.transaction, hex("7A21085E").at, 4);
    ck_assert_int_eq(desfire_protect(&session, DESFIRE_MAC, command.at, &command.count), DESFIRE_GOOD);
    expect_bytes(command.at, command.count, "F5 02 6597A457C8CD442C");
    ck_assert_int_eq(desfire_open(&session, DESFIRE_MAC, answer.at, &answer.count, 0), DESFIRE_GOOD);
    expect_bytes(answer.at, answer.count, "0040EEEE000100D1FE001F00004400004400002000006A0000");

    struct bytes write = hex("8D 00000000190000 22222222222222222222222222222222222222222222222222");
    struct bytes written = hex("0820F68898C2A7F1");
    session = (struct desfire_session) { .authentication = DESFIRE_EV2_AES, .cipher = DESFIRE_CIPHER_AES };
    memcpy(session.mac_key, hex("9366FA195EB566F5BD2BAD4020B83002").at, 16);
    memcpy(session.transaction, hex("E2D3AF69").at, 4);
    ck_assert_int_eq(desfire_protect(&session, DESFIRE_MAC, write.at, &write.count), DESFIRE_GOOD);
    expect_bytes(write.at + 33, write.count - 33, "68F2C28C575A1628");
    ck_assert_int_eq(desfire_open(&session, DESFIRE_MAC, written.at, &written.count, 0), DESFIRE_GOOD);
    ck_assert_uint_eq(written.count, 0);
    ck_assert_uint_eq(session.counter, 1);
}
END_TEST

/* AN12343, pages 33 and 34, by way of the messages that a card with that key would exchange. */
START_TEST(ev2_session_keys_are_those_of_an12343)
{
    struct desfire_handshake handshake;
    struct desfire_session session;
    uint8_t reply[DESFIRE_REPLY_MAX_BYTES];
    uint8_t zeros[16] = { 0 };
    struct bytes challenge = hex("FA659AD0DCA738DD65DC7DC38612AD81");
    struct bytes proof = hex("00000000 4D0787C93EE0CC8CACC8E86F16C6FEB0 000000000000 000000000000");

    ck_assert(desfire_encipher(DESFIRE_CIPHER_AES, hex(zero_key).at, zeros, challenge.at, challenge.count));
    memset(zeros, 0, sizeof zeros);
    ck_assert(desfire_encipher(DESFIRE_CIPHER_AES, hex(zero_key).at, zeros, proof.at, proof.count));
    desfire_handshake_begin(&handshake, DESFIRE_EV2_AES, hex(zero_key).at);
    memcpy(handshake.random_a, hex("B04D0787C93EE0CC8CACC8E86F16C6FE").at, 16);
    ck_assert(desfire_handshake_reply(&handshake, challenge.at, reply));
    ck_assert_int_eq(desfire_handshake_finish(&handshake, proof.at, &session), DESFIRE_GOOD);
    expect_bytes(session.key, 16, "63DC07286289A7A6C0334CA31C314A04");
    expect_bytes(session.mac_key, 16, "774F26743ECE6AF5033B6AE8522946F6");
}
END_TEST

static void expect_stripped(enum desfire_authentication authentication, const char *plain, size_t known_bytes,
                            const char *content)
{
    const struct desfire_session session = { .authentication = authentication,
                                             .cipher = desfire_authentication_cipher(authentication) };
    struct bytes bytes = hex(plain);
    enum desfire_check check = desfire_strip(&session, bytes.at, &bytes.count, known_bytes);

    ck_assert_int_eq(check, content != NULL ? DESFIRE_GOOD : DESFIRE_BROKEN);
    if (content != NULL)
        expect_bytes(bytes.at, bytes.count, content);
}

/* proxmark3: GetCardUID of the same card in an EV0 and in an EV1 session. */
START_TEST(crcs_of_real_answers_are_found)
{
    static const char uid[] = "04440F32763180";

    expect_stripped(DESFIRE_EV0_DES, "04440F32763180 2798 00000000000000", 7, uid);
    expect_stripped(DESFIRE_EV0_DES, "04440F32763180 2798 80000000000000", 0, uid);
    expect_stripped(DESFIRE_EV0_DES, "04440F32763180 2798 00000000000000", 0, uid);
    expect_stripped(DESFIRE_EV1_AES, "04440F32763180 99CE1AD4 0000000000", 7, uid);
    expect_stripped(DESFIRE_EV1_AES, "04440F32763180 99CE1AD4 8000000000", 0, uid);
    expect_stripped(DESFIRE_EV1_AES, "04440F32763180 99CE1AD4 0000000000", 0, uid);
}
END_TEST

START_TEST(data_of_another_length_than_expected_is_found_as_well)
{
    expect_stripped(DESFIRE_EV0_DES, "04440F32763180 2798 00000000000000", 6, "04440F32763180");
    expect_stripped(DESFIRE_EV0_DES, "04440F32763180 2798 80000000000000", 8, "04440F32763180");
    /* 6363 is the CRC of nothing: 0000 follows it as the CRC of those two. Only the length tells them apart. */
    expect_stripped(DESFIRE_EV0_DES, "6363 0000 00000000", 2, "6363");
    expect_stripped(DESFIRE_EV0_DES, "6363 0000 00000000", 0, "");
}
END_TEST

START_TEST(wrong_crcs_and_paddings_are_refused)
{
    static const char *const wrong[] = {
        "04440F32763180 2799 00000000000000", /* CRC */
        "04440F32763181 2798 00000000000000", /* data */
        "04440F32763180 2798 00000000000001", /* padding */
        "04440F32763180 2798 80000000000001", "", "00", "0000",
        "04440F32763180 2798 00000000000000 0000000000000000", /* a block too many */
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_stripped(DESFIRE_EV0_DES, wrong[i], 7, NULL);
        expect_stripped(DESFIRE_EV0_DES, wrong[i], 0, NULL);
    }
    expect_stripped(DESFIRE_EV2_AES, "04958CAA5C5E80 000000000000000000", 0, "04958CAA5C5E");
    expect_stripped(DESFIRE_EV2_AES, "00000000000000000000000000000000", 0, NULL);
    expect_stripped(DESFIRE_EV2_AES, "04958CAA5C5E80 010000000000000000", 0, NULL);
    expect_stripped(DESFIRE_EV2_AES, "80 00000000000000000000000000000000 000000000000000000000000000000", 0, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("desfire_vectors");
    TCase *tests = tcase_create("desfire_vectors");

    tcase_add_test(tests, cmac_gives_the_examples_of_nist);
    tcase_add_test(tests, keys_are_diversified_as_an10922_has_it);
    tcase_add_test(tests, an_input_of_less_than_a_block_is_padded_to_two_as_an10957_has_it);
    tcase_add_test(tests, authenticate_aes_and_iso_are_those_of_real_cards);
    tcase_add_test(tests, halves_that_differ_in_parity_alone_are_two_keys);
    tcase_add_test(tests, authenticate_ev0_is_that_of_a_real_card);
    tcase_add_test(tests, authenticate_ev2_is_that_of_an12196);
    tcase_add_test(tests, ev1_macs_run_on_through_a_des_session);
    tcase_add_test(tests, ev1_macs_are_right_with_two_des_keys_and_with_aes);
    tcase_add_test(tests, ev1_ciphers_run_on_from_the_last_mac);
    tcase_add_test(tests, ev2_macs_are_those_of_an12196_and_an12343);
    tcase_add_test(tests, ev2_session_keys_are_those_of_an12343);
    tcase_add_test(tests, crcs_of_real_answers_are_found);
    tcase_add_test(tests, data_of_another_length_than_expected_is_found_as_well);
    tcase_add_test(tests, wrong_crcs_and_paddings_are_refused);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
