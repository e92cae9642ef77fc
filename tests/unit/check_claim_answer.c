/* SPDX-License-Identifier: MIT */
/* What AWS answers to a claim: what is taken, and in which words the rest is refused. */
#include "base/memory.h"
#include "cloud/claim_answer.h"
#include "cloud/claim_thing.h"
#include "cloud/issue.h"

#include <check.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct errors *errors;
static EVP_PKEY *key, *other_key;
static char *problem;
static struct claim_certificate got;

static void set_up(void)
{
    errors = errors_create();
    key = issue_key(ISSUE_KEY_EC, errors);
    other_key = issue_key(ISSUE_KEY_EC, errors);
    ck_assert_ptr_nonnull(key);
    ck_assert_ptr_nonnull(other_key);
}

static void tear_down(void)
{
    errors_free(errors);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other_key);
    free(problem);
    problem = NULL;
}

static time_t now(void)
{
    time_t time;

    (void) clock_wall_time(clock_system(), &time);
    return time;
}

static X509 *make(EVP_PKEY *of, enum issue_purpose purpose)
{
    const struct issue_order order = { .purpose = purpose, .common_name = "AWS IoT Certificate", .days = 1, .key = of };
    X509 *certificate = issue_certificate(&order, clock_system(), errors);

    ck_assert_ptr_nonnull(certificate);
    return certificate;
}

static char *pem(EVP_PKEY *of, enum issue_purpose purpose)
{
    X509 *certificate = make(of, purpose);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;

    ck_assert_int_eq(PEM_write_bio_X509(bio, certificate), 1);
    long size = BIO_get_mem_data(bio, &data);
    char *text = text_format("%.*s", (int) size, data);
    BIO_free(bio);
    X509_free(certificate);
    return text;
}

/* Whether the answer is taken. */
static bool take(const char *answer)
{
    free(problem);
    problem = NULL;
    return claim_answer_certificate(answer, strlen(answer), key, now(), &got, &problem);
}

static bool take_pem(const char *text, const char *token)
{
    json_t *answer = json_pack("{s:s, s:s, s:s}", "certificateId", "0a", "certificatePem", text,
                               "certificateOwnershipToken", token);
    char *payload = json_dumps(answer, 0);
    bool taken = take(payload);

    json_decref(answer);
    free(payload);
    return taken;
}

START_TEST(a_certificate_for_this_key_is_taken_with_its_token)
{
    char *text = pem(key, ISSUE_CLIENT);

    ck_assert_msg(take_pem(text, "t0ken"), "%s", problem);
    ck_assert_str_eq(got.token, "t0ken");
    ck_assert_int_eq(EVP_PKEY_eq(X509_get0_pubkey(got.certificate), key), 1);
    claim_certificate_release(&got);
    ck_assert_ptr_null(got.token);
    free(text);
}
END_TEST

