/* SPDX-License-Identifier: MIT */
/* The template NDEF Data against tags that answer: what it puts out, with which commands, and when it does not. */
#include "ndef_cards.h"

#include "base/memory.h"
#include "template/template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records, each a whole message. */
#define TEXT "D1010854" "02656E" "48656C6C6F"
#define URI "D1010C55" "03" "6578616D706C652E636F6D"
#define MEDIA "D20A02" "746578742F706C61696E" "6869"
#define ENTRY "D41108" "537072696E67636172642E636F6D3A6964" "0011223344556677"
#define EXTERNAL "D40502" "612E623A63" "CAFE"
#define ABSOLUTE "D30500" "783A2F2F79"
/* The same as parts of one: first, in the middle, last. */
#define FIRST_TEXT "91010854" "02656E" "48656C6C6F"
#define FIRST_EXTERNAL "940502" "612E623A63" "CAFE"
#define THEN_MEDIA "120A02" "746578742F706C61696E" "6869"
#define LAST_URI "51010C55" "03" "6578616D706C652E636F6D"

struct registers {
    uint8_t lookup;
    uint8_t output_format[2];
    uint8_t location[2];
    uint8_t options;
    const char *prefix;
    uint8_t tnf;
    const char *type;
};

static void put(struct template_registers *registers, size_t offset, const void *bytes, size_t size_bytes)
{
    registers->at[offset].size_bytes = size_bytes;
    memcpy(registers->at[offset].bytes, bytes, size_bytes);
}

static struct template_set *create_set(const struct registers *plain)
{
    struct template_registers registers[TEMPLATE_COUNT] = { 0 };
    const char *prefix = plain->prefix != NULL ? plain->prefix : "";
    const char *type = plain->type != NULL ? plain->type : "";

    put(&registers[0], TEMPLATE_LOOKUP, &plain->lookup, 1);
    put(&registers[0], TEMPLATE_OUTPUT_FORMAT, plain->output_format, 2);
    put(&registers[0], TEMPLATE_PREFIX, prefix, strlen(prefix));
    put(&registers[0], TEMPLATE_LOCATION, plain->location, 2);
    put(&registers[0], TEMPLATE_OPTIONS, &plain->options, 1);
    if (plain->tnf != 0)
        put(&registers[0], 0x5, &plain->tnf, 1);
    put(&registers[0], 0x6, type, strlen(type));
    return template_set_create(registers);
}

/* The output, which the caller frees; NULL if there is none. */
static char *run(const struct registers *registers, struct ndef_card *card, enum template_result *result,
                 enum card_error *error)
{
    const struct template_limits limits = { .clock = clock_system() };
    struct template_set *set = create_set(registers);
    struct token *token = NULL;
    char *data = NULL;

    *result = template_set_run(set, &card->card, &limits, &token, error);
    template_set_free(set);
    ck_assert_int_eq(*result == TEMPLATE_MATCHED, token != NULL);
    if (token == NULL)
        return NULL;
    ck_assert_int_eq(token->template_number, 1);
    ck_assert_ptr_null(token->tag_details);
    data = token->tag_data;
    token->tag_data = NULL;
    token_free(token);
    ck_assert_ptr_nonnull(data);
    return data;
}

/* expected NULL: it does not match. */
static void check_output(const struct registers *registers, struct ndef_card *card, const char *expected,
                         const char *what)
{
    enum template_result result;
    enum card_error error;
    char *data = run(registers, card, &result, &error);

    ck_assert_msg(result == (expected != NULL ? TEMPLATE_MATCHED : TEMPLATE_NO_MATCH), "%s: result %d after %s", what,
                  (int) result, card->log);
    if (expected != NULL)
        ck_assert_msg(strcmp(data, expected) == 0, "%s: \"%s\" for \"%s\"", what, data, expected);
    free(data);
}

static const struct registers plain_text = { .lookup = 0x4E, .output_format = { 0x50, 0xFF } };
static const struct registers plain_hex = { .lookup = 0x4E, .output_format = { 0x0F, 0x00 } };

/* ---- what is put out ---- */

