/* SPDX-License-Identifier: MIT */
#include "cloud/tls.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cloud/certificate.h"
#include "cloud/dial.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct tls_context {
    SSL_CTX *ssl;
    char *host;
    char *ca;
    bool send_sni;
    bool established;  /* the last handshake came to its end */
    char *failure;
};

/* --- what goes wrong in a handshake ----------------------------------------------------------------------------- */

static void set_failure(struct tls_context *context, char *text)
{
    free(context->failure);
    context->failure = text;
}

/* The date alone: with the minute each attempt's text would be news to the log. */
static char *clock_text(void)
{
    struct tm parts;
    time_t now;

    (void) clock_wall_time(clock_system(), &now);
    gmtime_r(&now, &parts);
    return text_format("%04d-%02d-%02d UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static char *time_failure(const X509 *certificate, int depth, bool expired)
{
    const char *whose = depth == 0 ? "the broker's certificate" : "the certificate of the broker's CA";
    char *limit = certificate_time_text(expired ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate));
    char *now = clock_text();
    char *text = expired
        ? text_format("%s has expired (on %s); have it renewed, or check this machine's clock (%s)", whose, limit, now)
        : text_format("%s is not yet valid (from %s on); check this machine's clock (%s)", whose, limit, now);

    free(limit);
    free(now);
    return text;
}

/* A CA that was made anew under its old name is the usual trap: the name alone would not help. */
static char *issuer_failure(const struct tls_context *context, const X509 *certificate)
{
    STACK_OF(X509_OBJECT) *trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context->ssl));
    const X509_NAME *name = X509_get_issuer_name(certificate);
    bool same_name = X509_OBJECT_retrieve_by_subject(trusted, X509_LU_X509, name) != NULL;
    char *issuer = certificate_name_text(name);
    char *text = same_name
        ? text_format("the broker's certificate was signed by a CA of the same name (\"%s\") but with another key than "
                      "the one in %s; put the broker's CA certificate there", issuer, context->ca)
        : text_format("the broker's certificate was signed by \"%s\", which is not among the trusted CAs (%s); put the "
                      "right CA certificate there, or check that this is the right broker", issuer, context->ca);

    free(issuer);
    return text;
}

static char *host_failure(const struct tls_context *context, X509 *certificate)
{
    char *hosts = certificate_hosts_text(certificate);
    char *text = text_format("the broker's certificate is made out to another host (%s), not to \"%s\"; check "
                             "mqtt.broker, or have a certificate with that name made", hosts, context->host);

    free(hosts);
    return text;
}

static char *verify_failure(const struct tls_context *context, X509_STORE_CTX *store)
{
    int code = X509_STORE_CTX_get_error(store);
    X509 *certificate = X509_STORE_CTX_get_current_cert(store);

    if (certificate == NULL)
        return text_format("the broker's certificate is not accepted: %s", X509_verify_cert_error_string(code));
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return time_failure(certificate, X509_STORE_CTX_get_error_depth(store), true);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return time_failure(certificate, X509_STORE_CTX_get_error_depth(store), false);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return host_failure(context, certificate);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return text_format("the broker's certificate is self-signed and not itself among the trusted ones (%s); add it "
                           "there, or have one made by a CA that is", context->ca);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return issuer_failure(context, certificate);
    default:
        return text_format("the broker's certificate is not accepted: %s", X509_verify_cert_error_string(code));
    }
}

static int on_verify(int accepted, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

    if (!accepted) {
        struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
        set_failure(context, verify_failure(context, store));
    }
    return accepted;
}

/* Alert descriptions: RFC 8446 section 6 and RFC 5246 section 7.2. */
static char *alert_failure(const struct tls_context *context, int value)
{
    const char *words = SSL_alert_desc_string_long(value);

    switch (value & 0xFF) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_DECRYPT_ERROR:
        return text_format("the broker refused the device's certificate (TLS alert \"%s\"); register the certificate, or "
                           "its CA, with the broker, or check its dates", words);
    case SSL_AD_CERTIFICATE_REQUIRED:
        return text_format("the broker wants a device certificate (TLS alert \"%s\"); switch on mqtt.tls.client_auth and "
                           "fill the certificate's slot", words);
    case SSL_AD_PROTOCOL_VERSION:
        return text_format("the broker does not speak TLS 1.2 or newer (TLS alert \"%s\"); have it updated", words);
    case SSL_AD_UNRECOGNIZED_NAME:
        return text_format("the broker does not know the name \"%s\" (TLS alert \"%s\"); check mqtt.broker",
                           context->host, words);
    case SSL_AD_HANDSHAKE_FAILURE:
        return text_format("the broker broke off the handshake (TLS alert \"%s\"); it shares no cipher with this side, or "
                           "wants a device certificate", words);
    default:
        return text_format("the broker broke off the TLS connection (alert \"%s\"); its log may say why", words);
    }
}

