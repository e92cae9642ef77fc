/* SPDX-License-Identifier: MIT */
#include "card/ndef_text.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX_BYTES = 1024 };

struct message {
    uint8_t *bytes;         /* exactly as many as there are, so that a sanitizer sees a byte too many */
    size_t size_bytes;
    struct ndef_reader reader;
};

static struct message begin(const char *hex)
{
    uint8_t bytes[MESSAGE_MAX_BYTES];
    int count = hex_to_bytes(hex, strlen(hex), bytes, sizeof bytes);
    struct message message = { 0 };

    ck_assert_int_ge(count, 0);
    message.size_bytes = (size_t) count;
    message.bytes = memory_copy(bytes, message.size_bytes);
    ndef_begin(&message.reader, message.bytes, message.size_bytes);
    return message;
}

static void end(struct message *message)
{
    free(message->bytes);
}

static void check_bytes(const uint8_t *bytes, size_t size_bytes, const char *expected)
{
    char *hex = hex_from_bytes(bytes, size_bytes);

    ck_assert_str_eq(hex, expected);
    free(hex);
}

static void check_next(struct message *message, enum ndef_tnf tnf, const char *type, const char *id,
                       const char *payload)
{
    struct ndef_record record;

    ck_assert_int_eq(ndef_next(&message->reader, &record), NDEF_RECORD);
    ck_assert_int_eq(record.tnf, tnf);
    check_bytes(record.type, record.type_bytes, type);
    check_bytes(record.id, record.id_bytes, id);
    check_bytes(record.payload, record.payload_bytes, payload);
}

static void check_end(struct message *message, enum ndef_result result)
{
    struct ndef_record record;

    ck_assert_int_eq(ndef_next(&message->reader, &record), result);
    ck_assert_int_eq(ndef_check(message->bytes, message->size_bytes), result);
    end(message);
}

START_TEST(a_short_record_has_type_and_payload)
{
    struct message message = begin("D1010555016162632F");

    check_next(&message, NDEF_WELL_KNOWN, "55", "", "016162632F");
    check_end(&message, NDEF_END);
}
END_TEST

START_TEST(a_record_may_have_an_id)
{
    struct message message = begin("D9010302545A414200FFEE");

    check_next(&message, NDEF_WELL_KNOWN, "54", "5A41", "4200FF");
    check_end(&message, NDEF_MALFORMED); /* EE is behind the end */

    message = begin("D9010302545A414200FF");
    check_next(&message, NDEF_WELL_KNOWN, "54", "5A41", "4200FF");
    check_end(&message, NDEF_END);
}
END_TEST

START_TEST(a_long_record_has_a_length_of_four_bytes)
{
    char hex[2 * MESSAGE_MAX_BYTES] = "C10100000104" "54";
    char payload[2 * 260 + 1] = "";

    for (size_t i = 0; i < 260; i++)
        memcpy(payload + 2 * i, "A7", 3);
    strcat(hex, payload);
    struct message message = begin(hex);
    check_next(&message, NDEF_WELL_KNOWN, "54", "", payload);
    check_end(&message, NDEF_END);
}
END_TEST

START_TEST(records_follow_one_another)
{
    struct message message = begin("910101" "54" "00" "120A02" "746578742F706C61696E" "6869" "140302" "613A62" "0102"
                                   "550002" "AABB");

    check_next(&message, NDEF_WELL_KNOWN, "54", "", "00");
    check_next(&message, NDEF_MEDIA, "746578742F706C61696E", "", "6869");
    check_next(&message, NDEF_EXTERNAL, "613A62", "", "0102");
    check_next(&message, NDEF_UNKNOWN, "", "", "AABB");
    check_end(&message, NDEF_END);
}
END_TEST

START_TEST(an_empty_message_has_no_record_and_an_empty_record_has_nothing)
{
    struct message message = begin("");

    check_end(&message, NDEF_END);
    message = begin("D00000");
    check_next(&message, NDEF_EMPTY, "", "", "");
    check_end(&message, NDEF_END);
}
END_TEST

START_TEST(the_reserved_format_counts_as_unknown)
{
    struct message message = begin("D7010154AA");

    check_next(&message, NDEF_UNKNOWN, "54", "", "AA");
    check_end(&message, NDEF_END);
}
END_TEST

START_TEST(chunks_are_named)
{
    static const char *const chunked[] = {
        "B101025401A2" "560001" "A3",  /* begins and ends as the specification has it */
        "B1",                          /* nothing behind the header is looked at */
        "D6000155", "960000",
    };

    for (size_t i = 0; i < sizeof chunked / sizeof *chunked; i++) {
        struct message message = begin(chunked[i]);
        check_end(&message, NDEF_CHUNKED);
    }
    struct message message = begin("9101015400" "310101" "5400" "560001" "A3");
    check_next(&message, NDEF_WELL_KNOWN, "54", "", "00");
    check_end(&message, NDEF_CHUNKED);
}
END_TEST

