/* SPDX-License-Identifier: MIT */
#include "reader/nfc_card.h"

#include "base/hex.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 40 };

/* What the device is asked and what it answers, in order: "EXCHANGE 3004" and hex, or a result's name. */
struct turn {
    const char *asked;
    const char *answered;
};

struct script {
    const struct turn *turns;
    size_t turns_count;
    size_t at;
    struct nfc_tag found;      /* by NFC_SELECT */
    struct nfc_tag stranger;
    unsigned timeout_ms;       /* of the last exchange */
};

static const char *verb_name(enum nfc_verb verb)
{
    return verb == NFC_EXCHANGE ? "EXCHANGE" : verb == NFC_SELECT ? "SELECT" : verb == NFC_DESELECT ? "DESELECT"
        : verb == NFC_RESET_FIELD ? "RESET" : "another verb";
}

static void print_request(const struct nfc_request *request, char *text, size_t text_bytes)
{
    char *hex = hex_from_bytes(request->bytes, request->bytes_count);

    snprintf(text, text_bytes, "%s%s%s", verb_name(request->verb), request->bytes_count > 0 ? " " : "", hex);
    free(hex);
}

static enum nfc_result result_from_name(const char *name)
{
    static const struct { const char *name; enum nfc_result result; } names[] = {
        {"fine", NFC_FINE}, {"same", NFC_FINE}, {"other", NFC_FINE}, {"nothing", NFC_NOTHING}, {"gone", NFC_CARD_GONE},
        {"mute", NFC_CARD_MUTE}, {"refused", NFC_CARD_REFUSED}, {"unsupported", NFC_UNSUPPORTED},
        {"trouble", NFC_TROUBLE}, {"hung", NFC_HUNG}, {"died", NFC_DIED}, {"stopped", NFC_STOPPED},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, name) == 0)
            return names[i].result;
    }
    return 0;
}

static enum nfc_result play(void *context, const struct nfc_request *request, struct nfc_answer *answer)
{
    struct script *script = context;
    char asked[2 * NFC_FRAME_MAX_BYTES + 16];

    print_request(request, asked, sizeof asked);
    ck_assert_msg(script->at < script->turns_count, "asked beyond the script: %s", asked);
    const struct turn *turn = &script->turns[script->at++];
    ck_assert_str_eq(asked, turn->asked);
    if (request->verb == NFC_SELECT)
        ck_assert_uint_eq(request->technologies, script->found.technology);
    if (request->verb == NFC_EXCHANGE)
        script->timeout_ms = request->timeout_ms;
    answer->result = result_from_name(turn->answered);
    answer->tag = strcmp(turn->answered, "other") == 0 ? script->stranger : script->found;
    if (answer->result == 0) {
        int count = hex_to_bytes(turn->answered, strlen(turn->answered), answer->bytes, sizeof answer->bytes);
        ck_assert_int_ge(count, 0);
        answer->bytes_count = (size_t) count;
        answer->result = NFC_FINE;
    }
    return answer->result;
}

static struct nfc_tag make_tag(enum card_technology technology, const char *uid, const char *protocol, const char *ats)
{
    struct nfc_tag tag = {.technology = technology};

    tag.uid_bytes = (size_t) hex_to_bytes(uid, strlen(uid), tag.uid, sizeof tag.uid);
    tag.protocol_bytes_count = (size_t) hex_to_bytes(protocol, strlen(protocol), tag.protocol_bytes,
                                                     sizeof tag.protocol_bytes);
    tag.ats_bytes = (size_t) hex_to_bytes(ats, strlen(ats), tag.ats, sizeof tag.ats);
    return tag;
}

static struct nfc_tag type_2(void)
{
    return make_tag(CARD_NFC_A, "04A1B2C3D4E5F6", "004400", "");
}

static struct nfc_tag classic(void)
{
    return make_tag(CARD_NFC_A, "04A1B2C3D4E5F6", "004408", "");
}

static struct nfc_tag desfire(void)
{
    return make_tag(CARD_NFC_A, "04112233445566", "034420", "7577810280");
}

static struct nfc_tag iso_b(void)
{
    return make_tag(CARD_NFC_B, "11223344", "AABBCCDD008171", "");
}