static const struct row {
    struct registers registers;
    const char *message;
    const char *expected;
} rows[] = {
    /* Text, by every value that finds it. */
    { { .output_format = { 0x50, 0x40 } }, TEXT, "Hello" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0xFF }, TEXT, "Hello" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x54 }, TEXT, "Hello" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x54, .type = "U" }, TEXT, "Hello" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 1 }, TEXT, "Hello" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 1, .type = "T" }, TEXT, "Hello" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 1, .type = "t" }, TEXT, NULL },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x55 }, TEXT, NULL },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x53 }, TEXT, NULL },
    { { .output_format = { 0x50, 0x40 }, .tnf = 2 }, TEXT, NULL },
    { { .output_format = { 0x50, 0x40 }, .tnf = 3 }, TEXT, NULL },
    { { .output_format = { 0x50, 0x40 }, .tnf = 4 }, TEXT, NULL },
    { { .output_format = { 0x50, 0x40 } }, "D1010754" "80" "00E9" "D83DDE00", "\xC3\xA9\xF0\x9F\x98\x80" },
    { { .output_format = { 0x50, 0x40 } }, MEDIA, "hi" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x54 }, MEDIA, "hi" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 2, .type = "Text/Plain" }, MEDIA, "hi" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 2, .type = "image/png" }, MEDIA, NULL },
    /* URIs. */
    { { .output_format = { 0x50, 0x40 } }, URI, "http://example.com" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x55 }, URI, "http://example.com" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 1, .type = "U" }, URI, "http://example.com" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x54 }, URI, NULL },
    { { .output_format = { 0x40, 0x00 } }, URI, "http://example.c" },
    { { .output_format = { 0x45, 0x00 } }, URI, "http:" },
    { { .output_format = { 0x50, 0x40 } }, ABSOLUTE, "x://y" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x55 }, ABSOLUTE, "x://y" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 3 }, ABSOLUTE, "x://y" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 3, .type = "x://z" }, ABSOLUTE, NULL },
    /* External records, and the SpringCard entry among them. */
    { { .output_format = { 0x0F, 0x00 } }, ENTRY, "0011223344556677" },
    { { .output_format = { 0x0F, 0x00 }, .tnf = 0x53 }, ENTRY, "0011223344556677" },
    { { .output_format = { 0x0F, 0x00 }, .tnf = 4, .type = "springcard.com:id" }, ENTRY, "0011223344556677" },
    { { .output_format = { 0x0F, 0x00 }, .tnf = 4, .type = "springcard.com:" }, ENTRY, NULL },
    { { .output_format = { 0x0F, 0x00 }, .tnf = 4, .type = "A.B:C" }, EXTERNAL, "CAFE" },
    { { .output_format = { 0x0F, 0x00 }, .tnf = 0x53 }, EXTERNAL, NULL },
    { { .output_format = { 0x0F, 0x00 } }, EXTERNAL, NULL },
    /* Any other well-known one: its payload. */
    { { .output_format = { 0x0F, 0x00 }, .tnf = 1, .type = "Sp" }, "D10203" "5370" "D00000", "D00000" },
    { { .output_format = { 0x0F, 0x00 } }, "D10203" "5370" "D00000", NULL },
    /* Several: the first that fits. */
    { { .output_format = { 0x50, 0x40 } }, FIRST_EXTERNAL THEN_MEDIA LAST_URI, "hi" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 0x55 }, FIRST_EXTERNAL THEN_MEDIA LAST_URI, "http://example.com" },
    { { .output_format = { 0x0F, 0x00 }, .tnf = 4 }, FIRST_EXTERNAL THEN_MEDIA LAST_URI, "CAFE" },
    { { .output_format = { 0x50, 0x40 }, .tnf = 1, .type = "U" }, FIRST_TEXT LAST_URI, "http://example.com" },
    { { .output_format = { 0x50, 0x40 } }, "91010154" "05" LAST_URI, "http://example.com" }, /* no readable Text */
    /* How it is put out. */
    { { .output_format = { 0x0F, 0x00 } }, TEXT, "48656C6C6F" },
    { { .output_format = { 0x01, 0x00 } }, ENTRY, "00112233" },
    { { .output_format = { 0x00, 0x00 } }, ENTRY, "0001122867" },
    { { .output_format = { 0x81, 0x00 } }, ENTRY, "33221100" },
    { { .output_format = { 0x12, 0x00 } }, ENTRY, "11223344556677" },
    { { .output_format = { 0x01, 0x00 }, .location = { 1, 0 } }, ENTRY, "11223344" },
    { { .output_format = { 0x01, 0x00 }, .location = { 1, 4 } }, ENTRY, "12233445" },
    { { .output_format = { 0x02, 0x00 } }, MEDIA, "0000000000006869" },
    { { .output_format = { 0x22, 0x00 } }, MEDIA, "6869FFFFFFFFFFFF" },
    { { .output_format = { 0x65, 0x00 } }, MEDIA, "hi   " },
    { { .output_format = { 0xC0, 0x00 } }, TEXT, "olleH" },
    { { .output_format = { 0x40, 0x00 }, .location = { 4, 0 } }, TEXT, "o" },
    { { .output_format = { 0x40, 0x00 }, .prefix = "P:", .options = 0x01 }, TEXT, "4FP:Hello" },
    { { .output_format = { 0x40, 0x00 }, .prefix = "P:", .options = 0x06 }, TEXT, "P:NHello" },
    { { .output_format = { 0x40, 0x00 }, .prefix = "P\\t", .options = 0x0A }, TEXT, "P\tHelloN" },
    /* Nothing to put out. */
    { { .output_format = { 0x40, 0x00 }, .location = { 5, 0 } }, TEXT, NULL },
    { { .output_format = { 0x40, 0x00 }, .location = { 5, 0 } }, FIRST_TEXT LAST_URI, NULL },
    { { .output_format = { 0x40, 0x00 } }, "D1010354" "02656E", NULL },
    { { .output_format = { 0x40, 0x00 } }, "D00000", NULL },
    { { .output_format = { 0x40, 0x00 } }, "", NULL },
    { { .output_format = { 0x40, 0x00 }, .tnf = 1 }, "D5000141", NULL },
    /* Malformed or in chunks: nothing of it, though a Text comes first. */
    { { .output_format = { 0x40, 0x00 } }, "B1010354" "026565" "560001" "41", NULL },
    { { .output_format = { 0x40, 0x00 } }, FIRST_TEXT "31010155" "03" "560001" "41", NULL },
    { { .output_format = { 0x40, 0x00 } }, FIRST_TEXT, NULL },
    { { .output_format = { 0x40, 0x00 } }, FIRST_TEXT "51010C55" "03", NULL },
    { { .output_format = { 0x40, 0x00 } }, TEXT "00", NULL },
    { { .output_format = { 0x40, 0x00 } }, "51010854" "02656E" "48656C6C6F", NULL },
    { { .output_format = { 0x40, 0x00 } }, "C1010000FFFF54" "02656E", NULL },
};

