/* SPDX-License-Identifier: MIT */
/* Certificates and requests that are made at a time that the test chooses, and what is said of keys and serials. */
#include "base/memory.h"
#include "cloud/issue.h"
#include "cloud/key.h"
#include "tool/certs.h"

#include <check.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define NOW 2000000000 /* 2033-05-18 03:33:20 UTC */

enum { DAY_S = 24 * 60 * 60, HOUR_S = 60 * 60 };

static struct errors *errors;
static EVP_PKEY *ca_key, *device_key;
static X509 *ca;

static bool fixed_time(const struct clock *clock, time_t *utc)
{
    (void) clock;
    *utc = NOW;
    return true;
}

static const struct clock fixed_clock = { .wall_time = fixed_time };

static X509 *make(const struct issue_order *order)
{
    X509 *certificate = issue_certificate(order, &fixed_clock, errors);

    ck_assert_ptr_nonnull(certificate);
    ck_assert_uint_eq(errors_count(errors), 0);
    return certificate;
}

static X509 *make_device(unsigned days)
{
    const struct issue_order order = { .purpose = ISSUE_CLIENT, .common_name = "door-7", .days = days,
                                       .key = device_key, .ca = ca, .ca_key = ca_key };

    return make(&order);
}

static void set_up(void)
{
    errors = errors_create();
    ca_key = issue_key(ISSUE_KEY_EC, errors);
    device_key = issue_key(ISSUE_KEY_EC, errors);
    const struct issue_order order = { .purpose = ISSUE_CA, .common_name = "Test CA", .days = 100, .key = ca_key };
    ca = make(&order);
}

static void tear_down(void)
{
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(device_key);
    errors_free(errors);
}

START_TEST(the_dates_come_from_the_clock)
{
    X509 *device = make_device(10);

    ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notBefore(device), NOW - HOUR_S), 0);
    ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(device), NOW + 10 * (time_t) DAY_S), 0);
    ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(ca), NOW + 100 * (time_t) DAY_S), 0);
    X509_free(device);
}
END_TEST

START_TEST(a_certificate_ends_with_its_ca)
{
    X509 *device = make_device(101);

    ck_assert_int_eq(ASN1_TIME_compare(X509_get0_notAfter(device), X509_get0_notAfter(ca)), 0);
    X509_free(device);
}
END_TEST

START_TEST(a_year_beyond_2050_is_written_rightly)
{
    const struct issue_order order = { .purpose = ISSUE_CA, .common_name = "Old", .days = 36500, .key = ca_key };
    X509 *old = make(&order);

    ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(old), NOW + 36500 * (time_t) DAY_S), 0);
    ck_assert_int_eq(ASN1_STRING_type(X509_get0_notAfter(old)), V_ASN1_GENERALIZEDTIME);
    X509_free(old);
}
END_TEST

START_TEST(serial_numbers_are_long_positive_and_random)
{
    X509 *one = make_device(1), *other = make_device(1);
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(one), NULL);

    ck_assert_int_ne(ASN1_INTEGER_cmp(X509_get0_serialNumber(one), X509_get0_serialNumber(other)), 0);
    ck_assert(!BN_is_negative(number));
    ck_assert_int_gt(BN_num_bits(number), 64); /* one in 2^64 is shorter */
    ck_assert_int_le(BN_num_bits(number), 128);
    BN_free(number);
    X509_free(one);
    X509_free(other);
}
END_TEST