/* A card whose device plays the turns. */
static void prepare(struct nfc_card *card, struct script *script, struct nfc_tag tag, const struct turn *turns,
                    size_t turns_count)
{
    *script = (struct script) {.turns = turns, .turns_count = turns_count, .found = tag, .stranger = tag};
    script->stranger.uid[0] ^= 0xFF;
    nfc_card_init(card, &tag, play, script);
}

static void check_answer(struct nfc_card *card, const char *command, const char *expected)
{
    uint8_t bytes[300];
    uint8_t answer[300];
    int count = hex_to_bytes(command, strlen(command), bytes, sizeof bytes);
    int received = card->card.transceive(&card->card, bytes, (size_t) count, answer, sizeof answer);

    ck_assert_msg(received >= 0, "%s: error %d", command, received);
    char *hex = hex_from_bytes(answer, (size_t) received);
    ck_assert_str_eq(hex, expected);
    free(hex);
}

static int error_of(struct nfc_card *card, const char *command)
{
    uint8_t bytes[300];
    uint8_t answer[300];
    int count = hex_to_bytes(command, strlen(command), bytes, sizeof bytes);

    return card->card.transceive(&card->card, bytes, (size_t) count, answer, sizeof answer);
}

/* Runs one command against the turns, all of which must be used. */
static void expect(struct nfc_tag tag, const struct turn *turns, const char *command, const char *expected)
{
    struct nfc_card card;
    struct script script;
    size_t count = 0;

    while (turns != NULL && turns[count].asked != NULL)
        count++;
    prepare(&card, &script, tag, turns, count);
    check_answer(&card, command, expected);
    ck_assert_uint_eq(script.at, count);
}

static void expect_error(struct nfc_tag tag, const struct turn *turns, const char *command, int error)
{
    struct nfc_card card;
    struct script script;
    size_t count = 0;

    while (turns[count].asked != NULL)
        count++;
    prepare(&card, &script, tag, turns, count);
    ck_assert_int_eq(error_of(&card, command), error);
    ck_assert_uint_eq(script.at, count);
}

static struct nfc_tag felica(void)
{
    return make_tag(CARD_NFC_F, "0101020304050607", "00F100000001430012FC", "");
}

#define TURNS(...) ((const struct turn[]) {__VA_ARGS__, {NULL, NULL}})

#define PAGES_4 "000102030405060708090A0B0C0D0E0F"
#define PAGES_8 "101112131415161718191A1B1C1D1E1F"

START_TEST(the_card_is_what_the_tag_is)
{
    struct nfc_card card;
    struct script script;

    prepare(&card, &script, desfire(), NULL, 0);
    ck_assert_int_eq(card.card.technology, CARD_NFC_A);
    ck_assert_uint_eq(card.card.uid_bytes, 7);
    ck_assert_mem_eq(card.card.ats, "\x75\x77\x81\x02\x80", 5);
    ck_assert_uint_eq(card.card.ats_bytes, 5);
    ck_assert_uint_eq(card.card.atr_bytes, 0);
}
END_TEST

START_TEST(get_data_honours_its_length)
{
    expect(type_2(), NULL, "FFCA000000", "04A1B2C3D4E5F69000");
    expect(type_2(), NULL, "FFCA000007", "04A1B2C3D4E5F69000");
    expect(type_2(), NULL, "FFCA000004", "6C07");
    expect(type_2(), NULL, "FFCA00000A", "04A1B2C3D4E5F66282");
    expect(iso_b(), NULL, "FFCA000000", "112233449000");
}
END_TEST

START_TEST(the_ats_is_given_whole_and_only_by_a_card_that_has_one)
{
    expect(desfire(), NULL, "FFCA010000", "0675778102809000");
    expect(desfire(), NULL, "FFCA010002", "6C06");
    expect(make_tag(CARD_NFC_A, "04112233445566", "034420", ""), NULL, "FFCA010000", "019000");
    expect(type_2(), NULL, "FFCA010000", "6A81");
    expect(iso_b(), NULL, "FFCA010000", "6A81");
}
END_TEST

