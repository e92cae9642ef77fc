/* SPDX-License-Identifier: MIT */
/* A key that a provider knows by a pkcs11 URI goes before the engine. The provider is one of the test's own, with one
 * key in memory: Debian 12 has no real one. Keys in a real token are tested in tests/system/test_token_key.py. And a TPM's key. */
#include "cloud/issue.h"
#include "cloud/key.h"

#include <check.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the provider was asked for, and what it has: provider(7) hands its functions no more than this. */
static char asked[256];
static unsigned char *key_der;
static size_t key_der_size;
static bool given;

static void *store_open(void *provider, const char *uri)
{
    (void) strncpy(asked, uri, sizeof asked - 1);
    given = strstr(uri, "object=device") == NULL;
    return provider;
}

static int store_load(void *store, OSSL_CALLBACK *take, void *take_arg, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
    int type = OSSL_OBJECT_PKEY;
    char algorithm[] = "EC", structure[] = "PrivateKeyInfo";
    const OSSL_PARAM object[] = {
        OSSL_PARAM_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, algorithm, sizeof algorithm - 1),
        OSSL_PARAM_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, sizeof structure - 1),
        OSSL_PARAM_octet_string(OSSL_OBJECT_PARAM_DATA, key_der, key_der_size),
        OSSL_PARAM_END,
    };

    (void) store;
    (void) ask;
    (void) ask_arg;
    given = true;
    return take(object, take_arg);
}

static int store_eof(void *store)
{
    (void) store;
    return given;
}

static int store_close(void *store)
{
    (void) store;
    return 1;
}

static const OSSL_DISPATCH store_functions[] = {
    { OSSL_FUNC_STORE_OPEN, (void (*)(void)) store_open },
    { OSSL_FUNC_STORE_LOAD, (void (*)(void)) store_load },
    { OSSL_FUNC_STORE_EOF, (void (*)(void)) store_eof },
    { OSSL_FUNC_STORE_CLOSE, (void (*)(void)) store_close },
    { 0, NULL },
};

static const OSSL_ALGORITHM stores[] = {
    { "pkcs11", "provider=test", store_functions, NULL },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void) provider;
    *no_cache = 0;
    return operation == OSSL_OP_STORE ? stores : NULL;
}

static const OSSL_DISPATCH provider_functions[] = {
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void)) query },
    { 0, NULL },
};

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                         void **context)
{
    (void) in;
    *out = provider_functions;
    *context = (void *) (uintptr_t) handle; /* anything that is not NULL */
    return 1;
}

START_TEST(a_provider_that_knows_the_uri_is_asked_first)
{
    struct errors *errors = errors_create();
    EVP_PKEY *made = issue_key(ISSUE_KEY_EC, errors);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(made);
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &key_der);
    static const char uri[] = "pkcs11:token=box;object=device?pin-value=1234";

    ck_assert_int_gt(size, 0);
    key_der_size = (size_t) size;
    ck_assert_int_eq(OSSL_PROVIDER_add_builtin(NULL, "test", provider_init), 1);
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default"), *provider = OSSL_PROVIDER_load(NULL, "test");
    ck_assert_ptr_nonnull(standard);
    ck_assert_ptr_nonnull(provider);

    EVP_PKEY *key = key_load(uri, "the key", errors);
    ck_assert_msg(key != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "no complaint");
    ck_assert_str_eq(asked, uri); /* with its PIN: the provider reads it */
    ck_assert_int_eq(EVP_PKEY_eq(key, made), 1);
    ck_assert_ptr_null(key_load("pkcs11:token=box;object=none?pin-value=1234", "the key", errors));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "pkcs11:token=box;object=none: the key cannot be had"));
    ck_assert_ptr_null(strstr(errors_get(errors, 0), "1234"));

    EVP_PKEY_free(key);
    EVP_PKEY_free(made);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(key_der);
    OSSL_PROVIDER_unload(provider);
    OSSL_PROVIDER_unload(standard);
    errors_free(errors);
}
END_TEST

/* What a TPM makes is recognised, and without OpenSSL's provider for it the complaint says what to install. With the
 * provider and a TPM: tests/system/test_tpm_key.py. */
START_TEST(a_tpms_key_is_recognised)
{
    static const char text[] = "made by this box\n-----BEGIN TSS2 PRIVATE KEY-----\nMAA=\n-----END TSS2 PRIVATE KEY-----\n";
    char path[] = "/tmp/springpark-tpm-key.XXXXXX";
    int fd = mkstemp(path);
    struct errors *errors = errors_create();

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, sizeof text - 1), (ssize_t) sizeof text - 1);
    close(fd);
    ck_assert_int_eq(setenv("OPENSSL_MODULES", "/nowhere", 1), 0);
    ck_assert_ptr_null(key_load(path, "the key", errors));
    ck_assert_int_eq(unsetenv("OPENSSL_MODULES"), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_int_eq(strncmp(errors_get(errors, 0), path, strlen(path)), 0);
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), ": the key is a TPM's (TSS2 PRIVATE KEY)"));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "next: apt-get install tpm2-openssl"));
    errors_free(errors);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token key");
    TCase *tests = tcase_create("token key");

    tcase_add_test(tests, a_provider_that_knows_the_uri_is_asked_first);
    tcase_add_test(tests, a_tpms_key_is_recognised);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
