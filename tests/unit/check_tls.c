/* SPDX-License-Identifier: MIT */
/* TLS contexts against certificates that are made here, and handshakes through memory: no network. */
#include "base/memory.h"
#include "cloud/cloud.h"
#include "cloud/tls.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S (24L * 60 * 60)

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static char folder[] = "/tmp/springpark-tls-XXXXXX";
static struct identity ca, other_ca, strange_ca, server, device;
static struct errors *errors;

static char *in_folder(const char *name)
{
    return text_format("%s/%s", folder, name);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* names: a subjectAltName, NULL for none, "CA" for a CA. issuer NULL: self-signed. Valid from and to days from now. */
static struct identity make(const char *common_name, const char *names, const struct identity *issuer, long from_days,
                            long to_days)
{
    static long serial = 1;
    struct identity made = { .key = EVP_EC_gen("P-256"), .certificate = X509_new() };
    X509 *certificate = made.certificate;
    X509_NAME *name = X509_get_subject_name(certificate);

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * DAY_S);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *) common_name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer != NULL ? X509_get_subject_name(issuer->certificate) : name);
    X509_set_pubkey(certificate, made.key);
    if (names != NULL && strcmp(names, "CA") == 0)
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    else if (names != NULL)
        add_extension(certificate, NID_subject_alt_name, names);
    ck_assert_int_gt(X509_sign(certificate, issuer != NULL ? issuer->key : made.key, EVP_sha256()), 0);
    return made;
}

static void discard(const struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

static void write_certificate(const char *name, X509 *first, X509 *second)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    PEM_write_X509(file, first);
    if (second != NULL)
        PEM_write_X509(file, second);
    (void) fclose(file);
    free(path);
}

static void write_key(const char *name, EVP_PKEY *key, const char *password, mode_t mode)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    PEM_write_PrivateKey(file, key, password != NULL ? EVP_aes_128_cbc() : NULL,
                         (const unsigned char *) password, password != NULL ? (int) strlen(password) : 0, NULL, NULL);
    (void) fclose(file);
    (void) chmod(path, mode);
    free(path);
}

static void write_text(const char *name, const char *text)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    (void) fputs(text, file);
    (void) fclose(file);
    free(path);
}