START_TEST(other_commands_of_the_reader_are_refused_without_the_tag)
{
    static const char *const refused[] = {"FFCA020000", "FFCA000100", "FF82000006FFFFFFFFFFFF", "FF860000050100046000",
                                          "FFD6000404AABBCCDD", "FF000000"};
    static const char *const malformed[] = {"FF", "FFCA", "FFCA0000", "FFCA00000000", "FFB00004"};

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        expect(classic(), NULL, refused[i], "6A81");
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        expect(classic(), NULL, malformed[i], "6700");
    expect(desfire(), NULL, "FFB0000410", "6A81");
    expect(iso_b(), NULL, "FFB0000410", "6A81");
    expect(desfire(), NULL, "FFA40001020B00", "6A81");
    expect(type_2(), NULL, "FFA40001020B00", "6A81");
    expect(make_tag(CARD_NFC_A, "04112233445566", "034428", ""), NULL, "FFB0000410", "6A81");
    expect(make_tag(CARD_NFC_A, "11223344", "000410", ""), NULL, "FFB0000410", "6A81");
}
END_TEST

START_TEST(pages_of_a_type_2_tag_are_read_16_bytes_at_a_time)
{
    expect(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}), "FFB0000410", PAGES_4 "9000");
    expect(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}), "FFB0000400", PAGES_4 "9000");
    expect(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}), "FFB0000404", "000102039000");
    expect(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}, {"EXCHANGE 3008", PAGES_8}), "FFB0000414",
           PAGES_4 "101112139000");
    expect(type_2(), NULL, "FFB0010410", "6A82");
}
END_TEST

START_TEST(the_end_of_a_type_2_tag_is_asked_for_twice)
{
    expect(type_2(), TURNS({"EXCHANGE 30F0", "mute"}, {"SELECT", "same"}, {"EXCHANGE 30F0", "00"}, {"SELECT", "same"}),
           "FFB000F010", "6A82");
    expect(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}, {"EXCHANGE 3008", "gone"}, {"SELECT", "same"},
                           {"EXCHANGE 3008", "refused"}, {"SELECT", "same"}), "FFB0000420", PAGES_4 "6282");
    expect(type_2(), TURNS({"EXCHANGE 30FC", PAGES_4}), "FFB000FC20", PAGES_4 "6282");
}
END_TEST

START_TEST(a_disturbed_read_is_healed)
{
    expect(type_2(), TURNS({"EXCHANGE 3004", "mute"}, {"SELECT", "same"}, {"EXCHANGE 3004", PAGES_4}), "FFB0000410",
           PAGES_4 "9000");
    expect(type_2(), TURNS({"EXCHANGE 3004", "0001020304"}, {"SELECT", "same"}, {"EXCHANGE 3004", PAGES_4}),
           "FFB0000410", PAGES_4 "9000");
    expect_error(type_2(), TURNS({"EXCHANGE 3004", "0001020304"}, {"SELECT", "same"},
                                 {"EXCHANGE 3004", PAGES_4 "00"}, {"SELECT", "same"}), "FFB0000410", CARD_ERROR_MUTE);
}
END_TEST

START_TEST(a_tag_that_leaves_in_mid_read_is_gone)
{
    expect_error(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}, {"EXCHANGE 3008", "gone"}, {"SELECT", "nothing"},
                                 {"RESET", "fine"}, {"SELECT", "nothing"}), "FFB0000420", CARD_ERROR_GONE);
}
END_TEST

START_TEST(a_tag_that_fell_asleep_is_woken_by_the_field_and_others_are_sent_to_sleep)
{
    expect(type_2(), TURNS({"EXCHANGE 3004", "mute"}, {"SELECT", "nothing"}, {"RESET", "fine"}, {"SELECT", "other"},
                           {"DESELECT", "fine"}, {"SELECT", "same"}, {"EXCHANGE 3004", PAGES_4}), "FFB0000410",
           PAGES_4 "9000");
    expect_error(type_2(), TURNS({"EXCHANGE 3004", "mute"}, {"SELECT", "other"}, {"DESELECT", "fine"},
                                 {"SELECT", "nothing"}, {"RESET", "fine"}, {"SELECT", "other"}, {"DESELECT", "fine"},
                                 {"SELECT", "nothing"}), "FFB0000410", CARD_ERROR_GONE);
}
END_TEST

