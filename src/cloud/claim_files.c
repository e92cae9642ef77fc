/* SPDX-License-Identifier: MIT */
#include "cloud/claim_files.h"

#include "base/memory.h"
#include "base/stored_file.h"
#include "cloud/claim_thing.h"
#include "cloud/issue.h"
#include "cloud/key.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char what[] = "the private key of this box";

static void complain(const char *path, const char *thing, struct errors *errors)
{
    errors_add(errors, "%s: %s cannot be stored: %s; next: give that folder space, and let the service (user "
               "springpark) write there", path, thing, strerror(errno));
}

/* --- the key ------------------------------------------------------------------------------------------------------ */

static bool key_is_there(const char *source)
{
    return key_is_in_token(source) || access(source, F_OK) == 0 || errno != ENOENT;
}

static EVP_PKEY *load_key(const char *source, struct errors *errors)
{
    EVP_PKEY *key = key_load(source, what, errors);

    if (key == NULL || key_check_type(key, source, errors))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

void claim_files_check_key(const struct cloud_settings *settings, struct errors *errors)
{
    if (key_is_there(settings->tls.key))
        EVP_PKEY_free(load_key(settings->tls.key, errors));
}

static bool store_key(EVP_PKEY *key, const char *path, struct errors *errors)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *data = NULL;
    bool stored = bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;

    errno = ENOMEM;
    if (stored) {
        long size = BIO_get_mem_data(bio, &data);
        stored = stored_file_write(path, data, (size_t) size, 0600);
    }
    if (!stored)
        complain(path, what, errors);
    BIO_free(bio); /* wipes it */
    ERR_clear_error();
    return stored;
}

static EVP_PKEY *make_key(const char *path, struct errors *errors)
{
    EVP_PKEY *key = issue_key(ISSUE_KEY_EC, errors);

    if (key == NULL || store_key(key, path, errors))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* Seen before anybody is asked: each certificate that cannot be stored would be left behind at AWS. */
static bool folder_takes_files(const char *path, struct errors *errors)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? text_copy(".") : text_format("%.*s", (int) (slash - path) + 1, path);
    bool takes = access(folder, W_OK | X_OK) == 0;

    free(folder);
    if (!takes)
        complain(path, "the certificate of this box", errors);
    return takes;
}

EVP_PKEY *claim_files_key(const struct cloud_settings *settings, struct errors *errors)
{
    const char *source = settings->tls.key;

    if (!folder_takes_files(settings->tls.certificate, errors) || !folder_takes_files(settings->claim.thing, errors))
        return NULL;
    return key_is_there(source) ? load_key(source, errors) : make_key(source, errors);
}

/* --- the request -------------------------------------------------------------------------------------------------- */

static char *text_of(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);

    return text_format("%.*s", (int) size, data);
}

char *claim_files_request(EVP_PKEY *key, const char *serial, struct errors *errors)
{
    X509_REQ *request = issue_request(key, serial, errors);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (request != NULL && bio != NULL && PEM_write_bio_X509_REQ(bio, request) == 1)
        text = text_of(bio);
    BIO_free(bio);
    X509_REQ_free(request);
    return text;
}

/* --- the certificate ---------------------------------------------------------------------------------------------- */

static bool store_certificate(X509 *certificate, const char *path)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool stored = bio != NULL && PEM_write_bio_X509(bio, certificate) == 1;

    errno = ENOMEM;
    if (stored) {
        char *text = text_of(bio);
        stored = stored_file_write(path, text, strlen(text), 0644);
        int reason = errno;
        free(text);
        errno = reason;
    }
    BIO_free(bio);
    return stored;
}

bool claim_files_store(const struct cloud_settings *settings, X509 *certificate, const char *thing,
                       struct errors *errors)
{
    /* In this order: with the certificate there, all else is. */
    if (!claim_thing_store(settings->claim.thing, thing, certificate)) {
        complain(settings->claim.thing, "the name of the thing", errors);
        return false;
    }
    if (store_certificate(certificate, settings->tls.certificate))
        return true;
    complain(settings->tls.certificate, "the certificate of this box", errors);
    return false;
}
