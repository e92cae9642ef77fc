/* SPDX-License-Identifier: MIT */
/* The datagrams by which devices are found: what is taken for which, and what comes out of an answer. */
#include "base/memory.h"
#include "discovery/nddu.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MARKER "com.springcard.nddu.1:"

static bool is_lookup(const char *text)
{
    return nddu_is_lookup(text, strlen(text));
}

START_TEST(a_lookup_has_marker_verb_and_colon)
{
    char *own = nddu_lookup_text();

    ck_assert(is_lookup(own));
    ck_assert(is_lookup(MARKER "lookup:"));
    ck_assert(is_lookup(MARKER "lookup:info=anything at all"));
    ck_assert(!is_lookup(""));
    ck_assert(!is_lookup(MARKER "lookup"));
    ck_assert(!is_lookup(MARKER "lookups:"));
    ck_assert(!is_lookup(MARKER "device:"));
    ck_assert(!is_lookup(MARKER "set_address:mac=000102030405;"));
    ck_assert(!is_lookup("com.springcard.nddu.2:lookup:"));
    ck_assert(!is_lookup(" " MARKER "lookup:"));
    free(own);
}
END_TEST

START_TEST(a_datagram_that_is_too_long_is_none)
{
    char text[NDDU_DATAGRAM_MAX_BYTES + 1];

    memset(text, 'x', sizeof text);
    memcpy(text, MARKER "lookup:", strlen(MARKER "lookup:"));
    ck_assert(nddu_is_lookup(text, NDDU_DATAGRAM_MAX_BYTES));
    ck_assert(!nddu_is_lookup(text, NDDU_DATAGRAM_MAX_BYTES + 1));
}
END_TEST

START_TEST(an_answer_says_what_there_is)
{
    struct nddu_device device = {
        .mac = text_copy("0002DE010203"), .type = text_copy("SpringPark"), .locked = true,
        .address = text_copy("10.0.0.2"), .netmask = text_copy("255.0.0.0"), .info = text_copy("north; gate\n\xC3\xA9"),
    };
    char *text = nddu_device_text(&device);

    ck_assert_str_eq(text, MARKER "device:mac=0002DE010203;type=SpringPark;lock=1;addr=10.0.0.2;mask=255.0.0.0;"
                     "info=north  gate   ;");
    nddu_device_clear(&device);
    free(text);
}
END_TEST

static bool parse(const char *text, struct nddu_device *device)
{
    return nddu_device_parse(text, strlen(text), device);
}

START_TEST(an_answer_is_taken_apart)
{
    struct nddu_device device;

    ck_assert(parse(MARKER "device:mac=0002DE010203;type=Prox;lock=1;goto=http;dhcp=1;addr=10.0.0.2;mask=255.0.0.0;"
                    "gway=10.0.0.1;info=a=b;", &device));
    ck_assert_str_eq(device.mac, "0002DE010203");
    ck_assert_str_eq(device.type, "Prox");
    ck_assert(device.locked);
    ck_assert_str_eq(device.address, "10.0.0.2");
    ck_assert_str_eq(device.netmask, "255.0.0.0");
    ck_assert_str_eq(device.gateway, "10.0.0.1");
    ck_assert_str_eq(device.info, "a=b");
    nddu_device_clear(&device);
}
END_TEST

START_TEST(what_is_strange_in_an_answer_does_no_harm)
{
    struct nddu_device device;

    ck_assert(!parse(MARKER "device:", &device));
    ck_assert(!parse(MARKER "device:type=x;info=y;", &device));
    ck_assert(!parse(MARKER "lookup:mac=1;", &device));
    ck_assert(parse(MARKER "device:;;=;mac=1;mac=2;lock=10;nonsense;info=\x1B[31m\xFF", &device));
    ck_assert_str_eq(device.mac, "1");       /* the first one counts */
    ck_assert(!device.locked);
    ck_assert_str_eq(device.info, "?[31m?"); /* it goes to a terminal */
    nddu_device_clear(&device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nddu");
    TCase *cases = tcase_create("nddu");

    tcase_add_test(cases, a_lookup_has_marker_verb_and_colon);
    tcase_add_test(cases, a_datagram_that_is_too_long_is_none);
    tcase_add_test(cases, an_answer_says_what_there_is);
    tcase_add_test(cases, an_answer_is_taken_apart);
    tcase_add_test(cases, what_is_strange_in_an_answer_does_no_harm);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
