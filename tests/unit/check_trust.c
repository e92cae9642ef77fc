/* SPDX-License-Identifier: MIT */
/* Each kind of trust (register 0288) against each kind of broker, in handshakes through memory: no network. */
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

#define DAY_S (24L * 60 * 60)
#define HOST "broker.example"
#define NAMES "DNS:broker.example,IP:192.0.2.7"

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static char folder[] = "/tmp/springpark-trust-XXXXXX";
static struct identity root, root_again, strange, intermediate;
static struct identity good, expired, early, wrong_name, other_ca, same_name_ca, self_signed, swapped, renewed,
    renewed_expired, behind;
static struct errors *errors, *notes;

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

/* Of key, which becomes its own. names: a subjectAltName, NULL for a CA. issuer NULL: self-signed. Valid from and to
 * days from now. */
static struct identity make_of(EVP_PKEY *key, const char *common_name, const char *names, const struct identity *issuer,
                               long from_days, long to_days)
{
    static long serial = 1;
    struct identity made = { .key = key, .certificate = X509_new() };
    X509 *certificate = made.certificate;
    X509_NAME *name = X509_get_subject_name(certificate);

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * DAY_S);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *) common_name, -1, -1, 0);
    X509_set_issuer_name(certificate, issuer != NULL ? X509_get_subject_name(issuer->certificate) : name);
    X509_set_pubkey(certificate, key);
    if (names == NULL)
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    else
        add_extension(certificate, NID_subject_alt_name, names);
    ck_assert_int_gt(X509_sign(certificate, issuer != NULL ? issuer->key : key, EVP_sha256()), 0);
    return made;
}

static struct identity make(const char *common_name, const char *names, const struct identity *issuer, long from_days,
                            long to_days)
{
    return make_of(EVP_EC_gen("P-256"), common_name, names, issuer, from_days, to_days);
}

static char *in_folder(const char *name)
{
    return text_format("%s/%s", folder, name);
}

/* NAME with one certificate or two. */
static void write_pem(const char *name, const struct identity *first, const struct identity *second)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");

    PEM_write_X509(file, first->certificate);
    if (second != NULL)
        PEM_write_X509(file, second->certificate);
    (void) fclose(file);
    free(path);
}

static struct identity *const everybody[] = {
    &root, &root_again, &strange, &intermediate, &good, &expired, &early, &wrong_name, &other_ca, &same_name_ca,
    &self_signed, &swapped, &renewed, &renewed_expired, &behind,
};

static void make_everybody(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    root = make("Test root", NULL, NULL, -30, 30);
    root_again = make("Test root", NULL, NULL, -30, 30);
    strange = make("Strange root", NULL, NULL, -30, 30);
    intermediate = make("Test intermediate", NULL, &root, -30, 30);
    good = make(HOST, NAMES, &root, -10, 10);
    expired = make(HOST, NAMES, &root, -10, -1);
    early = make(HOST, NAMES, &root, 1, 10);
    wrong_name = make("elsewhere", "DNS:wrong.example,IP:192.0.2.8", &root, -10, 10);
    other_ca = make(HOST, NAMES, &strange, -10, 10);
    same_name_ca = make(HOST, NAMES, &root_again, -10, 10);
    self_signed = make(HOST, NAMES, NULL, -10, 10);
    swapped = make(HOST, NAMES, &root, -10, 10);
    EVP_PKEY_up_ref(good.key);
    renewed = make_of(good.key, HOST, NAMES, &root, -1, 20);
    EVP_PKEY_up_ref(good.key);
    renewed_expired = make_of(good.key, HOST, NAMES, &root, -10, -1);
    behind = make(HOST, NAMES, &intermediate, -10, 10);
    write_pem("root.pem", &root, NULL);
}