START_TEST(tags_that_never_end_are_not_sent_to_sleep_for_ever)
{
    struct nfc_card card;
    struct script script;
    struct turn turns[TURNS_MAX] = {{"EXCHANGE 3004", "mute"}};

    for (size_t i = 1; i + 1 < TURNS_MAX; i += 2) {
        turns[i] = (struct turn) {"SELECT", "other"};
        turns[i + 1] = (struct turn) {"DESELECT", "fine"};
    }
    prepare(&card, &script, type_2(), turns, TURNS_MAX - 1);
    ck_assert_int_eq(error_of(&card, "FFB0000410"), CARD_ERROR_GONE);
}
END_TEST

START_TEST(blocks_of_a_classic_come_in_sixteens)
{
    expect(classic(), TURNS({"EXCHANGE 3004", PAGES_4}), "FFB0000410", PAGES_4 "9000");
    expect(classic(), TURNS({"EXCHANGE 3004", PAGES_4}), "FFB0000400", PAGES_4 "9000");
    expect(classic(), TURNS({"EXCHANGE 3004", PAGES_4}, {"EXCHANGE 3005", PAGES_8}), "FFB0000420",
           PAGES_4 PAGES_8 "9000");
    expect(classic(), NULL, "FFB0000404", "6C10");
    expect(classic(), NULL, "FFB0000411", "6C10");
    expect(classic(), TURNS({"EXCHANGE 30FF", PAGES_4}), "FFB000FF20", PAGES_4 "6282");
}
END_TEST

START_TEST(a_block_that_a_classic_does_not_give_needs_a_key)
{
    expect(classic(), TURNS({"EXCHANGE 3004", "mute"}, {"SELECT", "same"}), "FFB0000410", "6982");
    expect(classic(), TURNS({"EXCHANGE 3004", "04"}, {"SELECT", "same"}), "FFB0000410", "6982");
    expect(classic(), TURNS({"EXCHANGE 3006", PAGES_4}, {"EXCHANGE 3007", PAGES_8}, {"EXCHANGE 3008", "refused"},
                            {"SELECT", "same"}), "FFB0000630", "6982");
    expect_error(classic(), TURNS({"EXCHANGE 3004", "mute"}, {"SELECT", "nothing"}, {"RESET", "fine"},
                                  {"SELECT", "nothing"}), "FFB0000410", CARD_ERROR_GONE);
    expect_error(classic(), TURNS({"EXCHANGE 3004", "0001"}), "FFB0000410", CARD_ERROR_MUTE);
}
END_TEST

/* Read Without Encryption of service 000B: the frames, each with its length first. */
#define FELICA_ASKED(length, count, blocks) length "06" "0101020304050607" "010B00" count blocks
#define FELICA_GIVEN(length, count, data) length "07" "0101020304050607" "0000" count data
#define FELICA_REFUSED "0C07" "0101020304050607" "FFA8"

/* Tells the card its service first. */
static void expect_of_service(const struct turn *turns, const char *command, const char *expected)
{
    struct nfc_card card;
    struct script script;
    size_t count = 0;

    while (turns != NULL && turns[count].asked != NULL)
        count++;
    prepare(&card, &script, felica(), turns, count);
    check_answer(&card, "FFA40001020B00", "9000");
    check_answer(&card, command, expected);
    ck_assert_uint_eq(script.at, count);
}

START_TEST(blocks_of_a_felica_come_four_at_a_time)
{
    expect_of_service(TURNS({"EXCHANGE " FELICA_ASKED("10", "01", "8000"), FELICA_GIVEN("1D", "01", PAGES_4)}),
                      "FFB0000010", PAGES_4 "9000");
    expect_of_service(TURNS({"EXCHANGE " FELICA_ASKED("10", "01", "80FF"), FELICA_GIVEN("1D", "01", PAGES_4)}),
                      "FFB000FF00", PAGES_4 "9000");
    expect_of_service(TURNS({"EXCHANGE " FELICA_ASKED("16", "04", "8001800280038004"),
                             FELICA_GIVEN("4D", "04", PAGES_4 PAGES_8 PAGES_4 PAGES_8)},
                            {"EXCHANGE " FELICA_ASKED("12", "02", "80058006"),
                             FELICA_GIVEN("2D", "02", PAGES_8 PAGES_4)}),
                      "FFB0000160", PAGES_4 PAGES_8 PAGES_4 PAGES_8 PAGES_8 PAGES_4 "9000");
    expect_of_service(NULL, "FFB0000104", "6C10");
    expect_of_service(NULL, "FFB000FF20", "6A82");
}
END_TEST