static void make_card(struct ndef_card *card, enum ndef_card_kind kind, const char *message)
{
    unsigned length = (unsigned) strlen(message) / 2;
    char *hex = NULL;

    switch (kind) {
    case NDEF_CARD_TYPE_2:
        ndef_card_type2_message(card, message, 144);
        break;
    case NDEF_CARD_TYPE_3:
        ndef_card_type3(card, message, 4);
        break;
    case NDEF_CARD_TYPE_4:
        hex = text_format("%04X%s%060d", length, message, 0);
        ndef_card_type4(card, "000F2000FF00340406E104" "00800000", 0xE104, hex);
        break;
    case NDEF_CARD_TYPE_5:
    default:
        hex = text_format("E140100003%02X%sFE", length, message);
        ndef_card_type5(card, hex, 4, 132);
        break;
    }
    free(hex);
}

START_TEST(each_row_of_registers_and_message_gives_its_output_on_every_type_of_tag)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int kind = NDEF_CARD_TYPE_2; kind <= NDEF_CARD_TYPE_5; kind++) {
            struct registers registers = rows[i].registers;
            struct ndef_card card;
            char what[32];
            registers.lookup = 0x4E;
            snprintf(what, sizeof what, "row %zu on card %d", i, kind);
            make_card(&card, (enum ndef_card_kind) kind, rows[i].message);
            check_output(&registers, &card, rows[i].expected, what);
        }
    }
}
END_TEST

START_TEST(each_lookup_reads_its_type_of_tag_and_asks_no_other)
{
    static const struct { uint8_t lookup; bool reads[4]; } lookups[] = {
        { 0x4E, { true, true, true, true } },     { 0x42, { true, false, false, false } },
        { 0x43, { false, true, false, false } },  { 0x44, { false, false, true, false } },
        { 0x45, { false, false, false, true } },  { 0x4A, { false, false, true, false } },
        { 0x4B, { false, false, false, false } },
    };

    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
        for (int kind = NDEF_CARD_TYPE_2; kind <= NDEF_CARD_TYPE_5; kind++) {
            struct registers registers = plain_text;
            struct ndef_card card;
            registers.lookup = lookups[i].lookup;
            make_card(&card, (enum ndef_card_kind) kind, TEXT);
            check_output(&registers, &card, lookups[i].reads[kind] ? "Hello" : NULL, "lookup");
            ck_assert_int_eq(card.commands > 0, lookups[i].reads[kind]);
        }
    }
}
END_TEST

START_TEST(a_type_4_tag_may_be_of_either_technology)
{
    struct ndef_card card;
    struct registers registers = plain_text;

    make_card(&card, NDEF_CARD_TYPE_4, TEXT);
    card.card.technology = CARD_NFC_B;
    registers.lookup = 0x4B;
    check_output(&registers, &card, "Hello", "4B");
    make_card(&card, NDEF_CARD_TYPE_4, TEXT);
    card.card.technology = CARD_NFC_B;
    registers.lookup = 0x4A;
    check_output(&registers, &card, NULL, "4A");
    ck_assert_uint_eq(card.commands, 0);
    registers.lookup = 0x44;
    check_output(&registers, &card, "Hello", "44");
}
END_TEST

START_TEST(cards_that_are_no_tags_are_not_asked)
{
    static const enum card_technology others[] = { CARD_UNKNOWN, CARD_NFC_T1T, CARD_INNOVATRON, CARD_ST_SR };
    struct ndef_card card;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        make_card(&card, NDEF_CARD_TYPE_4, TEXT);
        card.card.technology = others[i];
        check_output(&plain_text, &card, NULL, "other");
        ck_assert_uint_eq(card.commands, 0);
    }
    /* A Mifare Classic 1K. */
    make_card(&card, NDEF_CARD_TYPE_2, TEXT);
    card.card.atr[14] = 0x01;
    check_output(&plain_text, &card, NULL, "classic");
    ck_assert_uint_eq(card.commands, 0);
}
END_TEST

