/* SPDX-License-Identifier: MIT */
/*
 * Whole conversations with a DESFire: published ones to the byte (sources: check_desfire_vectors.c), and those of every
 * mode with a card that computes for itself.
 */
#include "card/desfire.h"
#include "desfire_card.h"

#include "base/clock.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char uid_text[] = "04958CAA5C5E80";
static struct bytes next_random;

static bool give_random(uint8_t *bytes, size_t size_bytes)
{
    ck_assert_uint_eq(size_bytes, next_random.count);
    memcpy(bytes, next_random.at, size_bytes);
    return true;
}

static bool refuse_random(uint8_t *bytes, size_t size_bytes)
{
    memset(bytes, 0, size_bytes);
    return false;
}

struct talk {
    struct card card;
    struct script script;
    struct exchange exchange;
    struct desfire desfire;
    uint8_t data[DESFIRE_DATA_MAX_BYTES];
    size_t data_bytes;
};

static void begin(struct talk *talk, bool wrapped)
{
    const struct desfire_options options = { .iso_wrapping = wrapped, .random = give_random };

    exchange_begin(&talk->exchange, &talk->card, clock_system());
    desfire_begin(&talk->desfire, &talk->exchange, &options);
}

static void begin_script(struct talk *talk, bool wrapped, const struct step *steps, size_t count)
{
    talk->script = (struct script) { .steps = steps, .count = count };
    script_card(&talk->card, &talk->script, uid_text);
    begin(talk, wrapped);
}
#define BEGIN_SCRIPT(talk, wrapped, steps) begin_script(talk, wrapped, steps, sizeof(steps) / sizeof *(steps))

static void expect_wiped(const struct talk *talk)
{
    static const struct desfire_session zeros;

    ck_assert_mem_eq(&talk->desfire.session, &zeros, sizeof zeros);
}

static int authenticate(struct talk *talk, enum desfire_authentication authentication, uint8_t number, const char *key,
                        const char *random)
{
    next_random = hex(random);
    return desfire_authenticate(&talk->desfire, authentication, number, hex(key).at);
}

static int read_file(struct talk *talk, uint8_t command, uint8_t number, uint32_t offset, uint32_t length,
                     enum desfire_communication communication)
{
    const struct desfire_file file = { .command = command, .number = number, .offset = offset, .length_bytes = length,
                                       .communication = communication };

    return desfire_read(&talk->desfire, &file, talk->data, &talk->data_bytes);
}

/* A command that this program does not send itself: the session goes on as if it had. */
static void pass(struct talk *talk, const char *command, const char *answer)
{
    struct bytes sent = hex(command);
    struct bytes data = hex(answer);

    ck_assert_int_eq(desfire_protect(&talk->desfire.session, DESFIRE_PLAIN, sent.at, &sent.count), DESFIRE_GOOD);
    ck_assert_int_eq(desfire_open(&talk->desfire.session, DESFIRE_PLAIN, data.at, &data.count, 0), DESFIRE_GOOD);
}

/* Elmue: the AES application of the self test, from its choice to the two reads of its file. */
START_TEST(a_file_is_read_in_an_aes_session_of_a_real_card)
{
    static const struct step steps[] = {
        { "5A 16AE00", "00" },
        { "AA 01", "AF B351CB2465D4F33AC627FD6E87A168F2" },
        { "AF 044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0",
          "00 A2EE144B1012FBEB7B2F11132D95A454" },
        { "BD 05 000000 300000",
          "00 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F"
          "4C65F1F842262BAC" },
        { "BD 05 300000 200000",
          "00 303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F F02205CF913C03C9" },
    };
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, steps);
    ck_assert_int_eq(desfire_select_application(&talk.desfire, 0x00AE16), 0);
    ck_assert_int_eq(authenticate(&talk, DESFIRE_EV1_AES, 1, "10182028303840485058606870788088",
                                  "40E7D27174CBA675E8EFBAB99C530E3D"), 0);
    pass(&talk, "CD 05 00 1100 500000", "A75316AD1596B953");
    pass(&talk, "6F", "05 2D5FF67FFEC9D2D3");
    pass(&talk, "F505", "00001100500000 2AAC7517024E09DC");
    pass(&talk, "3D 05 000000 340000 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
                "202122232425262728292A2B2C2D2E2F30313233", "765C9DAA50ECB62F");
    pass(&talk, "3D 05 340000 1C0000 3435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F", "3E0AED986B8B0F37");
    ck_assert_int_eq(read_file(&talk, 0xBD, 5, 0, 0x30, DESFIRE_PLAIN), 0);
    expect_bytes(talk.data, talk.data_bytes,
                 "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F");
    ck_assert_int_eq(read_file(&talk, 0xBD, 5, 0x30, 0x20, DESFIRE_MAC), 0);
    expect_bytes(talk.data, talk.data_bytes, "303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F");
    expect_end(&talk.script);
    desfire_end(&talk.desfire);
    expect_wiped(&talk);
}
END_TEST