static void make_files(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ca = make("Test CA", "CA", NULL, -1, 10);
    other_ca = make("Test CA", "CA", NULL, -1, 10);
    strange_ca = make("Strange CA", "CA", NULL, -1, 10);
    server = make("broker.example", "DNS:broker.example,IP:192.0.2.7", &ca, -1, 10);
    device = make("door-7", NULL, &ca, -1, 10);
    write_certificate("ca.pem", ca.certificate, NULL);
    write_certificate("strange-ca.pem", strange_ca.certificate, NULL);
    write_certificate("other-ca.pem", other_ca.certificate, NULL);
    write_certificate("device.pem", device.certificate, NULL);
    write_certificate("both.pem", device.certificate, ca.certificate);
    write_key("device.key", device.key, NULL, 0640);
    write_key("open.key", device.key, NULL, 0644);
    write_key("other.key", server.key, NULL, 0600);
    write_key("locked.key", device.key, "sesame", 0600);
    write_text("nothing.pem", "hello\n");
    write_text("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
}

static void remove_files(void)
{
    char *command = text_format("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
    free(command);
    discard(&ca);
    discard(&other_ca);
    discard(&strange_ca);
    discard(&server);
    discard(&device);
}

static void create_errors(void)
{
    errors = errors_create();
}

static void free_errors(void)
{
    errors_free(errors);
}

/* File names inside the folder; NULL or "" stay. */
static struct tls_context *create(const char *host, const char *ca_file, const char *certificate, const char *key,
                                  const char *chain)
{
    char *ca_path = in_folder(ca_file);
    char *certificate_path = in_folder(certificate);
    char *key_path = in_folder(key);
    char *chain_path = chain != NULL ? in_folder(chain) : text_copy("");
    const struct cloud_tls_settings settings = {
        .enabled = true, .sni = true, .verify_name = true, .trust = CLOUD_TRUST_PKI, .ca = ca_path, .client_auth = true,
        .certificate = certificate_path, .key = key_path, .chain = chain_path,
    };

    struct tls_context *context = tls_context_create(&settings, host, errors, NULL);
    free(ca_path);
    free(certificate_path);
    free(key_path);
    free(chain_path);
    return context;
}

static void expect_error(const char *ca_file, const char *certificate, const char *key, const char *file,
                         const char *words)
{
    errors_free(errors);
    errors = errors_create();
    ck_assert_ptr_null(create("broker.example", ca_file, certificate, key, NULL));
    ck_assert_uint_eq(errors_count(errors), 1);
    const char *text = errors_get(errors, 0);
    char *path = in_folder(file);
    ck_assert_msg(strncmp(text, path, strlen(path)) == 0, "\"%s\" does not begin with %s", text, path);
    ck_assert_msg(strstr(text, words) != NULL, "\"%s\" does not say \"%s\"", text, words);
    free(path);
}

START_TEST(right_files_make_a_context)
{
    struct tls_context *context = create("broker.example", "ca.pem", "device.pem", "device.key", "ca.pem");

    ck_assert_ptr_nonnull(context);
    ck_assert_uint_eq(errors_count(errors), 0);
    ck_assert_int_eq((int) SSL_CTX_get_min_proto_version(tls_context_ssl(context)), TLS1_2_VERSION);
    ck_assert_ptr_null(tls_context_failure(context));
    tls_context_free(context);
}
END_TEST

START_TEST(each_certificate_of_the_chain_goes_out_once)
{
    static const char *const pairs[][2] = { { "device.pem", "both.pem" }, { "both.pem", "both.pem" },
                                            { "both.pem", "ca.pem" }, { "device.pem", "ca.pem" } };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct tls_context *context = create("broker.example", "ca.pem", pairs[i][0], "device.key", pairs[i][1]);
        STACK_OF(X509) *chain = NULL;

        ck_assert_ptr_nonnull(context);
        SSL_CTX_get0_chain_certs((SSL_CTX *) tls_context_ssl(context), &chain);
        ck_assert_int_eq(sk_X509_num(chain), 1);
        ck_assert_int_eq(X509_cmp(sk_X509_value(chain, 0), ca.certificate), 0);
        tls_context_free(context);
    }
}
END_TEST

START_TEST(each_wrong_file_is_named_with_what_is_wrong)
{
    expect_error("none.pem", "device.pem", "device.key", "none.pem", "cannot be read: No such file");
    expect_error("nothing.pem", "device.pem", "device.key", "nothing.pem", "BEGIN CERTIFICATE");
    expect_error("damaged.pem", "device.pem", "device.key", "damaged.pem", "damaged");
    expect_error("ca.pem", "none.pem", "device.key", "none.pem", "device's certificate cannot be read");
    expect_error("ca.pem", "device.pem", "none.key", "none.key", "private key cannot be read");
    expect_error("ca.pem", "device.pem", "other.key", "other.key", "does not belong to the certificate");
    expect_error("ca.pem", "device.pem", "open.key", "open.key", "chmod 0640");
    expect_error("ca.pem", "device.pem", "locked.key", "locked.key", "has a password");
    expect_error("ca.pem", "device.pem", "nothing.pem", "nothing.pem", "open to others");
    expect_error("ca.pem", "device.pem", "device.key/", "device.key/", "cannot be read");
}
END_TEST

START_TEST(all_problems_are_told_at_once)
{
    ck_assert_ptr_null(create("broker.example", "none.pem", "none.pem", "open.key", "nothing.pem"));
    ck_assert_uint_eq(errors_count(errors), 4);
}
END_TEST

START_TEST(a_device_certificate_out_of_its_time_is_named)
{
    struct identity old = make("door-7", NULL, &ca, -10, -1);
    struct identity early = make("door-7", NULL, &ca, 1, 10);

    write_certificate("old.pem", old.certificate, NULL);
    write_key("old.key", old.key, NULL, 0600);
    write_certificate("early.pem", early.certificate, NULL);
    write_key("early.key", early.key, NULL, 0600);
    expect_error("ca.pem", "old.pem", "old.key", "old.pem", "has expired");
    expect_error("ca.pem", "early.pem", "early.key", "early.pem", "not yet valid");
    discard(&old);
    discard(&early);
}
END_TEST

START_TEST(empty_slots_are_named)
{
    const struct cloud_tls_settings settings = {
        .enabled = true, .verify_name = true, .trust = CLOUD_TRUST_PKI, .ca = "", .client_auth = true,
        .certificate = "", .key = "", .chain = "",
    };

    ck_assert_ptr_null(tls_context_create(&settings, "broker.example", errors, NULL));
    ck_assert_uint_eq(errors_count(errors), 3);
}
END_TEST

START_TEST(settings_are_checked_as_the_thread_will)
{
    struct cloud_settings settings = { .host = "broker.example", .keep_alive_s = 3,
                                       .tls = { .enabled = true, .trust = CLOUD_TRUST_PKI, .ca = "/nowhere" } };

    cloud_check_settings(&settings, errors, errors);
    ck_assert_uint_eq(errors_count(errors), 2);
    settings.host = "";
    cloud_check_settings(&settings, errors, errors);
    ck_assert_uint_eq(errors_count(errors), 2);
}
END_TEST

START_TEST(the_cn_of_the_first_certificate_is_read)
{
    char *path = in_folder("both.pem");
    char *cn = cloud_certificate_cn(path);

    ck_assert_str_eq(cn, "door-7");
    free(cn);
    free(path);
    path = in_folder("nothing.pem");
    ck_assert_ptr_null(cloud_certificate_cn(path));
    free(path);
    ck_assert_ptr_null(cloud_certificate_cn("/nowhere.pem"));
}
END_TEST

/* --- handshakes ------------------------------------------------------------------------------------------------- */

struct meeting {
    bool done;              /* both sides have finished */
    char *failure;          /* what the client's context says, or NULL */
    char *sni;              /* what the server saw, or NULL */
    char *alpn;             /* what the server was offered first, or NULL */
    int client_chain;       /* how many certificates the client sent */
};

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
                   unsigned in_size, void *context)
{
    struct meeting *meeting = context;

    (void) ssl;
    (void) in_size;
    meeting->alpn = text_format("%.*s", (int) in[0], (const char *) in + 1);
    *out = in + 1;
    *out_size = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *server_context(const struct identity *identity, int version, struct meeting *meeting)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    SSL_CTX_use_certificate(context, identity->certificate);
    SSL_CTX_use_PrivateKey(context, identity->key);
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.certificate);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, meeting);
    return context;
}