START_TEST(the_lookups_that_are_refused_are_of_no_type)
{
    static const uint8_t refused[] = { 0x40, 0x41, 0x46, 0x4F };

    for (size_t i = 0; i < sizeof refused; i++)
        ck_assert_ptr_null(template_type_of_lookup(refused[i]));
    ck_assert_str_eq(template_type_of_lookup(0x4E), "ndef-data");
}
END_TEST

/* ---- with which commands ---- */

static void check_log(struct ndef_card *card, const char *expected, const char *log)
{
    check_output(&plain_hex, card, expected, "log");
    ck_assert_str_eq(card->log, log);
}

/* A media record text/plain of count bytes, and its message, as hex. */
static const char *long_message(size_t count, char *message, size_t message_bytes, char *payload)
{
    memset(payload, 0, 2 * count + 1);
    for (size_t i = 0; i < count; i++)
        snprintf(payload + 2 * i, 3, "%02X", (unsigned) (i * 7 & 0xFF));
    if (count < 256)
        snprintf(message, message_bytes, "D20A%02X746578742F706C61696E%s", (unsigned) count, payload);
    else
        snprintf(message, message_bytes, "C20A%08X746578742F706C61696E%s", (unsigned) count, payload);
    return message;
}

enum { LONG_MAX_BYTES = 4096 };

static char message_text[2 * LONG_MAX_BYTES + 64];
static char payload_text[2 * LONG_MAX_BYTES + 1];

START_TEST(a_type_2_tag_is_read_by_one_command_or_two)
{
    struct ndef_card card;

    ndef_card_type2(&card, "E1100600" "0308" "D1010454" "00414243", 64);
    check_log(&card, "414243", "FFB0000310");
    ndef_card_type2_message(&card, TEXT, 48);
    check_log(&card, "48656C6C6F", "FFB0000310 FFB0000710");
    ndef_card_type2_message(&card, long_message(100, message_text, sizeof message_text, payload_text), 144);
    check_log(&card, payload_text, "FFB0000310 FFB0000768");
    /* The last page of the data area, and not the one behind it. */
    ndef_card_type2_message(&card, long_message(33, message_text, sizeof message_text, payload_text), 48);
    check_log(&card, payload_text, "FFB0000310 FFB0000724");
    ndef_card_type2(&card, "E1100200" "0000" "030B" "D1010754" "00" "414243444546", 32);
    check_log(&card, "414243444546", "FFB0000310 FFB0000704");
}
END_TEST

START_TEST(a_reader_that_gives_sixteen_bytes_is_asked_for_sixteen_from_then_on)
{
    static const enum ndef_card_habit less[] = { NDEF_CARD_GIVES_LESS, NDEF_CARD_SAYS_END };
    struct ndef_card card;

    long_message(60, message_text, sizeof message_text, payload_text);
    for (size_t i = 0; i < sizeof less / sizeof *less; i++) {
        ndef_card_type2_message(&card, message_text, 144);
        card.at_once_bytes = 16;
        card.habit = less[i];
        check_log(&card, payload_text, "FFB0000310 FFB0000740 FFB0000B10 FFB0000F10 FFB0001310");
    }
    ndef_card_type2_message(&card, message_text, 144);
    card.at_once_bytes = 16;
    card.habit = NDEF_CARD_CORRECTS;
    check_log(&card, payload_text, "FFB0000310 FFB0000740 FFB0000710 FFB0000B10 FFB0000F10 FFB0001310");
    ndef_card_type2_message(&card, message_text, 144);
    card.at_once_bytes = 16;
    card.habit = NDEF_CARD_REFUSES;
    check_log(&card, payload_text, "FFB0000310 FFB0000740 FFB0000710 FFB0000B10 FFB0000F10 FFB0001310");
}
END_TEST

START_TEST(a_reader_that_gives_one_page_is_asked_for_one)
{
    struct ndef_card card;

    ndef_card_type2_message(&card, TEXT, 48);
    card.at_once_bytes = 4;
    check_log(&card, "48656C6C6F", "FFB0000310 FFB0000404 FFB0000504 FFB0000604 FFB0000704");
}
END_TEST

START_TEST(a_type_2_tag_of_every_size_is_read_to_its_end)
{
    static const size_t sizes[] = { 48, 128, 144, 496, 872, 880 };
    struct ndef_card card;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        /* The TLV's header, the terminator left out, and the record's own header. */
        size_t payload_bytes = sizes[i] - (sizes[i] - 2 < 255 ? 2 : 4);
        payload_bytes -= payload_bytes - 13 < 256 ? 13 : 16;
        ndef_card_type2_message(&card, long_message(payload_bytes, message_text, sizeof message_text, payload_text),
                                sizes[i]);
        card.memory_bytes = 16 + sizes[i];
        check_output(&plain_hex, &card, payload_text, "size");
        ck_assert_uint_le(card.commands, 1 + (sizes[i] - 12 + 251) / 252);
    }
}
END_TEST

