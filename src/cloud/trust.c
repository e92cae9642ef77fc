/* SPDX-License-Identifier: MIT */
#include "cloud/trust.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cloud/certificate.h"
#include "cloud/dial.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct trust {
    enum cloud_trust mode;
    bool exact;
    bool verify_name;
    char *host;
    char *slot;             /* where the trusted certificates come from */
    X509_STORE *store;      /* modes ca and pki; the SSL_CTX's */
    STACK_OF(X509) *pinned; /* mode server */
    char *failure;
};

/* --- why a broker is refused ------------------------------------------------------------------------------------- */

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
static char *issuer_failure(const struct trust *trust, const X509 *certificate)
{
    const X509_NAME *name = X509_get_issuer_name(certificate);
    bool same_name = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(trust->store), X509_LU_X509, name) != NULL;
    char *issuer = certificate_name_text(name);
    char *text = same_name
        ? text_format("the broker's certificate was signed by a CA of the same name (\"%s\") but with another key than "
                      "the one in %s; put the broker's CA certificate there", issuer, trust->slot)
        : text_format("the broker's certificate was signed by \"%s\", which is not among the trusted CAs (%s); put the "
                      "right CA certificate there, or check that this is the right broker", issuer, trust->slot);

    free(issuer);
    return text;
}

static char *host_failure(const struct trust *trust, X509 *certificate)
{
    char *hosts = certificate_hosts_text(certificate);
    char *text = text_format("the broker's certificate is made out to another host (%s), not to \"%s\"; check "
                             "mqtt.broker, or have a certificate with that name made", hosts, trust->host);

    free(hosts);
    return text;
}

static char *verify_failure(const struct trust *trust, X509_STORE_CTX *store)
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
        return host_failure(trust, certificate);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return text_format("the broker's certificate is self-signed and not itself among the trusted ones (%s); add it "
                           "there, or have one made by a CA that is", trust->slot);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return issuer_failure(trust, certificate);
    default:
        return text_format("the broker's certificate is not accepted: %s", X509_verify_cert_error_string(code));
    }
}

/* For the callback of OpenSSL: remembers the reason and refuses. */
static int refuse(struct trust *trust, char *failure)
{
    free(trust->failure);
    trust->failure = failure;
    return 0;
}

/* The same for a reason that OpenSSL does not know; code decides on the alert. */
static int refuse_with(struct trust *trust, X509_STORE_CTX *store, int code, char *failure)
{
    X509_STORE_CTX_set_error(store, code);
    return refuse(trust, failure);
}

/* --- modes pki and ca -------------------------------------------------------------------------------------------- */

static int verify_chain(X509_STORE_CTX *store, void *context)
{
    if (X509_verify_cert(store) == 1)
        return 1;
    return refuse(context, verify_failure(context, store));
}

/* Whether the mode pki would find a chain over what the broker sent; all else left aside. */
static bool would_chain(const struct trust *trust, X509 *certificate, STACK_OF(X509) *sent)
{
    X509_STORE_CTX *attempt = X509_STORE_CTX_new();
    bool chains = false;

    if (attempt != NULL && X509_STORE_CTX_init(attempt, trust->store, certificate, sent) == 1) {
        (void) X509_STORE_CTX_set_default(attempt, "ssl_server");
        X509_STORE_CTX_set_flags(attempt, X509_V_FLAG_NO_CHECK_TIME);
        chains = X509_verify_cert(attempt) == 1;
    }
    X509_STORE_CTX_free(attempt);
    return chains;
}

static char *intermediate_failure(const struct trust *trust, const X509 *certificate)
{
    char *issuer = certificate_name_text(X509_get_issuer_name(certificate));
    char *text = text_format("the broker's certificate was signed by an intermediate CA (\"%s\"), not by one in %s "
                             "itself, and trust \"ca\" (mode 2) follows no chain; write mqtt.tls.trust = \"pki\" "
                             "(mode 3)", issuer, trust->slot);

    free(issuer);
    return text;
}