static void note_library_error(struct tls_context *context)
{
    unsigned long code = ERR_peek_error();

    if (code == 0 || context->failure != NULL || ERR_GET_LIB(code) != ERR_LIB_SSL)
        return;
    switch (ERR_GET_REASON(code)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: /* says the same as the connection's own end */
        return;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        set_failure(context, text_copy("what answers there does not speak TLS; check mqtt.port (8883 is usual with TLS, "
                                       "1883 without)"));
        return;
    case SSL_R_UNSUPPORTED_PROTOCOL:
        set_failure(context, text_copy("the broker does not speak TLS 1.2 or newer; have it updated"));
        return;
    default:
        set_failure(context, text_format("the TLS handshake failed: %s", ERR_reason_error_string(code)));
        return;
    }
}

static void begin_handshake(struct tls_context *context, SSL *ssl)
{
    if (SSL_get_state(ssl) != TLS_ST_BEFORE)
        return; /* not a new connection's: OpenSSL calls other things a handshake, too */
    context->established = false;
    set_failure(context, NULL);
    (void) SSL_set_tlsext_host_name(ssl, context->send_sni ? context->host : NULL);
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if ((where & SSL_CB_HANDSHAKE_START) != 0) {
        /* OpenSSL hands out the same object that SSL_new made; const only says that callbacks usually just look. */
        begin_handshake(context, (SSL *) (uintptr_t) ssl);
    } else if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
        context->established = true;
    } else if (where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL && context->failure == NULL) {
        set_failure(context, alert_failure(context, value));
    } else if (where == SSL_CB_CONNECT_EXIT && value <= 0) {
        note_library_error(context);
    }
}

/* --- making a context ------------------------------------------------------------------------------------------- */

static bool set_verification(struct tls_context *context, const struct cloud_tls_settings *settings,
                             struct errors *errors)
{
    X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context->ssl);

    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, on_verify);
    if (settings->trust != CLOUD_TRUST_PKI) {
        errors_add(errors, "mqtt.tls.trust: only \"pki\" (the broker's whole chain is verified) can be honoured");
        return false;
    }
    if (settings->verify_name) {
        X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        bool set = dial_is_address(context->host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, context->host) == 1
                                                  : X509_VERIFY_PARAM_set1_host(parameters, context->host, 0) == 1;
        if (!set) {
            errors_add(errors, "mqtt.broker: \"%s\" is neither a host name nor an address that a certificate can be "
                       "checked for", context->host);
            return false;
        }
    }
    if (settings->ca == NULL || settings->ca[0] == '\0') {
        errors_add(errors, "mqtt.tls.ca_slot: that slot names no CA certificate, so the broker cannot be verified; fill "
                   "it in certificates");
        return false;
    }
    return certificate_add_trusted(SSL_CTX_get_cert_store(context->ssl), settings->ca, errors);
}

static void add_chain(SSL_CTX *ssl, STACK_OF(X509) *list, int from)
{
    for (int i = from; i < sk_X509_num(list); i++)
        SSL_CTX_add1_chain_cert(ssl, sk_X509_value(list, i));
}

static void use_certificate(struct tls_context *context, const struct cloud_tls_settings *settings,
                            struct errors *errors, struct errors *notes)
{
    STACK_OF(X509) *list = certificate_list_read(settings->certificate, "the device's certificate", errors);
    EVP_PKEY *key = certificate_read_key(settings->key, errors);