START_TEST(lock_bytes_in_the_middle_of_a_type_2_message_are_passed_over)
{
    struct ndef_card card;

    /* 8 lock bits at page 2 of 16 bytes, byte 8: address 40, the 25th byte of the data area. */
    ndef_card_type2(&card, "E1100600" "0103" "280804" "0310" "D1010C54" "00" "65666768696A6B6C6D6E6F70" "EE", 64);
    memmove(card.memory + 41, card.memory + 40, 11);
    card.memory[40] = 0xEE;
    check_output(&plain_text, &card, "efghijklmno", "locks");
}
END_TEST

START_TEST(a_type_2_message_beyond_the_memory_or_page_255_is_none)
{
    struct ndef_card card;

    ndef_card_type2(&card, "E1100600" "03FE" TEXT, 64);
    check_log(&card, NULL, "FFB0000310");
    /* The container says more than there is. */
    ndef_card_type2(&card, "E1101200" "0330" "D1012C54" "0041", 48);
    check_output(&plain_hex, &card, NULL, "short memory");
    /* 2040 bytes: the last ones are in another sector. */
    ndef_card_type2_message(&card, long_message(1200, message_text, sizeof message_text, payload_text), 2040);
    check_log(&card, NULL, "FFB0000310");
    ndef_card_type2_message(&card, long_message(980, message_text, sizeof message_text, payload_text), 2040);
    card.memory_bytes = 1024;
    check_output(&plain_hex, &card, payload_text, "up to page 255");
}
END_TEST

START_TEST(a_type_2_tag_without_a_message_is_none)
{
    static const char *const pages[] = {
        "00000000" "00000000", "E1100600" "FE000000", "E1100600" "0300FE00", "E12006000302", "E11006F0" "0303D00000",
        "E1100600" "0107", "E1100600" "03FFFFFF",
    };
    struct ndef_card card;

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        ndef_card_type2(&card, pages[i], 64);
        check_log(&card, NULL, "FFB0000310");
    }
    /* Nothing but NULL blocks, up to the end of the data area. */
    ndef_card_type2(&card, "E1100600", 64);
    check_output(&plain_hex, &card, NULL, "nulls");
    ck_assert_uint_le(card.commands, 4);
}
END_TEST

#define T4_SELECT "00A4040007D276000085010100"
#define T4_SELECT_1 "00A4040007D276000085010000"

START_TEST(a_type_4_tag_is_read_by_five_commands)
{
    struct ndef_card card;

    ndef_card_type4(&card, "000F20003B00340406E104003200FF", 0xE104, "000C" TEXT
                    "000000000000000000000000000000000000000000000000000000000000000000000000");
    check_log(&card, "48656C6C6F", T4_SELECT " 00A4000C02E103 00B000000F 00A4000C02E104 00B0000032");
}
END_TEST