/* That a certificate in the slot is a match for itself is no signature of a CA, unless it is its own. */
static bool only_itself(X509_STORE_CTX *store)
{
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);

    return sk_X509_num(chain) == 1 && X509_self_signed(sk_X509_value(chain, 0), 0) != 1;
}

static int verify_ca(X509_STORE_CTX *store, void *context)
{
    struct trust *trust = context;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);

    X509_STORE_CTX_set0_untrusted(store, NULL);
    int verified = X509_verify_cert(store);
    X509_STORE_CTX_set0_untrusted(store, sent);
    if (verified == 1 && !only_itself(store))
        return 1;
    if (verified == 1)
        return refuse_with(trust, store, X509_V_ERR_CERT_UNTRUSTED,
                           text_format("%s holds the broker's own certificate, not its CA's; put the CA's there, or "
                                       "write mqtt.tls.trust = \"server\"", trust->slot));
    char *failure = verify_failure(trust, store);
    if (would_chain(trust, certificate, sent) && X509_STORE_CTX_get_error_depth(store) == 0 &&
        X509_STORE_CTX_get_error(store) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) {
        free(failure);
        failure = intermediate_failure(trust, certificate);
    }
    return refuse(trust, failure);
}

/* --- mode server ------------------------------------------------------------------------------------------------- */

static bool same_key(const X509 *one, const X509 *other)
{
    return X509_PUBKEY_eq(X509_get_X509_PUBKEY(one), X509_get_X509_PUBKEY(other)) == 1;
}

static bool has_signed(X509 *ca, X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);

    return X509_check_issued(ca, certificate) == X509_V_OK && key != NULL && X509_verify(certificate, key) == 1;
}

static bool is_pinned(const struct trust *trust, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(trust->pinned); i++) {
        const X509 *pinned = sk_X509_value(trust->pinned, i);

        if (trust->exact ? X509_cmp(pinned, certificate) == 0 : same_key(pinned, certificate))
            return true;
    }
    return false;
}

static char *pin_failure(const struct trust *trust, X509 *certificate)
{
    bool renewed = false;
    bool signer = false;

    for (int i = 0; i < sk_X509_num(trust->pinned); i++) {
        renewed = renewed || same_key(sk_X509_value(trust->pinned, i), certificate);
        signer = signer || has_signed(sk_X509_value(trust->pinned, i), certificate);
    }
    if (renewed)
        return text_format("the broker's certificate is not the one in %s but another for the same key; put the new one "
                           "there, or write mqtt.tls.exact = false", trust->slot);
    if (signer)
        return text_format("%s holds the certificate of the broker's CA, not the broker's own; put the broker's there, "
                           "or write mqtt.tls.trust = \"pki\"", trust->slot);
    char *name = certificate_name_text(X509_get_subject_name(certificate));
    char *text = text_format("the broker's %s is not that of %s: what answers shows a certificate of \"%s\"; if the "
                             "broker has a new one put it there, else something else answers in its place",
                             trust->exact ? "certificate" : "key", trust->slot, name);
    free(name);
    return text;
}