static void remove_everybody(void)
{
    char *command = text_format("rm -rf %s", folder);

    ck_assert_int_eq(system(command), 0);
    free(command);
    for (size_t i = 0; i < sizeof everybody / sizeof everybody[0]; i++) {
        EVP_PKEY_free(everybody[i]->key);
        X509_free(everybody[i]->certificate);
    }
}

static void create_errors(void)
{
    errors = errors_create();
    notes = errors_create();
}

static void free_errors(void)
{
    errors_free(errors);
    errors_free(notes);
}

/* A client's context; slot: a file of the folder. */
static struct tls_context *client(enum cloud_trust trust, bool exact, bool verify_name, const char *host,
                                  const char *slot)
{
    char *path = slot != NULL ? in_folder(slot) : text_copy("");
    const struct cloud_tls_settings settings = { .enabled = true, .sni = true, .trust = trust, .exact = exact,
                                                 .verify_name = verify_name, .ca = path };
    struct tls_context *context = tls_context_create(&settings, host, errors, notes);

    free(path);
    return context;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* Lets the client meet a broker that shows shown, and sends the other along unless it is NULL. Whether the two came to
 * an end of the handshake, and the client to no complaint. */
static bool meet(struct tls_context *context, const struct identity *shown, const struct identity *along, int version)
{
    SSL_CTX *broker = SSL_CTX_new(TLS_server_method());
    BIO *near = NULL;
    BIO *far = NULL;
    char byte;

    SSL_CTX_use_certificate(broker, shown->certificate);
    SSL_CTX_use_PrivateKey(broker, shown->key);
    if (along != NULL)
        SSL_CTX_add1_chain_cert(broker, along->certificate);
    SSL_CTX_set_min_proto_version(broker, version);
    SSL_CTX_set_max_proto_version(broker, version);
    SSL *ours = SSL_new(tls_context_ssl(context));
    SSL *theirs = SSL_new(broker);
    ck_assert_int_eq(BIO_new_bio_pair(&near, 0, &far, 0), 1);
    SSL_set_bio(ours, near, near);
    SSL_set_bio(theirs, far, far);
    SSL_set_connect_state(ours);
    SSL_set_accept_state(theirs);
    for (int round = 0; round < 10; round++) {
        (void) SSL_read(ours, &byte, 1);
        (void) SSL_read(theirs, &byte, 1);
    }
    bool done = SSL_is_init_finished(ours) && SSL_is_init_finished(theirs);
    SSL_free(ours);
    SSL_free(theirs);
    SSL_CTX_free(broker);
    ck_assert(done == tls_was_established(tls_context_ssl(context)));
    return done;
}

/* words: what the refusal says, NULL when there is to be none. */
static void expect(struct tls_context *context, const struct identity *shown, const struct identity *along,
                   const char *what, const char *words)
{
    ck_assert_msg(context != NULL, "%s: %s", what, errors_count(errors) > 0 ? errors_get(errors, 0) : "no context");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        bool done = meet(context, shown, along, versions[i]);
        const char *failure = tls_context_failure(context);

        ck_assert_msg(done == (words == NULL), "%s: %s: %s", what, done ? "accepted" : "refused",
                      failure != NULL ? failure : "without a word");
        ck_assert_msg((failure == NULL) == (words == NULL), "%s: \"%s\"", what, failure != NULL ? failure : "no word");
        ck_assert_msg(words == NULL || strstr(failure, words) != NULL, "%s: \"%s\" does not say \"%s\"", what,
                      failure != NULL ? failure : "", words != NULL ? words : "");
    }
    tls_context_free(context);
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

/* The columns. OWN: the slot holds just what the broker shows; GOOD: it holds the certificate "good". */
enum { ANY, EXACT_OWN, EXACT_GOOD, KEY_OWN, KEY_GOOD, CA, PKI, COLUMNS };

static const struct {
    const char *name;
    enum cloud_trust trust;
    bool exact;
    const char *slot;
} columns[COLUMNS] = {
    [ANY] = { "any", CLOUD_TRUST_ANY, false, NULL },
    [EXACT_OWN] = { "server, exact, itself in the slot", CLOUD_TRUST_SERVER, true, "own.pem" },
    [EXACT_GOOD] = { "server, exact, good in the slot", CLOUD_TRUST_SERVER, true, "good.pem" },
    [KEY_OWN] = { "server, key, itself in the slot", CLOUD_TRUST_SERVER, false, "own.pem" },
    [KEY_GOOD] = { "server, key, good in the slot", CLOUD_TRUST_SERVER, false, "good.pem" },
    [CA] = { "ca", CLOUD_TRUST_CA, false, "root.pem" },
    [PKI] = { "pki", CLOUD_TRUST_PKI, false, "root.pem" },
};

#define YES NULL
#define NOT_IT "the broker's certificate is not that of "
#define NOT_ITS_KEY "the broker's key is not that of "
#define RENEWED "another for the same key; put the new one there, or write mqtt.tls.exact = false"
#define EXPIRED "the broker's certificate has expired (on "
#define EARLY "the broker's certificate is not yet valid (from "
#define NAME "made out to another host (wrong.example, 192.0.2.8), not to \"broker.example\""
#define STRANGER "signed by \"CN=Strange root\", which is not among the trusted CAs"
#define ANOTHER_KEY "signed by a CA of the same name (\"CN=Test root\") but with another key"
#define SELF "is self-signed and not itself among the trusted ones"
#define MODE_3 "follows no chain; write mqtt.tls.trust = \"pki\" (mode 3)"
#define NO_LINK "signed by \"CN=Test intermediate\", which is not among the trusted CAs"

static const struct {
    const char *name;
    const struct identity *shown;
    const struct identity *along;
    const char *words[COLUMNS];
} rows[] = {
    /*                                               any  exact own  exact good  key own  key good      ca       pki */
    { "good", &good, NULL,                         { YES, YES, YES,     YES, YES,         YES,         YES } },
    { "expired", &expired, NULL,                   { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, EXPIRED,     EXPIRED } },
    { "not yet valid", &early, NULL,               { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, EARLY,       EARLY } },
    { "wrong name", &wrong_name, NULL,             { YES, NAME, NOT_IT, NAME, NOT_ITS_KEY, NAME,       NAME } },
    { "wrong CA", &other_ca, NULL,                 { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, STRANGER,    STRANGER } },
    { "CA of the same name", &same_name_ca, NULL,  { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, ANOTHER_KEY, ANOTHER_KEY } },
    { "self-signed", &self_signed, NULL,           { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, SELF,        SELF } },
    { "swapped, of the same CA", &swapped, NULL,   { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, YES,         YES } },
    { "renewed, the same key", &renewed, NULL,     { YES, YES, RENEWED, YES, YES,         YES,         YES } },
    { "the same key, expired", &renewed_expired, NULL,
                                                   { YES, YES, RENEWED, YES, YES,         EXPIRED,     EXPIRED } },
    { "intermediate sent along", &behind, &intermediate,
                                                   { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, MODE_3,      YES } },
    { "intermediate kept back", &behind, NULL,     { YES, YES, NOT_IT,  YES, NOT_ITS_KEY, NO_LINK,     NO_LINK } },
};

#define ROWS ((int) (sizeof rows / sizeof rows[0]))

START_TEST(each_trust_takes_just_those_brokers_that_it_is_to)
{
    write_pem("own.pem", rows[_i].shown, NULL);
    write_pem("good.pem", &good, NULL);
    for (int column = 0; column < COLUMNS; column++) {
        char *what = text_format("%s, trust %s", rows[_i].name, columns[column].name);

        expect(client(columns[column].trust, columns[column].exact, true, HOST, columns[column].slot), rows[_i].shown,
               rows[_i].along, what, rows[_i].words[column]);
        free(what);
    }
}
END_TEST

/* --- what the table does not have -------------------------------------------------------------------------------- */

START_TEST(the_name_counts_only_if_it_is_to_be_verified)
{
    write_pem("own.pem", &wrong_name, NULL);
    for (int column = 0; column < COLUMNS; column++) {
        bool good_in_slot = column == EXACT_GOOD || column == KEY_GOOD;

        if (!good_in_slot)
            expect(client(columns[column].trust, columns[column].exact, false, HOST, columns[column].slot), &wrong_name,
                   NULL, columns[column].name, YES);
    }
}
END_TEST

START_TEST(a_pinned_certificate_is_held_against_an_address_too)
{
    write_pem("good.pem", &good, NULL);
    expect(client(CLOUD_TRUST_SERVER, true, true, "192.0.2.7", "good.pem"), &good, NULL, "its address", YES);
    expect(client(CLOUD_TRUST_SERVER, true, true, "192.0.2.9", "good.pem"), &good, NULL, "another address",
           "made out to another host (broker.example, 192.0.2.7), not to \"192.0.2.9\"");
}
END_TEST

START_TEST(two_pinned_certificates_let_a_broker_change_over)
{
    write_pem("two.pem", &good, &swapped);
    for (int exact = 0; exact < 2; exact++) {
        expect(client(CLOUD_TRUST_SERVER, exact, true, HOST, "two.pem"), &good, NULL, "the old one", YES);
        expect(client(CLOUD_TRUST_SERVER, exact, true, HOST, "two.pem"), &swapped, NULL, "the new one", YES);
        expect(client(CLOUD_TRUST_SERVER, exact, true, HOST, "two.pem"), &self_signed, NULL, "neither", "is not that of");
    }
}
END_TEST

START_TEST(what_is_in_the_wrong_slot_is_named)
{
    static const char ca_pinned[] = "holds the certificate of the broker's CA, not the broker's own; put the broker's "
                                    "there, or write mqtt.tls.trust = \"pki\"";

    write_pem("good.pem", &good, NULL);
    expect(client(CLOUD_TRUST_SERVER, true, true, HOST, "root.pem"), &good, NULL, "CA pinned", ca_pinned);
    expect(client(CLOUD_TRUST_SERVER, false, true, HOST, "root.pem"), &good, NULL, "CA pinned", ca_pinned);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "good.pem"), &good, NULL, "broker's own as CA",
           "holds the broker's own certificate, not its CA's; put the CA's there, or write mqtt.tls.trust = \"server\"");
}
END_TEST

