/* SPDX-License-Identifier: MIT */
#include "cloud/tls.h"

#include "base/memory.h"
#include "cloud/certificate.h"
#include "cloud/dial.h"
#include "cloud/key.h"
#include "cloud/trust.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

/* Header of the message, an empty request context, an empty list. */
#define EMPTY_CERTIFICATE_BYTES 8U

struct tls_context {
    SSL_CTX *ssl;
    EVP_PKEY *key;     /* outlives ssl, see key.h; NULL: there is none */
    char *host;
    struct trust *trust;
    bool send_sni;
    bool claim;
    bool established;  /* the last handshake came to its end */
    bool certificate_sent; /* in the last handshake */
    long verified;     /* what became of the peer's certificate: X509_V_OK, or why it was refused */
    int alert;         /* the fatal one that the peer sent last, or TLS_NO_ALERT */
    char *failure;
};

/* --- what goes wrong in a handshake ----------------------------------------------------------------------------- */

static void set_failure(struct tls_context *context, char *text)
{
    free(context->failure);
    context->failure = text;
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
        return text_format("the broker refused the %s certificate (TLS alert \"%s\"); register the certificate, or "
                           "its CA, with the broker, or check its dates", context->claim ? "claim" : "device's", words);
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

    if (context->failure == NULL)
        context->failure = trust_take_failure(context->trust);
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
    context->established = context->certificate_sent = false;
    context->alert = TLS_NO_ALERT;
    key_let_sign(context->key, false);
    context->verified = X509_V_OK;
    set_failure(context, NULL);
    free(trust_take_failure(context->trust));
    (void) SSL_set_tlsext_host_name(ssl, context->send_sni ? context->host : NULL);
}

/* The broker has shown who it is, and asks who we are. */
static int on_certificate_wanted(SSL *ssl, void *opaque)
{
    const struct tls_context *context = opaque;

    (void) ssl;
    key_let_sign(context->key, true);
    return 1;
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if ((where & SSL_CB_HANDSHAKE_START) != 0) {
        /* OpenSSL hands out the same object that SSL_new made; const only says that callbacks usually just look. */
        begin_handshake(context, (SSL *) (uintptr_t) ssl);
    } else if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
        context->established = true;
    } else if (where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL) {
        context->alert = value & 0xFF;
        if (context->failure == NULL)
            set_failure(context, alert_failure(context, value));
    } else if (where == SSL_CB_CONNECT_EXIT && value <= 0) {
        context->verified = SSL_get_verify_result(ssl);
        note_library_error(context);
    }
}

/* Of all messages only our Certificate counts: before it the peer cannot have an opinion on it. One without a certificate
 * in it is longer than this by nothing but its lists' lengths (RFC 5246 section 7.4.6, RFC 8446 section 4.4.2). */
static void on_message(int sent, int version, int type, const void *message, size_t size, SSL *ssl, void *argument)
{
    struct tls_context *context = argument;

    (void) version;
    (void) ssl;
    if (sent == 1 && type == SSL3_RT_HANDSHAKE && size > EMPTY_CERTIFICATE_BYTES &&
        *(const uint8_t *) message == SSL3_MT_CERTIFICATE)
        context->certificate_sent = true;
}

/* --- making a context ------------------------------------------------------------------------------------------- */

static bool is_sent(SSL_CTX *ssl, const X509 *certificate)
{
    const X509 *own = SSL_CTX_get0_certificate(ssl);
    STACK_OF(X509) *chain = NULL;

    SSL_CTX_get0_chain_certs(ssl, &chain);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (X509_cmp(sk_X509_value(chain, i), certificate) == 0)
            return true;
    }
    return own != NULL && X509_cmp(own, certificate) == 0;
}

/* Chain files often begin with the device's own certificate, and its own file may go on with the chain: each goes out
 * once. */
static void add_chain(SSL_CTX *ssl, STACK_OF(X509) *list)
{
    for (int i = 0; i < sk_X509_num(list); i++) {
        if (!is_sent(ssl, sk_X509_value(list, i)))
            SSL_CTX_add1_chain_cert(ssl, sk_X509_value(list, i));
    }
}

static void use_certificate(struct tls_context *context, const struct cloud_tls_settings *settings,
                            struct errors *errors, struct errors *notes)
{
    const char *what = settings->claim ? "the claim certificate" : "the device's certificate";
    STACK_OF(X509) *list = certificate_list_read(settings->certificate, what, errors);
    char *place = key_source_text(settings->key);
    EVP_PKEY *key = context->key;

