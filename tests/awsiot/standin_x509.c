/* SPDX-License-Identifier: MIT */
#include "standin_x509.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_VALID 3650L

char *x509_id(const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
        return NULL;
    char *id = calloc(1, 2 * (size_t) size + 1);
    for (unsigned i = 0; id != NULL && i < size; i++)
        snprintf(id + 2 * (size_t) i, 3, "%02x", digest[i]);
    return id;
}

char *x509_common_name(const X509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;

    if (at < 0)
        return NULL;
    if (ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))) < 0)
        return NULL;
    char *name = strdup((const char *) text);
    OPENSSL_free(text);
    return name;
}

char *x509_to_pem(const X509 *certificate)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *data = NULL;
    char *pem = NULL;

    if (memory != NULL && PEM_write_bio_X509(memory, certificate) == 1) {
        long size = BIO_get_mem_data(memory, &data);
        pem = strndup(data, (size_t) size);
    }
    BIO_free(memory);
    return pem;
}

X509 *x509_from_pem(const char *pem)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    X509 *certificate = memory == NULL ? NULL : PEM_read_bio_X509(memory, NULL, NULL, NULL);

    BIO_free(memory);
    return certificate;
}

X509 *x509_load(const char *path)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return NULL;
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    return certificate;
}

bool x509_is_signed_by(X509 *certificate, const X509 *ca)
{
    return X509_verify(certificate, X509_get0_pubkey(ca)) == 1;
}

static EVP_PKEY *load_key(const char *folder)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/issuing-ca.key", folder);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    return key;
}

static bool is_key_taken(const EVP_PKEY *key)
{
    char group[64] = "";

    if (key == NULL)
        return false;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) >= 2048;
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return false;
    return strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0 || strcmp(group, "secp521r1") == 0;
}

static X509_REQ *parse_request(const char *pem, const char **error)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    X509_REQ *request = memory == NULL ? NULL : PEM_read_bio_X509_REQ(memory, NULL, NULL, NULL);

    BIO_free(memory);
    *error = NULL;
    if (request == NULL)
        *error = "The certificate signing request is not one in PEM";
    else if (!is_key_taken(X509_REQ_get0_pubkey(request)))
        *error = "The key is neither RSA of 2048 bits or more nor on P-256, P-384 or P-521";
    else if (X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
        *error = "The certificate signing request is not signed with its own key";
    if (*error == NULL)
        return request;
    X509_REQ_free(request);
    return NULL;
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[16];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] &= 0x7F;
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool done = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return done;
}

static bool add_constraints(X509 *certificate)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:FALSE");
    bool done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    return done;
}

static bool fill_in(X509 *certificate, X509_REQ *request, const X509 *ca)
{
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate)
        && X509_set_subject_name(certificate, X509_REQ_get_subject_name(request)) == 1
        && X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1
        && X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL
        && X509_gmtime_adj(X509_getm_notAfter(certificate), DAYS_VALID * 24 * 3600) != NULL
        && X509_set_pubkey(certificate, X509_REQ_get0_pubkey(request)) == 1 && add_constraints(certificate);
}

X509 *x509_sign_request(const char *pem, const char *folder, const char **error)
{
    char path[4096];
    X509_REQ *request = parse_request(pem, error);

    if (request == NULL)
        return NULL;
    snprintf(path, sizeof path, "%s/issuing-ca.pem", folder);
    X509 *ca = x509_load(path);
    EVP_PKEY *key = load_key(folder);
    X509 *certificate = X509_new();
    bool done = ca != NULL && key != NULL && certificate != NULL && fill_in(certificate, request, ca)
        && X509_sign(certificate, key, EVP_sha256()) > 0;
    EVP_PKEY_free(key);
    X509_free(ca);
    X509_REQ_free(request);
    if (done)
        return certificate;
    *error = "The stand-in's own CA cannot sign";
    X509_free(certificate);
    return NULL;
}