/* Lets a client of context meet a server; the name that libmosquitto would set is an address in digits. */
static struct meeting meet(struct tls_context *context, const struct identity *identity, int version)
{
    struct meeting meeting = { .done = false };
    SSL_CTX *other = server_context(identity, version, &meeting);
    SSL *client = SSL_new(tls_context_ssl(context));
    SSL *peer = SSL_new(other);
    BIO *near = NULL;
    BIO *far = NULL;
    char digits[] = "198.51.100.1";

    ck_assert_int_eq(BIO_new_bio_pair(&near, 0, &far, 0), 1);
    SSL_set_bio(client, near, near);
    SSL_set_bio(peer, far, far);
    SSL_set_tlsext_host_name(client, digits);
    SSL_set_connect_state(client);
    SSL_set_accept_state(peer);
    char byte;
    for (int round = 0; round < 10; round++) {
        (void) SSL_read(client, &byte, 1);
        (void) SSL_read(peer, &byte, 1);
    }
    meeting.done = SSL_is_init_finished(client) && SSL_is_init_finished(peer);
    meeting.failure = text_copy(tls_context_failure(context));
    meeting.sni = text_copy(SSL_get_servername(peer, TLSEXT_NAMETYPE_host_name));
    const STACK_OF(X509) *chain = SSL_get_peer_cert_chain(peer);
    meeting.client_chain = chain != NULL ? sk_X509_num(chain) + 1 : 0;
    SSL_free(client);
    SSL_free(peer);
    SSL_CTX_free(other);
    return meeting;
}

