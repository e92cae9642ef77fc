/* SPDX-License-Identifier: MIT */
#include "cloud/key.h"

#include "base/memory.h"
#include "cloud/cloud.h"
#include "cloud/token_key.h"
#include "cloud/tpm_key.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TOKEN_SCHEME "pkcs11:"

enum { RSA_MIN_BITS = 2048 };

bool key_is_in_token(const char *source)
{
    return strncmp(source, TOKEN_SCHEME, strlen(TOKEN_SCHEME)) == 0;
}

char *key_source_text(const char *source)
{
    return key_is_in_token(source) ? token_key_text(source) : text_copy(source);
}

char *cloud_key_text(const char *source)
{
    return key_source_text(source);
}

/* The daemon has nobody to ask for a password, and OpenSSL's own callback would ask the terminal. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void) buffer;
    (void) size;
    (void) writing;
    *(bool *) context = true;
    return -1;
}

static EVP_PKEY *read_file(FILE *file, const char *path, const char *what, struct errors *errors)
{
    bool encrypted = false;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_password, &encrypted);

    ERR_clear_error();
    if (key == NULL && encrypted)
        errors_add(errors, "%s: %s has a password, which nobody can be asked for; next: openssl pkey -in %s -out NEW",
                   path, what, path);
    else if (key == NULL)
        errors_add(errors, "%s: no private key in PEM form is in that file", path);
    return key;
}

static EVP_PKEY *load_file(const char *path, const char *what, struct errors *errors)
{
    struct stat status;
    FILE *file = fopen(path, "re");

    if (file == NULL || fstat(fileno(file), &status) != 0) {
        errors_add(errors, "%s: %s cannot be read: %s", path, what, strerror(errno));
        if (file != NULL)
            (void) fclose(file);
        return NULL;
    }
    if ((status.st_mode & 0037) != 0) {
        errors_add(errors, "%s: %s is open to others (mode %04o); next: chmod 0640 %s, owner root and group springpark",
                   path, what, (unsigned) (status.st_mode & 07777), path);
        (void) fclose(file);
        return NULL;
    }
    EVP_PKEY *key = tpm_key_is_in(file) ? tpm_key_load(file, path, what, errors) : read_file(file, path, what, errors);
    (void) fclose(file);
    return key;
}

EVP_PKEY *key_load(const char *source, const char *what, struct errors *errors)
{
    /* A provider for tokens may be in OpenSSL's configuration, which OpenSSL 3.0 reads of its own accord only for the
     * first TLS context. */
    (void) OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    return key_is_in_token(source) ? token_key_load(source, what, errors) : load_file(source, what, errors);
}

OSSL_LIB_CTX *key_library(const EVP_PKEY *key)
{
    return tpm_key_library(key);
}

const char *key_properties(const EVP_PKEY *key)
{
    return tpm_key_library(key) == NULL ? "-tpm2.signature" : NULL;
}

void key_let_sign(const EVP_PKEY *key, bool sign)
{
    OSSL_LIB_CTX *library = tpm_key_library(key);

    if (library != NULL && sign)
        tpm_key_let_sign(library);
    else if (library != NULL)
        tpm_key_let_verify(library);
}

EVP_MD_CTX *key_begin_signing(EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    key_let_sign(key, true);
    if (context != NULL &&
        EVP_DigestSignInit_ex(context, NULL, "SHA256", key_library(key), key_properties(key), key, NULL) == 1)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

/* NIST's name of an EC key's curve, "P-256", or NULL. */
static const char *curve_name(const EVP_PKEY *key)
{
    char group[64] = "";

    if (EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1) {
        ERR_clear_error();
        return NULL;
    }
    return EC_curve_nid2nist(OBJ_sn2nid(group));
}

char *key_type_text(const EVP_PKEY *key)
{
    int type = EVP_PKEY_get_base_id(key);
    const char *curve = type == EVP_PKEY_EC ? curve_name(key) : NULL;

    if (curve != NULL)
        return text_format("EC %s", curve);
    if (type == EVP_PKEY_EC)
        return text_format("EC %d", EVP_PKEY_get_bits(key));
    if (type == EVP_PKEY_RSA)
        return text_format("RSA %d", EVP_PKEY_get_bits(key));
    const char *name = EVP_PKEY_get0_type_name(key);
    return text_copy(name != NULL ? name : "of an unknown type");
}

static bool is_good_curve(const char *curve)
{
    return curve != NULL && (strcmp(curve, "P-256") == 0 || strcmp(curve, "P-384") == 0 || strcmp(curve, "P-521") == 0);
}

bool key_check_type(const EVP_PKEY *key, const char *source, struct errors *errors)
{
    int type = EVP_PKEY_get_base_id(key);

    if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= RSA_MIN_BITS)
        return true;
    if (type == EVP_PKEY_EC && is_good_curve(curve_name(key)))
        return true;
    char *text = key_type_text(key), *place = key_source_text(source);
    errors_add(errors, "%s: the key is %s; AWS IoT Core takes RSA of at least 2048 bits and EC P-256, P-384 or P-521; "
               "next: have another key made", place, text);
    free(text);
    free(place);
    return false;
}