START_TEST(a_block_that_a_felica_refuses_ends_the_read)
{
    expect_of_service(TURNS({"EXCHANGE " FELICA_ASKED("10", "01", "8009"), FELICA_REFUSED}), "FFB0000910", "6A82");
    expect_of_service(TURNS({"EXCHANGE " FELICA_ASKED("16", "04", "8001800280038004"),
                             FELICA_GIVEN("4D", "04", PAGES_4 PAGES_8 PAGES_4 PAGES_8)},
                            {"EXCHANGE " FELICA_ASKED("10", "01", "8005"), FELICA_REFUSED}),
                      "FFB0000150", PAGES_4 PAGES_8 PAGES_4 PAGES_8 "6282");
}
END_TEST

START_TEST(blocks_of_a_felica_need_a_service)
{
    struct nfc_card card;
    struct script script;
    static const struct turn turns[] = {
        {"EXCHANGE 10060101020304050607010F11018002", FELICA_GIVEN("1D", "01", PAGES_4)}, {"RESET", "fine"},
        {"SELECT", "same"},
    };

    prepare(&card, &script, felica(), turns, 3);
    check_answer(&card, "FFB0000210", "6986");
    check_answer(&card, "FFA40001010B", "6700");
    check_answer(&card, "FFA40001030B0000", "6700");
    check_answer(&card, "FFA40000020B00", "6A81");
    check_answer(&card, "FFB0000210", "6986");
    check_answer(&card, "FFA40001020F11", "9000");
    check_answer(&card, "FFB0000210", PAGES_4 "9000");
    ck_assert_int_eq(card.card.restart(&card.card), 0);
    check_answer(&card, "FFB0000210", "6986");
}
END_TEST

START_TEST(what_is_no_answer_of_that_felica_is_nonsense)
{
    static const char *const answers[] = {
        "", "01", "1C070101020304050607000001" PAGES_4, "1D060101020304050607000001" PAGES_4,
        "1D070101020304050608000001" PAGES_4, "1D070101020304050607000002" PAGES_4,
        "2D070101020304050607000001" PAGES_4 PAGES_8, "0C0701010203040506070000", "0D070101020304050607000001", "mute",
    };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct turn turns[] = {{"EXCHANGE " FELICA_ASKED("10", "01", "8000"), answers[i]}};
        struct nfc_card card;
        struct script script;
        prepare(&card, &script, felica(), turns, 1);
        check_answer(&card, "FFA40001020B00", "9000");
        ck_assert_int_eq(error_of(&card, "FFB0000010"), CARD_ERROR_MUTE);
    }
}
END_TEST

static const uint8_t factory_key[CARD_CLASSIC_KEY_BYTES] = {0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5};

static void expect_authenticate(struct nfc_tag tag, const struct turn *turns, enum card_key kind, int expected)
{
    struct nfc_card card;
    struct script script;
    size_t count = 0;

    while (turns != NULL && turns[count].asked != NULL)
        count++;
    prepare(&card, &script, tag, turns, count);
    ck_assert_int_eq(card.card.authenticate(&card.card, 4, kind, factory_key), expected);
    ck_assert_uint_eq(script.at, count);
}

START_TEST(a_key_goes_with_the_last_four_bytes_of_the_uid)
{
    expect_authenticate(classic(), TURNS({"EXCHANGE 6004A0A1A2A3A4A5C3D4E5F6", ""}), CARD_KEY_A, 0);
    expect_authenticate(classic(), TURNS({"EXCHANGE 6104A0A1A2A3A4A5C3D4E5F6", ""}), CARD_KEY_B, 0);
    expect_authenticate(make_tag(CARD_NFC_A, "DEADBEEF", "000218", ""),
                        TURNS({"EXCHANGE 6004A0A1A2A3A4A5DEADBEEF", ""}), CARD_KEY_A, 0);
}
END_TEST

