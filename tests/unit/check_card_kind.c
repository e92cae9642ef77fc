/* SPDX-License-Identifier: MIT */
#include "card/kind.h"

#include "base/hex.h"
#include "card/atr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct sample {
    const char *atr;                  /* NULL over libnfc */
    enum card_technology technology;  /* that the driver found out */
    const char *protocol;             /* ATQA and SAK, or the rest of ATQB */
    bool apdus;
    enum card_memory memory;
    unsigned blocks;
};

static void expect(const struct sample *sample)
{
    struct card card = { .technology = sample->technology };
    const char *atr = sample->atr != NULL ? sample->atr : "";
    const char *protocol = sample->protocol != NULL ? sample->protocol : "";
    const char *name = sample->atr != NULL ? atr : protocol;

    int atr_bytes = hex_to_bytes(atr, strlen(atr), card.atr, sizeof card.atr);
    int protocol_bytes = hex_to_bytes(protocol, strlen(protocol), card.protocol_bytes, sizeof card.protocol_bytes);
    ck_assert_int_ge(atr_bytes, 0);
    ck_assert_int_ge(protocol_bytes, 0);
    card.atr_bytes = (size_t) atr_bytes;
    card.protocol_bytes_count = (size_t) protocol_bytes;
    ck_assert_msg(card_has_apdus(&card) == sample->apdus, "%s: APDUs", name);
    ck_assert_msg(card_memory(&card) == sample->memory, "%s: memory %d", name, (int) card_memory(&card));
    ck_assert_msg(card_classic_blocks(&card) == sample->blocks, "%s: %u blocks", name, card_classic_blocks(&card));
}

#define EXPECT(samples) \
    for (size_t i = 0; i < sizeof(samples) / sizeof((samples)[0]); i++) \
        expect(&(samples)[i])

