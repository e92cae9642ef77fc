/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "reader/nfc_wire.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t bytes[NFC_MESSAGE_MAX_BYTES];

static void fill_text(char *text, size_t capacity_bytes)
{
    memset(text, 'x', capacity_bytes - 1);
    text[capacity_bytes - 1] = '\0';
}

static struct nfc_request a_request(void)
{
    struct nfc_request request = {.verb = NFC_EXCHANGE, .technologies = CARD_NFC_A | CARD_INNOVATRON, .polls = 254,
                                  .timeout_ms = 0xFEDCBA98, .bytes = {0x00, 0xA4, 0x04}, .bytes_count = 3};

    snprintf(request.connection, sizeof request.connection, "pn532_uart:/dev/ttyUSB0:115200");
    return request;
}

static struct nfc_answer an_answer(void)
{
    struct nfc_answer answer = {
        .result = NFC_FINE, .text = "PN532 v1.6", .name = "pn532_uart:/dev/ttyS0",
        .connection = "pn532_uart:/dev/ttyS0:115200", .technologies = CARD_NFC_A | CARD_NFC_B,
        .poll_technologies = CARD_NFC_A, .bytes = {0x90, 0x00}, .bytes_count = 2,
        .tag = {.technology = CARD_NFC_A, .uid = {4, 1, 2, 3, 4, 5, 6}, .uid_bytes = 7, .ats = {0x78, 0x80},
                .ats_bytes = 2, .protocol_bytes = {0x00, 0x44, 0x20}, .protocol_bytes_count = 3},
        .devices_count = 2, .devices = {"pn53x_usb:001:004", "acr122_usb:001:007"},
    };

    return answer;
}

/* Whether a block of exactly this size is taken: a sanitizer sees each read beyond it. */
static bool takes_answer(const uint8_t *from, size_t size_bytes, struct nfc_answer *answer)
{
    uint8_t *exact = memory_copy(from, size_bytes);
    bool taken = nfc_wire_get_answer(exact, size_bytes, answer);

    free(exact);
    return taken;
}

static bool takes_request(const uint8_t *from, size_t size_bytes, struct nfc_request *request)
{
    uint8_t *exact = memory_copy(from, size_bytes);
    bool taken = nfc_wire_get_request(exact, size_bytes, request);

    free(exact);
    return taken;
}

START_TEST(a_request_comes_back_as_it_was)
{
    const struct nfc_request request = a_request();
    struct nfc_request back;
    size_t size = nfc_wire_put_request(&request, bytes, sizeof bytes);

    ck_assert_uint_gt(size, 0);
    ck_assert(takes_request(bytes, size, &back));
    ck_assert_int_eq(back.verb, request.verb);
    ck_assert_str_eq(back.connection, request.connection);
    ck_assert_uint_eq(back.technologies, request.technologies);
    ck_assert_uint_eq(back.polls, request.polls);
    ck_assert_uint_eq(back.timeout_ms, request.timeout_ms);
    ck_assert_uint_eq(back.bytes_count, request.bytes_count);
    ck_assert_mem_eq(back.bytes, request.bytes, sizeof request.bytes);
}
END_TEST

START_TEST(an_answer_comes_back_as_it_was)
{
    static struct nfc_answer back;
    const struct nfc_answer answer = an_answer();
    size_t size = nfc_wire_put_answer(&answer, bytes, sizeof bytes);

    ck_assert_uint_gt(size, 0);
    ck_assert(takes_answer(bytes, size, &back));
    ck_assert_int_eq(back.result, answer.result);
    ck_assert_str_eq(back.text, answer.text);
    ck_assert_str_eq(back.name, answer.name);
    ck_assert_str_eq(back.connection, answer.connection);
    ck_assert_uint_eq(back.technologies, answer.technologies);
    ck_assert_uint_eq(back.poll_technologies, answer.poll_technologies);
    ck_assert(nfc_tag_same_id(&back.tag, &answer.tag));
    ck_assert_uint_eq(back.tag.ats_bytes, 2);
    ck_assert_mem_eq(back.tag.ats, answer.tag.ats, 2);
    ck_assert_uint_eq(back.tag.protocol_bytes_count, 3);
    ck_assert_mem_eq(back.tag.protocol_bytes, answer.tag.protocol_bytes, 3);
    ck_assert_uint_eq(back.bytes_count, 2);
    ck_assert_mem_eq(back.bytes, answer.bytes, 2);
    ck_assert_uint_eq(back.devices_count, 2);
    ck_assert_str_eq(back.devices[1], answer.devices[1]);
}
END_TEST