START_TEST(without_chaining_a_ca_need_not_be_a_root)
{
    write_pem("intermediate.pem", &intermediate, NULL);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "intermediate.pem"), &behind, NULL, "its own CA", YES);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "intermediate.pem"), &behind, &intermediate, "sent along", YES);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "intermediate.pem"), &good, NULL, "the root's leaf",
           "signed by \"CN=Test root\", which is not among the trusted CAs");
    write_pem("self.pem", &self_signed, NULL);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "self.pem"), &self_signed, NULL, "its own CA", YES);
}
END_TEST

START_TEST(the_mode_with_chaining_is_named_only_where_it_would_help)
{
    struct identity stray = make("Test intermediate", NULL, &strange, -10, 10);
    struct identity behind_stray = make(HOST, NAMES, &stray, -10, 10);
    struct identity old = make(HOST, NAMES, &intermediate, -10, -1);

    expect(client(CLOUD_TRUST_CA, false, true, HOST, "root.pem"), &behind_stray, &stray, "leads elsewhere", NO_LINK);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "root.pem"), &good, &intermediate, "not needed", YES);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "root.pem"), &expired, &intermediate, "not the point", EXPIRED);
    expect(client(CLOUD_TRUST_CA, false, true, HOST, "root.pem"), &old, &intermediate, "that first", MODE_3);
    const struct identity *const mine[] = { &stray, &behind_stray, &old };
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY_free(mine[i]->key);
        X509_free(mine[i]->certificate);
    }
}
END_TEST