/* Elmue: GetVersion in three frames, without the session that it had there. */
START_TEST(the_uid_of_get_version_is_that_of_a_real_card)
{
    static const struct step native[] = {
        { "60", "AF 04010101001A05" }, { "AF", "AF 04010101041A05" }, { "AF", "00 04063F72633480 BA4519E320 4913" },
    };
    static const struct step wrapped[] = {
        { "90 60 00 00 00", "04010101001A05 91AF" },
        { "90 AF 00 00 00", "04010101041A05 91AF" },
        { "90 AF 00 00 00", "04063F72633480 BA4519E320 4913 9100" },
    };
    uint8_t uid[DESFIRE_UID_BYTES];
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, native);
    ck_assert_int_eq(desfire_get_version(&talk.desfire, uid), 0);
    expect_bytes(uid, sizeof uid, "04063F72633480");
    BEGIN_SCRIPT(&talk, true, wrapped);
    ck_assert_int_eq(desfire_get_version(&talk.desfire, uid), 0);
    expect_bytes(uid, sizeof uid, "04063F72633480");
    expect_end(&talk.script);
}
END_TEST

/* AN12196, 6.6. */
START_TEST(authenticate_ev2_is_spoken_as_an12196_has_it)
{
    static const struct step steps[] = {
        { "90 71 00 00 02 00 00 00", "A04C124213C186F22399D33AC2A30215 91AF" },
        { "90 AF 00 00 20 35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 00",
          "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663 9100" },
    };
    struct talk talk;

    BEGIN_SCRIPT(&talk, true, steps);
    ck_assert_int_eq(authenticate(&talk, DESFIRE_EV2_AES, 0, "00000000000000000000000000000000",
                                  "13C5DB8A5930439FC3DEF9A4C675360F"), 0);
    expect_bytes(talk.desfire.session.key, 16, "1309C877509E5A215007FF0ED19CA564");
    expect_end(&talk.script);
    desfire_end(&talk.desfire);
}
END_TEST

static void set_ev2_session(struct talk *talk, const char *key, const char *mac_key, const char *transaction,
                            uint16_t counter)
{
    struct desfire_session *session = &talk->desfire.session;

    *session = (struct desfire_session) { .authentication = DESFIRE_EV2_AES, .cipher = DESFIRE_CIPHER_AES,
                                          .counter = counter };
    memcpy(session->key, hex(key).at, 16);
    memcpy(session->mac_key, hex(mac_key).at, 16);
    memcpy(session->transaction, hex(transaction).at, 4);
}

/* AN12196, GetCardUID in full mode. */
START_TEST(get_card_uid_is_spoken_as_an12196_has_it)
{
    static const struct step steps[] = {
        { "90 51 00 00 08 8E2C155ADDA99BE3 00", "70756055688505B52A5E26E59E329CD6 595F672298EA41B7 9100" },
    };
    uint8_t uid[DESFIRE_UID_BYTES];
    struct talk talk;

    BEGIN_SCRIPT(&talk, true, steps);
    set_ev2_session(&talk, "2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522", 0);
    ck_assert_int_eq(desfire_get_card_uid(&talk.desfire, uid), 0);
    expect_bytes(uid, sizeof uid, "04958CAA5C5E80");
    expect_end(&talk.script);
}
END_TEST