START_TEST(the_longest_messages_fit)
{
    static struct nfc_answer answer;
    static struct nfc_answer back;
    struct nfc_request request = a_request();
    struct nfc_request request_back;

    answer = an_answer();
    fill_text(answer.text, sizeof answer.text);
    fill_text(answer.name, sizeof answer.name);
    fill_text(answer.connection, sizeof answer.connection);
    answer.tag.uid_bytes = sizeof answer.tag.uid;
    answer.tag.ats_bytes = sizeof answer.tag.ats;
    answer.tag.protocol_bytes_count = sizeof answer.tag.protocol_bytes;
    answer.bytes_count = sizeof answer.bytes;
    answer.devices_count = NFC_DEVICES_MAX;
    for (size_t i = 0; i < NFC_DEVICES_MAX; i++)
        fill_text(answer.devices[i], sizeof answer.devices[i]);
    size_t size = nfc_wire_put_answer(&answer, bytes, sizeof bytes);
    ck_assert_uint_gt(size, 0);
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, size - 1), 0);
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, size), size);
    ck_assert(takes_answer(bytes, size, &back));
    ck_assert_mem_eq(&back.devices, &answer.devices, sizeof back.devices);

    fill_text(request.connection, sizeof request.connection);
    request.bytes_count = sizeof request.bytes;
    size = nfc_wire_put_request(&request, bytes, sizeof bytes);
    ck_assert_uint_gt(size, 0);
    ck_assert(takes_request(bytes, size, &request_back));
    ck_assert_str_eq(request_back.connection, request.connection);
}
END_TEST

START_TEST(what_is_cut_off_or_has_something_behind_it_is_no_message)
{
    static struct nfc_answer back;
    struct nfc_request request_back;
    const struct nfc_answer answer = an_answer();
    const struct nfc_request request = a_request();
    size_t size = nfc_wire_put_answer(&answer, bytes, sizeof bytes);

    for (size_t cut = 0; cut < size; cut++) {
        memset(&back, 1, sizeof back);
        ck_assert_msg(!takes_answer(bytes, cut, &back), "%zu of %zu bytes", cut, size);
        ck_assert_int_eq(back.result, 0);
        ck_assert_uint_eq(back.devices_count, 0);
    }
    bytes[size] = 0;
    ck_assert(!takes_answer(bytes, size + 1, &back));
    size = nfc_wire_put_request(&request, bytes, sizeof bytes);
    for (size_t cut = 0; cut < size; cut++) {
        memset(&request_back, 1, sizeof request_back);
        ck_assert_msg(!takes_request(bytes, cut, &request_back), "%zu of %zu bytes", cut, size);
        ck_assert_int_eq(request_back.verb, 0);
        ck_assert_uint_eq(request_back.bytes_count, 0);
    }
    bytes[size] = 0;
    ck_assert(!takes_request(bytes, size + 1, &request_back));
}
END_TEST

/* The property that the fuzz target holds for any bytes, here for each message that differs in one byte. */
START_TEST(what_is_taken_is_written_as_the_same_bytes_again)
{
    static uint8_t again[NFC_MESSAGE_MAX_BYTES];
    static struct nfc_answer back;
    const struct nfc_answer answer = an_answer();
    const size_t size = nfc_wire_put_answer(&answer, bytes, sizeof bytes);
    size_t taken = 0;

    for (size_t at = 0; at < size; at++) {
        const uint8_t was = bytes[at];
        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            bytes[at] = (uint8_t) value;
            if (!takes_answer(bytes, size, &back))
                continue;
            taken++;
            ck_assert_uint_eq(nfc_wire_put_answer(&back, again, sizeof again), size);
            ck_assert_mem_eq(again, bytes, size);
        }
        bytes[at] = was;
    }
    ck_assert_uint_gt(taken, size); /* each byte as it is, and some others */
}
END_TEST