START_TEST(what_is_no_record_is_malformed)
{
    static const char *const malformed[] = {
        "51010154AA",                   /* no begin */
        "D1", "D101", "D10101", "D1010154", /* cut at each field */
        "D1FF0154AA", "D101FF54AA",     /* type, payload too long */
        "D901010554AA",                 /* id too long */
        "D90101",                       /* no length of the id */
        "C101FFFFFFFF54AA", "C1010000000254AA", "C1010000",
        "D0010054", "D0000154", "D8000001AA", /* an empty record that is not */
        "D5010154AA",                   /* unknown, with a type */
        "00", "40", "03",
    };

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct message message = begin(malformed[i]);
        check_end(&message, NDEF_MALFORMED);
    }
}
END_TEST

START_TEST(a_message_begins_and_ends_once)
{
    struct message message = begin("91010154AA");

    check_next(&message, NDEF_WELL_KNOWN, "54", "", "AA");
    check_end(&message, NDEF_MALFORMED); /* no end */

    message = begin("91010154AAD1010154AA");
    check_next(&message, NDEF_WELL_KNOWN, "54", "", "AA");
    check_end(&message, NDEF_MALFORMED); /* a second begin */

    message = begin("D1010154AA51010154AA");
    check_next(&message, NDEF_WELL_KNOWN, "54", "", "AA");
    check_end(&message, NDEF_MALFORMED); /* a second end */
}
END_TEST

/* ---- what records say ---- */

static void check_data(const char *hex, const char *expected)
{
    struct message message = begin(hex);
    struct ndef_record record;
    struct ndef_data data;

    ck_assert_int_eq(ndef_next(&message.reader, &record), NDEF_RECORD);
    ck_assert_msg(ndef_data_of(&record, &data), "%s says nothing", hex);
    ck_assert_msg(data.size_bytes == strlen(expected) && memcmp(data.bytes, expected, data.size_bytes) == 0,
                  "%s says %.*s", hex, (int) data.size_bytes, (const char *) data.bytes);
    free(data.bytes);
    end(&message);
}

static void check_no_data(const char *hex)
{
    struct message message = begin(hex);
    struct ndef_record record;
    struct ndef_data data;

    ck_assert_int_eq(ndef_next(&message.reader, &record), NDEF_RECORD);
    ck_assert_msg(!ndef_data_of(&record, &data), "%s", hex);
    ck_assert_ptr_null(data.bytes);
    end(&message);
}

START_TEST(a_text_is_without_its_language)
{
    check_data("D10105" "54" "02" "656E" "4869", "Hi");
    check_data("D10108" "54" "05" "656E2D5553" "4869", "Hi");
    check_data("D10103" "54" "00" "4869", "Hi");
    check_data("D10103" "54" "02" "656E", "");
    check_data("D10105" "54" "42" "656E" "4869", "Hi");     /* the reserved bit is not looked at */
    check_data("D10106" "54" "02" "6465" "C3A921", "\xC3\xA9!");
    check_data("D10106" "54" "00" "EFBBBF" "4869", "Hi");
}
END_TEST

START_TEST(a_text_in_utf_16_becomes_utf_8)
{
    check_data("D10107" "54" "82" "656E" "00480069", "Hi");           /* no mark: high byte first */
    check_data("D10109" "54" "82" "656E" "FEFF00480069", "Hi");
    check_data("D10109" "54" "82" "656E" "FFFE48006900", "Hi");
    check_data("D1010B" "54" "80" "00E9" "20AC" "D83DDE00" "0041", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
                                                                   "A");
    check_data("D10107" "54" "80" "FFFE" "3DD800DE", "\xF0\x9F\x98\x80");
    check_data("D10105" "54" "80" "DBFF" "DFFF", "\xF4\x8F\xBF\xBF");
    check_data("D10103" "54" "80" "FEFF", "");
    check_data("D10101" "54" "80", "");
}
END_TEST

START_TEST(a_text_that_cannot_be_read_says_nothing)
{
    check_no_data("D10100" "54");                      /* no status byte */
    check_no_data("D10103" "54" "03" "656E");          /* a language longer than all */
    check_no_data("D10104" "54" "80" "004800");        /* half a unit */
    check_no_data("D10103" "54" "80" "D83D");          /* half a pair */
    check_no_data("D10105" "54" "80" "D83D0041");
    check_no_data("D10105" "54" "80" "DE000041");
}
END_TEST

START_TEST(a_uri_has_its_whole_prefix)
{
    static const char *const prefixes[] = {
        "", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:", "ftp://anonymous:anonymous@",
        "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://", "ftp://", "dav://", "news:", "telnet://", "imap:",
        "rtsp://", "urn:", "pop:", "sip:", "sips:", "tftp:", "btspp://", "btl2cap://", "btgoep://", "tcpobex://",
        "irdaobex://", "file://", "urn:epc:id:", "urn:epc:tag:", "urn:epc:pat:", "urn:epc:raw:", "urn:epc:",
        "urn:nfc:", "", "",
    };

    ck_assert_uint_eq(sizeof prefixes / sizeof *prefixes, 0x26);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        char hex[] = "D101035500" "7879";
        char expected[64];
        uint8_t code = (uint8_t) i;
        char *digits = hex_from_bytes(&code, 1);
        memcpy(hex + 8, digits, 2);
        free(digits);
        strcpy(expected, prefixes[i]);
        strcat(expected, "xy");
        check_data(hex, expected);
    }
    check_data("D1010355FF7879", "xy");
    check_data("D101015504", "https://");
    check_no_data("D1010055");
}
END_TEST