START_TEST(the_name_of_a_storage_card_says_its_memory)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA000000306030001000000006A", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 64 },
        { "3B8F8001804F0CA0000003060300020000000069", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 256 },
        { "3B8F8001804F0CA000000306030026000000004D", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 20 },
        { "3B8F8001804F0CA000000306030036000000005D", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 128 },
        { "3B8F8001804F0CA000000306030037000000005C", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 256 },
        { "3B8F8001804F0CA0000003060300380000000053", CARD_NFC_A, NULL, false, CARD_MEMORY_NONE, 0 },
        { "3B8F8001804F0CA0000003060300390000000052", CARD_NFC_A, NULL, false, CARD_MEMORY_NONE, 0 },
        { "3B8F8001804F0CA0000003060300030000000068", CARD_NFC_A, NULL, false, CARD_MEMORY_TYPE_2, 0 },
        { "3B8F8001804F0CA00000030603003A0000000051", CARD_NFC_A, NULL, false, CARD_MEMORY_TYPE_2, 0 },
        { "3B8F8001804F0CA00000030603003D0000000056", CARD_NFC_A, NULL, false, CARD_MEMORY_TYPE_2, 0 },
        { "3B8F8001804F0CA0000003060300000000000068", CARD_NFC_A, NULL, false, CARD_MEMORY_TYPE_2, 0 },
        { "3B8F8001804F0CA0000003060B00140000000074", CARD_NFC_V, NULL, false, CARD_MEMORY_TYPE_5, 0 },
        { "3B8F8001804F0CA0000003060900000000000062", CARD_NFC_V, NULL, false, CARD_MEMORY_TYPE_5, 0 },
        { "3B8F8001804F0CA00000030611003B0000000042", CARD_NFC_F, NULL, false, CARD_MEMORY_TYPE_3, 0 },
        { "3B8F8001804F0CA00000030602002F0000000000", CARD_NFC_T1T, NULL, false, CARD_MEMORY_TYPE_1, 0 },
        { "3B8F8001804F0CA0000003060600070000000000", CARD_ST_SR, NULL, false, CARD_MEMORY_NONE, 0 },
        { "3B8F8001804F0CA0000003060A00180000000000", CARD_PICOTAG_V, NULL, false, CARD_MEMORY_NONE, 0 },
        { "3B8F8001804F0CA000000306050000000000006E", CARD_NFC_B, NULL, false, CARD_MEMORY_NONE, 0 },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(the_sak_in_the_name_of_an_acs_reader_counts)
{
    static const struct sample samples[] = {
        { "3B8F8001804F0CA00000030603FF88000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 64 },
        { "3B8F8001804F0CA00000030603FF28000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 64 },
        { "3B8F8001804F0CA00000030603FF38000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 256 },
        { "3B8F8001804F0CA00000030603FF18000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 256 },
        { "3B8F8001804F0CA00000030603FF09000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_CLASSIC, 20 },
        { "3B8F8001804F0CA00000030603FF00000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_TYPE_2, 0 },
        { "3B8F8001804F0CA00000030603FF20000000001C", CARD_NFC_A, NULL, false, CARD_MEMORY_NONE, 0 },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(a_card_with_a_protocol_takes_apdus)
{
    static const struct sample samples[] = {
        { "3B8180018080", CARD_NFC_A, NULL, true, CARD_MEMORY_NONE, 0 },          /* DESFire EV1 */
        { "3B80800101", CARD_NFC_A, NULL, true, CARD_MEMORY_NONE, 0 },
        { "3B888001004361626381819000", CARD_NFC_B, NULL, true, CARD_MEMORY_NONE, 0 },
        { "3B8880010073C840130090007100", CARD_NFC_A, NULL, true, CARD_MEMORY_NONE, 0 }, /* in doubt: A or B */
        { "3B8E800180318066B1840C016E01830090001C", CARD_NFC_A, NULL, true, CARD_MEMORY_NONE, 0 },
        { "3B7F9600008031B865B085040011120FFF829000", CARD_UNKNOWN, NULL, false, CARD_MEMORY_NONE, 0 }, /* contacts */
    };

    EXPECT(samples);
}
END_TEST

START_TEST(libnfc_tells_atqa_sak_and_atqb)
{
    static const struct sample samples[] = {
        { NULL, CARD_NFC_A, "004400", false, CARD_MEMORY_TYPE_2, 0 },
        { NULL, CARD_NFC_A, "000408", false, CARD_MEMORY_CLASSIC, 64 },
        { NULL, CARD_NFC_A, "000488", false, CARD_MEMORY_CLASSIC, 64 },    /* Infineon */
        { NULL, CARD_NFC_A, "000409", false, CARD_MEMORY_CLASSIC, 20 },
        { NULL, CARD_NFC_A, "000218", false, CARD_MEMORY_CLASSIC, 256 },
        { NULL, CARD_NFC_A, "000419", false, CARD_MEMORY_CLASSIC, 128 },
        { NULL, CARD_NFC_A, "000428", true, CARD_MEMORY_CLASSIC, 64 },     /* SmartMX with Classic 1K */
        { NULL, CARD_NFC_A, "000238", true, CARD_MEMORY_CLASSIC, 256 },
        { NULL, CARD_NFC_A, "034420", true, CARD_MEMORY_NONE, 0 },
        { NULL, CARD_NFC_A, "000410", false, CARD_MEMORY_NONE, 0 },        /* Mifare Plus, level 2 */
        { NULL, CARD_NFC_A, "000411", false, CARD_MEMORY_NONE, 0 },
        { NULL, CARD_NFC_A, "0F0001", false, CARD_MEMORY_NONE, 0 },        /* TNP3XXX */
        { NULL, CARD_NFC_A, "0044", false, CARD_MEMORY_NONE, 0 },          /* SAK is missing */
        { NULL, CARD_NFC_B, "AABBCCDD008171", true, CARD_MEMORY_NONE, 0 },
        { NULL, CARD_NFC_B, "AABBCCDD008071", false, CARD_MEMORY_NONE, 0 },
        { NULL, CARD_NFC_B, "AABBCCDD00", true, CARD_MEMORY_NONE, 0 },     /* not told: it is tried */
        { NULL, CARD_NFC_F, "", false, CARD_MEMORY_TYPE_3, 0 },
        { NULL, CARD_NFC_T1T, "000C", false, CARD_MEMORY_TYPE_1, 0 },
        { NULL, CARD_NFC_V, "", false, CARD_MEMORY_TYPE_5, 0 },
        { NULL, CARD_INNOVATRON, "", true, CARD_MEMORY_NONE, 0 },
        { NULL, CARD_ST_SR, "", false, CARD_MEMORY_NONE, 0 },
        { NULL, CARD_UNKNOWN, "", false, CARD_MEMORY_NONE, 0 },
    };

    EXPECT(samples);
}
END_TEST

START_TEST(an_ats_is_enough_where_the_sak_is_not_told)
{
    struct card card = { .technology = CARD_NFC_A, .ats_bytes = 5 };

    ck_assert(card_has_apdus(&card));
    card.ats_bytes = 0;
    ck_assert(!card_has_apdus(&card));
}
END_TEST

START_TEST(what_an_atr_says_of_the_technology_goes_with_the_memory)
{
    /* Every ATR above whose technology the ATR itself tells. */
    static const struct {
        const char *atr;
        enum card_memory memory;
    } samples[] = {
        { "3B8F8001804F0CA000000306030001000000006A", CARD_MEMORY_CLASSIC },
        { "3B8F8001804F0CA0000003060000010000000000", CARD_MEMORY_CLASSIC }, /* the standard byte is empty */
        { "3B8F8081804F0CA000000306030001000000006A", CARD_MEMORY_NONE },    /* no ATR of a contactless card */
        { "3B8F8001804FFFA000000306030001000000006A", CARD_MEMORY_CLASSIC },
        { "3B8B8001804F08A000000306030001", CARD_MEMORY_CLASSIC },
        { "3B8F8001804F0CA0000003060300030000000068", CARD_MEMORY_TYPE_2 },
        { "3B8F8001804F0CA0000003060B00140000000074", CARD_MEMORY_TYPE_5 },
        { "3B8F8001804F0CA00000030611003B0000000042", CARD_MEMORY_TYPE_3 },
        { "3B8F8001804F0CA00000030600003B0000000000", CARD_MEMORY_TYPE_3 },
        { "3B8F8001804F0CA00000030603F0040000000000", CARD_MEMORY_TYPE_1 },
        { "3B8F8001804F0CA00000030603F0110000000000", CARD_MEMORY_TYPE_3 },
        { "3B8F8001804F0CA0000003060D00000000000000", CARD_MEMORY_NONE },
    };

    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct card card = { 0 };
        card.atr_bytes = (size_t) hex_to_bytes(samples[i].atr, strlen(samples[i].atr), card.atr, sizeof card.atr);
        card.technology = atr_parse(card.atr, card.atr_bytes).technology;
        ck_assert_msg(card_memory(&card) == samples[i].memory, "%s: %d", samples[i].atr, (int) card_memory(&card));
        ck_assert(!card_has_apdus(&card));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("card_kind");
    TCase *all = tcase_create("all");

    tcase_add_test(all, the_name_of_a_storage_card_says_its_memory);
    tcase_add_test(all, the_sak_in_the_name_of_an_acs_reader_counts);
    tcase_add_test(all, a_card_with_a_protocol_takes_apdus);
    tcase_add_test(all, libnfc_tells_atqa_sak_and_atqb);
    tcase_add_test(all, an_ats_is_enough_where_the_sak_is_not_told);
    tcase_add_test(all, what_an_atr_says_of_the_technology_goes_with_the_memory);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