START_TEST(results_that_only_the_link_finds_are_refused)
{
    static struct nfc_answer back;
    struct nfc_answer answer = an_answer();
    const size_t size = nfc_wire_put_answer(&answer, bytes, sizeof bytes);

    for (unsigned result = 0; result <= UINT8_MAX; result++) {
        bytes[0] = (uint8_t) result;
        ck_assert_int_eq(takes_answer(bytes, size, &back), result >= NFC_FINE && result <= NFC_TROUBLE);
    }
    static const enum nfc_result own[] = {NFC_HUNG, NFC_DIED, NFC_STOPPED};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        answer.result = own[i];
        ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
    }
}
END_TEST

START_TEST(verbs_out_of_range_are_refused)
{
    struct nfc_request request = a_request();
    struct nfc_request back;
    const size_t size = nfc_wire_put_request(&request, bytes, sizeof bytes);

    for (unsigned verb = 0; verb <= UINT8_MAX; verb++) {
        bytes[0] = (uint8_t) verb;
        ck_assert_int_eq(takes_request(bytes, size, &back), verb >= NFC_LIST && verb <= NFC_CLOSE);
    }
    request.verb = (enum nfc_verb) 0;
    ck_assert_uint_eq(nfc_wire_put_request(&request, bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(texts_are_printable_ascii)
{
    static struct nfc_answer back;
    struct nfc_answer answer = an_answer();
    const size_t size = nfc_wire_put_answer(&answer, bytes, sizeof bytes);
    const size_t at = 1 + 2; /* result, the count before the text */

    ck_assert_int_eq(bytes[at], 'P');
    for (unsigned letter = 0; letter <= UINT8_MAX; letter++) {
        bytes[at] = (uint8_t) letter;
        ck_assert_int_eq(takes_answer(bytes, size, &back), letter >= ' ' && letter <= '~');
    }
    answer.text[2] = '\n';
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(counts_beyond_their_place_are_not_written)
{
    struct nfc_request request = a_request();
    struct nfc_answer answer = an_answer();

    request.bytes_count = sizeof request.bytes + 1;
    ck_assert_uint_eq(nfc_wire_put_request(&request, bytes, sizeof bytes), 0);
    request = a_request();
    request.polls = UINT8_MAX + 1;
    ck_assert_uint_eq(nfc_wire_put_request(&request, bytes, sizeof bytes), 0);
    request = a_request();
    memset(request.connection, 'x', sizeof request.connection);
    ck_assert_uint_eq(nfc_wire_put_request(&request, bytes, sizeof bytes), 0);
    answer.tag.uid_bytes = sizeof answer.tag.uid + 1;
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
    answer = an_answer();
    answer.devices_count = NFC_DEVICES_MAX + 1;
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(a_tag_has_one_technology_and_an_identifier)
{
    struct nfc_answer answer = an_answer();

    answer.tag.technology = (enum card_technology) (CARD_NFC_A | CARD_NFC_B);
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
    answer = an_answer();
    answer.tag.technology = CARD_UNKNOWN;
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
    answer = an_answer();
    answer.tag.uid_bytes = 0;
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
    answer = an_answer();
    answer.technologies = CARD_INNOVATRON << 1;
    ck_assert_uint_eq(nfc_wire_put_answer(&answer, bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(a_copied_text_is_fit_for_the_wire)
{
    char text[8];

    nfc_wire_copy_text(text, sizeof text, "ab\ncd\xC3\xA9xyz");
    ck_assert_str_eq(text, "ab?cd??");
    nfc_wire_copy_text(text, sizeof text, NULL);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nfc_wire");
    TCase *tests = tcase_create("nfc_wire");

    tcase_add_test(tests, a_request_comes_back_as_it_was);
    tcase_add_test(tests, an_answer_comes_back_as_it_was);
    tcase_add_test(tests, the_longest_messages_fit);
    tcase_add_test(tests, what_is_cut_off_or_has_something_behind_it_is_no_message);
    tcase_add_test(tests, what_is_taken_is_written_as_the_same_bytes_again);
    tcase_add_test(tests, results_that_only_the_link_finds_are_refused);
    tcase_add_test(tests, verbs_out_of_range_are_refused);
    tcase_add_test(tests, texts_are_printable_ascii);
    tcase_add_test(tests, counts_beyond_their_place_are_not_written);
    tcase_add_test(tests, a_tag_has_one_technology_and_an_identifier);
    tcase_add_test(tests, a_copied_text_is_fit_for_the_wire);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