START_TEST(a_refused_key_leaves_the_card_selected)
{
    expect_authenticate(classic(), TURNS({"EXCHANGE 6004A0A1A2A3A4A5C3D4E5F6", "refused"}, {"SELECT", "same"}),
                        CARD_KEY_A, CARD_ERROR_REFUSED);
    expect_authenticate(classic(), TURNS({"EXCHANGE 6004A0A1A2A3A4A5C3D4E5F6", "refused"}, {"SELECT", "nothing"},
                                         {"RESET", "fine"}, {"SELECT", "same"}), CARD_KEY_A, CARD_ERROR_REFUSED);
    expect_authenticate(classic(), TURNS({"EXCHANGE 6004A0A1A2A3A4A5C3D4E5F6", "refused"}, {"SELECT", "nothing"},
                                         {"RESET", "fine"}, {"SELECT", "nothing"}), CARD_KEY_A, CARD_ERROR_GONE);
    expect_authenticate(classic(), TURNS({"EXCHANGE 6004A0A1A2A3A4A5C3D4E5F6", "mute"}, {"SELECT", "same"}),
                        CARD_KEY_A, CARD_ERROR_MUTE);
    expect_authenticate(classic(), TURNS({"EXCHANGE 6004A0A1A2A3A4A5C3D4E5F6", "unsupported"}), CARD_KEY_A,
                        CARD_ERROR_READER);
}
END_TEST

START_TEST(a_card_without_keys_takes_none)
{
    expect_authenticate(type_2(), NULL, CARD_KEY_A, CARD_ERROR_REFUSED);
    expect_authenticate(desfire(), NULL, CARD_KEY_A, CARD_ERROR_REFUSED);
    expect_authenticate(make_tag(CARD_NFC_A, "1122", "000408", ""), NULL, CARD_KEY_A, CARD_ERROR_REFUSED);
}
END_TEST

START_TEST(apdus_and_native_frames_go_to_the_tag)
{
    expect(desfire(), TURNS({"EXCHANGE 00A4040000", "6A82"}), "00A4040000", "6A82");
    expect(iso_b(), TURNS({"EXCHANGE 00A4040000", "9000"}), "00A4040000", "9000");
    expect(type_2(), TURNS({"EXCHANGE 3004", PAGES_4}), "3004", PAGES_4);
}
END_TEST

START_TEST(a_card_that_computes_gets_more_time)
{
    static const struct turn turns[] = {{"EXCHANGE 3004", PAGES_4}};
    struct nfc_card card;
    struct script script;

    prepare(&card, &script, type_2(), turns, 1);
    check_answer(&card, "3004", PAGES_4);
    ck_assert_uint_eq(script.timeout_ms, 500);
    prepare(&card, &script, desfire(), turns, 1);
    check_answer(&card, "3004", PAGES_4);
    ck_assert_uint_eq(script.timeout_ms, 2000);
    prepare(&card, &script, iso_b(), turns, 1);
    check_answer(&card, "3004", PAGES_4);
    ck_assert_uint_eq(script.timeout_ms, 2000);
}
END_TEST