static bool name_fits(const struct trust *trust, X509 *certificate)
{
    if (dial_is_address(trust->host))
        return X509_check_ip_asc(certificate, trust->host, 0) == 1;
    return X509_check_host(certificate, trust->host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static int verify_pin(X509_STORE_CTX *store, void *context)
{
    struct trust *trust = context;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);

    if (!is_pinned(trust, certificate))
        return refuse_with(trust, store, X509_V_ERR_CERT_REJECTED, pin_failure(trust, certificate));
    if (trust->verify_name && !name_fits(trust, certificate))
        return refuse_with(trust, store, X509_V_ERR_HOSTNAME_MISMATCH, host_failure(trust, certificate));
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* --- making it --------------------------------------------------------------------------------------------------- */

static void note_time(const X509 *certificate, const char *path, struct errors *notes)
{
    time_t now;

    (void) clock_wall_time(clock_system(), &now);
    bool early = X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0;
    if (!early && X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0)
        return;
    char *limit = certificate_time_text(early ? X509_get0_notBefore(certificate) : X509_get0_notAfter(certificate));
    errors_add(notes, "%s: the broker's certificate %s %s; trust \"server\" takes it all the same", path,
               early ? "is not valid before" : "has expired on", limit);
    free(limit);
}

static bool read_pinned(struct trust *trust, struct errors *errors, struct errors *notes)
{
    struct stat status;

    if (strcmp(trust->slot, "amazon") == 0 || (stat(trust->slot, &status) == 0 && S_ISDIR(status.st_mode))) {
        errors_add(errors, "mqtt.tls.ca_slot: that slot holds %s, and trust \"server\" needs the broker's own "
                   "certificate; name its file in certificates, or write mqtt.tls.trust = \"pki\"",
                   strcmp(trust->slot, "amazon") == 0 ? "Amazon's CAs" : "a folder");
        return false;
    }
    trust->pinned = certificate_list_read(trust->slot, "the broker's certificate", errors);
    if (trust->pinned == NULL)
        return false;
    for (int i = 0; notes != NULL && trust->exact && i < sk_X509_num(trust->pinned); i++)
        note_time(sk_X509_value(trust->pinned, i), trust->slot, notes);
    return true;
}

static bool set_name(const struct trust *trust, SSL_CTX *ssl, struct errors *errors)
{
    X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(ssl);

    if (!trust->verify_name)
        return true;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool set = dial_is_address(trust->host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, trust->host) == 1
                                            : X509_VERIFY_PARAM_set1_host(parameters, trust->host, 0) == 1;
    if (!set)
        errors_add(errors, "mqtt.broker: \"%s\" is neither a host name nor an address that a certificate can be checked "
                   "for", trust->host);
    return set;
}

static bool prepare(struct trust *trust, SSL_CTX *ssl, struct errors *errors, struct errors *notes)
{
    if (trust->mode == CLOUD_TRUST_ANY) {
        SSL_CTX_set_verify(ssl, SSL_VERIFY_NONE, NULL);
        return true;
    }
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    bool named = set_name(trust, ssl, errors);
    if (trust->slot[0] == '\0') {
        errors_add(errors, "mqtt.tls.ca_slot: that slot names no %s, so the broker cannot be verified; fill it in "
                   "certificates", trust->mode == CLOUD_TRUST_SERVER ? "certificate of the broker" : "CA certificate");
        return false;
    }
    if (trust->mode == CLOUD_TRUST_SERVER) {
        SSL_CTX_set_cert_verify_callback(ssl, verify_pin, trust);
        return read_pinned(trust, errors, notes) && named;
    }
    if (trust->mode == CLOUD_TRUST_CA) /* a CA in the slot need not be a root */
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_cert_verify_callback(ssl, trust->mode == CLOUD_TRUST_CA ? verify_ca : verify_chain, trust);
    return certificate_add_trusted(trust->store, trust->slot, errors) && named;
}

struct trust *trust_create(SSL_CTX *ssl, const struct cloud_tls_settings *settings, const char *host,
                           struct errors *errors, struct errors *notes)
{
    struct trust *trust = memory_zeroed(1, sizeof *trust);

    trust->mode = settings->trust;
    trust->exact = settings->exact;
    trust->verify_name = settings->verify_name;
    trust->host = text_copy(host);
    trust->slot = text_copy(settings->ca != NULL ? settings->ca : "");
    trust->store = SSL_CTX_get_cert_store(ssl);
    if (prepare(trust, ssl, errors, notes))
        return trust;
    trust_free(trust);
    return NULL;
}

void trust_free(struct trust *trust)
{
    if (trust == NULL)
        return;
    certificate_list_free(trust->pinned);
    free(trust->host);
    free(trust->slot);
    free(trust->failure);
    free(trust);
}

char *trust_take_failure(struct trust *trust)
{
    char *failure = trust->failure;

    trust->failure = NULL;
    return failure;
}