/* AN12343, page 54: the second command of its session. */
START_TEST(a_file_is_read_with_a_mac_as_an12343_has_it)
{
    static const struct step steps[] = {
        { "90 AD 00 00 0F 00 000000 300000 0D9BE191D5960834 00",
          "22222222222222222222222222222222222222222222222222 0000000000000000000000000000000000000000000000"
          "A49A44222D926666 9100" },
    };
    struct talk talk;

    BEGIN_SCRIPT(&talk, true, steps);
    set_ev2_session(&talk, "00000000000000000000000000000000", "9366FA195EB566F5BD2BAD4020B83002", "E2D3AF69", 1);
    ck_assert_int_eq(read_file(&talk, 0xAD, 0, 0, 0x30, DESFIRE_MAC), 0);
    expect_bytes(talk.data, talk.data_bytes,
                 "22222222222222222222222222222222222222222222222222 0000000000000000000000000000000000000000000000");
    expect_end(&talk.script);
}
END_TEST

START_TEST(a_desfire_is_selected_by_its_name)
{
    static const struct step steps[] = {
        { "00 A4 04 00 07 D2760000850100 00", "9000" }, { "00 A4 04 00 07 D2760000850100 00", "6A82" },
        { "00 A4 04 00 07 D2760000850100 00", NULL },
    };
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, steps);
    ck_assert_int_eq(desfire_select_name(&talk.desfire), 0);
    ck_assert_int_eq(desfire_select_name(&talk.desfire), DESFIRE_REFUSED);
    ck_assert_int_eq(desfire_select_name(&talk.desfire), CARD_ERROR_MUTE);
}
END_TEST

static void expect_select(bool wrapped, const char *answer, int result)
{
    const struct step steps[] = { { wrapped ? "90 5A 00 00 03 563412 00" : "5A 563412", answer } };
    struct talk talk;

    BEGIN_SCRIPT(&talk, wrapped, steps);
    ck_assert_int_eq(desfire_select_application(&talk.desfire, 0x123456), result);
}

START_TEST(a_refusal_is_told_from_nonsense)
{
    static const char *const refusals[] = { "0C", "1C", "1E", "40", "7E", "9D", "9E", "A0", "A1", "AD", "AE", "BE",
                                            "CA", "EE", "F0", "F1" };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char wrapped[8] = "91";
        strcat(wrapped, refusals[i]);
        expect_select(false, refusals[i], DESFIRE_REFUSED);
        expect_select(true, wrapped, DESFIRE_REFUSED);
    }
    /* Of a card that is no DESFire, or wants wrapping. */
    expect_select(false, "6700", DESFIRE_REFUSED);
    expect_select(false, "6E00", DESFIRE_REFUSED);
    expect_select(false, "6D00", DESFIRE_REFUSED);
    expect_select(false, "6881", DESFIRE_REFUSED);
    expect_select(true, "6E00", DESFIRE_REFUSED);
    expect_select(true, "9000", DESFIRE_REFUSED);
    expect_select(false, "", CARD_ERROR_MUTE);
    expect_select(false, "77", CARD_ERROR_MUTE);
    expect_select(true, "9177", CARD_ERROR_MUTE);
    expect_select(true, "", CARD_ERROR_MUTE);
    expect_select(true, "91", CARD_ERROR_MUTE);
    expect_select(true, NULL, CARD_ERROR_MUTE);
}
END_TEST

START_TEST(a_card_that_always_has_more_and_gives_nothing_is_not_asked_for_ever)
{
    static const struct step steps[] = { { "60", "AF 01" }, { "AF", "AF" } };
    uint8_t uid[DESFIRE_UID_BYTES];
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, steps);
    ck_assert_int_eq(desfire_get_version(&talk.desfire, uid), CARD_ERROR_MUTE);
    expect_end(&talk.script);
}
END_TEST

static int endless(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer, size_t capacity)
{
    (void) card;
    ck_assert_uint_gt(command_bytes, 0);
    ck_assert(command[0] == 0xBD || command[0] == 0xAF);
    ck_assert_uint_ge(capacity, 60);
    memset(answer, 0xAF, 60);
    return 60;
}