    if (list != NULL) {
        X509 *certificate = sk_X509_value(list, 0);
        (void) certificate_check_time(certificate, settings->certificate, "the device's certificate",
                                      notes != NULL ? notes : errors);
        if (SSL_CTX_use_certificate(context->ssl, certificate) != 1)
            errors_add(errors, "%s: the device's certificate cannot be used: %s", settings->certificate,
                       ERR_reason_error_string(ERR_peek_last_error()));
        else
            add_chain(context->ssl, list, 1);
        if (key != NULL && X509_check_private_key(certificate, key) != 1)
            errors_add(errors, "%s: the private key does not belong to the certificate %s; one of the two was replaced",
                       settings->key, settings->certificate);
        else if (key != NULL && SSL_CTX_use_PrivateKey(context->ssl, key) != 1)
            errors_add(errors, "%s: the private key cannot be used: %s", settings->key,
                       ERR_reason_error_string(ERR_peek_last_error()));
    }
    ERR_clear_error();
    EVP_PKEY_free(key);
    certificate_list_free(list);
}

static void set_client(struct tls_context *context, const struct cloud_tls_settings *settings, struct errors *errors,
                       struct errors *notes)
{
    bool named = true;

    if (!settings->client_auth)
        return;
    if (settings->certificate == NULL || settings->certificate[0] == '\0') {
        errors_add(errors, "mqtt.tls.certificate_slot: that slot names no file for the device's certificate");
        named = false;
    }
    if (settings->key == NULL || settings->key[0] == '\0') {
        errors_add(errors, "mqtt.tls.key_slot: that slot names no file for the device's private key");
        named = false;
    } else if (strncmp(settings->key, "pkcs11:", 7) == 0) {
        errors_add(errors, "%s: keys in a PKCS#11 token cannot be used; name a PEM file", settings->key);
        named = false;
    }
    if (named)
        use_certificate(context, settings, errors, notes);
    if (settings->chain == NULL || settings->chain[0] == '\0')
        return;
    STACK_OF(X509) *chain = certificate_list_read(settings->chain, "the chain of the device's certificate", errors);
    if (chain != NULL)
        add_chain(context->ssl, chain, 0);
    certificate_list_free(chain);
}

struct tls_context *tls_context_create(const struct cloud_tls_settings *settings, const char *host,
                                       struct errors *errors, struct errors *notes)
{
    struct tls_context *context = memory_zeroed(1, sizeof *context);
    size_t errors_before = errors_count(errors);

    context->ssl = SSL_CTX_new(TLS_client_method());
    context->host = text_copy(host);
    context->ca = text_copy(settings->ca != NULL ? settings->ca : "");
    context->send_sni = settings->sni && !dial_is_address(host);
    if (context->ssl == NULL) {
        errors_add(errors, "OpenSSL cannot be used: %s", ERR_reason_error_string(ERR_peek_last_error()));
        tls_context_free(context);
        return NULL;
    }
    SSL_CTX_set_app_data(context->ssl, context);
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    /* NO_AUTO_CHAIN: only what the slots name goes out, not what happens to lie beside the trusted CA. */
    SSL_CTX_set_mode(context->ssl, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_info_callback(context->ssl, on_info);
    (void) set_verification(context, settings, errors);
    set_client(context, settings, errors, notes);
    if (errors_count(errors) > errors_before) {
        tls_context_free(context);
        return NULL;
    }
    return context;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context->host);
    free(context->ca);
    free(context->failure);
    free(context);
}

void tls_context_offer_alpn(struct tls_context *context, const char *protocol)
{
    unsigned char list[256];
    size_t size = strlen(protocol);

    assert(size > 0 && size < sizeof list);
    list[0] = (unsigned char) size;
    memcpy(list + 1, protocol, size);
    (void) SSL_CTX_set_alpn_protos(context->ssl, list, (unsigned) size + 1);
}

void *tls_context_ssl(struct tls_context *context)
{
    return context->ssl;
}

const char *tls_context_failure(const struct tls_context *context)
{
    return context->failure;
}

/* --- looking at a connection ------------------------------------------------------------------------------------ */

bool tls_waits_for_peer(const void *ssl)
{
    return SSL_in_init(ssl) && SSL_want_read((const SSL *) ssl);
}

bool tls_was_established(const void *ssl_context)
{
    const struct tls_context *context = SSL_CTX_get_app_data((const SSL_CTX *) ssl_context);

    return context->established;
}

bool tls_has_pending(const void *ssl)
{
    return SSL_pending(ssl) > 0;
}

const char *tls_version_text(const void *ssl)
{
    return SSL_get_version(ssl);
}