START_TEST(other_records_say_their_payload_and_an_absolute_uri_its_type)
{
    check_data("D20A02" "746578742F706C61696E" "6869", "hi");
    check_data("D40302" "613A62" "6869", "hi");
    check_data("D10202" "5370" "6869", "hi");
    check_data("D50002" "6869", "hi");
    check_data("D30500" "783A2F2F79", "x://y");
    check_data("D30502" "783A2F2F79" "6869", "x://y");
}
END_TEST

static struct ndef_record record_of(enum ndef_tnf tnf, const char *type)
{
    return (struct ndef_record) { .tnf = tnf, .type = (const uint8_t *) type, .type_bytes = strlen(type) };
}

static bool has_type(enum ndef_tnf tnf, const char *type, const char *wanted)
{
    const struct ndef_record record = record_of(tnf, type);

    return ndef_has_type(&record, (const uint8_t *) wanted, strlen(wanted));
}

START_TEST(types_are_compared_as_their_definitions_want_it)
{
    ck_assert(has_type(NDEF_WELL_KNOWN, "Sp", "Sp"));
    ck_assert(!has_type(NDEF_WELL_KNOWN, "Sp", "sp"));
    ck_assert(!has_type(NDEF_WELL_KNOWN, "Sp", "S"));
    ck_assert(!has_type(NDEF_WELL_KNOWN, "S", "Sp"));
    ck_assert(!has_type(NDEF_ABSOLUTE_URI, "http://A", "http://a"));
    ck_assert(has_type(NDEF_EXTERNAL, "Example.com:Door", "example.COM:door"));
    ck_assert(!has_type(NDEF_EXTERNAL, "example.com:door;1", "example.com:door"));
    ck_assert(has_type(NDEF_MEDIA, "Text/Plain", "text/plain"));
    ck_assert(has_type(NDEF_MEDIA, "text/plain ; charset=utf-8", "text/plain"));
    ck_assert(has_type(NDEF_MEDIA, "text/plain;charset=utf-8", "TEXT/PLAIN;charset=utf-8"));
    ck_assert(!has_type(NDEF_MEDIA, "text/plain;charset=utf-8", "text/plain;charset=utf-16"));
    ck_assert(!has_type(NDEF_MEDIA, "text/plain", "text/plain;charset=utf-8"));
    ck_assert(!has_type(NDEF_MEDIA, "text/plainer", "text/plain"));
}
END_TEST

START_TEST(texts_and_uris_are_known_by_their_types)
{
    struct ndef_record text = record_of(NDEF_WELL_KNOWN, "T");
    struct ndef_record media = record_of(NDEF_MEDIA, "TEXT/plain; charset=us-ascii");
    struct ndef_record uri = record_of(NDEF_WELL_KNOWN, "U");
    struct ndef_record absolute = record_of(NDEF_ABSOLUTE_URI, "x:y");
    struct ndef_record external = record_of(NDEF_EXTERNAL, "T");
    struct ndef_record entry = record_of(NDEF_EXTERNAL, "SpringCard.com:id");

    ck_assert(ndef_is_text(&text) && ndef_is_text(&media));
    ck_assert(!ndef_is_text(&uri) && !ndef_is_text(&absolute) && !ndef_is_text(&external));
    ck_assert(ndef_is_uri(&uri) && ndef_is_uri(&absolute));
    ck_assert(!ndef_is_uri(&text) && !ndef_is_uri(&media) && !ndef_is_uri(&external));
    ck_assert(ndef_is_external(&entry, "springcard.com:"));
    ck_assert(!ndef_is_external(&external, "springcard.com:") && !ndef_is_external(&text, "T"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ndef");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_short_record_has_type_and_payload);
    tcase_add_test(all, a_record_may_have_an_id);
    tcase_add_test(all, a_long_record_has_a_length_of_four_bytes);
    tcase_add_test(all, records_follow_one_another);
    tcase_add_test(all, an_empty_message_has_no_record_and_an_empty_record_has_nothing);
    tcase_add_test(all, the_reserved_format_counts_as_unknown);
    tcase_add_test(all, chunks_are_named);
    tcase_add_test(all, what_is_no_record_is_malformed);
    tcase_add_test(all, a_message_begins_and_ends_once);
    tcase_add_test(all, a_text_is_without_its_language);
    tcase_add_test(all, a_text_in_utf_16_becomes_utf_8);
    tcase_add_test(all, a_text_that_cannot_be_read_says_nothing);
    tcase_add_test(all, a_uri_has_its_whole_prefix);
    tcase_add_test(all, other_records_say_their_payload_and_an_absolute_uri_its_type);
    tcase_add_test(all, types_are_compared_as_their_definitions_want_it);
    tcase_add_test(all, texts_and_uris_are_known_by_their_types);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