START_TEST(a_type_4_file_that_is_as_short_as_its_message_is_read_too)
{
    static const struct { enum ndef_card_habit habit; const char *log; } cases[] = {
        { NDEF_CARD_SAYS_END, "00B0000032" },
        { NDEF_CARD_CORRECTS, "00B0000032 00B000000F" },
        { NDEF_CARD_REFUSES, "00B0000032 00B0000002 00B000020D" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ndef_card card;
        char log[256];
        ndef_card_type4(&card, "000F20003B00340406E104003200FF", 0xE104, "000D" "D1010954" "02656E" "48656C6C6F21");
        card.at_once_bytes = 15; /* as long as the file and the container */
        card.habit = cases[i].habit;
        snprintf(log, sizeof log, T4_SELECT " 00A4000C02E103 00B000000F 00A4000C02E104 %s", cases[i].log);
        check_log(&card, "48656C6C6F21", log);
    }
}
END_TEST

START_TEST(a_type_4_tag_gives_as_much_at_once_as_it_says)
{
    struct ndef_card card;
    char *file = text_format("%04X%s", 316, long_message(300, message_text, sizeof message_text, payload_text));

    ndef_card_type4(&card, "000F20003B00340406E104040000FF", 0xE104, file);
    card.at_once_bytes = 0x3B;
    card.habit = NDEF_CARD_REFUSES;
    check_log(&card, payload_text, T4_SELECT " 00A4000C02E103 00B000000F 00A4000C02E104 00B000003B 00B0003B3B"
              " 00B000763B 00B000B13B 00B000EC3B 00B0012717");
    ndef_card_type4(&card, "000F2001FF00340406E104040000FF", 0xE104, file);
    check_log(&card, payload_text, T4_SELECT " 00A4000C02E103 00B000000F 00A4000C02E104 00B00000FF 00B000FF3F");
    /* It gives less than it says: from there on. */
    ndef_card_type4(&card, "000F2000FF00340406E104040000FF", 0xE104, file);
    card.at_once_bytes = 200;
    check_log(&card, payload_text, T4_SELECT " 00A4000C02E103 00B000000F 00A4000C02E104 00B00000FF 00B000C876");
    free(file);
}
END_TEST

START_TEST(an_older_and_a_newer_type_4_mapping_are_read)
{
    struct ndef_card card;

    ndef_card_type4(&card, "000F10003B00340406E104003200FF", 0xE104, "000C" TEXT);
    check_log(&card, "48656C6C6F", T4_SELECT " " T4_SELECT_1 " 00A4000002E103 00B000000F 00A4000002E104 00B0000032");
    ndef_card_type4(&card, "00113000FF00FF0608E105000100000000", 0xE105, "0000000C" TEXT);
    check_log(&card, "48656C6C6F", T4_SELECT " 00A4000C02E103 00B000000F 00A4000C02E105 00B00000FF");
}
END_TEST

START_TEST(a_type_4_card_without_a_message_is_none)
{
    static const struct { const char *cc, *file; unsigned commands; } cases[] = {
        { "000F20003B00340406E105003200FF", "000C" TEXT, 4 },      /* no such file */
        { "000F20003B00340406E1040032FFFF", "000C" TEXT, 3 },      /* not for everybody */
        { "000F20003B00340406E104003200FF", "0000", 5 },
        { "000F20003B00340406E104003200FF", "0031" TEXT, 5 },      /* longer than the file may be */
        { "000F20003B00340406E104003200FF", "0030" TEXT, 6 },      /* longer than it is */
        { "000F20003B00340406E104003200FF", "FFFF" TEXT, 5 },
        { "000F20003B00340406E104003200FF", "00", 6 },             /* no length: asked for it alone, too */
        { "0000", "000C" TEXT, 3 },
        { "00113000FF00FF0608E104FFFFFFFF00", "FFFFFF00" TEXT, 5 },
        { "00113000FF00FF0608E104FFFFFFFF00", "00007FFD" TEXT, 5 }, /* beyond what READ BINARY reaches */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ndef_card card;
        ndef_card_type4(&card, cases[i].cc, 0xE104, cases[i].file);
        check_output(&plain_hex, &card, NULL, cases[i].file);
        ck_assert_msg(card.commands == cases[i].commands, "%s: %s", cases[i].file, card.log);
    }
    /* No NDEF application at all. */
    struct ndef_card card;
    make_card(&card, NDEF_CARD_TYPE_4, TEXT);
    card.fails_at = 1;
    card.fails_with = 0x6D00;
    check_log(&card, NULL, T4_SELECT);
}
END_TEST

START_TEST(a_type_3_tag_gives_its_blocks_as_many_at_once_as_it_says)
{
    struct ndef_card card;

    ndef_card_type3(&card, TEXT, 4);
    check_log(&card, "48656C6C6F", "FFA40001020B00 FFB0000010 FFB0000110");
    long_message(90, message_text, sizeof message_text, payload_text);
    ndef_card_type3(&card, message_text, 4);
    check_log(&card, payload_text, "FFA40001020B00 FFB0000010 FFB0000140 FFB0000530");
    ndef_card_type3(&card, message_text, 15);
    check_log(&card, payload_text, "FFA40001020B00 FFB0000010 FFB0000170");
    ndef_card_type3(&card, message_text, 1);
    check_log(&card, payload_text, "FFA40001020B00 FFB0000010 FFB0000110 FFB0000210 FFB0000310 FFB0000410 FFB0000510"
              " FFB0000610 FFB0000710");
    /* The reader gives one block, whatever the tag says. */
    ndef_card_type3(&card, message_text, 4);
    card.at_once_bytes = 16;
    check_log(&card, payload_text, "FFA40001020B00 FFB0000010 FFB0000140 FFB0000110 FFB0000210 FFB0000310 FFB0000410"
              " FFB0000510 FFB0000610 FFB0000710");
}
END_TEST

START_TEST(a_type_3_tag_without_a_message_is_none)
{
    struct ndef_card card;

    ndef_card_type3(&card, TEXT, 4);
    card.memory[15] ^= 1;
    check_log(&card, NULL, "FFA40001020B00 FFB0000010");
    ndef_card_type3(&card, "", 4);
    check_log(&card, NULL, "FFA40001020B00 FFB0000010");
    /* Its last block is refused. */
    ndef_card_type3(&card, TEXT, 4);
    card.memory_bytes -= 16;
    check_log(&card, NULL, "FFA40001020B00 FFB0000010 FFB0000110");
    /* A FeliCa of another service, a reader that knows no FeliCa. */
    ndef_card_type3(&card, TEXT, 4);
    card.fails_at = 2;
    card.fails_with = 0x6A82;
    check_log(&card, NULL, "FFA40001020B00 FFB0000010");
    ndef_card_type3(&card, TEXT, 4);
    card.fails_at = 1;
    card.fails_with = 0x6A81;
    check_log(&card, NULL, "FFA40001020B00");
}
END_TEST

START_TEST(a_type_3_message_is_read_up_to_block_255)
{
    struct ndef_card card;

    ndef_card_type3(&card, long_message(4080 - 16, message_text, sizeof message_text, payload_text), 15);
    check_output(&plain_hex, &card, payload_text, "255 blocks");
    ck_assert_uint_eq(card.commands, 2 + 17);
    ndef_card_type3(&card, long_message(4080 - 15, message_text, sizeof message_text, payload_text), 15);
    check_log(&card, NULL, "FFA40001020B00 FFB0000010");
}
END_TEST

START_TEST(the_block_size_of_a_type_5_tag_is_found_out)
{
    struct ndef_card card;

    /* The reader gives one block at once. */
    ndef_card_type5(&card, "E1400600" "0308" "D1010454" "00414243", 4, 52);
    check_log(&card, "414243", "FFB0000004 FFB0000110 FFB0000104 FFB0000204 FFB0000304");
    ndef_card_type5(&card, "E1400600" "0308" "D1010454" "00414243", 8, 56);
    check_log(&card, "414243", "FFB0000004 FFB0000008 FFB0000108");
    ndef_card_type5(&card, "E1400600" "0308" "D1010454" "00414243", 32, 64);
    check_log(&card, "414243", "FFB0000004 FFB0000020");
    /* The same, and it refuses instead of telling what it would give. */
    ndef_card_type5(&card, "E1400600" "0308" "D1010454" "00414243", 4, 52);
    card.habit = NDEF_CARD_REFUSES;
    check_log(&card, "414243", "FFB0000004 FFB0000110 FFB0000104 FFB0000204 FFB0000304");
    /* A reader that gives several. */
    ndef_card_type5(&card, "E1400600" "0308" "D1010454" "00414243", 4, 52);
    card.at_once_bytes = 128;
    check_log(&card, "414243", "FFB0000004 FFB0000110");
    long_message(100, message_text, sizeof message_text, payload_text);
    char *memory = text_format("E1401C0003%02X%s", 113, message_text);
    ndef_card_type5(&card, memory, 4, 228);
    free(memory);
    card.at_once_bytes = 252;
    check_log(&card, payload_text, "FFB0000004 FFB0000110 FFB0000564");
}
END_TEST

START_TEST(a_type_5_tag_may_have_a_container_of_eight_bytes)
{
    struct ndef_card card;

    ndef_card_type5(&card, "E2400001" "00000400" "0308" "D1010454" "00414243", 4, 1024);
    check_log(&card, "414243", "FFB0000004 FFB0000104 FFB0000210 FFB0000204 FFB0000304 FFB0000404");
    ndef_card_type5(&card, "E2400001" "00000400" "0308" "D1010454" "00414243", 32, 8192);
    check_log(&card, "414243", "FFB0000004 FFB0000020");
}
END_TEST

START_TEST(a_type_5_tag_without_a_message_is_none)
{
    static const char *const memories[] = {
        "E1400600" "FE", "E1400600" "0300", "E1440600" "0303D00000", "E1800600" "0303D00000", "00400600" "0303D00000",
        "E1400600" "03F0", "E1400600" "03FFFFFF",
    };
    struct ndef_card card;

    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        ndef_card_type5(&card, memories[i], 8, 56);
        check_output(&plain_hex, &card, NULL, memories[i]);
        ck_assert_uint_le(card.commands, 3);
    }
    /* Blocks that ISO/IEC 15693 does not have. */
    ndef_card_type5(&card, "E1400600" "0308" "D1010454" "00414243", 128, 256);
    check_log(&card, NULL, "FFB0000004 FFB0000080");
}
END_TEST