START_TEST(the_time_of_a_pinned_certificate_is_a_note_and_only_where_it_is_compared)
{
    write_pem("expired.pem", &expired, NULL);
    write_pem("early.pem", &early, NULL);
    tls_context_free(client(CLOUD_TRUST_SERVER, false, true, HOST, "expired.pem"));
    ck_assert_uint_eq(errors_count(notes), 0);
    tls_context_free(client(CLOUD_TRUST_SERVER, true, true, HOST, "expired.pem"));
    tls_context_free(client(CLOUD_TRUST_SERVER, true, true, HOST, "early.pem"));
    ck_assert_uint_eq(errors_count(errors), 0);
    ck_assert_uint_eq(errors_count(notes), 2);
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 0), "expired.pem: the broker's certificate has expired on "));
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 1), "early.pem: the broker's certificate is not valid before "));
}
END_TEST

static void expect_error(enum cloud_trust trust, const char *source, const char *words)
{
    const struct cloud_tls_settings settings = { .enabled = true, .verify_name = true, .trust = trust, .ca = source };

    errors_free(errors);
    errors = errors_create();
    ck_assert_ptr_null(tls_context_create(&settings, HOST, errors, NULL));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_msg(strstr(errors_get(errors, 0), words) != NULL, "\"%s\" does not say \"%s\"", errors_get(errors, 0), words);
}