    if (list != NULL) {
        X509 *certificate = sk_X509_value(list, 0);
        (void) certificate_check_time(certificate, settings->certificate, what, notes != NULL ? notes : errors);
        if (SSL_CTX_use_certificate(context->ssl, certificate) != 1)
            errors_add(errors, "%s: %s cannot be used: %s", settings->certificate, what,
                       ERR_reason_error_string(ERR_peek_last_error()));
        else
            add_chain(context->ssl, list);
        if (key != NULL && X509_check_private_key(certificate, key) != 1)
            errors_add(errors, "%s: the private key does not belong to the certificate %s; one of the two was "
                       "replaced; next: put the other one that belongs to it in its place", place,
                       settings->certificate);
        else if (key != NULL && SSL_CTX_use_PrivateKey(context->ssl, key) != 1)
            errors_add(errors, "%s: the private key cannot be used: %s", place,
                       ERR_reason_error_string(ERR_peek_last_error()));
    }
    ERR_clear_error();
    certificate_list_free(list);
    free(place);
}

static bool is_named(const char *source)
{
    return source != NULL && source[0] != '\0';
}

/* First of all, as the context depends on it. */
static void load_key(struct tls_context *context, const struct cloud_tls_settings *settings, struct errors *errors)
{
    if (!settings->client_auth)
        return;
    if (is_named(settings->key))
        context->key = key_load(settings->key,
                                settings->claim ? "the claim's private key" : "the device's private key", errors);
    else
        errors_add(errors, "mqtt.tls.key_slot: that slot names no file or token for the device's private key");
}

static void set_client(struct tls_context *context, const struct cloud_tls_settings *settings, struct errors *errors,
                       struct errors *notes)
{
    if (!settings->client_auth)
        return;
    if (!is_named(settings->certificate))
        errors_add(errors, "mqtt.tls.certificate_slot: that slot names no file for the device's certificate");
    else if (is_named(settings->key))
        use_certificate(context, settings, errors, notes);
    if (!is_named(settings->chain))
        return;
    STACK_OF(X509) *chain = certificate_list_read(settings->chain, "the chain of the device's certificate", errors);
    if (chain != NULL)
        add_chain(context->ssl, chain);
    certificate_list_free(chain);
}

static void set_up(struct tls_context *context)
{
    SSL_CTX_set_app_data(context->ssl, context);
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    /* NO_AUTO_CHAIN: only what the slots name goes out, not what happens to lie beside the trusted CA. */
    SSL_CTX_set_mode(context->ssl, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_info_callback(context->ssl, on_info);
    SSL_CTX_set_msg_callback(context->ssl, on_message);
    SSL_CTX_set_msg_callback_arg(context->ssl, context);
    SSL_CTX_set_cert_cb(context->ssl, on_certificate_wanted, context);
}

struct tls_context *tls_context_create(const struct cloud_tls_settings *settings, const char *host,
                                       struct errors *errors, struct errors *notes)
{
    struct tls_context *context = memory_zeroed(1, sizeof *context);
    size_t errors_before = errors_count(errors);

    load_key(context, settings, errors);
    context->ssl = SSL_CTX_new_ex(key_library(context->key), key_properties(context->key), TLS_client_method());
    context->host = text_copy(host);
    context->claim = settings->claim;
    context->alert = TLS_NO_ALERT;
    context->send_sni = settings->sni && !dial_is_address(host);
    if (context->ssl == NULL) {
        errors_add(errors, "OpenSSL cannot be used: %s", ERR_reason_error_string(ERR_peek_last_error()));
        tls_context_free(context);
        return NULL;
    }
    set_up(context);
    context->trust = trust_create(context->ssl, settings, host, errors, notes);
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
    trust_free(context->trust);
    EVP_PKEY_free(context->key);
    free(context->host);
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

time_t tls_context_not_after(const struct tls_context *context)
{
    const X509 *certificate = SSL_CTX_get0_certificate(context->ssl);
    struct tm parts;

    if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1)
        return 0;
    return timegm(&parts);
}

enum tls_refusal tls_context_refusal(const struct tls_context *context)
{
    switch (context->verified) {
    case X509_V_OK:
        return TLS_REFUSED_NOT;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return TLS_REFUSED_NAME;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return TLS_REFUSED_EARLY;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return TLS_REFUSED_LATE;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return TLS_REFUSED_ISSUER;
    default:
        return TLS_REFUSED_OTHERWISE;
    }
}

bool tls_context_fingerprint(const struct tls_context *context, uint8_t fingerprint[TLS_FINGERPRINT_BYTES])
{
    const X509 *certificate = SSL_CTX_get0_certificate(context->ssl);

    return certificate != NULL && X509_digest(certificate, EVP_sha256(), fingerprint, NULL) == 1;
}

bool tls_context_certificate_was_sent(const struct tls_context *context)
{
    return context->certificate_sent;
}

int tls_context_alert(const struct tls_context *context)
{
    return context->alert;
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