/* ---- when the card does not play along ---- */

static void check_failure(enum ndef_card_kind kind, unsigned fails_at, int fails_with, enum template_result expected,
                          enum card_error expected_error)
{
    enum template_result result;
    enum card_error error;
    struct ndef_card card;

    make_card(&card, kind, long_message(60, message_text, sizeof message_text, payload_text));
    card.fails_at = fails_at;
    card.fails_with = fails_with;
    char *data = run(&plain_hex, &card, &result, &error);
    ck_assert_ptr_null(data);
    ck_assert_msg(result == expected, "card %d, command %u, %d: result %d", (int) kind, fails_at, fails_with,
                  (int) result);
    if (expected == TEMPLATE_FAILED)
        ck_assert_int_eq(error, expected_error);
    ck_assert_uint_eq(card.commands, fails_at);
}

/* How many commands such a read takes, undisturbed. */
static unsigned count_commands(enum ndef_card_kind kind)
{
    struct ndef_card card;

    make_card(&card, kind, long_message(60, message_text, sizeof message_text, payload_text));
    check_output(&plain_hex, &card, payload_text, "undisturbed");
    return card.commands;
}

START_TEST(a_card_that_leaves_or_falls_silent_in_any_command_fails_with_its_error)
{
    for (int kind = NDEF_CARD_TYPE_2; kind <= NDEF_CARD_TYPE_5; kind++) {
        unsigned count = count_commands((enum ndef_card_kind) kind);
        ck_assert_uint_ge(count, 2);
        for (unsigned at = 1; at <= count; at++) {
            check_failure((enum ndef_card_kind) kind, at, CARD_ERROR_GONE, TEMPLATE_FAILED, CARD_ERROR_GONE);
            check_failure((enum ndef_card_kind) kind, at, CARD_ERROR_MUTE, TEMPLATE_FAILED, CARD_ERROR_MUTE);
            check_failure((enum ndef_card_kind) kind, at, CARD_ERROR_READER, TEMPLATE_FAILED, CARD_ERROR_READER);
            check_failure((enum ndef_card_kind) kind, at, NDEF_CARD_CUTS, TEMPLATE_FAILED, CARD_ERROR_MUTE);
        }
    }
}
END_TEST