static void forget(struct meeting *meeting)
{
    free(meeting->failure);
    free(meeting->sni);
    free(meeting->alpn);
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

START_TEST(a_right_server_is_accepted_and_gets_sni_alpn_and_chain)
{
    struct tls_context *context = create("broker.example", "ca.pem", "device.pem", "device.key", "ca.pem");

    tls_context_offer_alpn(context, "x-amzn-mqtt-ca");
    struct meeting meeting = meet(context, &server, versions[_i]);
    ck_assert_ptr_null(meeting.failure);
    ck_assert(meeting.done);
    ck_assert(tls_was_established(tls_context_ssl(context)));
    ck_assert_str_eq(meeting.sni, "broker.example");
    ck_assert_str_eq(meeting.alpn, "x-amzn-mqtt-ca");
    ck_assert_int_ge(meeting.client_chain, 2);
    forget(&meeting);
    tls_context_free(context);
}
END_TEST

START_TEST(a_context_serves_one_connection_after_the_other)
{
    struct identity elsewhere = make("elsewhere", "DNS:wrong.example", &ca, -1, 10);
    struct tls_context *context = create("broker.example", "ca.pem", "device.pem", "device.key", NULL);

    for (int round = 0; round < 2; round++) {
        struct meeting wrong = meet(context, &elsewhere, versions[_i]);
        ck_assert_ptr_nonnull(wrong.failure);
        ck_assert(!tls_was_established(tls_context_ssl(context)));
        forget(&wrong);
        struct meeting right = meet(context, &server, versions[_i]);
        ck_assert_ptr_null(right.failure);
        ck_assert_str_eq(right.sni, "broker.example");
        ck_assert(tls_was_established(tls_context_ssl(context)));
        forget(&right);
    }
    tls_context_free(context);
    discard(&elsewhere);
}
END_TEST

START_TEST(an_address_is_verified_and_sends_no_sni)
{
    struct tls_context *context = create("192.0.2.7", "ca.pem", "device.pem", "device.key", NULL);
    struct meeting meeting = meet(context, &server, versions[_i]);

    ck_assert(meeting.done);
    ck_assert_ptr_null(meeting.sni);
    ck_assert_ptr_null(meeting.alpn);
    forget(&meeting);
    tls_context_free(context);

    context = create("192.0.2.8", "ca.pem", "device.pem", "device.key", NULL);
    meeting = meet(context, &server, versions[_i]);
    ck_assert(!meeting.done);
    ck_assert_ptr_nonnull(strstr(meeting.failure, "made out to another host (broker.example, 192.0.2.7)"));
    forget(&meeting);
    tls_context_free(context);
}
END_TEST

static void expect_refusal(const char *ca_file, const struct identity *identity, const char *words)
{
    for (size_t i = 0; i < 2; i++) {
        struct tls_context *context = create("broker.example", ca_file, "device.pem", "device.key", NULL);
        struct meeting meeting = meet(context, identity, versions[i]);
        ck_assert(!meeting.done);
        ck_assert(!tls_was_established(tls_context_ssl(context)));
        ck_assert_ptr_nonnull(meeting.failure);
        ck_assert_msg(strstr(meeting.failure, words) != NULL, "\"%s\" does not say \"%s\"", meeting.failure, words);
        forget(&meeting);
        tls_context_free(context);
    }
}

START_TEST(each_wrong_server_is_refused_in_its_own_words)
{
    struct identity elsewhere = make("elsewhere", "DNS:wrong.example", &ca, -1, 10);
    struct identity old = make("broker.example", "DNS:broker.example", &ca, -10, -1);
    struct identity early = make("broker.example", "DNS:broker.example", &ca, 1, 10);
    struct identity self = make("broker.example", "DNS:broker.example", NULL, -1, 10);

    expect_refusal("strange-ca.pem", &server, "signed by \"CN=Test CA\", which is not among the trusted CAs");
    expect_refusal("other-ca.pem", &server, "a CA of the same name (\"CN=Test CA\") but with another key");
    expect_refusal("ca.pem", &elsewhere, "made out to another host (wrong.example), not to \"broker.example\"");
    expect_refusal("ca.pem", &old, "has expired (on ");
    expect_refusal("ca.pem", &early, "is not yet valid (from ");
    expect_refusal("ca.pem", &self, "is self-signed");
    discard(&elsewhere);
    discard(&old);
    discard(&early);
    discard(&self);
}
END_TEST

START_TEST(a_refused_device_certificate_is_told_from_the_alert)
{
    struct identity stranger = make("door-7", NULL, &strange_ca, -1, 10);

    write_certificate("stranger.pem", stranger.certificate, NULL);
    write_key("stranger.key", stranger.key, NULL, 0600);
    struct tls_context *context = create("broker.example", "ca.pem", "stranger.pem", "stranger.key", NULL);
    struct meeting meeting = meet(context, &server, versions[_i]);
    ck_assert_ptr_nonnull(meeting.failure);
    ck_assert_ptr_nonnull(strstr(meeting.failure, "the broker refused the device's certificate (TLS alert \"unknown CA\")"));
    forget(&meeting);
    tls_context_free(context);
    discard(&stranger);
}
END_TEST

START_TEST(a_folder_is_searched_for_certificates)
{
    const struct cloud_tls_settings settings = { .enabled = true, .verify_name = true, .trust = CLOUD_TRUST_PKI,
                                                 .ca = folder };
    const struct cloud_tls_settings empty = { .enabled = true, .trust = CLOUD_TRUST_PKI, .ca = "/proc/self/task" };
    struct tls_context *context = tls_context_create(&settings, "broker.example", errors, NULL);

    ck_assert_ptr_nonnull(context);
    tls_context_free(context);
    ck_assert_ptr_null(tls_context_create(&empty, "broker.example", errors, NULL));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "no certificate in PEM form is in that folder"));
}
END_TEST