START_TEST(each_purpose_has_its_extensions)
{
    const struct issue_order order = { .purpose = ISSUE_VERIFICATION, .common_name = "code", .days = 1,
                                       .key = device_key, .ca = ca, .ca_key = ca_key };
    X509 *device = make_device(1), *verification = make(&order);

    ck_assert_int_eq(X509_check_ca(ca), 1);
    ck_assert_int_eq(X509_get_pathlen(ca), 0);
    ck_assert_uint_eq(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    ck_assert_int_eq(X509_check_ca(device), 0);
    ck_assert_uint_eq(X509_get_key_usage(device), KU_DIGITAL_SIGNATURE);
    ck_assert_uint_eq(X509_get_extended_key_usage(device), XKU_SSL_CLIENT);
    ck_assert_int_eq(X509_check_purpose(device, X509_PURPOSE_SSL_SERVER, 0), 0);
    ck_assert_int_eq(X509_check_ca(verification), 0);
    ck_assert_int_eq(X509_check_issued(ca, device), X509_V_OK);
    ck_assert_int_eq(X509_verify(device, ca_key), 1);
    ck_assert_int_eq(X509_verify(verification, ca_key), 1);
    X509_free(device);
    X509_free(verification);
}
END_TEST

START_TEST(a_name_that_x509_does_not_take_is_a_complaint)
{
    char name[ISSUE_NAME_MAX + 2] = "";
    const struct issue_order order = { .purpose = ISSUE_CA, .common_name = name, .days = 1, .key = ca_key };

    memset(name, 'x', ISSUE_NAME_MAX + 1);
    ck_assert_ptr_null(issue_certificate(&order, &fixed_clock, errors));
    ck_assert_ptr_null(issue_request(ca_key, name, errors));
    ck_assert_uint_eq(errors_count(errors), 2);
    name[ISSUE_NAME_MAX] = '\0';
    errors_free(errors);
    errors = errors_create();
    X509_free(make(&order));
}
END_TEST

START_TEST(a_request_is_signed_by_its_own_key)
{
    X509_REQ *request = issue_request(device_key, "door-7", errors);

    ck_assert_ptr_nonnull(request);
    ck_assert_int_eq(X509_REQ_verify(request, device_key), 1);
    ck_assert_int_eq(X509_REQ_verify(request, ca_key), 0);
    X509_REQ_free(request);
}
END_TEST

static void expect_type(EVP_PKEY *key, const char *words, bool good)
{
    char *text = key_type_text(key);
    size_t before = errors_count(errors);

    ck_assert_str_eq(text, words);
    ck_assert_int_eq(key_check_type(key, "some.key", errors), good);
    ck_assert_uint_eq(errors_count(errors), before + (good ? 0 : 1));
    free(text);
    EVP_PKEY_free(key);
}

START_TEST(keys_that_aws_refuses_are_refused)
{
    expect_type(EVP_EC_gen("P-256"), "EC P-256", true);
    expect_type(EVP_EC_gen("P-384"), "EC P-384", true);
    expect_type(EVP_EC_gen("P-521"), "EC P-521", true);
    expect_type(EVP_EC_gen("P-224"), "EC P-224", false);
    expect_type(EVP_EC_gen("secp256k1"), "EC 256", false);
    expect_type(EVP_RSA_gen(2048), "RSA 2048", true);
    expect_type(EVP_RSA_gen(1024), "RSA 1024", false);
    expect_type(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "ED25519", false);
}
END_TEST

START_TEST(a_pin_is_never_shown)
{
    static const char *const shown[][2] = {
        { "/etc/device.key", "/etc/device.key" },
        { "pkcs11:token=t;object=o?pin-value=1234", "pkcs11:token=t;object=o" },
        { "pkcs11:token=t;pin-value=1234;object=o", "pkcs11:token=t;object=o" },
        { "pkcs11:pin-value=1234;token=t?module-path=/m&pin-source=file:/p", "pkcs11:token=t" },
        { "pkcs11:pin-value=1234", "pkcs11:" },
        { "pkcs11:", "pkcs11:" },
    };

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        char *text = key_source_text(shown[i][0]);
        ck_assert_str_eq(text, shown[i][1]);
        free(text);
    }
}
END_TEST

START_TEST(a_serial_number_is_good_for_topic_client_and_file)
{
    static const char *const wrong[] = { "", "a/b", "a+", "#", "$aws", ".x", "-x", "a b", "a\tb", "a\"", "a'", "a\\b",
                                         "a*", "caf\xC3\xA9", "\x7F" };
    char longest[ISSUE_NAME_MAX + 2] = "";

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(certs_serial_problem(wrong[i]) != NULL, "\"%s\" is taken", wrong[i]);
    memset(longest, 'x', ISSUE_NAME_MAX);
    ck_assert_ptr_null(certs_serial_problem(longest));
    longest[ISSUE_NAME_MAX] = 'x';
    ck_assert_ptr_nonnull(certs_serial_problem(longest));
    ck_assert_ptr_null(certs_serial_problem("A1B2C3D4"));
    ck_assert_ptr_null(certs_serial_problem("door.7@here"));
    ck_assert(!certs_serial_is_thing_name("door.7"));
    ck_assert(certs_serial_is_thing_name("a:b_C-7"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("issue");
    TCase *tests = tcase_create("issue");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_dates_come_from_the_clock);
    tcase_add_test(tests, a_certificate_ends_with_its_ca);
    tcase_add_test(tests, a_year_beyond_2050_is_written_rightly);
    tcase_add_test(tests, serial_numbers_are_long_positive_and_random);
    tcase_add_test(tests, each_purpose_has_its_extensions);
    tcase_add_test(tests, a_name_that_x509_does_not_take_is_a_complaint);
    tcase_add_test(tests, a_request_is_signed_by_its_own_key);
    tcase_add_test(tests, keys_that_aws_refuses_are_refused);
    tcase_add_test(tests, a_pin_is_never_shown);
    tcase_add_test(tests, a_serial_number_is_good_for_topic_client_and_file);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