START_TEST(results_become_errors_of_the_card)
{
    static const struct { const char *result; int error; enum nfc_result lost; } cases[] = {
        {"gone", CARD_ERROR_GONE, 0}, {"nothing", CARD_ERROR_GONE, 0}, {"mute", CARD_ERROR_MUTE, 0},
        {"refused", CARD_ERROR_MUTE, 0}, {"unsupported", CARD_ERROR_READER, 0},
        {"trouble", CARD_ERROR_READER, NFC_TROUBLE}, {"hung", CARD_ERROR_READER, NFC_HUNG},
        {"died", CARD_ERROR_READER, NFC_DIED}, {"stopped", CARD_ERROR_READER, NFC_STOPPED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct turn turns[] = {{"EXCHANGE 00A4", cases[i].result}};
        struct nfc_card card;
        struct script script;
        prepare(&card, &script, desfire(), turns, 1);
        ck_assert_int_eq(error_of(&card, "00A4"), cases[i].error);
        ck_assert_int_eq(card.lost, cases[i].lost);
    }
}
END_TEST

START_TEST(a_lost_device_is_asked_no_more)
{
    static const struct turn turns[] = {{"EXCHANGE 3004", PAGES_4}, {"EXCHANGE 3008", "mute"}, {"SELECT", "hung"}};
    struct nfc_card card;
    struct script script;

    prepare(&card, &script, classic(), turns, 3);
    check_answer(&card, "3004", PAGES_4);
    ck_assert_int_eq(error_of(&card, "FFB0000810"), CARD_ERROR_READER);
    ck_assert_int_eq(card.lost, NFC_HUNG);
    ck_assert_int_eq(error_of(&card, "FFB0000810"), CARD_ERROR_READER);
    ck_assert_int_eq(error_of(&card, "3004"), CARD_ERROR_READER);
    ck_assert_int_eq(card.card.authenticate(&card.card, 4, CARD_KEY_A, factory_key), CARD_ERROR_READER);
}
END_TEST

START_TEST(an_answer_is_never_cut)
{
    static const uint8_t get_uid[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
    static const uint8_t read_page[] = {0x30, 0x04};
    static const struct turn turns[] = {{"EXCHANGE 3004", PAGES_4}, {"EXCHANGE 3004", PAGES_4}};
    struct nfc_card card;
    struct script script;
    uint8_t answer[16];

    prepare(&card, &script, type_2(), turns, 2);
    ck_assert_int_eq(card.card.transceive(&card.card, get_uid, sizeof get_uid, answer, 8), CARD_ERROR_MUTE);
    ck_assert_int_eq(card.card.transceive(&card.card, get_uid, sizeof get_uid, answer, 9), 9);
    ck_assert_int_eq(card.card.transceive(&card.card, get_uid, sizeof get_uid, answer, 0), CARD_ERROR_MUTE);
    ck_assert_int_eq(card.card.transceive(&card.card, read_page, sizeof read_page, answer, 15), CARD_ERROR_MUTE);
    ck_assert_int_eq(card.card.transceive(&card.card, read_page, sizeof read_page, answer, 16), 16);
}
END_TEST

START_TEST(a_command_that_no_exchange_takes_is_the_readers_error)
{
    static const uint8_t command[NFC_FRAME_MAX_BYTES + 1] = {0};
    struct nfc_card card;
    struct script script;
    uint8_t answer[16];

    prepare(&card, &script, desfire(), NULL, 0);
    ck_assert_int_eq(card.card.transceive(&card.card, command, 0, answer, sizeof answer), CARD_ERROR_READER);
    ck_assert_int_eq(card.card.transceive(&card.card, command, sizeof command, answer, sizeof answer),
                     CARD_ERROR_READER);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nfc_card");
    TCase *all = tcase_create("all");

    tcase_add_test(all, the_card_is_what_the_tag_is);
    tcase_add_test(all, get_data_honours_its_length);
    tcase_add_test(all, the_ats_is_given_whole_and_only_by_a_card_that_has_one);
    tcase_add_test(all, other_commands_of_the_reader_are_refused_without_the_tag);
    tcase_add_test(all, pages_of_a_type_2_tag_are_read_16_bytes_at_a_time);
    tcase_add_test(all, the_end_of_a_type_2_tag_is_asked_for_twice);
    tcase_add_test(all, a_disturbed_read_is_healed);
    tcase_add_test(all, a_tag_that_leaves_in_mid_read_is_gone);
    tcase_add_test(all, a_tag_that_fell_asleep_is_woken_by_the_field_and_others_are_sent_to_sleep);
    tcase_add_test(all, tags_that_never_end_are_not_sent_to_sleep_for_ever);
    tcase_add_test(all, blocks_of_a_classic_come_in_sixteens);
    tcase_add_test(all, a_block_that_a_classic_does_not_give_needs_a_key);
    tcase_add_test(all, blocks_of_a_felica_come_four_at_a_time);
    tcase_add_test(all, a_block_that_a_felica_refuses_ends_the_read);
    tcase_add_test(all, blocks_of_a_felica_need_a_service);
    tcase_add_test(all, what_is_no_answer_of_that_felica_is_nonsense);
    tcase_add_test(all, a_key_goes_with_the_last_four_bytes_of_the_uid);
    tcase_add_test(all, a_refused_key_leaves_the_card_selected);
    tcase_add_test(all, a_card_without_keys_takes_none);
    tcase_add_test(all, apdus_and_native_frames_go_to_the_tag);
    tcase_add_test(all, a_card_that_computes_gets_more_time);
    tcase_add_test(all, results_become_errors_of_the_card);
    tcase_add_test(all, a_lost_device_is_asked_no_more);
    tcase_add_test(all, an_answer_is_never_cut);
    tcase_add_test(all, a_command_that_no_exchange_takes_is_the_readers_error);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