START_TEST(a_file_of_more_than_4096_bytes_is_refused)
{
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, ((const struct step[]) { { "", "" } }));
    talk.card.transceive = endless;
    ck_assert_int_eq(read_file(&talk, 0xBD, 1, 0, 0, DESFIRE_PLAIN), DESFIRE_REFUSED);
    ck_assert_uint_eq(talk.exchange.commands_sent, 4096 / 59 + 1);
}
END_TEST

START_TEST(wrong_frames_of_an_authentication_are_told_apart)
{
    static const struct {
        const char *first;
        const char *second; /* NULL: not asked for */
        int result;
    } cases[] = {
        { "AE", NULL, DESFIRE_REFUSED },
        { "40", NULL, DESFIRE_REFUSED },
        { "AF B2955799 26155A", NULL, CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3 B2955799 26155AE3", NULL, DESFIRE_REFUSED }, /* a key of 24 bytes */
        { "00 B2955799 26155AE3", NULL, CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3", "AE", DESFIRE_REFUSED },
        { "AF B2955799 26155AE3", "00 B8FD7FE56B241FC5", CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3", "00 B8FD7FE56B241F", CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3", "00 B8FD7FE56B241FC400", CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3", "AF B8FD7FE56B241FC4", CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3", NULL, CARD_ERROR_MUTE },
        { "AF B2955799 26155AE3", "00 B8FD7FE56B241FC4", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct step steps[] = { { "1A 00", cases[i].first },
                                      { "AF 70F349740C945DAE159BA9FEDBCC461A", cases[i].second } };
        struct talk talk;

        BEGIN_SCRIPT(&talk, false, steps);
        ck_assert_int_eq(authenticate(&talk, DESFIRE_EV1_DES, 0, "00102031405060708090A0B0B0A09080",
                                      "530E3D90F7A201C4"), cases[i].result);
        if (cases[i].result != 0)
            expect_wiped(&talk);
    }
}
END_TEST

START_TEST(without_random_numbers_nothing_is_said)
{
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, ((const struct step[]) { { "", "" } }));
    talk.desfire.options.random = refuse_random;
    ck_assert_int_eq(desfire_authenticate(&talk.desfire, DESFIRE_EV1_AES, 0, hex("00").at), CARD_ERROR_READER);
    ck_assert_uint_eq(talk.exchange.commands_sent, 0);
}
END_TEST

START_TEST(system_random_numbers_are_not_all_the_same)
{
    uint8_t a[16] = { 0 };
    uint8_t b[16] = { 0 };

    ck_assert(desfire_random(a, sizeof a) && desfire_random(b, sizeof b));
    ck_assert_mem_ne(a, b, sizeof a);
    ck_assert(desfire_equal(a, a, sizeof a));
    ck_assert(!desfire_equal(a, b, sizeof a));
}
END_TEST

/* ---- every mode, with a card that computes ---- */

static const struct {
    enum desfire_authentication authentication;
    uint8_t command;
    const char *key;
    const char *random;
} ways[] = {
    { DESFIRE_EV0_DES, 0x0A, "00112233445566778899AABBCCDDEEFE", "0102030405060708" },
    { DESFIRE_EV0_DES, 0x0A, "0123456789ABCDEF0123456789ABCDEF", "F1E2D3C4B5A69788" },
    { DESFIRE_EV1_DES, 0x1A, "00112233445566778899AABBCCDDEEFE", "0102030405060708" },
    { DESFIRE_EV1_DES, 0x1A, "0123456789ABCDEF0123456789ABCDEF", "F1E2D3C4B5A69788" },
    { DESFIRE_EV1_AES, 0xAA, "00112233445566778899AABBCCDDEEFF", "0102030405060708090A0B0C0D0E0F10" },
    { DESFIRE_EV2_AES, 0x71, "00112233445566778899AABBCCDDEEFF", "0102030405060708090A0B0C0D0E0F10" },
};
enum { WAYS = sizeof ways / sizeof *ways };
static const enum desfire_communication modes[] = { DESFIRE_PLAIN, DESFIRE_MAC, DESFIRE_ENCRYPTED };

static struct desfire_card card_of(size_t way, enum desfire_communication communication, size_t content_bytes)
{
    struct desfire_card card = {
        .application = 0x123456, .authentication = ways[way].command, .key_number = 2, .file = 7,
        .communication = (uint8_t) communication, .content_bytes = content_bytes, .frame_bytes = 59,
    };

    memcpy(card.key, hex(ways[way].key).at, 16);
    memcpy(card.uid, hex(uid_text).at, 7);
    for (size_t i = 0; i < content_bytes; i++)
        card.content[i] = (uint8_t) (i * 7 + content_bytes);
    return card;
}

static int open_card(struct talk *talk, struct desfire_card *card, size_t way)
{
    compute_card(&talk->card, card);
    begin(talk, card->wrapped);
    ck_assert_int_eq(desfire_select_application(&talk->desfire, card->application), 0);
    return authenticate(talk, ways[way].authentication, card->key_number, ways[way].key, ways[way].random);
}

static void expect_content(const struct talk *talk, const struct desfire_card *card, size_t offset, size_t count)
{
    ck_assert_uint_eq(talk->data_bytes, count);
    ck_assert_mem_eq(talk->data, card->content + offset, count);
}

/* Lengths from one byte to several frames, with the length said and not; two reads, so that the session goes on. */
START_TEST(files_are_read_in_every_mode)
{
    static const size_t sizes[] = { 1, 2, 6, 7, 8, 12, 15, 16, 17, 31, 32, 54, 55, 64, 118, 240, 255 };
    const size_t way = (size_t) _i / 6;
    const enum desfire_communication mode = modes[_i / 2 % 3];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct desfire_card card = card_of(way, mode, sizes[i]);
        struct talk talk;

        card.wrapped = _i % 2 != 0;
        ck_assert_int_eq(open_card(&talk, &card, way), 0);
        ck_assert_int_eq(read_file(&talk, 0xBD, 7, 0, 0, mode), 0);
        expect_content(&talk, &card, 0, sizes[i]);
        ck_assert_int_eq(read_file(&talk, 0xAD, 7, 0, (uint32_t) sizes[i], mode), 0);
        expect_content(&talk, &card, 0, sizes[i]);
        ck_assert_int_eq(read_file(&talk, 0xBD, 7, (uint32_t) sizes[i] / 2, 1, mode), 0);
        expect_content(&talk, &card, sizes[i] / 2, 1);
        desfire_end(&talk.desfire);
    }
}
END_TEST

START_TEST(records_are_read_in_every_mode)
{
    const size_t way = (size_t) _i / 3;
    const enum desfire_communication mode = modes[_i % 3];
    struct desfire_card card = card_of(way, mode, 21);
    struct talk talk;

    card.records = true;
    ck_assert_int_eq(open_card(&talk, &card, way), 0);
    ck_assert_int_eq(read_file(&talk, 0xBB, 7, 0, 21, mode), 0);
    expect_content(&talk, &card, 0, 21);
    ck_assert_int_eq(read_file(&talk, 0xAB, 7, 0, 0, mode), 0);
    expect_content(&talk, &card, 0, 21);
    ck_assert_int_eq(read_file(&talk, 0xBB, 7, 0, 20, mode), DESFIRE_REFUSED); /* a record is not that long */
    ck_assert_int_eq(read_file(&talk, 0xBB, 7, 1, 0, mode), DESFIRE_REFUSED);  /* there is one only */
}
END_TEST

START_TEST(the_uid_comes_enciphered_in_every_way_of_authentication)
{
    struct desfire_card card = card_of((size_t) _i, DESFIRE_PLAIN, 8);
    uint8_t uid[DESFIRE_UID_BYTES];
    struct talk talk;

    card.random_id = true;
    ck_assert_int_eq(open_card(&talk, &card, (size_t) _i), 0);
    ck_assert_int_eq(desfire_get_card_uid(&talk.desfire, uid), 0);
    expect_bytes(uid, sizeof uid, uid_text);
}
END_TEST

START_TEST(a_wrong_key_or_key_number_is_refused)
{
    struct desfire_card card = card_of((size_t) _i, DESFIRE_PLAIN, 8);
    struct talk talk;

    card.key[3] ^= 0x80;
    ck_assert_int_eq(open_card(&talk, &card, (size_t) _i), DESFIRE_REFUSED);
    expect_wiped(&talk);
    card = card_of((size_t) _i, DESFIRE_PLAIN, 8);
    ck_assert_int_eq(open_card(&talk, &card, (size_t) _i), 0);
    ck_assert_int_eq(authenticate(&talk, ways[_i].authentication, 3, ways[_i].key, ways[_i].random), DESFIRE_REFUSED);
    expect_wiped(&talk);
}
END_TEST

/* Only plain EV0 and EV2 have nothing that would tell. */
START_TEST(a_broken_answer_is_never_taken)
{
    const size_t way = (size_t) _i / 3;
    const enum desfire_communication mode = modes[_i % 3];
    const bool ev1 = ways[way].authentication == DESFIRE_EV1_DES || ways[way].authentication == DESFIRE_EV1_AES;

    if (mode == DESFIRE_PLAIN && !ev1)
        return;
    for (int cut = 0; cut < 2; cut++) {
        struct desfire_card card = card_of(way, mode, 20);
        struct talk talk;

        ck_assert_int_eq(open_card(&talk, &card, way), 0);
        if (cut != 0)
            card.cut_at = card.commands + 1;
        else
            card.break_at = card.commands + 1;
        ck_assert_int_eq(read_file(&talk, 0xBD, 7, 0, 20, mode), CARD_ERROR_MUTE);
        card.step = 0;
        ck_assert_int_eq(open_card(&talk, &card, way), 0);
        if (cut != 0)
            card.cut_at = card.commands + 1;
        else
            card.break_at = card.commands + 1;
        ck_assert_int_eq(read_file(&talk, 0xBD, 7, 0, 0, mode), CARD_ERROR_MUTE);
    }
}
END_TEST

START_TEST(a_plain_answer_of_another_length_than_asked_is_nonsense)
{
    static const struct step steps[] = { { "BD 01 000000 040000", "00 010203" },
                                         { "BD 01 000000 040000", "00 0102030405" } };
    struct talk talk;

    BEGIN_SCRIPT(&talk, false, steps);
    ck_assert_int_eq(read_file(&talk, 0xBD, 1, 0, 4, DESFIRE_PLAIN), CARD_ERROR_MUTE);
    ck_assert_int_eq(read_file(&talk, 0xBD, 1, 0, 4, DESFIRE_PLAIN), CARD_ERROR_MUTE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("desfire");
    TCase *tests = tcase_create("desfire");

    tcase_add_test(tests, a_file_is_read_in_an_aes_session_of_a_real_card);
    tcase_add_test(tests, the_uid_of_get_version_is_that_of_a_real_card);
    tcase_add_test(tests, authenticate_ev2_is_spoken_as_an12196_has_it);
    tcase_add_test(tests, get_card_uid_is_spoken_as_an12196_has_it);
    tcase_add_test(tests, a_file_is_read_with_a_mac_as_an12343_has_it);
    tcase_add_test(tests, a_desfire_is_selected_by_its_name);
    tcase_add_test(tests, a_refusal_is_told_from_nonsense);
    tcase_add_test(tests, a_card_that_always_has_more_and_gives_nothing_is_not_asked_for_ever);
    tcase_add_test(tests, a_file_of_more_than_4096_bytes_is_refused);
    tcase_add_test(tests, wrong_frames_of_an_authentication_are_told_apart);
    tcase_add_test(tests, without_random_numbers_nothing_is_said);
    tcase_add_test(tests, system_random_numbers_are_not_all_the_same);
    tcase_add_loop_test(tests, files_are_read_in_every_mode, 0, WAYS * 6);
    tcase_add_loop_test(tests, records_are_read_in_every_mode, 0, WAYS * 3);
    tcase_add_loop_test(tests, the_uid_comes_enciphered_in_every_way_of_authentication, 0, WAYS);
    tcase_add_loop_test(tests, a_wrong_key_or_key_number_is_refused, 0, WAYS);
    tcase_add_loop_test(tests, a_broken_answer_is_never_taken, 0, WAYS * 3);
    tcase_add_test(tests, a_plain_answer_of_another_length_than_asked_is_nonsense);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