START_TEST(a_slot_that_cannot_do_is_an_error)
{
    expect_error(CLOUD_TRUST_SERVER, "amazon", "mqtt.tls.ca_slot: that slot holds Amazon's CAs");
    expect_error(CLOUD_TRUST_SERVER, folder, "mqtt.tls.ca_slot: that slot holds a folder");
    expect_error(CLOUD_TRUST_SERVER, "/nowhere.pem", "/nowhere.pem: the broker's certificate cannot be read");
    expect_error(CLOUD_TRUST_SERVER, "", "mqtt.tls.ca_slot: that slot names no certificate of the broker");
    expect_error(CLOUD_TRUST_CA, "", "mqtt.tls.ca_slot: that slot names no CA certificate");
    expect_error(CLOUD_TRUST_PKI, "", "mqtt.tls.ca_slot: that slot names no CA certificate");
}
END_TEST

START_TEST(a_context_serves_one_connection_after_the_other)
{
    write_pem("good.pem", &good, NULL);
    struct tls_context *context = client(CLOUD_TRUST_SERVER, true, true, HOST, "good.pem");

    for (int round = 0; round < 2; round++) {
        ck_assert(!meet(context, &swapped, NULL, TLS1_3_VERSION));
        ck_assert_ptr_nonnull(tls_context_failure(context));
        ck_assert(meet(context, &good, NULL, TLS1_3_VERSION));
        ck_assert_ptr_null(tls_context_failure(context));
    }
    tls_context_free(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trust");
    TCase *cases = tcase_create("trust");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, make_everybody, remove_everybody);
    tcase_add_checked_fixture(cases, create_errors, free_errors);
    tcase_add_loop_test(cases, each_trust_takes_just_those_brokers_that_it_is_to, 0, ROWS);
    tcase_add_test(cases, the_name_counts_only_if_it_is_to_be_verified);
    tcase_add_test(cases, a_pinned_certificate_is_held_against_an_address_too);
    tcase_add_test(cases, two_pinned_certificates_let_a_broker_change_over);
    tcase_add_test(cases, what_is_in_the_wrong_slot_is_named);
    tcase_add_test(cases, without_chaining_a_ca_need_not_be_a_root);
    tcase_add_test(cases, the_mode_with_chaining_is_named_only_where_it_would_help);
    tcase_add_test(cases, the_time_of_a_pinned_certificate_is_a_note_and_only_where_it_is_compared);
    tcase_add_test(cases, a_slot_that_cannot_do_is_an_error);
    tcase_add_test(cases, a_context_serves_one_connection_after_the_other);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