START_TEST(amazons_roots_come_from_ca_certificates_or_the_package_is_named)
{
    const struct cloud_tls_settings settings = { .enabled = true, .trust = CLOUD_TRUST_PKI, .ca = "amazon" };
    struct tls_context *context = tls_context_create(&settings, "x-ats.iot.eu-west-1.amazonaws.com", errors, NULL);

    if (access("/usr/share/ca-certificates/mozilla/Amazon_Root_CA_1.crt", R_OK) != 0) {
        ck_assert_ptr_null(context);
        ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "apt-get install ca-certificates"));
        return;
    }
    ck_assert_ptr_nonnull(context);
    ck_assert_int_eq(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(tls_context_ssl(context)))), 4);
    tls_context_free(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls");
    TCase *files = tcase_create("files");

    tcase_add_unchecked_fixture(files, make_files, remove_files);
    tcase_add_checked_fixture(files, create_errors, free_errors);
    tcase_add_test(files, right_files_make_a_context);
    tcase_add_test(files, each_certificate_of_the_chain_goes_out_once);
    tcase_add_test(files, each_wrong_file_is_named_with_what_is_wrong);
    tcase_add_test(files, all_problems_are_told_at_once);
    tcase_add_test(files, a_device_certificate_out_of_its_time_is_named);
    tcase_add_test(files, empty_slots_are_named);
    tcase_add_test(files, settings_are_checked_as_the_thread_will);
    tcase_add_test(files, the_cn_of_the_first_certificate_is_read);
    tcase_add_test(files, a_folder_is_searched_for_certificates);
    tcase_add_test(files, amazons_roots_come_from_ca_certificates_or_the_package_is_named);
    tcase_add_loop_test(files, a_right_server_is_accepted_and_gets_sni_alpn_and_chain, 0, 2);
    tcase_add_loop_test(files, a_context_serves_one_connection_after_the_other, 0, 2);
    tcase_add_loop_test(files, an_address_is_verified_and_sends_no_sni, 0, 2);
    tcase_add_test(files, each_wrong_server_is_refused_in_its_own_words);
    tcase_add_loop_test(files, a_refused_device_certificate_is_told_from_the_alert, 0, 2);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