START_TEST(another_certificate_is_not)
{
    char *good = pem(key, ISSUE_CLIENT), *ca = pem(key, ISSUE_CA), *other = pem(other_key, ISSUE_CLIENT);
    char *twice = text_format("%s%s", good, good);
    char *cut = text_format("%.*s\n-----END CERTIFICATE-----\n", 300, good);
    const struct {
        const char *pem;
        const char *problem;
    } bad[] = {
        { other, "holds a certificate for another key than this box's" },
        { ca, "holds a CA's certificate" },
        { twice, "holds more than one certificate" },
        { cut, "holds no certificate in PEM form that can be parsed" },
        { "hello", "holds no certificate in PEM form that can be parsed" },
        { "", "has 0 bytes in \"certificatePem\"; 1 to 16384 are taken" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert(!take_pem(bad[i].pem, "t"));
        ck_assert_str_eq(problem, bad[i].problem);
    }
    ck_assert(!take_pem(good, ""));
    ck_assert_str_eq(problem, "has 0 bytes in \"certificateOwnershipToken\"; 1 to 32768 are taken");
    free(problem);
    problem = NULL;
    json_t *answer = json_pack("{s:s, s:s}", "certificatePem", good, "certificateOwnershipToken", "t");
    char *payload = json_dumps(answer, 0);
    ck_assert(!claim_answer_certificate(payload, strlen(payload), key, now() + 2 * 86400, &got, &problem));
    ck_assert_str_eq(problem, "holds a certificate that has expired already, or this box's clock is wrong");
    ck_assert_ptr_null(got.certificate);
    json_decref(answer);
    free(payload);
    free(good);
    free(ca);
    free(other);
    free(twice);
    free(cut);
}
END_TEST

static const struct {
    const char *payload;
    const char *problem;
} bad_answers[] = {
    { "", "is no JSON object" },
    { "null", "is no JSON object" },
    { "[]", "is no JSON object" },
    { "{\"certificatePem\":\"x\"", "is no JSON object" },
    { "{\"certificatePem\":\"a\",\"certificatePem\":\"b\"}", "is no JSON object" },
    { "{\"certificatePem\":\"a\\u0000b\"}", "is no JSON object" },
    { "{}", "has no text \"certificatePem\"" },
    { "{\"certificatePem\":7}", "has no text \"certificatePem\"" },
};

START_TEST(what_is_no_answer_is_said_to_be_none)
{
    ck_assert(!take(bad_answers[_i].payload));
    ck_assert_str_eq(problem, bad_answers[_i].problem);
}
END_TEST

START_TEST(an_answer_that_is_too_long_is_not_looked_at)
{
    char *payload = memory_zeroed(CLAIM_ANSWER_MAX_BYTES + 2, 1);

    memset(payload, ' ', CLAIM_ANSWER_MAX_BYTES + 1);
    ck_assert(!take(payload));
    ck_assert_str_eq(problem, "has 65537 bytes; at most 65536 are taken");
    free(payload);
}
END_TEST

static const struct {
    const char *payload;
    const char *thing;      /* NULL: problem */
    const char *problem;
} thing_answers[] = {
    { "{\"thingName\":\"7813F597\",\"deviceConfiguration\":{}}", "7813F597", NULL },
    { "{\"thingName\":\"a:B_c-9\"}", "a:B_c-9", NULL },
    { "{}", NULL, "has no text \"thingName\"" },
    { "{\"thingName\":\"\"}", NULL, "has 0 bytes in \"thingName\"; 1 to 128 are taken" },
    { "{\"thingName\":\"a/b\"}", NULL,
      "has a \"thingName\" with other characters than letters, digits, ':', '_' and '-'" },
    { "{\"thingName\":\"+\"}", NULL,
      "has a \"thingName\" with other characters than letters, digits, ':', '_' and '-'" },
    { "{\"thingName\":\"d\xC3\xA9\"}", NULL,
      "has a \"thingName\" with other characters than letters, digits, ':', '_' and '-'" },
    { "thingName", NULL, "is no JSON object" },
};

START_TEST(the_name_of_the_thing_has_to_be_one)
{
    const char *payload = thing_answers[_i].payload;
    char *thing = claim_answer_thing(payload, strlen(payload), &problem);

    ck_assert_pstr_eq(thing, thing_answers[_i].thing);
    ck_assert_pstr_eq(problem, thing_answers[_i].problem);
    free(thing);
}
END_TEST

static const struct {
    const char *payload;
    const char *text;
} rejections[] = {
    { "{\"statusCode\":400,\"errorCode\":\"InvalidParameters\",\"errorMessage\":\"Hook denied\"}",
      "InvalidParameters (400): Hook denied" },
    { "{\"errorMessage\":\"a\\nb\\u001b[31m\"}", "an error without a code: a?b?[31m" },
    { "{\"statusCode\":\"400\"}", "an error without a code" },
    { "oops", "an answer that is no JSON object" },
};

START_TEST(a_rejection_is_told_in_one_harmless_line)
{
    char *text = claim_answer_rejection(rejections[_i].payload, strlen(rejections[_i].payload));

    ck_assert_str_eq(text, rejections[_i].text);
    free(text);
}
END_TEST

START_TEST(a_long_rejection_is_cut)
{
    char many[5000];
    memset(many, 'x', sizeof many);
    char *payload = text_format("{\"errorCode\":\"E\",\"errorMessage\":\"%.*s\"}", (int) sizeof many, many);
    char *text = claim_answer_rejection(payload, strlen(payload));

    ck_assert_uint_eq(strlen(text), strlen("E: ") + 200);
    free(text);
    free(payload);
}
END_TEST

START_TEST(a_thing_s_name_is_kept_for_its_certificate_only)
{
    char folder[] = "/tmp/springpark-thing-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = text_format("%s/thing", folder), *file = text_format("%s/device.pem", folder);
    X509 *certificate = make(key, ISSUE_CLIENT), *other = make(key, ISSUE_CLIENT);

    ck_assert_ptr_null(claim_thing_read(path, file));
    ck_assert(claim_thing_store(path, "door-7", certificate));
    ck_assert_ptr_null(claim_thing_read(path, file)); /* a power cut came before the certificate */
    FILE *out = fopen(file, "w");
    ck_assert_int_eq(PEM_write_X509(out, certificate), 1);
    fclose(out);
    char *thing = claim_thing_read(path, file);
    ck_assert_pstr_eq(thing, "door-7");
    free(thing);
    out = fopen(file, "w");
    ck_assert_int_eq(PEM_write_X509(out, other), 1);
    fclose(out);
    ck_assert_ptr_null(claim_thing_read(path, file));
    ck_assert(claim_thing_store(path, "a/b", other)); /* somebody wrote into it */
    ck_assert_ptr_null(claim_thing_read(path, file));
    unlink(path);
    unlink(file);
    rmdir(folder);
    X509_free(certificate);
    X509_free(other);
    free(path);
    free(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("claim answer");
    TCase *test_case = tcase_create("claim answer");

    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_test(test_case, a_certificate_for_this_key_is_taken_with_its_token);
    tcase_add_test(test_case, another_certificate_is_not);
    tcase_add_loop_test(test_case, what_is_no_answer_is_said_to_be_none, 0,
                        (int) (sizeof bad_answers / sizeof *bad_answers));
    tcase_add_test(test_case, an_answer_that_is_too_long_is_not_looked_at);
    tcase_add_loop_test(test_case, the_name_of_the_thing_has_to_be_one, 0,
                        (int) (sizeof thing_answers / sizeof *thing_answers));
    tcase_add_loop_test(test_case, a_rejection_is_told_in_one_harmless_line, 0,
                        (int) (sizeof rejections / sizeof *rejections));
    tcase_add_test(test_case, a_long_rejection_is_cut);
    tcase_add_test(test_case, a_thing_s_name_is_kept_for_its_certificate_only);
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
