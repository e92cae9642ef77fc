/* SPDX-License-Identifier: MIT */
#include "cloud/issue.h"

#include "base/memory.h"
#include "cloud/key.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

enum {
    DAY_S = 24 * 60 * 60,
    EARLIER_S = 60 * 60,    /* a box whose clock is a little behind takes a new certificate, too */
    RSA_BITS = 3072,
    SERIAL_BYTES = 16,
};

static void complain(const char *what, struct errors *errors)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    errors_add(errors, "%s cannot be made: %s", what, reason != NULL ? reason : "OpenSSL gives no reason");
    ERR_clear_error();
}

EVP_PKEY *issue_key(enum issue_key_type type, struct errors *errors)
{
    EVP_PKEY *key = type == ISSUE_KEY_EC ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS);

    if (key == NULL)
        complain("a private key", errors);
    return key;
}

static bool set_name(X509_NAME *name, const char *common_name)
{
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const unsigned char *) common_name, -1, -1,
                                      0) == 1;
}

/* Positive, not zero, and all of its 128 bits used: RFC 5280 section 4.1.2.2 allows 20 bytes. */
static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number = NULL;

    if (RAND_bytes(bytes, sizeof bytes) == 1)
        number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set = number != NULL && !BN_is_zero(number) &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

static bool set_times(X509 *certificate, const struct issue_order *order, const struct clock *clock)
{
    time_t now;

    (void) clock_wall_time(clock, &now);
    time_t until = now + (time_t) order->days * DAY_S;
    const ASN1_TIME *end = order->ca != NULL ? X509_get0_notAfter(order->ca) : NULL;
    if (ASN1_TIME_set(X509_getm_notBefore(certificate), now - EARLIER_S) == NULL)
        return false;
    if (end != NULL && ASN1_TIME_cmp_time_t(end, until) < 0)
        return X509_set1_notAfter(certificate, end) == 1;
    return ASN1_TIME_set(X509_getm_notAfter(certificate), until) != NULL;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

/* RFC 5280 sections 4.2.1.1 to 4.2.1.12. A verification certificate is no client's. */
static bool add_extensions(X509 *certificate, const struct issue_order *order)
{
    bool ca = order->purpose == ISSUE_CA;
    X509 *issuer = order->ca != NULL ? order->ca : certificate;

    if (!add_extension(certificate, issuer, NID_basic_constraints,
                       ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") ||
        !add_extension(certificate, issuer, NID_key_usage,
                       ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"))
        return false;
    if (order->purpose == ISSUE_CLIENT && !add_extension(certificate, issuer, NID_ext_key_usage, "clientAuth"))
        return false;
    return add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
        add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

static bool fill(X509 *certificate, const struct issue_order *order, const struct clock *clock)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);

    if (X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial(certificate) ||
        !set_name(X509_get_subject_name(certificate), order->common_name) || !set_times(certificate, order, clock))
        return false;
    if (X509_set_issuer_name(certificate, order->ca != NULL ? X509_get_subject_name(order->ca) : subject) != 1)
        return false;
    if (X509_set_pubkey(certificate, order->key) != 1 || !add_extensions(certificate, order))
        return false;
    EVP_MD_CTX *signing = key_begin_signing(order->ca != NULL ? order->ca_key : order->key);
    bool is_signed = signing != NULL && X509_sign_ctx(certificate, signing) > 0;
    EVP_MD_CTX_free(signing);
    return is_signed;
}

X509 *issue_certificate(const struct issue_order *order, const struct clock *clock, struct errors *errors)
{
    X509 *certificate = X509_new();

    if (certificate != NULL && fill(certificate, order, clock))
        return certificate;
    complain("the certificate", errors);
    X509_free(certificate);
    return NULL;
}

X509_REQ *issue_request(EVP_PKEY *key, const char *common_name, struct errors *errors)
{
    X509_REQ *request = X509_REQ_new();
    EVP_MD_CTX *signing = key_begin_signing(key);
    bool made = signing != NULL && request != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
        set_name(X509_REQ_get_subject_name(request), common_name) && X509_REQ_set_pubkey(request, key) == 1 &&
        X509_REQ_sign_ctx(request, signing) > 0;
    EVP_MD_CTX_free(signing);
    if (made)
        return request;
    complain("the certificate request", errors);
    X509_REQ_free(request);
    return NULL;
}