START_TEST(a_refusal_in_any_command_is_no_match_or_tried_more_modestly)
{
    for (int kind = NDEF_CARD_TYPE_2; kind <= NDEF_CARD_TYPE_5; kind++) {
        unsigned count = count_commands((enum ndef_card_kind) kind);
        for (unsigned at = 1; at <= count; at++) {
            enum template_result result;
            enum card_error error;
            struct ndef_card card;
            make_card(&card, (enum ndef_card_kind) kind, message_text);
            card.fails_at = at;
            card.fails_with = 0x6982;
            char *data = run(&plain_hex, &card, &result, &error);
            ck_assert_msg(result != TEMPLATE_FAILED, "card %d, command %u: %s", kind, at, card.log);
            /* All of it or nothing. */
            if (data != NULL)
                ck_assert_str_eq(data, payload_text);
            free(data);
        }
    }
}
END_TEST

START_TEST(a_reader_that_says_no_more_than_that_it_failed_means_a_mute_card_once_it_gave_something)
{
    check_failure(NDEF_CARD_TYPE_2, 1, 0x6300, TEMPLATE_NO_MATCH, 0);
    check_failure(NDEF_CARD_TYPE_5, 1, 0x6300, TEMPLATE_NO_MATCH, 0);
    check_failure(NDEF_CARD_TYPE_5, 4, 0x6300, TEMPLATE_FAILED, CARD_ERROR_MUTE);
    check_failure(NDEF_CARD_TYPE_5, 5, 0x6400, TEMPLATE_FAILED, CARD_ERROR_MUTE);
    check_failure(NDEF_CARD_TYPE_5, 6, 0x6F00, TEMPLATE_FAILED, CARD_ERROR_MUTE);
    check_failure(NDEF_CARD_TYPE_5, 7, NDEF_CARD_EMPTY, TEMPLATE_FAILED, CARD_ERROR_MUTE);
    check_failure(NDEF_CARD_TYPE_5, 8, 0x6982, TEMPLATE_NO_MATCH, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ndef_data");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 30);
    tcase_add_test(all, each_row_of_registers_and_message_gives_its_output_on_every_type_of_tag);
    tcase_add_test(all, each_lookup_reads_its_type_of_tag_and_asks_no_other);
    tcase_add_test(all, a_type_4_tag_may_be_of_either_technology);
    tcase_add_test(all, cards_that_are_no_tags_are_not_asked);
    tcase_add_test(all, the_lookups_that_are_refused_are_of_no_type);
    tcase_add_test(all, a_type_2_tag_is_read_by_one_command_or_two);
    tcase_add_test(all, a_reader_that_gives_sixteen_bytes_is_asked_for_sixteen_from_then_on);
    tcase_add_test(all, a_reader_that_gives_one_page_is_asked_for_one);
    tcase_add_test(all, a_type_2_tag_of_every_size_is_read_to_its_end);
    tcase_add_test(all, lock_bytes_in_the_middle_of_a_type_2_message_are_passed_over);
    tcase_add_test(all, a_type_2_message_beyond_the_memory_or_page_255_is_none);
    tcase_add_test(all, a_type_2_tag_without_a_message_is_none);
    tcase_add_test(all, a_type_4_tag_is_read_by_five_commands);
    tcase_add_test(all, a_type_4_file_that_is_as_short_as_its_message_is_read_too);
    tcase_add_test(all, a_type_4_tag_gives_as_much_at_once_as_it_says);
    tcase_add_test(all, an_older_and_a_newer_type_4_mapping_are_read);
    tcase_add_test(all, a_type_4_card_without_a_message_is_none);
    tcase_add_test(all, a_type_3_tag_gives_its_blocks_as_many_at_once_as_it_says);
    tcase_add_test(all, a_type_3_tag_without_a_message_is_none);
    tcase_add_test(all, a_type_3_message_is_read_up_to_block_255);
    tcase_add_test(all, the_block_size_of_a_type_5_tag_is_found_out);
    tcase_add_test(all, a_type_5_tag_may_have_a_container_of_eight_bytes);
    tcase_add_test(all, a_type_5_tag_without_a_message_is_none);
    tcase_add_test(all, a_card_that_leaves_or_falls_silent_in_any_command_fails_with_its_error);
    tcase_add_test(all, a_refusal_in_any_command_is_no_match_or_tried_more_modestly);
    tcase_add_test(all, a_reader_that_says_no_more_than_that_it_failed_means_a_mute_card_once_it_gave_something);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
